"""A suggestion carried back to the facts: what the boards' own rules then say."""

from collections.abc import Iterable
from datetime import date

import pandas as pd
import pytest

from scoring.explain.newly_met import newly_met
from scoring.explain.suggestion import NewlyMet
from tests.cast import LOTUS, yearly

DAY = date(2025, 5, 1)


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


def standards(met: Iterable[NewlyMet]) -> set[str]:
    return {rule.rule for rule in met if rule.whole}


PROFITS = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")


def test_a_profit_above_the_one_year_line_meets_the_beijing_exchanges_first_standard(lotus):
    (met,) = newly_met(*lotus, [dict.fromkeys(PROFITS, 26e6)], DAY)
    assert "bse-S1" in standards(met)


def test_a_profit_just_below_the_line_meets_nothing_new(lotus):
    (met,) = newly_met(*lotus, [dict.fromkeys(PROFITS, 24.9e6)], DAY)
    assert "bse-S1" not in standards(met)


def test_each_set_of_changes_is_judged_by_itself(lotus):
    first, second = newly_met(*lotus, [dict.fromkeys(PROFITS, 26e6), {"roe_weighted": 0.11}], DAY)
    assert "bse-S1" in standards(first)
    assert "bse-S1" not in standards(second)


def test_a_fact_that_no_rule_reads_closes_no_gap(lotus):
    (met,) = newly_met(*lotus, [{"innovation_score": 99.0, "no_such_fact": 1.0}], DAY)
    assert met == ()
