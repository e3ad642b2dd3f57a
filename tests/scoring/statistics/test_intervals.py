"""Intervals in closed form: by hand, at their ends, and how often they hold the truth."""

import math

import numpy as np
import pandas as pd
import pytest

from scoring.statistics.bootstrap import auc_interval
from scoring.statistics.intervals import newcombe_auc, poisson_ratio
from scoring.statistics.metrics import auc


def test_both_bounds_of_an_auc_lie_as_many_errors_away_as_the_normal_distribution_says():
    area, m, n = 0.9, 7, 200
    for bound in newcombe_auc(area, m, n):
        star = (m + n) / 2 - 1
        variance = bound * (1 - bound) / (m * n) * (1 + star * (1 - bound) / (2 - bound) + star * bound / (1 + bound))
        assert abs(area - bound) / math.sqrt(variance) == pytest.approx(1.96, abs=1e-3)


def test_a_perfect_ranking_of_few_events_has_a_lower_bound_and_no_upper_one():
    low, high = newcombe_auc(1.0, 3, 300)
    assert 0.4 < low < 0.75
    assert high == 1.0
    assert newcombe_auc(1.0, 60, 300)[0] > 0.95
    low, high = newcombe_auc(0.0, 3, 300)
    assert low == 0.0
    assert 0.25 < high < 0.6


@pytest.mark.parametrize(("area", "m", "n"), [(0.9, 0, 10), (0.9, 10, 0), (float("nan"), 3, 10)])
def test_without_both_classes_there_is_no_interval(area, m, n):
    assert all(map(math.isnan, newcombe_auc(area, m, n)))


@pytest.mark.parametrize("events", [3, 7, 16])
def test_the_interval_of_an_auc_holds_the_truth_in_nineteen_of_twenty_draws_also_with_three_events(events):
    """Two normal distributions 1.812 apart: their AUC is Phi(1.812 / sqrt 2) = .9."""
    chance = np.random.default_rng(events)
    label = np.r_[np.ones(events), np.zeros(200)]
    held = 0
    for _ in range(400):
        score = chance.normal(size=len(label)) + 1.8124 * label
        low, high = newcombe_auc(auc(label, score), events, 200)
        held += low <= 0.9 <= high
    assert held / 400 > 0.93


def test_a_firm_counts_once_however_many_of_its_years_there_are():
    rows = pd.DataFrame({"firm_id": ["a", "a", "b", "c", "c", "d"], "label": [1, 1, 1, 0, 0, 0]})
    expected = newcombe_auc(0.8, 2, 2)
    found = auc_interval(0.8, rows, 6)
    assert (found.low, found.high) == (pytest.approx(expected[0], abs=1e-6), pytest.approx(expected[1], abs=1e-6))
    assert auc_interval(None, rows, 6).value is None


def test_events_come_and_expected_have_the_exact_interval_of_poisson():
    ratio, low, high = poisson_ratio(32, 45.8)
    assert ratio == pytest.approx(0.6987, abs=1e-4)
    assert (low, high) == (pytest.approx(0.478, abs=1e-3), pytest.approx(0.986, abs=1e-3))
    assert poisson_ratio(0, 3.0)[:2] == (0.0, 0.0)
    assert poisson_ratio(0, 3.0)[2] == pytest.approx(3.689 / 3, abs=1e-3)
    assert math.isnan(poisson_ratio(1, 0.0)[0])
