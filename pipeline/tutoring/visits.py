"""Visits to a firm in tutoring: what was found, the next step, by when and by whom; what is overdue.

A visit belongs to the firm's open case. Its next step is open until somebody finishes it; steps of a closed
case are due no more. What is recorded wrongly is corrected or withdrawn with a reason (corrections.py); what was
withdrawn stays on record and counts nowhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import Account, Case, Firm, Visit
from pipeline.store.tutoring_tables import Task
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.cases import case_of
from pipeline.tutoring.meanwhile import check_seen
from pipeline.tutoring.mentoring import can_visit

LONGEST_NOTE = 5_000
_NO_CHARACTER = re.compile(r"[\x00\ud800-\udfff]")


class VisitNotPossible(ShownToPeople):
    """A visit, a step, or a change of one, that cannot be recorded as given."""


class Step(NamedTuple):
    """Something still to be done: the next step of a visit, or a task, which has a `task_id` and no visit. `owner`: who
    is to do it, the mentor unless another is named; `days_late` is negative before the due day.

    A tuple, since a city has a thousand of them on a page, and a frozen dataclass takes five times as long to make.
    """

    visit_id: int | None
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
    owner: str | None = None
    task_id: int | None = None


@dataclass(frozen=True)
class Withdrawn:
    """By whom, when and why something was withdrawn."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True)
class VisitSeen:
    """A visit as this person may read it: `findings` None where they are not theirs to read.

    `owner`: who is to do the next step, where it is not the mentor. `version`: what a change of it says it saw.
    """

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
    owner: str | None = None
    owner_id: int | None = None
    withdrawn: Withdrawn | None = None
    step_withdrawn: Withdrawn | None = None
    version: int = 1

    @property
    def step_open(self) -> bool:
        """Whether its next step is still to be done."""
        withdrawn = self.withdrawn or self.step_withdrawn
        return self.next_step is not None and self.done_on is None and withdrawn is None


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
    owner_id: int | None = None,
) -> Visit:
    """Keep a visit to a firm in tutoring, with its next step where there is one.

    Raises VisitNotPossible where the firm has no open case, the day is before the case began, nothing was
    found, a next step comes without a day (or a day without a step, or one before the visit), or the same person has
    recorded the very same visit already.
    """
    people.require(person, Action.RECORD_VISITS)
    audit.check_day(visited_on, now)
    lock_writes(session)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    case = case_of(session, firm_id)
    if case is None:
        raise VisitNotPossible(Message(N_("This firm has no open tutoring case to which a visit belongs.")))
    check_visit_day(case, visited_on)
    step = checked_step(session, firm_id, visited_on, next_step, due_on, owner_id)
    visit = Visit(
        case_id=case.id,
        visited_on=visited_on,
        visited_by=person.name,
        findings=checked_note(findings),
        next_step=step,
        due_on=due_on,
        owner_id=owner_id,
        recorded_at=audit.utc(now),
    )
    _check_not_recorded(session, visit)
    session.add(visit)
    session.flush()
    details = {"firm_id": firm_id, "case": case.id, "visited_on": visited_on, "next_step": step, "due_on": due_on}
    audit.record(session, person, "record_visit", f"visit:{visit.id}", details | _owned_by(session, visit), now)
    return visit


def finish_step(
    session: Session,
    person: Person,
    visit_id: int,
    on: date,
    *,
    now: datetime,
    note: str | None = None,
    seen: int | None = None,
) -> Visit:
    """The next step of a visit was done on this day.

    Raises VisitNotPossible where it is not open, ChangedMeanwhile where the visit is no longer of the version `seen`.
    """
    audit.check_day(on, now)
    visit, case = changing(session, person, visit_id, seen)
    check_step_stands(visit, case)
    if visit.done_on is not None:
        raise VisitNotPossible(
            Message(
                N_("This step was finished on %(on)s by %(who)s."),
                {"on": f"{visit.done_on}", "who": visit.done_by or "?"},
            )
        )
    if on < visit.visited_on:
        raise VisitNotPossible(Message(N_("A step cannot be done before the visit that set it.")))
    visit.done_on, visit.done_by = on, person.name
    visit.done_note = checked_note(note) if note and note.strip() else None
    session.flush()
    details = {"firm_id": case.firm_id, "on": on, "note": visit.done_note}
    audit.record(session, person, "finish_step", f"visit:{visit.id}", details, now)
    return visit


# --- what is known of visits -----------------------------------------------------------------------


def open_steps(session: Session, on: date, person: Person, *, until: date | None = None) -> list[Step]:
    """Every next step and task not done by `on` (and due by `until`), the longest overdue first; a firm's own account
    gets those tasks that are meant for the firm."""
    steps, tasks = (_under_way(session, on, person, kind, until) for kind in (Visit, Task))
    return sorted([*steps, *tasks], key=lambda step: (step.due_on, step.visit_id or 0, step.task_id or 0))


def is_to_do_any(session: Session, on: date, person: Person) -> bool:
    """Whether this person is named to do any of `open_steps`, or is the mentor where nobody is."""
    return any(
        session.execute(_due(on, person, kind, False).where(person.name == _OWNER).limit(1)).first() is not None
        for kind in (Visit, Task)
    )


#: Who does a step: of the accounts below, who is named for it, else the mentor.
_OWNER_ACCOUNT = aliased(Account)
_OWNER: Any = func.coalesce(_OWNER_ACCOUNT.name, Account.name)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _due(on: date, person: Person, kind: type[Visit] | type[Task], by_then: bool) -> Select[Any]:
    """What is due, was not withdrawn nor done by the day, in cases that were open then and that the person reaches."""
    owner = _OWNER_ACCOUNT
    what: tuple[Any, ...] = (Visit.next_step, Visit.visited_on)
    which: tuple[ColumnElement[bool], ...] = (Visit.visited_on <= on, Visit.step_withdrawn_at.is_(None))
    if kind is Task:
        what = (Task.what, Task.recorded_at)
        meant = true() if people.may(person, Action.SEE_FINDINGS) else Task.for_firm.is_(True)
        which = (Task.recorded_at < audit.end_of(on), meant)
    of_case = (Case.id, Case.firm_id, Firm.name, Case.stage, Account.name, Case.mentor_id)
    return (
        select(kind.id, *what, kind.due_on, _OWNER, *of_case)
        .join(Case, Case.id == kind.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(Account, Account.id == Case.mentor_id)
        .outerjoin(owner, owner.id == kind.owner_id)
        .where(
            *which,
            *((kind.due_on <= bindparam("until"),) if by_then else ()),
            kind.withdrawn_at.is_(None),
            kind.due_on.is_not(None),
            or_(kind.done_on.is_(None), kind.done_on > on),
            or_(Case.closed_on.is_(None), Case.closed_on > on),
            people.visible_firms(person, Action.SEE_CASES),
        )
    )


def _under_way(
    session: Session, on: date, person: Person, kind: type[Visit] | type[Task], until: date | None
) -> list[Step]:
    given = {} if until is None else {"until": until}
    rows: Sequence[Any] = session.execute(_due(on, person, kind, until is not None), given).all()
    of_visit = kind is Visit
    return [
        Step(
            number if of_visit else None,
            case_id,
            firm_id,
            firm_name,
            stage,
            mentor,
            mentor_id,
            step or "",
            begun if of_visit else begun.date(),
            due_on,
            (on - due_on).days,
            doer,
            None if of_visit else number,
        )
        for number, step, begun, due_on, doer, case_id, firm_id, firm_name, stage, mentor, mentor_id in rows
    ]


def visits_of(session: Session, person: Person, firm_id: str) -> list[VisitSeen]:
    """A firm's visits, the latest first. Findings, and what was withdrawn, are left out for whom they are not meant."""
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    return visits_of_each(session, person, [firm_id])[firm_id]


def visits_of_each(session: Session, person: Person, firm_ids: Sequence[str]) -> dict[str, list[VisitSeen]]:
    """`visits_of` each of these firms; of those that this person does not reach there are none."""
    reads = people.may(person, Action.SEE_FINDINGS)
    found: dict[str, list[VisitSeen]] = {firm_id: [] for firm_id in firm_ids}
    for firm_id, visit, owner in session.execute(_made(person, reads), {"firms": list(firm_ids)}):
        found[firm_id].append(_seen(visit, owner, reads))
    return found


@lru_cache(maxsize=KEPT_STATEMENTS)
def _made(person: Person, reads: bool) -> Select[str, Visit, str | None]:
    """The visits to some firms, the latest first, those withdrawn among them for who reads findings."""
    visits = (
        select(Case.firm_id, Visit, Account.name)
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(Account, Account.id == Visit.owner_id)
        .where(one_of_those(Case.firm_id, "firms"), people.visible_firms(person, Action.SEE_CASES))
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
    )
    return visits if reads else visits.where(Visit.withdrawn_at.is_(None))


def _seen(visit: Visit, owner: str | None, reads: bool) -> VisitSeen:
    step = reads or visit.step_withdrawn_at is None
    return VisitSeen(
        visit.id,
        visit.case_id,
        visit.visited_on,
        visit.visited_by,
        visit.findings if reads else None,
        visit.next_step if step else None,
        visit.due_on if step else None,
        visit.done_on,
        visit.done_by,
        visit.done_note if reads else None,
        owner,
        visit.owner_id,
        _withdrawn(visit.withdrawn_by, visit.withdrawn_at, visit.withdrawn_why),
        _withdrawn(visit.step_withdrawn_by, visit.step_withdrawn_at, visit.step_withdrawn_why),
        visit.version,
    )


def _withdrawn(by: str | None, at: datetime | None, why: str | None) -> Withdrawn | None:
    return None if at is None else Withdrawn(by or "?", at, why or "")


# --- what every change of a visit checks ------------------------------------------------------------


def changing(session: Session, person: Person, visit_id: int, seen: int | None = None) -> tuple[Visit, Case]:
    """The visit as it stands now with its case, for one who may record visits to the firm; nobody else changes it until
    the transaction ends."""
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    visit = session.get(Visit, visit_id, populate_existing=True)
    none_there = NotFound(Message(N_("There is no visit %(visit)s."), {"visit": visit_id}))
    if visit is None:
        raise none_there
    case = session.get_one(Case, visit.case_id, populate_existing=True)
    people.require_there(session, person, Action.RECORD_VISITS, case.firm_id, none_there)
    check_seen(session, f"visit:{visit.id}", visit.version, seen)
    return visit, case


def check_step_stands(visit: Visit, case: Case) -> None:
    """Raise VisitNotPossible unless the visit has a next step that counts."""
    if visit.withdrawn_at is not None or visit.step_withdrawn_at is not None:
        raise VisitNotPossible(Message(N_("This was withdrawn; it cannot be changed any more. Record it anew.")))
    if visit.next_step is None:
        raise VisitNotPossible(Message(N_("This visit left no next step.")))
    if case.closed_on is not None:
        raise VisitNotPossible(
            Message(N_("The case was closed on %(on)s; its steps are due no more."), {"on": f"{case.closed_on}"})
        )


def check_visit_day(case: Case, visited_on: date) -> None:
    if visited_on < case.opened_on:
        raise VisitNotPossible(
            Message(
                N_("The case was opened on %(opened)s; a visit of %(visited)s does not belong to it."),
                {"opened": f"{case.opened_on}", "visited": f"{visited_on}"},
            )
        )


def checked_step(
    session: Session,
    firm_id: str,
    visited_on: date,
    next_step: str | None,
    due_on: date | None,
    owner_id: int | None,
) -> str | None:
    """The next step's text; raises VisitNotPossible where its parts do not go together."""
    step = (next_step or "").strip() or None
    if (step is None) != (due_on is None):
        raise VisitNotPossible(Message(N_("A next step needs the day by which it is due, and a day needs its step.")))
    if due_on is not None and due_on < visited_on:
        raise VisitNotPossible(Message(N_("A next step is due after the visit, not before it.")))
    if owner_id is not None:
        owner = session.get(Account, owner_id)
        if step is None or owner is None or not can_visit(session, owner, firm_id):
            raise VisitNotPossible(
                Message(N_("Who is to do a step is an account that may record visits to this firm."))
            )
    return None if step is None else checked_note(step)


def checked_note(text: str, longest: int = LONGEST_NOTE, refused: type[ShownToPeople] = VisitNotPossible) -> str:
    """The text as it is kept; raises what `refused` says for a blank one, one that is too long, or one with characters
    that are none: a NUL, or half of one (a lone surrogate)."""
    kept = text.strip()
    if not kept or len(kept) > longest:
        raise refused(
            Message(
                N_("Write 1 to %(longest)s letters; there are %(found)s."), {"longest": longest, "found": len(kept)}
            )
        )
    if wrong := _NO_CHARACTER.search(kept):
        text = N_("Letter %(place)s cannot be kept: it is no character. Delete it, or type the words anew.")
        raise refused(Message(text, {"place": wrong.start() + 1}))
    return kept


def _check_not_recorded(session: Session, visit: Visit) -> None:
    """A second click, or the same request sent again, stores nothing twice."""
    same = select(Visit.id).where(
        Visit.case_id == visit.case_id,
        Visit.visited_on == visit.visited_on,
        Visit.visited_by == visit.visited_by,
        Visit.findings == visit.findings,
        Visit.next_step.is_not_distinct_from(visit.next_step),
        Visit.due_on.is_not_distinct_from(visit.due_on),
        Visit.withdrawn_at.is_(None),
    )
    if (number := session.scalar(same.limit(1))) is not None:
        raise VisitNotPossible(
            Message(
                N_("You have recorded this very visit already, as visit %(visit)s; nothing was stored a second time."),
                {"visit": number},
            )
        )


def _owned_by(session: Session, visit: Visit) -> dict[str, str]:
    owner = None if visit.owner_id is None else session.get(Account, visit.owner_id)
    return {} if owner is None else {"owner": owner.name}
