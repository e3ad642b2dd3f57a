"""Facts -> features: hand-worked values, gaps, and what never becomes a feature."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.catalog import catalog
from pipeline.derived_facts.derivations import FACTS_READ
from scoring.features.history import money_scale, yuan_of
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES, GROUPS, facts_used, features_on, shown

DAY = date(2025, 5, 1)
NOBODY = pd.DataFrame()
LINES = lines_on(DAY)


def yearly(firm: str = "Lotus Sensors", **figures: dict[int, float]) -> pd.DataFrame:
    """Facts of one firm: column -> {year: value}."""
    table = pd.DataFrame(figures)
    table.index = pd.MultiIndex.from_product([[firm], table.index], names=["firm_id", "year"])
    return table


def feature(name: str, facts: pd.DataFrame, firms: pd.DataFrame = NOBODY) -> float:
    return float(features_on(facts, firms, DAY, LINES)[name].iloc[0])


def test_there_are_at_least_thirty_features_each_with_both_languages_and_a_group():
    assert len(FEATURES) >= 30
    assert all(
        feature.label.zh and feature.label.en and feature.group in GROUPS and feature.direction in (-1, 0, 1)
        for feature in FEATURES.values()
    )


def test_growth_over_two_years_is_the_yearly_average():
    facts = yearly(revenue_cny={2022: 100e6, 2023: 100e6, 2024: 144e6})
    assert feature("revenue_growth", facts) == pytest.approx(0.44)
    assert feature("revenue_growth_2y", facts) == pytest.approx(0.2)


def test_growth_is_unknown_for_a_firm_that_had_no_revenue_before():
    assert math.isnan(feature("revenue_growth", yearly(revenue_cny={2023: 0.0, 2024: 9e6})))


def test_a_year_missing_in_between_leaves_growth_unknown_and_does_not_reach_over_it():
    facts = yearly(revenue_cny={2022: 50e6, 2024: 100e6})
    assert math.isnan(feature("revenue_growth", facts))
    assert feature("revenue_growth_2y", facts) == pytest.approx(2**0.5 - 1)


def test_the_worst_profit_of_two_years_is_the_lower_one_and_a_loss_is_below_zero():
    facts = yearly(net_profit_cny={2023: -2e6, 2024: 30e6})
    assert yuan_of(feature("worst_profit_2y", facts)) == pytest.approx(-2e6)


def test_the_stricter_profit_counts_where_both_are_known():
    facts = yearly(
        net_profit_cny={2023: 20e6, 2024: 20e6},
        net_profit_attributable_cny={2023: 20e6, 2024: 20e6},
        net_profit_after_nonrecurring_cny={2023: 12e6, 2024: 18e6},
    )
    assert yuan_of(feature("worst_profit_2y", facts)) == pytest.approx(12e6)


def test_the_debt_ratio_comes_from_its_parts_where_known_and_else_as_stated():
    stated = yearly(debt_ratio_stated={2024: 0.4})
    parts = yearly(debt_ratio_stated={2024: 0.4}, total_liabilities_cny={2024: 30e6}, total_assets_cny={2024: 100e6})
    assert feature("debt_ratio", stated) == 0.4
    assert feature("debt_ratio", parts) == pytest.approx(0.3)


def test_money_whose_implied_share_count_cannot_be_is_unknown():
    right = yearly(net_profit_cny={2024: 10e6}, eps_cny_stated={2024: 0.1}, revenue_cny={2024: 90e6})
    yuan_in_wan = yearly(net_profit_cny={2024: 10e10}, eps_cny_stated={2024: 0.1}, revenue_cny={2024: 90e10})
    assert not math.isnan(feature("net_profit", right))
    assert math.isnan(feature("net_profit", yuan_in_wan))
    assert math.isnan(feature("revenue", yuan_in_wan))


def test_years_since_founding_are_counted_to_the_scoring_date():
    firms = pd.DataFrame({"registered_on": [pd.Timestamp("2015-05-01")]}, index=["Lotus Sensors"])
    assert feature("years_since_founding", yearly(revenue_cny={2024: 1e6}), firms) == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize(("last_year", "scored"), [(2023, True), (2022, False)])
def test_a_firm_that_fell_silent_two_years_ago_is_not_scored(last_year, scored):
    table = features_on(yearly(revenue_cny={last_year: 1e6}), NOBODY, DAY, LINES)
    assert (len(table) == 1) is scored


def test_a_firms_features_are_the_same_alone_and_among_others():
    one = yearly("Lotus Sensors", revenue_cny={2023: 50e6, 2024: 60e6}, net_profit_cny={2023: 5e6, 2024: 4e6})
    other = yearly("Pear Optics", revenue_cny={2022: 500e6, 2023: 400e6}, net_profit_cny={2022: 9e6, 2023: 8e6})
    alone = features_on(one, NOBODY, DAY, LINES)
    among = features_on(pd.concat([other, one]), NOBODY, DAY, LINES)
    pd.testing.assert_frame_equal(alone, among.loc[["Lotus Sensors"]])


def test_the_facts_to_read_are_those_that_any_feature_asks_for():
    """A frame that notes its questions, asked for all features, is asked for these facts and no others, beside those
    that others follow from."""
    asked: set[str] = set()

    class Recording(pd.DataFrame):
        def __contains__(self, name: object) -> bool:
            asked.add(str(name))
            return super().__contains__(name)

        @property
        def _constructor(self) -> type[pd.DataFrame]:
            return Recording

    features_on(Recording(yearly(revenue_cny={2024: 1e6})), NOBODY, DAY, LINES)
    assert asked | set(FACTS_READ) == set(facts_used())
    assert set(facts_used()) <= set(catalog())


def test_name_district_and_code_are_never_features():
    assert not {"name", "district_code", "firm_id", "share_reform_on", "neeq_tier"} & set(FEATURES)


def test_the_money_scale_and_its_way_back_agree_and_keep_the_sign():
    yuan = pd.Series([-5e8, -1.0, 0.0, 1e4, 3.2e9])
    back = [yuan_of(value) for value in money_scale(yuan)]
    assert np.allclose(back, yuan)


def test_values_are_shown_in_the_readers_units():
    scaled = float(money_scale(pd.Series([56.78e6])).iloc[0])
    assert shown("net_profit", scaled, "zh_CN") == "5,678 万元"
    assert shown("roe", 0.123, "en") == "12.3%"
    assert shown("roe", float("nan"), "zh_CN") == "未知"


def test_a_year_that_nobody_reported_is_read_out_of_stated_growth_and_not_by_a_model_of_before():
    facts = yearly(
        revenue_cny={2024: 120e6},
        revenue_growth_stated={2024: 0.2},
        net_profit_cny={2024: 9e6},
        net_profit_growth_stated={2024: -0.1},
    )
    assert yuan_of(feature("revenue_year_before", facts)) == pytest.approx(100e6)
    assert feature("revenue_growth", facts) == pytest.approx(0.2)
    assert yuan_of(feature("worst_profit_2y", facts)) == pytest.approx(9e6)
    before = features_on(facts, NOBODY, DAY, replace(LINES, derives=False)).iloc[0]
    assert math.isnan(before["revenue_year_before"])
    assert math.isnan(before["worst_profit_2y"])


def test_what_a_profit_is_beyond_what_sales_can_leave_meets_no_line():
    stated = {"revenue_cny": {2024: 40e6}, "gross_margin_stated": {2024: 0.5}, "roe_stated": {2024: 0.4}}
    once = yearly(**stated, net_profit_cny={2024: 30e6})
    assert yuan_of(feature("core_profit", once)) == pytest.approx(17e6), "0.85 of a gross profit of 20 M"
    assert yuan_of(feature("net_profit", once)) == pytest.approx(30e6)
    assert feature("bse_first_standard", once) == pytest.approx(math.log2(17e6 / 25e6))
    assert feature("profit_of_gross_profit", once) == pytest.approx(1.5)


def test_a_stated_profit_after_non_recurring_items_is_never_replaced():
    facts = yearly(
        revenue_cny={2024: 40e6},
        gross_margin_stated={2024: 0.5},
        net_profit_cny={2024: 30e6},
        net_profit_after_nonrecurring_cny={2024: 29e6},
    )
    assert yuan_of(feature("core_profit", facts)) == pytest.approx(29e6)
