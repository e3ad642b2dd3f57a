"""Average annualised growth and its interval, worked out by hand; what too few or missing years leave unknown."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.growth.cells import ranked, size_class
from pipeline.growth.rates import annualised
from pipeline.growth.terms import terms

ON_SQLITE_ALONE = True


def of(*figures):
    return annualised(np.array([[float(each)] for each in figures]))


def test_three_rates_have_the_interval_of_two_degrees_of_freedom():
    # ln 1.2 = 0.18232, ln 1.25 = 0.22314, ln 1.3333 = 0.28768: mean 0.23105, deviation 0.05312, error 0.03067;
    # times 4.3027 that is 0.13196.
    found = of(100, 120, 150, 200)
    assert found.rate[0] == pytest.approx(2 ** (1 / 3) - 1)
    assert found.low[0] == pytest.approx(math.exp(0.231049 - 0.131965) - 1, abs=1e-4)
    assert found.high[0] == pytest.approx(math.exp(0.231049 + 0.131965) - 1, abs=1e-4)


def test_two_years_have_a_rate_and_no_interval():
    found = of(100, 150)
    assert found.rate[0] == pytest.approx(0.5)
    assert math.isnan(found.low[0])
    assert math.isnan(found.high[0])


def test_a_year_missing_between_leaves_the_rate_and_takes_the_interval():
    found = of(100, float("nan"), 150, 200)
    assert found.rate[0] == pytest.approx(2 ** (1 / 3) - 1)
    assert math.isnan(found.low[0])


@pytest.mark.parametrize("figures", [(float("nan"), 1, 2, 3), (0, 1, 2, 3), (1, 2, 3, float("nan"))])
def test_an_end_that_is_missing_or_nought_leaves_the_growth_unknown(figures):
    found = of(*figures)
    assert math.isnan(found.rate[0])
    assert math.isnan(found.low[0])


@given(st.lists(st.floats(0.01, 1e12), min_size=4, max_size=4))
def test_the_interval_holds_the_rate(figures):
    found = of(*figures)
    assert found.low[0] <= found.rate[0] + 1e-9 * (1 + abs(found.rate[0]))
    assert found.rate[0] <= found.high[0] + 1e-9 * (1 + abs(found.high[0]))


def test_even_growth_has_an_interval_of_no_width():
    found = of(100, 110, 121, 133.1)
    assert (found.low[0], found.high[0]) == (pytest.approx(0.1), pytest.approx(0.1))


def test_a_cell_with_too_few_firms_gives_way_to_the_next_coarser_one():
    growth = np.array([0.5, 0.4, 0.3, 0.2, 0.1, np.nan])
    industry = pd.Series(["C3824", "C3811", "C3800", "C2611", None, "C3824"])
    size = np.array(["small", "small", "large", "small", "small", "small"], dtype=object)
    found = ranked(growth, industry, size, least=3)
    # C38 small has two, C small has three, C large one, C four; the one without an industry stands in the city alone.
    assert list(found.cell) == ["section_size", "section_size", "section", "section_size", "city", ""]
    assert list(found.place) == [1, 2, 3, 3, 5, 0]
    assert list(found.of) == [3, 3, 4, 3, 5, 0]
    fine = ranked(growth, industry, size, least=2)
    assert list(fine.cell[:2]) == ["division_size", "division_size"]


def test_equal_growth_has_an_equal_place():
    found = ranked(np.array([0.2, 0.2, 0.1]), pd.Series(["C38"] * 3), np.array(["small"] * 3, dtype=object), 1)
    assert list(found.place) == [1, 1, 3]


def test_a_size_class_begins_with_its_first_person():
    staff = np.array([0, 9, 10, 49, 50, 249, 250, np.nan])
    expected = ["micro", "micro", "small", "small", "medium", "medium", "large", ""]
    assert list(size_class(staff, terms().size_classes)) == expected
