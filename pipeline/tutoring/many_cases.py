"""Several cases at once: a mentor, a leader, a stage or a task for all that are marked, with one reason, and a line
each in the trail.

What cannot be done to a case stays as it was and comes back with its reason; the others are done. The act has a name in
the trail, by which the same person can undo it for a minute.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.language import CHINESE, N_, Message
from pipeline.store.tables import Account, AuditEntry, Case, Firm
from pipeline.store.tutoring_tables import Task
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.mentors import leaders
from pipeline.tutoring.stages import LAST
from pipeline.tutoring.tasks import tasks

UNDO_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Together:
    """What was done to several cases. `act`: its name in the trail, for `undo`; `left`: what stayed as it was, by case,
    and why."""

    act: str
    done: Sequence[Case]
    left: Sequence[tuple[int, ShownToPeople]]


_UNDONE = Message(N_("Undone within a minute."))


# --- what changes cases ----------------------------------------------------------------------------


def assign_mentors(
    session: Session,
    person: Person,
    wanted: Mapping[int, int | None],
    why: str,
    *,
    now: datetime,
    seen: Mapping[int, int] | None = None,
) -> Together:
    """Name the account that looks after each of these cases (case -> account, None: nobody for the present).

    `seen`: case -> the version that the person saw. Raises CaseNotPossible where no reason is given or nothing marked.
    """
    about = _begun(session, person, wanted, why, now)

    def assign(case_id: int) -> Case:
        mentor, version = wanted[case_id], (seen or {}).get(case_id)
        return cases.assign_mentor(session, person, case_id, mentor, now=now, seen=version, about=about)

    return _each(about["act"], wanted, assign)


def name_leaders(
    session: Session,
    person: Person,
    case_ids: Sequence[int],
    level: str,
    why: str,
    *,
    now: datetime,
    account_id: int | None = None,
    name: str | None = None,
    post: str | None = None,
    seen: Mapping[int, int] | None = None,
) -> Together:
    """Name who of this level stands by these firms, an account or a name; neither: nobody any more."""
    about = _begun(session, person, case_ids, why, now)

    def one(case_id: int) -> Case:
        version = (seen or {}).get(case_id)
        leaders.name_leader(
            session,
            person,
            case_id,
            level,
            account_id=account_id,
            name=name,
            post=post,
            why=about["why"],
            now=now,
            seen=version,
            about=about,
        )
        return session.get_one(Case, case_id)

    return _each(about["act"], case_ids, one)


def move(
    session: Session,
    person: Person,
    case_ids: Sequence[int],
    stage: str,
    on: date,
    why: str,
    *,
    now: datetime,
    seen: Mapping[int, int] | None = None,
) -> Together:
    """These firms reached a stage on a day. A listing closes a case, so it is recorded one by one."""
    about = _begun(session, person, case_ids, why, now)
    if stage == LAST:
        raise CaseNotPossible(Message(N_("A listing ends a case: record it on the page of the firm.")))

    def change(case_id: int) -> Case:
        version = (seen or {}).get(case_id)
        return cases.change_stage(session, person, case_id, stage, on, now=now, seen=version, about=about)

    return _each(about["act"], case_ids, change)


def set_task(
    session: Session,
    person: Person,
    case_ids: Sequence[int],
    what: str,
    due_on: date,
    why: str,
    *,
    now: datetime,
    for_firm: bool = False,
) -> Together:
    """The same is to be done in each of these cases by a day."""
    about = _begun(session, person, case_ids, why, now)
    firms = firms_of(session, person, case_ids)

    def add(case_id: int) -> Case:
        if case_id not in firms:
            raise cases.no_case(case_id)
        task = tasks.add_task(session, person, firms[case_id].id, what, due_on, now=now, for_firm=for_firm, about=about)
        return session.get_one(Case, task.case_id)

    return _each(about["act"], case_ids, add)


def undo(session: Session, person: Person, act: str, *, now: datetime) -> Together:
    """Undo what this person did to several cases within the last minute; a case that was changed since stays as it is.

    Raises CaseNotPossible where it is longer ago, or somebody else's.
    """
    people.require(person, Action.KEEP_CASES)
    lock_writes(session)
    recent = select(AuditEntry).where(
        AuditEntry.person == person.name,
        AuditEntry.action.in_(["assign_mentor", "name_leader", "change_stage", "add_task"]),
        AuditEntry.at >= audit.utc(now) - UNDO_WITHIN,
    )
    of_act = [one for one in session.scalars(recent.order_by(AuditEntry.id)) if one.details.get("act") == act]
    if not act or not of_act:
        raise CaseNotPossible(Message(N_("It can be undone for one minute only; correct the cases instead.")))
    entries = {_case_of(session, one): one for one in of_act}
    why = _UNDONE.in_language(CHINESE)
    about = {"act": _name_of(person, now, entries), "why": why}

    def back(case_id: int) -> Case:
        entry = entries[case_id]
        last = session.scalar(
            select(AuditEntry.id).where(AuditEntry.subject == entry.subject).order_by(AuditEntry.id.desc()).limit(1)
        )
        if last != entry.id:
            raise CaseNotPossible(Message(N_("Somebody has changed this case since.")))
        if entry.action == "add_task":
            task = tasks.withdraw(session, person, _number(entry), why, now=now)
            return session.get_one(Case, task.case_id)
        if entry.action == "change_stage":
            return cases.take_back(session, person, case_id, why, now=now)
        if entry.action == "name_leader":
            leaders.put_back(session, person, case_id, entry.details["level"], entry.at, now=now, about=about)
            return session.get_one(Case, case_id)
        before = entry.details.get("mentor_before")
        account = session.scalar(select(Account.id).where(Account.name == before)) if before else None
        return cases.assign_mentor(session, person, case_id, account, now=now, about=about)

    return _each(about["act"], entries, back)


# --- what is known of them ---------------------------------------------------------------------------


def firms_of(session: Session, person: Person, case_ids: Sequence[int]) -> dict[int, Firm]:
    """The firm of each of these cases, of those that this person reaches."""
    reach = people.visible_firms(person, Action.SEE_CASES)
    wanted = select(Case.id, Firm).join(Firm, Firm.id == Case.firm_id).where(Case.id.in_(case_ids), reach)
    return dict(session.execute(wanted).all())


# --- within ----------------------------------------------------------------------------------------


def _number(entry: AuditEntry) -> int:
    return int(entry.subject.partition(":")[2])


def _case_of(session: Session, entry: AuditEntry) -> int:
    """The case that an entry is about, itself or its task."""
    number = _number(entry)
    return session.get_one(Task, number).case_id if entry.subject.startswith("task:") else number


def _begun(session: Session, person: Person, marked: Iterable[int], why: str, now: datetime) -> dict[str, str]:
    """What every entry of the act says beside its own: the act's name and the reason."""
    people.require(person, Action.KEEP_CASES)
    lock_writes(session)
    if not (numbers := list(marked)):
        raise CaseNotPossible(Message(N_("Mark one or more cases first.")))
    if not why.strip():
        raise CaseNotPossible(Message(N_("Write the reason in a few words.")))
    return {"act": _name_of(person, now, numbers), "why": why.strip()}


def _name_of(person: Person, now: datetime, cases_of_it: Iterable[int]) -> str:
    """The act's name: the moment, and the first of its cases."""
    return f"{audit.utc(now):%Y%m%dT%H%M%S}-{person.id}-{min(cases_of_it)}"


def _each(act: str, case_ids: Iterable[int], one: Callable[[int], Case]) -> Together:
    done: list[Case] = []
    left: list[tuple[int, ShownToPeople]] = []
    for case_id in sorted(case_ids):
        try:
            done.append(one(case_id))
        except ShownToPeople as error:
            left.append((case_id, error))
    return Together(act, done, left)
