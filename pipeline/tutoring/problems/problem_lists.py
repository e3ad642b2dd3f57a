"""What is known of problems on a day: which there are, how old, how late, to whom they were raised, whose they are.

A problem is told as it stood at the end of the day in the city: from the entries that were there by then, so that what
was recorded, postponed, handed over or resolved later changes nothing. Texts are for who may read findings; an
enterprise sees of its own problems the kind, whose they are, the due day and whether they are open.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those_numbers
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import Problem, ProblemEntry, ProblemFirm
from pipeline.tutoring.problems.kinds import (
    AGES,
    BUREAU,
    OPEN,
    RESOLVED,
    STATE_AFTER,
    WITHDRAWN,
    WRITTEN,
)
from pipeline.wording.spelling import holds


@dataclass(frozen=True)
class ProblemLine:
    """A problem as it stood on a day, and as this person may read it.

    `firms`: id -> name of those that the person reaches, `others`: how many more it hinders. `age_days` since it was
    opened and `days_late` after its due day (negative before it), both until it was resolved. `department` None: the
    bureau's own; `level` None: raised to nobody yet. Texts and level are None where they are not theirs to read.
    `version`: what a change of it says it saw.
    """

    id: int
    kind: str
    department: str | None
    state: str
    opened_on: date
    due_on: date
    age_days: int
    days_late: int
    firms: Mapping[str, str | None]
    others: int
    level: str | None
    text: str | None
    recorded_by: str | None
    ended_on: date | None
    ended_by: str | None
    ended_how: str | None
    version: int

    @property
    def overdue(self) -> bool:
        return self.state == OPEN and self.days_late > 0


@dataclass(frozen=True)
class FirmOfProblem:
    """A firm that a problem hinders or has hindered."""

    firm_id: str
    firm_name: str | None
    joined_on: date
    left_on: date | None
    left_why: str | None


@dataclass(frozen=True)
class EntrySeen:
    """Something done about a problem; `due_on`, `level`, `department`: what holds after it, where it changed them."""

    id: int
    on: date
    kind: str
    text: str
    by: str
    due_on: date | None
    level: str | None
    department: str | None


@dataclass(frozen=True)
class ProblemSeen:
    """A problem with its firms, those that have left it among them, and what was done about it, the earliest first."""

    line: ProblemLine
    firms: Sequence[FirmOfProblem]
    entries: Sequence[EntrySeen]


@dataclass(frozen=True)
class ProblemCounts:
    """Open problems: of all, overdue, by whose they are (a department, or "bureau"), by their age (kinds.AGES)."""

    open: int
    overdue: int
    by_department: Mapping[str, int]
    by_age: Mapping[str, int]


def problems(
    session: Session,
    person: Person,
    on: date,
    *,
    department: str | None = None,
    kind: str | None = None,
    firm_id: str | None = None,
    age: str | None = None,
    open_only: bool = True,
    overdue_only: bool = False,
) -> list[ProblemLine]:
    """The problems of the firms that this person reaches, as they stood on the day, the longest overdue first.

    `department`: only its own ("bureau": of no department); `age`: one of kinds.AGES; unless `open_only`, resolved and
    withdrawn ones follow the open ones.
    """
    people.require(person, Action.SEE_CASES)
    known = _known(session, person, on, **({} if firm_id is None else {"firm_id": firm_id}))
    wanted = [
        each
        for each in known
        if (each.state == OPEN or not (open_only or overdue_only))
        and (each.days_late > 0 or not overdue_only)
        and department in (None, each.department)
        and kind in (None, each.problem.kind)
        and age in (None, each.age)
    ]
    return _lines(session, person, on, wanted)


def problem_seen(session: Session, person: Person, problem_id: int, on: date) -> ProblemSeen:
    """One problem with everything that was known of it on the day. Raises NotFound where this person reaches none of
    its firms, or it was not known yet."""
    people.require(person, Action.SEE_FINDINGS)
    lines = _lines(session, person, on, _known(session, person, on, problem_id=problem_id))
    if not lines:
        raise NotFound(Message(N_("There is no problem %(problem)s."), {"problem": problem_id}))
    end = audit.end_of(on)
    hindered = (
        select(ProblemFirm, Firm.name)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(
            ProblemFirm.problem_id == problem_id,
            ProblemFirm.joined_at < end,
            people.visible_firms(person, Action.SEE_FINDINGS),
        )
        .order_by(ProblemFirm.id)
    )
    firms = []
    for one, name in session.execute(hindered):
        left = one.left_at is not None and one.left_at < end
        away = (one.left_on, one.left_why) if left else (None, None)
        firms.append(FirmOfProblem(one.firm_id, name, one.joined_on, *away))
    done = select(ProblemEntry).where(ProblemEntry.problem_id == problem_id, ProblemEntry.at < end)
    entries = [
        EntrySeen(one.id, one.on, one.kind, one.text, one.by, one.due_on, one.level, one.department)
        for one in session.scalars(done.order_by(ProblemEntry.id))
    ]
    return ProblemSeen(lines[0], firms, entries)


def problems_saying(session: Session, person: Person, on: date, words: str, most: int) -> list[ProblemLine]:
    """The problems of the firms that this person reaches whose text holds these words, open ones first, of the newest
    so many that there are of it."""
    people.require(person, Action.SEE_FINDINGS)
    opened, _changes = _problems_and_changes(person, on, None)
    there = opened.with_only_columns(Problem.id).where(holds(Problem.text, words)).order_by(None)
    numbers = session.scalars(there.order_by(Problem.id.desc()).limit(most)).all()
    known = [each for number in numbers for each in _known(session, person, on, problem_id=number)]
    return _lines(session, person, on, known)


def counts(session: Session, person: Person, on: date) -> ProblemCounts:
    """How many problems were open on the day, whose they are and how old; what there is none of is not named."""
    people.require(person, Action.SEE_CASES)
    known = [each for each in _known(session, person, on) if each.state == OPEN]
    by_department = Counter(each.department for each in known)
    by_age = Counter(each.age for each in known)
    return ProblemCounts(
        len(known),
        sum(each.days_late > 0 for each in known),
        dict(by_department.most_common()),
        {name: by_age[name] for name in AGES if by_age[name]},
    )


@dataclass(frozen=True)
class _Known:
    """A problem as it stood on a day. `ended`: the entry that resolved or withdrew it, None while it was open."""

    problem: Problem
    state: str
    due_on: date
    level: str | None
    department: str
    ended: ProblemEntry | None
    age_days: int
    days_late: int

    @property
    def age(self) -> str:
        return [name for name, since in AGES.items() if self.age_days >= since][-1]


def _known(session: Session, person: Person, on: date, **about: object) -> list[_Known]:
    """The problems of the firms that this person reaches, as they stood on the day, by their number. `about`: which
    `firm_id` or `problem_id` it is asked of."""
    opened, changes = _problems_and_changes(person, on, next(iter(about), None))
    found = list(session.scalars(opened, about))
    if not found:
        return []
    entries: dict[int, list[ProblemEntry]] = {problem.id: [] for problem in found}
    for entry in session.scalars(changes, about):
        entries[entry.problem_id].append(entry)
    known = [_as_it_stood(problem, entries[problem.id], on) for problem in found]
    if people.may(person, Action.SEE_FINDINGS):
        return known
    return [each for each in known if each.state != WITHDRAWN]


@lru_cache(maxsize=KEPT_STATEMENTS)
def _problems_and_changes(person: Person, on: date, about: str | None) -> tuple[Select[Problem], Select[ProblemEntry]]:
    """The problems of the firms that the person reaches, known by the end of the day, and what had changed them by
    then; of one firm or problem alone where they are given the column `about` of ProblemFirm."""
    end = audit.end_of(on)
    of = [] if about is None else [getattr(ProblemFirm, about) == bindparam(about)]
    seen = (
        select(ProblemFirm.problem_id)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(_hindered_on(end), people.visible_firms(person, Action.SEE_CASES), *of)
    )
    opened = select(Problem).where(Problem.id.in_(seen), Problem.recorded_at < end)
    changes = select(ProblemEntry).where(
        ProblemEntry.problem_id.in_(seen), ProblemEntry.at < end, ProblemEntry.kind.not_in(WRITTEN)
    )
    return opened.order_by(Problem.id), changes.order_by(ProblemEntry.id)


def _as_it_stood(problem: Problem, entries: Sequence[ProblemEntry], on: date) -> _Known:
    """What the entries, the earliest first, have said last of each."""
    due_on, level, department, turn = None, None, None, None
    for entry in entries:
        due_on, level = entry.due_on or due_on, entry.level or level
        department = entry.department or department
        turn = entry if entry.kind in STATE_AFTER else turn
    assert turn is not None  # the entry that opened it is one, and says when it is due and whose it is
    assert due_on is not None
    assert department is not None
    ended = turn if turn.kind in (RESOLVED, WITHDRAWN) else None
    until = on if ended is None else ended.on
    age, late = (until - problem.opened_on).days, (until - due_on).days
    return _Known(problem, STATE_AFTER[turn.kind], due_on, level, department, ended, age, late)


def _hindered_on(end: datetime) -> ColumnElement[bool]:
    """Whether a firm was known to be hindered by a problem at this moment."""
    there = or_(ProblemFirm.left_at.is_(None), ProblemFirm.left_at >= end)
    return (ProblemFirm.joined_at < end) & there


def _lines(session: Session, person: Person, on: date, known: Sequence[_Known]) -> list[ProblemLine]:
    """The problems as lines, the open ones first, the longest overdue before the others."""
    if not known:
        return []
    known = sorted(known, key=lambda each: (each.state != OPEN, -each.days_late, each.problem.id))
    firms, hindered = _firms_of(session, person, on, [each.problem.id for each in known])
    reads = people.may(person, Action.SEE_FINDINGS)

    def line(each: _Known) -> ProblemLine:
        problem, ended, of = each.problem, each.ended, firms.get(each.problem.id, {})
        return ProblemLine(
            id=problem.id,
            kind=problem.kind,
            department=None if each.department == BUREAU else each.department,
            state=each.state,
            opened_on=problem.opened_on,
            due_on=each.due_on,
            age_days=each.age_days,
            days_late=each.days_late,
            firms=of,
            others=hindered.get(problem.id, 0) - len(of) if reads else 0,
            level=each.level if reads else None,
            text=problem.text if reads else None,
            recorded_by=problem.recorded_by if reads else None,
            ended_on=None if ended is None else ended.on,
            ended_by=ended.by if ended is not None and reads else None,
            ended_how=ended.text if ended is not None and reads else None,
            version=problem.version,
        )

    return [line(each) for each in known]


def _firms_of(
    session: Session, person: Person, on: date, numbers: Sequence[int]
) -> tuple[dict[int, dict[str, str | None]], dict[int, int]]:
    """The firms that each of these problems hinders, which this person reaches; and how many it hinders in all."""
    reached, every = _hindered(person, on)
    given = {"problems": list(numbers)}
    firms: dict[int, dict[str, str | None]] = {}
    for number, firm_id, name in session.execute(reached, given):
        firms.setdefault(number, {})[firm_id] = name
    return firms, {row[0]: row[1] for row in session.execute(every, given)}


@lru_cache(maxsize=KEPT_STATEMENTS)
def _hindered(person: Person, on: date) -> tuple[Select[int, str, str | None], Select[int, int]]:
    """Of some problems the firms that they hinder which the person reaches, and how many they hinder in all."""
    these = one_of_those_numbers(ProblemFirm.problem_id, "problems"), _hindered_on(audit.end_of(on))
    reached = (
        select(ProblemFirm.problem_id, Firm.id, Firm.name)
        .join(Firm, Firm.id == ProblemFirm.firm_id)
        .where(*these, people.visible_firms(person, Action.SEE_CASES))
        .order_by(ProblemFirm.id)
    )
    return reached, select(ProblemFirm.problem_id, func.count()).where(*these).group_by(ProblemFirm.problem_id)
