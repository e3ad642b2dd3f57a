"""The lines of the listing rules that features measure against, read from data/rules as of a model's own day.

A model keeps the lines it was trained with in its folder (about.json), so that a later change of the law moves neither
its features nor its scores: it is retrained on the new lines when a person decides to.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Self

from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import Rule

#: field of ListingLines -> (board, rule, measure, window): where data/rules states it.
_STATED_AT: Mapping[str, tuple[str, str, str, str]] = {
    "bse_profit_each_of_two_years": ("bse", "bse-S1", "net_profit", "each_2"),
    "bse_profit_last_year": ("bse", "bse-S1", "net_profit", "latest"),
    "bse_roe": ("bse", "bse-S1", "roe_weighted", "latest"),
    "bse_roe_two_years": ("bse", "bse-S1", "roe_weighted", "mean_2"),
    "bse_revenue_two_years": ("bse", "bse-S2", "revenue", "mean_2"),
    "bse_revenue_growth": ("bse", "bse-S2", "revenue", "growth_1"),
    "bse_cash_flow": ("bse", "bse-S2", "operating_cash_flow", "latest"),
    "bse_revenue_last_year": ("bse", "bse-S3", "revenue", "latest"),
    "bse_rd_share": ("bse", "bse-S3", "rd_over_revenue", "ratio_2"),
    "bse_rd_spend_of_two_years": ("bse", "bse-S4", "rd_spend", "sum_2"),
    "chinext_profit_of_two_years": ("chinext", "chinext-S1", "net_profit", "sum_2"),
}
#: Models without lines in their folder were trained on those of this day.
DAY_OF_MODELS_WITHOUT_LINES = date(2024, 4, 30)


@dataclass(frozen=True)
class ListingLines:
    """Money in yuan, shares as fractions; NaN where no rule of the exchange was recorded yet on the day.

    `rules`: the ids of the rules that state them, as in force on the day (data/rules/bse.yaml and chinext.yaml).
    `derives`: features are measured on what follows from returns as well (pipeline/derived_facts); models of before
    that were trained on what returns state alone.
    """

    bse_profit_each_of_two_years: float
    bse_profit_last_year: float
    bse_roe: float
    bse_roe_two_years: float
    bse_revenue_two_years: float
    bse_revenue_growth: float
    bse_cash_flow: float
    bse_revenue_last_year: float
    bse_rd_share: float
    bse_rd_spend_of_two_years: float
    chinext_profit_of_two_years: float
    rules: tuple[str, ...]
    derives: bool

    @property
    def beijing_known(self) -> bool:
        """Whether the Beijing exchange had rules: it opened on 2021-11-15."""
        return not math.isnan(self.bse_profit_last_year)

    def as_json(self) -> dict[str, float | list[str] | bool | None]:
        values = {name: getattr(self, name) for name in _STATED_AT}
        lines = {name: None if math.isnan(line) else line for name, line in values.items()}
        return {**lines, "rules": [*self.rules], "derives": self.derives}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Lines as `as_json` wrote them."""
        lines = {name: math.nan if stored[name] is None else float(stored[name]) for name in _STATED_AT}
        return cls(**lines, rules=tuple(stored["rules"]), derives=bool(stored.get("derives", False)))


@cache
def lines_on(day: date) -> ListingLines:
    """The lines in force on a day: what was not law then is not known.

    Raises LookupError where a rule in force no longer states one of them: the feature that measures against it has to
    change as well.
    """
    values: dict[str, float] = {}
    rules: dict[str, None] = {}
    for name, (board, rule_name, measure, window) in _STATED_AT.items():
        rule = _rule(board, rule_name)
        if day < min(edition.begins for edition in rule.editions if edition.id in rule.ids):
            values[name] = math.nan
            continue
        in_force = rule.on(day)
        conditions = [] if in_force is None else in_force.conditions
        line = next(
            (condition for condition in conditions if (condition.measure, condition.window.name) == (measure, window)),
            None,
        )
        if in_force is None or line is None:
            raise LookupError(f"data/rules state no {measure} ({window}) in {rule_name} on {day}: see {__name__}.")
        rules[in_force.id] = None
        values[name] = float(str(line.threshold.value)) * line.threshold.unit.factor
    return ListingLines(**values, rules=tuple(rules), derives=True)


def _rule(board: str, name: str) -> Rule:
    return next(rule for rule in rule_books.book_of(board).rules if rule.name == name)
