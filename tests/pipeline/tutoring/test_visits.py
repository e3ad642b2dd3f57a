"""Visits: what was found, the next step, what is overdue, and who may read it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import AuditEntry
from pipeline.tutoring import cases, visits
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, MAY_20, NOW, found

ON_SQLITE_ALONE = True


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        yield session


def visit(session, firm=LOTUS, on=MAY_20, findings="产能满负荷", step="补审计报告", due=JUNE_1, by=CHEN):
    return visits.record_visit(session, by, firm, on, findings, step, due, now=NOW)


def overdue(session, on, person):
    return [step for step in visits.open_steps(session, on, person) if step.days_late > 0]


def test_a_visit_is_kept_with_who_came_what_was_found_and_what_comes_next(session):
    visit(session)
    (seen,) = visits.visits_of(session, CHEN, LOTUS)
    assert (seen.visited_on, seen.visited_by, seen.findings) == (MAY_20, "陈主任", "产能满负荷")
    assert (seen.next_step, seen.due_on, seen.done_on) == ("补审计报告", JUNE_1, None)


@pytest.mark.parametrize(("day", "late"), [(JUNE_1, []), (JUNE_1 + timedelta(days=1), [1])])
def test_a_step_is_overdue_the_day_after_its_day_and_not_on_it(session, day, late):
    visit(session)
    assert [step.days_late for step in overdue(session, day, CHEN)] == late
    assert len(visits.open_steps(session, day, CHEN)) == 1


@pytest.mark.both_databases
def test_what_is_overdue_names_the_firm_the_stage_and_the_mentor(session):
    number = visit(session, due=MAY_20).id
    (step,) = overdue(session, JUNE_1, CHEN)
    assert (step.visit_id, step.firm_id, step.stage, step.mentor, step.next_step, step.days_late) == (
        number,
        LOTUS,
        "nurture",
        None,
        "补审计报告",
        12,
    )
    assert step.firm_name == "莲芯传感（虚构）"


def test_the_longest_overdue_stands_first(session):
    visit(session, due=MAY_20 + timedelta(days=3), step="第二")
    visit(session, BANYAN, due=MAY_20, step="第一")
    assert [step.next_step for step in overdue(session, JUNE_1, CHEN)] == ["第一", "第二"]


def test_a_finished_step_is_overdue_no_more_but_was_so_on_the_day_before(session):
    number = visit(session, due=MAY_20).id
    visits.finish_step(session, LI, number, date(2024, 5, 25), now=NOW, note="已收到")
    assert overdue(session, JUNE_1, CHEN) == []
    assert len(overdue(session, date(2024, 5, 24), CHEN)) == 1
    (seen,) = visits.visits_of(session, CHEN, LOTUS)
    assert (seen.done_on, seen.done_by, seen.done_note) == (date(2024, 5, 25), "李科长", "已收到")


def test_a_step_is_finished_once(session):
    number = visit(session).id
    visits.finish_step(session, CHEN, number, MAY_20, now=NOW)
    with pytest.raises(visits.VisitNotPossible, match="已由 陈主任 于 2024-05-20 完成"):
        visits.finish_step(session, LI, number, MAY_20, now=NOW)


def test_a_visit_without_a_next_step_has_nothing_to_finish(session):
    number = visit(session, step=None, due=None).id
    with pytest.raises(visits.VisitNotPossible, match="没有布置"):
        visits.finish_step(session, CHEN, number, MAY_20, now=NOW)
    assert visits.open_steps(session, JUNE_1, CHEN) == []


def test_a_step_is_not_done_before_its_visit(session):
    number = visit(session).id
    with pytest.raises(visits.VisitNotPossible, match="不能早于布置它的走访"):
        visits.finish_step(session, CHEN, number, MAY_20 - timedelta(days=1), now=NOW)


def test_a_visit_that_does_not_exist_is_named(session):
    with pytest.raises(NotFound, match="没有第 99 号走访记录"):
        visits.finish_step(session, CHEN, 99, MAY_20, now=NOW)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"findings": "  "}, "1 至 5000 字"),
        ({"findings": "长" * 5001}, "现为 5001 字"),
        ({"due": None}, "须写明完成期限"),
        ({"step": None}, "须写明完成期限"),
        ({"step": "   "}, "须写明完成期限"),
        ({"due": MAY_20 - timedelta(days=1)}, "不能早于走访日期"),
        ({"on": MAY_1 - timedelta(days=1)}, "档案建于 2024-05-01"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(session, given, complaint):
    with pytest.raises(visits.VisitNotPossible, match=complaint):
        visit(session, **given)
    assert visits.visits_of(session, CHEN, LOTUS) == []


def test_a_visit_is_not_dated_in_the_future(session):
    with pytest.raises(audit.NotYet):
        visit(session, on=date(2024, 6, 3), due=date(2024, 6, 4))


def test_a_closed_case_gets_no_visits_and_its_steps_are_due_no_more(session):
    number = visit(session, due=MAY_20).id
    case = cases.case_of(session, LOTUS)
    cases.close_case(session, CHEN, case.id, "pool_exit", "退出", date(2024, 5, 25), now=NOW)
    with pytest.raises(visits.VisitNotPossible, match="没有在办的辅导档案"):
        visit(session)
    with pytest.raises(visits.VisitNotPossible, match="不再跟踪"):
        visits.finish_step(session, CHEN, number, JUNE_1, now=NOW)
    assert overdue(session, JUNE_1, CHEN) == []
    assert len(overdue(session, date(2024, 5, 24), CHEN)) == 1  # it was overdue then


def test_visits_of_an_earlier_case_stay_readable(session):
    visit(session)
    case = cases.case_of(session, LOTUS)
    cases.close_case(session, CHEN, case.id, "pool_exit", "退出", date(2024, 5, 25), now=NOW)
    cases.open_case(session, CHEN, LOTUS, JUNE_1, now=NOW)
    assert len(visits.visits_of(session, CHEN, LOTUS)) == 1


# --- who


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA, JIANGHAI])
def test_nobody_records_a_visit_to_a_firm_out_of_their_reach(session, person):
    number = visit(session).id
    with pytest.raises(NotAllowed):
        visit(session, by=person)
    with pytest.raises((NotAllowed, NotFound)):
        visits.finish_step(session, person, number, JUNE_1, now=NOW)


@pytest.mark.both_databases
def test_each_sees_what_is_overdue_at_their_own_firms(session):
    visit(session, LOTUS, due=MAY_20)
    visit(session, BANYAN, due=MAY_20)
    seen = {
        person.name: {step.firm_id for step in overdue(session, JUNE_1, person)}
        for person in (CHEN, JIANGHAI, LOTUS_CLERK, ANA)
    }
    assert seen == {"陈主任": {LOTUS, BANYAN}, "江海科长": {BANYAN}, "莲芯": {LOTUS}, "Ana": set()}


def test_an_enterprise_reads_its_next_steps_and_not_what_the_bureau_found(session):
    visit(session)
    (seen,) = visits.visits_of(session, LOTUS_CLERK, LOTUS)
    assert (seen.findings, seen.done_note, seen.next_step) == (None, None, "补审计报告")
    with pytest.raises(NotAllowed):
        visits.visits_of(session, LOTUS_CLERK, BANYAN)


def test_visits_and_finished_steps_stand_in_the_trail_without_the_findings(session):
    number = visit(session).id
    visits.finish_step(session, CHEN, number, JUNE_1, now=NOW)
    last = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))[-2:]
    assert [entry.action for entry in last] == ["record_visit", "finish_step"]
    assert "产能" not in str(last[0].details)
    assert audit.verify(session) == 4
