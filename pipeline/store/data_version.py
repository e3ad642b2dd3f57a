"""Has anything come in since? The version of what the database holds, exact: whatever is cached is kept under it."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from pipeline.store.tables import Event, Import, Return


@dataclass(frozen=True)
class DataVersion:
    """`returns`: of every import, with the instant it came in and whether it still counts; `events`: of every event in
    force of the kinds asked for. Equal versions mean equal facts and events.

    To be taken before the facts are read: what comes in meanwhile is then not under this version.
    """

    returns: str
    events: str


def data_version(database: Engine | Connection | Session, event_kinds: Collection[str] | None = None) -> DataVersion:
    """The version of the database; with `event_kinds`, of these kinds of events alone (an event of another kind then
    leaves it as it is).

    Rows are added and withdrawn, never changed, so one line an import says everything about the returns, and the ids
    of the events in force everything about the events (an officer enters and takes back stages without an import).
    """
    if isinstance(database, Engine):
        with database.connect() as connection:
            return data_version(connection, event_kinds)
    imports = select(Import.id, Import.sha256, Import.imported_at, Import.state).order_by(Import.id)
    in_force = select(func.count(), func.max(Return.id)).where(Return.in_force)
    events = select(Event.id).where(Event.in_force).order_by(Event.id)
    if event_kinds is not None:
        events = events.where(Event.kind.in_(sorted(event_kinds)))
    imported, counted = ([tuple(row) for row in database.execute(statement)] for statement in (imports, in_force))
    return DataVersion(_digest(imported, counted), _digest(database.scalars(events).all()))


def _digest(*rows: object) -> str:
    return hashlib.sha256("\x1f".join(map(repr, rows)).encode()).hexdigest()[:16]
