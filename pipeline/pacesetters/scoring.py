"""Firms of one stage ranked by weighted indicators: percentile ranks, totals, what each weight does. Arrays alone.

A percentile rank is 0 for the lowest and 100 for the highest of the firms of which the indicator is known; equal values
share the mean of their ranks. What is unknown counts neither for nor against: the total is the mean of the known ranks
by their weights. A firm with too little known has no total and no place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: By how many per cent of weight an indicator is moved to see what that does.
MOVED_BY = 10
#: Totals that differ by less are equal: what adding up leaves behind a floating point.
_DECIMALS = 9


@dataclass(frozen=True, eq=False)
class Scored:
    """Index firm_id. `ranks`: 0 to 100, NaN where unknown; `contributions`: points of the total, which they add up to,
    0 where unknown; `total` NaN and `place` 0: not ranked; `known`: the share of the weight that is known; `step`: the
    most that one place in one indicator moves a total."""

    ranks: pd.DataFrame
    contributions: pd.DataFrame
    total: pd.Series
    place: pd.Series
    known: pd.Series
    step: float


def percentile_ranks(values: pd.DataFrame) -> pd.DataFrame:
    """`values`: a row a firm, a column an indicator, NaN where unknown. NaN too for an indicator that is known of one
    firm alone: it stands beside nobody."""
    count = values.count()
    return 100 * (values.rank(method="average") - 1) / (count - 1).where(count > 1)


def scored(values: pd.DataFrame, weights: Mapping[str, float], known_share: float) -> Scored:
    """`weights`: of each indicator, together 100."""
    names = list(weights)
    ranks = percentile_ranks(values[names])
    weight = pd.Series(weights, dtype="float64")
    there = ranks.notna() * weight
    known = there.sum(axis=1) / weight.sum()
    # A billionth of slack: shares such as 0.7 are not exact.
    enough = (known >= known_share - 1e-9) & (known > 0)
    shares = there.div(there.sum(axis=1).where(enough), axis=0)
    contributions = (ranks.fillna(0.0) * shares).where(enough, np.nan)
    total = contributions.sum(axis=1, min_count=len(names)).round(_DECIMALS)
    places = total.rank(method="min", ascending=False).fillna(0).astype("int64")
    counts = ranks.notna().sum()
    steps = (weight / weight.sum() * 100 / (counts - 1)).where(counts > 1).max()
    return Scored(ranks, contributions, total, places, known, float(steps) if steps == steps else 0.0)


def moved(weights: Mapping[str, float], name: str, by: float) -> dict[str, float]:
    """The weights with one moved, within 0 and 100, and the others shrunk or grown in proportion; together 100."""
    after = min(max(weights[name] + by, 0.0), 100.0)
    rest = 100.0 - weights[name]
    factor = (100.0 - after) / rest if rest else 0.0
    return {each: after if each == name else weight * factor for each, weight in weights.items()}


def inside(total: pd.Series, places: int) -> set[str]:
    """The firms among the first so many; those that share the last place are all in."""
    place = total.rank(method="min", ascending=False)
    return set(total.index[(place <= places).to_numpy()])


def totals(ranks: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """The totals of firms that are ranked, by other weights; NaN where nothing that is known weighs anything."""
    weight = pd.Series(weights, dtype="float64")
    there = (ranks[list(weights)].notna() * weight).sum(axis=1)
    found: pd.Series = ((ranks[list(weights)].fillna(0.0) * weight).sum(axis=1) / there.where(there > 0)).round(
        _DECIMALS
    )
    return found
