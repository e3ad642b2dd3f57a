"""Facts known on a day -> one row of features per firm.

Missing stays missing here. Which features a model uses is decided by its training data; a feature that no firm reported
(R&D in a cohort without it) is left out there, not here.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

import pandas as pd

from pipeline.language import Label
from scoring.features import definitions  # noqa: F401  (registers the features)
from scoring.features.derived_figures import facts_of_figures
from scoring.features.feature import FEATURES, Feature
from scoring.features.history import History, yuan_of
from scoring.features.listing_lines import DAY_OF_MODELS_WITHOUT_LINES, ListingLines, lines_on

__all__ = ["FEATURES", "GROUPS", "NEVER_FEATURES", "Feature", "facts_used", "features_on", "recent_firms", "shown"]

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
    Label("所在市（区）", "its district"),
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
    facts alone.
    """
    years = facts.index.get_level_values(1)
    facts = facts[years < as_of.year + 1]
    history = History(facts, firms, as_of, lines)
    recent = history.ids.isin(recent_firms(facts.index, as_of))
    table = pd.DataFrame({name: feature.formula(history) for name, feature in FEATURES.items()}, index=history.ids)
    table.index.name = "firm_id"
    return table[recent].astype("float64").sort_index()


@cache
def facts_used() -> tuple[str, ...]:
    """The facts of the catalogue that any feature rests on, in alphabetical order: all that needs to be read.

    Recorded while computing every feature on an empty table.
    """
    no_facts = pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["firm_id", "year"]))
    history = History(no_facts, pd.DataFrame(), DAY_OF_MODELS_WITHOUT_LINES, lines_on(DAY_OF_MODELS_WITHOUT_LINES))
    for feature in FEATURES.values():
        feature.formula(history)
    return tuple(sorted(facts_of_figures() | history.requested))


def recent_firms(statements: pd.MultiIndex, as_of: date) -> pd.Index:
    """Of the firms in an index (firm_id, year) those whose last year is recent enough to be scored, sorted."""
    firm, year = statements.get_level_values(0), statements.get_level_values(1)
    return pd.Index(firm[year > as_of.year - 1 - _OLDEST_LAG_YEARS].unique()).sort_values()


def shown(name: str, value: float, language: str = "zh_CN") -> str:
    """A feature's value as an officer reads it: money in 万元 or 亿元, shares in per cent."""
    english = language.startswith("en")
    if value != value:
        return "unknown" if english else "未知"
    return _SHOWN[FEATURES[name].unit](float(value), english) if name in FEATURES else f"{value:.4g}"


def _money(value: float, english: bool) -> str:
    yuan = yuan_of(value)
    if abs(yuan) >= 1e8:
        return f"{yuan / 1e6:,.1f} M yuan" if english else f"{yuan / 1e8:,.2f} 亿元"
    return f"{yuan / 1e6:,.2f} M yuan" if english else f"{yuan / 1e4:,.1f} 万元"


def _doublings(value: float, english: bool) -> str:
    times = 2**value
    return f"{times:.2g} times the line" if english else f"门槛的 {times:.2g} 倍"


_SHOWN: Mapping[str, Callable[[float, bool], str]] = {
    "money": _money,
    "ratio": lambda value, _english: f"{value:.1%}",
    "count": lambda value, english: f"{10**value - 1:,.0f}" + ("" if english else " 项"),
    "times": lambda value, _english: f"{value:,.2f}",
    "number": lambda value, _english: f"{value:,.0f}",
    "days": lambda value, english: f"{value:,.0f} " + ("days" if english else "天"),
    "years": lambda value, english: f"{value:,.1f} " + ("years" if english else "年"),
    "yuan": lambda value, english: f"{value:,.2f} " + ("yuan" if english else "元"),
    "points": lambda value, english: f"{value:,.1f}" + ("" if english else " 分"),
    "doublings": _doublings,
}
