"""A suggestion carried back to the facts: what the boards' own rules then say."""

from datetime import date

import pandas as pd
import pytest

from scoring.feature_rows import money_scale
from scoring.features import FEATURES
from scoring.gaps_closed import FACTS_OF, newly_met
from tests.cast import LOTUS, yearly

DAY = date(2025, 5, 1)


def scaled(yuan: float) -> float:
    return float(money_scale(pd.Series([yuan])).iloc[0])


@pytest.fixture
def lotus() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Profit of 20 M and ROE of 10 % in the last year, 14 M and 9 % before, worth 300 M: it misses by a million."""
    facts = yearly(
        LOTUS,
        revenue_cny={2023: 100e6, 2024: 120e6},
        net_profit_cny={2023: 14e6, 2024: 20e6},
        net_profit_attributable_cny={2023: 14e6, 2024: 20e6},
        net_profit_after_nonrecurring_cny={2023: 14e6, 2024: 20e6},
        roe_weighted={2023: 0.09, 2024: 0.10},
        roe_weighted_after_nonrecurring={2023: 0.09, 2024: 0.10},
        expected_market_value_cny={2023: 300e6, 2024: 300e6},
    )
    firms = facts.groupby(level="firm_id").last()
    firms.insert(0, "cohort", "city")
    return facts, firms


def standards(met: list[dict[str, object]]) -> set[object]:
    return {one["rule"] for one in met if one["whole"]}


def test_a_profit_above_the_one_year_line_meets_the_beijing_exchanges_first_standard(lotus):
    (met,) = newly_met(*lotus, [{"net_profit": scaled(26e6)}], DAY)
    assert "bse-S1" in standards(met)


def test_a_profit_just_below_the_line_meets_nothing_new(lotus):
    (met,) = newly_met(*lotus, [{"net_profit": scaled(24.9e6)}], DAY)
    assert "bse-S1" not in standards(met)


def test_a_fact_never_falls_by_a_suggestion(lotus):
    before, after = newly_met(
        *lotus, [{"net_profit": scaled(26e6)}, {"net_profit": scaled(26e6), "net_margin": 0.01}], DAY
    )
    assert standards(before) == standards(after)


def test_a_feature_that_names_no_fact_closes_no_gap(lotus):
    (met,) = newly_met(*lotus, [{"gross_margin": 0.9}], DAY)
    assert met == []


def test_only_what_a_firm_can_act_on_is_carried_back():
    assert all(FEATURES[name].actionable for name in FACTS_OF)
