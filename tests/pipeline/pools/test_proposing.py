"""Laws of what is proposed: whatever the points and the pools, the policy holds once all is confirmed."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pools.model import ACTIONS, Policy
from pipeline.pools.proposing import COLUMNS
from tests.pipeline.pools.city import by_points, points_only, proposed

SMALL = Policy(by_points(60, 56, 3), by_points(67, 63, 2), 400, "tutoring_filed", date(2021, 1, 1), (), "f")
FIRMS = [f"F{number:02}" for number in range(14)]
EMPTY = pd.Series(dtype="object")


def series(values, dtype="float64"):
    return pd.Series(values, dtype=dtype).sort_index()


def proposals(points, members, held, listed, policy):
    return proposed(points, members, held, listed, policy).changes


def changes(points, members=None, held=(), listed=(), policy=SMALL):
    found = proposals(series(points), series(members or {}, "object"), list(held), list(listed), policy)
    return [(firm, row["action"], row["reason"]) for firm, row in found.iterrows()]


def after(members, proposed):
    """The pools once every proposal is confirmed."""
    pools = dict(members)
    for firm, row in proposed.iterrows():
        pools.pop(firm, None)
        if row["to_pool"] is not None:
            pools[firm] = row["to_pool"]
    return pools


@st.composite
def cities(draw):
    points = draw(st.dictionaries(st.sampled_from(FIRMS), st.integers(40, 80).map(float)))
    members = draw(st.dictionaries(st.sampled_from(FIRMS), st.sampled_from(["seed", "golden"])))
    held = draw(st.sets(st.sampled_from(FIRMS), max_size=3))
    listed = draw(st.sets(st.sampled_from(FIRMS), max_size=2))
    return points, members, sorted(held), sorted(listed)


@settings(max_examples=120, deadline=None)
@given(cities())
def test_once_all_is_confirmed_the_policy_holds(city):
    points, members, held, listed = city
    found = proposals(series(points), series(members, "object"), held, listed, SMALL)
    assert list(found.columns) == COLUMNS
    assert found.index.is_unique  # one proposal a firm: never in two pools
    assert [ACTIONS.index(action) for action in found["action"]] == sorted(
        ACTIONS.index(action) for action in found["action"]
    )
    pools = after(members, found)
    assert not set(pools) & set(listed)
    unmoved = {firm for firm in members if firm in held or firm not in points}
    for pool, rules in (("seed", SMALL.seed), ("golden", SMALL.golden)):
        inside = [firm for firm in pools if pools[firm] == pool]
        movable = [firm for firm in inside if firm not in unmoved and members.get(firm) == pool]
        # Firms that fall back from golden may overfill the seed pool; nobody enters a pool that is full.
        if len(inside) > rules.cap:
            assert not movable
            assert (found["action"] != {"seed": "enter", "golden": "promote"}[pool]).all()
        assert all(points[firm] >= SMALL.seed.leave_points for firm in inside if firm not in unmoved)
        entered = found[(found["to_pool"] == pool) & found["action"].isin(["enter", "promote"])]
        assert (entered["points"] >= rules.enter_points).all()
    assert not set(found.index[found["action"].isin(["exit", "demote"])]) & (unmoved - set(listed))


@settings(max_examples=60, deadline=None)
@given(cities())
def test_a_second_review_of_the_same_figures_moves_nobody_down(city):
    points, members, held, listed = city
    scored, first_members = series(points), series(members, "object")
    first = proposals(scored, first_members, held, listed, SMALL)
    settled = series(after(members, first), "object")
    second = proposals(scored, settled, held, listed, SMALL)
    overfull = (settled == "seed").sum() > SMALL.seed.cap
    downwards = second[second["action"].isin(["demote"] if overfull else ["exit", "demote"])]
    assert downwards.empty


@settings(max_examples=50, deadline=None)
@given(cities(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(city, random):
    points, members, held, listed = city
    shuffled = list(points.items())
    random.shuffle(shuffled)
    one = proposals(series(points), series(members, "object"), held, listed, SMALL)
    other = proposals(
        pd.Series(dict(shuffled), dtype="float64"), series(members, "object"), held[::-1], listed[::-1], SMALL
    )
    pd.testing.assert_frame_equal(one, other)


@settings(max_examples=50, deadline=None)
@given(cities(), st.sampled_from(FIRMS))
def test_more_points_never_move_a_firm_down(city, firm):
    points, members, held, listed = city
    if firm not in points or firm in listed:
        return
    worth = {None: 0, "seed": 1, "golden": 2}

    def place(value):
        raised = proposals(series({**points, firm: value}), series(members, "object"), held, listed, SMALL)
        return worth[after(members, raised).get(firm)]

    assert place(points[firm] + 5) >= place(points[firm])


def test_ties_at_the_last_place_go_to_the_smaller_id():
    assert changes({"F3": 61, "F1": 61, "F2": 61, "F0": 61}) == [
        ("F0", "enter", "enter"),
        ("F1", "enter", "enter"),
        ("F2", "enter", "enter"),
    ]


def test_a_smaller_cap_takes_out_the_lowest_and_not_those_in_tutoring():
    members = {"F0": "golden", "F1": "golden", "F2": "golden", "F3": "golden"}
    points = {"F0": 70, "F1": 69, "F2": 68, "F3": 64}
    assert changes(points, members, held=["F3"]) == [("F1", "demote", "demote_cap"), ("F2", "demote", "demote_cap")]


def test_a_place_freed_by_a_promotion_is_given_away_in_the_same_review():
    members = {"F0": "seed", "F1": "seed", "F2": "seed"}
    points = {"F0": 68, "F1": 61, "F2": 61, "F3": 60}
    assert changes(points, members) == [("F0", "promote", "promote"), ("F3", "enter", "enter")]


def test_a_firm_that_falls_back_takes_a_place_in_the_seed_pool():
    members = {"F0": "golden", "F1": "seed", "F2": "seed"}
    points = {"F0": 62, "F1": 61, "F2": 61, "F3": 60}
    assert changes(points, members) == [("F0", "demote", "demote")]


def test_unknown_points_neither_enter_nor_leave():
    assert changes({"F0": float("nan"), "F1": float("nan")}, {"F1": "golden"}) == []


def test_those_who_find_no_place_are_counted():
    points = series({"F0": 61, "F1": 61, "F2": 61, "F3": 61, "F4": 59, "F5": 70})
    assert list(proposed(points, EMPTY, [], ["F5"], SMALL).waiting.items()) == [("F3", 61.0)]


@pytest.mark.parametrize("firms", [0, 1, 60_000])
def test_any_number_of_firms_is_one_pass(firms):
    points = pd.Series(
        [50.0 + (number * 7 % 31) for number in range(firms)],
        index=[f"F{number:06}" for number in range(firms)],
        dtype="float64",
    )
    found = proposals(points, EMPTY, [], [], points_only())
    assert len(found) == min(firms // 31 * 21, 150)
