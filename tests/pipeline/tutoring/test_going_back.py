"""Cases that go back without ending, and one firm all the way: out of the pool, in again, and to the bell."""

from datetime import date, datetime, time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.tables import Event
from pipeline.tutoring import cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from tests.cast import LOTUS, happened
from tests.pipeline.pools.city import CHEN, LI, found

ON_SQLITE_ALONE = True

NOW = datetime(2027, 6, 1, 9, 0)


def morning(day):
    """Things are written down on the day on which they happen, as in a bureau that keeps its records."""
    return datetime.combine(day, time(9))


SIGNED = {"broker": "甲证券", "law_firm": "乙律师事务所", "auditor": "丙会计师事务所"}


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def walk(session, case, *steps, **more):
    for stage, day in steps:
        on = date.fromisoformat(day)
        cases.change_stage(session, CHEN, case.id, stage, on, now=morning(on), **more)


def tutored(session):
    """A case whose tutoring is filed and accepted."""
    case = cases.open_case(session, CHEN, LOTUS, date(2023, 1, 5), now=morning(date(2023, 1, 5)))
    walk(session, case, ("advisers", "2023-03-01"), advisers=SIGNED)
    walk(session, case, ("share_reform", "2023-09-01"), ("tutoring_filed", "2024-01-10"))
    walk(session, case, ("tutoring_accepted", "2024-01-15"))
    return case


def back(session, case, outcome="tutoring_terminated", on=date(2024, 5, 20), by=CHEN, **more):
    return cases.go_back(session, by, case.id, outcome, "更换保荐券商", on, now=morning(on), **more)


def kinds(session):
    return list(session.scalars(select(Event.kind).where(Event.in_force).order_by(Event.id)))


def test_a_case_whose_tutoring_ended_goes_back_to_what_is_built_and_stays_open(session):
    case = tutored(session)
    back(session, case)
    assert (case.stage, case.stage_since, case.closed_on) == ("share_reform", date(2024, 5, 20), None)
    assert kinds(session)[-1] == "tutoring_terminated"
    (line,) = cases.open_cases(session, CHEN, date(2027, 6, 1))
    assert line.says_otherwise is None
    entry = cases.history(session, CHEN, case.id)[-1]
    assert (entry.back_by, entry.why) == ("tutoring_terminated", "更换保荐券商")


def test_after_going_back_the_same_stages_are_entered_again_and_their_terms_count_anew(session):
    case = tutored(session)
    back(session, case)
    assert [stage.id for stage in cases.possible_stages(session, case)] == ["tutoring_filed"]
    walk(session, case, ("tutoring_filed", "2024-07-01"))
    with pytest.raises(CaseNotPossible, match="2024-10-01"):
        walk(session, case, ("tutoring_passed", "2024-09-30"))
    walk(session, case, ("tutoring_passed", "2024-10-01"))


def test_going_back_is_taken_back_like_any_other_entry(session):
    case = tutored(session)
    back(session, case)
    cases.take_back(session, CHEN, case.id, "未终止", now=NOW)
    assert (case.stage, case.stage_since) == ("tutoring_accepted", date(2024, 1, 15))
    assert "tutoring_terminated" not in kinds(session)


@pytest.mark.parametrize("outcome", ["withdrawn", "pool_exit", "acquired", "moved_away", "vanished"])
def test_only_ways_out_of_its_stage_that_leave_something_to_tutor_lead_back(session, outcome):
    case = tutored(session)
    with pytest.raises(CaseNotPossible, match="终止辅导"):
        back(session, case, outcome)
    assert case.stage == "tutoring_accepted"


def test_a_case_does_not_go_back_before_its_stage_began_or_without_a_reason(session):
    case = tutored(session)
    with pytest.raises(CaseNotPossible, match="2024-01-15"):
        back(session, case, on=date(2024, 1, 14))
    with pytest.raises(CaseNotPossible, match="写明理由"):
        cases.go_back(session, CHEN, case.id, "tutoring_terminated", " ", date(2024, 5, 20), now=NOW)


def test_who_comes_second_is_told_that_the_case_went_back(session):
    case = tutored(session)
    seen = case.version
    back(session, case, by=LI)
    with pytest.raises(ChangedMeanwhile, match=r"李科长.*终止辅导"):
        back(session, case, seen=seen)


def test_a_case_that_files_brought_to_tutoring_goes_back_to_what_they_say_is_built(engine, session):
    happened(engine, LOTUS, "share_reform", date(2023, 1, 9))
    happened(engine, LOTUS, "tutoring_filed", date(2024, 2, 1))
    case = cases.open_case(session, CHEN, LOTUS, date(2024, 2, 10), now=NOW)
    back(session, case)
    assert case.stage == "share_reform"


def test_a_case_without_anything_built_goes_back_to_the_first_stage(engine, session):
    happened(engine, LOTUS, "tutoring_filed", date(2024, 2, 1))
    case = cases.open_case(session, CHEN, LOTUS, date(2024, 2, 10), now=NOW)
    back(session, case)
    assert case.stage == "nurture"


def test_files_that_state_the_next_round_move_a_case_that_went_back(engine, session):
    case = tutored(session)
    back(session, case)
    session.commit()
    happened(engine, LOTUS, "tutoring_filed", date(2024, 8, 1))
    (moved,) = cases.catch_up(session, CHEN, date(2027, 6, 1), now=NOW)
    assert (moved.stage, moved.stage_since) == ("tutoring_filed", date(2024, 8, 1))


def test_each_move_says_where_it_came_from_and_how_long_the_case_stayed(session):
    case = tutored(session)
    back(session, case)
    found = cases.moves(session, CHEN, case.id, date(2024, 5, 30))
    assert [(move.before, move.entry.stage, move.days) for move in found] == [
        (None, "nurture", 55),
        ("nurture", "advisers", 184),
        ("advisers", "share_reform", 131),
        ("share_reform", "tutoring_filed", 5),
        ("tutoring_filed", "tutoring_accepted", 126),
        ("tutoring_accepted", "share_reform", 10),
    ]
    cases.take_back(session, CHEN, case.id, "未终止", now=NOW)
    found = cases.moves(session, CHEN, case.id, date(2024, 5, 30))
    assert [(move.entry.stage, move.days) for move in found[-2:]] == [
        ("tutoring_accepted", 136),
        ("share_reform", None),
    ]


@pytest.mark.both_databases
def test_one_firm_from_the_pool_out_again_in_again_and_to_the_bell(session):
    """First round: the exchange rejects it, it leaves the pool. Second round: to the bell."""
    first = tutored(session)
    walk(session, first, ("tutoring_passed", "2024-04-15"), ("filed", "2024-05-01"), ("accepted", "2024-05-08"))
    walk(session, first, ("inquiry", "2024-06-05"))
    back(session, first, "rejected", date(2024, 11, 20))
    assert (first.stage, first.closed_on) == ("share_reform", None)
    cases.close_case(
        session, CHEN, first.id, "pool_exit", "业绩下滑，出库", date(2024, 12, 1), now=morning(date(2024, 12, 1))
    )

    second = cases.open_case(session, CHEN, LOTUS, date(2025, 3, 1), now=morning(date(2025, 3, 1)))
    assert second.stage == "share_reform"  # what was built before it left
    walk(session, second, ("tutoring_filed", "2025-03-10"), ("tutoring_accepted", "2025-03-14"))
    with pytest.raises(CaseNotPossible, match="2025-06-14"):
        walk(session, second, ("tutoring_passed", "2025-06-13"))
    walk(session, second, ("tutoring_passed", "2025-06-14"), ("filed", "2025-07-01"), ("accepted", "2025-07-08"))
    walk(session, second, ("inquiry", "2025-08-05"), ("committee", "2026-01-15"))
    walk(session, second, ("registration_submitted", "2026-02-01"), ("registered", "2026-04-01"))
    with pytest.raises(CaseNotPossible, match="2027-04-01"):
        walk(session, second, ("listed", "2027-04-02"))
    walk(session, second, ("listed", "2026-06-18"))
    assert (second.outcome, second.closed_on) == ("listed", date(2026, 6, 18))
    assert cases.case_of(session, LOTUS) is None
    ended = [(line.case.outcome, line.case.opened_on) for line in cases.cases_of(session, CHEN, LOTUS, NOW.date())]
    assert ended == [("listed", date(2025, 3, 1)), ("pool_exit", date(2023, 1, 5))]
    assert audit.verify(session) > 20
