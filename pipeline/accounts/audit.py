"""The audit log, which is never deleted: who did what to what, each entry sealed with the hash of the one before.

Every function that changes something for a person writes one entry in the same transaction, so what is not in the log
did not happen. Writers wait for each other (`lock_writes`): the chain has no forks, and what they read before they
write stays true until they commit. An entry keeps the fingerprints of the rows changed with it: those that the session
writes as objects or by its own statements are noticed, others are named with `touch`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session, defer

from pipeline.city.in_force import city
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import AuditEntry
from pipeline.store.trail import chain
from pipeline.store.trail.chain import BEGINNING, BrokenAuditLog, utc
from pipeline.store.trail.sealed_rows import touch

__all__ = ["BEGINNING", "BrokenAuditLog", "touch", "utc"]  # of the chain, for whoever writes or reads entries


class Named(Protocol):
    """Whoever does something: a Person, or anything with a name."""

    @property
    def name(self) -> str: ...


class NotSealed(ShownToPeople):
    """The trail cannot be sealed anew like this."""


class NotYet(ShownToPeople):
    """What is to be recorded would have happened in the future."""


def check_day(on: date, now: datetime) -> None:
    """Raise NotYet for a day still to come where the city is: in the zone of `now`; a moment in UTC, or without a zone,
    says nothing of the city and is told on its clock."""
    if on > today(now):
        raise NotYet(
            Message(N_("%(day)s has not come yet. Give the day on which it happened."), {"day": on.isoformat()})
        )


def today(now: datetime) -> date:
    """The day of a moment, where the city is."""
    return (now if now.tzinfo not in (None, UTC) else now.replace(tzinfo=UTC).astimezone(city().zone)).date()


def end_of(on: date) -> datetime:
    """The moment at which the day has passed in the city; what is recorded later was not known on it."""
    after = on + timedelta(days=1)
    return utc(datetime(after.year, after.month, after.day, tzinfo=city().zone))


def record(
    session: Session, person: Named, action: str, subject: str, details: Mapping[str, Any], now: datetime
) -> AuditEntry:
    """Add one entry to the log, in the transaction of the change it tells of.

    `action` is a word (at most 40 letters), `subject` what it was done to (`firm:9144…`, `proposal:12`),
    `details` plain values; days and moments become text. Raises ValueError for a value that no database
    keeps (NaN, a NUL character).
    """
    return chain.append(session, person.name, action, subject, details, utc(now))


def record_export(
    session: Session,
    person: Named,
    what: str,
    now: datetime,
    *,
    file: str | None = None,
    firm_id: str | None = None,
    rows: int | None = None,
) -> AuditEntry:
    """The entry of data that left the program in a file: `what` (firms, scores, report, trail, …), of which firm, how
    many rows. Nothing is changed."""
    about = {"file": file, "firm_id": firm_id, "rows": rows}
    return record(session, person, "export", f"export:{what}", {k: v for k, v in about.items() if v is not None}, now)


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
    zone: tzinfo = field(default_factory=lambda: city().zone)


def entries(
    session: Session, chosen: AuditFilter, most: int | None = None, before: int | None = None
) -> list[AuditEntry]:
    """Entries, the newest first; at most `most`, and only those before the entry of this id."""
    # The fingerprints of an import are thousands, and nobody reads them.
    statement = select(AuditEntry).options(defer(AuditEntry.rows)).where(*_conditions(chosen))
    statement = statement.order_by(AuditEntry.id.desc())
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
    """How many entries the log has, if its chain is whole (trail/chain.py says what that means).

    Raises BrokenAuditLog with the id of the first entry that does not fit. `known_head`: a head noted down
    earlier, which must still be in the chain.
    """
    return chain.check_chain(session, known_head).entries


def verify_all(session: Session, known_head: str | None = None) -> int:
    """As `verify`, and every row that the log speaks of is as it says: decisions, memberships, cases, visits, accounts,
    imports with their figures and events, scores."""
    checked = chain.check_chain(session, known_head)
    chain.check_rows(session, checked)
    return checked.entries


def seal_trail(session: Session, person: Named, why: str, now: datetime) -> AuditEntry:
    """Vouch for everything as it stands: after a backup was put back, or where the key is lost. Raises NotSealed
    without a reason."""
    if not why.strip():
        raise NotSealed(Message(N_("Not sealed: write why, in a sentence that still tells in three years.")))
    return chain.seal_anew(session, person.name, why.strip(), utc(now))
