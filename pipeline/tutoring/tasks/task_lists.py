"""What is known of tasks: those of a firm with what was written about them, and by how much its plan has slipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.tables import Account, Case
from pipeline.store.tutoring_tables import Task, TaskEntry
from pipeline.tutoring.visits import Withdrawn


@dataclass(frozen=True)
class Written:
    """What somebody wrote about a task. `kind`: comment, postponed (`before` → `after`), reopened."""

    kind: str
    text: str
    before: date | None
    after: date | None
    by: str
    at: datetime


@dataclass(frozen=True)
class TaskSeen:
    """A task as this person may read it. `owner`: who is to do it, the mentor unless another is named; `slipped_days`:
    how much later than at first it is due, was done, or is already; `written` is empty for whom it is not meant."""

    id: int
    case_id: int
    what: str
    owner: str | None
    owner_id: int | None
    first_due_on: date
    due_on: date
    stage: str | None
    for_firm: bool
    repeats_months: int | None
    done_on: date | None
    done_by: str | None
    done_note: str | None
    visit_id: int | None
    withdrawn: Withdrawn | None
    written: Sequence[Written]
    slipped_days: int
    version: int

    @property
    def open(self) -> bool:
        return self.done_on is None and self.withdrawn is None


_OF_FIRM = (
    select(Task, Case.mentor_id)
    .join(Case, Case.id == Task.case_id)
    .where(Case.firm_id == bindparam("firm"))
    .order_by(Task.due_on, Task.id)
)
_MEANT_FOR_FIRM = _OF_FIRM.where(Task.for_firm, Task.withdrawn_at.is_(None))
_NAMES = select(Account.id, Account.name)
_WRITTEN = select(TaskEntry).where(TaskEntry.task_id.in_(bindparam("tasks", expanding=True))).order_by(TaskEntry.id)


def tasks_of(session: Session, person: Person, firm_id: str, on: date) -> list[TaskSeen]:
    """The tasks of a firm's cases, open ones by the day on which they are due, then the others, the latest first.

    A firm sees those that are meant for it, without what was written about them.
    """
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    reads = people.may(person, Action.SEE_FINDINGS)
    rows = session.execute(_OF_FIRM if reads else _MEANT_FOR_FIRM, {"firm": firm_id}).all()
    names = dict(session.execute(_NAMES).all())
    written: dict[int, list[Written]] = {}
    if reads:
        for one in session.scalars(_WRITTEN, {"tasks": [task.id for task, _mentor in rows]}):
            told = Written(one.kind, one.content, one.before, one.after, one.written_by, one.written_at)
            written.setdefault(one.task_id, []).append(told)
    seen = [
        TaskSeen(
            task.id,
            task.case_id,
            task.what,
            names.get(task.owner_id or mentor or 0),
            task.owner_id,
            task.first_due_on,
            task.due_on,
            task.stage,
            task.for_firm,
            task.repeats_months,
            task.done_on,
            task.done_by,
            task.done_note if reads else None,
            task.visit_id,
            None
            if task.withdrawn_at is None
            else Withdrawn(task.withdrawn_by or "?", task.withdrawn_at, task.withdrawn_why or ""),
            tuple(written.get(task.id, ())),
            slipped_days(task.first_due_on, task.due_on, task.done_on, on),
            task.version,
        )
        for task, mentor in rows
    ]
    still_open = [task for task in seen if task.open]
    return [*still_open, *reversed([task for task in seen if not task.open])]


def slipped_days(first_due_on: date, due_on: date, done_on: date | None, on: date) -> int:
    """By how many days a task has slipped behind the day set for it at first; 0 where it has not. One that is still
    open slips with the day that it is postponed to, and with every day that passes after it."""
    return max(((done_on or max(due_on, on)) - first_due_on).days, 0)
