"""What a person is told: each kind once, to whom it is meant and to nobody else; read until it names another day."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.reminders.notices import GROUP_NAMES, GROUP_OF, GROUPS, notices, unread
from pipeline.reminders.read_marks import mark
from pipeline.store.tables import Account, Case, Firm, Visit
from pipeline.tutoring import cases, visits
from pipeline.tutoring.problems import escalation, problems
from pipeline.tutoring.tasks import tasks
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import CHEN, JUNE_1, LOTUS_CLERK, MAY_1, NOW, SECOND, found, points_only, score
from tests.pipeline.tutoring.test_many_cases import officers

DAY = timedelta(days=1)
LATE = NOW + 60 * DAY
ON = JUNE_1 + 60 * DAY


def who(session, name):
    return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


@pytest.fixture
def session(engine):
    """甲 looks after Lotus since today, where a step and a task are late and one is due in a week; 丙 of Jianghai has a
    task at Banyan. Nobody looks after Banyan, which a problem hinders that climbed to the county."""
    found(engine)
    score(engine, {LOTUS: 20.0, BANYAN: 20.0}, as_of=MAY_1)
    score(engine, {LOTUS: 15.0, BANYAN: 15.0}, as_of=JUNE_1)
    with Session(engine) as session:
        officers(session)
        a, c = who(session, "甲"), who(session, "丙")
        numbers = {}
        for firm in (LOTUS, BANYAN):
            numbers[firm] = cases.open_case(session, CHEN, firm, MAY_1, now=NOW).id
        cases.assign_mentor(session, CHEN, numbers[LOTUS], a.id, now=LATE)
        visits.record_visit(session, CHEN, LOTUS, JUNE_1, "看过", "补缴社保", ON - DAY, now=LATE)
        tasks.add_task(session, CHEN, LOTUS, "交章程", ON + 7 * DAY, for_firm=True, now=LATE)
        tasks.add_task(session, CHEN, LOTUS, "选券商", ON + 8 * DAY, now=LATE)
        tasks.add_task(session, CHEN, BANYAN, "补审计报告", ON + 30 * DAY, owner_id=c.id, now=LATE)
        problems.record_problem(session, CHEN, [BANYAN], "land", "土地证未办", None, ON - 20 * DAY, MAY_1, now=NOW)
        escalation.raise_overdue(session, CHEN, ON, LATE)
        session.commit()
        yield session


def told(session, person, on=ON):
    return Counter(one.kind for one in notices(session, person, on))


def test_each_is_told_what_is_theirs_and_the_number_is_that_of_the_list(session):
    mentor = {"step_overdue": 1, "task_due": 1, "task_given": 1, "case_given": 1, "fell": 1}
    assert told(session, who(session, "甲")) == mentor
    assert told(session, who(session, "丙")) == {"task_given": 1, "problem_raised": 1}  # to the county
    assert told(session, who(session, "乙")) == {}
    assert told(session, LOTUS_CLERK) == {"task_due": 1}
    assert told(session, SECOND) == {}  # an analyst has no tutoring
    for person in (who(session, "甲"), who(session, "丙"), LOTUS_CLERK):
        assert unread(session, person, ON) == len(notices(session, person, ON))
    assert told(session, who(session, "甲"), ON - 2 * DAY) == {"fell": 1}  # all else became known later
    assert set(GROUPS) == set(GROUP_NAMES)
    assert all(str(one.message) for one in notices(session, who(session, "甲"), ON))
    assert set(GROUP_OF) >= set(told(session, who(session, "甲")))


def test_what_was_read_counts_no_more_until_it_names_another_day(session):
    a = who(session, "甲")
    (late,) = [one for one in notices(session, a, ON) if one.kind == "step_overdue"]
    assert late.page == f"/firm/{LOTUS}#tutoring"
    before = unread(session, a, ON)
    assert [
        one.key for one in mark(session, a, ON, read=True, now=LATE, keys=[late.key, "step_due:999:2024-01-01"])
    ] == [late.key]
    assert unread(session, a, ON) == before - 1
    assert mark(session, a, ON, read=True, now=LATE, keys=[late.key]) == []
    assert len(mark(session, a, ON, read=False, now=LATE, keys=[late.key])) == 1
    assert unread(session, a, ON) == before
    assert len(mark(session, a, ON, read=True, now=LATE)) == before
    assert (unread(session, a, ON), unread(session, who(session, "丙"), ON)) == (
        0,
        len(told(session, who(session, "丙"))),
    )
    session.get_one(Visit, late.number).due_on = ON - 3 * DAY
    session.flush()
    assert [one.about for one in notices(session, a, ON) if not one.read] == [ON - 3 * DAY]


def test_a_problem_that_climbs_to_the_city_is_told_there_and_a_line_crossed_to_the_mentor(session, engine):
    later = ON + 30 * DAY
    escalation.raise_overdue(session, CHEN, later, LATE + 30 * DAY)
    assert told(session, who(session, "乙"), later) == {"problem_raised": 1}
    assert "problem_raised" not in told(session, who(session, "丙"), later)
    case = session.scalars(select(Case).where(Case.firm_id == BANYAN)).one()
    cases.assign_mentor(session, CHEN, case.id, who(session, "乙").id, now=LATE + 30 * DAY)
    assert told(session, who(session, "乙"), later) == {
        "problem_raised": 1,
        "problem_overdue": 1,
        "case_given": 1,
        "fell": 1,
    }
    session.commit()
    line = points_only().golden.enter_points
    score(engine, {LOTUS: line - 1, BANYAN: line}, as_of=later - DAY)
    score(engine, {LOTUS: line - 0.5, BANYAN: line - 0.5}, as_of=later)
    assert "crossed" not in told(session, who(session, "乙"), later)
    session.rollback()  # what it read ends here
    score(engine, {LOTUS: line, BANYAN: line}, as_of=later + DAY)
    assert "crossed" in told(session, who(session, "乙"), later + DAY)


def test_a_firm_that_left_the_district_and_a_step_that_is_done_are_told_no_more(session):
    c = who(session, "丙")
    session.get_one(Firm, BANYAN).district_code = "440705"
    session.flush()
    assert told(session, c) == {}
    a = who(session, "甲")
    (late,) = [one for one in notices(session, a, ON) if one.kind == "step_overdue"]
    visits.finish_step(session, CHEN, late.number, ON, now=LATE)
    assert "step_overdue" not in told(session, a)
    assert date.min < late.about
