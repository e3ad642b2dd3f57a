"""Tasks of a case: set, postponed with a reason, handed over, written about, done with a note, reopened, withdrawn.

A task belongs to an open case; those of a closed one are due no more. A task that repeats is set anew when it is done.
Who changes a task says which version of it he saw (`seen`). The audit log has every change.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import Account, Case, Visit
from pipeline.store.tutoring_tables import Task, TaskEntry
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.cases import case_of
from pipeline.tutoring.gates import months_after
from pipeline.tutoring.meanwhile import check_seen
from pipeline.tutoring.mentoring import can_visit
from pipeline.tutoring.stages import STAGES

LONGEST_TEXT = 2_000
#: How often a task may be due again, in months.
REPEATS = (1, 3, 6, 12)


class TaskNotPossible(ShownToPeople):
    """A task, or a change of one, that cannot be kept as given."""


def add_task(
    session: Session,
    person: Person,
    firm_id: str,
    what: str,
    due_on: date,
    *,
    now: datetime,
    owner_id: int | None = None,
    stage: str | None = None,
    for_firm: bool = False,
    repeats_months: int | None = None,
    about: Mapping[str, str] | None = None,
) -> Task:
    """Set a task in the firm's open case. `about`: what the trail says beside.

    Raises TaskNotPossible where the firm has no open case, the text is blank or too long, the day lies before today,
    the owner may not record visits to the firm, or the same is to be done by the same day already.
    """
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    case = case_of(session, firm_id)
    if case is None:
        raise TaskNotPossible(Message(N_("This firm has no open tutoring case to which a task belongs.")))
    text = _text(what)
    _check_due(due_on, audit.utc(now).date())
    _check_owner(session, owner_id, firm_id)
    if repeats_months is not None and repeats_months not in REPEATS:
        raise TaskNotPossible(Message(N_("A task repeats every 1, 3, 6 or 12 months.")))
    if stage is not None and stage not in STAGES:
        raise TaskNotPossible(Message(N_("%(stage)s is not a stage."), {"stage": stage}))
    task = Task(
        case_id=case.id,
        what=text,
        owner_id=owner_id,
        first_due_on=due_on,
        due_on=due_on,
        stage=stage,
        for_firm=for_firm,
        repeats_months=repeats_months,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    _check_not_set(session, task)
    session.add(task)
    session.flush()
    details = {"next_step": text, "due_on": due_on, "stage": stage, "for_firm": for_firm, "repeats": repeats_months}
    _record(session, person, "add_task", task, case, details | _owned_by(session, task) | dict(about or {}), now)
    return task


def postpone(
    session: Session, person: Person, task_id: int, due_on: date, why: str, *, now: datetime, seen: int | None = None
) -> Task:
    """Another day by which the task is due, with the reason; the first day stays on record."""
    task, case = _changing(session, person, task_id, seen)
    _check_open(task, case)
    _check_due(due_on, audit.utc(now).date())
    if due_on == task.due_on:
        raise TaskNotPossible(Message(N_("The task is due on this day already; nothing has been changed.")))
    reason, before = _text(why), task.due_on
    task.due_on = due_on
    _write(session, person, task, "postponed", reason, now, before, due_on)
    _record(session, person, "postpone_task", task, case, {"was": before, "due_on": due_on, "why": reason}, now)
    return task


def hand_over(
    session: Session, person: Person, task_id: int, owner_id: int | None, *, now: datetime, seen: int | None = None
) -> Task:
    """Another account is to do it; None: the mentor."""
    task, case = _changing(session, person, task_id, seen)
    _check_open(task, case)
    _check_owner(session, owner_id, case.firm_id)
    if owner_id == task.owner_id:
        raise TaskNotPossible(Message(N_("It is theirs to do already; nothing has been changed.")))
    task.owner_id = owner_id
    session.flush()
    _record(session, person, "hand_over_task", task, case, _owned_by(session, task), now)
    return task


def comment(
    session: Session, person: Person, task_id: int, text: str, *, now: datetime, seen: int | None = None
) -> Task:
    """Something written about the task, whether it is done or not."""
    task, case = _changing(session, person, task_id, seen)
    kept = _text(text)
    _write(session, person, task, "comment", kept, now)
    _record(session, person, "comment_task", task, case, {"note": kept}, now)
    return task


def finish(
    session: Session,
    person: Person,
    task_id: int,
    on: date,
    *,
    now: datetime,
    note: str | None = None,
    visit_id: int | None = None,
    seen: int | None = None,
) -> Task:
    """The task was done on this day, with or without a visit. One that repeats is set anew, so many months after the
    day on which it was due, or after this day where that is past."""
    audit.check_day(on, now)
    task, case = _changing(session, person, task_id, seen)
    _check_open(task, case)
    if on < case.opened_on:
        raise TaskNotPossible(Message(N_("A task cannot be done before its case was opened.")))
    if visit_id is not None:
        visit = session.get(Visit, visit_id)
        if visit is None or visit.case_id != case.id or visit.withdrawn_at is not None:
            raise TaskNotPossible(Message(N_("This is no visit of the case.")))
    task.done_on, task.done_by, task.visit_id = on, person.name, visit_id
    task.done_note = _text(note) if note and note.strip() else None
    session.flush()
    _record(session, person, "finish_task", task, case, {"on": on, "note": task.done_note, "visit": visit_id}, now)
    if task.repeats_months is not None:
        due = months_after(task.due_on, task.repeats_months)
        if due <= on:
            due = months_after(on, task.repeats_months)
        again = Task(
            case_id=case.id,
            what=task.what,
            owner_id=task.owner_id,
            first_due_on=due,
            due_on=due,
            stage=task.stage,
            for_firm=task.for_firm,
            repeats_months=task.repeats_months,
            recorded_by=person.name,
            recorded_at=audit.utc(now),
        )
        session.add(again)
        session.flush()
        details = {"next_step": again.what, "due_on": due, "repeats": again.repeats_months}
        _record(session, person, "add_task", again, case, details | _owned_by(session, again), now)
    return task


def reopen(session: Session, person: Person, task_id: int, why: str, *, now: datetime, seen: int | None = None) -> Task:
    """A task that was marked as done is not done."""
    task, case = _changing(session, person, task_id, seen)
    _check_case(case)
    if task.done_on is None or task.withdrawn_at is not None:
        raise TaskNotPossible(Message(N_("This task is not marked as done.")))
    reason, was = _text(why), task.done_on
    task.done_on = task.done_by = task.done_note = task.visit_id = None
    _write(session, person, task, "reopened", reason, now)
    _record(session, person, "reopen_task", task, case, {"was": was, "why": reason}, now)
    return task


def withdraw(
    session: Session, person: Person, task_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Task:
    """The task was set by mistake, or is not wanted after all; it stays on record and counts nowhere."""
    task, case = _changing(session, person, task_id, seen)
    if task.withdrawn_at is not None:
        raise TaskNotPossible(Message(N_("This task was withdrawn already.")))
    reason = _text(why)
    task.withdrawn_by, task.withdrawn_at, task.withdrawn_why = person.name, audit.utc(now), reason
    session.flush()
    _record(session, person, "withdraw_task", task, case, {"why": reason}, now)
    return task


# --- within ----------------------------------------------------------------------------------------


def _changing(session: Session, person: Person, task_id: int, seen: int | None) -> tuple[Task, Case]:
    """The task as it stands now with its case, for one who may record visits to the firm."""
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    task = session.get(Task, task_id, populate_existing=True)
    none_there = NotFound(Message(N_("There is no task %(task)s."), {"task": task_id}))
    if task is None:
        raise none_there
    case = session.get_one(Case, task.case_id, populate_existing=True)
    people.require_there(session, person, Action.RECORD_VISITS, case.firm_id, none_there)
    check_seen(session, f"task:{task.id}", task.version, seen)
    return task, case


def _check_open(task: Task, case: Case) -> None:
    if task.withdrawn_at is not None:
        raise TaskNotPossible(Message(N_("This task was withdrawn already.")))
    if task.done_on is not None:
        raise TaskNotPossible(
            Message(
                N_("This task was done on %(on)s by %(who)s."), {"on": f"{task.done_on}", "who": task.done_by or "?"}
            )
        )
    _check_case(case)


def _check_case(case: Case) -> None:
    if case.closed_on is not None:
        raise TaskNotPossible(
            Message(N_("The case was closed on %(on)s; its tasks are due no more."), {"on": f"{case.closed_on}"})
        )


def _check_due(due_on: date, today: date) -> None:
    if due_on < today:
        raise TaskNotPossible(
            Message(N_("A task is due today or later; %(day)s is past."), {"day": due_on.isoformat()})
        )


def _check_owner(session: Session, owner_id: int | None, firm_id: str) -> None:
    if owner_id is None:
        return
    owner = session.get(Account, owner_id)
    if owner is None or not can_visit(session, owner, firm_id):
        raise TaskNotPossible(Message(N_("Who is to do a task is an account that may record visits to this firm.")))


def _check_not_set(session: Session, task: Task) -> None:
    """A second click, or the same request sent again, sets nothing twice."""
    same = select(Task.id).where(
        Task.case_id == task.case_id,
        Task.what == task.what,
        Task.due_on == task.due_on,
        Task.done_on.is_(None),
        Task.withdrawn_at.is_(None),
    )
    if (number := session.scalar(same.limit(1))) is not None:
        raise TaskNotPossible(
            Message(
                N_("This is to be done by that day already, as task %(task)s; nothing was stored."), {"task": number}
            )
        )


def _text(text: str | None) -> str:
    kept = (text or "").strip()
    if not kept or len(kept) > LONGEST_TEXT:
        raise TaskNotPossible(
            Message(
                N_("Write 1 to %(longest)s letters; there are %(found)s."),
                {"longest": LONGEST_TEXT, "found": len(kept)},
            )
        )
    return kept


def _write(
    session: Session,
    person: Person,
    task: Task,
    kind: str,
    text: str,
    now: datetime,
    before: date | None = None,
    after: date | None = None,
) -> None:
    session.add(
        TaskEntry(
            task_id=task.id,
            kind=kind,
            content=text,
            before=before,
            after=after,
            written_by=person.name,
            written_at=audit.utc(now),
        )
    )
    flag_modified(task, "what")  # a new version, so that who saw the task without it is told
    session.flush()


def _owned_by(session: Session, task: Task) -> dict[str, str]:
    owner = None if task.owner_id is None else session.get(Account, task.owner_id)
    return {} if owner is None else {"owner": owner.name}


def _record(
    session: Session, person: Person, action: str, task: Task, case: Case, details: Mapping[str, object], now: datetime
) -> None:
    audit.record(session, person, action, f"task:{task.id}", {"firm_id": case.firm_id, **details}, now)
