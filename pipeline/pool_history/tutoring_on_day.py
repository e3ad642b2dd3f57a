"""Tutoring as it stood on a day: the cases that were open with the stage they had then, and what changed between two
days.

A stage is known from the day on which its event was known, or on which somebody recorded it where no event says so; the
first stage, which is no event, from the day it began. What has been taken back since counts on no day. Who looked after
a case then is not kept: the mentor is today's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.city.in_force import city
from pipeline.store.tables import Account, Case, CaseStage, Event, Firm
from pipeline.tutoring.cases import CaseLine, CaseSeen
from pipeline.tutoring.stages import FIRST, STAGES

_EVENT_OF = {stage.id: stage.event for stage in STAGES.values() if stage.event is not None}


@dataclass(frozen=True)
class StageReached:
    """A firm of a pool came to a stage on a day; `known_on`: when that was known."""

    firm_id: str
    firm_name: str | None
    stage: str
    entered_on: date
    known_on: date


@dataclass(frozen=True)
class CaseEnded:
    """A case was closed on a day; `outcome`: "listed", or one of stages.EXITS."""

    firm_id: str
    firm_name: str | None
    outcome: str
    closed_on: date


@dataclass(frozen=True)
class _Entry:
    """One stage of a case, with the day from which it was known; `back`: the case went back to it."""

    case: Case
    firm_name: str | None
    district_code: str | None
    mentor: str | None
    stage: str
    entered_on: date
    known_on: date
    back: bool


def cases_on(session: Session, person: Person, on: date) -> list[CaseLine]:
    """The cases open on a day of the firms that this person reaches, each with its stage of that day, those longest in
    their stage first. The cases are copies that no session writes."""
    last: dict[int, _Entry] = {}
    begun: dict[int, _Entry] = {}
    for entry in _entries(session, person):
        if entry.case.opened_on <= on and (entry.case.closed_on is None or entry.case.closed_on > on):
            begun.setdefault(entry.case.id, entry)
            if entry.known_on <= on:
                last[entry.case.id] = entry
    lines = [_line(last.get(number), entry, on) for number, entry in begun.items()]
    return sorted(lines, key=lambda line: (line.case.stage_since, line.case.id))


def reached_between(session: Session, person: Person, since: date, on: date) -> list[StageReached]:
    """The furthest stage that each case came to after `since` and by `on`, as it was known, going back aside; the
    furthest first."""
    furthest: dict[int, StageReached] = {}
    for entry in _entries(session, person):
        if entry.stage != FIRST and not entry.back and since < entry.known_on <= on:
            reached = StageReached(entry.case.firm_id, entry.firm_name, entry.stage, entry.entered_on, entry.known_on)
            furthest[entry.case.id] = reached
    places = {stage: place for place, stage in enumerate(STAGES)}
    return sorted(furthest.values(), key=lambda each: (-places[each.stage], each.known_on, each.firm_id))


def ended_between(session: Session, person: Person, since: date, on: date) -> list[CaseEnded]:
    """The cases that were closed after `since` and by `on`, the last first."""
    closed = (
        select(Case.firm_id, Firm.name, Case.outcome, Case.closed_on)
        .join(Firm, Firm.id == Case.firm_id)
        .where(Case.closed_on > since, Case.closed_on <= on, people.visible_firms(person, Action.SEE_CASES))
        .order_by(Case.closed_on.desc(), Case.firm_id)
    )
    return [CaseEnded(firm, name, outcome or "", day) for firm, name, outcome, day in session.execute(closed) if day]


# --- within ----------------------------------------------------------------------------------------


def _entries(session: Session, person: Person) -> Sequence[_Entry]:
    """The stages of every case that were not taken back, in the order in which they were recorded."""
    stated = (
        select(func.min(Event.known_on))
        .where(
            Event.firm_id == Case.firm_id,
            Event.kind == case(_EVENT_OF, value=CaseStage.stage),
            Event.occurred_on == CaseStage.entered_on,
            Event.in_force,
        )
        .correlate(Case, CaseStage)
        .scalar_subquery()
    )
    statement = (
        select(Case, Firm.name, Firm.district_code, Account.name, CaseStage, stated)
        .join(CaseStage, and_(CaseStage.case_id == Case.id, CaseStage.taken_back_at.is_(None)))
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(Account, Account.id == Case.mentor_id)
        .where(people.visible_firms(person, Action.SEE_CASES))
        .order_by(CaseStage.id)
    )
    return [
        _Entry(
            found,
            name,
            district,
            mentor,
            entry.stage,
            entry.entered_on,
            _known_on(entry, known),
            entry.back_by is not None,
        )
        for found, name, district, mentor, entry, known in session.execute(statement)
    ]


def _known_on(entry: CaseStage, stated: date | None) -> date:
    if entry.stage == FIRST:
        return entry.entered_on
    return max(entry.entered_on, stated or _day(entry.recorded_at))


def _day(at: datetime) -> date:
    """The city's day of a moment as the database keeps it."""
    return at.replace(tzinfo=UTC).astimezone(city().zone).date()


def _line(last: _Entry | None, any_entry: _Entry, on: date) -> CaseLine:
    found = any_entry.case
    stage, since = (FIRST, found.opened_on) if last is None else (last.stage, last.entered_on)
    then = CaseSeen(
        id=found.id,
        firm_id=found.firm_id,
        opened_on=found.opened_on,
        closed_on=None,
        outcome=None,
        closed_why=None,
        stage=stage,
        stage_since=since,
        mentor_id=found.mentor_id,
        version=found.version,
    )
    return CaseLine(
        then, found.firm_id, any_entry.firm_name, any_entry.district_code, any_entry.mentor, (on - since).days
    )
