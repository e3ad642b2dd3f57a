"""A suggestion carried back to the facts: what the boards' own rules then say."""

from collections.abc import Iterable
from datetime import date

import pandas as pd
import pytest

from scoring.explain.rule_effects import rule_effects
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


ROES = ("roe_weighted", "roe_weighted_after_nonrecurring")
PROFITS = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")


def test_a_profit_above_the_one_year_line_meets_the_beijing_exchanges_first_standard(lotus):
    (effect,) = rule_effects(*lotus, [dict.fromkeys(PROFITS, 26e6)], DAY)
    assert "bse-S1" in standards(effect.newly_met)


def test_a_profit_just_below_the_line_meets_nothing_new(lotus):
    (effect,) = rule_effects(*lotus, [dict.fromkeys(PROFITS, 24.9e6)], DAY)
    assert "bse-S1" not in standards(effect.newly_met)


def test_each_set_of_changes_is_judged_by_itself(lotus):
    first, second = rule_effects(*lotus, [dict.fromkeys(PROFITS, 26e6), {"roe_weighted": 0.11}], DAY)
    assert "bse-S1" in standards(first.newly_met)
    assert "bse-S1" not in standards(second.newly_met)


def test_a_fact_that_no_rule_reads_closes_no_gap(lotus):
    (effect,) = rule_effects(*lotus, [{"innovation_score": 99.0, "no_such_fact": 1.0}], DAY)
    assert effect.newly_met == ()
    assert effect.harms == ()


def test_a_change_that_loses_a_condition_or_widens_a_gap_is_told_as_harm(lotus):
    facts, firms = lotus
    # Profit of 14 M misses the 15 M of each of two years; 10 M misses it by more. ROE of 7 % is below the 8 % met now.
    less, worse_roe, more = rule_effects(
        facts,
        firms,
        [
            dict.fromkeys(PROFITS, 10e6),
            dict.fromkeys(ROES, 0.07),
            {"staff": 90.0},
        ],
        DAY,
    )
    assert any("净利润" in label.zh for label in less.harms)
    assert any("净资产收益率" in label.zh for label in worse_roe.harms)
    assert more.harms == ()


def test_a_change_that_narrows_a_gap_is_no_harm(lotus):
    (effect,) = rule_effects(*lotus, [dict.fromkeys(PROFITS, 21e6)], DAY)
    assert effect.harms == ()
