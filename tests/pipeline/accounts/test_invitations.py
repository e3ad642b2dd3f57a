"""Somebody is invited by a link that opens once; an account says who stands behind it, and moves in its place."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import invitations, people
from pipeline.accounts.contacts import Contact, WrongAccount, contact_of
from pipeline.accounts.people import Action
from pipeline.accounts.roles import Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry, Firm, Invitation
from tests.cast import LOTUS, NAMES, NOW

CONSOLE = people.console()
CHEN, LI, WEI = "陈主任", "李科长", "魏董秘"
MINE = "a password of mine"


@pytest.fixture
def session(sqlite_url):
    engine = engine_for(sqlite_url)
    with Session(engine) as session:
        session.add(Firm(id=LOTUS, cohort="city", name=NAMES[LOTUS], district_code="440703"))
        for name in (CHEN, LI):
            people.add(session, name, Role.OFFICER, by=CONSOLE, now=NOW)
        people.add(session, WEI, Role.ENTERPRISE, LOTUS, by=CONSOLE, now=NOW)
        session.commit()
        yield session
    engine.dispose()


def person(session, name):
    return people.person_from(people.named(session, name))


def test_a_link_sets_the_password_once_and_nobody_else_has_seen_it(session):
    stamp = people.named(session, WEI).stamp
    token = invitations.invite(session, WEI, by=person(session, CHEN), now=NOW)
    assert people.named(session, WEI).stamp != stamp  # whoever was signed in is so no more
    with pytest.raises(WrongAccount):
        invitations.accept(session, token, "short", now=NOW)
    came = invitations.accept(session, token, MINE, now=NOW + timedelta(days=6))
    assert (came.name, came.must_change_password) == (WEI, False)
    assert people.check_password(session, WEI, MINE) == came
    with pytest.raises(NotFound):
        invitations.accept(session, token, "another password", now=NOW + timedelta(days=6))
    acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert acts[-2:] == ["invite_person", "accept_invitation"]
    assert all(token not in f"{row.token_hash}" for row in session.scalars(select(Invitation)))


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ü" * 43, "a" * 5000])
def test_what_was_never_a_link_opens_nothing(session, token):
    invitations.invite(session, WEI, by=CONSOLE, now=NOW)
    assert invitations.invited(session, token, NOW) is None


@pytest.mark.parametrize(
    "ends",
    [
        lambda session: people.disable(session, WEI, by=CONSOLE, now=NOW),
        lambda session: people.set_password(session, WEI, by=CONSOLE, now=NOW),
        lambda session: people.change_role(session, WEI, Role.MENTOR, by=CONSOLE, now=NOW),
        lambda session: invitations.invite(session, WEI, by=CONSOLE, now=NOW),
    ],
    ids=["closed", "a new password", "another role", "a new link"],
)
def test_a_link_ends_with_the_rights_that_it_was_for(session, ends):
    token = invitations.invite(session, WEI, by=CONSOLE, now=NOW)
    assert invitations.invited(session, token, NOW).name == WEI
    ends(session)
    assert invitations.invited(session, token, NOW) is None


def test_a_link_is_over_after_a_week_to_the_second(session):
    token = invitations.invite(session, WEI, by=CONSOLE, now=NOW)
    assert invitations.invited(session, token, NOW + timedelta(days=7, seconds=-1)) is not None
    assert invitations.invited(session, token, NOW + timedelta(days=7)) is None


def test_nobody_invites_themselves_a_closed_account_or_without_the_right(session):
    for by, name, error in (
        (person(session, CHEN), CHEN, WrongAccount),
        (person(session, WEI), LI, NotAllowed),
        (person(session, CHEN), LI, WrongAccount),  # an officer's account takes a second person
    ):
        with pytest.raises(error):
            invitations.invite(session, name, by=by, now=NOW)
    people.disable(session, WEI, by=CONSOLE, now=NOW)
    with pytest.raises(WrongAccount, match="停用"):
        invitations.invite(session, WEI, by=CONSOLE, now=NOW)


def test_who_invited_somebody_is_named_as_whom_they_may_not_sign_beside(session):
    people.add(session, "王", Role.OFFICER, by=CONSOLE, now=NOW)
    token = invitations.invite(session, "王", by=person(session, CHEN), now=NOW, approved_by=LI)
    invitations.accept(session, token, MINE, now=NOW)
    assert people.given_password_by(session, "王") == CHEN


def test_a_password_that_the_console_was_shown_is_changed_at_first_use_and_one_it_was_given_is_not(session):
    account, shown = people.add(session, "挂点", Role.MENTOR, by=CONSOLE, now=NOW)
    assert account.must_change
    people.change_own_password(session, person(session, "挂点"), shown, MINE, now=NOW)
    assert not account.must_change
    people.set_password(session, "挂点", by=CONSOLE, now=NOW)
    assert account.must_change
    people.set_password(session, "挂点", MINE, by=CONSOLE, now=NOW)
    assert not account.must_change
    assert not people.add(session, "给定", Role.MENTOR, password=MINE, by=CONSOLE, now=NOW)[0].must_change


def test_a_password_that_an_officer_has_seen_is_changed_before_its_account_signs_for_others(session):
    chen = person(session, CHEN)
    people.add(session, "挂点", Role.MENTOR, by=chen, now=NOW)
    assert people.named(session, "挂点").must_change  # at first use
    seen = people.set_password(session, "挂点", by=chen, now=NOW)[1]
    people.change_own_password(session, person(session, "挂点"), seen, MINE, now=NOW)
    people.change_role(session, "挂点", Role.OFFICER, by=chen, now=NOW, approved_by=LI)
    assert not people.named(session, "挂点").must_change
    people.set_password(session, WEI, by=chen, now=NOW)
    people.named(session, WEI).must_change = False  # of before first use asked for it
    people.change_role(session, WEI, Role.OFFICER, by=chen, now=NOW, approved_by=LI)
    assert people.named(session, WEI).must_change


def test_whoever_is_behind_an_account_says_so_and_the_trail_says_only_that_they_did(session):
    wei = person(session, WEI)
    people.set_contact(
        session, WEI, Contact(" 魏  来 ", "莲芯公司董办", "０７５０－３８８７０００ 转 12"), by=wei, now=NOW
    )
    kept = contact_of(people.named(session, WEI))
    assert kept == Contact("魏 来", "莲芯公司董办", "0750-3887000 转 12")
    assert kept.beside(WEI) == "魏董秘（魏 来；莲芯公司董办；0750-3887000 转 12）"
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.details) == ("change_contact", {"fields": ["person_name", "unit", "phone"]})
    people.set_contact(session, WEI, kept, by=wei, now=NOW)
    assert session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first() is entry  # nothing new
    people.set_contact(session, WEI, Contact(), by=person(session, CHEN), now=NOW)
    assert contact_of(people.named(session, WEI)) == Contact()


@pytest.mark.parametrize(
    "said",
    [Contact(phone="call me"), Contact(phone="12"), Contact(phone="1" * 60), Contact("a" * 81), Contact("a\x00b")],
)
def test_what_is_no_name_or_phone_is_refused_and_nothing_changes(session, said):
    before = contact_of(people.named(session, WEI))
    with pytest.raises(WrongAccount):
        people.set_contact(session, WEI, said, by=CONSOLE, now=NOW)
    assert contact_of(people.named(session, WEI)) == before


def test_nobody_says_who_stands_behind_the_account_of_another(session):
    with pytest.raises(NotAllowed):
        people.set_contact(session, CHEN, Contact("x"), by=person(session, WEI), now=NOW)


def test_an_auditor_reads_everything_and_does_nothing_and_an_administrator_sees_no_score(session):
    reads = {action for action in Action if action.startswith("see_")} | {Action.EXPORT}
    for name, role, may in (("审计", Role.AUDITOR, reads), ("管理员", Role.ADMIN, {Action.MANAGE_PEOPLE})):
        people.add(session, name, role, by=CONSOLE, now=NOW)
        them = person(session, name)
        assert {action for action in Action if people.may(them, action)} == may
        assert not them.policy.may_approve
    people.add(session, "董办", Role.READER, LOTUS, by=CONSOLE, now=NOW)
    mine, theirs = person(session, "董办"), person(session, WEI)
    assert set(theirs.policy.may) - set(mine.policy.may) == {
        Action.APPLY,
        Action.WRITE_MESSAGES,
        Action.OBJECT,
        Action.HAND_IN,
        Action.CLAIM_SUPPORT,
    }
