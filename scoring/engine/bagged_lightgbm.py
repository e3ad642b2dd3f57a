"""Bagged LightGBM: boosters over several seeds, averaged into one model text.

The average of the bags' log-odds is itself a sum of trees: every leaf divided by the number of bags. So there is one
text, one pass and exact SHAP values, and each bag can still be evaluated by itself through its range of trees.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    import lightgbm

#: Trainings that run at the same time, each on one thread: the same bytes on any machine.
WORKERS = 2
_Laid = TypeVar("_Laid")
_Task = TypeVar("_Task")
_Made = TypeVar("_Made")
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


class Trainings(Protocol):
    """Where trainings are done that do not need each other."""

    def __call__(
        self, train: Callable[[_Laid, _Task], _Made], tasks: Sequence[_Task], lay_out: Callable[[], _Laid]
    ) -> list[_Made]:
        """`train(lay_out(), task)` of each task, in their order. Both may be sent elsewhere: functions of a module, or
        partial ones."""


def on_threads(
    train: Callable[[_Laid, _Task], _Made], tasks: Sequence[_Task], lay_out: Callable[[], _Laid]
) -> list[_Made]:
    """In this process, on rows that are laid out once for all."""
    laid_out = lay_out()
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(partial(train, laid_out), tasks))


def binned(
    values: np.ndarray,
    label: np.ndarray,
    least_in_leaf: int,
    seed: int,
    names: Sequence[str] | None = None,
    weight: np.ndarray | None = None,
) -> "lightgbm.Dataset":
    """Rows as LightGBM holds them: of every value the number of its bin, in a byte. Laid out once, and then only read:
    any number of boosters may be trained on it at the same time.

    `least_in_leaf`: the smallest `min_data_in_leaf` that will be trained with; a column that no split of that size can
    divide is left out. `seed`: of the draw of rows whose values make the bins, where there are more than 200,000.
    """
    import lightgbm

    columns: list[str] | Literal["auto"] = safe_names(names) if names is not None else "auto"
    # Its threads must be named here: training names them only after the layout (see `parameters`).
    layout = {"verbosity": -1, "num_threads": 1, "seed": seed, "min_data_in_leaf": least_in_leaf}
    data = lightgbm.Dataset(values, label, weight=weight, feature_name=columns, free_raw_data=True, params=layout)
    return data.construct()


def train_one(
    data: "lightgbm.Dataset",
    hyperparameters: Hyperparameters,
    directions: Sequence[int],
    seed: int,
    validation: "lightgbm.Dataset | None" = None,
) -> "lightgbm.Booster":
    """One booster on rows that `binned` laid out. With `validation` rows, in the same bins, and early stopping it ends
    where their AUC was best."""
    import lightgbm

    parameters = dict(hyperparameters.parameters(seed, directions))
    if validation is None or not hyperparameters.early_stopping:
        return lightgbm.train(parameters, data, hyperparameters.rounds)
    stop = lightgbm.early_stopping(hyperparameters.early_stopping, verbose=False)
    parameters["metric"] = "auc"
    # Training writes the names of the columns into the rows it validates on: a copy of its own for each.
    own = validation.subset(list(range(validation.num_data()))).construct()
    return lightgbm.train(parameters, data, hyperparameters.rounds, valid_sets=[own], callbacks=[stop])


def train_bags(
    values: np.ndarray,
    label: np.ndarray,
    hyperparameters: Hyperparameters,
    directions: Sequence[int],
    seed: int,
    names: Sequence[str],
    trainings: Trainings = on_threads,
) -> tuple[str, list[int]]:
    """The text of one model that averages the bags (a booster per seed), and the number of trees of each bag."""
    lay_out = partial(binned, values, label, hyperparameters.min_data_in_leaf, seed, names)
    seeds = [seed * 1000 + bag for bag in range(hyperparameters.bags)]
    bags = trainings(partial(_bag, hyperparameters, directions), seeds, lay_out)
    # A bag that finds no further split ends before its last round: bags need not be of one size.
    return averaged([text for text, _ in bags]), [trees for _, trees in bags]


def _bag(
    hyperparameters: Hyperparameters, directions: Sequence[int], data: "lightgbm.Dataset", seed: int
) -> tuple[str, int]:
    """A bag's text and its number of trees."""
    booster = train_one(data, hyperparameters, directions, seed)
    return booster.model_to_string(num_iteration=-1), booster.num_trees()


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
