"""What clerks write as days and years: 2024-03-05, 2024年3月5日, 20240305, 2023年度; or why it is none.

Called with one column of one block at a time, as cells.py is.
"""

import re
from datetime import date, datetime, time, timedelta

import numpy as np

from pipeline.intake.reading.cells import Read, Wrong, is_blank, quoted, tidy
from pipeline.language import N_, Message

FIRST_YEAR = 1990
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?(?:[ T]00:00(?::00)?(?:\.0+)?)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR = re.compile(r"(?:fy)?(\d{4})(?:\.0+)?(?:年度?|财年)?")


def days(values: np.ndarray, today: date, future: bool = False, whole_months: bool = False) -> Read:
    """A column of days as datetime64[D], NaT for blanks.

    `future`: days after `today` are possible (an expiry). `whole_months`: a month or a year alone is
    understood as its first day.
    """
    read = np.full(len(values), np.datetime64("NaT", "D"))
    wrong: list[Wrong] = []
    seen: dict[object, tuple[date | None, Message | None]] = {}
    for at, value in enumerate(values):
        if value not in seen:
            seen[value] = _written_day(value, today, future, whole_months)
        day, why = seen[value]
        if why is not None:
            wrong.append(
                Wrong(at, "not_a_day", why, Message(N_("Write the day as year-month-day, for example 2024-03-05.")))
            )
        elif day is not None:
            read[at] = np.datetime64(day, "D")
    return read, wrong


def _written_day(value: object, today: date, future: bool, whole_months: bool) -> tuple[date | None, Message | None]:
    if is_blank(value):
        return None, None
    shown = {"found": quoted(value)}
    if isinstance(value, datetime):
        day: date | None = value.date()
    elif isinstance(value, date):
        day = value
    else:
        text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else tidy(str(value))
        day = _day_of(text, whole_months)
        if day is None and (counted := _day_counted(text)) is not None:
            what = N_("%(found)s is no day; as Excel counts days it would be %(day)s.")
            return None, Message(what, {**shown, "day": counted.isoformat()})
    if day is None or not 1900 <= day.year <= 2100:
        return None, Message(N_("%(found)s is no day."), shown)
    if day > today and not future:
        return None, Message(N_("%(found)s has not come yet."), shown)
    return day, None


def _day_counted(text: str) -> date | None:
    """The day that a spreadsheet program keeps as this number and shows so once the cell has lost its format."""
    return date(1899, 12, 30) + timedelta(days=int(text)) if re.fullmatch(r"[1-6]\d{4}", text) else None


def _day_of(text: str, whole_months: bool) -> date | None:
    match = _COMPACT_DAY.fullmatch(text) or _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    if day is None and not whole_months:
        return None
    try:
        return date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None


def years(values: np.ndarray, today: date) -> Read:
    """A column of years as int64, 0 where there is none. A blank is wrong here: every row has its year."""
    read = np.zeros(len(values), dtype=np.int64)
    wrong: list[Wrong] = []
    seen: dict[object, tuple[int, str, Message | None]] = {}
    for at, value in enumerate(values):
        if value not in seen:
            seen[value] = _written_year(value, today)
        read[at], kind, why = seen[value]
        if why is not None:
            instead = Message(
                N_("Write the year the figures are of, for example %(example)s."), {"example": today.year - 1}
            )
            wrong.append(Wrong(at, kind, why, instead))
    return read, wrong


def _written_year(value: object, today: date) -> tuple[int, str, Message | None]:
    if is_blank(value):
        return 0, "no_year", Message(N_("the year is missing."))
    shown = {"found": quoted(value)}
    if isinstance(value, date | datetime | time):
        return 0, "not_a_year", Message(N_("the cell is formatted as a date or time: %(found)s."), shown)
    text = re.sub(r"\s+", "", tidy(str(value))).casefold()
    match = None if isinstance(value, bool) else _YEAR.fullmatch(text)
    if match is None:
        return 0, "not_a_year", Message(N_("%(found)s is no year."), shown)
    year = int(match[1])
    if year > today.year:
        return 0, "future_year", Message(N_("%(found)s has not come yet."), shown)
    if year < FIRST_YEAR:
        return 0, "impossible_year", Message(N_("%(found)s is before any return."), shown)
    return year, "", None
