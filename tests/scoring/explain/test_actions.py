"""What a firm can move and what follows: identities worked out by hand, and every aim taken exactly."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.catalog import catalog
from scoring.explain.actions import ACTIONS, NOT_AIMED_AT, TARGETS, Past, first_known
from scoring.explain.counterfactuals import Firm
from scoring.features.derived_figures import yearly_figures
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES, facts_used
from tests.cast import LOTUS, yearly

DAY = date(2025, 5, 1)
LINES = lines_on(DAY)
YEARS = (2022, 2023, 2024)


def stated(**facts: tuple[float, ...]) -> pd.DataFrame:
    return yearly(LOTUS, **{name: dict(zip(YEARS, values, strict=True)) for name, values in facts.items()})


@pytest.fixture
def lotus() -> Firm:
    """100 M of sales, 8 M of profit on 40 M of average equity (ROE 20 %), 3 M of R&D, 50 staff, 4 patents."""
    facts = stated(
        revenue_cny=(60e6, 80e6, 100e6),
        cost_cny=(45e6, 60e6, 75e6),
        net_profit_cny=(4e6, 6e6, 8e6),
        net_profit_attributable_cny=(4e6, 6e6, 8e6),
        net_profit_after_nonrecurring_cny=(3.5e6, 5.5e6, 7.5e6),
        roe_weighted=(0.15, 0.18, 0.20),
        roe_weighted_after_nonrecurring=(0.13, 0.16, 0.1875),
        total_assets_cny=(70e6, 80e6, 90e6),
        net_assets_cny=(30e6, 36e6, 44e6),
        total_equity_cny=(30e6, 36e6, 44e6),
        operating_cash_flow_cny=(3e6, 5e6, 6e6),
        eps_cny_stated=(0.4, 0.6, 0.8),
        rd_spend_cny=(2e6, 2.5e6, 3e6),
        hitech_income_cny=(40e6, 55e6, 70e6),
        total_income_cny=(60e6, 80e6, 100e6),
        tax_paid_cny=(3e6, 4e6, 5e6),
        staff=(40, 45, 50),
        rd_staff=(8, 9, 10),
        invention_patents=(2, 3, 4),
        utility_patents=(10, 10, 10),
        standards_led=(0, 0, 1),
        rd_platforms=(0, 0, 0),
        innovation_score=(70.0, 72.0, 75.0),
        equity_rounds=(0, 1, 1),
        receivables_cny=(10e6, 12e6, 15e6),
    )
    return Firm(facts, pd.DataFrame({"registered_on": [pd.Timestamp(2015, 3, 2)]}, index=[LOTUS]), DAY, LINES)


def pulled(firm: Firm, lever: str, more: float) -> pd.Series:
    versions = firm.last()
    ACTIONS[lever].apply(versions, np.array([more]))
    return versions.iloc[0]


def test_a_million_of_profit_raises_equity_assets_cash_tax_and_both_returns(lotus):
    last = pulled(lotus, "profit", 1e6)
    assert (last["net_profit_cny"], last["net_profit_after_nonrecurring_cny"]) == (9e6, 8.5e6)
    assert (last["net_assets_cny"], last["total_equity_cny"], last["total_assets_cny"]) == (45e6, 45e6, 91e6)
    assert last["operating_cash_flow_cny"] == 7e6
    assert last["tax_paid_cny"] == pytest.approx(5e6 + 15e6 / 85)
    assert last["roe_weighted"] == pytest.approx(9 / 40.5)  # half of what is earned in a year counts in its average
    assert last["roe_weighted_after_nonrecurring"] == pytest.approx(8.5 / 40.5)
    assert last["eps_cny_stated"] == pytest.approx(0.9)
    assert (last["revenue_cny"], last["cost_cny"], last["rd_spend_cny"]) == (100e6, 75e6, 3e6)


def test_more_sales_keep_their_margins(lotus):
    last = pulled(lotus, "revenue", 10e6)
    assert (last["revenue_cny"], last["cost_cny"], last["hitech_income_cny"]) == pytest.approx((110e6, 82.5e6, 77e6))
    assert last["net_profit_cny"] == pytest.approx(8.8e6)
    assert last["receivables_cny"] == pytest.approx(16.5e6)
    assert last["staff"] == 50


def test_more_sales_at_the_same_margins_deepen_a_loss(lotus):
    facts = lotus.facts.copy()
    facts.loc[(LOTUS, 2024), "net_profit_cny"] = -2e6
    last = pulled(Firm(facts, lotus.labels, DAY, LINES), "revenue", 10e6)
    assert last["net_profit_cny"] == pytest.approx(-2.2e6)  # 10 % more sales


def test_a_better_price_is_profit_after_tax_and_leaves_the_cost(lotus):
    last = pulled(lotus, "price", 2e6)
    assert (last["revenue_cny"], last["cost_cny"]) == (102e6, 75e6)
    assert last["net_profit_cny"] == pytest.approx(8e6 + 1.7e6)


def test_a_yuan_of_research_costs_eighty_five_fen_of_profit(lotus):
    last = pulled(lotus, "rd", 1e6)
    assert last["rd_spend_cny"] == 4e6
    assert last["net_profit_cny"] == pytest.approx(8e6 - 0.85e6)


def test_what_nobody_stated_stays_unknown(lotus):
    facts = lotus.facts.drop(columns=["tax_paid_cny"]).assign(net_assets_cny=np.nan)
    last = pulled(Firm(facts, lotus.labels, DAY, LINES), "profit", 1e6)
    assert "tax_paid_cny" not in last
    assert np.isnan(last["net_assets_cny"])
    assert last["total_equity_cny"] == 45e6


def test_raising_research_moves_every_feature_that_research_is_in(lotus):
    before = lotus.features_of(lotus.last()).iloc[0]
    last = lotus.last()
    ACTIONS["rd"].apply(last, np.array([1e6]))
    after = lotus.features_of(last).iloc[0]
    assert after["rd_share"] == pytest.approx(0.04)
    assert after["rd_growth"] == pytest.approx(0.6)
    assert after["net_margin"] == pytest.approx(0.0715)
    moved = set(after.index[(after - before).abs() > 1e-12])
    assert {"rd_spend", "rd_share", "rd_growth", "net_profit", "roe", "equity"} <= moved
    assert not moved & {"years_since_founding", "revenue", "staff", "net_profit_year_before", "inventions"}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_lever_brings_its_feature_just_over_the_line_aimed_at(lotus, name):
    now = lotus.features_of(lotus.last())[name].iloc[0]
    step = {"money": 0.05, "ratio": 0.01, "count": 0.2, "patents": 1.0, "points": 2.0, "doublings": 0.2}
    line = now + step[FEATURES[name].unit]
    lever, aim = TARGETS[name]
    used = [fact for fact in facts_used() if fact in lotus.facts]
    past = Past(yearly_figures(lotus.facts[used]), lotus.last().iloc[0], LINES)
    more = aim(np.array([line]), past)[0]
    assert more > 0
    versions = pd.concat([lotus.last()] * 2, ignore_index=True)
    less = 1.0 if ACTIONS[lever].step == 1.0 else 1e-4 * more  # one patent fewer, a hair of yuan less
    ACTIONS[lever].apply(versions, np.array([more, more - less]))
    reached, short = lotus.features_of(versions)[name]
    assert reached >= line - 1e-9
    assert short < line


def test_a_lever_is_told_in_facts_that_the_catalogue_lets_a_firm_act_on():
    for lever in ACTIONS.values():
        assert all(catalog()[fact].actionable for fact in lever.facts)


def test_every_feature_with_a_good_direction_is_aimed_at_or_left_out_with_a_reason():
    aims = {name for name, one in FEATURES.items() if one.actionable and one.direction > 0}
    assert aims == set(TARGETS) | set(NOT_AIMED_AT)
    assert {lever for lever, _aim in TARGETS.values()} == set(ACTIONS)


def test_the_first_fact_that_is_known_counts():
    versions = pd.DataFrame({"rd_spend_cny": [np.nan, 2.0], "rd_expense_cny": [1.0, 9.0]})
    assert list(first_known(versions, ("rd_spend_cny", "rd_expense_hnte_cny", "rd_expense_cny"))) == [1.0, 2.0]
