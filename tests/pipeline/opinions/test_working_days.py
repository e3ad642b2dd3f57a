"""Working days as the State Council announces them: holidays, worked weekends, and years that are not announced yet."""

from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday
from hypothesis import given
from hypothesis import strategies as st

from pipeline.opinions.working_days import (
    WorkingDay,
    caution,
    is_announced,
    is_working_day,
    working_day_after,
    working_days_between,
)

#: The last day of which the days off are announced, by the library that is installed.
LAST = date(2026, 12, 28)
days = st.dates(date(2005, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 9, 19), False),  # a Saturday
        (date(2026, 9, 20), True),  # a Sunday that is worked for the National Day
        (date(2026, 9, 25), False),  # mid-autumn, a Friday
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),  # the last day off, a Wednesday
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # a Saturday that is worked
        (date(2026, 10, 11), False),
    ],
)
def test_the_national_day_of_2026_is_as_announced(day, worked):
    assert is_working_day(day) is worked


@pytest.mark.parametrize(
    ("after", "count", "falls_on"),
    [
        (date(2026, 9, 17), 1, date(2026, 9, 18)),
        (date(2026, 9, 17), 2, date(2026, 9, 20)),  # the Sunday that is worked, not Monday
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # over seven days off
        (date(2026, 10, 3), 1, date(2026, 10, 8)),  # asked on a day off
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # the Saturday that is worked
        (date(2026, 9, 30), 4, date(2026, 10, 12)),
    ],
)
def test_days_are_counted_over_holidays_and_worked_weekends(after, count, falls_on):
    assert working_day_after(after, count) == WorkingDay(falls_on, True)
    assert caution(after, falls_on) is None


def test_of_a_year_that_is_not_announced_weekends_alone_are_known_and_it_is_said():
    assert working_day_after(LAST, 1) == WorkingDay(date(2026, 12, 29), False)
    # The first of January is surely a day off, and nobody has announced which days beside it: counted as a Friday.
    assert working_day_after(date(2026, 12, 31), 1) == WorkingDay(date(2027, 1, 1), False)
    assert working_day_after(date(2027, 9, 30), 1) == WorkingDay(date(2027, 10, 1), False)
    for language, words in (("zh_CN", "2026-12-28"), ("en", "not announced yet")):
        message = caution(date(2026, 12, 24), date(2027, 1, 4))
        assert message is not None
        assert words in message.in_language(language)


def test_the_day_before_the_announced_ones_end_is_known_and_the_day_after_is_not():
    assert working_day_after(LAST - timedelta(days=3), 1) == WorkingDay(LAST, True)
    assert (is_announced(LAST), is_announced(LAST + timedelta(days=1))) == (True, False)
    assert working_days_between(LAST - timedelta(days=3), LAST).known
    assert not working_days_between(LAST, LAST + timedelta(days=1)).known


def test_days_before_the_library_begins_are_not_known_either():
    message = caution(date(2003, 12, 30), date(2004, 1, 2))
    assert message is not None
    assert "2004-01-01" in str(message)
    assert not working_day_after(date(1999, 12, 31), 1).known


@pytest.mark.parametrize("count", [0, -1])
def test_a_day_is_at_least_the_first_after_another(count):
    with pytest.raises(ValueError, match="1st"):
        working_day_after(date(2026, 9, 17), count)


@given(st.dates(date(2005, 1, 1), LAST))
def test_an_announced_day_is_worked_as_the_library_says(day):
    assert is_working_day(day) == is_workday(day)


@given(days, st.integers(1, 60))
def test_more_working_days_end_later_and_on_a_working_day(day, count):
    here, next_one = working_day_after(day, count), working_day_after(day, count + 1)
    assert day < here.day < next_one.day
    assert is_working_day(here.day)
    assert here.known or not next_one.known  # what is not known does not become known further on


@given(days, st.integers(1, 60))
def test_a_later_beginning_never_ends_earlier(day, count):
    assert working_day_after(day, count).day <= working_day_after(day + timedelta(days=1), count).day


@given(days, st.integers(1, 60))
def test_counting_gives_back_what_was_added(day, count):
    ends = working_day_after(day, count)
    assert working_days_between(day, ends.day).days == count
    assert working_days_between(ends.day, day).days == -count
    assert working_days_between(day, ends.day).known == ends.known
