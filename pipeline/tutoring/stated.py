"""What events say about a firm's way: the stage it has reached, and the event an officer's entry makes.

Events come from files and from officers (`import_id` None). Only those in force and known by the day count.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.tables import Event
from pipeline.tutoring.stages import FIRST, LAST, STAGES, stage_after

STAGE_OF = {stage.event: stage.id for stage in STAGES.values() if stage.event}


def stage_by_events(session: Session, firm_id: str, on: date) -> tuple[str, date, int | None]:
    """Stage, the day it was reached and the event that says so; the first stage begins on `on`."""
    events = list(session.scalars(_known(on).where(Event.firm_id == firm_id)))
    stage = stage_after(event.kind for event in events)
    if stage == FIRST:
        return FIRST, on, None
    said_by = next(event for event in reversed(events) if event.kind == STAGES[stage].event)
    return stage, said_by.occurred_on, said_by.id


def stages_stated(session: Session, firms: Select, on: date) -> dict[str, Sequence[Event]]:
    """The stage events of the firms that `firms` selects, in the order in which they happened."""
    stated: dict[str, list[Event]] = {}
    for event in session.scalars(_known(on).where(Event.kind.in_(STAGE_OF), Event.firm_id.in_(firms))):
        stated.setdefault(event.firm_id, []).append(event)
    return dict(stated)


def listing_of(session: Session, firm_id: str) -> Event | None:
    """The firm's first listing."""
    mine = select(Event).where(Event.firm_id == firm_id, Event.kind == LAST, Event.in_force)
    return session.scalar(mine.order_by(Event.occurred_on, Event.id).limit(1))


def state_event(session: Session, firm_id: str, kind: str | None, on: date, now: datetime) -> int | None:
    """The event that an officer's entry makes; None where it is no event or has been stated already."""
    if kind is None:
        return None
    stated = select(Event.id).where(
        Event.firm_id == firm_id, Event.kind == kind, Event.occurred_on == on, Event.in_force
    )
    if session.scalar(stated.limit(1)) is not None:
        return None
    event = Event(firm_id=firm_id, kind=kind, occurred_on=on, known_on=max(on, audit.utc(now).date()))
    session.add(event)
    session.flush()
    return event.id


def withdraw_event(session: Session, firm_id: str, kind: str | None, on: date) -> None:
    """An officer's event is no longer in force; what a file states stays."""
    mine = select(Event).where(
        Event.firm_id == firm_id,
        Event.kind == kind,
        Event.occurred_on == on,
        Event.import_id.is_(None),
        Event.in_force,
    )
    for event in session.scalars(mine):
        event.in_force = False


def _known(on: date) -> Select[Event]:
    known = select(Event).where(Event.in_force, Event.known_on <= on, Event.occurred_on <= on)
    return known.order_by(Event.occurred_on, Event.id)
