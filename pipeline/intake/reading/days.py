"""What clerks write as days and years: 2024-03-05, 2024年3月5日, 20240305, 2023年度; or why it is none.

Called with one column of one block at a time, as cells.py is. A time behind a day is passed over, midnight without a
word; how many other times there were, `with_time` says. A day in another time zone than the city's is none.
"""

import re
from datetime import date, datetime, time, timedelta

import numpy as np

from pipeline.intake.reading import casts
from pipeline.intake.reading.cells import Read, Wrong, is_blank, quoted, tidy
from pipeline.language import N_, Message

FIRST_YEAR = 1990
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?", re.ASCII)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
#: A time behind a day: 0:00, 14:30:05, T00:00:00.000Z, 上午 12:00, 2:30 PM.
_TIME = re.compile(
    r"(?P<day>.*?[\d日])(?:[ T]+|(?<=日))(?P<half>上午|下午|am|pm)? ?(?P<hour>\d{1,2})[:时](?P<minute>\d{2})?分?"
    r"(?::?(?P<second>\d{2})秒?(?:\.\d+)?)? ?(?P<late_half>am|pm)?(?P<zone>z|[-+]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)
_HERE = "+0800"
_YEAR = re.compile(r"(?:fy)?(\d{4})(?:\.0+)?(?:年度?|财年)?", re.ASCII)


def days(values: np.ndarray, today: date, future: bool = False, whole_months: bool = False) -> Read:
    """A column of days as datetime64[D], NaT for blanks.

    `future`: days after `today` are possible (an expiry). `whole_months`: a month or a year alone is
    understood as its first day.
    """
    read = casts.days(values)
    if not future:
        read[read > np.datetime64(today, "D")] = np.datetime64("NaT", "D")
    wrong: list[Wrong] = []
    seen: dict[object, tuple[date | None, Message | None]] = {}
    for at in np.flatnonzero(np.isnat(read)).tolist():
        value = values[at]
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
        text = _text_of(value)
        day = None if isinstance(value, float) and not value.is_integer() else _day_of(_split(text)[0], whole_months)
        if day is None and (counted := _day_counted(text)) is not None:
            what = N_("%(found)s is no day; as Excel counts days it would be %(day)s.")
            return None, Message(what, {**shown, "day": counted.isoformat()})
    if day is None or not 1900 <= day.year <= 2100:
        return None, Message(N_("%(found)s is no day."), shown)
    if day > today and not future:
        return None, Message(N_("%(found)s has not come yet."), shown)
    return day, None


def with_time(values: np.ndarray) -> int:
    """How many cells of a column of days hold a time as well that is not midnight."""
    held = [value for value in values if isinstance(value, datetime) or (isinstance(value, str) and len(value) > 10)]
    return sum(value.time() != time() if isinstance(value, datetime) else _split(_text_of(value))[1] for value in held)


def _text_of(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else tidy(str(value))


def _split(text: str) -> tuple[str, bool]:
    """The day in a text, and whether a time other than midnight stands behind it; "" for a time that makes it another
    day elsewhere, or that is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text, False
    half = (match["half"] or match["late_half"] or "").casefold()
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if hour > (12 if half else 23) or minute > 59 or second > 59:
        return "", False
    at_midnight = (hour % 12 if half in ("上午", "am") else hour + 12 * bool(half)) == 0 and minute == second == 0
    zone = (match["zone"] or "").replace(":", "")
    return (match["day"], not at_midnight) if at_midnight or zone in ("", _HERE) else ("", False)


def _day_counted(text: str) -> date | None:
    """The day that a spreadsheet program keeps as this number and shows so once the cell has lost its format."""
    return date(1899, 12, 30) + timedelta(days=int(text)) if re.fullmatch(r"[1-6]\d{4}", text) else None


def _day_of(text: str, whole_months: bool) -> date | None:
    text = re.sub(r" *([-/.年月日]) *", r"\1", text)
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
    text = re.sub(r" *(?=[年财])|(?<=fy) +", "", tidy(str(value)).casefold())
    match = None if isinstance(value, bool) else _YEAR.fullmatch(text)
    if match is None:
        return 0, "not_a_year", Message(N_("%(found)s is no year."), shown)
    year = int(match[1])
    if year > today.year:
        return 0, "future_year", Message(N_("%(found)s has not come yet."), shown)
    if year < FIRST_YEAR:
        return 0, "impossible_year", Message(N_("%(found)s is before any return."), shown)
    return year, "", None
