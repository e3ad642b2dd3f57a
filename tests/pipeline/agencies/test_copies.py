"""The same figures in returns of different firms that one agency prepared."""

from math import nan

import pandas as pd

from pipeline.agencies.copies import MOST_FIRMS, Copied, copies


def found(*rows):
    """Of each return: agency, firm, year, and three amounts."""
    table = pd.DataFrame(rows, columns=["agency", "firm_id", "year", "a", "b", "c"])
    return copies(table[["agency", "firm_id", "year"]], table[["a", "b", "c"]])


def test_three_equal_amounts_of_two_firms_of_an_agency_in_one_year_are_told():
    assert found(("甲", "1", 2023, 11, 12, 13.5), ("甲", "2", 2023, 11, 12, 13.5)) == [Copied("甲", 2023, "1", "2", 3)]


def test_two_equal_amounts_another_year_or_another_agency_are_not():
    one = ("甲", "1", 2023, 11, 12, 13)
    assert found(one, ("甲", "2", 2023, 11, 12, 14)) == []
    assert found(one, ("甲", "2", 2022, 11, 12, 13)) == []
    assert found(one, ("乙", "2", 2023, 11, 12, 13)) == []
    assert found(one, ("甲", "1", 2023, 11, 12, 13)) == []  # the firm itself, stated twice


def test_nought_round_amounts_and_blanks_say_nothing():
    for nothing in (0, 50_000, nan):
        assert found(("甲", "1", 2023, 11, 12, nothing), ("甲", "2", 2023, 11, 12, nothing)) == []
    assert len(found(("甲", "1", 2023, 11, 12, 50_001), ("甲", "2", 2023, 11, 12, 50_001))) == 1


def test_a_figure_that_many_firms_state_is_left_out():
    def of(firms):
        return found(*(("甲", f"{firm}", 2023, 11, 12, 13) for firm in range(firms)))

    assert len(of(3)) == 3
    assert len(of(MOST_FIRMS)) == MOST_FIRMS * (MOST_FIRMS - 1) // 2
    assert of(MOST_FIRMS + 1) == []
    assert found() == []
