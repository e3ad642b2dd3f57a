"""An agency is told and heard before it goes on the negative list; two sign, and somebody else answers its appeal."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.advisers import register
from pipeline.agencies import listings
from pipeline.agencies.listings import WrongStep, proposals
from pipeline.errors import NotAllowed
from pipeline.store.tables import AuditEntry
from pipeline.tutoring.advisers import WrongAdviser
from pipeline.tutoring.negative_list import entries
from pipeline.tutoring.negative_list.listed import on_list
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LI, found

ON_SQLITE_ALONE = True
WANG = Person(16, "王科长", Role.OFFICER)
TOLD, UNTIL, END = date(2024, 6, 3), date(2024, 6, 11), date(2025, 6, 1)  # 10 June 2024 is a holiday


def at(day):
    return datetime(day.year, day.month, day.day, 1, 0)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture
def agency(session):
    return register.register(session, CHEN, "agency", "甲企服", now=at(TOLD)).id


def proposed(session, agency, on=TOLD, **more):
    return listings.propose(session, CHEN, agency, "数据不实", "核查记录 3 号", END, on, now=at(on), **more).id


def step(session, person, number, what, on, text="述"):
    return listings.take_step(session, person, number, what, text, on, now=at(on))


def listed(session, on):
    return [each.name for each in on_list(session, on)]


def test_nobody_signs_before_the_days_to_be_heard_are_over_unless_it_was_heard(session, agency):
    number = proposed(session, agency, staff="周某")
    seen = proposals(session, CHEN, TOLD)[0]
    assert (seen.reply_until, seen.staff, seen.state) == (UNTIL, "周某", "noticed")
    with pytest.raises(WrongStep, match="2024-06-11"):
        step(session, CHEN, number, "signed", UNTIL)
    step(session, CHEN, number, "signed", UNTIL + timedelta(days=1))
    other = register.register(session, CHEN, "agency", "乙企服", now=at(TOLD)).id
    heard = proposed(session, other)
    step(session, CHEN, heard, "heard", date(2024, 6, 4), "系笔误")
    step(session, CHEN, heard, "signed", date(2024, 6, 4))
    assert {each.id: each.state for each in proposals(session, CHEN, UNTIL)} == {number: "noticed", heard: "signed"}


@pytest.mark.both_databases
def test_it_is_on_the_list_once_a_second_person_has_signed(session, agency):
    number, on = proposed(session, agency), UNTIL + timedelta(days=1)
    step(session, CHEN, number, "signed", on)
    with pytest.raises(NotAllowed, match="陈主任"):
        step(session, CHEN, number, "signed", on)
    assert listed(session, on) == []
    step(session, LI, number, "signed", on)
    assert (listed(session, on), listed(session, END)) == (["甲企服"], [])
    assert proposals(session, CHEN, on)[0].state == "listed"
    actions = session.scalars(select(AuditEntry.action)).all()
    assert {"propose_listing", "sign_listing", "decide_listing", "list_adviser"} <= set(actions)


def test_who_signed_does_not_answer_the_appeal_and_one_that_is_right_undoes_the_entry(session, agency):
    number, on = proposed(session, agency), UNTIL + timedelta(days=1)
    for person in (CHEN, LI):
        step(session, person, number, "signed", on)
    last = on + timedelta(days=60)
    with pytest.raises(WrongStep, match=last.isoformat()):
        step(session, CHEN, number, "appealed", last + timedelta(days=1))
    with pytest.raises(WrongStep):  # nothing was appealed
        step(session, WANG, number, "lifted", last)
    step(session, CHEN, number, "appealed", last, "数据系企业所改")
    for signer in (CHEN, LI):
        with pytest.raises(NotAllowed):
            step(session, signer, number, "lifted", last)
    step(session, WANG, number, "lifted", last, "申诉成立")
    assert listed(session, last) == listed(session, last + timedelta(days=1)) == []
    assert proposals(session, CHEN, last)[0].state == "lifted"
    assert proposals(session, CHEN, on)[0].state == "listed"  # as it was known then


def test_an_appeal_that_is_not_right_leaves_the_entry(session, agency):
    number, on = proposed(session, agency), UNTIL + timedelta(days=1)
    for person in (CHEN, LI):
        step(session, person, number, "signed", on)
    step(session, CHEN, number, "appealed", on, "不服")
    step(session, WANG, number, "upheld", on, "证据充分")
    assert listed(session, on) == ["甲企服"]
    with pytest.raises(WrongStep):
        step(session, WANG, number, "lifted", on)


def test_a_dropped_proposal_is_over_and_a_second_one_waits_for_the_first(session, agency):
    number = proposed(session, agency)
    with pytest.raises(WrongStep, match=str(number)):
        proposed(session, agency)
    with pytest.raises(WrongAdviser):  # why?
        step(session, CHEN, number, "dropped", TOLD, " ")
    step(session, CHEN, number, "dropped", TOLD, "证据不足")
    for what in ("signed", "heard", "appealed"):
        with pytest.raises(WrongStep):
            step(session, CHEN, number, what, UNTIL + timedelta(days=1))
    assert proposed(session, agency) == number + 1


def test_four_working_days_are_too_few_and_the_entry_ends_after_them(session, agency):
    with pytest.raises(WrongStep, match="2024-06-11"):
        proposed(session, agency, reply_until=UNTIL - timedelta(days=1))
    with pytest.raises(WrongStep, match="2025-06-01"):
        proposed(session, agency, reply_until=END)
    proposed(session, agency, reply_until=UNTIL)


def test_an_agency_is_not_listed_by_one_person_and_no_other_adviser_is_proposed(session, agency):
    with pytest.raises(WrongAdviser, match="甲企服"):
        entries.enter(session, CHEN, agency, "由", "据", TOLD, END, now=at(TOLD))
    auditor = register.register(session, CHEN, "auditor", "丙事务所", now=at(TOLD)).id
    with pytest.raises(WrongStep, match="丙事务所"):
        proposed(session, auditor)
    entries.enter(session, CHEN, auditor, "由", "据", TOLD, END, now=at(TOLD))


def test_a_district_and_an_analyst_neither_propose_nor_does_an_analyst_see(session, agency):
    for person in (JIANGHAI, ANA):
        with pytest.raises(NotAllowed):
            listings.propose(session, person, agency, "由", "据", END, TOLD, now=at(TOLD))
    number = proposed(session, agency)
    with pytest.raises(NotAllowed):
        step(session, JIANGHAI, number, "signed", UNTIL + timedelta(days=1))
    with pytest.raises(NotAllowed):
        proposals(session, ANA, TOLD)
