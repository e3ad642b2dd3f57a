"""What an account looks after goes to others before it closes, or has another role or district from which it reaches it
no more: its cases, the firms it stands by as a leader, the steps and tasks that are its own to do. All of it and the
change of the account are one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.contacts import WrongAccount
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import Role
from pipeline.errors import NotFound
from pipeline.language import CHINESE, N_, Message
from pipeline.store.tables import Account, Case, Visit
from pipeline.store.tutoring_tables import Task
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases, corrections
from pipeline.tutoring.mentoring import can_mentor, can_visit
from pipeline.tutoring.mentors.leaders import cases_led_by, name_leader
from pipeline.tutoring.mentors.workloads import proposed_mentors
from pipeline.tutoring.tasks import tasks

#: Instead of a name: somebody for each case, by load and district; or nobody for the present.
BY_LOAD, NOBODY = "by-load", "nobody"


@dataclass(frozen=True)
class Held:
    """What an account looks after in open cases: those whose mentor it is, those in which it stands as a leader with
    the level, and what is its own to do there: next steps (by their visits) and tasks."""

    mentor_of: Collection[int]
    leads: Collection[tuple[int, str]]
    steps: Collection[int]
    tasks: Collection[int]

    def __bool__(self) -> bool:
        return bool(self.mentor_of or self.leads or self.steps or self.tasks)


@dataclass(frozen=True)
class HandedOver:
    """To whom it went: case -> the new mentor's name, None where nobody looks after it now."""

    cases: Mapping[int, str | None]
    leads: int
    steps: int
    tasks: int


def held_by(session: Session, account_id: int) -> Held:
    """What an account looks after and has to do in open cases."""
    mine = select(Case.id).where(Case.mentor_id == account_id, Case.closed_on.is_(None)).order_by(Case.id)
    steps = _open_of(Visit, account_id, Visit.next_step.is_not(None), Visit.step_withdrawn_at.is_(None))
    return Held(
        list(session.scalars(mine)),
        cases_led_by(session, account_id),
        list(session.scalars(steps)),
        list(session.scalars(_open_of(Task, account_id))),
    )


def close_account(
    session: Session,
    name: str,
    *,
    by: Person,
    now: datetime,
    to: str | None = None,
    approved_by: str | None = None,
) -> tuple[Account, HandedOver]:
    """Close an account after what it looks after has gone to the account named `to`, to somebody for each case
    (BY_LOAD), or to nobody for the present (NOBODY).

    Raises WrongAccount where it looks after something and nothing is said of that, or `to` cannot take a case; then
    nothing is changed. Everything else as `people.disable`.
    """
    people.require(by, Action.MANAGE_PEOPLE)
    lock_writes(session)
    account = people.named(session, name)
    held = Held((), (), (), ()) if account is None else held_by(session, account.id)
    handed = HandedOver({}, 0, 0, 0)
    with session.begin_nested():
        closed = people.disable(session, name, by=by, now=now, approved_by=approved_by)
        if held:
            if not to:
                raise WrongAccount(_to_whom(closed.name, held))
            why = Message(N_("the account of %(name)s closes"), {"name": closed.name})
            handed = _hand_over(session, by, closed, held, to, why, now)
    return closed, handed


def move_account(
    session: Session,
    name: str,
    role: Role | str,
    firm_id: str | None = None,
    district_code: str | None = None,
    *,
    by: Person,
    now: datetime,
    to: str | None = None,
    approved_by: str | None = None,
    department: str | None = None,
) -> tuple[Account, HandedOver]:
    """Give an account another role or district; what it reaches no more from there goes on as by `close_account`, and
    the rest stays with it. Everything else as `people.change_role`."""
    people.require(by, Action.MANAGE_PEOPLE)
    lock_writes(session)
    handed = HandedOver({}, 0, 0, 0)
    with session.begin_nested():
        moved = people.change_role(
            session,
            name,
            role,
            firm_id,
            district_code,
            by=by,
            now=now,
            approved_by=approved_by,
            department=department,
        )
        if left := _out_of_reach(session, moved, held_by(session, moved.id)):
            if not to:
                raise WrongAccount(_to_whom(moved.name, left))
            why = Message(N_("the account of %(name)s has another role or district"), {"name": moved.name})
            handed = _hand_over(session, by, moved, left, to, why, now)
    return moved, handed


# --- within ----------------------------------------------------------------------------------------


def _out_of_reach(session: Session, account: Account, held: Held) -> Held:
    """What of all this the account, as it is now, cannot look after or do."""

    def mentors(case_id: int) -> bool:
        return can_mentor(session, account, _firm_of(session, case_id))

    def does(what: Visit | Task) -> bool:
        return can_visit(session, account, _firm_of(session, what.case_id))

    return Held(
        [case_id for case_id in held.mentor_of if not mentors(case_id)],
        [(case_id, level) for case_id, level in held.leads if not mentors(case_id)],
        [number for number in held.steps if not does(session.get_one(Visit, number))],
        [number for number in held.tasks if not does(session.get_one(Task, number))],
    )


def _hand_over(
    session: Session, by: Person, account: Account, held: Held, to: str, reason: Message, now: datetime
) -> HandedOver:
    wanted = _wanted(session, by, account, held, to)
    why = reason.in_language(CHINESE)
    about = {"why": why}
    for case_id in held.mentor_of:
        cases.assign_mentor(session, by, case_id, wanted.get(case_id), now=now, about=about)
    single = None if to in (BY_LOAD, NOBODY) else people.named(session, to)
    for case_id, level in held.leads:
        heir = None if single is None else single.id
        name_leader(session, by, case_id, level, account_id=heir, why=why, now=now)
    for visit_id in held.steps:
        visit = session.get_one(Visit, visit_id)
        heir = _heir(session, single, visit.case_id)
        corrections.change_step(session, by, visit_id, visit.next_step, visit.due_on, heir, why, now=now)
    for task_id in held.tasks:
        tasks.hand_over(session, by, task_id, _heir(session, single, session.get_one(Task, task_id).case_id), now=now)
    names = {one.id: one.name for one in session.scalars(select(Account).where(Account.id.in_(set(wanted.values()))))}
    details = {
        "to": to,
        "cases": len(held.mentor_of),
        "leads": len(held.leads),
        "steps": len(held.steps),
        "tasks": len(held.tasks),
    }
    audit.record(session, by, "hand_over_account", f"account:{account.name}", details, now)
    gone = {case_id: names.get(wanted.get(case_id) or 0) for case_id in held.mentor_of}
    return HandedOver(gone, len(held.leads), len(held.steps), len(held.tasks))


def _wanted(session: Session, by: Person, account: Account, held: Held, to: str) -> dict[int, int]:
    """case -> the account that is to look after it; cases that nobody takes are left out."""
    if to == NOBODY:
        return {}
    if to == BY_LOAD:
        proposed = proposed_mentors(session, by, list(held.mentor_of), without=[account.id])
        return {case_id: one.id for case_id, one in proposed.items()}
    heir = people.named(session, to)
    if heir is None:
        raise NotFound(Message(N_("There is no account named %(name)s."), {"name": to}))
    every = dict.fromkeys([*held.mentor_of, *(case_id for case_id, _level in held.leads)])
    unable = [one for one in every if not can_mentor(session, heir, _firm_of(session, one))]
    if unable:
        words = N_(
            "%(name)s cannot look after %(count)s of these cases (%(firms)s). Name somebody else, or hand them over "
            "one by one first."
        )
        firms = [_firm_of(session, one) for one in unable[:10]]
        raise WrongAccount(Message(words, {"name": heir.name, "count": len(unable), "firms": firms}))
    return dict.fromkeys(held.mentor_of, heir.id)


def _heir(session: Session, single: Account | None, case_id: int) -> int | None:
    """Who is to do a step or a task now: the account named, where it reaches the firm; else the case's mentor."""
    able = single is not None and can_visit(session, single, _firm_of(session, case_id))
    return single.id if single is not None and able else None


def _firm_of(session: Session, case_id: int) -> str:
    return session.get_one(Case, case_id).firm_id


def _open_of(kind: type[Visit] | type[Task], account_id: int, *which: ColumnElement[bool]) -> Select[int]:
    return (
        select(kind.id)
        .join(Case, Case.id == kind.case_id)
        .where(
            kind.owner_id == account_id,
            kind.done_on.is_(None),
            kind.withdrawn_at.is_(None),
            Case.closed_on.is_(None),
            *which,
        )
        .order_by(kind.id)
    )


def _to_whom(name: str, held: Held) -> Message:
    words = N_(
        "%(name)s looks after %(cases)s cases, stands by %(leads)s firms as a leader and has %(steps)s steps and tasks "
        "to do that nobody would look after then. Say to whom they go: an account, by load and district, or nobody for "
        "the present. The account is as it was."
    )
    counts = {"cases": len(held.mentor_of), "leads": len(held.leads), "steps": len(held.steps) + len(held.tasks)}
    return Message(words, {"name": name, **counts})
