"""Working days in China: without weekends and days off, with the weekends that are worked instead.

The State Council announces a year's days off in the autumn before. Of days that are not announced yet weekends alone
are known: the functions count with those and say so.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar.constants import holidays, workdays

from pipeline.language import N_, Message

#: The first and the last day whose days off are announced. The New Year's holiday of the year after may still take days
#: of the last three of December, or make a weekend there a working one.
_FIRST = date(min(holidays).year, 1, 1)
_LAST = date(max(holidays).year, 12, 28)


@dataclass(frozen=True)
class WorkingDay:
    """A day that was counted to. `known` False: days were passed whose days off are not announced, and weekends alone
    were left out of them."""

    day: date
    known: bool


@dataclass(frozen=True)
class Count:
    """A number of working days; `known` as of a WorkingDay."""

    days: int
    known: bool


def is_announced(day: date) -> bool:
    """Whether it is announced of this day if it is worked."""
    return _FIRST <= day <= _LAST


def is_working_day(day: date) -> bool:
    """Whether this day is worked; of a day that is not announced, whether it is no weekend."""
    if day in workdays:
        return True
    return day.weekday() < 5 and day not in holidays


def working_day_after(day: date, days: int) -> WorkingDay:
    """The working day that is so many after `day`, which itself is not counted. Raises ValueError below one."""
    if days < 1:
        raise ValueError(f"the first working day after a day is its 1st, not its {days}th")
    at = day
    while days:
        at += timedelta(days=1)
        days -= is_working_day(at)
    return WorkingDay(at, _all_announced(day, at))


def working_days_between(after: date, until: date) -> Count:
    """How many working days come after `after`, up to and with `until`; negative where `until` is the earlier one."""
    if until < after:
        back = working_days_between(until, after)
        return Count(-back.days, back.known)
    passed = (after + timedelta(days=number) for number in range(1, (until - after).days + 1))
    return Count(sum(map(is_working_day, passed)), _all_announced(after, until))


def caution(after: date, until: date) -> Message | None:
    """What to say beside a day that was counted to from another; None where every day off between them is announced."""
    if _all_announced(after, until):
        return None
    return Message(
        N_(
            "The days off after %(last)s are not announced yet: weekends alone are left out here, so a holiday may "
            "take days of this."
        )
        if until > _LAST
        else N_("The days off before %(first)s are not known: weekends alone are left out here."),
        {"last": _LAST.isoformat(), "first": _FIRST.isoformat()},
    )


def _all_announced(after: date, until: date) -> bool:
    return until <= after or (is_announced(after + timedelta(days=1)) and is_announced(until))
