"""Which agency stands out, and which year of it: small cities whose rates are known."""

from math import nan

import pandas as pd
import pytest

from pipeline.agencies.comparing import (
    FEWER,
    FEWEST_DIFFERENCES,
    FEWEST_FIRMS,
    MORE,
    NO_OTHER,
    TOO_FEW,
    compare,
)


def returns(**agencies):
    """Of each agency a row per firm and year: firm -> differences of its years from 2021 on."""
    rows = [
        (name, nan, f"{name}{firm}", 2021 + year, count, 0)
        for name, firms in agencies.items()
        for firm, counts in enumerate(firms)
        for year, count in enumerate(counts)
    ]
    return pd.DataFrame(rows, columns=["agency", "adviser", "firm_id", "year", "differences", "slips"])


def of(found, name):
    return next(one for one in found if one.name == name)


def test_an_agency_is_held_against_all_others_and_rates_are_counts_over_returns():
    found, spread = compare(returns(甲=[[1]] * 12 + [[0]] * 8, 乙=[[1]] * 2 + [[0]] * 38))
    one = of(found, "甲")
    assert (one.counted.returns, one.counted.firms, one.counted.differences, one.counted.affected) == (20, 20, 12, 12)
    assert one.counted.per_100 == pytest.approx(60.0)
    assert (one.others.returns, one.others.differences, one.others.per_100) == (40, 2, pytest.approx(5.0))
    assert one.ratio.times == pytest.approx(12.0)
    assert (one.verdict, spread) == (MORE, 1.0)
    assert of(found, "乙").verdict == TOO_FEW  # two differences


def test_two_firms_are_no_pattern_however_many_differences_they_have():
    crowd = [[1]] * 5 + [[0]] * 195
    two, three = [[9], [9]] + [[0]] * 18, [[6], [6], [6]] + [[0]] * 17
    found, _spread = compare(returns(甲=two, 乙=crowd))
    assert (of(found, "甲").verdict, of(found, "甲").ratio) == (TOO_FEW, None)
    assert FEWEST_FIRMS == 3
    found, _spread = compare(returns(甲=three, 乙=crowd))
    assert of(found, "甲").ratio is not None


def test_below_five_differences_nothing_is_concluded_and_with_five_something_is():
    crowd = [[1]] * 5 + [[0]] * 395
    assert FEWEST_DIFFERENCES == 5
    found, _spread = compare(returns(甲=[[1]] * 4 + [[0]] * 6, 乙=crowd))
    assert of(found, "甲").verdict == TOO_FEW
    found, _spread = compare(returns(甲=[[1]] * 5 + [[0]] * 5, 乙=crowd))
    assert of(found, "甲").verdict == MORE
    found, _spread = compare(returns(甲=[[1]] * 5 + [[0]] * 4, 乙=crowd))
    assert (of(found, "甲").verdict, of(found, "甲").counted.per_100) == (TOO_FEW, None)  # nine returns


def test_the_worst_neither_hides_a_second_nor_makes_the_rest_look_careful():
    usual = [[1]] * 6 + [[0]] * 94
    found, _spread = compare(
        returns(甲=[[1]] * 90 + [[0]] * 10, 乙=[[1]] * 25 + [[0]] * 75, 丙=usual, 丁=usual, 戊=usual)
    )
    assert [one.name for one in found if one.verdict == MORE] == ["甲", "乙"]
    assert {one.verdict for one in found if one.name in "丙丁戊"} == {NO_OTHER}
    assert of(found, "丙").others.returns == 200  # without the two that stand out
    assert FEWER not in {one.verdict for one in found}


def test_a_firm_with_all_the_differences_widens_what_is_concluded():
    crowd = [[1]] * 10 + [[0]] * 90
    lone, spread = compare(returns(甲=[[8], [1], [1]] + [[0]] * 37, 乙=crowd))
    even, plain = compare(returns(甲=[[1]] * 10 + [[0]] * 30, 乙=crowd))
    assert spread > plain == 1.0
    assert of(lone, "甲").counted.per_100 == of(even, "甲").counted.per_100
    assert of(lone, "甲").chance > of(even, "甲").chance


def test_a_year_is_marked_where_its_interval_says_so_and_not_for_a_difference_more():
    before, after = [0, 0, 0, 0], [0, 0, 0, 1]
    crowd = [[0, 0, 0, 0]] * 30
    jump, _spread = compare(returns(甲=[after] * 15 + [before] * 5 + [[1, 0, 1, 0]] * 2, 乙=crowd))
    years = {each.year: each.verdict for each in of(jump, "甲").years}
    assert years == {2021: TOO_FEW, 2022: TOO_FEW, 2023: TOO_FEW, 2024: MORE}
    level, _spread = compare(returns(甲=[[1, 1, 1, 1]] * 5 + [after] * 2 + [before] * 15, 乙=crowd))
    assert {each.verdict for each in of(level, "甲").years} == {NO_OTHER}


def test_slips_of_units_are_counted_apart():
    rows = returns(甲=[[0]] * 20, 乙=[[0]] * 20)
    rows.loc[rows["agency"] == "甲", "slips"] = 1
    found, _spread = compare(rows)
    assert (of(found, "甲").counted.slips, of(found, "甲").counted.differences) == (20, 0)
    assert (of(found, "乙").counted.slips, of(found, "乙").others.slips) == (0, 20)


def test_of_no_return_nothing_is_said():
    assert compare(returns()) == ([], 1.0)
    alone, _spread = compare(returns(甲=[[1]] * 20))
    assert of(alone, "甲").verdict == TOO_FEW  # there is nobody to hold it against
