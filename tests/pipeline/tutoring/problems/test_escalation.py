"""Problems that are overdue climb by the dated rule, each level once, and never down."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import NotAllowed
from pipeline.store.tables import CITY, AuditEntry, Firm
from pipeline.store.tutoring_tables import Problem, ProblemEntry
from pipeline.tutoring import cases
from pipeline.tutoring.problems import escalation, problem_lists, problems
from pipeline.tutoring.problems.escalation import LEVELS, Climb, above, level_on, raise_overdue
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LI, LOTUS_CLERK, found
from tests.pipeline.tutoring.problems.hindered import MAY_1, MAY_31, at, later, problem

ON_SQLITE_ALONE = True

DAYS = st.dates(date(2023, 6, 1), date(2026, 12, 31))


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def raised(session, on, by=CHEN):
    return [(one.id, level) for one, level in raise_overdue(session, by, on, at(on))]


# --- the rule ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "level"),
    [(-1, None), (0, "owner"), (14, "owner"), (15, "county"), (44, "county"), (45, "city"), (999, "city")],
)
def test_a_problem_climbs_on_the_very_day_and_not_one_before(days, level):
    assert level_on(MAY_31, later(days)) == level


@pytest.mark.parametrize(("on", "level"), [(date(2023, 12, 31), None), (date(2024, 1, 1), "city")])
def test_before_the_rule_holds_nothing_climbs(on, level):
    assert level_on(date(2023, 6, 1), on) == level


def test_a_rule_that_changes_holds_from_its_day_on():
    rule = {level: (Climb(date(2024, 1, 1), 10, "", ""), Climb(date(2024, 6, 30), 30, "", "")) for level in LEVELS}
    due = date(2024, 6, 10)
    assert level_on(due, date(2024, 6, 29), rule) == "city"
    assert level_on(due, date(2024, 6, 30), rule) is None


@pytest.mark.parametrize("value", ["-1", "1.5", "'15'"])
def test_a_rule_of_no_whole_days_is_refused(tmp_path, value):
    file = tmp_path / "tutoring.yaml"
    lines = [f"  {level}: {{values: {{2024-01-01: {{value: {value}, source: s, confidence: c}}}}}}" for level in LEVELS]
    file.write_text("\n".join(["escalation:", *lines]))
    with pytest.raises(ValueError, match="whole days"):
        escalation.rule(file)


def test_a_rule_by_which_the_city_comes_before_the_county_is_refused(tmp_path):
    file = tmp_path / "tutoring.yaml"
    lines = [
        f"  {level}: {{values: {{2024-01-01: {{value: {value}, source: s, confidence: c}}}}}}"
        for level, value in zip(LEVELS, (0, 45, 44), strict=True)
    ]
    file.write_text("\n".join(["escalation:", *lines]))
    with pytest.raises(ValueError, match="do not rise"):
        escalation.rule(file)


@given(due=DAYS, on=DAYS, more=st.integers(0, 400))
def test_on_a_later_day_the_level_is_never_lower(due, on, more):
    assert not above(level_on(due, on), level_on(due, on + timedelta(days=more)))


@given(due=DAYS, on=DAYS, more=st.integers(0, 400))
def test_a_later_due_day_never_raises(due, on, more):
    assert not above(level_on(due + timedelta(days=more), on), level_on(due, on))


@given(due=DAYS, on=DAYS)
def test_the_level_is_the_last_whose_days_have_passed(due, on):
    days = {"owner": 0, "county": 15, "city": 45}
    passed = [level for level in LEVELS if (on - due).days >= days[level] and on >= date(2024, 1, 1)]
    assert level_on(due, on) == (passed[-1] if passed else None)


# --- problems are raised ----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_overdue_problem_climbs_level_by_level_and_leaves_its_entry_and_a_line_in_the_trail(session):
    audit.touch(session, Firm, Firm.cohort == CITY)
    number = problem(session)
    climbed = [raised(session, later(days)) for days in (-1, 0, 14, 15, 44, 45, 400)]
    assert climbed == [[], [(number, "owner")], [], [(number, "county")], [], [(number, "city")], []]
    told = problem_lists.problem_seen(session, CHEN, number, later(400))
    assert [(one.on, one.level) for one in told.entries if one.kind == "moved_up"] == [
        (MAY_31, "owner"),
        (later(15), "county"),
        (later(45), "city"),
    ]
    assert told.line.level == "city"
    assert problem_lists.problems(session, CHEN, later(44))[0].level == "county"  # as it was then
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["record_problem", *["raise_problem"] * 3]
    assert audit.verify_all(session) == 4


def test_a_second_run_on_the_same_day_changes_nothing(session):
    problem(session)
    problem(session, BANYAN, department=None)
    assert len(raised(session, later(20))) == 2
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    assert raised(session, later(20)) == []
    assert escalation.problems_to_raise(session, CHEN, later(20)) == []
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert session.scalar(select(func.count()).where(ProblemEntry.kind == "moved_up")) == 2


def test_what_was_postponed_counts_from_the_new_day_and_stays_where_it_was_raised_to(session):
    number = problem(session)
    assert raised(session, later(15)) == [(number, "county")]
    problems.postpone(session, CHEN, number, later(60), "待审批", later(16), now=at(later(16)))
    assert [raised(session, later(days)) for days in (45, 60, 104)] == [[], [], []]
    assert session.get_one(Problem, number).level == "county"
    assert raised(session, later(105)) == [(number, "city")]


def test_what_is_resolved_or_withdrawn_climbs_no_more_and_reopened_it_does_again(session):
    numbers = [problem(session, text=f"{place}") for place in range(3)]
    problems.resolve(session, CHEN, numbers[0], "已办", later(1), now=at(later(1)))
    problems.withdraw(session, CHEN, numbers[1], "登错", later(1), now=at(later(1)))
    assert raised(session, later(15)) == [(numbers[2], "county")]
    problems.reopen(session, CHEN, numbers[0], "未办妥", later(16), now=at(later(16)))
    assert raised(session, later(16)) == [(numbers[0], "county")]


def test_the_officers_of_the_owner_are_named_when_the_day_comes(session):
    for name in ("税务甲", "税务乙", "税务丙"):
        people.add(session, name, "department", department="tax", by=people.console(), now=at(MAY_1))
    people.disable(session, "税务丙", by=people.console(), now=at(MAY_1))
    mentor, _password = people.add(session, "挂点甲", "officer", by=people.console(), now=at(MAY_1))
    cases.open_case(session, CHEN, LOTUS, MAY_1, now=at(MAY_1), mentor_id=mentor.id)
    of = {"tax": "税务乙、税务甲", "courts": "", None: "挂点甲"}
    numbers = {problem(session, department=department): names for department, names in of.items()}
    raised(session, MAY_31)
    named = select(ProblemEntry.problem_id, ProblemEntry.text).where(ProblemEntry.kind == "moved_up")
    assert {number: set(text.split("、")) for number, text in session.execute(named)} == {
        number: set(names.split("、")) for number, names in numbers.items()
    }


def test_a_district_raises_the_problems_of_its_own_firms_and_leaves_those_shared_with_others(session):
    own, shared = problem(session, BANYAN), problem(session, BANYAN, KAPOK)
    assert raised(session, later(15), JIANGHAI) == [(own, "county")]
    assert raised(session, later(15), LI) == [(shared, "county")]


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA])
def test_nobody_else_raises_anything(session, person):
    problem(session)
    with pytest.raises(NotAllowed):
        raised(session, later(15), person)


def test_a_problem_that_no_run_has_raised_in_time_goes_straight_to_where_it_belongs_with_its_officers_named(session):
    people.add(session, "税务甲", "department", department="tax", by=people.console(), now=at(MAY_1))
    number = problem(session, department="tax")
    assert raised(session, later(50)) == [(number, "city")]
    (climb,) = session.scalars(select(ProblemEntry).where(ProblemEntry.kind == "moved_up"))
    assert (climb.level, climb.text, climb.on) == ("city", "税务甲", later(50))
