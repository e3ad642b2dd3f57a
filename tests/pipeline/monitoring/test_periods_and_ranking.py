"""Which month, quarter and year a day lies in; places of districts as far as their figures allow, by hand."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.monitoring.periods import periods_of
from pipeline.monitoring.ranking import ranked

ON_SQLITE_ALONE = True


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (date(2024, 6, 1), [date(2024, 6, 1), date(2024, 4, 1), date(2024, 1, 1)]),
        (date(2024, 3, 31), [date(2024, 3, 1), date(2024, 1, 1), date(2024, 1, 1)]),
        (date(2024, 12, 31), [date(2024, 12, 1), date(2024, 10, 1), date(2024, 1, 1)]),
        (date(2025, 1, 1), [date(2025, 1, 1)] * 3),
    ],
)
def test_a_day_lies_in_one_month_quarter_and_year_each_told_up_to_it(day, begins):
    found = periods_of(day)
    assert [one.kind for one in found] == ["month", "quarter", "year"]
    assert [one.begins for one in found] == begins
    assert {one.ends for one in found} == {day}
    assert [(one.begins - one.eve).days for one in found] == [1, 1, 1]


def placed(counts):
    return {one.district: (one.best, one.worst) for one in ranked("kept", counts).districts}


def test_a_place_is_as_wide_as_the_intervals_leave_it():
    # 90 of 100: 82.6-94.5 %; 50 of 100: 40.4-59.6 %; 45 of 100: 35.6-54.8 %
    assert placed({"a": (90, 100), "b": (50, 100), "c": (45, 100)}) == {"a": (1, 1), "b": (2, 3), "c": (2, 3)}


def test_shares_whose_intervals_meet_are_not_set_one_above_the_other():
    # 9 of 10: 59.6-98.2 %; 6 of 10: 31.3-83.2 %
    assert placed({"a": (9, 10), "b": (6, 10)}) == {"a": (1, 2), "b": (1, 2)}


def test_of_nine_firms_a_district_has_no_place_and_alone_it_has_none_either():
    assert placed({"a": (9, 9), "b": (5, 10), "c": (1, 200)}) == {"a": (None, None), "b": (1, 1), "c": (2, 2)}
    assert placed({"a": (9, 9), "b": (5, 10)}) == {"a": (None, None), "b": (None, None)}
    assert placed({"a": (0, 0)}) == {"a": (None, None)}


def test_the_largest_share_stands_first_and_whoever_has_no_place_last():
    order = [one.district for one in ranked("kept", {"a": (9, 9), "b": (1, 20), "c": (19, 20)}).districts]
    assert order == ["c", "b", "a"]


_COUNTS = st.integers(0, 300).flatmap(lambda firms: st.tuples(st.integers(0, firms), st.just(firms)))


@given(st.dictionaries(st.sampled_from("abcdefgh"), _COUNTS, max_size=8))
def test_every_place_is_one_of_those_there_are_and_a_sure_better_one_stands_before(counts):
    found = [one for one in ranked("kept", counts).districts if one.best is not None]
    for one in found:
        assert 1 <= one.best <= one.worst <= len(found)
        for other in found:
            if one.low > other.high:
                assert one.worst < other.worst
                assert one.best < other.best
