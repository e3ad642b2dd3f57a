"""What waits today: each reason on its first day and not the day before, the weightiest firm first, mine before all."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.store.tables import Account, Case, CaseStage, FirmListRow
from pipeline.tutoring import cases, visits
from pipeline.tutoring.agenda.agenda import CERTIFICATE_DAYS, STALE_DAYS, VISIT_EVERY_DAYS, agenda
from pipeline.tutoring.problems import problems
from pipeline.tutoring.stages import STAGES
from pipeline.tutoring.tasks import tasks
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JUNE_1, LOTUS_CLERK, MAY_1, NOW, found, score
from tests.pipeline.tutoring.test_many_cases import account, officers

DAY = timedelta(days=1)


@pytest.fixture
def session(engine):
    """Lotus and Banyan in tutoring since 1 May."""
    found(engine)
    with Session(engine) as session:
        officers(session)
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        session.execute(update(CaseStage).values(recorded_at=NOW.replace(month=5, day=1)))
        session.add_all(FirmListRow(firm_id=firm) for firm in (LOTUS, BANYAN, KAPOK))
        session.commit()
        yield session


def kinds(session, on, firm=LOTUS, person=CHEN, **more):
    told = {each.line.firm_id: each for each in agenda(session, person, on, **more).firms}
    return [reason.kind for reason in told[firm].reasons] if firm in told else []


def listed(session, firm=LOTUS, **columns):
    session.execute(update(FirmListRow).where(FirmListRow.firm_id == firm).values(**columns))


def visit(session, firm=LOTUS, on=MAY_1, step=None, due=None):
    visits.record_visit(session, CHEN, firm, on, f"看过 {on} {step}", step, due, now=NOW)


@pytest.mark.parametrize(("days", "late", "week"), [(0, 0, 1), (1, 1, 0), (-7, 0, 1), (-8, 0, 0)])
def test_a_step_is_overdue_from_the_day_after_and_due_within_a_week(session, days, late, week):
    visit(session, step="补缴社保", due=JUNE_1)
    told = agenda(session, CHEN, JUNE_1 + days * DAY)
    assert (len(told.overdue), len(told.this_week)) == (late, week)
    assert ("overdue" in kinds(session, JUNE_1 + days * DAY)) == bool(late)


def test_a_firm_is_named_when_nobody_has_been_there_for_longer_than_its_stage_allows(session):
    last = MAY_1 + VISIT_EVERY_DAYS["nurture"] * DAY
    assert "unvisited" not in kinds(session, last)
    assert "unvisited" in kinds(session, last + DAY)
    visit(session, on=MAY_1 + 10 * DAY)
    assert "unvisited" not in kinds(session, last + DAY)
    assert set(VISIT_EVERY_DAYS) == set(STAGES)


def test_a_case_is_stale_when_no_person_did_anything_and_scores_do_not_count(session, engine):
    last = MAY_1 + STALE_DAYS * DAY
    score(engine, {LOTUS: 61.0}, as_of=JUNE_1)
    assert "stale" not in kinds(session, last)
    assert "stale" in kinds(session, last + DAY)
    visit(session, on=MAY_1 + DAY)
    assert "stale" not in kinds(session, last + DAY)


@pytest.mark.parametrize(("now", "named"), [(56.0, True), (56.01, False), (66.0, False)])
def test_a_fall_of_five_points_is_named(session, engine, now, named):
    score(engine, {LOTUS: 61.0, BANYAN: 61.0}, as_of=MAY_1)
    score(engine, {LOTUS: now, BANYAN: 61.0}, as_of=JUNE_1)
    assert ("fell" in kinds(session, JUNE_1)) is named
    assert "fell" not in kinds(session, JUNE_1, BANYAN)


def test_a_certificate_is_named_half_a_year_before_it_runs_out_and_after(session):
    ends = date(2025, 5, 1)
    listed(session, hnte_expires_on=ends)
    first = ends - CERTIFICATE_DAYS * DAY
    visit(session, on=MAY_1)
    assert "certificate" not in kinds(session, first - DAY)
    assert "certificate" in kinds(session, first)
    (reason,) = [
        reason.message.in_language("en")
        for each in agenda(session, CHEN, ends + DAY).firms
        for reason in each.reasons
        if reason.kind == "certificate"
    ]
    assert reason == "its HNTE certificate ran out on 2025-05-01"


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"in_doubt": True}, "doubt"),
        ({"best_board": "bse", "best_state": "within_20_percent", "gap_share": 0.12}, "near"),
    ],
)
def test_doubts_and_a_board_that_is_near_are_reasons(session, columns, kind):
    assert kind not in kinds(session, MAY_1)
    listed(session, **columns)
    assert kind in kinds(session, MAY_1)


def test_the_weightiest_firm_comes_first_and_one_without_a_reason_is_not_named(session):
    listed(session, BANYAN, in_doubt=True)
    visit(session, step="补缴社保", due=MAY_1 + DAY)
    told = agenda(session, CHEN, MAY_1 + 3 * DAY)
    assert [each.line.firm_id for each in told.visits] == [LOTUS, BANYAN]
    assert [each.weight for each in told.firms] == sorted((each.weight for each in told.firms), reverse=True)
    listed(session, BANYAN, in_doubt=False)
    assert [each.line.firm_id for each in agenda(session, CHEN, MAY_1 + 3 * DAY).firms] == [LOTUS]


def test_a_mentor_sees_the_own_cases_and_all_when_asked_and_who_has_none_sees_all(session):
    listed(session, in_doubt=True)
    listed(session, BANYAN, in_doubt=True)
    case = session.scalars(select(Case).where(Case.firm_id == BANYAN)).one()
    cases.assign_mentor(session, CHEN, case.id, account(session, "甲"), now=NOW)
    mentor, other = (people.person_from(session.get_one(Account, account(session, name))) for name in ("甲", "乙"))
    assert (agenda(session, mentor, MAY_1).mine, agenda(session, mentor, MAY_1).cases) == (True, 1)
    assert kinds(session, MAY_1, LOTUS, mentor) == []
    assert kinds(session, MAY_1, LOTUS, mentor, mine=False) == ["doubt"]
    assert (agenda(session, other, MAY_1).mine, agenda(session, other, MAY_1).cases) == (False, 2)


def test_whoever_is_to_do_something_much_later_has_cases_of_their_own(session):
    other = people.person_from(session.get_one(Account, account(session, "乙")))
    tasks.add_task(session, CHEN, LOTUS, "补社保说明", JUNE_1 + 60 * DAY, now=NOW, owner_id=other.id)
    told = agenda(session, other, JUNE_1)
    assert (told.mine, told.cases, told.overdue, told.this_week) == (True, 0, [], [])
    assert agenda(session, other, JUNE_1 + 54 * DAY).this_week[0].next_step == "补社保说明"


def test_a_firm_itself_has_no_such_page(session):
    with pytest.raises(NotAllowed):
        agenda(session, LOTUS_CLERK, MAY_1)


def test_what_came_after_the_day_is_not_read_on_it(session, engine):
    score(engine, {LOTUS: 61.0}, as_of=MAY_1)
    score(engine, {LOTUS: 50.0}, as_of=JUNE_1)
    assert "fell" not in kinds(session, JUNE_1 - DAY)
    assert "fell" in kinds(session, JUNE_1)
    visit(session, on=JUNE_1)
    last = MAY_1 + VISIT_EVERY_DAYS["nurture"] * DAY + DAY
    assert "unvisited" not in kinds(session, last)
    visit(session, BANYAN, on=JUNE_1)
    told = {each.line.firm_id: each for each in agenda(session, CHEN, MAY_1 + 300 * DAY).firms}
    assert told[LOTUS].last_visit == JUNE_1


def test_cases_and_lists_of_a_past_day_take_the_place_of_todays(session):
    lines = [line for line in cases.open_cases(session, CHEN, MAY_1) if line.firm_id == LOTUS]
    then = {LOTUS: FirmListRow(firm_id=LOTUS, in_doubt=True, pool="seed", points=55.0)}
    told = agenda(session, CHEN, MAY_1, mine=False, lines=lines, listed=then)
    assert told.cases == 1
    assert [(each.line.firm_id, each.pool, [r.kind for r in each.reasons]) for each in told.firms] == [
        (LOTUS, "seed", ["doubt"])
    ]
    assert kinds(session, MAY_1) == []


def test_a_problem_is_a_reason_from_the_day_after_its_due_day_until_it_is_resolved(session):
    problem = problems.record_problem(session, CHEN, [LOTUS], "land", "土地证未办", None, JUNE_1, MAY_1, now=NOW)
    assert "problem" not in kinds(session, JUNE_1)
    assert "problem" in kinds(session, JUNE_1 + DAY)
    assert "problem" not in kinds(session, JUNE_1 + DAY, BANYAN)
    (reason,) = [
        reason.message.in_language("en")
        for each in agenda(session, CHEN, JUNE_1 + DAY).firms
        for reason in each.reasons
        if reason.kind == "problem"
    ]
    assert reason == "the problem “land and buildings” was to be gone by 2024-06-01"
    later = NOW + 2 * DAY
    problems.resolve(session, CHEN, problem.id, "已办证", JUNE_1 + 2 * DAY, now=later)
    assert "problem" in kinds(session, JUNE_1 + DAY)
    assert "problem" not in kinds(session, JUNE_1 + 3 * DAY)
