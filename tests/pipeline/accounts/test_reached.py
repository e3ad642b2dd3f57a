"""Whom each role reaches by each action: the program's conditions give the firms that the table of roles says in words,
whatever the districts, cases and accounts are."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES, Role
from pipeline.store.tables import Account, Base, Case, Firm
from pipeline.store.tutoring_tables import CaseLeader
from tests.cast import NOW
from tests.dashboard.of_another.watch import Place, may, reached

DISTRICTS = ("440703", "440704", None)
FIRMS = ("a", "b", "c", "d")
#: One account of each role that can have one, by its number; the console has none.
NUMBERS = {role: number for number, role in enumerate(ROLES)}
DAY = date(2026, 5, 1)


@pytest.fixture(scope="module")
def lite() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    tables = [Base.metadata.tables[name] for name in ("firm", "account", "event", "import", "case", "case_leader")]
    Base.metadata.create_all(engine, tables)
    yield engine
    engine.dispose()


places = st.fixed_dictionaries(
    {"cohort": st.sampled_from(("city", "neeq")), "district_code": st.sampled_from(DISTRICTS)}
)
#: Of a firm, a case: open or closed, its mentor, a leader and whether they still stand by it.
cases = st.fixed_dictionaries(
    {
        "firm": st.sampled_from(FIRMS),
        "open": st.booleans(),
        "mentor": st.sampled_from((None, *NUMBERS.values())),
        "leader": st.sampled_from((None, *NUMBERS.values())),
        "leads": st.booleans(),
    }
)
seats = st.fixed_dictionaries(
    {
        "firm_id": st.sampled_from((None, *FIRMS)),
        "district_code": st.sampled_from(DISTRICTS),
        "disabled": st.booleans(),
    }
)


def _put(session: Session, firms: list[dict[str, Any]], found: list[dict[str, Any]], seat: dict[str, Any]) -> None:
    for table in (CaseLeader, Case, Account, Firm):
        session.execute(delete(table))
    session.add_all(Firm(id=name, **place) for name, place in zip(FIRMS, firms, strict=True))
    for role, number in NUMBERS.items():
        of_it = {"id": number, "name": role, "role": role, "password_hash": "", "stamp": "", "must_change": False}
        session.add(Account(**of_it, **seat, created_at=NOW))
    session.flush()
    for number, one in enumerate(found, start=1):
        closed = None if one["open"] else DAY
        dates = {"opened_on": DAY, "closed_on": closed, "stage": "nurture", "stage_since": DAY}
        session.add(Case(id=number, firm_id=one["firm"], mentor_id=one["mentor"], **dates))
        session.flush()
        if one["leader"] is not None:
            ended = None if one["leads"] else NOW
            about = {"level": "city", "name": "x", "named_by": "x", "named_at": NOW, "ended_at": ended}
            session.add(CaseLeader(case_id=number, account_id=one["leader"], **about))
    session.flush()


def _looked_after(firm: str, found: list[dict[str, Any]]) -> frozenset[int]:
    open_cases = [one for one in found if one["firm"] == firm and one["open"]]
    mentors = {one["mentor"] for one in open_cases} | {one["leader"] for one in open_cases if one["leads"]}
    return frozenset(mentors - {None})


@given(
    firms=st.lists(places, min_size=len(FIRMS), max_size=len(FIRMS)),
    found=st.lists(cases, max_size=4, unique_by=lambda one: (one["firm"], one["open"])),
    seat=seats,
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_action_reaches_the_firms_that_its_scope_says(
    lite: Engine, firms: list[dict[str, Any]], found: list[dict[str, Any]], seat: dict[str, Any]
):
    with Session(lite) as session:
        _put(session, firms, found, seat)
        as_said = {
            name: Place(place["cohort"], place["district_code"], _looked_after(name, found))
            for name, place in zip(FIRMS, firms, strict=True)
        }
        for role, number in NUMBERS.items():
            account = session.get_one(Account, number)
            person = people.person_from(account)
            assert people.person_of(session, number) == (None if seat["disabled"] else person)
            for action in Action:
                assert people.may(person, action) == may(person, action), (role, action)
                seen = set(session.scalars(select(Firm.id).where(people.visible_firms(person, action))))
                assert seen == reached(person, action, as_said), (person, action)
        session.rollback()


def test_a_firm_that_moves_takes_its_district_s_officer_with_it(lite: Engine):
    seat = {"firm_id": None, "district_code": "440703", "disabled": False}
    place = {"cohort": "city", "district_code": "440703"}
    with Session(lite) as session:
        _put(session, [dict(place) for _ in FIRMS], [], seat)
        officer = people.person_from(session.get_one(Account, NUMBERS[Role.OFFICER]))
        session.get_one(Firm, "a").district_code = "440704"
        session.flush()
        assert _seen(session, officer) == {"b", "c", "d"}
        session.get_one(Account, officer.id).district_code = "440704"
        session.flush()
        moved = people.person_of(session, officer.id)
        assert moved is not None
        assert _seen(session, moved) == {"a"}
        session.rollback()


def _seen(session: Session, person: Person) -> set[str]:
    return set(session.scalars(select(Firm.id).where(people.visible_firms(person))))
