"""Visits to a firm in tutoring: what was found, the next step, and by when; what is overdue.

A visit belongs to the firm's open case. Its next step is open until somebody finishes it; steps of a closed
case are due no more.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import Account, Case, Firm, Visit
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.cases import case_of

LONGEST_NOTE = 5_000


class VisitNotPossible(ShownToPeople):
    """A visit, or the end of a step, that cannot be recorded as given."""


@dataclass(frozen=True)
class Step:
    """A next step that is still to be done. `days_late` is negative before the due day."""

    visit_id: int
    case_id: int
    firm_id: str
    firm_name: str | None
    stage: str
    mentor: str | None
    mentor_id: int | None
    next_step: str
    visited_on: date
    due_on: date
    days_late: int


@dataclass(frozen=True)
class VisitSeen:
    """A visit as this person may read it: `findings` None where they are not theirs to read."""

    id: int
    case_id: int
    visited_on: date
    visited_by: str
    findings: str | None
    next_step: str | None
    due_on: date | None
    done_on: date | None
    done_by: str | None
    done_note: str | None


def record_visit(
    session: Session,
    person: Person,
    firm_id: str,
    visited_on: date,
    findings: str,
    next_step: str | None = None,
    due_on: date | None = None,
    *,
    now: datetime,
) -> Visit:
    """Keep a visit to a firm in tutoring, with its next step where there is one.

    Raises VisitNotPossible where the firm has no open case, the day is before the case began, nothing was
    found, or a next step comes without a day (or a day without a step, or one before the visit).
    """
    people.require(person, Action.RECORD_VISITS)
    audit.check_day(visited_on, now)
    lock_writes(session)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    case = case_of(session, firm_id)
    if case is None:
        raise VisitNotPossible(Message(N_("This firm has no open tutoring case to which a visit belongs.")))
    if visited_on < case.opened_on:
        raise VisitNotPossible(
            Message(
                N_("The case was opened on %(opened)s; a visit of %(visited)s does not belong to it."),
                {"opened": f"{case.opened_on}", "visited": f"{visited_on}"},
            )
        )
    next_step = (next_step or "").strip() or None
    if (next_step is None) != (due_on is None):
        raise VisitNotPossible(Message(N_("A next step needs the day by which it is due, and a day needs its step.")))
    if due_on is not None and due_on < visited_on:
        raise VisitNotPossible(Message(N_("A next step is due after the visit, not before it.")))
    visit = Visit(
        case_id=case.id,
        visited_on=visited_on,
        visited_by=person.name,
        findings=_note(findings),
        next_step=None if next_step is None else _note(next_step),
        due_on=due_on,
        recorded_at=audit.utc(now),
    )
    session.add(visit)
    session.flush()
    details = {"firm_id": firm_id, "case": case.id, "visited_on": visited_on, "next_step": next_step, "due_on": due_on}
    audit.record(session, person, "record_visit", f"visit:{visit.id}", details, now)
    return visit


def finish_step(
    session: Session, person: Person, visit_id: int, on: date, *, now: datetime, note: str | None = None
) -> Visit:
    """The next step of a visit was done on this day. Raises VisitNotPossible where it is not open."""
    people.require(person, Action.RECORD_VISITS)
    audit.check_day(on, now)
    lock_writes(session)
    visit = session.get(Visit, visit_id, populate_existing=True)
    if visit is None:
        raise NotFound(Message(N_("There is no visit %(visit)s."), {"visit": visit_id}))
    case = session.get_one(Case, visit.case_id, populate_existing=True)
    people.require(person, Action.RECORD_VISITS, case.firm_id, session=session)
    if visit.next_step is None:
        raise VisitNotPossible(Message(N_("This visit left no next step.")))
    if visit.done_on is not None:
        raise VisitNotPossible(
            Message(
                N_("This step was finished on %(on)s by %(who)s."),
                {"on": f"{visit.done_on}", "who": visit.done_by or "?"},
            )
        )
    if case.closed_on is not None:
        raise VisitNotPossible(
            Message(N_("The case was closed on %(on)s; its steps are due no more."), {"on": f"{case.closed_on}"})
        )
    if on < visit.visited_on:
        raise VisitNotPossible(Message(N_("A step cannot be done before the visit that set it.")))
    visit.done_on, visit.done_by = on, person.name
    visit.done_note = _note(note) if note and note.strip() else None
    session.flush()
    details = {"firm_id": case.firm_id, "on": on, "note": visit.done_note}
    audit.record(session, person, "finish_step", f"visit:{visit.id}", details, now)
    return visit


def open_steps(session: Session, on: date, person: Person) -> list[Step]:
    """Every step not done by `on`, the longest overdue first."""
    statement = (
        select(Visit, Case, Firm.name, Account.name)
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(Account, Account.id == Case.mentor_id)
        .where(
            Visit.due_on.is_not(None),
            Visit.visited_on <= on,
            or_(Visit.done_on.is_(None), Visit.done_on > on),
            or_(Case.closed_on.is_(None), Case.closed_on > on),
            people.visible_firms(person, Action.SEE_CASES),
        )
        .order_by(Visit.due_on, Visit.id)
    )
    return [
        Step(
            visit.id,
            case.id,
            case.firm_id,
            firm_name,
            case.stage,
            mentor,
            case.mentor_id,
            visit.next_step or "",
            visit.visited_on,
            visit.due_on,
            (on - visit.due_on).days,
        )
        for visit, case, firm_name, mentor in session.execute(statement)
        if visit.due_on is not None
    ]


def visits_of(session: Session, person: Person, firm_id: str) -> list[VisitSeen]:
    """A firm's visits, the latest first. Findings are left out for whom they are not meant."""
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    reads = people.may(person, Action.SEE_FINDINGS)
    visits = session.scalars(
        select(Visit)
        .join(Case, Case.id == Visit.case_id)
        .where(Case.firm_id == firm_id)
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
    )
    return [
        VisitSeen(
            visit.id,
            visit.case_id,
            visit.visited_on,
            visit.visited_by,
            visit.findings if reads else None,
            visit.next_step,
            visit.due_on,
            visit.done_on,
            visit.done_by,
            visit.done_note if reads else None,
        )
        for visit in visits
    ]


def _note(text: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > LONGEST_NOTE:
        raise VisitNotPossible(
            Message(
                N_("Write 1 to %(longest)s letters; there are %(found)s."),
                {"longest": LONGEST_NOTE, "found": len(kept)},
            )
        )
    return kept
