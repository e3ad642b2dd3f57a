"""How the points of many firms lie: where the median firm stands, and how many stand below the mean of 50."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Select, case, func
from sqlalchemy.orm import Session

from scoring.engine.calibration import AVERAGE_POINTS


@dataclass(frozen=True)
class Spread:
    """`firms`: how many; `median`: the points of the median firm; `below_50`: the share of them below 50 points."""

    firms: int
    median: float
    below_50: float


def spread_of(session: Session, points: Select[Any]) -> Spread | None:
    """The spread of the points that a query selects, its one column, counted by the database; None without a firm.

    50 points are the mean of the firms of the model's own day. Few high points pull a mean up, so that more than half
    of the firms stand below it.
    """
    (column,) = points.selected_columns
    below = func.sum(case((column < AVERAGE_POINTS, 1), else_=0))
    firms, below_50 = session.execute(points.with_only_columns(func.count(), below)).one()
    if not firms:
        return None
    middle = points.order_by(column).offset((firms - 1) // 2).limit(2 - firms % 2)
    return Spread(firms, median(session.scalars(middle)), below_50 / firms)


def spread_of_counts(points: Mapping[int, int], points_at: Callable[[int, int], float]) -> Spread | None:
    """The same of counted firms. `points`: lower edge of each point -> how many firms from there on below the next, in
    order; `points_at`: the points of the firm at a place, counted from 0 and the lowest first, of those from an edge on
    below the next."""
    firms = sum(points.values())
    if not firms:
        return None
    middle, passed = [], 0
    for edge, count in points.items():
        places = {(firms - 1) // 2 - passed, firms // 2 - passed}
        middle += [points_at(edge, place) for place in sorted(places) if 0 <= place < count]
        passed += count
    below_50 = sum(count for edge, count in points.items() if edge < AVERAGE_POINTS)
    return Spread(firms, median(middle), below_50 / firms)
