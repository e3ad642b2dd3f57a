"""A role is a row of the table: a new one is opened, limited to a district, signs and is offered without other code."""

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cli import goldseed
from pipeline.accounts import people, roles
from pipeline.accounts.people import Person, WrongAccount
from pipeline.accounts.roles import Action, Role, RolePolicy, Scope, account_roles
from pipeline.language import Label
from pipeline.store.tables import Firm
from tests.cast import BANYAN, LOTUS, NAMES, NOW

LEADER, WATCHER, AGENCY = Role("leader"), Role("watcher"), Role("agency")
CONSOLE = people.console()


@pytest.fixture(autouse=True)
def three_more_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    see = {Action.SEE_FIRMS: Scope.CITY, Action.SEE_CASES: Scope.CITY}
    leader = RolePolicy(Label("领导", "leader"), see, may_have_district=True, may_approve=True)
    watcher = RolePolicy(Label("观察员", "watcher"), see, opened_by_two=False)
    own = {Action.SEE_FIRMS: Scope.OWN_FIRM}
    agency = RolePolicy(Label("中介机构", "agency"), own, speaks_for_one_firm=True, opened_by_two=False)
    for role, policy in ((LEADER, leader), (WATCHER, watcher), (AGENCY, agency)):
        monkeypatch.setitem(roles.ROLES, role, policy)  # type: ignore[arg-type]


@pytest.fixture
def session(engine: Engine):
    with Session(engine) as opened:
        for firm, district in ((LOTUS, "440703"), (BANYAN, "440704")):
            opened.add(Firm(id=firm, cohort="city", name=NAMES[firm], district_code=district))
        opened.commit()
        yield opened


def an_officer(session: Session) -> Person:
    account, _password = people.add(session, "陈主任", Role.OFFICER, by=CONSOLE, now=NOW)
    return people.person_from(account)


def test_a_new_role_is_among_those_an_account_can_have_and_a_role_of_no_row_is_not(session: Session):
    assert account_roles() == [
        "officer",
        "enterprise",
        "enterprise_reader",
        "analyst",
        "mentor",
        "department",
        "auditor",
        "admin",
        "leader",
        "watcher",
        "agency",
    ]
    account, _password = people.add(session, "何市长", "leader", by=CONSOLE, now=NOW)
    assert account.role == LEADER
    with pytest.raises(WrongAccount, match="mentor, department, auditor, admin, leader, watcher, agency"):
        people.add(session, "某人", "inspector", by=CONSOLE, now=NOW)


def test_an_account_is_opened_by_one_or_by_two_as_its_row_says(session: Session):
    officer = an_officer(session)
    people.add(session, "何观察", WATCHER, by=officer, now=NOW)
    with pytest.raises(WrongAccount, match="第二人"):
        people.add(session, "何市长", LEADER, by=officer, now=NOW)


@pytest.mark.parametrize(("role", "signs"), [(LEADER, True), (WATCHER, False)])
def test_whoever_may_approve_by_the_table_signs_as_the_second_person(session: Session, role: Role, signs: bool):
    officer = an_officer(session)
    people.add(session, "第二人", role, by=CONSOLE, now=NOW)
    if signs:
        people.add(session, "Ana", Role.ANALYST, by=officer, now=NOW, approved_by="第二人")
    else:
        with pytest.raises(WrongAccount):
            people.add(session, "Ana", Role.ANALYST, by=officer, now=NOW, approved_by="第二人")


def test_a_district_limits_a_role_that_may_have_one_and_no_other(session: Session):
    account, _password = people.add(session, "何市长", LEADER, district_code="440703", by=CONSOLE, now=NOW)
    limited = people.person_from(account)
    assert session.query(Firm.id).where(people.visible_firms(limited)).all() == [(LOTUS,)]
    with pytest.raises(WrongAccount):
        people.add(session, "何观察", WATCHER, district_code="440703", by=CONSOLE, now=NOW)


def test_a_role_that_speaks_for_one_firm_needs_it_and_sees_it_alone(session: Session):
    with pytest.raises(WrongAccount):
        people.add(session, "某所", AGENCY, by=CONSOLE, now=NOW)
    account, _password = people.add(session, "某所", AGENCY, firm_id=BANYAN, by=CONSOLE, now=NOW)
    assert session.query(Firm.id).where(people.visible_firms(people.person_from(account))).all() == [(BANYAN,)]


def test_the_command_that_opens_accounts_names_every_role_in_its_help():
    told = CliRunner().invoke(goldseed, ["people", "add", "--help"]).output
    assert "leader（领导）" in "".join(told.split())
