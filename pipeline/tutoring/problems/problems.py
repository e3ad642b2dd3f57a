"""What changes a problem: recorded for one or several firms, worked at, postponed, handed over, resolved.

Who changes a problem may record visits to every firm that it hinders. Every change leaves its entry, from which the
problem can be told as it stood on an earlier day, and its line in the audit log. What was resolved is reopened, what
was recorded by mistake is withdrawn, both with a reason. To whomever it has been raised, a problem stays there when it
is postponed or reopened: only the days until it is raised further count anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from pipeline.accounts import audit, people
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import Problem, ProblemEntry, ProblemFirm
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.meanwhile import check_seen
from pipeline.tutoring.problems.kinds import (
    BUREAU,
    HANDED,
    MOVED_UP,
    OPENED,
    POSTPONED,
    PROBLEM_KINDS,
    REOPENED,
    RESOLVED,
    WITHDRAWN,
    WRITTEN,
)
from pipeline.tutoring.visits import LONGEST_NOTE


class ProblemNotPossible(ShownToPeople):
    """A problem, or a change of one, that cannot be recorded as given."""


def record_problem(
    session: Session,
    person: Person,
    firm_ids: Sequence[str],
    kind: str,
    text: str,
    department: str | None,
    due_on: date,
    on: date,
    *,
    now: datetime,
) -> Problem:
    """Keep what hinders these firms since a day and whose it is to solve until when; `department` None: the bureau's.

    Raises ProblemNotPossible without a firm, for an unknown kind or department, a due day before the problem began, a
    blank text, or where the same person has recorded the very same problem already.
    """
    people.require(person, Action.RECORD_VISITS)
    audit.check_day(on, now)
    lock_writes(session)
    firms = list(dict.fromkeys(firm_ids))
    if not firms:
        raise ProblemNotPossible(Message(N_("Name the firm, or the firms, that the problem hinders.")))
    for firm in firms:
        people.require(person, Action.RECORD_VISITS, firm, session=session)
    if kind not in PROBLEM_KINDS:
        words = N_("%(kind)s is no kind of problem. Write one of: %(kinds)s.")
        raise ProblemNotPossible(Message(words, {"kind": kind[:40], "kinds": ", ".join(PROBLEM_KINDS)}))
    if due_on < on:
        raise ProblemNotPossible(Message(N_("A problem is due after it began, not before.")))
    problem = Problem(
        kind=kind,
        text=_checked(text),
        department=checked_department(department),
        opened_on=on,
        due_on=due_on,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    _check_not_recorded(session, problem, firms)
    session.add(problem)
    session.flush()
    for firm in firms:
        session.add(_joined(problem, firm, person, on, now))
    owner = problem.department or BUREAU
    session.add(_entry(problem, person, OPENED, "", on, now, due_on=due_on, department=owner))
    details = {"problem_kind": kind, "department": problem.department, "due_on": due_on, "on": on}
    return _kept(session, person, problem, "record_problem", {"firms": firms, **details}, now)


def add_firm(
    session: Session,
    person: Person,
    problem_id: int,
    firm_id: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The same problem hinders another firm, since this day."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_open(problem)
    _check_day(problem, on)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    if firm_id in hindered:
        raise ProblemNotPossible(Message(N_("This firm is among those of the problem already.")))
    session.add(_joined(problem, firm_id, person, on, now))
    flag_modified(problem, "kind")
    return _kept(session, person, problem, "add_firm_to_problem", {"firms": [firm_id], "on": on}, now)


def leave(
    session: Session,
    person: Person,
    problem_id: int,
    firm_id: str,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The problem hinders this firm no more since this day: it is solved for it, or was never its own. Raises
    ProblemNotPossible for the last firm: its problem is resolved or withdrawn."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_open(problem)
    if firm_id not in hindered:
        raise ProblemNotPossible(Message(N_("This firm is not among those of the problem.")))
    if len(hindered) == 1:
        words = N_("It is the only firm of this problem. Resolve the problem, or withdraw it.")
        raise ProblemNotPossible(Message(words))
    one = hindered[firm_id]
    if on < one.joined_on:
        words = N_("The problem has hindered this firm since %(on)s; it cannot have ended before.")
        raise ProblemNotPossible(Message(words, {"on": f"{one.joined_on}"}))
    one.left_on, one.left_by, one.left_at, one.left_why = on, person.name, audit.utc(now), _reason(why)
    flag_modified(problem, "kind")
    details = {"firms": [firm_id], "on": on, "why": one.left_why}
    return _kept(session, person, problem, "leave_problem", details, now)


def add_entry(
    session: Session,
    person: Person,
    problem_id: int,
    kind: str,
    text: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> ProblemEntry:
    """A step that was taken, the minutes of a joint meeting, or a comment; also of a problem that has ended."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    if kind not in WRITTEN:
        words = N_("%(kind)s is no kind of entry. Write one of: %(kinds)s.")
        raise ProblemNotPossible(Message(words, {"kind": kind[:40], "kinds": ", ".join(WRITTEN)}))
    _check_day(problem, on)
    entry = _entry(problem, person, kind, _checked(text), on, now)
    same = select(ProblemEntry.id).where(
        ProblemEntry.problem_id == problem.id,
        ProblemEntry.kind == entry.kind,
        ProblemEntry.on == entry.on,
        ProblemEntry.by == entry.by,
        ProblemEntry.text == entry.text,
    )
    if session.scalar(same.limit(1)) is not None:
        words = N_("You have written this very entry already; nothing was stored a second time.")
        raise ProblemNotPossible(Message(words))
    session.add(entry)
    details = {"firms": list(hindered), "entry_kind": kind, "on": on}
    _kept(session, person, problem, "add_to_problem", details, now)
    return entry


def postpone(
    session: Session,
    person: Person,
    problem_id: int,
    due_on: date,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The problem is due on a later day. Raises ProblemNotPossible for a day that is no later than the one that holds,
    or has passed already."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_open(problem)
    _check_day(problem, on)
    if due_on <= problem.due_on or due_on < on:
        words = N_("The problem is due on %(due)s. Postpone it to a later day that is still to come.")
        raise ProblemNotPossible(Message(words, {"due": f"{problem.due_on}"}))
    reason, before = _reason(why), problem.due_on
    problem.due_on = due_on
    session.add(_entry(problem, person, POSTPONED, reason, on, now, due_on=due_on))
    was = {"was": {"due_on": before}, "now": {"due_on": due_on}}
    details = {"firms": list(hindered), "on": on, "why": reason, **was}
    return _kept(session, person, problem, "postpone_problem", details, now)


def hand_to(
    session: Session,
    person: Person,
    problem_id: int,
    department: str | None,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The problem is another department's to solve; None: the bureau's."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_open(problem)
    _check_day(problem, on)
    owner, before = checked_department(department), problem.department
    if owner == before:
        words = N_("Nothing is different from what is on record; nothing was stored.")
        raise ProblemNotPossible(Message(words))
    reason = _reason(why)
    problem.department = owner
    session.add(_entry(problem, person, HANDED, reason, on, now, department=owner or BUREAU))
    was = {"was": {"department": before or BUREAU}, "now": {"department": owner or BUREAU}}
    details = {"firms": list(hindered), "on": on, "why": reason, **was}
    return _kept(session, person, problem, "hand_over_problem", details, now)


def resolve(
    session: Session,
    person: Person,
    problem_id: int,
    how: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The problem was solved on this day, in this way."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_open(problem)
    _check_day(problem, on)
    problem.resolved_on, problem.resolved_by, problem.resolved_how = on, person.name, _checked(how)
    session.add(_entry(problem, person, RESOLVED, problem.resolved_how, on, now))
    details = {"firms": list(hindered), "on": on}
    return _kept(session, person, problem, "resolve_problem", details, now)


def reopen(
    session: Session,
    person: Person,
    problem_id: int,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """A problem that was marked as resolved is not; it is due when it was."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_stands(problem)
    if problem.resolved_on is None:
        raise ProblemNotPossible(Message(N_("This problem is open; there is nothing to reopen.")))
    if on < problem.resolved_on:
        words = N_("The problem was resolved on %(on)s; it cannot be reopened before.")
        raise ProblemNotPossible(Message(words, {"on": f"{problem.resolved_on}"}))
    reason, before = _reason(why), {"done_on": problem.resolved_on, "done_by": problem.resolved_by}
    problem.resolved_on = problem.resolved_by = problem.resolved_how = None
    session.add(_entry(problem, person, REOPENED, reason, on, now))
    details = {"firms": list(hindered), "on": on, "why": reason, "was": before}
    return _kept(session, person, problem, "reopen_problem", details, now)


def withdraw(
    session: Session,
    person: Person,
    problem_id: int,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> Problem:
    """The problem was recorded by mistake; it stays on record and counts no more."""
    audit.check_day(on, now)
    problem, hindered = changing(session, person, problem_id, seen)
    _check_stands(problem)
    _check_day(problem, on)
    reason = _reason(why)
    problem.withdrawn_by, problem.withdrawn_at, problem.withdrawn_why = person.name, audit.utc(now), reason
    session.add(_entry(problem, person, WITHDRAWN, reason, on, now))
    details = {"firms": list(hindered), "on": on, "why": reason}
    return _kept(session, person, problem, "withdraw_problem", details, now)


# --- what every change checks, and leaves -----------------------------------------------------------


def changing(
    session: Session, person: Person, problem_id: int, seen: int | None = None
) -> tuple[Problem, dict[str, ProblemFirm]]:
    """The problem as it stands now with the firms that it hinders, for one who may record visits to all of them; nobody
    else changes it until the transaction ends."""
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    problem = session.get(Problem, problem_id, populate_existing=True)
    none_there = NotFound(Message(N_("There is no problem %(problem)s."), {"problem": problem_id}))
    if problem is None:
        raise none_there
    there = select(ProblemFirm).where(ProblemFirm.problem_id == problem.id, ProblemFirm.left_on.is_(None))
    there = there.order_by(ProblemFirm.id).execution_options(populate_existing=True)
    hindered = {one.firm_id: one for one in session.scalars(there)}
    reached = select(ProblemFirm.id).join(Firm, Firm.id == ProblemFirm.firm_id)
    ever = reached.where(ProblemFirm.problem_id == problem.id, people.visible_firms(person, Action.RECORD_VISITS))
    if session.scalars(ever.limit(1)).first() is None:
        raise none_there
    for firm in hindered:
        people.require(person, Action.RECORD_VISITS, firm, session=session)
    check_seen(session, f"problem:{problem.id}", problem.version, seen)
    return problem, hindered


def raise_to(
    session: Session,
    person: Person,
    problem: Problem,
    hindered: Mapping[str, ProblemFirm],
    level: str,
    names: str,
    on: date,
    *,
    now: datetime,
) -> Problem:
    """The problem climbs to this level; `names`: the officers of its owner. Who asks has worked out that it is due."""
    problem.level = level
    session.add(_entry(problem, person, MOVED_UP, names, on, now, level=level))
    details = {"firms": list(hindered), "level": level, "due_on": problem.due_on, "on": on, "note": names}
    return _kept(session, person, problem, "raise_problem", details, now)


def checked_department(department: str | None) -> str | None:
    """Whose a problem is, as it is kept: a department, or None for the bureau."""
    if department is None or department == BUREAU:
        return None
    if department not in DEPARTMENTS:
        words = N_("There is no department %(department)s. Write one of: %(departments)s.")
        named = ", ".join((BUREAU, *DEPARTMENTS))
        raise ProblemNotPossible(Message(words, {"department": department[:40], "departments": named}))
    return department


def _kept(
    session: Session, person: Person, problem: Problem, action: str, details: Mapping[str, object], now: datetime
) -> Problem:
    session.flush()
    audit.record(session, person, action, f"problem:{problem.id}", details, now)
    return problem


def _entry(
    problem: Problem,
    person: Person,
    kind: str,
    text: str,
    on: date,
    now: datetime,
    *,
    due_on: date | None = None,
    level: str | None = None,
    department: str | None = None,
) -> ProblemEntry:
    return ProblemEntry(
        problem_id=problem.id,
        kind=kind,
        text=text,
        on=on,
        by=person.name,
        at=audit.utc(now),
        due_on=due_on,
        level=level,
        department=department,
    )


def _joined(problem: Problem, firm_id: str, person: Person, on: date, now: datetime) -> ProblemFirm:
    return ProblemFirm(
        problem_id=problem.id, firm_id=firm_id, joined_on=on, joined_by=person.name, joined_at=audit.utc(now)
    )


def _check_not_recorded(session: Session, problem: Problem, firms: Sequence[str]) -> None:
    """A second click, or the same request sent again, stores nothing twice."""
    same = select(Problem.id).where(
        Problem.kind == problem.kind,
        Problem.text == problem.text,
        Problem.department.is_not_distinct_from(problem.department),
        Problem.opened_on == problem.opened_on,
        Problem.due_on == problem.due_on,
        Problem.recorded_by == problem.recorded_by,
        Problem.withdrawn_at.is_(None),
    )
    for number in session.scalars(same):
        there = select(ProblemFirm.firm_id).where(ProblemFirm.problem_id == number, ProblemFirm.left_on.is_(None))
        if set(session.scalars(there)) == set(firms):
            words = N_("You have recorded this very problem already, as no. %(problem)s; nothing was stored again.")
            raise ProblemNotPossible(Message(words, {"problem": number}))


def _check_stands(problem: Problem) -> None:
    if problem.withdrawn_at is not None:
        raise ProblemNotPossible(Message(N_("This was withdrawn; it cannot be changed any more. Record it anew.")))


def _check_open(problem: Problem) -> None:
    _check_stands(problem)
    if problem.resolved_on is not None:
        words = N_("This problem was resolved on %(on)s by %(who)s. Reopen it first.")
        raise ProblemNotPossible(Message(words, {"on": f"{problem.resolved_on}", "who": problem.resolved_by or "?"}))


def _check_day(problem: Problem, on: date) -> None:
    if on < problem.opened_on:
        words = N_("The problem was opened on %(on)s; nothing can have been done about it before.")
        raise ProblemNotPossible(Message(words, {"on": f"{problem.opened_on}"}))


def _checked(text: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > LONGEST_NOTE:
        words = N_("Write 1 to %(longest)s letters; there are %(found)s.")
        raise ProblemNotPossible(Message(words, {"longest": LONGEST_NOTE, "found": len(kept)}))
    return kept


def _reason(why: str) -> str:
    if not why.strip():
        raise ProblemNotPossible(Message(N_("Write the reason in a few words.")))
    return _checked(why)
