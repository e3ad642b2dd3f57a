"""Leaders of three levels and their contacts: who stands where, who is late on a day, and what is refused."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.growth import contacts
from pipeline.growth.contacts import ContactNotPossible
from pipeline.store.plan_tables.growth import FirmLeader
from pipeline.store.tables import Account, Firm
from pipeline.tutoring import cases, visits
from pipeline.tutoring.mentors import leaders
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JIANGHAI, LOTUS_CLERK, found

ON_SQLITE_ALONE = True
JAN_1, FEB_1 = date(2024, 1, 1), date(2024, 2, 1)


def at(day):
    return datetime(day.year, day.month, day.day, 4, 0)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def town(session, on, firm=LOTUS, person=CHEN):
    return contacts.standing(session, person, [firm], on)[firm]["town"]


def name(session, level="town", firm=LOTUS, on=JAN_1, **about):
    about = {"name": "何镇长", **about}
    return contacts.name_contact(session, CHEN, firm, level, now=at(on), **about)


def record(session, on, note="已走访", level="town", firm=LOTUS, person=CHEN):
    return contacts.record_contact(session, person, firm, level, on, note, now=at(on))


@pytest.mark.both_databases
def test_a_leader_without_a_case_is_late_after_thirty_days_and_not_on_the_thirtieth(session):
    audit.touch(session, Firm, Firm.id.in_((LOTUS, BANYAN, KAPOK)))
    assert (town(session, JAN_1).leader, town(session, JAN_1).due_on) == (None, None)
    assert name(session, post=" 某镇  镇长 ") == "何镇长"
    due = JAN_1 + timedelta(days=30)
    assert (town(session, due).due_on, town(session, due).overdue) == (due, False)
    assert (town(session, due + timedelta(days=1)).overdue, town(session, due + timedelta(days=1)).days_late) == (
        True,
        1,
    )
    record(session, FEB_1)
    later = town(session, due + timedelta(days=31))
    assert (later.last_on, later.due_on, later.overdue) == (FEB_1, FEB_1 + timedelta(days=30), False)
    assert later.post == "某镇 镇长"
    audit.verify_all(session)


def test_what_was_recorded_later_was_not_known_then(session):
    name(session)
    contacts.record_contact(session, CHEN, LOTUS, "town", JAN_1, "补登", now=at(FEB_1))
    assert town(session, JAN_1).last_on is None
    assert town(session, FEB_1).last_on == JAN_1
    assert town(session, JAN_1 - timedelta(days=1)).leader is None


def test_another_leader_follows_and_the_first_stays_on_record(session):
    name(session)
    with pytest.raises(ContactNotPossible, match="已是如此"):
        name(session)
    name(session, name="李镇长", why="调任", on=FEB_1)
    assert (town(session, JAN_1).leader, town(session, FEB_1).leader) == ("何镇长", "李镇长")
    assert name(session, name=" ", on=FEB_1 + timedelta(days=1)) is None
    rows = session.query(FirmLeader).order_by(FirmLeader.id).all()
    assert [(row.name, row.ended_why) for row in rows] == [("何镇长", "调任"), ("李镇长", None)]


def test_a_case_takes_its_own_leader_and_else_that_of_the_firm_stands(session):
    name(session)
    case = cases.open_case(session, CHEN, LOTUS, JAN_1, now=at(JAN_1))
    assert town(session, FEB_1).leader == "何镇长"
    name(session, name="案镇长", on=FEB_1)
    assert leaders.leaders_of(session, [case.id])[case.id]["town"].name == "案镇长"
    assert town(session, FEB_1).leader == "案镇长"
    with pytest.raises(ContactNotPossible, match="village"):
        name(session, level="village")


def test_a_visit_by_the_leaders_own_account_is_a_contact(session):
    session.add(Account(name="何干部", role=Role.MENTOR, password_hash="x", stamp="-", created_at=at(JAN_1)))
    session.flush()
    number = session.query(Account.id).filter(Account.name == "何干部").scalar()
    case = cases.open_case(session, CHEN, LOTUS, JAN_1, now=at(JAN_1))
    leaders.name_leader(session, CHEN, case.id, "town", now=at(JAN_1), account_id=number)
    mentor = Person(number, "何干部", Role.MENTOR)
    visits.record_visit(session, mentor, LOTUS, FEB_1, "看了车间", now=at(FEB_1))
    visits.record_visit(
        session, CHEN, LOTUS, FEB_1 + timedelta(days=3), "陈主任走访", now=at(FEB_1 + timedelta(days=3))
    )
    assert town(session, FEB_1 + timedelta(days=5)).last_on == FEB_1
    assert [one.id for one in contacts.contacts_of(session, CHEN, LOTUS, FEB_1)] == [None]


def test_a_contact_recorded_by_mistake_is_withdrawn_once_with_a_reason(session):
    name(session)
    one = record(session, FEB_1)
    with pytest.raises(ContactNotPossible, match="写明"):
        contacts.withdraw_contact(session, CHEN, one.id, " ", now=at(FEB_1))
    contacts.withdraw_contact(session, CHEN, one.id, "登错企业", now=at(FEB_1))
    assert town(session, FEB_1).last_on is None
    assert [each.withdrawn_why for each in contacts.contacts_of(session, CHEN, LOTUS, FEB_1)] == ["登错企业"]
    with pytest.raises(ContactNotPossible, match="已撤"):
        contacts.withdraw_contact(session, CHEN, one.id, "再撤", now=at(FEB_1))
    with pytest.raises(NotFound):
        contacts.withdraw_contact(session, JIANGHAI, one.id, "别的区", now=at(FEB_1))


def test_nobody_named_no_note_and_the_same_again_are_refused(session):
    with pytest.raises(ContactNotPossible, match="先"):
        record(session, FEB_1)
    name(session)
    with pytest.raises(ContactNotPossible, match="1"):
        record(session, FEB_1, note=" ")
    record(session, FEB_1)
    with pytest.raises(ContactNotPossible, match="已登记"):
        record(session, FEB_1)
    with pytest.raises(ContactNotPossible, match="级"):
        record(session, FEB_1, level="village")


def test_a_district_reaches_its_own_firms_and_a_firm_nothing(session):
    name(session, firm=BANYAN)
    assert record(session, FEB_1, firm=BANYAN, person=JIANGHAI).leader == "何镇长"
    for person in (JIANGHAI, LOTUS_CLERK):
        with pytest.raises(NotAllowed):
            contacts.name_contact(session, person, LOTUS, "town", now=at(FEB_1), name="某")
    with pytest.raises(NotAllowed):
        record(session, FEB_1, person=JIANGHAI)
    assert LOTUS not in contacts.standing(session, JIANGHAI, [LOTUS, BANYAN], FEB_1)
