"""Problems that are overdue climb: first the owner's officers are reminded, then it is the county's, then the city's.

From how many days after the due day, a dated rule of data/tutoring.yaml says. A problem never climbs down by itself;
what was postponed climbs on from its new due day. Each climb names the officers who are answerable at the owner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import Label
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Account, Case
from pipeline.store.tutoring_tables import Problem
from pipeline.store.write_lock import lock_writes
from pipeline.strict_yaml import parse_strictly
from pipeline.tutoring.gates import TERMS_FILE
from pipeline.tutoring.problems.problem_lists import ProblemLine, problems
from pipeline.tutoring.problems.problems import changing, raise_to

#: To whom a problem is raised, one after the other.
LEVELS = ("owner", "county", "city")
LEVEL_NAMES: Mapping[str, Label] = {
    "owner": Label("承办单位", "owner department"),
    "county": Label("县（市、区）", "county"),
    "city": Label("市", "city"),
}


@dataclass(frozen=True)
class Climb:
    """From so many days after the due day a problem is raised to a level; holds from a day on."""

    from_day: date
    days: int
    source: str
    confidence: str


Rule = Mapping[str, Sequence[Climb]]


@cache
def rule(path: Path = TERMS_FILE) -> dict[str, tuple[Climb, ...]]:
    """The dated rule, level by level. Raises ValueError for a value that is no number of days, or where on some day a
    problem would reach a level before the one below it."""
    content = parse_strictly(path.read_text(encoding="utf-8"))["escalation"]
    found: dict[str, tuple[Climb, ...]] = {}
    for level in LEVELS:
        dated = sorted(content[level]["values"].items())
        for day, value in dated:
            if type(day) is not date or type(value["value"]) is not int or value["value"] < 0:
                raise ValueError(f"{path.name}, {level}: a day with whole days, 0 or more; found {day}: {value}")
        found[level] = tuple(Climb(day, one["value"], one["source"], one["confidence"]) for day, one in dated)
    for day in {climb.from_day for climbs in found.values() for climb in climbs}:
        days = [days_on(level, day, found) for level in LEVELS]
        known = [one for one in days if one is not None]
        if known != sorted(known):
            raise ValueError(f"{path.name}, escalation of {day}: {dict(zip(LEVELS, days, strict=True))} do not rise")
    return found


def days_on(level: str, on: date, of: Rule | None = None) -> int | None:
    """After how many days a problem is raised to the level, by the rule of this day; None before the first."""
    dated = (rule() if of is None else of)[level]
    return next((climb.days for climb in reversed(dated) if climb.from_day <= on), None)


def level_on(due_on: date, on: date, of: Rule | None = None) -> str | None:
    """To whom a problem that was due on a day is to be raised by the rule of `on`; None: to nobody yet."""
    late = (on - due_on).days
    reached = [level for level in LEVELS if (days := days_on(level, on, of)) is not None and late >= days]
    return reached[-1] if reached else None


def above(level: str | None, other: str | None) -> bool:
    """Whether a level is higher than another; None is the lowest."""
    return _height(level) > _height(other)


def problems_to_raise(session: Session, person: Person, on: date) -> list[tuple[ProblemLine, str]]:
    """The open problems that stand lower than the rule asks for, as known on the day, and where each climbs to."""
    people.require(person, Action.SEE_FINDINGS)
    found = []
    for line in problems(session, person, on):
        level = level_on(line.due_on, on)
        if level is not None and above(level, line.level):
            found.append((line, level))
    return found


def raise_overdue(session: Session, person: Person, on: date, now: datetime) -> list[tuple[Problem, str]]:
    """Raise every problem that is overdue for so long, as it stands now; what is raised already stays as it is.

    A problem that also hinders firms beyond this person's reach is left for somebody who reaches all of them.
    """
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    raised = []
    for line, _level in problems_to_raise(session, person, on):
        if line.others:
            continue
        problem, hindered = changing(session, person, line.id)
        level = level_on(problem.due_on, on)
        ended = problem.resolved_on is not None or problem.withdrawn_at is not None
        if ended or level is None or not above(level, problem.level):
            continue
        names = "、".join(officers_of(session, problem.department, list(hindered)))
        raised.append((raise_to(session, person, problem, hindered, level, names, on, now=now), level))
    return raised


def officers_of(session: Session, department: str | None, firm_ids: Sequence[str]) -> list[str]:
    """Who is named for a problem: the accounts of its department; of the bureau, who looks after the firms' cases."""
    if department is not None:
        statement = select(Account.name).where(Account.department == department)
    else:
        statement = (
            select(Account.name)
            .join(Case, Case.mentor_id == Account.id)
            .where(one_of(Case.firm_id, firm_ids), Case.closed_on.is_(None))
        )
    return list(session.scalars(statement.where(Account.disabled.is_(False)).distinct().order_by(Account.name)))


def _height(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else -1
