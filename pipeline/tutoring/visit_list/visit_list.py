"""Every visit that a person reaches, the latest first, narrowed to some conditions; the page, the files and the command
all ask here.

Each condition is one of the database, so a page of fifty reads fifty rows of however many there are.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.tables import Account, Case, Firm, Visit
from pipeline.tutoring.attachments.attachments import attached_to_visit, files_of_visit
from pipeline.tutoring.visit_list.conditions import OVERDUE, VisitConditions, check
from pipeline.tutoring.visits import Withdrawn

_MENTOR, _OWNER = aliased(Account), aliased(Account)


@dataclass(frozen=True)
class VisitLine:
    """A visit in a list. `stage`, `mentor`: of its case as it stands; `findings` None where they are not this person's
    to read; `next_step` None where there was none or it was withdrawn, `owner` who does it; `days_late` None where
    nothing is to be done any more, negative before the due day; `files`: how many are attached."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    stage: str
    mentor: str | None
    visited_on: date
    visited_by: str
    findings: str | None
    next_step: str | None
    due_on: date | None
    owner: str | None
    done_on: date | None
    days_late: int | None
    files: int
    withdrawn: Withdrawn | None


@dataclass(frozen=True)
class VisitCounts:
    """How many visits there are: all, those with a step that is still to be done, those of them that are overdue."""

    visits: int
    open: int
    overdue: int


def visit_lines(
    session: Session,
    person: Person,
    on: date,
    chosen: VisitConditions,
    *,
    limit: int | None = None,
    offset: int = 0,
    action: Action = Action.SEE_CASES,
) -> list[VisitLine]:
    """The visits up to the day that fit, the latest first; at most `limit` of them, after the first `offset`.

    `action`: what is done with them, which the firms have to allow too. Raises NotAllowed, WrongCondition.
    """
    reads = people.may(person, Action.SEE_FINDINGS)
    columns: Any = (Visit, Case, Firm, _MENTOR.name, func.coalesce(_OWNER.name, _MENTOR.name), files_of_visit())
    statement = _fitting(select(*columns), person, on, chosen, action)
    latest_first = (Visit.visited_on.desc(), Visit.id.desc())
    if limit is not None:
        # Which they are is sorted by number and day alone: with what was found, the last page would take seconds.
        wanted = _fitting(select(Visit.id), person, on, chosen, action).order_by(*latest_first)
        statement = statement.where(Visit.id.in_(wanted.limit(limit).offset(offset).correlate(None)))
    return [_line(row, on, reads) for row in session.execute(statement.order_by(*latest_first))]


def count_visits(session: Session, person: Person, on: date, chosen: VisitConditions) -> VisitCounts:
    """How many visits fit, and how many of them left a step that is still to be done."""
    due = _still_due(on)
    counted: Any = select(
        func.count(Visit.id),
        func.count(Visit.id).filter(due),
        func.count(Visit.id).filter(due, Visit.due_on < on),
    )
    visits, still_due, overdue = session.execute(_fitting(counted, person, on, chosen, Action.SEE_CASES)).one()
    return VisitCounts(visits, still_due, overdue)


def visitors(session: Session, person: Person) -> list[str]:
    """The names of those who visited the firms that this person reaches, or look after their cases."""
    reached = people.visible_firms(person, Action.SEE_CASES)
    by = select(Visit.visited_by).join(Case, Case.id == Visit.case_id).join(Firm, Firm.id == Case.firm_id)
    after = select(Account.name).join(Case, Case.mentor_id == Account.id).join(Firm, Firm.id == Case.firm_id)
    return sorted(session.scalars(by.where(reached).union(after.where(reached))))


def _fitting(statement: Any, person: Person, on: date, chosen: VisitConditions, action: Action) -> Any:
    people.require(person, Action.SEE_CASES)
    people.require(person, action)
    check(chosen)
    if chosen.words or chosen.attached or chosen.withdrawn:
        people.require(person, Action.SEE_FINDINGS)
    return (
        statement.select_from(Visit)
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(_MENTOR, _MENTOR.id == Case.mentor_id)
        .outerjoin(_OWNER, _OWNER.id == Visit.owner_id)
        .where(
            Visit.visited_on <= on,
            people.visible_firms(person, Action.SEE_CASES),
            people.visible_firms(person, action),
            *_conditions(chosen, on),
        )
    )


def _conditions(chosen: VisitConditions, on: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not chosen.withdrawn:
        found.append(Visit.withdrawn_at.is_(None))
    if chosen.district is not None:
        found.append(Firm.district_code == chosen.district)
    if chosen.firm_id is not None:
        found.append(Firm.id == chosen.firm_id)
    if chosen.person is not None:
        found.append(or_(Visit.visited_by == chosen.person, _MENTOR.name == chosen.person))
    if chosen.since is not None:
        found.append(Visit.visited_on >= chosen.since)
    if chosen.until is not None:
        found.append(Visit.visited_on <= chosen.until)
    if chosen.stage is not None:
        found.append(Case.stage == chosen.stage)
    if chosen.step is not None:
        found.append(_still_due(on))
    if chosen.step == OVERDUE:
        found.append(Visit.due_on < on)
    if chosen.attached:
        found.append(attached_to_visit())
    if chosen.words is not None:
        step = and_(Visit.step_withdrawn_at.is_(None), Visit.next_step.icontains(chosen.words, autoescape=True))
        named = (Visit.findings, Firm.name)
        found.append(or_(step, *(column.icontains(chosen.words, autoescape=True) for column in named)))
    return found


def _still_due(on: date) -> ColumnElement[bool]:
    """Its next step is to be done: neither done nor withdrawn, and the case is open."""
    return and_(
        Visit.withdrawn_at.is_(None),
        Visit.next_step.is_not(None),
        Visit.step_withdrawn_at.is_(None),
        or_(Visit.done_on.is_(None), Visit.done_on > on),
        or_(Case.closed_on.is_(None), Case.closed_on > on),
    )


def _line(row: Any, on: date, reads: bool) -> VisitLine:
    visit, case, firm, mentor, owner, files = row
    stands = visit.next_step is not None and visit.step_withdrawn_at is None
    is_done = visit.done_on is not None and visit.done_on <= on
    ended = case.closed_on is not None and case.closed_on <= on
    is_due = stands and not is_done and not ended and visit.withdrawn_at is None and visit.due_on is not None
    withdrawn = None
    if visit.withdrawn_at is not None:
        withdrawn = Withdrawn(visit.withdrawn_by or "?", visit.withdrawn_at, visit.withdrawn_why or "")
    return VisitLine(
        visit.id,
        firm.id,
        firm.name,
        firm.district_code,
        case.stage,
        mentor,
        visit.visited_on,
        visit.visited_by,
        visit.findings if reads else None,
        visit.next_step if stands else None,
        visit.due_on if stands else None,
        owner if stands else None,
        visit.done_on if stands and is_done else None,
        (on - visit.due_on).days if is_due else None,
        files if reads else 0,
        withdrawn,
    )
