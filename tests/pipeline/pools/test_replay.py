"""A review can be worked out again to the letter, whatever is imported, decided or ruled since."""

from datetime import date

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipeline.errors import NotAllowed, NotFound
from pipeline.pools import deciding, in_force, reviews
from pipeline.pools.in_force import NotAdopted, adopt
from pipeline.pools.policy import POINTS_ONLY_FILE, POLICY_FILE
from pipeline.pools.replay import replay
from pipeline.store.pool_tables import AdoptedPolicy, PoolProposal, PoolReview, PoolReviewInputs
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.pools.city import (
    CHEN,
    JUNE_1,
    LI,
    LOTUS_CLERK,
    MAY_20,
    NOW,
    SECOND,
    confirm_all,
    decide,
    found,
    pools,
    review,
    score,
)


@pytest.fixture
def by_conditions(monkeypatch):
    monkeypatch.setattr(in_force, "POLICY_FILE", POLICY_FILE)


def replayed(engine: Engine, number: int = 1):
    with Session(engine) as session:
        return replay(session, number, CHEN)


def test_a_replay_equals_its_review_after_later_imports_decisions_and_another_policy(engine: Engine, by_conditions):
    found(engine)
    state(engine, LOTUS, 2023, net_profit_cny=3e7, dishonest_debtor=False)
    score(engine, {LOTUS: 61.0, BANYAN: 70.0, KAPOK: 50.0})
    review(engine)
    assert (replayed(engine).holds, replayed(engine).changed) == (True, [])
    confirm_all(engine)
    # A return for that year that became known before the day of the review comes in only now.
    state(engine, LOTUS, 2023, known_on=date(2024, 4, 20), source="audited", net_profit_cny=1e7)
    score(engine, {LOTUS: 40.0, BANYAN: 40.0, KAPOK: 80.0}, as_of=MAY_20, model="m2")
    with Session(engine) as session, session.begin():
        text = POINTS_ONLY_FILE.read_text(encoding="utf-8").replace("{value: 60,", "{value: 61,")
        adopt(session, text, NOW.date(), "局务会", CHEN, SECOND.name, NOW)
    again = replayed(engine)
    assert again.holds
    assert again.actions == {"enter": 2}
    assert [(one["firm_id"], one["year"], one["name"], one["then"], one["now"]) for one in again.changed] == [
        (LOTUS, "2023", "net_profit_cny", "30000000", "10000000")
    ]
    assert "完全一致" in str(again.message)


def test_a_review_whose_inputs_or_findings_were_changed_past_the_program_does_not_hold(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 61.0})
    review(engine)
    with Session(engine) as session, session.begin():
        session.execute(update(PoolReview).values(found_hash="0" * 64))
    assert not replayed(engine).same
    with Session(engine) as session, session.begin():
        session.execute(update(PoolReviewInputs).values(sha256="0" * 64))
    assert not replayed(engine).intact
    with pytest.raises(NotFound):
        replayed(engine, 7)


def test_a_deferred_proposal_stays_open_through_a_new_review_until_its_day(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 61.0, BANYAN: 62.0})
    first, second = review(engine)
    with Session(engine) as session, session.begin():
        with pytest.raises(deciding.DecisionNotPossible, match="暂缓日期须晚于"):
            deciding.defer(session, first.id, MAY_20, "待核实", CHEN, MAY_20, NOW)
        with pytest.raises(deciding.DecisionNotPossible, match="理由"):
            deciding.defer(session, first.id, JUNE_1, " ", CHEN, MAY_20, NOW)
        deciding.defer(session, first.id, JUNE_1, "待核实", CHEN, MAY_20, NOW)
    (stays, anew) = review(engine, MAY_20)
    assert (stays.id, stays.deferred_why) == (first.id, "待核实")
    assert anew.firm_id == second.firm_id != stays.firm_id
    with Session(engine) as session:
        held = [(one.standing, one.firm_id) for one, _firm in reviews.found_in(session, CHEN, 2)]
    assert held == [("deferred", first.firm_id)]
    assert {one.firm_id for one in review(engine, JUNE_1)} == {LOTUS, BANYAN}
    with Session(engine) as session:
        assert session.get_one(PoolProposal, first.id).state == "lapsed"


def test_the_golden_pool_needs_a_second_person_and_the_seed_pool_does_not(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 61.0})
    (proposal,) = review(engine)
    with Session(engine) as session, session.begin():
        deciding.decide(session, proposal.id, True, "材料齐全", CHEN, MAY_20, NOW)
    score(engine, {LOTUS: 70.0}, as_of=JUNE_1)
    (proposal,) = review(engine, JUNE_1)
    for nobody in (None, "", "无此人", CHEN.name):
        with Session(engine) as session, pytest.raises(NotAllowed, match="两人"):
            deciding.decide(session, proposal.id, True, "材料齐全", CHEN, JUNE_1, NOW, nobody)
    assert decide(engine, proposal.id, on=JUNE_1).signed_by == SECOND.name
    assert pools(engine, JUNE_1) == {LOTUS: "golden"}


def test_a_membership_holds_for_two_years_where_the_policy_says_so(engine: Engine, by_conditions):
    found(engine)
    score(engine, {LOTUS: 61.0})
    review(engine)
    confirm_all(engine, on=date(2024, 5, 20))
    with Session(engine) as session:
        (member,) = reviews.members(session, JUNE_1)
        assert member.valid_until == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 15), 24, date(2026, 12, 15)),
        (date(2024, 11, 30), 1, date(2024, 12, 30)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day, months, later):
    assert deciding.months_later(day, months) == later


def test_an_adopted_policy_holds_from_its_day_and_two_people_sign_it(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 61.0})
    text = POINTS_ONLY_FILE.read_text(encoding="utf-8").replace("{value: 60,", "{value: 62,")
    with Session(engine) as session, session.begin():
        for begins, why, by, second, match in (
            (MAY_20, "局务会", CHEN, SECOND.name, "过去"),
            (NOW.date(), " ", CHEN, SECOND.name, "理由"),
            (NOW.date(), "局务会", CHEN, CHEN.name, "两人"),
            (NOW.date(), "局务会", LOTUS_CLERK, SECOND.name, "无权"),
        ):
            with pytest.raises((NotAdopted, NotAllowed), match=match):
                adopt(session, text, begins, why, by, second, NOW)
        assert session.scalar(select(AdoptedPolicy.id)) is None
        adopt(session, text, date(2024, 6, 2), "局务会", LI, SECOND.name, NOW)
        assert in_force.policy_in_force(session, date(2024, 6, 1)).seed.enter_points == 60
        assert in_force.policy_in_force(session, date(2024, 6, 2)).seed.enter_points == 62
        with pytest.raises(NotAdopted, match="2024-06-02"):
            adopt(session, text, date(2024, 6, 1), "局务会", LI, SECOND.name, NOW)
