"""The address at which a person's calendar is read without signing in: made, found, revoked.

Its secret part has 256 bits and is shown once; kept is only its hash, by which it is looked up. It ends when it is
revoked or made anew, when the account is closed, and when its rights change (accounts/people.py takes it out then).
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Account, Firm
from pipeline.store.tutoring_tables import CalendarToken
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import visits
from pipeline.tutoring.agenda.agenda import WEEK
from pipeline.tutoring.agenda.choice import chosen_firms
from pipeline.tutoring.visits import Step

_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class OwnCalendar:
    """What stands in a person's calendar: the firms that they chose to visit this week, id -> name; the steps that are
    due or overdue."""

    on: date
    visits: Sequence[tuple[str, str | None]]
    steps: Sequence[Step]


def has_address(session: Session, person: Person) -> datetime | None:
    """Since when this person has such an address; None without one."""
    return session.scalar(select(CalendarToken.made_at).where(CalendarToken.account_id == person.id))


def make_token(session: Session, name: str, *, by: Person, now: datetime) -> str:
    """A new address for an account, one's own or, for whoever manages accounts, any; the one before ends. Given is its
    secret part, which is kept nowhere."""
    account = _account(session, name, by)
    kept = session.scalar(select(CalendarToken).where(CalendarToken.account_id == account.id))
    if kept is None:
        kept = CalendarToken(account_id=account.id)
        session.add(kept)
    token = secrets.token_urlsafe(_BYTES)
    kept.token_hash, kept.made_by, kept.made_at = _hash(token), by.name, audit.utc(now)
    session.flush()
    audit.record(session, by, "make_calendar_address", f"account:{account.name}", {}, now)
    return token


def revoke(session: Session, name: str, *, by: Person, now: datetime) -> bool:
    """End an account's address; whether there was one."""
    account = _account(session, name, by)
    kept = session.scalar(select(CalendarToken).where(CalendarToken.account_id == account.id))
    if kept is None:
        return False
    session.delete(kept)
    session.flush()
    audit.record(session, by, "revoke_calendar_address", f"account:{account.name}", {}, now)
    return True


def person_of_token(session: Session, token: str) -> Person | None:
    """Whose calendar this is; None for what was never one, was revoked, or belongs to an account that is closed or has
    to set a password first."""
    if not _TOKEN.fullmatch(token):
        return None
    number = session.scalar(select(CalendarToken.account_id).where(CalendarToken.token_hash == _hash(token)))
    person = None if number is None else people.person_of(session, number)
    return None if person is None or person.must_change_password else person


def own_calendar(session: Session, person: Person, on: date) -> OwnCalendar:
    """What stands in the calendar of a person on a day: names and what is to be done, no finding, no score."""
    if not people.may(person, Action.SEE_CASES):
        return OwnCalendar(on, [], [])
    chosen = chosen_firms(session, person, on) or [] if people.may(person, Action.RECORD_VISITS) else []
    reached = select(Firm.id, Firm.name).where(one_of(Firm.id, chosen), people.visible_firms(person, Action.SEE_CASES))
    firms = [(number, name) for number, name in session.execute(reached.order_by(Firm.id))]
    theirs = [step for step in visits.open_steps(session, on, person) if _is_theirs(step, person)]
    return OwnCalendar(on, firms, [step for step in theirs if step.due_on <= on + WEEK])


def _is_theirs(step: Step, person: Person) -> bool:
    if people.may(person, Action.SEE_FINDINGS):
        return step.owner == person.name
    return step.task_id is not None  # a firm's own account gets only tasks that are meant for the firm


def _account(session: Session, name: str, by: Person) -> Account:
    lock_writes(session)
    if name != by.name or by.id == 0:
        people.require(by, Action.MANAGE_PEOPLE)
    account = people.named(session, name)
    if account is None or account.disabled:
        text = N_("There is no account named %(name)s. `goldseed people list` shows all.")
        raise NotFound(Message(text, {"name": name}))
    return account


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
