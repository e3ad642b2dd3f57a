"""Check that SHAP contributions are additive: the base and a row's reasons sum to its points."""

import numpy as np

from pipeline.language import N_, Message
from scoring.errors import ReasonsDoNotAddUp

#: Points by which base and reasons may miss the score.
TOLERANCE = 1e-6


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
