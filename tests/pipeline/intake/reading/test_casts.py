"""A column that is cast at once holds the same values, and is told the same, as one that is read cell by cell."""

from datetime import date, datetime, time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.intake.reading import casts, cells, days

TODAY = date(2024, 6, 1)
near_numbers = st.text("0123456789.-+eE ,%_（１∞nafi\n", max_size=9)
written_numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e9, 1e9).map("{:.2f}".format),
    st.integers(-(10**19), 10**19).map(str),
    st.sampled_from(
        ["", "无", "nan", "inf", "1.2亿", "1,200", "12%", "(7)", "1e999", "5.", ".5", "1_0", "12元", " 8", "+3"]
    ),
)
near_days = st.text("0123456789-/ 年月日T:", max_size=11)
written_days = st.one_of(
    st.dates(date(1890, 1, 1), date(2110, 1, 1)).map(str),
    st.dates(date(2023, 1, 1), date(2025, 1, 1)).map("{:%Y/%m/%d}".format),
    st.sampled_from(
        ["", "2023-02-30", "2023-2-3", "2024-06-01", "2024-06-02", "45000", "2024年3月5日", "2024-03-05 14:00"]
    ),
)
kept = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.just(time(8)),
    st.text(max_size=4),  # half a letter among them
    st.just("\ud800"),
)


def columns(*each) -> st.SearchStrategy[list[object]]:
    return st.lists(st.one_of(*each), max_size=12)


def apart(read, values: list[object], *how):
    """What `read` gives with the casts, and without."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    together = read(column, *how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(casts, "_NUMBER", r"\A\z.")
        patch.setattr(casts, "_DAY", r"\A\z.")
        return together, read(column, *how)


@settings(max_examples=600, deadline=None)
@given(
    columns(written_numbers, near_numbers, kept),
    st.sampled_from(["money", "ratio", "number", "count", "points"]),
    st.sampled_from([1.0, 1e4, 0.01, -1e4]),
)
@example(["12345678901234567.12345678901234567", "0.1", "-0", "1e22", "9007199254740993"], "money", 1e4)
@example(["12.5", 12.5, "", None, "\ud800", "1.2亿"], "money", 1.0)
def test_figures(values, kind, factor):
    (fast, told), (careful, told_carefully) = apart(cells.numbers, values, kind, factor)
    np.testing.assert_array_equal(fast, careful)
    assert told == told_carefully


@settings(max_examples=400, deadline=None)
@given(columns(written_days, near_days, kept), st.booleans(), st.booleans())
@example(["2024-06-01", "2024-06-02", "2023-02-30", datetime(2023, 1, 1), ""], False, False)
def test_days(values, future, whole_months):
    (fast, told), (careful, told_carefully) = apart(days.days, values, TODAY, future, whole_months)
    np.testing.assert_array_equal(fast, careful)
    assert told == told_carefully


def test_what_machines_write_is_cast_and_nothing_else():
    written = np.array(
        ["12.5", "-3", "1e5", "5.", "", "１２", "1,200", "+3", " 8", "nan", "1_0", 7.0, None], dtype=object
    )
    np.testing.assert_array_equal(casts.numbers(written)[:4], [12.5, -3, 1e5, 5])
    assert np.isnan(casts.numbers(written)[4:]).all()
    written = np.array(
        ["2024-02-29", "2023-02-29", "2024-2-9", "24-02-29", " 2024-02-29", date(2024, 2, 29)], dtype=object
    )
    assert casts.days(written).tolist() == [date(2024, 2, 29), *[None] * 5]


@given(columns(kept, st.sampled_from(["是", "否", "Y", "1.0", "×", "也许", " 有 "])))
def test_each_answer_is_read_once_and_counts_in_every_cell(values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    read, wrong = cells.answers(column)
    for at, value in enumerate(values):
        (alone,), told = cells.answers(column[at : at + 1])
        np.testing.assert_equal(read[at], alone)
        assert [one.what for one in wrong if one.at == at] == [one.what for one in told], value
