"""How far two counts are apart, and the allowance for many of them; worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.agencies.chances import holm, ratio, spread_of


def test_three_of_ten_beside_two_of_twenty_are_three_times_as_many_and_no_sign_of_anything():
    found = ratio(3, 10, 2, 20)
    assert found.times == pytest.approx(3.0)
    # Clopper and Pearson of 3 in 5: 0.146628 to 0.947255; as a ratio: share / (1 - share) * 20 / 10.
    assert (found.low, found.high) == pytest.approx((0.343647, 35.9188), rel=1e-4)
    # By chance each of five is its with 1/3: three or more in (40 + 10 + 1) / 243, taken twice.
    assert found.chance == pytest.approx(2 * 51 / 243)


def test_nothing_on_one_side_leaves_that_end_open():
    none = ratio(0, 10, 2, 20)
    share = 1 - 0.025**0.5
    assert (none.times, none.low, none.high) == (0.0, 0.0, pytest.approx(share / (1 - share) * 2))
    assert none.chance == pytest.approx(2 * (2 / 3) ** 2)
    all_ = ratio(2, 10, 0, 20)
    share = 0.025**0.5
    assert (all_.times, all_.low, all_.high) == (None, pytest.approx(share / (1 - share) * 2), None)
    nothing = ratio(0, 10, 0, 20)
    assert (nothing.times, nothing.low, nothing.high, nothing.chance) == (None, 0.0, None, 1.0)


def test_firms_that_vary_more_than_chance_make_less_of_the_same_counts():
    plain, spread = ratio(30, 100, 10, 100), ratio(30, 100, 10, 100, 2.0)
    assert spread.times == plain.times == pytest.approx(3.0)
    assert spread.low < plain.low < 3 < plain.high < spread.high
    half = ratio(15, 100, 5, 100)
    assert (spread.low, spread.high, spread.chance) == pytest.approx((half.low, half.high, half.chance))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(10, 500), st.integers(10, 500))
def test_the_interval_leaves_out_one_where_the_chance_is_below_one_in_twenty(mine, theirs, returns, others):
    found = ratio(mine, returns, theirs, others)
    outside = found.low > 1 or (found.high is not None and found.high < 1)
    assert outside == (found.chance < 0.05)


def test_holm_raises_the_smallest_by_all_the_next_by_one_fewer_and_never_below_one_before():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_spread_is_pearsons_sum_over_what_is_free_and_never_below_one():
    # (1 - 4)² / 4 + (7 - 4)² / 4 over 2 - 1
    assert spread_of([1, 7], [4, 4], 1) == pytest.approx(4.5)
    assert spread_of([4, 4], [4, 4], 1) == 1.0
    assert spread_of([7], [4], 1) == 1.0  # nothing is free
    assert spread_of([1, 7, 0], [4, 4, 0], 1) == pytest.approx(4.5)  # of nothing expected: left out
