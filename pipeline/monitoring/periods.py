"""The month, the quarter and the year that a day lies in, each up to that day.

Step 1 of the flow: **periods.py** -> states.py, sums.py
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MONTH, QUARTER, YEAR = "month", "quarter", "year"
KINDS = (MONTH, QUARTER, YEAR)
_MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}


@dataclass(frozen=True)
class Period:
    """`begins`: its first day, `ends`: the last day that is told of."""

    kind: str
    begins: date
    ends: date

    @property
    def eve(self) -> date:
        """The day before it: what stood then is what it began with."""
        return self.begins - timedelta(days=1)


def periods_of(day: date) -> Sequence[Period]:
    """One of each of KINDS, in their order."""
    return [Period(kind, _first_day(day, months), day) for kind, months in _MONTHS.items()]


def _first_day(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)
