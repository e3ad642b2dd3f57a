"""Tasks of a case: set, postponed, handed over, written about, done, repeated, reopened, withdrawn."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import AuditEntry
from pipeline.tutoring import cases, visits
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.tasks import tasks
from pipeline.tutoring.tasks.task_lists import slipped_days, tasks_of
from pipeline.tutoring.tasks.tasks import TaskNotPossible
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, NOW, found

ON_SQLITE_ALONE = True

JULY_1 = date(2024, 7, 1)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
        yield session


def add(session, what="补审计报告", due=JULY_1, **more):
    return tasks.add_task(session, CHEN, LOTUS, what, due, now=NOW, **more)


def seen(session, person=CHEN, on=JUNE_1):
    return tasks_of(session, person, LOTUS, on)


def last_entry(session):
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()


def test_a_task_is_due_for_the_mentor_unless_another_is_named(session):
    li = people.add(session, "李科长", "officer", by=people.console(), now=NOW)[0]
    wang = people.add(session, "王科长", "officer", by=people.console(), now=NOW)[0]
    cases.assign_mentor(session, CHEN, cases.case_of(session, LOTUS).id, li.id, now=NOW)
    add(session)
    add(session, "开董事会", owner_id=wang.id)
    assert [(one.what, one.owner) for one in seen(session)] == [("补审计报告", "李科长"), ("开董事会", "王科长")]
    assert last_entry(session).details["owner"] == "王科长"


@pytest.mark.both_databases
def test_tasks_and_next_steps_of_visits_stand_in_one_list_by_their_days(session):
    visits.record_visit(session, CHEN, LOTUS, MAY_1, "情况", "补社保说明", date(2024, 6, 20), now=NOW)
    add(session)
    add(session, "交章程", date(2024, 6, 10))
    steps = visits.open_steps(session, JUNE_1, CHEN)
    assert [(step.next_step, step.task_id is None, step.visit_id is None) for step in steps] == [
        ("交章程", False, True),
        ("补社保说明", True, False),
        ("补审计报告", False, True),
    ]
    # On a day before it was set nobody knew of the task.
    assert [step.next_step for step in visits.open_steps(session, date(2024, 5, 31), CHEN)] == ["补社保说明"]


@pytest.mark.parametrize(
    ("what", "due", "more", "said"),
    [
        ("  ", JULY_1, {}, "1 至 2000"),
        ("长" * 2_001, JULY_1, {}, "2001"),
        ("补报", date(2024, 5, 31), {}, "2024-05-31"),
        ("补报", JULY_1, {"repeats_months": 5}, "1、3、6"),
        ("补报", JULY_1, {"owner_id": 99}, "负责人"),
        ("补报", JULY_1, {"stage": "party"}, "party"),
    ],
)
def test_a_task_that_cannot_be_kept_is_refused(session, what, due, more, said):
    with pytest.raises(TaskNotPossible, match=said):
        add(session, what, due, **more)
    assert seen(session) == []


def test_the_same_task_is_set_once_until_it_is_done(session):
    first = add(session)
    with pytest.raises(TaskNotPossible, match=f"第 {first.id} 号"):
        add(session)
    tasks.finish(session, CHEN, first.id, JUNE_1, now=NOW)
    assert add(session).id != first.id


def test_a_task_needs_an_open_case_and_the_right_to_record(session):
    with pytest.raises(TaskNotPossible, match="没有在办"):
        tasks.add_task(session, CHEN, BANYAN, "补报", JULY_1, now=NOW)
    for person in (ANA, LOTUS_CLERK, JIANGHAI):
        with pytest.raises(NotAllowed):
            tasks.add_task(session, person, LOTUS, "补报", JULY_1, now=NOW)


def test_a_task_is_postponed_with_a_reason_and_its_first_day_stays(session):
    task = add(session)
    with pytest.raises(TaskNotPossible, match="1 至"):
        tasks.postpone(session, CHEN, task.id, date(2024, 8, 1), " ", now=NOW)
    with pytest.raises(TaskNotPossible, match="本来就是这一天"):
        tasks.postpone(session, CHEN, task.id, JULY_1, "等", now=NOW)
    tasks.postpone(session, CHEN, task.id, date(2024, 8, 1), "会计师延后", now=NOW)
    (one,) = seen(session)
    assert (one.first_due_on, one.due_on, one.slipped_days) == (JULY_1, date(2024, 8, 1), 31)
    assert [(each.kind, each.text, each.before, each.after) for each in one.written] == [
        ("postponed", "会计师延后", JULY_1, date(2024, 8, 1))
    ]


def test_done_with_a_note_at_a_visit_it_is_waiting_no_more(session):
    task = add(session)
    visit = visits.record_visit(session, CHEN, LOTUS, MAY_1, "已交", now=NOW)
    with pytest.raises(TaskNotPossible, match="不是该档案的走访"):
        tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW, visit_id=visit.id + 1)
    tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW, note="已报送", visit_id=visit.id)
    (one,) = seen(session)
    assert (one.done_on, one.done_by, one.done_note, one.visit_id) == (JUNE_1, CHEN.name, "已报送", visit.id)
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    with pytest.raises(TaskNotPossible, match="已由 陈主任"):
        tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW)


@pytest.mark.parametrize(
    ("done_on", "next_due"),
    [(JUNE_1, date(2024, 10, 1)), (date(2024, 12, 10), date(2025, 3, 10))],
)
def test_a_task_that_repeats_is_set_anew_when_it_is_done(session, done_on, next_due):
    task = add(session, "季度走访", repeats_months=3)
    tasks.finish(session, CHEN, task.id, done_on, now=datetime.combine(done_on, NOW.time()))
    again = seen(session)[0]
    assert (again.what, again.due_on, again.first_due_on, again.repeats_months) == ("季度走访", next_due, next_due, 3)


def test_reopened_and_withdrawn_with_a_reason(session):
    task = add(session)
    with pytest.raises(TaskNotPossible, match="并未标为完成"):
        tasks.reopen(session, CHEN, task.id, "错", now=NOW)
    tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW)
    tasks.reopen(session, CHEN, task.id, "只办了一半", now=NOW)
    assert seen(session)[0].open
    tasks.withdraw(session, CHEN, task.id, "设错企业", now=NOW)
    assert seen(session)[0].withdrawn.why == "设错企业"
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    for change in (
        lambda: tasks.withdraw(session, CHEN, task.id, "再撤", now=NOW),
        lambda: tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW),
        lambda: tasks.postpone(session, CHEN, task.id, date(2024, 9, 1), "等", now=NOW),
    ):
        with pytest.raises(TaskNotPossible, match="已撤回"):
            change()


def test_the_tasks_of_a_closed_case_are_due_no_more(session):
    task = add(session)
    cases.close_case(session, CHEN, cases.case_of(session, LOTUS).id, "pool_exit", "退出", JUNE_1, now=NOW)
    assert visits.open_steps(session, JUNE_1, CHEN) == []
    with pytest.raises(TaskNotPossible, match="已于 2024-06-01 结案"):
        tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW)


def test_who_comes_second_is_told_what_the_first_did_also_where_he_only_wrote_something(session):
    task = add(session)
    shown = task.version
    tasks.comment(session, LI, task.id, "材料已到一半", now=NOW)
    with pytest.raises(ChangedMeanwhile, match=r"李科长.*写说明"):
        tasks.finish(session, CHEN, task.id, JUNE_1, now=NOW, seen=shown)
    assert [one.text for one in seen(session)[0].written] == ["材料已到一半"]
    with pytest.raises(NotFound, match="第 99 号"):
        tasks.comment(session, CHEN, 99, "-", now=NOW)


@pytest.mark.both_databases
def test_a_firm_sees_what_is_meant_for_it_and_nothing_that_was_written(session):
    mine = add(session, "提交章程", for_firm=True)
    add(session, "核查股东")
    tasks.comment(session, CHEN, mine.id, "催过一次", now=NOW)
    tasks.finish(session, CHEN, mine.id, JUNE_1, now=NOW, note="内部意见")
    (one,) = seen(session, LOTUS_CLERK)
    assert (one.what, one.written, one.done_note) == ("提交章程", (), None)
    assert [one.text for one in seen(session)[-1].written] == ["催过一次"]
    add(session, "提交名册", for_firm=True)
    assert [step.next_step for step in visits.open_steps(session, JUNE_1, LOTUS_CLERK)] == ["提交名册"]


days = st.dates(date(2024, 1, 1), date(2026, 1, 1))


@given(days, days, st.none() | days, days)
def test_a_plan_never_slips_backwards_and_an_open_task_slips_on_from_day_to_day(first, due, done, on):
    slipped = slipped_days(first, due, done, on)
    assert slipped >= 0
    assert slipped_days(first, due, done, date.fromordinal(on.toordinal() + 1)) >= slipped
    if done is not None and done <= first:
        assert slipped == 0
