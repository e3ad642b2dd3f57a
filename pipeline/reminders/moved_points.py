"""The firms of a mentor whose points fell, or crossed a line of the pools, since the scores of the day before."""

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


def moved_points(session: Session, person: Person, on: date) -> list[Select[Any]]:
    """As rows of notices.py: "fell" and "crossed", by the case, of the day of the scores in use on a day."""
    if not people.may(person, Action.SEE_FINDINGS):
        return []
    now = current_run(session, between=(date.min, on))
    before = None if now is None else run_of_day_before(session, now)
    if now is None or before is None:
        return []
    old, new = aliased(Score), aliased(Score)
    fell = new.points <= old.points - FALL_POINTS
    ways = [("fell", fell)]
    if (crossed := _crosses(_policy(session, on), old.points, new.points)) is not None:
        ways.append(("crossed", crossed))
    return [
        row(kind, Case.id, now.as_of, Case.firm_id)
        .join(Firm, Firm.id == Case.firm_id)
        .join(new, and_(new.firm_id == Case.firm_id, new.run_id == now.id))
        .join(old, and_(old.firm_id == Case.firm_id, old.run_id == before.id))
        .where(Case.mentor_id == person.id, Case.closed_on.is_(None), moved)
        .where(people.visible_firms(person, Action.SEE_SCORES))
        for kind, moved in ways
    ]


def _crosses(policy: Policy | None, old: Any, new: Any) -> ColumnElement[bool] | None:
    """Whether a line of the pools lies between two scores: one to enter reached, one to leave fallen below."""
    if policy is None:
        return None
    up = [line for pool in (policy.seed, policy.golden) if (line := pool.enter_points) is not None]
    down = [line for pool in (policy.seed, policy.golden) if (line := pool.leave_points) is not None]
    crossed = [and_(old < line, line <= new) for line in up] + [and_(new < line, line <= old) for line in down]
    return or_(*crossed) if crossed else None


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
