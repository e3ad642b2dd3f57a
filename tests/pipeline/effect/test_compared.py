"""Counts, shares and differences of two groups in which a firm may stand several times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.effect.compared import overall, within
from pipeline.pool_history.proportions import difference_of, share_of, wilson


def rows(*groups: tuple[int, bool, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of (stratum, has it, came, came not) a firm a row: firm, has, came, stratum."""
    stratum, has, came = [], [], []
    for number, with_it, yes, no in groups:
        stratum += [number] * (yes + no)
        has += [with_it] * (yes + no)
        came += [True] * yes + [False] * no
    return np.arange(len(has)), np.array(has), np.array(came), np.array(stratum)


def test_of_firms_that_stand_once_the_interval_is_wilsons():
    firm, has, came, _ = rows((0, True, 8, 2), (0, False, 5, 35))
    found = overall(firm, has, came)
    plain = wilson(8, 10)
    assert found.with_it is not None
    assert (found.with_it.share, found.with_it.low, found.with_it.high) == pytest.approx(
        (plain.share, plain.low, plain.high)
    )
    assert found.difference is not None
    # Newcombe's method 10: 0.8 [0.490, 0.943] less 0.125 [0.055, 0.261].
    assert found.difference.difference == pytest.approx(0.675)
    assert (found.difference.low, found.difference.high) == pytest.approx((0.337, 0.834), abs=0.001)


def test_a_firm_that_stands_many_times_is_no_more_evidence_than_one():
    firm, has, came, _ = rows((0, True, 8, 2), (0, False, 5, 35))
    once, often = overall(firm, has, came), overall(np.tile(firm, 7), np.tile(has, 7), np.tile(came, 7))
    assert once.with_it is not None
    assert often.with_it is not None
    assert (often.with_it.low, often.with_it.high) == pytest.approx((once.with_it.low, once.with_it.high))
    assert often.counts.with_came == 7 * once.counts.with_came
    assert often.counts.with_firms == once.counts.with_firms


def test_a_stage_that_moves_on_faster_is_not_sold_as_an_effect():
    """In each stage it makes no difference; but most that have it stand where firms move on faster."""
    groups = rows((0, True, 2, 18), (0, False, 20, 180), (1, True, 40, 10), (1, False, 8, 2))
    crude, alike = overall(*groups[:3]), within(*groups)
    assert crude.difference is not None
    assert alike.difference is not None
    assert crude.difference.difference > 0.4
    assert alike.difference.difference == pytest.approx(0)
    assert (alike.strata, alike.difference.low < 0 < alike.difference.high) == (2, True)


def test_the_difference_within_is_mantels_and_haenszels():
    # Weights n1·n0/n: 10·30/40 = 7.5 and 20·20/40 = 10. Differences 0.5 − 0.2 and 0.4 − 0.3.
    alike = within(*rows((0, True, 5, 5), (0, False, 6, 24), (1, True, 8, 12), (1, False, 6, 14)))
    assert alike.difference is not None
    assert alike.difference.difference == pytest.approx((7.5 * 0.3 + 10 * 0.1) / 17.5)


def test_a_stratum_of_one_group_alone_tells_nothing():
    with_it = within(*rows((0, True, 12, 0), (0, False, 0, 12), (1, True, 9, 9), (2, False, 1, 50)))
    assert with_it.strata == 1
    assert (with_it.counts.with_came, with_it.counts.without_not) == (12, 12)


@pytest.mark.parametrize(("firms", "too_few"), [(9, True), (10, False)])
def test_ten_firms_on_a_side_are_enough_and_nine_are_not(firms, too_few):
    found = overall(*rows((0, True, 0, firms), (0, False, 5, 35))[:3])
    assert found.counts.too_few is too_few
    assert (found.difference is None) is too_few


def test_where_nothing_came_the_interval_is_not_of_no_width():
    found = overall(*rows((0, True, 0, 10), (0, False, 0, 10))[:3])
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == pytest.approx((-0.2775, 0.2775), abs=0.001)
    assert found.few_events


cell = st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 9), st.integers(0, 9))


@given(st.lists(cell, max_size=12), st.integers(1, 4))
def test_counts_add_up_and_every_interval_holds_its_share(cells, times):
    firm, has, came, stratum = (np.tile(each, times) for each in rows(*cells)) if cells else [np.array([], int)] * 4
    has, came = has.astype(bool), came.astype(bool)
    for found in (overall(firm, has, came), within(firm, has, came, stratum)):
        counts = found.counts
        if found.strata is None:
            assert counts.with_came + counts.with_not + counts.without_came + counts.without_not == len(firm)
        if found.difference is None:
            assert counts.too_few
            continue
        assert found.with_it is not None
        assert found.without_it is not None
        for share in (found.with_it, found.without_it):
            assert -1e-12 <= share.low <= share.share + 1e-12
            assert share.share - 1e-12 <= share.high <= 1 + 1e-12
        assert share.firms <= max(counts.with_firms, counts.without_firms) + 1e-9
        low, high = found.difference.low, found.difference.high
        assert low is not None
        assert high is not None
        assert low - 1e-12 <= found.difference.difference <= high + 1e-12


def test_the_intervals_cover_the_truth_at_least_as_often_as_they_say_though_a_firms_days_are_all_alike():
    """300 cities of 60 firms, each looked at up to six times with the same outcome: no true difference."""
    chance = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        times = chance.integers(1, 7, 60)
        firm = np.repeat(np.arange(60), times)
        has = np.repeat(chance.random(60) < 0.4, times)
        came = np.repeat(chance.random(60) < 0.25, times)
        found = overall(firm, has, came).difference
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert covered / 300 >= 0.93


def test_a_difference_of_two_groups_is_the_other_way_round_the_negative():
    one, other = share_of(0.3, 40.0), share_of(0.1, 25.0)
    there, back = difference_of(one, other), difference_of(other, one)
    assert (there.low, there.high) == pytest.approx((-(back.high or 0), -(back.low or 0)))
