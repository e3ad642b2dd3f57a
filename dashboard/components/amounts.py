"""Figures as people read them: money in 万元 or 亿元, shares in %, points with one decimal, days.

Every function takes a value in base units, or None or NaN for unknown, and gives a text; unknown is "—".
"""

from datetime import date, datetime

from pipeline.catalog import Fact
from pipeline.language import CHINESE, language
from pipeline.language import gettext as _

UNKNOWN = "—"
_WAN, _YI, _MILLION = 1e4, 1e8, 1e6


def known(value: object) -> bool:
    """False for None, NaN and NaT."""
    return value is not None and value == value


def money(value: float | None) -> str:
    """Yuan as 万元 or 亿元; in English as millions."""
    if value is None or not known(value):
        return UNKNOWN
    if language() != CHINESE:
        return f"¥{value / _MILLION:,.2f} m"
    if abs(value) >= _YI:
        return f"{value / _YI:,.2f} 亿元"
    return f"{value / _WAN:,.0f} 万元" if abs(value) >= 100 * _WAN else f"{value / _WAN:,.2f} 万元"


def share(value: float | None, digits: int = 1) -> str:
    """A fraction as per cent."""
    return UNKNOWN if value is None or not known(value) else f"{100 * value:,.{digits}f}%"


def count(value: float | None) -> str:
    return UNKNOWN if value is None or not known(value) else f"{value:,.0f}"


def points(value: float | None) -> str:
    return UNKNOWN if value is None or not known(value) else f"{value:.1f}"


def signed_points(value: float | None) -> str:
    """A reason's points with its sign: +3.2, −1.4 (a true minus sign)."""
    if value is None or not known(value):
        return UNKNOWN
    return f"+{value:.1f}" if value >= 0 else f"−{-value:.1f}"


def chance(value: float | None) -> str:
    """A probability; below a tenth of a per cent as "<0.1%"."""
    if value is None or not known(value):
        return UNKNOWN
    return "<0.1%" if 0 <= value < 0.001 else share(value)


def day(value: date | datetime | None) -> str:
    """A day as 2026-05-01 in both languages."""
    return UNKNOWN if value is None or not known(value) else f"{value:%Y-%m-%d}"


def moment(value: datetime | None) -> str:
    """An instant on the city's clock, to the minute."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d %H:%M}"


def fact_value(fact: Fact, value: object) -> str:
    """A value of the catalogue as its type is read."""
    if not known(value):
        return UNKNOWN
    if fact.type == "yes_no":
        return _("yes") if value else _("no")
    if fact.type == "date":
        return day(value)  # type: ignore[arg-type]
    if fact.type == "text":
        return str(value)
    number = float(value)  # type: ignore[arg-type]
    return {"money": money, "ratio": share, "count": count}.get(fact.type, lambda v: f"{v:,.2f}")(number)
