"""The audit log, which is never deleted: who did what to what, each entry sealed with the hash of the one before.

Every function that changes something for a person writes one entry in the same transaction, so what is not in the log
did not happen. Writers wait for each other (`lock_writes`): the chain has no forks, and what they read before they
write stays true until they commit.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.settings import CHINA
from pipeline.store.tables import AuditEntry
from pipeline.store.write_lock import lock_writes

#: The hash "before" the first entry.
BEGINNING = "0" * 64


class Named(Protocol):
    """Whoever does something: a Person, or anything with a name."""

    @property
    def name(self) -> str: ...


class BrokenAuditLog(ShownToPeople):
    """An entry of the log was changed, taken out or put in by another way than `record`."""

    exit_code = 1

    def __init__(self, message: Message, entry_id: int | None) -> None:
        super().__init__(message)
        self.entry_id = entry_id


class NotYet(ShownToPeople):
    """What is to be recorded would have happened in the future."""


def utc(now: datetime) -> datetime:
    """The moment as the database keeps it: UTC without a zone. A moment without a zone is taken as UTC."""
    return now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now


def check_day(on: date, now: datetime) -> None:
    """Raise NotYet for a day still to come where the city is: in the zone of `now`, else (UTC without one) in China."""
    here = now if now.tzinfo else now.replace(tzinfo=UTC).astimezone(CHINA)
    if on > here.date():
        raise NotYet(
            Message(N_("%(day)s has not come yet. Give the day on which it happened."), {"day": on.isoformat()})
        )


def record(
    session: Session, person: Named, action: str, subject: str, details: Mapping[str, Any], now: datetime
) -> AuditEntry:
    """Add one entry to the log, in the transaction of the change it tells of.

    `action` is a word (at most 40 letters), `subject` what it was done to (`firm:9144…`, `proposal:12`),
    `details` plain values; days and moments become text. Raises ValueError for a value that no database
    keeps (NaN, a NUL character).
    """
    lock_writes(session)
    entry = AuditEntry(
        at=utc(now),
        person=person.name,
        action=str(action),
        subject=subject[:200],
        details=_plain(dict(details)),
        previous_hash=head(session),
    )
    entry.hash = seal(entry)
    session.add(entry)
    session.flush()
    return entry


def head(session: Session) -> str:
    """The hash of the last entry. Noted down elsewhere, it shows later that nothing was cut off the end."""
    last = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1))
    return last or BEGINNING


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are looked for; None: any. `firm`: a firm's id; days as in the city, whose
    days begin and end in `zone`."""

    person: str | None = None
    action: str | None = None
    firm: str | None = None
    since: date | None = None
    until: date | None = None
    zone: tzinfo = CHINA


def entries(
    session: Session, chosen: AuditFilter, most: int | None = None, before: int | None = None
) -> list[AuditEntry]:
    """Entries, the newest first; at most `most`, and only those before the entry of this id."""
    statement = select(AuditEntry).where(*_conditions(chosen)).order_by(AuditEntry.id.desc())
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    return list(session.scalars(statement if most is None else statement.limit(most)))


def count(session: Session, chosen: AuditFilter) -> int:
    return session.scalar(select(func.count()).select_from(AuditEntry).where(*_conditions(chosen))) or 0


def actors(session: Session) -> tuple[list[str], list[str]]:
    """Every name and every action of the log."""
    names = session.scalars(select(AuditEntry.person).distinct().order_by(AuditEntry.person))
    actions = session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    return list(names), list(actions)


def _conditions(chosen: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.person is not None:
        found.append(AuditEntry.person == chosen.person)
    if chosen.action is not None:
        found.append(AuditEntry.action == chosen.action)
    if chosen.firm is not None:
        # What is done about a firm names it as the subject or, quoted, in the details.
        named = cast(AuditEntry.details, Text).contains(f'"{chosen.firm}"', autoescape=True)
        found.append(or_(AuditEntry.subject == f"firm:{chosen.firm}", named))
    if chosen.since is not None:
        found.append(AuditEntry.at >= _beginning(chosen.since, chosen.zone))
    if chosen.until is not None:
        found.append(AuditEntry.at < _beginning(chosen.until + timedelta(days=1), chosen.zone))
    return found


def _beginning(day: date, zone: tzinfo) -> datetime:
    """Midnight of a day in a zone, as the log keeps moments: UTC without a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def verify(session: Session, known_head: str | None = None) -> int:
    """How many entries the log has, if its chain is whole.

    Raises BrokenAuditLog with the id of the first entry that does not fit. `known_head`: a head noted down
    earlier, which must still be in the chain (a chain cut at its end is whole in itself).
    """
    previous, count, seen = BEGINNING, 0, known_head in (None, BEGINNING)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1_000))
    for entry in entries:
        if entry.previous_hash != previous or entry.hash != seal(entry):
            raise BrokenAuditLog(
                Message(
                    N_(
                        "The trail is broken at entry %(entry)s (%(at)s, %(person)s, %(action)s, %(subject)s): it was "
                        "changed, or the entry before it is missing. Compare with a backup made before that day."
                    ),
                    {
                        "entry": entry.id,
                        "at": f"{entry.at:%Y-%m-%d %H:%M:%S}",
                        "person": entry.person,
                        "action": entry.action,
                        "subject": entry.subject,
                    },
                ),
                entry.id,
            )
        previous, count = entry.hash, count + 1
        seen = seen or previous == known_head
    if not seen:
        raise BrokenAuditLog(
            Message(
                N_("The trail was cut: its %(count)s entries fit together, but the noted head %(head)s is gone."),
                {"count": count, "head": str(known_head)},
            ),
            None,
        )
    return count


def seal(entry: AuditEntry) -> str:
    """The hash that an entry must carry: over its content and the hash of the one before."""
    content = [
        entry.previous_hash,
        entry.at.isoformat(timespec="microseconds"),
        entry.person,
        entry.action,
        entry.subject,
        _plain(entry.details),
    ]
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The value as both databases give it back: PostgreSQL reads 3.0 as 3, and keeps no order of keys."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot stand in the audit log")
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("a NUL character cannot stand in the audit log")
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    raise ValueError(f"{type(value).__name__} cannot stand in the audit log: {value!r}")
