"""Amounts to the fen by hand, and a pot shared out without a fen lost or made."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.support.amounts import amounts, fen_of, shared_out
from pipeline.support.model import FIXED, IN_WORDS, INTEREST, SHARE, UP_TO, Formula

ON_SQLITE_ALONE = True


def worked(formula: Formula, base: int | None, days: int | None = None) -> object:
    return amounts(formula, np.array([base], dtype=object), np.array([days], dtype=object))[0]


def test_figures_come_in_to_the_fen_and_what_is_unknown_stays_unknown():
    assert list(fen_of(np.array([160_000.04, 0.005, np.nan]))) == [16_000_004, 0, None]


@pytest.mark.parametrize(("base", "fen"), [(10, 3), (9, 2), (0, 0), (-8, 0), (None, None)])
def test_a_share_is_rounded_a_half_up_and_of_a_loss_it_is_nought(base, fen):
    # a quarter of 10 fen is 2.5, of 9 fen 2.25
    assert worked(Formula(SHARE, share=Fraction(1, 4), of="super_deduction_cny"), base) == fen


@pytest.mark.parametrize(("base", "fen"), [(400, 100), (401, 100), (399, 100), (396, 99)])
def test_a_cap_holds_to_the_fen(base, fen):
    assert worked(Formula(SHARE, cny_fen=100, share=Fraction(1, 4), of="super_deduction_cny"), base) == fen


@pytest.mark.parametrize(
    ("days", "fen"),
    # 1,000,000.00 at 3.45 % a year, half of it: 47.9166... a day of 360
    [(1, 4_792), (30, 143_750), (360, 1_725_000), (361, 1_725_000), (0, 0), (None, None)],
)
def test_interest_is_simple_over_the_days_and_stops_at_the_most_days(days, fen):
    formula = Formula(INTEREST, share=Fraction(1, 2), rate=Fraction(345, 10_000), days_a_year=360, most_days=360)
    assert worked(formula, 100_000_000, days) == fen


def test_what_is_fixed_asks_for_no_figure_and_what_is_stated_in_words_has_no_amount():
    assert worked(Formula(FIXED, cny_fen=30_000_000), None) == 30_000_000
    assert worked(Formula(UP_TO, cny_fen=30_000_000), None) is None
    assert worked(Formula(IN_WORDS), 7) is None


def test_three_equal_claims_on_a_hundred_fen_get_34_33_33():
    assert shared_out([100, 100, 100], 100) == [34, 33, 33]
    assert shared_out([100, 100, 100], 300) == [100, 100, 100]
    assert shared_out([1, 2], 0) == [0, 0]


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30), st.integers(0, 10**13))
def test_shared_out_comes_to_the_room_to_the_fen_and_nobody_gets_more_than_asked(asked, room):
    given_ = shared_out(asked, room)
    assert sum(given_) == min(room, sum(asked))
    assert all(0 <= one <= wanted for one, wanted in zip(given_, asked, strict=True))
    bigger = sorted(zip(asked, given_, strict=True))
    assert all(less[1] <= more[1] + 1 for less, more in pairwise(bigger))
