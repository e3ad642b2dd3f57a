"""The firms of a mentor whose points fell, or crossed a line of the pools, since the scores of the day before."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.pools import in_force
from pipeline.pools.model import NoPolicy, Policy
from pipeline.pools.policy import policy_book, policy_book_of
from pipeline.reminders.rows import row
from pipeline.store.current import current_run, run_of_day_before
from pipeline.store.pool_tables import AdoptedPolicy
from pipeline.store.tables import Case, Firm, Score
from pipeline.tutoring.agenda.agenda import FALL_POINTS


@dataclass(frozen=True)
class Compared:
    """The scores in use on a day, those of the day before them, and the lines of the pools in points: to enter, to
    leave."""

    now: int
    as_of: date
    before: int
    enter: tuple[float, ...] = ()
    leave: tuple[float, ...] = ()


def compared(session: Session, on: date) -> Compared | None:
    """Which scores are held against which on a day; None where there are not two."""
    now = current_run(session, between=(date.min, on))
    before = None if now is None else run_of_day_before(session, now)
    if now is None or before is None:
        return None
    policy = _policy(session, on)
    pools = () if policy is None else (policy.seed, policy.golden)
    enter = tuple(line for pool in pools if (line := pool.enter_points) is not None)
    leave = tuple(line for pool in pools if (line := pool.leave_points) is not None)
    return Compared(now.id, now.as_of, before.id, enter, leave)


def moved_points(person: Person, runs: Compared) -> list[Select[Any]]:
    """As rows of notices.py: "fell" and "crossed", by the case, of the day of the scores."""
    old, new = aliased(Score), aliased(Score)
    ways: list[tuple[str, ColumnElement[bool]]] = [("fell", new.points <= old.points - FALL_POINTS)]
    if crossed := _crossed(runs, old.points + 0.0, new.points + 0.0):
        ways.append(("crossed", or_(*crossed)))
    return [
        row(kind, Case.id, runs.as_of, Case.firm_id)
        .join(Firm, Firm.id == Case.firm_id)
        .join(new, and_(new.firm_id == Case.firm_id, new.run_id == runs.now))
        .join(old, and_(old.firm_id == Case.firm_id, old.run_id == runs.before))
        .where(Case.mentor_id == person.id, Case.closed_on.is_(None), moved)
        .where(people.visible_firms(person, Action.SEE_SCORES))
        for kind, moved in ways
    ]


def _crossed(runs: Compared, old: ColumnElement[float], new: ColumnElement[float]) -> list[ColumnElement[bool]]:
    """A line of the pools lies between two scores: one to enter reached, one to leave fallen below. As sums, since an
    index by points would lead through the whole run."""
    reached = [and_(old < line, new >= line) for line in runs.enter]
    return reached + [and_(new < line, old >= line) for line in runs.leave]


def _policy(session: Session, on: date) -> Policy | None:
    adopted = select(AdoptedPolicy.content).where(AdoptedPolicy.begins_on <= on)
    content = session.scalar(adopted.order_by(AdoptedPolicy.id.desc()).limit(1))
    return _read(content, str(in_force.POLICY_FILE), on)


@lru_cache(maxsize=4)
def _read(content: str | None, _file: str, on: date) -> Policy | None:
    """Read once a day: the number in the head of every page asks for it."""
    try:
        book = policy_book(in_force.POLICY_FILE) if content is None else policy_book_of(content, "policy")
        return book.on(on)
    except (NoPolicy, ShownToPeople):
        return None
