"""Facts known on a day -> one row of features per firm.

In the flow: pipeline/facts.py -> figures.py -> feature_rows.py -> **features.py** -> reference.py (ranks) ->
training and scores. Missing stays missing here. Which features a model uses is decided by its training data;
a feature nobody could state (R&D in a cohort without it) is left out there, not here.
"""

from collections.abc import Callable, Mapping
from datetime import date

import pandas as pd

from scoring.features.definitions import ROWS, Feature, History, yuan_of
from scoring.features.derived_figures import yearly_figures

__all__ = ["CALENDAR", "FEATURES", "GROUPS", "NEVER_FEATURES", "Feature", "features_on", "shown"]

FEATURES: dict[str, Feature] = {feature.name: feature for feature in ROWS}

#: Features that move with the calendar by their making, whatever a firm does: their drift asks for no new model.
CALENDAR: frozenset[str] = frozenset({"years_since_founding", "years_since_certificate"})

#: The groups in which reasons are summed, in the order of the page.
GROUPS: dict[str, tuple[str, str]] = {
    "profit": ("盈利能力", "Profitability"),
    "growth": ("成长性", "Growth"),
    "scale": ("规模", "Scale"),
    "rd": ("研发创新", "R&D"),
    "ip": ("知识产权", "Intellectual property"),
    "people": ("人才与人效", "People"),
    "leverage": ("资本结构与周转", "Leverage and turnover"),
    "governance": ("治理与沿革", "Governance and history"),
}

#: Told to the reader of a score: these never enter it.
NEVER_FEATURES: tuple[tuple[str, str], ...] = (
    ("企业名称", "the firm's name"),
    ("所在市（区）", "its district"),
    ("统一社会信用代码", "its credit code"),
    ("挂点干部与辅导记录", "its mentor and its history with the bureau"),
    ("仅上市企业才填报的内容", "anything filled in only for firms that listed"),
)

#: A firm whose last year is this many years before the newest possible one is no longer scored.
_OLDEST_LAG_YEARS = 2


def features_on(facts: pd.DataFrame, firms: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Every feature of every firm with a recent year, as of a day.

    `facts`: index (firm_id, year), what was known on `as_of` (pipeline.facts.as_known_on); `firms`: index firm_id
    with registered_on and the like (may be empty). Returns float64, index firm_id sorted, columns as FEATURES;
    NaN unknown. Firms whose last stated year is three or more years before `as_of` are left out: their figures
    say nothing about today. A firm's row depends on that firm's facts alone.
    """
    years = facts.index.get_level_values(1)
    facts = facts[years < as_of.year + 1]
    history = History(yearly_figures(facts), firms, as_of)
    recent = history.ids.isin(recent_firms(facts.index, as_of))
    table = pd.DataFrame({name: feature.formula(history) for name, feature in FEATURES.items()}, index=history.ids)
    table.index.name = "firm_id"
    return table[recent].astype("float64").sort_index()


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
