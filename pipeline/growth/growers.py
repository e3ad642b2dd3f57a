"""Who of all firms is a fast grower on a day, how fast it grew, and how that stands beside firms like it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipeline.growth.cells import Ranks, ranked, size_class
from pipeline.growth.rates import Rates, annualised
from pipeline.growth.terms import terms
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import RECOGNITION, ResolvedCondition, RuleInForce
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.conditions import MET, UNKNOWN, Outcome, evaluated, rates_on
from pipeline.rules.evaluation.firm_years import FirmYears


@dataclass(frozen=True)
class Pace:
    """Growth of one measure, fractions a year. `meets`: it alone fulfils the rule; `low` and `high` None: too few years
    are known; `place` of `of` firms in the `cell` (cells.CELLS), None where the growth is unknown."""

    rate: float | None
    low: float | None
    high: float | None
    meets: bool
    place: int | None
    of: int | None
    cell: str | None

    def as_kept(self) -> list[Any]:
        return list(vars(self).values())


@dataclass(frozen=True)
class Grower:
    """A fast grower. `industry`: letter and digits; `size`: its class at the beginning of the period, when it had
    `staff_before` people; `year`: the last one that is known; `sure`: an interval lies above the line whole."""

    firm_id: str
    name: str | None
    district: str | None
    industry: str | None
    size: str
    staff_before: int
    year: int
    revenue: Pace
    staff: Pace
    sure: bool

    @property
    def fastest(self) -> float:
        """The faster of both, by which the list is sorted."""
        return max(one.rate for one in (self.revenue, self.staff) if one.rate is not None)

    def as_kept(self) -> list[Any]:
        """In the order of the fields: a page reads hundreds of them."""
        return [each.as_kept() if isinstance(each, Pace) else each for each in vars(self).values()]

    @classmethod
    def from_kept(cls, document: Any) -> "Grower":
        *about, revenue, staff, sure = document
        make: Any = cls
        found: Grower = make(*about, Pace(*revenue), Pace(*staff), sure)
        return found

    def as_json(self) -> JsonObject:
        own = ("firm_id", "name", "district", "industry", "size", "staff_before", "year", "sure")
        return {
            **{name: getattr(self, name) for name in own},
            "revenue": dict(vars(self.revenue)),
            "staff": dict(vars(self.staff)),
        }


@dataclass(frozen=True)
class Growers:
    """The fast growers of a day, the fastest first. `looked_at`: firms with anything known; `unknown`: of them those of
    which too little is known; `line`: the growth that the rule asks for, `years`: over how many; `least_staff` at the
    beginning; `least`: firms that a cell needs."""

    as_of: date
    looked_at: int
    unknown: int
    line: float
    years: int
    least_staff: int
    least: int
    firms: tuple[Grower, ...]

    @property
    def sure(self) -> int:
        return sum(firm.sure for firm in self.firms)


def growers(facts: pd.DataFrame, firms: pd.DataFrame, as_of: date, visible: Collection[str] | None = None) -> Growers:
    """`facts` and `firms` as pipeline.rules reads them, of the whole city: ranks are of the city. `visible`: the firms
    that are listed and counted; None: all.

    Raises NoSuchRule before the first day of the rule.
    """
    said, data = terms(), FirmYears(facts, firms, as_of)
    rule = _rule(said.rule, as_of)
    outcome = evaluated(rule.needs, data, rates_on(as_of), {}, keep=True)
    of_growth = {leaf.measure: leaf for leaf in rule.conditions if leaf.window.is_growth}
    staff_line = next(leaf for leaf in rule.conditions if leaf.window.kind == "ago")
    years = staff_line.window.reach
    before = measure_values.value(data, "staff", years)
    size, least = size_class(before, said.size_classes), said.least_on(as_of)
    industry = data.industry()
    paces = {
        measure: _Measured(
            pace := annualised(np.array([measure_values.value(data, measure, lag) for lag in range(years, -1, -1)])),
            ranked(pace.rate, industry, size, least),
            _state_of(outcome, leaf),
        )
        for measure, leaf in of_growth.items()
    }
    seen = np.ones(len(data), bool) if visible is None else data.firm_ids.isin(list(visible))
    seen &= data.latest > 0
    places = np.flatnonzero(seen & (outcome.state == MET))
    line = float(_number(of_growth["revenue"]))
    listed = [_grower(data, int(at), paces, before, size, industry, line) for at in places]
    return Growers(
        as_of=as_of,
        looked_at=int(seen.sum()),
        unknown=int((seen & (outcome.state == UNKNOWN)).sum()),
        line=line,
        years=years,
        least_staff=int(_number(staff_line)),
        least=least,
        firms=tuple(sorted(listed, key=lambda one: (-one.fastest, one.firm_id))),
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    pace: Rates
    ranks: Ranks
    state: Any


def _rule(name: str, day: date) -> RuleInForce:
    for rule in rule_books.in_force(RECOGNITION, day):
        if rule.name == name:
            return rule
    words = N_("The rule %(rule)s is not in force on %(day)s.")
    raise NoSuchRule(Message(words, {"rule": name, "day": day.isoformat()}))


def _number(leaf: ResolvedCondition) -> float:
    assert isinstance(leaf.threshold.value, int | float)
    return leaf.threshold.value * leaf.threshold.unit.factor


def _state_of(outcome: Outcome, leaf: ResolvedCondition) -> Any:
    """What one condition of the tree says of every firm."""
    if outcome.node is leaf:
        return outcome.state
    found = (_state_of(child, leaf) for child in outcome.children)
    return next((state for state in found if state is not None), None)


def _grower(
    data: FirmYears,
    at: int,
    paces: dict[str, _Measured],
    before: Any,
    size: Any,
    industry: pd.Series,
    line: float,
) -> Grower:
    revenue, staff = (_pace(paces[measure], at) for measure in ("revenue", "staff"))
    return Grower(
        firm_id=str(data.firm_ids[at]),
        name=_word(data.firms, "name", at),
        district=_word(data.firms, "district_code", at),
        industry=_text(industry.iloc[at]),
        size=str(size[at]),
        staff_before=int(before[at]),
        year=int(data.latest[at]),
        revenue=revenue,
        staff=staff,
        sure=any(one.meets and one.low is not None and one.low > line for one in (revenue, staff)),
    )


def _pace(of: _Measured, at: int) -> Pace:
    place = int(of.ranks.place[at]) or None
    return Pace(
        rate=_known(of.pace.rate[at]),
        low=_known(of.pace.low[at]),
        high=_known(of.pace.high[at]),
        meets=bool(of.state[at] == MET),
        place=place,
        of=int(of.ranks.of[at]) if place else None,
        cell=str(of.ranks.cell[at]) if place else None,
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _word(firms: pd.DataFrame, column: str, at: int) -> str | None:
    return _text(firms[column].iloc[at]) if column in firms else None


def _text(value: Any) -> str | None:
    return None if value is None or value != value else str(value)
