"""What events say about a firm's way: the stage it has reached, and the event an officer's entry makes.

Events come from files and from officers (`import_id` None). Only those in force and known by the day count, and of
files only those of the firm's own cohort: a reference cohort may know a firm of the city by the same code, at another
time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.tables import Event, Firm, Import
from pipeline.tutoring.stages import BUILT, FIRST, LAST, STAGE_OF, WAYS_OUT, places_that_count, reached


@dataclass(frozen=True)
class Stated:
    """Where events put a firm. `events`: those that brought it there, in the order in which they happened; `way_out`:
    the last way out, where nothing came after it."""

    events: Sequence[Event]
    way_out: Event | None

    @property
    def furthest(self) -> Event | None:
        """The event of the furthest stage, the latest where several say it; None: the first stage."""
        found: Event | None = None
        for event in self.events:
            if found is None or reached(STAGE_OF[event.kind], STAGE_OF[found.kind]):
                found = event
        return found

    @property
    def stage(self) -> str:
        return FIRST if self.furthest is None else STAGE_OF[self.furthest.kind]

    def agrees_with(self, stage: str) -> bool:
        """Whether a case at this stage stands where the events put the firm; of share reform and advisers, which come
        in either order, each will do."""
        stages = {STAGE_OF[event.kind] for event in self.events}
        if not stages or stage == FIRST:
            return not stages and stage == FIRST
        return stage in stages and (stage == self.stage or {stage, self.stage} <= set(BUILT))


def stage_by_events(session: Session, firm_id: str, on: date) -> tuple[str, date, int | None]:
    """Stage, the day it was reached and the event that says so; the first stage begins on `on`."""
    furthest = _stated_by(list(session.scalars(_known(on).where(Event.firm_id == firm_id)))).furthest
    if furthest is None:
        return FIRST, on, None
    return STAGE_OF[furthest.kind], furthest.occurred_on, furthest.id


def moving_events(firms: Select[str], on: date) -> Select[Event]:
    """The events known by the day that put a firm of those that `firms` selects into a stage or out of tutoring, in the
    order in which they happened."""
    return _known(on).where(Event.kind.in_({*STAGE_OF, *WAYS_OUT}), Event.firm_id.in_(firms))


def stages_stated(moving: Iterable[Event]) -> dict[str, Stated]:
    """What the events of `moving_events` say of each firm; firms without any are left out."""
    happened: dict[str, list[Event]] = {}
    for event in moving:
        happened.setdefault(event.firm_id, []).append(event)
    return {firm: _stated_by(events) for firm, events in happened.items()}


def days_stated(session: Session, firm_id: str, on: date, known_by: date) -> dict[str, date]:
    """The days, up to `on`, of what the firm's events known by another day say: of each stage that counts, and the last
    of each way out."""
    happened = _known(max(on, known_by)).where(Event.firm_id == firm_id, Event.occurred_on <= on)
    events = list(session.scalars(happened))
    days = {event.kind: event.occurred_on for event in events if event.kind in WAYS_OUT}
    return days | {STAGE_OF[event.kind]: event.occurred_on for event in _stated_by(events).events}


def listing_of(session: Session, firm_id: str) -> Event | None:
    """The firm's first listing."""
    return session.scalar(_first_listing(), {"firm": firm_id})


@cache
def _first_listing() -> Select[Event]:
    return (
        select(Event)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.firm_id == bindparam("firm"), Event.kind == LAST, Event.in_force, of_its_cohort())
        .order_by(Event.occurred_on, Event.id)
        .limit(1)
    )


def of_its_cohort() -> ColumnElement[bool]:
    """The condition that an event is an officer's, or of a file of the firm's own cohort; the query joins Firm, and
    Import where there is one."""
    return or_(Event.import_id.is_(None), Import.cohort == Firm.cohort)


def state_event(session: Session, firm_id: str, kind: str | None, on: date, now: datetime) -> int | None:
    """The event that an officer's entry makes; None where it is no event or has been stated already."""
    if kind is None:
        return None
    stated = (
        select(Event.id)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.firm_id == firm_id, Event.kind == kind, Event.occurred_on == on, Event.in_force, of_its_cohort())
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


def _stated_by(events: Sequence[Event]) -> Stated:
    kinds = [event.kind for event in events]
    moving = [event for event in events if event.kind in STAGE_OF or event.kind in WAYS_OUT]
    way_out = moving[-1] if moving and moving[-1].kind in WAYS_OUT else None
    return Stated([events[place] for place in places_that_count(kinds)], way_out)


def _known(on: date) -> Select[Event]:
    return (
        select(Event)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.in_force, Event.known_on <= on, Event.occurred_on <= on, of_its_cohort())
        .order_by(Event.occurred_on, Event.id)
    )
