"""Visits and next steps that were recorded wrongly: corrected, withdrawn, done after all not done.

Every change needs a reason. The audit log keeps what stood there before and what stands there now; what was withdrawn
stays on record, marked as such.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.language import N_, Message
from pipeline.store.tables import Account, Case, Visit
from pipeline.tutoring.visits import (
    VisitNotPossible,
    changing,
    check_step_stands,
    check_visit_day,
    checked_note,
    checked_step,
)


def correct_visit(
    session: Session,
    person: Person,
    visit_id: int,
    visited_on: date,
    findings: str,
    why: str,
    *,
    now: datetime,
    seen: int | None = None,
) -> Visit:
    """The visit was on another day, or something else was found.

    Raises VisitNotPossible where it was withdrawn, nothing is different, the day does not fit its case or its next
    step, or the reason is blank; ChangedMeanwhile where the visit is no longer of the version `seen`.
    """
    audit.check_day(visited_on, now)
    visit, case = changing(session, person, visit_id, seen)
    _check_stands(visit)
    check_visit_day(case, visited_on)
    if visit.due_on is not None and visit.due_on < visited_on:
        raise VisitNotPossible(Message(N_("A next step is due after the visit, not before it.")))
    if visit.done_on is not None and visit.done_on < visited_on:
        raise VisitNotPossible(Message(N_("A step cannot be done before the visit that set it.")))
    before = {"visited_on": visit.visited_on, "found": visit.findings}
    visit.visited_on, visit.findings = visited_on, checked_note(findings)
    after = {"visited_on": visit.visited_on, "found": visit.findings}
    return _changed(session, person, visit, case, "correct_visit", why, now, before, after)


def withdraw_visit(
    session: Session, person: Person, visit_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Visit:
    """The visit was recorded by mistake: it and its next step count no more."""
    visit, case = changing(session, person, visit_id, seen)
    _check_stands(visit)
    visit.withdrawn_by, visit.withdrawn_at, visit.withdrawn_why = person.name, audit.utc(now), _reason(why)
    return _changed(session, person, visit, case, "withdraw_visit", why, now)


def change_step(
    session: Session,
    person: Person,
    visit_id: int,
    next_step: str | None,
    due_on: date | None,
    owner_id: int | None,
    why: str,
    *,
    now: datetime,
    seen: int | None = None,
) -> Visit:
    """The next step is another, or due on another day, or somebody else's to do (None: the mentor's); a visit without
    one gets one. A step that is done is reopened first.
    """
    visit, case = changing(session, person, visit_id, seen)
    _check_stands(visit)
    if case.closed_on is not None:
        raise VisitNotPossible(
            Message(N_("The case was closed on %(on)s; its steps are due no more."), {"on": f"{case.closed_on}"})
        )
    if visit.step_withdrawn_at is None and visit.done_on is not None:
        raise VisitNotPossible(
            Message(
                N_("This step was finished on %(on)s by %(who)s."),
                {"on": f"{visit.done_on}", "who": visit.done_by or "?"},
            )
        )
    if not (next_step or "").strip():
        raise VisitNotPossible(Message(N_("Write what is to be done. A step that is not wanted is withdrawn.")))
    before = _step(session, visit)
    if visit.step_withdrawn_at is not None:
        visit.step_withdrawn_by = visit.step_withdrawn_at = visit.step_withdrawn_why = None
        visit.done_on = visit.done_by = visit.done_note = None
        before = {"next_step": None, "due_on": None, "owner": None}
    visit.next_step = checked_step(session, case.firm_id, visit.visited_on, next_step, due_on, owner_id)
    visit.due_on, visit.owner_id = due_on, owner_id
    return _changed(session, person, visit, case, "change_step", why, now, before, _step(session, visit))


def withdraw_step(
    session: Session, person: Person, visit_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Visit:
    """The next step is not wanted after all; the visit stays."""
    visit, case = changing(session, person, visit_id, seen)
    check_step_stands(visit, case)
    visit.step_withdrawn_by, visit.step_withdrawn_at = person.name, audit.utc(now)
    visit.step_withdrawn_why = _reason(why)
    return _changed(session, person, visit, case, "withdraw_step", why, now)


def reopen_step(
    session: Session, person: Person, visit_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Visit:
    """A step that was marked as done is not done."""
    visit, case = changing(session, person, visit_id, seen)
    check_step_stands(visit, case)
    if visit.done_on is None:
        raise VisitNotPossible(Message(N_("This step is open; there is nothing to reopen.")))
    before = {"done_on": visit.done_on, "done_by": visit.done_by, "note": visit.done_note}
    visit.done_on = visit.done_by = visit.done_note = None
    return _changed(session, person, visit, case, "reopen_step", why, now, before, {})


def _changed(
    session: Session,
    person: Person,
    visit: Visit,
    case: Case,
    action: str,
    why: str,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Visit:
    """Keep the change and, in the audit log, what is different: under `was` before, under `now` after."""
    details: dict[str, object] = {"firm_id": case.firm_id, "why": _reason(why)}
    if before is not None and after is not None:
        different = [name for name in before if before[name] != after.get(name)]
        if not different:
            raise VisitNotPossible(Message(N_("Nothing is different from what is on record; nothing was stored.")))
        details["was"] = {name: before[name] for name in different}
        details["now"] = {name: after[name] for name in different if name in after}
    session.flush()
    audit.record(session, person, action, f"visit:{visit.id}", details, now)
    return visit


def _step(session: Session, visit: Visit) -> dict[str, object]:
    owner = None if visit.owner_id is None else session.get_one(Account, visit.owner_id).name
    return {"next_step": visit.next_step, "due_on": visit.due_on, "owner": owner}


def _check_stands(visit: Visit) -> None:
    if visit.withdrawn_at is not None:
        raise VisitNotPossible(Message(N_("This was withdrawn; it cannot be changed any more. Record it anew.")))


def _reason(why: str) -> str:
    if not why.strip():
        raise VisitNotPossible(Message(N_("Write the reason in a few words.")))
    return checked_note(why)
