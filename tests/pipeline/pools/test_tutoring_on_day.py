"""Tutoring as of a past day: a stage counts from the day on which it was known, and what came later is not there."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from pipeline.pool_history.tutoring_on_day import cases_on, ended_between, reached_between
from pipeline.tutoring import cases
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import CHEN, JIANGHAI, found

APRIL_1, MAY_1, MAY_10, JUNE_1 = date(2024, 4, 1), date(2024, 5, 1), date(2024, 5, 10), date(2024, 6, 1)
DAY = timedelta(days=1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0)


@pytest.fixture
def session(engine):
    """Lotus and Banyan in tutoring since April; Banyan signed its advisers on 10 May, as was known then."""
    found(engine)
    with Session(engine) as session:
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, APRIL_1, now=at(APRIL_1))
        move(session, BANYAN, "advisers", MAY_10)
        session.commit()
        yield session


def move(session, firm: str, stage: str, on: date, known: date | None = None) -> None:
    case = cases.case_of(session, firm)
    assert case is not None
    cases.change_stage(session, CHEN, case.id, stage, on, now=at(known or on), waive="从简")
    session.commit()


def stages(session, on: date, person=CHEN) -> dict[str, str]:
    return {line.firm_id: line.case.stage for line in cases_on(session, person, on)}


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (APRIL_1 - DAY, {}),
        (APRIL_1, {LOTUS: "nurture", BANYAN: "nurture"}),
        (MAY_10 - DAY, {LOTUS: "nurture", BANYAN: "nurture"}),
        (MAY_10, {LOTUS: "nurture", BANYAN: "advisers"}),
    ],
)
def test_a_case_stands_on_a_day_where_it_stood_then(session, on, told):
    assert stages(session, on) == told


def test_days_in_a_stage_are_counted_to_the_day(session):
    days = {line.firm_id: line.days_in_stage for line in cases_on(session, CHEN, MAY_10 + 5 * DAY)}
    assert days == {LOTUS: 44, BANYAN: 5}


def test_a_stage_that_was_recorded_late_was_not_known_before(session):
    move(session, LOTUS, "advisers", MAY_10, known=JUNE_1)
    assert stages(session, JUNE_1 - DAY)[LOTUS] == "nurture"
    assert stages(session, JUNE_1)[LOTUS] == "advisers"


def test_a_stage_whose_event_a_file_had_stated_is_known_from_that_day(engine, session):
    happened(engine, KAPOK, "share_reform", APRIL_1, known_on=MAY_1)
    cases.open_case(session, CHEN, KAPOK, MAY_10, now=at(JUNE_1))
    session.commit()
    assert stages(session, MAY_10)[KAPOK] == "share_reform"
    assert reached_between(session, CHEN, MAY_1, JUNE_1)[0].firm_id == BANYAN  # Kapok's was known before
    assert [each.firm_id for each in reached_between(session, CHEN, MAY_1, JUNE_1)] == [BANYAN]


def test_what_was_taken_back_counts_on_no_day(session):
    cases.take_back(session, CHEN, cases.case_of(session, BANYAN).id, "看错了", now=at(JUNE_1))
    session.commit()
    assert stages(session, MAY_10)[BANYAN] == "nurture"
    assert reached_between(session, CHEN, MAY_1, JUNE_1) == []


@pytest.mark.parametrize(
    ("since", "on", "told"), [(MAY_10 - DAY, MAY_10, 1), (MAY_10, JUNE_1, 0), (MAY_1, MAY_10 - DAY, 0)]
)
def test_a_stage_is_reached_after_the_first_day_and_by_the_second(session, since, on, told):
    assert len(reached_between(session, CHEN, since, on)) == told


def test_a_closed_case_is_open_until_the_day_before_and_ended_from_that_day(session):
    case = cases.case_of(session, LOTUS)
    cases.close_case(session, CHEN, case.id, "moved_away", "迁往外地", JUNE_1, now=at(JUNE_1))
    session.commit()
    assert LOTUS in stages(session, JUNE_1 - DAY)
    assert LOTUS not in stages(session, JUNE_1)
    assert [(each.firm_id, each.outcome) for each in ended_between(session, CHEN, MAY_1, JUNE_1)] == [
        (LOTUS, "moved_away")
    ]
    assert ended_between(session, CHEN, MAY_1, JUNE_1 - DAY) == []


def test_an_officer_of_a_district_gets_its_firms_alone_and_no_case_is_written(session):
    assert stages(session, MAY_10, JIANGHAI) == {BANYAN: "advisers"}
    assert reached_between(session, JIANGHAI, MAY_1, JUNE_1)[0].firm_id == BANYAN
    assert not session.new
    assert not session.dirty


def test_a_case_that_went_back_stands_there_and_reached_nothing_by_it(session):
    for stage, day in (("share_reform", MAY_10 + DAY), ("tutoring_filed", MAY_10 + 2 * DAY)):
        move(session, BANYAN, stage, day)
    back = MAY_10 + 5 * DAY
    case = cases.case_of(session, BANYAN)
    cases.go_back(session, CHEN, case.id, "tutoring_terminated", "更换券商", back, now=at(back))
    session.commit()
    assert stages(session, back - DAY)[BANYAN] == "tutoring_filed"
    assert stages(session, back)[BANYAN] == "share_reform"
    reached = [each.stage for each in reached_between(session, CHEN, MAY_10, back) if each.firm_id == BANYAN]
    assert reached == ["tutoring_filed"]
