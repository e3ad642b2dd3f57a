"""Facts known on a day -> one row of features per firm.

Missing stays missing here. Which features a model uses is decided by its training data; a feature that no firm reported
(R&D in a cohort without it) is left out there, not here.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from pipeline.catalog import catalog
from pipeline.derived_facts.derivations import FACTS_READ
from pipeline.derived_facts.deriving import with_derived
from pipeline.language import Label, speaking
from pipeline.language import gettext as _
from pipeline.wording import number_format
from scoring.features import definitions  # noqa: F401  (registers the features)
from scoring.features.derived_figures import facts_of_figures
from scoring.features.feature import FEATURES, Feature
from scoring.features.history import MOST_DOUBLINGS as _MOST_DOUBLINGS
from scoring.features.history import History, yuan_of
from scoring.features.listing_lines import DAY_OF_MODELS_WITHOUT_LINES, ListingLines, lines_on

__all__ = [
    "FEATURES",
    "GROUPS",
    "NEVER_FEATURES",
    "Feature",
    "facts_used",
    "features_of",
    "features_on",
    "is_recent",
    "shown",
]

#: The groups in which reasons are summed, in the order of the page.
GROUPS: Mapping[str, Label] = {
    "profit": Label("盈利能力", "Profitability"),
    "growth": Label("成长性", "Growth"),
    "scale": Label("规模", "Scale"),
    "rd": Label("研发创新", "R&D"),
    "ip": Label("知识产权", "Intellectual property"),
    "people": Label("人才与人效", "People"),
    "leverage": Label("资本结构与周转", "Leverage and turnover"),
    "governance": Label("治理与沿革", "Governance and history"),
}

#: What never enters a score, for its readers.
NEVER_FEATURES: tuple[Label, ...] = (
    Label("企业名称", "the firm's name"),
    Label("所在区县", "its district"),
    Label("统一社会信用代码", "its credit code"),
    Label("挂点干部与辅导记录", "its mentor and its history with the bureau"),
    Label("仅上市企业才填报的内容", "anything filled in only for firms that listed"),
)

#: A firm whose last year is this many years before the newest possible one is no longer scored.
_OLDEST_LAG_YEARS = 2


def features_on(facts: pd.DataFrame, firms: pd.DataFrame, as_of: date, lines: ListingLines) -> pd.DataFrame:
    """Every feature of every firm with a recent year, as of a day.

    `facts`: index (firm_id, year), what was known on `as_of` (pipeline.facts.as_known_on); `firms`: index firm_id
    with registered_on and the like (may be empty); `lines`: the listing lines of the model that reads the features.
    Returns float64, index firm_id sorted, columns as FEATURES; NaN unknown. Firms whose last reported year is three or
    more years before `as_of` are left out: their figures say nothing about today. A firm's row depends on that firm's
    facts alone, and on what follows from them where the model's features do.
    """
    years = facts.index.get_level_values(1)
    facts = facts[years < as_of.year + 1]
    return features_of(with_derived(facts) if lines.derives else facts, firms, as_of, lines)


def features_of(facts: pd.DataFrame, firms: pd.DataFrame, as_of: date, lines: ListingLines) -> pd.DataFrame:
    """The same of facts to which what follows from them has been added already: nothing more is derived."""
    history = History(facts, firms, as_of, lines)
    firm, year = facts.index.get_level_values(0), facts.index.get_level_values(1)
    recent = history.ids.isin(firm[is_recent(year, as_of)])
    table = pd.DataFrame({name: feature.formula(history) for name, feature in FEATURES.items()}, index=history.ids)
    table.index.name = "firm_id"
    return table[recent].astype("float64").sort_index()


@cache
def facts_used() -> tuple[str, ...]:
    """The facts of the catalogue that any feature rests on, also by what is derived from them, in alphabetical order:
    all that needs to be read.

    Recorded while computing every feature on an empty table.
    """
    no_facts = pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["firm_id", "year"]))
    history = History(no_facts, pd.DataFrame(), DAY_OF_MODELS_WITHOUT_LINES, lines_on(DAY_OF_MODELS_WITHOUT_LINES))
    for feature in FEATURES.values():
        feature.formula(history)
    return tuple(sorted(facts_of_figures() | history.requested | set(FACTS_READ)))


def is_recent(year: Any, as_of: date) -> Any:
    """Whether a firm can be scored on the day whose last year, or any of whose years, is this one."""
    return year > as_of.year - 1 - _OLDEST_LAG_YEARS


def shown(name: str, value: float, language: str = "zh_CN") -> str:
    """A feature's value as an officer reads it: money in 万元 or 亿元, shares in per cent, counts with their word."""
    with speaking(language):
        if value != value:
            return _("unknown")
        if name not in FEATURES:
            return number_format.plain(value)
        feature = FEATURES[name]
        if feature.unit == "count":
            # The log scale gives a whole number back only nearly.
            fact = catalog().get(feature.counts or "")
            return number_format.counted(round(10**value - 1), None if fact is None else fact.counting)
        return _SHOWN[feature.unit](float(value))


def _doublings(value: float) -> str:
    """Features stop at four doublings either way (history.doublings_from), a loss at the lower end among them."""
    if abs(value) >= _MOST_DOUBLINGS:
        times = number_format.decimal(2**_MOST_DOUBLINGS)
        share = number_format.percent(2**-_MOST_DOUBLINGS, 2)
        return (
            _("%(times)s times the line or more", times=times)
            if value > 0
            else _("not %(share)s of the line", share=share)
        )
    return number_format.part_of_line(2**value)


_SHOWN: Mapping[str, Callable[[float], str]] = {
    "money": lambda value: number_format.money(yuan_of(value)),
    "ratio": number_format.percent,
    "change": number_format.percentage_points,
    "spread": lambda value: number_format.percentage_points(value, signed=False),
    "times": lambda value: number_format.decimal(value, 2),
    "turns": lambda value: _("%(count)s turns", count=number_format.decimal(value, 2)),
    "patents": lambda value: _("%(count)s patents", count=number_format.decimal(value, 2)),
    "conditions": lambda value: _("%(count)s conditions met", count=number_format.decimal(value)),
    "days": lambda value: _("%(count)s days", count=number_format.decimal(value)),
    "years": lambda value: _("%(count)s years", count=number_format.decimal(value, 1)),
    "yuan": lambda value: number_format.per_share(value),
    "points": lambda value: _("%(count)s points", count=number_format.decimal(value, 1)),
    "doublings": _doublings,
}
