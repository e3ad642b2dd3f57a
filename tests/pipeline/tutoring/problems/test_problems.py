"""Problems: recorded for one or several firms, worked at, postponed, handed over, resolved; what is refused."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import CITY, AuditEntry, Firm
from pipeline.store.tutoring_tables import Problem
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.problems import problem_lists, problems
from pipeline.tutoring.problems.problems import ProblemNotPossible
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LI, LOTUS_CLERK, found
from tests.pipeline.tutoring.problems.hindered import MAY_1, MAY_31, at, problem

ON_SQLITE_ALONE = True

MAY_10, MAY_20 = date(2024, 5, 10), date(2024, 5, 20)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def seen(session, number, on=MAY_31, person=CHEN):
    return problem_lists.problem_seen(session, person, number, on)


def test_a_problem_is_kept_with_its_firms_its_owner_and_its_day(session):
    line = seen(session, problem(session, LOTUS, BANYAN)).line
    assert (line.kind, line.text, line.department, line.state) == ("land", "厂房无产权证", "natural_resources", "open")
    assert (line.opened_on, line.due_on, line.age_days, line.days_late) == (MAY_1, MAY_31, 30, 0)
    assert (list(line.firms), line.others, line.level, line.overdue) == ([LOTUS, BANYAN], 0, None, False)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"text": "  "}, "1 至 5000 字"),
        ({"text": "长" * 5001}, "现为 5001 字"),
        ({"kind": "weather"}, "weather"),
        ({"department": "weather"}, "weather"),
        ({"due_on": date(2024, 4, 30)}, "不能早于"),
    ],
)
def test_a_problem_that_cannot_be_is_refused(session, given, complaint):
    with pytest.raises(ProblemNotPossible, match=complaint):
        problem(session, **given)
    assert problem_lists.problems(session, CHEN, MAY_31) == []


def test_a_problem_may_be_due_on_the_day_it_is_found_and_hinders_some_firm(session):
    assert problem(session, due_on=MAY_1) == 1
    with pytest.raises(ProblemNotPossible, match="企业"):
        problems.record_problem(session, CHEN, [], "tax", "欠税", None, MAY_31, MAY_1, now=at(MAY_1))


def test_a_problem_is_not_found_in_the_future(session):
    with pytest.raises(audit.NotYet):
        problem(session, on=MAY_20, now=at(MAY_10))


def test_the_very_same_problem_is_kept_once_but_another_firm_s_own_twice(session):
    number = problem(session, LOTUS, BANYAN)
    with pytest.raises(ProblemNotPossible, match=f"{number}"):
        problem(session, BANYAN, LOTUS)
    assert problem(session, LOTUS) != number
    assert problem(session, LOTUS, BANYAN, by=LI) != number
    problems.withdraw(session, CHEN, number, "登记有误", MAY_1, now=at(MAY_1))
    assert problem(session, LOTUS, BANYAN) != number


def test_a_firm_joins_and_leaves_with_a_reason_and_the_last_one_stays(session):
    number = problem(session)
    problems.add_firm(session, CHEN, number, KAPOK, MAY_10, now=at(MAY_10))
    with pytest.raises(ProblemNotPossible, match="已在"):
        problems.add_firm(session, CHEN, number, KAPOK, MAY_10, now=at(MAY_10))
    with pytest.raises(ProblemNotPossible, match="理由"):
        problems.leave(session, CHEN, number, LOTUS, " ", MAY_20, now=at(MAY_20))
    problems.leave(session, CHEN, number, LOTUS, "已取得产权证", MAY_20, now=at(MAY_20))
    with pytest.raises(ProblemNotPossible, match="唯一"):
        problems.leave(session, CHEN, number, KAPOK, "已取得产权证", MAY_20, now=at(MAY_20))
    with pytest.raises(ProblemNotPossible, match="不在"):
        problems.leave(session, CHEN, number, BANYAN, "不涉及", MAY_20, now=at(MAY_20))
    told = seen(session, number)
    assert list(told.line.firms) == [KAPOK]
    assert [(one.firm_id, one.left_on, one.left_why) for one in told.firms] == [
        (LOTUS, MAY_20, "已取得产权证"),
        (KAPOK, None, None),
    ]


def test_steps_minutes_and_comments_stand_in_their_order_and_none_twice(session):
    number = problem(session)
    for kind in ("step", "minutes", "comment"):
        problems.add_entry(session, CHEN, number, kind, "已协调", MAY_10, now=at(MAY_10))
    with pytest.raises(ProblemNotPossible, match="重复"):
        problems.add_entry(session, CHEN, number, "minutes", "已协调 ", MAY_10, now=at(MAY_10))
    problems.add_entry(session, LI, number, "minutes", "已协调", MAY_10, now=at(MAY_10))
    with pytest.raises(ProblemNotPossible, match="resolved"):
        problems.add_entry(session, CHEN, number, "resolved", "已协调", MAY_10, now=at(MAY_10))
    with pytest.raises(ProblemNotPossible, match="2024-05-01"):
        problems.add_entry(session, CHEN, number, "step", "早于登记", date(2024, 4, 30), now=at(MAY_10))
    assert [(one.kind, one.by) for one in seen(session, number).entries] == [
        ("opened", "陈主任"),
        ("step", "陈主任"),
        ("minutes", "陈主任"),
        ("comment", "陈主任"),
        ("minutes", "李科长"),
    ]


def test_a_problem_is_postponed_to_a_later_day_only(session):
    number = problem(session)
    for due in (MAY_31, MAY_20):
        with pytest.raises(ProblemNotPossible, match="2024-05-31"):
            problems.postpone(session, CHEN, number, due, "待审批", MAY_10, now=at(MAY_10))
    late, now = date(2024, 6, 20), date(2024, 6, 25)
    with pytest.raises(ProblemNotPossible, match="2024-05-31"):  # later than before, and already gone
        problems.postpone(session, CHEN, number, late, "待审批", now, now=at(now))
    problems.postpone(session, CHEN, number, late, "待审批", late, now=at(late))
    assert seen(session, number, late).line.days_late == 0


def test_a_problem_is_handed_to_another_department_and_to_the_bureau(session):
    number = problem(session)
    with pytest.raises(ProblemNotPossible, match="未作保存"):
        problems.hand_to(session, CHEN, number, "natural_resources", "改派", MAY_10, now=at(MAY_10))
    problems.hand_to(session, CHEN, number, "tax", "改派", MAY_10, now=at(MAY_10))
    assert seen(session, number).line.department == "tax"
    problems.hand_to(session, CHEN, number, "bureau", "改派", MAY_10, now=at(MAY_10))
    assert seen(session, number).line.department is None


@pytest.mark.both_databases
def test_a_problem_is_resolved_once_reopened_with_a_reason_and_withdrawn_for_good(session):
    number = problem(session)
    with pytest.raises(ProblemNotPossible, match="未办结"):
        problems.reopen(session, CHEN, number, "证件有误", MAY_20, now=at(MAY_20))
    problems.resolve(session, CHEN, number, "已办证", MAY_20, now=at(MAY_20))
    told = seen(session, number).line
    assert (told.state, told.ended_on, told.ended_by, told.ended_how) == ("resolved", MAY_20, "陈主任", "已办证")
    assert (told.age_days, told.days_late) == (19, -11)  # its days ended with it
    with pytest.raises(ProblemNotPossible, match="已由 陈主任 于 2024-05-20"):
        problems.resolve(session, LI, number, "已办证", MAY_20, now=at(MAY_20))
    with pytest.raises(ProblemNotPossible, match="已由"):
        problems.postpone(session, CHEN, number, date(2024, 7, 1), "待审批", MAY_20, now=at(MAY_20))
    with pytest.raises(ProblemNotPossible, match="2024-05-20"):
        problems.reopen(session, CHEN, number, "证件有误", MAY_10, now=at(MAY_31))
    problems.reopen(session, CHEN, number, "证件有误", MAY_31, now=at(MAY_31))
    told = seen(session, number).line
    assert (told.state, told.ended_on, told.days_late) == ("open", None, 0)
    problems.withdraw(session, CHEN, number, "登记有误", MAY_31, now=at(MAY_31))
    assert seen(session, number).line.state == "withdrawn"
    with pytest.raises(ProblemNotPossible, match="重新登记"):
        problems.reopen(session, CHEN, number, "证件有误", MAY_31, now=at(MAY_31))


def test_who_comes_second_is_told_what_the_first_did(session):
    number = problem(session)
    version = session.get_one(Problem, number).version
    problems.postpone(session, LI, number, date(2024, 6, 10), "待审批", MAY_10, now=at(MAY_10), seen=version)
    with pytest.raises(ChangedMeanwhile, match="李科长"):
        problems.resolve(session, CHEN, number, "已办证", MAY_20, now=at(MAY_20), seen=version)
    problems.add_firm(session, LI, number, KAPOK, MAY_20, now=at(MAY_20), seen=version + 1)
    with pytest.raises(ChangedMeanwhile, match="企业"):
        problems.resolve(session, CHEN, number, "已办证", MAY_20, now=at(MAY_20), seen=version + 1)


@pytest.mark.parametrize("person", [JIANGHAI, LOTUS_CLERK, ANA])
def test_only_who_may_record_visits_to_each_of_its_firms_changes_a_problem(session, person):
    number = problem(session, BANYAN, LOTUS)
    with pytest.raises(NotAllowed):
        problem(session, BANYAN, LOTUS, by=person)
    with pytest.raises((NotAllowed, NotFound)):
        problems.resolve(session, person, number, "已办证", MAY_20, now=at(MAY_20))
    assert problem(session, BANYAN, by=JIANGHAI) == number + 1


def test_a_problem_that_does_not_exist_is_named(session):
    with pytest.raises(NotFound, match="99"):
        problems.resolve(session, CHEN, 99, "已办证", MAY_20, now=at(MAY_20))


@pytest.mark.both_databases
def test_every_change_stands_in_the_trail_without_what_was_written_in_it(session):
    audit.touch(session, Firm, Firm.cohort == CITY)
    number = problem(session)
    problems.add_firm(session, CHEN, number, KAPOK, MAY_10, now=at(MAY_10))
    problems.leave(session, CHEN, number, KAPOK, "不涉及", MAY_10, now=at(MAY_10))
    problems.add_entry(session, CHEN, number, "minutes", "纪要甲", MAY_10, now=at(MAY_10))
    problems.postpone(session, CHEN, number, date(2024, 6, 10), "待审批", MAY_10, now=at(MAY_10))
    problems.hand_to(session, CHEN, number, None, "改派", MAY_10, now=at(MAY_10))
    problems.resolve(session, CHEN, number, "已办证", MAY_20, now=at(MAY_20))
    problems.reopen(session, CHEN, number, "证件有误", MAY_20, now=at(MAY_20))
    problems.withdraw(session, CHEN, number, "登记有误", MAY_20, now=at(MAY_20))
    entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.action for entry in entries] == [
        "record_problem",
        "add_firm_to_problem",
        "leave_problem",
        "add_to_problem",
        "postpone_problem",
        "hand_over_problem",
        "resolve_problem",
        "reopen_problem",
        "withdraw_problem",
    ]
    assert {entry.subject for entry in entries} == {f"problem:{number}"}
    said = str([entry.details for entry in entries])
    assert "厂房无产权证" not in said
    assert "纪要甲" not in said
    assert audit.verify_all(session) == 9
