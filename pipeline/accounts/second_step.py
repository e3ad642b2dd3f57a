"""The second step of a sign-in, where a person has turned it on: a code that their phone shows (TOTP, RFC 6238: six
digits, new every thirty seconds), or one of ten recovery codes, each of which opens once.

The secret that the phone shares with us is kept encrypted with a key of the program's own secret, which the caller
hands in; of a recovery code only the hash is kept. A code is used once: the step of the last one is noted, and neither
it nor an earlier one opens again.
"""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Person, WrongAccount
from pipeline.language import N_, Message
from pipeline.store.tables import Account, RecoveryCode, SecondStep
from pipeline.store.write_lock import lock_writes

RECOVERY_CODES = 10
#: So many steps of thirty seconds a phone's clock may be ahead or behind.
_DRIFT = 1
_SECONDS = 30
_RECOVERY_LETTERS = "abcdefghjkmnpqrtwxy346789"  # as in readable passwords
_RECOVERY = re.compile(f"[{_RECOVERY_LETTERS}]{{16}}")


@dataclass(frozen=True)
class Begun:
    """What a phone is told, once. `address`: the same as an otpauth:// address, for a picture."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class Used:
    """How somebody was let in: by a code of the phone, or by a recovery code of which `left` are left."""

    recovery: bool
    left: int


def is_on(session: Session, account_id: int) -> bool:
    """Whether the sign-in of this account asks for a code."""
    return session.scalar(select(SecondStep.id).where(*_on(account_id))) is not None


def on_for(session: Session) -> set[int]:
    """The accounts whose sign-in asks for a code."""
    return set(session.scalars(select(SecondStep.account_id).where(SecondStep.confirmed_at.is_not(None))))


def codes_left(session: Session, account_id: int) -> int:
    return session.scalar(select(func.count()).where(RecoveryCode.account_id == account_id)) or 0


def begin(session: Session, person: Person, *, key: str) -> Begun:
    """Make a secret for the person's phone; nothing is asked for before `confirm`. A secret begun before is forgotten.

    Raises WrongAccount where the second step is on already, or for whoever has no account.
    """
    lock_writes(session)
    if session.get(Account, person.id) is None:
        raise WrongAccount(Message(N_("A second step belongs to an account; name it.")))
    kept = _kept(session, person.id)
    if kept is not None and kept.confirmed_at is not None:
        raise WrongAccount(Message(N_("The second step is on already. Turn it off first to set up another phone.")))
    if kept is None:
        kept = SecondStep(account_id=person.id)
        session.add(kept)
    secret = pyotp.random_base32()
    kept.sealed_secret, kept.last_step = _box(key).encrypt(secret.encode()).decode(), None
    session.flush()
    return Begun(secret, pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name="Goldseed"))


def confirm(session: Session, person: Person, code: str, *, key: str, now: datetime) -> list[str]:
    """Turn the second step on: the code shows that the phone has the secret. Returns the recovery codes, which are
    kept nowhere else; open sessions end. Raises WrongAccount for a wrong code."""
    lock_writes(session)
    kept = _kept(session, person.id)
    if kept is None or kept.confirmed_at is not None:
        raise WrongAccount(Message(N_("Nothing waits for a code: begin to set up the second step anew.")))
    if not _uses_code(kept, _tidy(code), key=key, now=now):
        text = N_("This is not the code that the phone shows now. Look whether its clock is right, and write the next.")
        raise WrongAccount(Message(text))
    kept.confirmed_at = audit.utc(now)
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == person.id))
    session.add_all(RecoveryCode(account_id=person.id, code_hash=_hash(_tidy(each))) for each in codes)
    people.changed(session, session.get_one(Account, person.id), "second_step_on", {}, person, now)
    return codes


def use(session: Session, person: Person, code: str, *, key: str, now: datetime) -> Used | None:
    """Let a code count for this person, once; None for a wrong one, or one that was used before.

    The caller limits attempts. Raises WrongAccount where the program's secret is another than when it was turned on.
    """
    lock_writes(session)
    kept = session.scalar(select(SecondStep).where(*_on(person.id)).execution_options(populate_existing=True))
    if kept is None:
        return None
    tidy = _tidy(code)
    if _RECOVERY.fullmatch(tidy):
        mine = (RecoveryCode.account_id == person.id, RecoveryCode.code_hash == _hash(tidy))
        found = session.scalar(select(RecoveryCode).where(*mine))
        if found is None:
            return None
        session.delete(found)
        session.flush()
        left = codes_left(session, person.id)
        audit.record(session, person, "use_recovery_code", f"account:{person.name}", {"left": left}, now)
        return Used(True, left)
    return Used(False, codes_left(session, person.id)) if _uses_code(kept, tidy, key=key, now=now) else None


def turn_off_own(session: Session, person: Person, password: str, code: str, *, key: str, now: datetime) -> None:
    """A person's own turning off, with password and code. Raises WrongAccount where one of them is not right."""
    lock_writes(session)
    right = people.check_password(session, person.name, password) is not None
    if not is_on(session, person.id):
        raise WrongAccount(Message(N_("The second step is not on.")))
    if not right or use(session, person, code, key=key, now=now) is None:
        raise WrongAccount(Message(N_("Password or code is not right. The second step stays on.")))
    _forget(session, person.id)
    people.changed(session, session.get_one(Account, person.id), "second_step_off", {}, person, now)


def turn_off(session: Session, name: str, *, by: Person, now: datetime, approved_by: str | None = None) -> Account:
    """Turn it off for somebody who has lost the phone; the account's sessions end. A second person signs where one did
    to open the account. Raises WrongAccount for one's own account, or where it is not on."""
    account = people.changing(session, name, by)
    people.check_four_eyes(session, by, account.role, approved_by)
    if not is_on(session, account.id):
        text = N_("The second step of %(name)s is not on.")
        raise WrongAccount(Message(text, {"name": account.name}))
    _forget(session, account.id)
    return people.changed(session, account, "second_step_off", people.approval(approved_by), by, now)


def _on(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return (SecondStep.account_id == account_id, SecondStep.confirmed_at.is_not(None))


def _kept(session: Session, account_id: int) -> SecondStep | None:
    return session.scalar(select(SecondStep).where(SecondStep.account_id == account_id))


def _forget(session: Session, account_id: int) -> None:
    for kind in (RecoveryCode, SecondStep):
        session.execute(delete(kind).where(kind.account_id == account_id))


def _uses_code(kept: SecondStep, code: str, *, key: str, now: datetime) -> bool:
    """Whether the phone shows this code about now; its step is noted, so that it opens once."""
    try:
        shown = pyotp.TOTP(_box(key).decrypt(kept.sealed_secret.encode()).decode())
    except InvalidToken as error:
        text = N_(
            "The program's secret is another than when the second step was turned on, so no code of the phone can be "
            "checked. Use a recovery code, or ask whoever keeps the accounts to turn the second step off."
        )
        raise WrongAccount(Message(text)) from error
    here = int(audit.utc(now).replace(tzinfo=UTC).timestamp()) // _SECONDS
    for step in range(here - _DRIFT, here + _DRIFT + 1):
        fits = hmac.compare_digest(shown.generate_otp(step).encode(), code.encode())
        if fits and step > (kept.last_step or 0):
            kept.last_step = step
            return True
    return False


def _tidy(code: str) -> str:
    return "".join(unicodedata.normalize("NFKC", code).split()).replace("-", "").casefold()[:40]


def _recovery_code() -> str:
    """Four groups of four letters and digits: 74 bits."""
    return "-".join("".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(4)) for _ in range(4))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _box(key: str) -> Fernet:
    """What locks and opens secrets; of the program's secret a key of its own, used for nothing else."""
    own = hmac.new(key.encode(), b"goldseed: secrets of second steps", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(own))
