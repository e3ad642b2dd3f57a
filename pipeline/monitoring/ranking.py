"""Districts side by side: a share with its interval, and the places that the intervals leave open.

Step 4 of the flow: **ranking.py** -> report.py
A district is surely better than another where its interval lies above the other's whole. Its place lies between one
more than how many are surely better, and as many as are not surely worse: "third" is not said where it may be second
to fifth. Two intervals that do not meet differ at a level far below one in twenty, so this rather says too little.
Source of the intervals: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.pool_history.proportions import wilson

#: Of fewer firms a district has no place.
FEWEST = 10
IN_POOLS, KEPT, VISITED = "in_pools", "kept", "visited"


@dataclass(frozen=True)
class Placed:
    """A district by one indicator: `count` of `firms`, the share with its interval, and the best and the worst place
    that it may have; None where too few firms are there, or no other district has enough."""

    district: str
    count: int
    firms: int
    share: float | None
    low: float | None
    high: float | None
    best: int | None
    worst: int | None


@dataclass(frozen=True)
class Ranking:
    indicator: str
    districts: Sequence[Placed]


def ranked(indicator: str, counts: Mapping[str, tuple[int, int]]) -> Ranking:
    """`counts`: district -> of how many firms so many. The largest share first; without a place last."""
    shares = {code: wilson(count, firms) for code, (count, firms) in counts.items()}
    placed = {
        code: (share.low, share.high)
        for code, share in shares.items()
        if counts[code][1] >= FEWEST and share.low is not None and share.high is not None
    }
    found = []
    for code, (count, firms) in counts.items():
        share, best, worst = shares[code], None, None
        if code in placed and len(placed) > 1:
            low, high = placed[code]
            best = 1 + sum(other_low > high for other_low, _high in placed.values())
            worst = len(placed) - sum(other_high < low for _low, other_high in placed.values())
        found.append(Placed(code, count, firms, share.share, share.low, share.high, best, worst))
    order = sorted(found, key=lambda one: (one.best is None, -(one.share or 0.0), one.district))
    return Ranking(indicator, order)
