"""Whom a person visits in a week: proposed, until they keep a choice of their own."""

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.store.tables import AuditEntry
from pipeline.tutoring import cases
from pipeline.tutoring.agenda import choice
from pipeline.tutoring.agenda.agenda import agenda
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, MAY_1, NOW, found

#: A Saturday; its week begins on the Monday before.
JUNE_1, MONDAY = date(2024, 6, 1), date(2024, 5, 27)


@pytest.fixture
def session(engine):
    """Three firms in tutoring that nobody has visited, the first for half a year."""
    found(engine)
    with Session(engine) as session:
        for firm, opened in ((LOTUS, date(2023, 11, 1)), (BANYAN, MAY_1), (KAPOK, MAY_1)):
            cases.open_case(session, CHEN, firm, opened, now=NOW)
        yield session


@pytest.fixture
def li(session):
    return people.person_from(people.add(session, "李科长", "officer", by=people.console(), now=NOW)[0])


def of_week(session, person, on=JUNE_1):
    told = agenda(session, person, on, mine=False)
    return [firm.line.firm_id for firm in told.visits], told.chosen


def test_the_program_proposes_until_a_person_keeps_a_choice(session, li):
    assert of_week(session, li) == ([LOTUS], False)
    assert choice.choose(session, li, [KAPOK, BANYAN, KAPOK], JUNE_1, now=NOW) == [KAPOK, BANYAN]
    assert of_week(session, li) == ([BANYAN, KAPOK], True)  # neither has a reason: by their codes
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.details["firms"], entry.details["on"]) == (
        "choose_visits",
        [KAPOK, BANYAN],
        MONDAY.isoformat(),
    )


def test_a_choice_is_that_of_one_person_and_one_week(session, li):
    wang = people.person_from(people.add(session, "王科长", "officer", by=people.console(), now=NOW)[0])
    choice.choose(session, li, [KAPOK], JUNE_1, now=NOW)
    assert of_week(session, wang)[1] is False
    assert of_week(session, li, date(2024, 6, 2)) == ([KAPOK], True)  # Sunday
    assert of_week(session, li, date(2024, 6, 3))[1] is False  # Monday


def test_what_was_chosen_later_was_not_known_before(session, li):
    choice.choose(session, li, [KAPOK], date(2024, 5, 30), now=NOW)  # kept on Saturday
    assert of_week(session, li, date(2024, 5, 31))[1] is False
    assert of_week(session, li)[1] is True


def test_a_newer_choice_replaces_the_older_and_none_brings_the_proposal_back(session, li):
    choice.choose(session, li, [KAPOK], JUNE_1, now=NOW)
    choice.choose(session, li, [BANYAN], JUNE_1, now=NOW)
    assert of_week(session, li) == ([BANYAN], True)
    assert choice.choose(session, li, [], JUNE_1, now=NOW) is None
    assert of_week(session, li) == ([LOTUS], False)


def test_what_cannot_be_kept_is_refused(session, li):
    with pytest.raises(choice.WrongChoice, match="30"):
        choice.choose(session, li, [f"F{number}" for number in range(31)], JUNE_1, now=NOW)
    with pytest.raises(NotAllowed):
        choice.choose(session, li, ["nobody"], JUNE_1, now=NOW)
    with pytest.raises(choice.WrongChoice, match="账户"):
        choice.choose(session, people.console(), [LOTUS], JUNE_1, now=NOW)


def test_a_week_begins_on_monday():
    assert choice.week_of(JUNE_1) == choice.week_of(MONDAY) == MONDAY
    assert choice.week_of(date(2024, 6, 3)) == date(2024, 6, 3)
    assert choice.week_of(datetime(2024, 5, 29, 9).date()) == MONDAY
