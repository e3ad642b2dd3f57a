"""Figures as people read them: what pipeline/wording writes, and points, chances and days of the board.

Every function takes a value in base units, or None or NaN for unknown, and gives a text; unknown is "—".
"""

from datetime import date, datetime

from pipeline.catalog import Fact
from pipeline.language import gettext as _
from pipeline.language import pick
from pipeline.wording import number_format
from pipeline.wording.number_format import UNKNOWN, known, money
from pipeline.wording.number_format import percent as share

__all__ = [
    "UNKNOWN",
    "chance",
    "count",
    "day",
    "fact_value",
    "known",
    "moment",
    "money",
    "points",
    "share",
    "signed_points",
]


def count(value: float | None) -> str:
    return number_format.decimal(value)


def points(value: float | None) -> str:
    return number_format.decimal(value, 1)


def signed_points(value: float | None) -> str:
    """A reason's points with its sign: +3.2, −1.4; what rounds to nought has none."""
    return number_format.decimal(value, 1, signed=True)


def chance(value: float | None) -> str:
    """A probability; below a tenth of a per cent as "<0.1%"."""
    if value is None or not known(value):
        return UNKNOWN
    return "<0.1%" if 0 <= value < 0.001 else share(value)


def day(value: date | datetime | None) -> str:
    """A day as 2026-05-01 in both languages."""
    return UNKNOWN if value is None or not known(value) else value.isoformat()[:10]


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
        return pick(fact.values[str(value)]) if str(value) in fact.values else str(value)
    return number_format.fact_value(fact, float(value))  # type: ignore[arg-type]
