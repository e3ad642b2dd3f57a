"""Several cases at once: all that can be changed are, each with its line in the trail, and undone for a minute."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import NotAllowed
from pipeline.store.tables import Account, AuditEntry, Case, Firm
from pipeline.tutoring import cases, many_cases, visits
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.mentoring import can_mentor
from pipeline.tutoring.mentors.workloads import proposed_mentors, workloads
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, MAY_1, MAY_20, NOW, found

ON_SQLITE_ALONE = True

WHY = "按片区分工"
LATER = NOW + timedelta(seconds=5)
CONSOLE = people.console("-")


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        officers(session)
        for firm in (LOTUS, BANYAN, KAPOK):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        yield session


def officers(session):
    """Two of the city, one of Jianghai."""
    about = {"role": "officer", "password_hash": "-", "stamp": "-", "must_change": False, "created_at": NOW}
    session.add_all(
        Account(name=name, district_code=district, **about)
        for name, district in (("甲", None), ("乙", None), ("丙", "440704"))
    )
    session.flush()


def account(session, name):
    return session.scalar(select(Account.id).where(Account.name == name))


def numbers(session):
    return {case.firm_id: case.id for case in session.scalars(select(Case))}


def mentors(session):
    wanted = select(Case.firm_id, Account.name).outerjoin(Account, Account.id == Case.mentor_id)
    return dict(session.execute(wanted).all())


def entries(session, action):
    return session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)).all()


def all_to(session, name):
    who = None if name is None else account(session, name)
    return many_cases.assign_mentors(session, CHEN, dict.fromkeys(numbers(session).values(), who), WHY, now=NOW)


def test_one_reason_stands_in_the_trail_of_every_case(session):
    done = all_to(session, "甲")
    assert (len(done.done), done.left) == (3, [])
    assert mentors(session) == dict.fromkeys((LOTUS, BANYAN, KAPOK), "甲")
    found_there = [
        (one.details["firm_id"], one.details["why"], one.details["act"]) for one in entries(session, "assign_mentor")
    ]
    assert sorted(found_there) == sorted((firm, WHY, done.act) for firm in (LOTUS, BANYAN, KAPOK))
    assert audit.verify(session) > 0


def test_what_cannot_be_changed_comes_back_with_its_reason_and_the_others_are_changed(session):
    case = numbers(session)
    cases.close_case(session, CHEN, case[KAPOK], "pool_exit", "迁出", MAY_20, now=NOW)
    wanted = {
        case[LOTUS]: account(session, "丙"),
        case[BANYAN]: account(session, "丙"),
        case[KAPOK]: account(session, "甲"),
    }
    done = many_cases.assign_mentors(session, CHEN, wanted, WHY, now=NOW)
    changed = {one.firm_id for one in done.done}
    left = {number: str(why) for number, why in done.left}
    of_district = {firm.id for firm in session.scalars(select(Firm)) if firm.district_code == "440704"}
    assert changed == of_district & {LOTUS, BANYAN}
    assert "已于" in left[case[KAPOK]]
    assert len(changed) + len(left) == 3


def test_who_has_seen_an_older_version_changes_nothing_of_that_case(session):
    case = numbers(session)
    seen = {number: session.get(Case, number).version for number in case.values()}
    cases.assign_mentor(session, CHEN, case[LOTUS], account(session, "乙"), now=NOW)
    wanted = dict.fromkeys(case.values(), account(session, "甲"))
    done = many_cases.assign_mentors(session, CHEN, wanted, WHY, now=NOW, seen=seen)
    assert [number for number, _why in done.left] == [case[LOTUS]]
    assert mentors(session)[LOTUS] == "乙"


@pytest.mark.parametrize(("why", "marked"), [("  ", True), (WHY, False)])
def test_without_a_reason_or_a_mark_nothing_is_done(session, why, marked):
    wanted = dict.fromkeys(numbers(session).values(), account(session, "甲")) if marked else {}
    with pytest.raises(CaseNotPossible):
        many_cases.assign_mentors(session, CHEN, wanted, why, now=NOW)
    assert entries(session, "assign_mentor") == []


def test_an_analyst_changes_no_cases(session):
    with pytest.raises(NotAllowed):
        many_cases.assign_mentors(session, ANA, dict.fromkeys(numbers(session).values()), WHY, now=NOW)
    with pytest.raises(NotAllowed):
        many_cases.undo(session, ANA, "x", now=NOW)


@pytest.mark.parametrize(("seconds", "undone"), [(60, True), (61, False)])
def test_it_is_undone_within_a_minute_and_not_later(session, seconds, undone):
    all_to(session, "乙")
    act = all_to(session, "甲").act
    later = NOW + timedelta(seconds=seconds)
    if undone:
        assert len(many_cases.undo(session, CHEN, act, now=later).done) == 3
    else:
        with pytest.raises(CaseNotPossible, match="一分钟"):
            many_cases.undo(session, CHEN, act, now=later)
    assert set(mentors(session).values()) == {"乙" if undone else "甲"}


def test_a_case_that_was_changed_since_is_not_undone(session):
    act = all_to(session, "甲").act
    cases.assign_mentor(session, CHEN, numbers(session)[LOTUS], account(session, "乙"), now=NOW)
    done = many_cases.undo(session, CHEN, act, now=NOW)
    assert [number for number, _why in done.left] == [numbers(session)[LOTUS]]
    assert mentors(session) == {LOTUS: "乙", BANYAN: None, KAPOK: None}


@pytest.mark.both_databases
def test_a_stage_is_recorded_for_all_whose_stage_it_can_follow_and_undone(session):
    case = numbers(session)
    cases.change_stage(session, CHEN, case[KAPOK], "share_reform", MAY_1, now=NOW)
    done = many_cases.move(session, CHEN, list(case.values()), "share_reform", MAY_20, WHY, now=NOW)
    assert [number for number, _why in done.left] == [case[KAPOK]]
    many_cases.undo(session, CHEN, done.act, now=NOW)
    stages = {firm: session.get(Case, number).stage for firm, number in case.items()}
    assert stages == {LOTUS: "nurture", BANYAN: "nurture", KAPOK: "share_reform"}
    with pytest.raises(CaseNotPossible):
        many_cases.move(session, CHEN, list(case.values()), "listed", MAY_20, WHY, now=NOW)


@pytest.mark.both_databases
def test_workloads_count_the_open_cases_and_those_that_nobody_has(session):
    cases.assign_mentor(session, CHEN, numbers(session)[LOTUS], account(session, "乙"), now=NOW)
    loads = {each.name: each.cases for each in workloads(session, CHEN, MAY_20)}
    assert (loads["乙"], loads["甲"], loads[None]) == (1, 0, 2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["440703", "440704"]), min_size=1, max_size=12), st.integers(0, 6))
def test_a_proposal_names_somebody_who_may_for_every_case_and_balances(sqlite_engine, districts, before):
    with Session(sqlite_engine) as session:
        officers(session)
        session.add_all(
            Firm(id=f"F{at}", cohort="city", name=f"F{at}", district_code=district)
            for at, district in enumerate(districts)
        )
        session.flush()
        opened = [cases.open_case(session, CONSOLE, f"F{at}", MAY_1, now=NOW).id for at in range(len(districts))]
        for number in opened[:before]:
            cases.assign_mentor(session, CONSOLE, number, account(session, "甲"), now=NOW)
        marked = opened[before:]
        chosen = proposed_mentors(session, CONSOLE, marked)
        assert chosen == proposed_mentors(session, CONSOLE, marked[::-1])
        assert set(chosen) == set(marked)  # none of them had a mentor
        for number, who in chosen.items():
            assert can_mentor(session, who, session.get(Case, number).firm_id)
        loads = Counter(dict.fromkeys(("甲", "乙"), 0))
        loads["甲"] += min(before, len(opened))
        loads.update(who.name for who in chosen.values())
        if loads["甲"] > before and before <= len(opened):
            assert abs(loads["甲"] - loads["乙"]) <= 3  # two for being at home, one for the remainder
        session.rollback()


def test_who_keeps_a_case_by_the_proposal_is_not_named_again(session):
    all_to(session, "甲")
    marked = list(numbers(session).values())
    chosen = proposed_mentors(session, CHEN, marked)
    assert chosen
    assert "甲" not in {who.name for who in chosen.values()}
    done = many_cases.assign_mentors(session, CHEN, {number: who.id for number, who in chosen.items()}, WHY, now=NOW)
    assert done.left == []


def test_the_same_task_is_set_in_each_marked_case_and_undone_within_a_minute(session):
    case = numbers(session)
    due = date(2024, 7, 1)
    done = many_cases.set_task(session, CHEN, [case[LOTUS], case[BANYAN]], "交章程", due, WHY, now=NOW, for_firm=True)
    assert [one.firm_id for one in done.done] == sorted([LOTUS, BANYAN], key=lambda firm: case[firm])
    steps = visits.open_steps(session, NOW.date(), CHEN)
    assert {(step.firm_id, step.next_step) for step in steps} == {(LOTUS, "交章程"), (BANYAN, "交章程")}
    again = many_cases.set_task(session, CHEN, [case[LOTUS], case[KAPOK]], "交章程", due, WHY, now=LATER)
    assert [number for number, _why in again.left] == [case[LOTUS]]  # Lotus has it already
    back = many_cases.undo(session, CHEN, done.act, now=NOW + timedelta(seconds=30))
    assert len(back.done) == 2
    steps = visits.open_steps(session, NOW.date(), CHEN)
    assert [step.firm_id for step in steps] == [KAPOK]
    with pytest.raises(CaseNotPossible):
        many_cases.undo(session, CHEN, again.act, now=LATER + timedelta(seconds=61))


def test_a_task_for_many_needs_a_reason_and_marked_cases(session):
    case = numbers(session)
    for marked, why in (([], WHY), ([case[LOTUS]], " ")):
        with pytest.raises(CaseNotPossible):
            many_cases.set_task(session, CHEN, marked, "交章程", date(2024, 7, 1), why, now=NOW)
    left = many_cases.set_task(session, CHEN, [case[LOTUS]], " ", date(2024, 7, 1), WHY, now=NOW)
    assert (list(left.done), len(left.left)) == ([], 1)
