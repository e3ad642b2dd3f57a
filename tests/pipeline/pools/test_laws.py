"""Laws of what a policy of conditions proposes: confirmed once there is nothing left, and a good fact harms nobody."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pools.inputs import Inputs, about_firms
from pipeline.pools.model import Policy
from pipeline.pools.policy import policy_book_of
from pipeline.pools.proposing import confirmed, proposals

DAY = date(2026, 5, 1)
FIRMS = [f"F{number:02}" for number in range(10)]
TEXT = """
zh: 试
en: Test
reviewed_on: 2026-01-01
source: 试
confidence: synthetic
candidate: {all: [{fact: unlisted, is: "==", values: {2021-01-01: true}}]}
seed:
  enter: {any: [{all: [{fact: points, is: ">=", unit: points, values: {2021-01-01: 60}},
                       {fact: net_profit, window: latest, is: ">=", unit: 10k CNY, values: {2021-01-01: 500}}]},
                {all: [{fact: points, is: ">=", unit: points, values: {2021-01-01: 60}},
                       {fact: nominated, is: "==", values: {2021-01-01: true}}]}]}
  leave: {any: [{fact: points, is: "<", unit: points, values: {2021-01-01: 56}},
                {fact: net_profit, window: latest, is: "<", unit: 10k CNY, values: {2021-01-01: -500}}]}
  cap: {zh: 容量, en: Places, unit: firms, values: {2021-01-01: SEED}}
golden:
  enter: {all: [{fact: points, is: ">=", unit: points, values: {2021-01-01: 67}},
                {fact: net_profit, window: latest, is: ">=", unit: 10k CNY, values: {2021-01-01: 1000}},
                {fact: seed_member, is: "==", values: {2021-01-01: true}}]}
  leave: {any: [{fact: points, is: "<", unit: points, values: {2021-01-01: 63}}]}
  cap: {zh: 容量, en: Places, unit: firms, values: {2021-01-01: GOLDEN}}
valid_months: {zh: 期, en: Term, unit: months, values: {2021-01-01: 24}}
scores_valid_days: {zh: 天, en: Days, unit: days, values: {2021-01-01: 400}}
held_from_stage: {zh: 阶段, en: Stage, unit: stage, values: {2021-01-01: tutoring_filed}}
"""


def policy_of(seed: int, golden: int) -> Policy:
    return policy_book_of(TEXT.replace("SEED", str(seed)).replace("GOLDEN", str(golden)), "test").on(DAY)


ROOMY, SMALL = policy_of(100, 100), policy_of(4, 2)


def inputs_of(firms: dict[str, tuple]) -> Inputs:
    """firm_id -> (points, net profit in 10k CNY or None, nominated, pool or None, run out, held)."""
    members = {
        name: {
            "pool": row[3],
            "entered_on": date(2024, 1, 1),
            "in_since": date(2024, 1, 1),
            "valid_until": date(2026, 1, 1) if row[4] else date(2027, 1, 1),
        }
        for name, row in firms.items()
        if row[3]
    }
    frame = pd.DataFrame.from_dict(members, orient="index") if members else None
    points = pd.Series({name: row[0] for name, row in firms.items()}, dtype="float64").sort_index()
    about = about_firms(points, frame, held=[name for name, row in firms.items() if row[5]])
    about["district_code"] = "440703"
    about["unlisted"] = 1.0
    about["nominated"] = pd.Series({name: float(row[2]) for name, row in firms.items()}).reindex(about.index)
    about["seed_member"] = (about["pool"] == "seed").astype(float)
    keys = pd.MultiIndex.from_tuples([(name, 2025) for name in about.index], names=["firm_id", "year"])
    profit = [None if firms[name][1] is None else firms[name][1] * 10_000.0 for name in about.index]
    facts = pd.DataFrame(
        {"net_profit_attributable_cny": profit, "net_profit_after_nonrecurring_cny": profit, "net_profit_cny": profit},
        index=keys,
        dtype="float64",
    )
    return Inputs(DAY, about, facts, pd.DataFrame(index=about.index))


ROW = st.tuples(
    st.integers(50, 75).map(float),
    st.one_of(st.none(), st.sampled_from([-900, -100, 400, 500, 900, 1000, 2000])),
    st.booleans(),
    st.sampled_from([None, None, "seed", "golden"]),
    st.booleans(),
    st.booleans(),
)
CITIES = st.dictionaries(st.sampled_from(FIRMS), ROW, min_size=1)


def pools_after(firms: dict[str, tuple], policy: Policy) -> dict[str, str]:
    inputs = inputs_of(firms)
    pools = confirmed(inputs, proposals(inputs, policy).changes, policy).firms["pool"]
    return pools.dropna().to_dict()


@settings(max_examples=40, deadline=None)
@given(CITIES, st.sampled_from([ROOMY, SMALL]))
def test_proposals_confirmed_once_leave_nothing_to_propose(firms, policy):
    inputs = inputs_of(firms)
    assert proposals(confirmed(inputs, proposals(inputs, policy).changes, policy), policy).changes.empty


@settings(max_examples=25, deadline=None)
@given(CITIES, st.sampled_from([ROOMY, SMALL]))
def test_reviews_of_the_days_after_come_to_rest_as_well(firms, policy):
    """Who enters the seed pool today may rise in a later review; that is one step more, and no circle."""
    inputs = inputs_of(firms)
    for _step in range(4):
        changes = proposals(inputs, policy).changes
        if changes.empty:
            break
        inputs = confirmed(inputs, changes, policy)
        day = inputs.day + timedelta(days=1)
        inputs = replace(inputs, day=day)
    assert proposals(inputs, policy).changes.empty


@settings(max_examples=25, deadline=None)
@given(CITIES)
def test_whoever_a_review_has_moved_is_not_moved_back_by_the_next(firms):
    inputs = inputs_of(firms)
    changes = proposals(inputs, ROOMY).changes
    again = proposals(replace(confirmed(inputs, changes, ROOMY), day=DAY + timedelta(days=1)), ROOMY).changes
    came_in = changes.index[changes["action"].isin(["enter", "promote", "renew"])]
    assert not set(again.index[again["action"].isin(["exit", "demote"])]) & set(came_in)
    assert set(again["action"]) <= {"promote"}


@settings(max_examples=25, deadline=None)
@given(CITIES, st.sampled_from(["points", "profit", "nomination"]), st.data())
def test_a_good_fact_takes_no_firm_out_and_keeps_none_out_as_long_as_there_are_places(firms, what, data):
    worth = {None: 0, "seed": 1, "golden": 2}
    firm = data.draw(st.sampled_from(sorted(firms)))
    points, profit, nominated, *rest = firms[firm]
    better = {
        "points": (points + 10, profit, nominated, *rest),
        "profit": (points, None if profit is None else profit + 1500, nominated, *rest),
        "nomination": (points, profit, True, *rest),
    }[what]
    before = pools_after(firms, ROOMY)
    after = pools_after({**firms, firm: better}, ROOMY)
    assert worth[after.get(firm)] >= worth[before.get(firm)]
    others = {name: pool for name, pool in before.items() if name != firm}
    assert others == {name: pool for name, pool in after.items() if name != firm}


def test_whoever_meets_an_exit_condition_is_not_let_in():
    firms = {"F00": (62.0, -900, True, None, False, False), "F01": (62.0, -400, True, None, False, False)}
    assert pools_after(firms, ROOMY) == {"F01": "seed"}


def test_a_membership_that_is_confirmed_begins_on_the_day_and_holds_for_the_months_of_the_policy():
    inputs = inputs_of({"F00": (62.0, 600, False, None, False, False)})
    after = confirmed(inputs, proposals(inputs, ROOMY).changes, ROOMY).firms.loc["F00"]
    assert (after["pool"], after["entered_on"], after["in_since"]) == ("seed", DAY, DAY)
    assert after["valid_until"] == date(2028, 5, 1)
    without_end = replace(ROOMY, valid_months=None)
    assert confirmed(inputs, proposals(inputs, ROOMY).changes, without_end).firms.loc["F00", "valid_until"] is None


def test_who_came_in_today_stays_for_the_day_and_may_rise_tomorrow():
    inputs = inputs_of({"F00": (70.0, 1500, False, None, False, False)})
    entered = confirmed(inputs, proposals(inputs, ROOMY).changes, ROOMY)
    assert entered.firms.at["F00", "pool"] == "seed"
    assert proposals(entered, ROOMY).changes.empty
    tomorrow = proposals(replace(entered, day=DAY + timedelta(days=1)), ROOMY).changes
    assert tomorrow["action"].to_dict() == {"F00": "promote"}


def test_who_came_in_today_and_is_listed_today_graduates():
    inputs = inputs_of({"F00": (70.0, 1500, False, None, False, False)})
    entered = confirmed(inputs, proposals(inputs, ROOMY).changes, ROOMY)
    listed = replace(entered, firms=entered.firms.assign(listed=True))
    assert proposals(listed, ROOMY).changes["action"].to_dict() == {"F00": "exit"}
