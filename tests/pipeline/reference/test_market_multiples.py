"""The estimate of a market value: whose multiples count, and of what."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.reference import market_multiples

TABLE = market_multiples.multiples_on(date(2024, 6, 1))


def estimated(profit: float, revenue: float, industry: str | None) -> market_multiples.Estimate:
    return market_multiples.estimated(np.array([profit]), np.array([revenue]), pd.Series([industry]), TABLE)


@pytest.mark.parametrize(("code", "multiple"), [("C2614", 20), ("26", 20), ("C13", 22), ("A01", 20), (None, 20)])
def test_the_longest_beginning_of_an_industry_code_counts(code: str | None, multiple: float) -> None:
    assert estimated(1e7, 1e8, code).multiple[0] == multiple


def test_a_loss_and_a_thin_profit_are_estimated_by_sales() -> None:
    assert estimated(-1e6, 1e8, "C26").value[0] == 2e8
    assert estimated(2.99e6, 1e8, "C26").value[0] == 2e8
    assert estimated(3e6, 1e8, "C26").value[0] == 6e7


def test_a_profit_without_a_word_of_revenue_is_still_multiplied() -> None:
    assert estimated(1e7, np.nan, "C26").value[0] == 2e8


def test_what_is_unknown_gives_no_estimate_and_is_no_times_of_it() -> None:
    nothing = estimated(np.nan, np.nan, "C26")
    assert np.isnan(nothing.value[0])
    assert np.isnan(nothing.times(np.array([1e9]))[0])
    assert np.isnan(estimated(-1.0, 0.0, "C26").times(np.array([1e9]))[0])
    assert estimated(1e7, 1e8, "C26").times(np.array([6e8]))[0] == 3
