"""Accounts, and what each role may see and do."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import Account, AuditEntry, Firm, FirmListRow
from tests.cast import BANYAN, KAPOK, LOTUS, NAMES, NOW
from tests.conftest import shipped_hasher

ON_SQLITE_ALONE = True

CONSOLE = people.console()
OFFICER = Person(1, "陈主任", Role.OFFICER)
DISTRICT_OFFICER = Person(2, "江海科长", Role.OFFICER, district_code="440704")
LOTUS_CLERK = Person(3, "莲芯", Role.ENTERPRISE, firm_id=LOTUS)
ANALYST = Person(4, "Ana", Role.ANALYST)
EVERYBODY = [OFFICER, DISTRICT_OFFICER, LOTUS_CLERK, ANALYST]
REFERENCE = "neeq:430025"


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        for firm, district in ((LOTUS, "440703"), (BANYAN, "440704"), (KAPOK, None)):
            session.add(Firm(id=firm, cohort="city", name=NAMES[firm], district_code=district))
        session.add(Firm(id=REFERENCE, cohort="neeq", name="参照公司（虚构）"))
        session.flush()
        for firm, district in ((LOTUS, "440703"), (BANYAN, "440704"), (KAPOK, None)):
            session.add(FirmListRow(firm_id=firm, district_code=district))
        session.commit()
        yield session


def add(session, name="陈主任", role=Role.OFFICER, **given):
    return people.add(session, name, role, by=CONSOLE, now=NOW, **given)


def firms_of(session, person, action=Action.SEE_FIRMS):
    firms = set(session.scalars(select(Firm.id).where(people.visible_firms(person, action))))
    listed = set(session.scalars(select(FirmListRow.firm_id).where(people.visible_rows(person, action))))
    assert listed == firms - {REFERENCE}  # of the stored list the very same, which has the city's alone
    return firms


# --- what they may


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("person", "firms"),
    [
        (OFFICER, {LOTUS, BANYAN, KAPOK}),
        (DISTRICT_OFFICER, {BANYAN}),
        (LOTUS_CLERK, {LOTUS}),
        (ANALYST, {LOTUS, BANYAN, KAPOK, REFERENCE}),
        (CONSOLE, {LOTUS, BANYAN, KAPOK, REFERENCE}),
        (Person(5, "nobody's clerk", Role.ENTERPRISE), set()),
    ],
)
def test_each_person_sees_these_firms_and_no_other(session, person, firms):
    assert firms_of(session, person) == firms


def test_an_analyst_reaches_no_firm_by_an_action_that_is_not_theirs(session):
    assert firms_of(session, ANALYST, Action.SEE_CASES) == set()


def test_a_district_officer_reaches_no_firm_by_what_is_done_for_the_whole_city(session):
    assert firms_of(session, DISTRICT_OFFICER, Action.PROPOSE_POOLS) == set()
    assert firms_of(session, OFFICER, Action.PROPOSE_POOLS) == {LOTUS, BANYAN, KAPOK}


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.SEE_FIRMS, EVERYBODY),
        (Action.SEE_SCORES, EVERYBODY),
        (Action.SEE_FINDINGS, [OFFICER, DISTRICT_OFFICER]),
        (Action.RECORD_VISITS, [OFFICER, DISTRICT_OFFICER]),
        (Action.DECIDE_POOLS, [OFFICER, DISTRICT_OFFICER]),
        (Action.PROPOSE_POOLS, [OFFICER]),
        (Action.IMPORT, [OFFICER, DISTRICT_OFFICER]),
        (Action.SEE_MODELS, [ANALYST]),
        (Action.PROMOTE_MODELS, [ANALYST]),
        (Action.SEE_AUDIT_LOG, [OFFICER]),
        (Action.MANAGE_PEOPLE, [OFFICER]),
    ],
)
def test_these_people_may_and_the_others_may_not(action, allowed):
    assert [person for person in EVERYBODY if people.may(person, action)] == allowed


def test_every_role_and_action_has_its_names_in_both_languages():
    from pipeline.accounts.roles import ACTION_NAMES, ROLES

    assert all(policy.name.zh and policy.name.en for policy in ROLES.values())
    assert set(ACTION_NAMES) == set(Action)


def test_a_refusal_names_the_person_the_role_and_what_was_asked():
    with pytest.raises(NotAllowed, match="莲芯（企业）无权进行此操作：登记走访"):
        people.require(LOTUS_CLERK, Action.RECORD_VISITS)


def test_an_enterprise_may_see_its_own_firm_and_not_its_neighbour(session):
    people.require(LOTUS_CLERK, Action.SEE_SCORES, LOTUS, session=session)
    with pytest.raises(NotAllowed):
        people.require(LOTUS_CLERK, Action.SEE_SCORES, BANYAN, session=session)


def test_several_firms_are_asked_about_at_once_and_one_out_of_reach_is_refused_as_alone(session):
    asked = []
    session.connection()
    listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    people.require_each(session, OFFICER, Action.SEE_FIRMS, [LOTUS, BANYAN])
    assert len(asked) == 1
    people.require_each(session, LOTUS_CLERK, Action.SEE_FIRMS, [LOTUS])
    for person, action, firms in (
        (LOTUS_CLERK, Action.SEE_FIRMS, [LOTUS, BANYAN]),
        (OFFICER, Action.SEE_FIRMS, [LOTUS, "nobody"]),
        (LOTUS_CLERK, Action.RECORD_VISITS, [LOTUS]),
    ):
        with pytest.raises(NotAllowed):
            people.require_each(session, person, action, firms)


def test_a_page_that_asks_once_refuses_all_the_same_and_asks_anew_by_another_scope_person_firm_or_time(session):
    asked = []
    listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))

    def questions(person, action, firm=LOTUS):
        before = len(asked)
        people.require(person, action, firm, session=session)
        return len(asked) - before

    session.connection()
    with people.asked_once(session):
        assert questions(OFFICER, Action.SEE_FIRMS) == 1
        assert questions(OFFICER, Action.SEE_FIRMS) == 0
        assert questions(OFFICER, Action.SEE_CASES) == 0  # reaches the same firms
        assert questions(OFFICER, Action.SEE_FIRMS, BANYAN) == 1
        assert questions(LOTUS_CLERK, Action.SEE_FIRMS) == 1
        assert questions(LOTUS_CLERK, Action.SEE_FIRMS) == 0
        for _time in range(2):
            with pytest.raises(NotAllowed):
                people.require(LOTUS_CLERK, Action.SEE_FIRMS, BANYAN, session=session)
            with pytest.raises(NotAllowed):
                people.require(LOTUS_CLERK, Action.KEEP_CASES, LOTUS, session=session)
    assert questions(OFFICER, Action.SEE_FIRMS) == 1


def test_a_firm_that_does_not_exist_is_refused_in_the_words_of_one_that_is_hidden(session):
    refusals = []
    for firm in (BANYAN, "91440704NOSUCHFIRM"):
        with pytest.raises(NotAllowed) as caught:
            people.require(LOTUS_CLERK, Action.SEE_FIRMS, firm, session=session)
        assert firm in str(caught.value)
        refusals.append(str(caught.value).replace(firm, "…"))
    assert refusals[0] == refusals[1]


def test_a_reference_firm_is_not_the_officers_to_see(session):
    people.require(ANALYST, Action.SEE_FIRMS, REFERENCE, session=session)
    with pytest.raises(NotAllowed):
        people.require(OFFICER, Action.SEE_FIRMS, REFERENCE, session=session)


# --- accounts


def test_a_new_account_signs_in_with_the_password_that_was_made_for_it(session):
    account, password = add(session)
    person = people.check_password(session, "陈主任", password)
    assert person == Person(account.id, "陈主任", Role.OFFICER, stamp=account.stamp, must_change_password=True)
    assert len(password) == 19
    assert password not in account.password_hash
    assert account.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(("name", "password"), [("陈主任", "wrong-password"), ("nobody", "wrong-password"), ("", "")])
def test_a_wrong_password_and_an_unknown_name_open_nothing(session, name, password):
    add(session)
    assert people.check_password(session, name, password) is None


def test_a_guess_costs_an_attacker_64_mib_where_the_tests_do_not_make_it_cheap():
    assert (shipped_hasher().memory_cost, shipped_hasher().time_cost) >= (65_536, 3)


def test_an_unknown_name_costs_a_hash_like_a_known_one(session, monkeypatch):
    checked = []
    hasher = people._hasher()

    class Counting:
        def verify(self, stored, password):
            checked.append(stored)
            return hasher.verify(stored, password)

        hash = hasher.hash

    people._dummy_hash()
    monkeypatch.setattr(people, "_hasher", Counting)
    for name in ("nobody", "x" * 500, "two\nlines"):
        assert people.check_password(session, name, "whatever-it-is") is None
    assert checked == [people._dummy_hash()] * 3


@pytest.mark.both_databases
@pytest.mark.parametrize("again", ["Élodie Chan", " Élodie  Chan ", "Élodie CHAN", "Ｅ́lodie Chan"])
def test_a_name_is_given_once_however_it_is_written(session, again):
    add(session, "Élodie Chan")
    with pytest.raises(people.WrongAccount, match="已有名为"):
        add(session, again)


@pytest.mark.both_databases
def test_a_person_signs_in_under_their_name_in_another_case(session):
    _, password = add(session, "Ana", Role.ANALYST)
    person = people.check_password(session, "ana", password)
    assert person is not None
    assert person.name == "Ana"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"role": "enterprise"}, "须指明所属企业"),
        ({"role": "officer", "firm_id": LOTUS}, "不得指明企业"),
        ({"role": "enterprise", "firm_id": "91440704NOSUCHFIRM"}, "没有企业"),
        ({"role": "king"}, "不是账户角色"),
        ({"role": "console"}, "不是账户角色"),
        ({"role": "analyst", "district_code": "440704"}, "行政区划代码"),
        ({"district_code": "江海区"}, "行政区划代码"),
        ({"district_code": "999999"}, "440704"),
        ({"password": "short"}, "现为 5 位"),
        ({"name": "  "}, "1 至 80 个字"),
        ({"name": "two\nlines\x07"}, "1 至 80 个字"),
    ],
)
def test_an_account_that_cannot_be_is_refused(session, given, complaint):
    with pytest.raises(people.WrongAccount, match=complaint):
        add(session, **given)
    assert people.list_people(session) == []


def officers(session):
    """Two officers, an analyst and Lotus's clerk, with accounts of their own."""
    made = {}
    for name, role, firm in (
        ("陈主任", Role.OFFICER, None),
        ("周科员", Role.OFFICER, None),
        ("Ana", Role.ANALYST, None),
        ("莲芯", Role.ENTERPRISE, LOTUS),
    ):
        made[name] = people.person_from(add(session, name, role, firm_id=firm)[0])
    return made


def test_an_officer_opens_an_enterprise_s_account_alone(session):
    chief = officers(session)["陈主任"]
    account, _password = people.add(session, "榕动", Role.ENTERPRISE, firm_id=BANYAN, by=chief, now=NOW)
    assert account.firm_id == BANYAN


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ANALYST])
@pytest.mark.parametrize("second", [None, "陈主任", "莲芯", "nobody"])
def test_an_officer_s_or_analyst_s_account_needs_a_second_person_who_may_sign(session, role, second):
    chief = officers(session)["陈主任"]
    with pytest.raises(people.WrongAccount, match="第二人"):
        people.add(session, "新人", role, by=chief, now=NOW, approved_by=second)


@pytest.mark.parametrize("second", ["周科员", "Ana"])
def test_with_another_officer_or_an_analyst_it_is_opened_and_the_trail_names_both(session, second):
    chief = officers(session)["陈主任"]
    people.add(session, "新人", Role.ANALYST, by=chief, now=NOW, approved_by=second)
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.person, last.details["seconded_by"]) == ("陈主任", second)


def test_a_disabled_second_person_signs_nothing(session):
    chief = officers(session)["陈主任"]
    people.disable(session, "周科员", by=CONSOLE, now=NOW)
    with pytest.raises(people.WrongAccount):
        people.set_password(session, "Ana", by=chief, now=NOW, approved_by="周科员")


@pytest.mark.parametrize(
    "change",
    [
        lambda session, by: people.disable(session, "陈主任", by=by, now=NOW),
        lambda session, by: people.enable(session, "陈主任", by=by, now=NOW, approved_by="Ana"),
        lambda session, by: people.set_password(session, "陈主任", by=by, now=NOW, approved_by="Ana"),
        lambda session, by: people.change_role(session, "陈主任", Role.ANALYST, by=by, now=NOW, approved_by="Ana"),
    ],
)
def test_nobody_lifts_or_closes_their_own_account(session, change):
    with pytest.raises(people.WrongAccount, match="本人"):
        change(session, officers(session)["陈主任"])


@pytest.mark.parametrize("who", ["Ana", "莲芯"])
def test_an_analyst_and_an_enterprise_make_no_accounts(session, who):
    with pytest.raises(NotAllowed):
        people.add(session, "新人", Role.ENTERPRISE, firm_id=LOTUS, by=officers(session)[who], now=NOW)


def test_an_officer_of_a_district_makes_no_accounts(session):
    with pytest.raises(NotAllowed):
        people.add(session, "新人", Role.ENTERPRISE, firm_id=LOTUS, by=DISTRICT_OFFICER, now=NOW)


def test_a_disabled_account_neither_signs_in_nor_keeps_its_session(session):
    account, password = add(session)
    stamp = account.stamp
    people.disable(session, "陈主任", by=CONSOLE, now=NOW)
    assert people.check_password(session, "陈主任", password) is None
    assert people.person_of(session, account.id) is None
    people.enable(session, "陈主任", by=CONSOLE, now=NOW)
    back = people.person_of(session, account.id)
    assert back is not None
    assert back.stamp != stamp


def test_another_role_ends_the_sessions_of_the_old_one(session):
    account, _ = add(session)
    stamp = account.stamp
    people.change_role(session, "陈主任", Role.ENTERPRISE, LOTUS, by=CONSOLE, now=NOW)
    person = people.person_of(session, account.id)
    assert person == Person(
        account.id, "陈主任", Role.ENTERPRISE, LOTUS, None, account.stamp, must_change_password=True
    )
    assert account.stamp != stamp


def test_a_new_password_takes_the_place_of_the_old(session):
    account, old = add(session)
    stamp = account.stamp
    _, new = people.set_password(session, "陈主任", by=CONSOLE, now=NOW)
    assert people.check_password(session, "陈主任", old) is None
    assert people.check_password(session, "陈主任", new) is not None
    assert account.stamp != stamp


def test_a_person_changes_their_own_password_with_the_old_one_alone(session):
    _, old = add(session)
    person = people.check_password(session, "陈主任", old)
    with pytest.raises(people.WrongAccount, match="原密码不正确"):
        people.change_own_password(session, person, "not-the-old-one", "new-password-1", now=NOW)
    people.change_own_password(session, person, old, "new-password-1", now=NOW)
    assert people.check_password(session, "陈主任", "new-password-1") is not None


def test_an_unknown_account_is_named(session):
    with pytest.raises(NotFound, match="没有名为 无此人 的账户"):
        people.disable(session, "无此人", by=CONSOLE, now=NOW)


def test_accounts_are_listed_by_name_and_the_disabled_are_among_them(session):
    for name in ("bo", "ana", "chi"):
        add(session, name, Role.ANALYST)
    people.disable(session, "ana", by=CONSOLE, now=NOW)
    assert [(account.name, account.disabled) for account in people.list_people(session)] == [
        ("ana", True),
        ("bo", False),
        ("chi", False),
    ]


def test_every_change_of_an_account_stands_in_the_trail_and_no_password_does(session):
    _, password = add(session)
    people.change_role(session, "陈主任", Role.ANALYST, by=CONSOLE, now=NOW + timedelta(days=1))
    people.set_password(session, "陈主任", "another-password", by=CONSOLE, now=NOW + timedelta(days=2))
    people.disable(session, "陈主任", by=CONSOLE, now=NOW + timedelta(days=3))
    entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.action for entry in entries] == ["add_person", "change_role", "set_password", "disable_person"]
    written = " ".join(f"{entry.subject} {entry.details}" for entry in entries)
    assert password not in written
    assert "another-password" not in written
    assert audit.verify(session) == 4


def test_passwords_made_here_differ_and_have_no_letters_that_look_alike():
    made = {people.readable_password() for _ in range(200)}
    assert len(made) == 200
    assert not set("".join(made)) & set("0o1il2z5suv")


@pytest.mark.both_databases
def test_the_database_itself_refuses_a_second_account_of_a_name(session):
    add(session)
    assert session.scalar(select(Account.role)) == "officer"


# --- departments


@pytest.mark.parametrize(
    ("role", "department", "taken"),
    [
        ("department", "tax", True),
        ("department", None, False),
        ("department", "", False),
        ("department", "weather", False),
        ("officer", "tax", False),
        ("analyst", "tax", False),
        ("officer", None, True),
    ],
)
def test_a_department_s_account_and_no_other_has_its_department(session, role, department, taken):
    if not taken:
        with pytest.raises(people.WrongAccount):
            add(session, "张", role, department=department)
        return
    account, _password = add(session, "张", role, department=department)
    assert people.person_from(account).department == department


def test_another_role_takes_the_department_away_and_the_trail_says_which(session):
    add(session, "张", "department", department="tax")
    with pytest.raises(people.WrongAccount):
        people.change_role(session, "张", "officer", department="tax", by=CONSOLE, now=NOW)
    people.change_role(session, "张", "department", department="courts", by=CONSOLE, now=NOW)
    assert people.named(session, "张").department == "courts"
    people.change_role(session, "张", "officer", by=CONSOLE, now=NOW)
    assert people.named(session, "张").department is None
    told = [entry.details.get("department") for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert told == ["tax", "courts", None]


def test_a_department_reaches_no_firm_by_any_action_and_does_nothing_but_answer(session):
    clerk = Person(7, "税务", Role.DEPARTMENT, department="tax")
    assert [action for action in Action if people.may(clerk, action)] == [Action.ANSWER_OPINIONS]
    for action in set(Action) - {Action.ANSWER_OPINIONS}:
        assert firms_of_none(session, clerk, action)


def firms_of_none(session, person, action):
    return session.scalar(select(Firm.id).where(people.visible_firms(person, action))) is None
