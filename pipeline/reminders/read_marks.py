"""What a person has read of their reminders.

notices.py ──► read_marks.py
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, or_
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.reminders.notices import Notice, notices
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import ReminderSeen
from pipeline.store.write_lock import lock_writes


def mark(
    session: Session, person: Person, on: date, *, read: bool, now: datetime, keys: Collection[str] | None = None
) -> list[Notice]:
    """Mark reminders of a person as read, or as not read: those of these keys, or all. Gives those that were marked;
    a key that is none of theirs marks nothing."""
    lock_writes(session)
    if session.get(Account, person.id) is None:
        return []
    wanted = [one for one in notices(session, person, on) if one.read is not read and (keys is None or one.key in keys)]
    if read:
        moment = audit.utc(now)
        session.add_all(
            ReminderSeen(account_id=person.id, kind=one.kind, number=one.number, about=one.about, seen_at=moment)
            for one in wanted
        )
    elif wanted:
        session.execute(delete(ReminderSeen).where(ReminderSeen.account_id == person.id, or_(*_which(wanted))))
    session.flush()
    return wanted


def _which(wanted: Sequence[Notice]) -> list[ColumnElement[bool]]:
    return [
        and_(ReminderSeen.kind == one.kind, ReminderSeen.number == one.number, ReminderSeen.about == one.about)
        for one in wanted
    ]
