"""What follows from returns: each formula by hand, what it is not told for, and that nothing stated is touched."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog import catalog
from pipeline.derived_facts.derivations import DERIVATIONS, FACTS_READ
from pipeline.derived_facts.deriving import derived_from, with_derived
from pipeline.derived_facts.told import told_of

M = 1_000_000.0
CORE, CORE_ROE = "net_profit_after_nonrecurring_cny", "roe_weighted_after_nonrecurring"


def facts(*rows, firm="A"):
    """(year, {fact: value}) of one firm, every fact that derivations read as a column."""
    index = pd.MultiIndex.from_tuples([(firm, year) for year, _ in rows], names=["firm_id", "year"])
    table = pd.DataFrame([known for _, known in rows], index=index, dtype="float64")
    return table.reindex(columns=list(FACTS_READ)).astype("float64").sort_index()


def derived(year, fact, **stated):
    """The figure that follows from one year's statements, None where none does."""
    found = {(one.year, one.fact): one.value for one in told_of(facts((2023, stated)))}
    return found.get((year, fact))


def test_the_year_before_follows_from_revenue_and_its_growth():
    assert derived(2022, "revenue_cny", revenue_cny=120 * M, revenue_growth_stated=0.2) == pytest.approx(100 * M)
    assert derived(2022, "revenue_cny", revenue_cny=120 * M, revenue_growth_stated=-1.0) is None
    assert derived(2022, "revenue_cny", revenue_cny=-1.0, revenue_growth_stated=0.2) is None
    assert derived(2022, "revenue_cny", revenue_cny=120 * M) is None


@pytest.mark.parametrize(
    ("profit", "growth", "before"),
    [
        (12, 0.2, 10),  # a profit that grew
        (2, -0.8, 10),  # a profit that fell
        (-5, -0.5, -10 / 3),  # a loss that grew by half of itself
        (-5, 0.5, -10),  # a loss that was halved
        (12, 1.2, None),  # from 5.45, or from a loss of 60
        (-5, -1.5, None),  # from a profit of 10, or from a loss of 2
    ],
)
def test_last_years_profit_or_loss_follows_where_only_one_of_both_can_have_been(profit, growth, before):
    found = derived(2022, "net_profit_cny", net_profit_cny=profit * M, net_profit_growth_stated=growth)
    assert found == (None if before is None else pytest.approx(before * M))


@given(
    st.floats(-1e9, 1e9).filter(lambda value: abs(value) > 1),
    st.floats(-1e9, 1e9).filter(lambda value: abs(value) > 1),
)
def test_a_derived_profit_is_the_one_whose_growth_was_stated_or_none(before, after):
    growth = (after - before) / abs(before)
    found = derived(2022, "net_profit_cny", net_profit_cny=after, net_profit_growth_stated=growth)
    assert found is None or math.isclose(found, before, rel_tol=1e-6, abs_tol=1e-3)


def test_shares_equity_and_assets_follow_from_what_a_share_earns_and_is_worth():
    stated = {
        "net_profit_cny": 10 * M,
        "eps_cny_stated": 0.5,
        "net_assets_per_share_cny_stated": 4.0,
        "debt_ratio_stated": 0.2,
    }
    assert derived(2023, "share_capital_cny", **stated) == 20 * M
    assert derived(2023, "net_assets_cny", **stated) == 80 * M
    assert derived(2023, "total_assets_cny", **stated) == 100 * M
    assert derived(2023, "total_assets_cny", **stated | {"debt_ratio_stated": 1.0}) is None
    assert derived(2023, "net_assets_cny", **stated | {"roe_stated": 0.1}) == 80 * M, "the share's way comes first"


@pytest.mark.parametrize(("eps", "follows"), [(0.02, True), (-0.02, False), (0.019, False), (11.0, False)])
def test_a_number_of_shares_needs_a_share_that_earns_two_cents_and_from_one_million_to_ten_billion(eps, follows):
    assert (derived(2023, "share_capital_cny", net_profit_cny=10 * M, eps_cny_stated=eps) is not None) == follows


@pytest.mark.parametrize(
    ("profit", "roe", "equity"), [(10, 0.1, 100), (-4, -0.02, 200), (10, 0.019, None), (10, -0.1, None)]
)
def test_equity_follows_from_a_return_on_it_that_is_not_too_small_and_of_the_same_sign(profit, roe, equity):
    found = derived(2023, "net_assets_cny", net_profit_cny=profit * M, roe_stated=roe)
    assert found == (None if equity is None else pytest.approx(equity * M))


def test_a_profit_beyond_what_sales_can_leave_is_cut_to_that_and_its_return_on_equity_with_it():
    stated = {"net_profit_cny": 30 * M, "gross_margin_stated": 0.2, "revenue_cny": 100 * M, "roe_stated": 0.3}
    assert derived(2023, CORE, **stated) == pytest.approx(17 * M)
    assert derived(2023, CORE_ROE, **stated) == pytest.approx(0.17)
    usual = stated | {"net_profit_cny": 16 * M}
    assert derived(2023, CORE, **usual) == 16 * M
    assert derived(2023, CORE_ROE, **usual) == pytest.approx(0.3)
    loss = stated | {"net_profit_cny": -5 * M, "roe_stated": -0.05}
    assert derived(2023, CORE_ROE, **loss) == pytest.approx(-0.05), "a loss is not divided by"


def test_a_firm_without_equity_has_a_return_on_it_of_minus_one():
    assert derived(2023, CORE_ROE, roe_stated=3.0, net_assets_per_share_cny_stated=0.0) == -1
    assert derived(2023, CORE_ROE, roe_stated=3.0, debt_ratio_stated=1.0) == -1
    assert derived(2023, CORE_ROE, roe_stated=3.0, debt_ratio_stated=0.99) is None
    assert derived(2023, CORE_ROE, debt_ratio_stated=1.2) is None


def test_from_yuan_in_a_column_of_ten_thousands_nothing_follows():
    stated = {"revenue_cny": 1e12, "revenue_growth_stated": 0.1, "net_profit_cny": 1e11, "roe_stated": 0.1}
    assert told_of(facts((2023, stated | {"eps_cny_stated": 0.5}))) == [], "two hundred billion shares"
    assert told_of(facts((2023, stated | {"eps_cny_stated": 10.0}))), "ten billion may be"


def test_what_is_stated_stays_and_whatever_says_the_same_keeps_a_derived_figure_away():
    before = {"total_income_cny": 90 * M, "net_profit_attributable_cny": 1.0}
    now = {"revenue_cny": 120 * M, "revenue_growth_stated": 0.2, "net_profit_cny": 12 * M}
    table = facts((2022, before), (2023, now | {"net_profit_growth_stated": 0.2, "total_equity_cny": 7.0}))
    filled = with_derived(table)
    assert np.isnan(filled.loc[("A", 2022), "revenue_cny"]), "total income is its revenue"
    assert np.isnan(filled.loc[("A", 2022), "net_profit_cny"])
    assert np.isnan(filled.loc[("A", 2023), "net_assets_cny"])


def test_a_prior_year_that_nobody_reported_becomes_a_row_of_its_firm_and_of_no_other():
    table = pd.concat(
        [
            facts((2021, {"revenue_cny": 1.0}), (2023, {"revenue_cny": 110.0, "revenue_growth_stated": 0.1})),
            facts((2022, {"revenue_cny": 5.0}), firm="B"),
        ]
    )
    filled = with_derived(table)
    assert list(filled.index) == [("A", 2021), ("A", 2022), ("A", 2023), ("B", 2022)]
    assert filled.loc[("A", 2022), "revenue_cny"] == pytest.approx(100)
    assert filled.loc[("B", 2022), "revenue_cny"] == 5


_STATED = st.dictionaries(
    st.sampled_from(FACTS_READ), st.one_of(st.floats(-3, 3), st.floats(-1e9, 1e9)), min_size=1, max_size=12
)


@given(st.lists(_STATED, min_size=1, max_size=4))
def test_nothing_stated_is_ever_changed_and_deriving_again_adds_nothing(years):
    table = facts(*((2020 + place, known) for place, known in enumerate(years)))
    filled = with_derived(table)
    stated = table.notna()
    assert filled.loc[table.index, table.columns].where(stated).equals(table.where(stated))
    assert np.isfinite(filled.fillna(0)).all(axis=None)
    again = with_derived(filled)
    assert again.equals(filled)


def test_every_derivation_is_of_facts_of_the_catalogue_and_told_with_its_formula():
    for each in DERIVATIONS:
        assert {each.fact, *each.of, *each.unless} <= set(catalog())
        assert each.fact in each.unless or each.years_back or each.fact == "net_assets_cny"
        assert each.formula.zh
        assert each.formula.en
    told = told_of(facts((2023, {"revenue_cny": 120 * M, "revenue_growth_stated": 0.2})))
    assert [(one.year, one.stated_in, one.of) for one in told] == [
        (2022, 2023, ("revenue_cny", "revenue_growth_stated"))
    ]
    assert told[0].as_json()["formula"]["zh"].startswith("次年营业收入")


def test_without_an_index_of_firms_and_years_nothing_is_derived():
    assert list(derived_from(pd.DataFrame(index=pd.RangeIndex(0)))) == []
