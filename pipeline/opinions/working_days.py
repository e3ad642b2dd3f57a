"""Working days of mainland China: weekends off, public holidays off, and the weekend days worked in their stead.

The State Council announces each year's days in the autumn before (国务院办公厅关于部分节假日安排的通知), and
chinese-calendar keeps them. Of a year that has not been announced only weekends are known, and the day says so.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar import is_workday

from pipeline.language import N_, Message

#: No period of a review is longer; a slip of the hand is.
MOST_DAYS = 250


@dataclass(frozen=True)
class WorkingDay:
    """A day that was counted to. `known`: whether the holidays of every year on the way have been announced."""

    day: date
    known: bool = True

    @property
    def doubt(self) -> Message | None:
        """What to say where they have not."""
        if self.known:
            return None
        text = N_("The holidays of %(year)s have not been announced yet: only weekends are counted as free.")
        return Message(text, {"year": self.day.year})


def is_working_day(day: date) -> WorkingDay | None:
    """The day with what is known of it where it is worked; None where it is free."""
    try:
        return WorkingDay(day) if is_workday(day) else None
    except NotImplementedError:
        return WorkingDay(day, known=False) if day.weekday() < 5 else None


def working_day_after(day: date, days: int) -> WorkingDay:
    """The last of so many working days that begin on the day after `day`: asked on a Friday, one day is Monday.

    Raises ValueError for fewer than one day or more than MOST_DAYS.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"{days} working days")
    known, current, left = True, day, days
    while left:
        current += timedelta(days=1)
        found = is_working_day(current)
        known &= found is None or found.known
        left -= found is not None
    return WorkingDay(current, known)
