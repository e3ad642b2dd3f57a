"""What came before a success: who was at risk, what had come before on the landmark, whether the outcome came after."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Person, Role
from pipeline.effect.compared import Comparison, Counts
from pipeline.effect.effect import NEXT_STAGE, Effect, effect
from pipeline.effect.landmarks import BEFORE, IN_TUTORING, landmarks
from pipeline.errors import NotAllowed
from pipeline.store.tables import AuditEntry, Case, CaseStage, Event, Visit
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found, score
from tests.pipeline.pools.membership import stayed

#: The only landmark whose year is over on the day, and of which anything is known before it.
JAN_1, ON = date(2024, 1, 1), date(2024, 12, 31)
#: The day after the landmark before it.
JULY_2 = date(2023, 7, 2)
TWELVE = [f"firm-{number:02d}" for number in range(1, 13)]


def told(engine: Engine, on: date = ON, person: Person = CHEN) -> Effect:
    with Session(engine) as session:
        return effect(session, person, on)


def of(found_: Effect, before: str, outcome: str = NEXT_STAGE) -> Comparison:
    (one,) = (each for each in found_.outcomes if each.outcome == outcome)
    return next(each for each in one.comparisons if each.before == before)


def four(counts: Counts) -> tuple[int, int, int, int]:
    return counts.with_came, counts.with_not, counts.without_came, counts.without_not


def tutored(engine: Engine, firm: str, visits: Iterable[date] = (), **more: Any) -> int:
    """The firm has had a case since the middle of 2023, with these visits."""
    opened = JULY_2
    with Session(engine) as session, session.begin():
        case = Case(firm_id=firm, opened_on=opened, stage="nurture", stage_since=opened)
        session.add(case)
        session.flush()
        about = {"recorded_by": "陈主任", "recorded_at": datetime(2023, 7, 2, 9)}
        session.add(CaseStage(case_id=case.id, stage="nurture", entered_on=opened, **about))
        for day in visits:
            at = datetime.combine(day, datetime.min.time())
            session.add(
                Visit(
                    **(
                        {"case_id": case.id, "visited_on": day, "visited_by": "陈", "findings": "好", "recorded_at": at}
                        | more
                    )
                )
            )
        return case.id


@pytest.fixture
def twelve(engine):
    """Twelve firms in tutoring. Firms 1 to 5 were visited in autumn 2023, firm 6 only after it had reached its
    stage; firms 1, 2, 3, 6 and 8 signed advisers in 2024."""
    found(engine, *TWELVE)
    visited = {number: [date(2023, 10, number)] for number in range(1, 6)}
    visited |= {6: [date(2024, 6, 20)], 2: [date(2023, 10, 2), date(2023, 11, 2)]}
    for number, firm in enumerate(TWELVE, start=1):
        tutored(engine, firm, visited.get(number, []))
    for number in (1, 2, 3, 6, 8):
        happened(engine, TWELVE[number - 1], "advisers_signed", date(2024, 6, 10))
    return engine


def test_twelve_firms_are_counted_as_a_hand_counts_them(twelve):
    found_ = told(twelve)
    stages = found_.outcomes[0]
    assert (stages.outcome, stages.days, stages.rows, stages.firms, stages.came) == (NEXT_STAGE, [JAN_1], 12, 12, 5)
    visit = of(found_, "visit")
    # With a visit before: 1, 2, 3 of five. Without: 6 (visited too late) and 8, of seven.
    assert four(visit.overall.counts) == (3, 2, 2, 5)
    assert four(of(found_, "visits").overall.counts) == (1, 0, 4, 7)
    assert (visit.at_risk, visit.unknown) == (12, 0)


def test_with_fewer_than_ten_firms_on_a_side_there_are_counts_and_no_shares(twelve):
    visit = of(told(twelve), "visit")
    assert visit.overall.counts.too_few
    assert (visit.overall.with_it, visit.overall.difference, visit.within.difference) == (None, None, None)
    assert visit.as_json()["overall"]["share_with"] is None


@pytest.mark.parametrize(
    ("visited", "came", "counted"),
    [
        (date(2024, 1, 1), date(2024, 1, 2), (1, 0, 0, 0)),
        (date(2024, 1, 2), date(2024, 1, 3), (0, 0, 1, 0)),
        (date(2023, 1, 2), date(2024, 12, 31), (1, 0, 0, 0)),
        (date(2023, 1, 1), date(2024, 12, 31), (0, 0, 1, 0)),
        (date(2023, 12, 1), date(2025, 1, 1), (0, 1, 0, 0)),
        (date(2024, 6, 11), date(2024, 6, 10), (0, 0, 1, 0)),
    ],
)
def test_a_day_lies_before_the_landmark_or_after_it(sqlite_engine, visited, came, counted):
    found(sqlite_engine, LOTUS)
    tutored(sqlite_engine, LOTUS, [visited])
    happened(sqlite_engine, LOTUS, "share_reform", came)
    assert four(of(told(sqlite_engine), "visit").overall.counts) == counted


@pytest.mark.parametrize(
    ("on", "last"),
    [
        (date(2024, 12, 30), date(2023, 7, 1)),
        (date(2024, 12, 31), date(2024, 1, 1)),
        (date(2025, 6, 30), date(2024, 1, 1)),
        (date(2025, 7, 1), date(2024, 7, 1)),
    ],
)
def test_a_landmark_counts_once_its_year_is_over_and_not_a_day_before(on, last):
    days = landmarks(on)
    assert days[-1] == last
    assert days == sorted(days)


def test_before_any_year_is_over_nothing_is_said(sqlite_engine):
    found(sqlite_engine, LOTUS)
    tutored(sqlite_engine, LOTUS)
    early = told(sqlite_engine, date(2024, 6, 30)).outcomes[0]
    assert (early.rows, early.comparisons) == (0, ())
    assert str(early.unknown).startswith("未知")


def test_a_firm_that_is_listed_or_gone_is_not_at_risk(sqlite_engine):
    found(sqlite_engine)
    for firm in (LOTUS, BANYAN, KAPOK):
        tutored(sqlite_engine, firm)
    happened(sqlite_engine, LOTUS, "listed", date(2023, 12, 31))
    happened(sqlite_engine, BANYAN, "acquired", date(2024, 1, 1))
    assert told(sqlite_engine).outcomes[0].firms == 1
    with Session(sqlite_engine) as session, session.begin():
        case = session.query(Case).filter_by(firm_id=KAPOK).one()
        case.closed_on, case.outcome = date(2023, 12, 31), "moved_away"
    assert told(sqlite_engine).outcomes[0].firms == 0


def test_a_stage_that_a_firm_has_had_is_no_next_stage_and_one_after_a_way_out_is(sqlite_engine):
    found(sqlite_engine)
    for firm, kinds in {
        LOTUS: [("tutoring_filed", date(2023, 8, 1)), ("tutoring_filed", date(2024, 3, 1))],
        BANYAN: [
            ("tutoring_filed", date(2023, 8, 1)),
            ("tutoring_terminated", date(2023, 9, 1)),
            ("tutoring_filed", date(2024, 3, 1)),
        ],
        KAPOK: [("tutoring_filed", date(2023, 8, 1)), ("advisers_signed", date(2024, 3, 1))],
    }.items():
        for kind, day in kinds:
            happened(sqlite_engine, firm, kind, day)
    # Lotus files what it has filed; Banyan files anew after it had left; Kapok builds what it lacked.
    assert told(sqlite_engine).outcomes[0].came == 2


def test_a_stage_that_only_the_case_knows_counts_until_it_is_taken_back(sqlite_engine):
    found(sqlite_engine, LOTUS)
    case = tutored(sqlite_engine, LOTUS)
    with Session(sqlite_engine) as session, session.begin():
        entry = CaseStage(
            case_id=case,
            stage="advisers",
            entered_on=date(2024, 3, 1),
            recorded_by="陈",
            recorded_at=datetime(2024, 3, 1, 9),
        )
        session.add(entry)
    assert told(sqlite_engine).outcomes[0].came == 1
    with Session(sqlite_engine) as session, session.begin():
        session.query(CaseStage).filter_by(stage="advisers").one().taken_back_at = datetime(2024, 12, 31, 9)
    assert told(sqlite_engine).outcomes[0].came == 0


@pytest.mark.parametrize(
    ("spent", "counted", "unknown"),
    [
        ({2021: 100.0, 2022: 120.0}, (0, 1, 0, 0), 0),
        ({2021: 100.0, 2022: 119.0}, (0, 0, 0, 1), 0),
        ({2022: 120.0}, (0, 0, 0, 0), 1),
        ({2021: 0.0, 2022: 120.0}, (0, 0, 0, 0), 1),
    ],
)
def test_spending_that_is_not_known_of_both_years_was_neither_raised_nor_not(sqlite_engine, spent, counted, unknown):
    for year, value in spent.items():
        state(sqlite_engine, LOTUS, year, rd_spend_cny=value, known_on=JULY_2)
    rd = of(told(sqlite_engine), "rd_raised")
    assert (four(rd.overall.counts), rd.unknown) == (counted, unknown)


def test_a_correction_of_the_spending_after_the_landmark_changes_nothing_of_it(sqlite_engine):
    state(sqlite_engine, LOTUS, 2021, rd_spend_cny=100.0, known_on=JULY_2)
    state(sqlite_engine, LOTUS, 2022, rd_spend_cny=110.0, known_on=JULY_2)
    state(sqlite_engine, LOTUS, 2022, rd_spend_cny=150.0, known_on=date(2024, 1, 2), file_name="later.xlsx")
    assert four(of(told(sqlite_engine), "rd_raised").overall.counts) == (0, 0, 0, 1)


def test_an_entry_into_the_pool_a_finished_step_and_a_mentor_count_by_their_own_day(engine):
    found(engine)
    stayed(engine, LOTUS, "seed", date(2023, 12, 31))
    stayed(engine, BANYAN, "seed", date(2024, 1, 2))
    tutored(engine, LOTUS, [date(2023, 8, 1)], next_step="签约", due_on=date(2023, 9, 1), done_on=date(2023, 9, 1))
    tutored(engine, BANYAN, [date(2023, 8, 1)], next_step="签约", due_on=date(2024, 2, 1), done_on=date(2024, 2, 1))
    with Session(engine) as session, session.begin():
        for firm, at in ((LOTUS, datetime(2023, 12, 31, 9)), (BANYAN, datetime(2024, 1, 2, 9))):
            _entry(
                session, "assign_mentor", f"case:{firm}", at, {"firm_id": firm, "mentor": "陈", "mentor_before": None}
            )
        gone = {"firm_id": BANYAN, "mentor": None, "mentor_before": "陈"}
        _entry(session, "assign_mentor", "case:1", datetime(2023, 11, 1, 9), gone)
    found_ = told(engine)
    assert four(of(found_, "seed").overall.counts) == (0, 1, 0, 1)
    assert four(of(found_, "step").overall.counts) == (0, 1, 0, 1)
    assert four(of(found_, "mentor").overall.counts) == (0, 1, 0, 1)


def _entry(session: Session, action: str, subject: str, at: datetime, details: dict[str, Any]) -> None:
    number = session.query(AuditEntry).count()
    session.add(
        AuditEntry(
            at=at,
            person="陈",
            action=action,
            subject=subject,
            details=details,
            previous_hash=f"{number}",
            hash=f"{number + 1}",
        )
    )
    session.flush()


def test_only_firms_in_tutoring_are_held_against_those_that_were_visited(sqlite_engine):
    found(sqlite_engine)
    tutored(sqlite_engine, LOTUS, [date(2023, 8, 1)])
    happened(sqlite_engine, BANYAN, "share_reform", date(2023, 8, 1))
    found_ = told(sqlite_engine)
    assert (of(found_, "visit").at_risk, of(found_, "share_reform").at_risk) == (1, 2)


# --- points -----------------------------------------------------------------------------------------


def test_with_one_score_run_it_is_not_known_what_points_did(sqlite_engine):
    score(sqlite_engine, {LOTUS: 50.0}, as_of=date(2023, 5, 1))
    points = told(sqlite_engine, date(2024, 12, 31)).outcomes[1]
    assert points.comparisons == ()
    assert "两次评分" in str(points.unknown)


def test_points_are_held_against_those_of_a_year_later_by_the_same_model_where_it_scored_both(engine):
    first, later = date(2023, 5, 1), date(2024, 5, 1)
    happened(engine, KAPOK, "share_reform", date(2023, 2, 1)) if found(engine) else None
    state(engine, LOTUS, 2021)
    state(engine, BANYAN, 2021)
    score(engine, {LOTUS: 50.0, BANYAN: 50.0}, as_of=first)
    score(engine, {LOTUS: 55.0, BANYAN: 54.99}, as_of=later)
    score(engine, {LOTUS: 10.0, BANYAN: 10.0}, as_of=later, model="m2")
    points = told(engine, ON).outcomes[1]
    assert (points.firms, points.came) == (2, 1)
    assert [(pair.before, pair.now, pair.same_model) for pair in points.pairs] == [(first, later, True)]


def test_another_model_is_said_to_be_one(sqlite_engine):
    found(sqlite_engine)
    state(sqlite_engine, LOTUS, 2021)
    score(sqlite_engine, {LOTUS: 50.0}, as_of=date(2023, 5, 1))
    score(sqlite_engine, {LOTUS: 60.0}, as_of=date(2024, 5, 1), model="m2")
    points = told(sqlite_engine).outcomes[1]
    assert [pair.same_model for pair in points.pairs] == [False]
    assert points.as_json()["runs"][0]["same_model"] is False


def test_runs_two_years_apart_are_not_compared(sqlite_engine):
    score(sqlite_engine, {LOTUS: 50.0}, as_of=date(2022, 5, 1))
    score(sqlite_engine, {LOTUS: 60.0}, as_of=date(2024, 5, 1))
    assert told(sqlite_engine).outcomes[1].pairs == ()


# --- who may see it ---------------------------------------------------------------------------------


def test_a_district_counts_its_own_firms_an_analyst_all_and_a_firm_may_see_none(sqlite_engine):
    found(sqlite_engine)
    for firm in (LOTUS, BANYAN, KAPOK):
        tutored(sqlite_engine, firm)
    assert [told(sqlite_engine, person=who).outcomes[0].firms for who in (CHEN, ANA, JIANGHAI)] == [3, 3, 1]
    for who in (LOTUS_CLERK, Person(9, "税务局", Role.DEPARTMENT, department="tax")):
        with pytest.raises(NotAllowed):
            told(sqlite_engine, person=who)


def test_the_warning_comes_before_every_figure(sqlite_engine):
    document = told(sqlite_engine, person=people.console()).as_json()
    assert next(iter(document)) == "warning"
    assert "并不等于原因" in document["warning"]


# --- laws -------------------------------------------------------------------------------------------

_KINDS = ["advisers_signed", "share_reform", "tutoring_filed", "withdrawn", "listed", "acquired"]


def test_the_four_counts_and_what_is_not_known_add_up_to_the_firms_at_risk(twelve):
    for year in (2020, 2021, 2022):
        state(twelve, TWELVE[0], year, rd_spend_cny=100.0 * (year - 2018))
        state(twelve, TWELVE[1], year)
    found_ = told(twelve, date(2025, 6, 30)).outcomes[0]
    assert {each.before for each in found_.comparisons} == set(BEFORE)
    for each in found_.comparisons:
        assert sum(four(each.overall.counts)) + each.unknown == each.at_risk
        assert sum(sum(four(part.found.counts)) for part in each.by_stage) == each.at_risk - each.unknown
        assert each.before in IN_TUTORING or each.at_risk == found_.rows


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    later=st.lists(
        st.tuples(st.sampled_from(TWELVE), st.sampled_from(_KINDS), st.integers(-700, 300), st.integers(1, 300)),
        max_size=8,
    )
)
def test_what_became_known_after_the_day_changes_nothing(sqlite_engine, later):
    engine = sqlite_engine
    with Session(engine) as session, session.begin():
        for table in (Visit, CaseStage, Case, Event):
            session.execute(delete(table))
    found(engine, *TWELVE)
    for number, firm in enumerate(TWELVE):
        tutored(engine, firm, [date(2023, 10, 1)] if number < 6 else [])
    happened(engine, TWELVE[0], "advisers_signed", date(2024, 6, 10))
    before = told(engine).as_json()
    for firm, kind, happened_days, known_days in later:
        known = ON + timedelta(days=known_days)
        day = min(ON + timedelta(days=happened_days), known)
        happened(engine, firm, kind, day, known_on=known)
        with Session(engine) as session, session.begin():
            case = session.query(Case).filter_by(firm_id=firm).one()
            about = {"case_id": case.id, "visited_by": "陈", "findings": "好"}
            session.add(Visit(**about, visited_on=day, recorded_at=datetime.combine(known, datetime.min.time())))
    assert told(engine).as_json() == before
