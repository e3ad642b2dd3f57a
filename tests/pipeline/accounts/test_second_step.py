"""The second step of a sign-in: turned on by a code, used once a code, and turned off."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people, second_step
from pipeline.accounts.people import WrongAccount
from pipeline.accounts.roles import Role
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry, SecondStep
from tests.cast import NOW

KEY, PASSWORD = "the program's secret", "a long password"
CONSOLE = people.console()


@pytest.fixture
def session(sqlite_url: str):
    engine = engine_for(sqlite_url)
    with Session(engine) as opened:
        for name, role in (("韦", Role.MENTOR), ("陈", Role.OFFICER), ("李", Role.OFFICER)):
            people.add(opened, name, role, password=PASSWORD, by=CONSOLE, now=NOW)
        yield opened
    engine.dispose()


def person(session: Session, name: str = "韦") -> people.Person:
    return people.person_from(people.named(session, name))


def turned_on(session: Session, name: str = "韦") -> tuple[pyotp.TOTP, list[str]]:
    phone = pyotp.TOTP(second_step.begin(session, person(session, name), key=KEY).secret)
    return phone, second_step.confirm(session, person(session, name), phone.at(NOW), key=KEY, now=NOW)


def used(session: Session, code: str, now=NOW, key: str = KEY):
    return second_step.use(session, person(session), code, key=key, now=now)


def test_it_is_on_once_a_code_shows_that_the_phone_has_the_secret_and_the_sessions_of_before_end(session: Session):
    before = person(session).stamp
    begun = second_step.begin(session, person(session), key=KEY)
    phone = pyotp.TOTP(begun.secret)
    assert f"secret={begun.secret}" in begun.address
    wrong = f"{(int(phone.at(NOW)) + 1) % 1_000_000:06}"
    with pytest.raises(WrongAccount):
        second_step.confirm(session, person(session), wrong, key=KEY, now=NOW)
    assert not second_step.is_on(session, person(session).id)
    assert used(session, phone.at(NOW)) is None
    codes = second_step.confirm(session, person(session), phone.at(NOW), key=KEY, now=NOW)
    assert len(set(codes)) == second_step.RECOVERY_CODES
    assert second_step.on_for(session) == {person(session).id}
    assert person(session).stamp != before
    with pytest.raises(WrongAccount):
        second_step.begin(session, person(session), key=KEY)


def test_a_code_opens_once_and_none_of_before_it_does(session: Session):
    phone, _codes = turned_on(session)
    assert used(session, phone.at(NOW)) is None  # it has turned it on
    later = NOW + timedelta(minutes=5)
    assert used(session, phone.at(later - timedelta(seconds=60)), later) is None
    assert used(session, phone.at(later + timedelta(seconds=60)), later) is None
    ahead = phone.at(later + timedelta(seconds=30))
    assert used(session, f" {ahead[:3]} {ahead[3:]}", later) == second_step.Used(False, 10)
    assert used(session, ahead, later) is None
    assert used(session, phone.at(later), later) is None
    behind = later + timedelta(minutes=2)
    assert used(session, phone.at(behind - timedelta(seconds=30)), behind) is not None


def test_a_recovery_code_opens_once_and_the_trail_says_how_many_are_left(session: Session):
    _phone, codes = turned_on(session)
    assert used(session, codes[3].upper()) == second_step.Used(True, 9)
    assert used(session, codes[3]) is None
    assert used(session, codes[4].replace("-", " ")) == second_step.Used(True, 8)
    assert used(session, "aaaa-aaaa-aaaa-aaaa") is None
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.action, last.details) == ("use_recovery_code", {"left": 8})
    session.commit()
    audit.verify_all(session)


def test_nothing_kept_and_nothing_in_the_trail_tells_the_secret_or_a_recovery_code(session: Session):
    begun = second_step.begin(session, person(session), key=KEY)
    codes = second_step.confirm(session, person(session), pyotp.TOTP(begun.secret).at(NOW), key=KEY, now=NOW)
    session.commit()
    kept = session.scalars(select(SecondStep.sealed_secret)).all()
    raw = session.connection().connection.driver_connection
    everything = "\n".join(raw.iterdump())
    assert kept[0] in everything
    assert [each for each in (begun.secret, *codes) if each in everything] == []
    assert begun.secret not in repr(begun)


def test_with_another_secret_of_the_program_a_recovery_code_still_opens(session: Session):
    phone, codes = turned_on(session)
    with pytest.raises(WrongAccount, match=r"备用码|recovery code"):
        used(session, phone.at(NOW), key="another")
    assert used(session, codes[0], key="another") is not None


def test_one_turns_it_off_with_password_and_code(session: Session):
    phone, codes = turned_on(session)
    later = NOW + timedelta(minutes=1)
    for password, code in ((PASSWORD, "000000x"), ("a wrong password", codes[0]), (PASSWORD, phone.at(NOW))):
        with pytest.raises(WrongAccount):
            second_step.turn_off_own(session, person(session), password, code, key=KEY, now=later)
    second_step.turn_off_own(session, person(session), PASSWORD, phone.at(later), key=KEY, now=later)
    assert not second_step.is_on(session, person(session).id)
    assert second_step.codes_left(session, person(session).id) == 0
    session.commit()
    audit.verify_all(session)


def test_who_keeps_accounts_turns_it_off_for_others_and_two_sign_for_who_signs(session: Session):
    turned_on(session)
    turned_on(session, "李")
    chen = person(session, "陈")
    with pytest.raises(WrongAccount):
        second_step.turn_off(session, "李", by=chen, now=NOW)  # an officer's: two sign
    with pytest.raises(WrongAccount):
        second_step.turn_off(session, "陈", by=chen, now=NOW)  # one's own
    second_step.turn_off(session, "韦", by=chen, now=NOW)
    second_step.turn_off(session, "李", by=CONSOLE, now=NOW)
    assert second_step.on_for(session) == set()
    with pytest.raises(WrongAccount):
        second_step.turn_off(session, "韦", by=chen, now=NOW)
