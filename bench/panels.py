"""The made-up rows and models that reasons are measured on: 50 features, 13 % missing, no categories.

No categories, because two of the peers get them wrong or refuse them; the kernel's own tests have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lightgbm import Booster

FEATURES = 50
MISSING = 0.13
TRAINING_ROWS = 20_000
MODELS = {"200 x 15": (200, 15), "400 x 31": (400, 31)}


def rows_and_label(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rows of numbers, a fifth of them skewed and rounded like amounts, and a label that interactions drive."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, FEATURES))
    x[:, ::5] = np.round(np.exp(x[:, ::5]), 1)
    drive = x[:, 0] + x[:, 1] * x[:, 2] - 0.5 * x[:, 3] ** 2 + np.sin(2 * x[:, 4]) + 0.3 * x[:, 5:20].sum(axis=1)
    label = (drive + random.logistic(size=count) > 1).astype(int)
    x[random.random(x.shape) < MISSING] = np.nan
    return x, label


def trained(trees: int, leaves: int) -> Booster:
    """A LightGBM model of that many trees and leaves, everything else as LightGBM has it."""
    import lightgbm

    x, label = rows_and_label(TRAINING_ROWS, seed=0)
    parameters = {"objective": "binary", "num_leaves": leaves, "learning_rate": 0.05, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(x, label), trees)
    return lightgbm.Booster(model_str=booster.model_to_string())
