"""One thing that came before, held against its absence: counts, shares, the difference, and the difference within what
is alike.

A firm stands at several landmarks and is much like itself at each, so that its rows are no observations of their own.
Every interval is as wide as if all rows of a firm were the same: a group counts as many observations as 1 over the sum
of its firms' squared weights, which is the number of firms where each weighs as much, and never more than that. So
no interval is too narrow however alike a firm's rows are; a bootstrap over firms would be where few or no outcomes were
seen, and would have no width at all where there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.effect.landmarks import BEFORE, IN_TUTORING
from pipeline.json_values import JsonObject
from pipeline.language import Label
from pipeline.pool_history.proportions import FEW_EVENTS, GroupShare, PairedDifference, difference_of, share_of
from pipeline.tutoring.stages import STAGES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: With fewer firms in a group there are counts and no shares.
FEWEST_FIRMS = 10


@dataclass(frozen=True)
class Counts:
    """Rows (a firm at a landmark) with and without what came before, by whether the outcome came; and their firms."""

    with_came: int
    with_not: int
    without_came: int
    without_not: int
    with_firms: int
    without_firms: int

    @property
    def too_few(self) -> bool:
        return min(self.with_firms, self.without_firms) < FEWEST_FIRMS

    def as_json(self) -> JsonObject:
        return {
            "with": {"came": self.with_came, "not": self.with_not, "firms": self.with_firms},
            "without": {"came": self.without_came, "not": self.without_not, "firms": self.without_firms},
            "too_few": self.too_few,
        }


@dataclass(frozen=True)
class Difference:
    """Two shares and their difference; `strata`: how many strata have firms of both groups (None: not divided).
    All shares None where there are too few firms to say; their weights: Mantel and Haenszel's."""

    counts: Counts
    with_it: GroupShare | None
    without_it: GroupShare | None
    difference: PairedDifference | None
    strata: int | None = None

    @property
    def few_events(self) -> bool:
        return self.counts.with_came + self.counts.without_came < FEW_EVENTS

    def as_json(self) -> JsonObject:
        about: JsonObject = {**self.counts.as_json(), "fewer_than_ten_events": self.few_events}
        if self.strata is not None:
            about["strata"] = self.strata
        for name, share in (("share_with", self.with_it), ("share_without", self.without_it)):
            about[name] = None if share is None else {"share": share.share, "low": share.low, "high": share.high}
        found = self.difference
        about["difference"] = (
            None if found is None else {"difference": found.difference, "low": found.low, "high": found.high}
        )
        return about


@dataclass(frozen=True)
class OfStage:
    """The comparison of the firms that stood at one stage."""

    stage: str
    found: Difference

    def as_json(self) -> JsonObject:
        return {"stage": self.stage, "stage_zh": STAGES[self.stage].zh, "stage_en": STAGES[self.stage].en} | (
            self.found.as_json()
        )


@dataclass(frozen=True)
class Comparison:
    """`at_risk`: rows that count, of which of `unknown` it is not known whether it came before; `overall`: of all the
    others; `within`: within the strata that have both; `in_tutoring`: only firms with a tutoring case count."""

    before: str
    at_risk: int
    unknown: int
    overall: Difference
    within: Difference
    by_stage: Sequence[OfStage]

    @property
    def label(self) -> Label:
        return BEFORE[self.before]

    @property
    def in_tutoring(self) -> bool:
        return self.before in IN_TUTORING

    def as_json(self) -> JsonObject:
        return {
            "before": self.before,
            "zh": self.label.zh,
            "en": self.label.en,
            "only_firms_in_tutoring": self.in_tutoring,
            "at_risk": self.at_risk,
            "not_known": self.unknown,
            "overall": self.overall.as_json(),
            "within": self.within.as_json(),
            "by_stage": [each.as_json() for each in self.by_stage],
        }


def comparisons(rows: "pd.DataFrame") -> list[Comparison]:
    """One for each of BEFORE; `rows` as of landmarks.of_next_stage."""
    columns = {name: rows[name].to_numpy() for name in ("firm", "stage", "stratum", "came", *BEFORE)}
    tutored = rows["tutored"].to_numpy(bool)
    return [_comparison(columns, name, tutored if name in IN_TUTORING else tutored | True) for name in BEFORE]


def _comparison(columns: "Mapping[str, np.ndarray]", name: str, counts: "np.ndarray") -> Comparison:
    import numpy as np

    known = counts & ~np.isnan(columns[name])
    firm, came, stage, stratum = (columns[each][known] for each in ("firm", "came", "stage", "stratum"))
    has = columns[name][known] == 1.0
    return Comparison(
        name,
        int(counts.sum()),
        int(counts.sum() - known.sum()),
        overall(firm, has, came),
        within(firm, has, came, stratum),
        [
            OfStage(list(STAGES)[place], overall(firm[at], has[at], came[at]))
            for place, at in ((place, stage == place) for place in np.unique(stage))
        ],
    )


def overall(firm: "np.ndarray", has: "np.ndarray", came: "np.ndarray") -> Difference:
    """Every row weighs as much as any other of its group. `firm`: a number; `has`: whether it came before; `came`:
    whether the outcome came."""
    import numpy as np

    return _difference(firm, has, came, np.ones(len(firm)), None)


def within(firm: "np.ndarray", has: "np.ndarray", came: "np.ndarray", stratum: "np.ndarray") -> Difference:
    """Both groups made alike: in each stratum that has rows of both, weighted as Mantel and Haenszel weigh it."""
    import numpy as np

    strata, of = np.unique(stratum, return_inverse=True)
    ones, size = np.bincount(of, has, len(strata)), np.bincount(of, minlength=len(strata)).astype(float)
    mixed = (ones > 0) & (ones < size)
    at = mixed[of]
    firm, has, came, of = firm[at], has[at], came[at], of[at]
    # A stratum weighs n1·n0/n, and each of its rows an equal part of that within its group.
    weight = np.where(has, (size - ones)[of], ones[of]) / size[of]
    return _difference(firm, has, came, weight, int(mixed.sum()))


def _difference(
    firm: "np.ndarray", has: "np.ndarray", came: "np.ndarray", weight: "np.ndarray", strata: int | None
) -> Difference:
    import numpy as np

    counts = Counts(
        int((has & came).sum()),
        int((has & ~came).sum()),
        int((~has & came).sum()),
        int((~has & ~came).sum()),
        len(np.unique(firm[has])),
        len(np.unique(firm[~has])),
    )
    if counts.too_few:
        return Difference(counts, None, None, None, strata)
    one, other = (_share(firm[group], came[group], weight[group]) for group in (has, ~has))
    return Difference(counts, one, other, difference_of(one, other), strata)


def _share(firm: "np.ndarray", came: "np.ndarray", weight: "np.ndarray") -> GroupShare:
    import numpy as np

    of_firm = np.bincount(firm, weight)
    firms = float(of_firm.sum() ** 2 / (of_firm**2).sum())
    share = 1.0 if came.all() else float(weight[came].sum() / weight.sum())
    return share_of(share, firms)
