"""What a firm could do moves the figures of its last year and what follows from them by the statements' identities;
what was derived of the years before stays."""

from datetime import date

import pandas as pd
import pytest

from pipeline.derived_facts.deriving import with_derived
from scoring.explain.actions import ACTIONS
from scoring.explain.counterfactuals import Firm
from scoring.features.history import yuan_of
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import facts_used

DAY = date(2025, 5, 1)
STATED = {
    "revenue_cny": 120e6,
    "revenue_growth_stated": 0.2,
    "net_profit_cny": 10e6,
    "net_profit_growth_stated": 0.25,
    "gross_margin_stated": 0.3,
    "eps_cny_stated": 0.5,
    "net_assets_per_share_cny_stated": 4.0,
    "roe_stated": 0.125,
}


@pytest.fixture
def firm():
    index = pd.MultiIndex.from_tuples([("Lotus", 2024)], names=["firm_id", "year"])
    facts = pd.DataFrame([STATED], index).reindex(columns=list(facts_used())).astype("float64")
    return Firm(with_derived(facts), pd.DataFrame({"x": [1]}, index=["Lotus"]), DAY, lines_on(DAY))


def test_more_profit_raises_core_profit_and_leaves_last_years(firm):
    more = firm.last()
    ACTIONS["profit"].apply(more, pd.Series([5e6]).to_numpy())
    before, after = firm.features_of(firm.last()).iloc[0], firm.features_of(more).iloc[0]
    assert yuan_of(after["core_profit"]) - yuan_of(before["core_profit"]) == pytest.approx(5e6, rel=1e-6)
    assert after["net_profit_year_before"] == before["net_profit_year_before"]
    assert yuan_of(before["net_profit_year_before"]) == pytest.approx(8e6)
    assert after["share_capital"] == before["share_capital"], "profit makes no shares"
    assert after["roe"] > before["roe"]


def test_more_sales_move_no_year_before(firm):
    more = firm.last()
    ACTIONS["revenue"].apply(more, pd.Series([12e6]).to_numpy())
    before, after = firm.features_of(firm.last()).iloc[0], firm.features_of(more).iloc[0]
    assert after["revenue_year_before"] == before["revenue_year_before"]
    assert after["revenue_growth"] == pytest.approx(0.32)
