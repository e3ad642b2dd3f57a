"""Bagged LightGBM: boosters over several seeds, averaged into one model text.

The average of the bags' log-odds is itself a sum of trees: every leaf divided by the number of bags. So there is one
text, one pass and exact SHAP values, and each bag can still be evaluated by itself through its range of trees.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import lightgbm

#: Trainings that run at the same time, each on one thread: the same bytes on any machine.
WORKERS = 2
_SAFE_NAME = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of LightGBM and of the bagging. `rounds`: the most boosting rounds where it stops early."""

    name: str
    num_leaves: int
    learning_rate: float
    rounds: int
    min_data_in_leaf: int
    bagging_fraction: float
    feature_fraction: float
    lambda_l2: float
    extra_trees: bool = False
    early_stopping: int = 0
    bags: int = 5

    def parameters(self, seed: int, directions: Sequence[int]) -> Mapping[str, Any]:
        """As lightgbm.train takes them; `directions`: the monotone constraint of each column."""
        tuned = asdict(self)
        for ours in ("name", "rounds", "early_stopping", "bags"):
            del tuned[ours]
        constrained = {"monotone_constraints": list(directions)} if any(directions) else {}
        return {
            "objective": "binary",
            "bagging_freq": 1,
            "verbosity": -1,
            "seed": seed,
            # The same data give the same model, byte for byte.
            "deterministic": True,
            "force_row_wise": True,
            # LightGBM keeps its number of threads for the whole process: a call that names another one, or none,
            # while a dataset is being laid out in another thread makes that one write past its buffers and crash.
            "num_threads": 1,
            **constrained,
            **tuned,
        }


def train_one(
    values: np.ndarray,
    label: np.ndarray,
    hyperparameters: Hyperparameters,
    directions: Sequence[int],
    seed: int,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    names: Sequence[str] | None = None,
) -> "lightgbm.Booster":
    """One booster. With `held_out` rows and early stopping it ends where their AUC was best."""
    import lightgbm

    parameters = dict(hyperparameters.parameters(seed, directions))
    columns: list[str] | Literal["auto"] = safe_names(names) if names is not None else "auto"
    data = lightgbm.Dataset(values, label, feature_name=columns, free_raw_data=True, params={"verbosity": -1})
    if held_out is None or not hyperparameters.early_stopping:
        return lightgbm.train(parameters, data, hyperparameters.rounds)
    validation = lightgbm.Dataset(*held_out, reference=data, feature_name=columns)
    stop = lightgbm.early_stopping(hyperparameters.early_stopping, verbose=False)
    parameters["metric"] = "auc"
    return lightgbm.train(parameters, data, hyperparameters.rounds, valid_sets=[validation], callbacks=[stop])


def train_bags(
    values: np.ndarray,
    label: np.ndarray,
    hyperparameters: Hyperparameters,
    directions: Sequence[int],
    seed: int,
    names: Sequence[str],
) -> tuple[str, list[int]]:
    """The text of one model that averages the bags (a booster per seed), and the number of trees of each bag."""
    seeds = [seed * 1000 + bag for bag in range(hyperparameters.bags)]
    with ThreadPoolExecutor(WORKERS) as pool:
        bags = list(
            pool.map(
                lambda bag_seed: train_one(values, label, hyperparameters, directions, bag_seed, names=names), seeds
            )
        )
    # A bag that finds no further split ends before its last round: bags need not be of one size.
    return averaged([bag.model_to_string(num_iteration=-1) for bag in bags]), [bag.num_trees() for bag in bags]


def averaged(models: Sequence[str]) -> str:
    """One LightGBM text whose raw score is the mean of the raw scores of `models`, trees in their order."""
    head = models[0][: models[0].index("Tree=0")]
    tail = models[0][models[0].index("end of trees") :]
    # The loader reads trees one after the other where their byte sizes are not given.
    head = "".join(line for line in head.splitlines(keepends=True) if not line.startswith("tree_sizes="))
    trees = [tree for model in models for tree in _trees(model)]
    body = "".join(f"Tree={place}\n{_scaled(tree, len(models))}" for place, tree in enumerate(trees))
    # The importances are those of one bag: they are recomputed from the trees where they are needed.
    tail = re.sub(r"feature_importances:\n.*?\n\n", "feature_importances:\n\n", tail, flags=re.S)
    return head + body + tail


def _trees(model: str) -> list[str]:
    body = model[model.index("Tree=0") : model.index("end of trees")]
    return [part.split("\n", 1)[1] for part in body.split("Tree=")[1:]]


def _scaled(tree: str, bags: int) -> str:
    lines = tree.split("\n")
    for place, line in enumerate(lines):
        if line.startswith(("leaf_value=", "internal_value=")):
            name, numbers = line.split("=", 1)
            lines[place] = name + "=" + " ".join(repr(float(number) / bags) for number in numbers.split())
    return "\n".join(lines)


def safe_names(names: Sequence[str]) -> list[str]:
    """The names where LightGBM's text format can hold them, else c0, c1, …"""
    if len(set(names)) == len(names) and all(_SAFE_NAME.fullmatch(name) for name in names):
        return list(names)
    return [f"c{place}" for place in range(len(names))]
