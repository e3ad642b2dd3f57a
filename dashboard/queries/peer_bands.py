"""How the city's firms lie in bands of points, for a firm that may see no other: each band of ten firms at least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.tables import FirmListCount

#: Points of a band before bands with too few firms are joined.
WIDTH = 5
FEWEST_FIRMS = 10


@dataclass(frozen=True)
class Band:
    """So many `firms` have points from `low` on and below `high`; `mine`: the firm that asks is one of them."""

    low: int
    high: int
    firms: int
    mine: bool


def peer_bands(session: Session, points: float) -> list[Band]:
    """The bands of the current scores, the lowest first; none where there are fewer than twice ten firms."""
    of = FirmListCount
    rows = session.execute(select(of.points_from, func.sum(of.firms)).where(of.scored).group_by(of.points_from))
    return bands_of({int(edge): int(firms) for edge, firms in rows}, points)


def bands_of(counted: Mapping[int, int], points: float, fewest: int = FEWEST_FIRMS) -> list[Band]:
    """`counted`: lower edge of each point -> firms from there on below the next. From the bottom up a band takes in the
    next ones until it has enough; what is left over at the top joins the last."""
    steps: dict[int, int] = {}
    for edge, firms in counted.items():
        steps[WIDTH * (edge // WIDTH)] = steps.get(WIDTH * (edge // WIDTH), 0) + firms
    joined: list[list[int]] = []  # low, high, firms
    for low in sorted(steps):
        if joined and joined[-1][2] < fewest:
            joined[-1][1:] = [low + WIDTH, joined[-1][2] + steps[low]]
        else:
            joined.append([low, low + WIDTH, steps[low]])
    if len(joined) > 1 and joined[-1][2] < fewest:
        _low, high, firms = joined.pop()
        joined[-1][1:] = [high, joined[-1][2] + firms]
    if len(joined) < 2:
        return []
    return [_band(joined, place, points) for place in range(len(joined))]


def _band(joined: Sequence[Sequence[int]], place: int, points: float) -> Band:
    low, high, firms = joined[place]
    below = joined[place + 1][0] if place + 1 < len(joined) else float("inf")
    above = low if place else float("-inf")
    return Band(low, high, firms, above <= points < below)
