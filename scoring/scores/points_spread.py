"""How the points of many firms lie: where the median firm stands, and how many stand below the mean of 50."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scoring.engine.calibration import AVERAGE_POINTS


@dataclass(frozen=True)
class Spread:
    """`firms`: how many; `median`: the points of the median firm; `below_50`: the share of them below 50 points."""

    firms: int
    median: float
    below_50: float


def spread_of(points: Sequence[float]) -> Spread | None:
    """The spread of some firms' points; None without a firm.

    50 points are the mean of the firms of the model's own day. Few high points pull a mean up, so that more than half
    of the firms stand below it.
    """
    if not points:
        return None
    return Spread(len(points), float(median(points)), sum(value < AVERAGE_POINTS for value in points) / len(points))
