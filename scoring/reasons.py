"""Exact SHAP values of a model's raw score: why a score is what it is.

In the flow: engine.py -> **reasons.py** -> score.py. The base and the reasons add up to the raw score; whoever
stores or shows them has that checked first (`check_they_add_up`).
"""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.language import N_, Message
from scoring.errors import ReasonsDoNotAddUp

if TYPE_CHECKING:
    from lightgbm import Booster

_FEW_ROWS = 50
#: Points by which base and reasons may miss the score.
TOLERANCE = 1e-6


def raw_reasons(booster: "Booster", rows: np.ndarray) -> tuple[float, np.ndarray]:
    """(base, reasons): the mean raw score of the training rows, and each feature's share of each row's distance to it.

    `rows` float64, one row a firm, NaN unknown; reasons in the same shape, in raw log-odds.
    """
    from scoring.tree_shap import explain

    if len(rows) < _FEW_ROWS:  # not worth compiling the model for
        contributions = np.asarray(booster.predict(rows, pred_contrib=True))
        return float(contributions[0, -1]) if len(rows) else 0.0, contributions[:, :-1]
    base, reasons = explain(booster, rows)
    return float(base), reasons


def check_they_add_up(points: np.ndarray, base_points: float, reasons: np.ndarray) -> None:
    """Every row: base + reasons = points within 1e-6. Raises ReasonsDoNotAddUp: such scores are never shown."""
    if len(points) == 0:
        return
    worst = float(np.abs(base_points + reasons.sum(axis=1) - points).max())
    if not worst <= TOLERANCE:  # also where it is NaN
        raise ReasonsDoNotAddUp(
            Message(
                N_("The reasons of %(rows)s score(s) miss the score by up to %(worst)s points; nothing was stored."),
                {"rows": len(points), "worst": f"{worst:.2g}"},
            )
        )
