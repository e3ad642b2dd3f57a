"""Train LightGBM several times over seeds and keep the bags as one model in one text.

In the flow: ranks.py, settings_search.py -> **boosting.py** -> engine.py. The average of the bags' log-odds is
itself a sum of trees: every leaf divided by the number of bags. One text, one pass, exact SHAP values, and
each bag can still be asked by itself through its range of trees.
"""

import re
from collections.abc import Sequence
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
class Setting:
    """One way to set LightGBM. `rounds` is the most it may take where early stopping finds fewer."""

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

    def parameters(self, seed: int, directions: Sequence[int]) -> dict[str, Any]:
        given = asdict(self)
        for ours in ("name", "rounds", "early_stopping", "bags"):
            del given[ours]
        constrained = {"monotone_constraints": list(directions)} if any(directions) else {}
        return {
            "objective": "binary",
            "bagging_freq": 1,
            "verbosity": -1,
            "seed": seed,
            # The same data give the same model, byte for byte.
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            **constrained,
            **given,
        }


def train_one(
    values: np.ndarray,
    label: np.ndarray,
    setting: Setting,
    directions: Sequence[int],
    seed: int,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
    names: Sequence[str] | None = None,
) -> "lightgbm.Booster":
    """One booster. With `held_out` rows it stops where their AUC was best, if the setting stops early at all."""
    import lightgbm

    parameters = setting.parameters(seed, directions)
    columns: list[str] | Literal["auto"] = safe_names(names) if names is not None else "auto"
    data = lightgbm.Dataset(values, label, feature_name=columns, free_raw_data=True, params={"verbosity": -1})
    if held_out is None or not setting.early_stopping:
        return lightgbm.train(parameters, data, setting.rounds)
    judge = lightgbm.Dataset(*held_out, reference=data, feature_name=columns)
    stop = lightgbm.early_stopping(setting.early_stopping, verbose=False)
    parameters["metric"] = "auc"
    return lightgbm.train(parameters, data, setting.rounds, valid_sets=[judge], callbacks=[stop])


def train_bags(
    values: np.ndarray, label: np.ndarray, setting: Setting, directions: Sequence[int], seed: int, names: Sequence[str]
) -> tuple[str, list[int]]:
    """The text of one model that averages `setting.bags` boosters over seeds, and how many of its trees are each
    bag's."""
    seeds = [seed * 1000 + bag for bag in range(setting.bags)]
    with ThreadPoolExecutor(WORKERS) as pool:
        bags = list(pool.map(lambda one: train_one(values, label, setting, directions, one, names=names), seeds))
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
    # Importances of one bag would stand for all: they are recomputed from the trees where they are needed.
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
    """The names themselves where LightGBM's text can hold them, else their places (c0, c1, …)."""
    if len(set(names)) == len(names) and all(_SAFE_NAME.fullmatch(name) for name in names):
        return list(names)
    return [f"c{place}" for place in range(len(names))]
