"""What is known of problems on a day: their age and lateness, whose they are, and nothing that came later."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from pipeline.errors import NotAllowed, NotFound
from pipeline.tutoring.problems import problem_lists, problems
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found
from tests.pipeline.tutoring.problems.hindered import MAY_1, MAY_31, at, later, problem

MAY_10, MAY_20 = date(2024, 5, 10), date(2024, 5, 20)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def listed(session, on, person=CHEN, **chosen):
    return problem_lists.problems(session, person, on, **chosen)


@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_a_problem_is_overdue_the_day_after_its_day_and_not_on_it(session, days, late):
    problem(session)
    (line,) = listed(session, later(days))
    assert (line.days_late, line.overdue) == (days, late)
    assert len(listed(session, later(days), overdue_only=True)) == late


def test_the_longest_overdue_stands_first_and_what_has_ended_last(session):
    numbers = [problem(session, due_on=MAY_20 + timedelta(days=days), text=f"{days}") for days in (2, 0, 1, -9)]
    problems.resolve(session, CHEN, numbers[3], "已办", MAY_20, now=at(MAY_20))
    assert [line.text for line in listed(session, MAY_31)] == ["0", "1", "2"]
    assert [line.text for line in listed(session, MAY_31, open_only=False)] == ["0", "1", "2", "-9"]


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "under_30"),
        (29, "under_30"),
        (30, "30_to_90"),
        (89, "30_to_90"),
        (90, "90_to_180"),
        (180, "90_to_180"),
        (181, "over_180"),
    ],
)
def test_problems_are_counted_by_age_with_its_days_at_each_end(session, days, age):
    problem(session)
    on = later(days, MAY_1)
    assert problem_lists.counts(session, CHEN, on).by_age == {age: 1}
    assert len(listed(session, on, age=age)) == 1
    assert listed(session, on, age="over_180" if age != "over_180" else "under_30") == []


def test_open_problems_are_counted_by_whose_they_are(session):
    for text, department in (("甲", "tax"), ("乙", "tax"), ("丙", None), ("丁", "courts")):
        number = problem(session, text=text, department=department, due_on=MAY_10)
    problems.resolve(session, CHEN, number, "已办", MAY_20, now=at(MAY_20))
    counted = problem_lists.counts(session, CHEN, MAY_31)
    assert (counted.open, counted.overdue, counted.by_department) == (3, 3, {"tax": 2, "bureau": 1})
    assert [line.text for line in listed(session, MAY_31, department="bureau")] == ["丙"]
    assert [line.text for line in listed(session, MAY_31, department="courts")] == []
    assert [line.text for line in listed(session, MAY_31, kind="tax")] == []
    assert problem_lists.counts(session, CHEN, date(2024, 4, 30)).open == 0


def test_on_an_earlier_day_only_what_was_known_then_is_told(session):
    number = problem(session, LOTUS)
    problems.add_firm(session, CHEN, number, KAPOK, MAY_10, now=at(MAY_10))
    problems.postpone(session, CHEN, number, date(2024, 6, 30), "待审批", MAY_10, now=at(MAY_20))  # told ten days later
    problems.hand_to(session, CHEN, number, "tax", "改派", MAY_20, now=at(MAY_20))
    problems.leave(session, CHEN, number, LOTUS, "已办", MAY_20, now=at(MAY_31))
    problems.resolve(session, CHEN, number, "已办证", MAY_20, now=at(MAY_31))

    def told(on):
        (line,) = listed(session, on, open_only=False)
        return line.state, line.due_on, line.department, list(line.firms), line.ended_on

    assert listed(session, date(2024, 4, 30), open_only=False) == []
    assert told(date(2024, 5, 9)) == ("open", MAY_31, "natural_resources", [LOTUS], None)
    assert told(date(2024, 5, 19)) == ("open", MAY_31, "natural_resources", [LOTUS, KAPOK], None)
    assert told(date(2024, 5, 30)) == ("open", date(2024, 6, 30), "tax", [LOTUS, KAPOK], None)
    assert told(MAY_31) == ("resolved", date(2024, 6, 30), "tax", [KAPOK], MAY_20)
    assert len(problem_lists.problem_seen(session, CHEN, number, date(2024, 5, 19)).entries) == 1
    with pytest.raises(NotFound):
        problem_lists.problem_seen(session, CHEN, number, date(2024, 4, 30))


def test_what_was_recorded_late_was_not_known_on_the_day_it_began(session):
    problem(session, on=MAY_1, now=at(MAY_20))
    assert listed(session, date(2024, 5, 19)) == []
    assert listed(session, MAY_20)[0].age_days == 19


def test_an_enterprise_reads_whose_its_problem_is_and_until_when_and_no_word_or_other_firm(session):
    number = problem(session, BANYAN, LOTUS)
    problem(session, BANYAN, text="另一件")
    gone = problem(session, LOTUS, text="登错")
    problems.withdraw(session, CHEN, gone, "登错", MAY_1, now=at(MAY_1))
    (line,) = listed(session, MAY_31, LOTUS_CLERK, open_only=False)
    assert (line.id, line.kind, line.department, line.due_on, line.state) == (
        number,
        "land",
        "natural_resources",
        MAY_31,
        "open",
    )
    assert (list(line.firms), line.others) == ([LOTUS], 0)
    assert (line.text, line.level, line.recorded_by, line.ended_how, line.ended_by) == (None,) * 5
    problems.resolve(session, CHEN, number, "已办证", MAY_31, now=at(MAY_31))
    (line,) = listed(session, MAY_31, LOTUS_CLERK, open_only=False)
    assert (line.state, line.ended_on, line.ended_how, line.ended_by) == ("resolved", MAY_31, None, None)
    with pytest.raises(NotAllowed):
        problem_lists.problem_seen(session, LOTUS_CLERK, number, MAY_31)


def test_a_district_reads_the_problems_of_its_firms_and_how_many_others_they_hinder(session):
    problem(session, BANYAN, LOTUS)
    problem(session, LOTUS, text="另一件")
    (line,) = listed(session, MAY_31, JIANGHAI)
    assert (list(line.firms), line.others) == ([BANYAN], 1)
    assert problem_lists.counts(session, JIANGHAI, MAY_31).open == 1
    with pytest.raises(NotAllowed):
        listed(session, MAY_31, ANA)


def test_the_problems_of_one_firm_are_those_that_hinder_it_still(session):
    number = problem(session, LOTUS, BANYAN)
    assert [line.id for line in listed(session, MAY_31, firm_id=BANYAN)] == [number]
    problems.leave(session, CHEN, number, BANYAN, "不涉及", MAY_10, now=at(MAY_10))
    assert listed(session, MAY_31, firm_id=BANYAN) == []
    assert [list(line.firms) for line in listed(session, MAY_31, firm_id=LOTUS)] == [[LOTUS]]
