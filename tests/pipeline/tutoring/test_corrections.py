"""Visits and next steps that were recorded wrongly: corrected or withdrawn with a reason, and still on record."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import AuditEntry, Visit
from pipeline.tutoring import cases, corrections, visits
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.visits import VisitNotPossible
from tests.cast import LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, MAY_20, NOW, found

ON_SQLITE_ALONE = True


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
        yield session


@pytest.fixture
def visit(session) -> int:
    return visits.record_visit(session, CHEN, LOTUS, MAY_20, "产能满负荷", "补审计报告", JUNE_1, now=NOW).id


def seen(session, person=CHEN):
    return visits.visits_of(session, person, LOTUS)


def last_entry(session) -> AuditEntry:
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()


def test_the_same_visit_sent_twice_is_stored_once(session, visit):
    with pytest.raises(VisitNotPossible, match="已登记过"):
        visits.record_visit(session, CHEN, LOTUS, MAY_20, " 产能满负荷 ", "补审计报告", JUNE_1, now=NOW)
    assert len(seen(session)) == 1


@pytest.mark.parametrize(
    ("person", "on", "findings", "step"),
    [
        (LI, MAY_20, "产能满负荷", "补审计报告"),
        (CHEN, date(2024, 5, 21), "产能满负荷", "补审计报告"),
        (CHEN, MAY_20, "产能七成", "补审计报告"),
        (CHEN, MAY_20, "产能满负荷", "补纳税证明"),
    ],
)
def test_a_visit_that_differs_in_anything_is_another_visit(session, visit, person, on, findings, step):
    visits.record_visit(session, person, LOTUS, on, findings, step, JUNE_1, now=NOW)
    assert len(seen(session)) == 2


@pytest.mark.both_databases
def test_a_visit_is_corrected_and_the_trail_keeps_what_stood_there(session, visit):
    corrections.correct_visit(session, CHEN, visit, date(2024, 5, 19), "产能七成", "记错", now=NOW)
    (corrected,) = seen(session)
    assert (corrected.visited_on, corrected.findings) == (date(2024, 5, 19), "产能七成")
    entry = last_entry(session)
    assert (entry.action, entry.details["why"]) == ("correct_visit", "记错")
    assert entry.details["was"] == {"visited_on": "2024-05-20", "found": "产能满负荷"}
    assert entry.details["now"] == {"visited_on": "2024-05-19", "found": "产能七成"}


@pytest.mark.parametrize(
    ("on", "findings", "why", "said"),
    [
        (MAY_20, "产能满负荷", "记错", "没有任何不同"),
        (MAY_20, "产能七成", " ", "写明理由"),
        (date(2024, 4, 30), "产能七成", "记错", "不属于"),
        (date(2024, 6, 2), "产能七成", "记错", "期限"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(session, visit, on, findings, why, said):
    with pytest.raises(VisitNotPossible, match=said):
        corrections.correct_visit(session, CHEN, visit, on, findings, why, now=NOW + timedelta(days=1))


@pytest.mark.both_databases
def test_a_withdrawn_visit_stays_visible_to_officers_and_counts_nowhere(session, visit):
    corrections.withdraw_visit(session, LI, visit, "登错企业", now=NOW)
    (withdrawn,) = seen(session)
    assert (withdrawn.withdrawn.by, withdrawn.withdrawn.why) == ("李科长", "登错企业")
    assert seen(session, LOTUS_CLERK) == []
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    for change in (
        lambda: corrections.withdraw_visit(session, CHEN, visit, "再撤", now=NOW),
        lambda: corrections.correct_visit(session, CHEN, visit, MAY_20, "产能七成", "记错", now=NOW),
        lambda: corrections.change_step(session, CHEN, visit, "别的", JUNE_1, None, "记错", now=NOW),
        lambda: visits.finish_step(session, CHEN, visit, MAY_20, now=NOW),
    ):
        with pytest.raises(VisitNotPossible, match="已撤回"):
            change()
    visits.record_visit(session, CHEN, LOTUS, MAY_20, "产能满负荷", "补审计报告", JUNE_1, now=NOW)


def test_a_step_gets_another_text_day_and_owner(session, visit):
    li = people.add(session, "李科长", "officer", by=people.console(), now=NOW)[0]
    corrections.change_step(session, CHEN, visit, "补纳税证明", date(2024, 6, 9), li.id, "改派", now=NOW)
    (step,) = visits.open_steps(session, JUNE_1, CHEN)
    assert (step.next_step, step.due_on, step.owner) == ("补纳税证明", date(2024, 6, 9), "李科长")
    assert last_entry(session).details["was"] == {"next_step": "补审计报告", "due_on": "2024-06-01", "owner": None}


def test_a_step_is_owned_by_the_mentor_unless_another_is_named(session, visit):
    li = people.add(session, "李科长", "officer", by=people.console(), now=NOW)[0]
    case = cases.case_of(session, LOTUS)
    cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)
    assert visits.open_steps(session, JUNE_1, CHEN)[0].owner == "李科长"


@pytest.mark.parametrize("role", ["enterprise", "analyst"])
def test_nobody_owns_a_step_who_may_not_visit_the_firm(session, visit, role):
    someone = people.add(
        session, "某人", role, firm_id=LOTUS if role == "enterprise" else None, by=people.console(), now=NOW
    )[0]
    with pytest.raises(VisitNotPossible, match="负责人"):
        corrections.change_step(session, CHEN, visit, "补审计报告", JUNE_1, someone.id, "改派", now=NOW)


def test_a_step_is_withdrawn_while_the_visit_stays_and_can_get_another(session, visit):
    corrections.withdraw_step(session, CHEN, visit, "不再需要", now=NOW)
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    (one,) = seen(session)
    assert (one.withdrawn, one.step_withdrawn.why, one.next_step) == (None, "不再需要", "补审计报告")
    assert seen(session, LOTUS_CLERK)[0].next_step is None
    corrections.change_step(session, CHEN, visit, "补纳税证明", JUNE_1, None, "另有安排", now=NOW)
    assert [step.next_step for step in visits.open_steps(session, JUNE_1, CHEN)] == ["补纳税证明"]


def test_a_step_done_by_mistake_is_reopened(session, visit):
    with pytest.raises(VisitNotPossible, match="尚未完成"):
        corrections.reopen_step(session, CHEN, visit, "未完成", now=NOW)
    visits.finish_step(session, CHEN, visit, MAY_20, now=NOW, note="收到")
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    corrections.reopen_step(session, CHEN, visit, "未完成", now=NOW)
    assert [step.visit_id for step in visits.open_steps(session, JUNE_1, CHEN)] == [visit]
    assert last_entry(session).details["was"]["done_on"] == "2024-05-20"


def test_who_changes_a_visit_second_is_told_what_the_first_did(session, visit):
    version = session.get_one(Visit, visit).version
    visits.finish_step(session, LI, visit, MAY_20, now=NOW, seen=version)
    with pytest.raises(ChangedMeanwhile, match=r"李科长.*完成（2024-05-20）"):
        visits.finish_step(session, CHEN, visit, MAY_20, now=NOW, seen=version)
    with pytest.raises(ChangedMeanwhile):
        corrections.withdraw_visit(session, CHEN, visit, "登错", now=NOW, seen=version)
    assert session.get_one(Visit, visit).withdrawn_at is None


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA, JIANGHAI])
def test_nobody_corrects_what_is_out_of_their_reach(session, visit, person):
    for change in (
        lambda: corrections.correct_visit(session, person, visit, MAY_20, "产能七成", "记错", now=NOW),
        lambda: corrections.withdraw_visit(session, person, visit, "登错", now=NOW),
        lambda: corrections.change_step(session, person, visit, "别的", JUNE_1, None, "改", now=NOW),
        lambda: corrections.withdraw_step(session, person, visit, "不要", now=NOW),
        lambda: corrections.reopen_step(session, person, visit, "未完成", now=NOW),
    ):
        with pytest.raises((NotAllowed, NotFound)):
            change()
