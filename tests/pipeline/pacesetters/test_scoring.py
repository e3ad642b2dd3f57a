"""Five firms ranked by hand, one of them with a gap and two of them equal; what each weight does."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pacesetters.scoring import inside, moved, percentile_ranks, scored, totals

ON_SQLITE_ALONE = True
NAN = float("nan")
WEIGHTS = {"research": 60.0, "growth": 40.0}


def five():
    """Research ranks: A 100, B 75, C 50, D 25, E 0. Growth is unknown of E; of the others A 0, B and C 50 (they share
    ranks 2 and 3 of 4: (1.5)/3), D 100."""
    return pd.DataFrame(
        {"research": [0.5, 0.4, 0.3, 0.2, 0.1], "growth": [0.0, 0.2, 0.2, 0.9, NAN]}, index=list("ABCDE")
    )


def test_percentile_ranks_run_from_nought_to_a_hundred_and_equal_values_share():
    found = percentile_ranks(five())
    assert found["research"].tolist() == [100, 75, 50, 25, 0]
    assert found["growth"].tolist()[:4] == [0, 50, 50, 100]
    assert math.isnan(found["growth"]["E"])


def test_an_indicator_known_of_one_firm_alone_ranks_nobody():
    assert percentile_ranks(pd.DataFrame({"x": [1.0, NAN]})).isna().all().all()


def test_totals_and_places_by_hand_where_what_is_unknown_counts_neither_way():
    found = scored(five(), WEIGHTS, 0.6)
    # A 60; B 45 + 20 = 65; C 30 + 20 = 50; D 15 + 40 = 55; E of research alone: 0.
    assert found.total.tolist() == [60, 65, 50, 55, 0]
    assert found.place.tolist() == [2, 1, 4, 3, 5]
    assert found.known.tolist() == [1, 1, 1, 1, 0.6]
    assert found.contributions.loc["B"].tolist() == [45, 20]
    # Growth has four firms: one place there moves 40 / 3.
    assert found.step == pytest.approx(15.0), "60 / 4 of research is more than 40 / 3 of growth"


def test_with_too_much_missing_a_firm_has_no_place_and_takes_none():
    found = scored(five(), WEIGHTS, 0.61)
    assert math.isnan(found.total["E"])
    assert found.place.tolist() == [2, 1, 4, 3, 0]


def test_a_missing_indicator_is_no_nought():
    values = five()
    values.loc["A", "growth"] = NAN
    # Of A research alone is known: 100, and no longer 60.
    assert scored(values, WEIGHTS, 0.6).total["A"] == 100


def test_equal_totals_share_a_place_and_the_border_takes_both():
    values = pd.DataFrame({"research": [3.0, 2.0, 1.0], "growth": [1.0, 2.0, 3.0]}, index=list("ABC"))
    found = scored(values, {"research": 50, "growth": 50}, 0.6)
    assert found.total.tolist() == [50, 50, 50]
    assert found.place.tolist() == [1, 1, 1]
    assert inside(found.total, 1) == set("ABC")


def test_a_moved_weight_takes_its_points_from_the_others_in_proportion():
    assert moved({"a": 60, "b": 30, "c": 10}, "a", 10) == {"a": 70, "b": 22.5, "c": 7.5}
    assert moved({"a": 95, "b": 5}, "a", 10) == {"a": 100, "b": 0}
    assert moved({"a": 5, "b": 95}, "a", -10) == {"a": 0, "b": 100}


def test_ten_points_more_of_growth_bring_in_another_firm():
    found = scored(five(), WEIGHTS, 0.6)
    assert inside(found.total, 2) == {"A", "B"}
    # Research 50, growth 50: A 50, B 62.5, C 50, D 62.5.
    other = totals(found.ranks, moved(WEIGHTS, "growth", 10))
    assert other.tolist()[:4] == [50, 62.5, 50, 62.5]
    assert inside(other, 2) == {"B", "D"}


_CELL = st.one_of(st.just(NAN), st.floats(-1e6, 1e6))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_CELL, _CELL, _CELL), min_size=1, max_size=12), st.integers(1, 98))
def test_the_contributions_add_up_to_the_total_of_everybody_ranked(rows, first):
    values = pd.DataFrame(rows, columns=["a", "b", "c"], dtype="float64")
    weights = {"a": float(first), "b": (100.0 - first) / 2, "c": (100.0 - first) / 2}
    found = scored(values, weights, 0.5)
    ranked = found.total.notna()
    np.testing.assert_allclose(found.contributions[ranked].sum(axis=1), found.total[ranked], atol=1e-7)
    assert ((found.total[ranked] >= -1e-7) & (found.total[ranked] <= 100 + 1e-7)).all()
    assert (ranked == (found.place > 0)).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=2, max_size=6), st.floats(-100, 100))
def test_moved_weights_still_make_a_hundred(parts, by):
    weights = {str(place): 100.0 * part / sum(parts) for place, part in enumerate(parts)}
    after = moved(weights, "0", by)
    assert sum(after.values()) == pytest.approx(100)
    assert min(after.values()) >= 0
