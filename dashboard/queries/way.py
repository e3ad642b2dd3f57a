"""How far the city's firms have come on the way to the market: the counts of the first page, and the firms behind each.

Three groups stand beside each other, each counted the same way at every step: firms in a pool today that stand at the
step or further; all firms of the city that have ever come so far; of these, those that have left since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from dashboard.queries import counts
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.tables import FirmListRow
from pipeline.tutoring.counts.way import WAY, stages_from

#: The groups that are counted.
IN_POOL, EVER, LEFT = "pool", "city", "left"
GROUPS = (IN_POOL, EVER, LEFT)


@dataclass(frozen=True)
class WayStep:
    """How many firms of each group are at a step of the way, or further."""

    in_pool: int
    ever: int
    left: int


@dataclass(frozen=True)
class FirmOnTheWay:
    """A firm behind a count: the furthest stage it reached and since when; `left_by`, `left_on`: kind and day of its
    last way out, None where it stands where it has come to; `pool`: today's."""

    firm_id: str
    name: str | None
    district_code: str | None
    pool: str | None
    furthest: str | None
    since: date | None
    left_by: str | None
    left_on: date | None


def way_steps(session: Session, person: people.Person) -> Mapping[str, WayStep]:
    """The counts of every step, of the firms that this person may see."""
    counted = counts.counted(session, person, Action.SEE_FIRMS, "furthest", "stands", "pool")
    steps = {}
    for step in WAY:
        reached = frozenset(stages_from(step))
        ever = sum(count for furthest, _stands, _pool, count in counted if furthest in reached)
        stand = sum(count for _furthest, stands, _pool, count in counted if stands in reached)
        pool = sum(count for _furthest, stands, pool, count in counted if stands in reached and pool)
        steps[step] = WayStep(in_pool=pool, ever=ever, left=ever - stand)
    return steps


def firms_at_step(session: Session, person: people.Person, step: str, group: str) -> Sequence[FirmOnTheWay]:
    """The firms behind a count, the latest first."""
    of, reached = FirmListRow, stages_from(step)
    which = {
        IN_POOL: and_(of.stands.in_(reached), of.pool.is_not(None)),
        EVER: of.furthest.in_(reached),
        LEFT: and_(of.furthest.in_(reached), of.stands.not_in(reached)),
    }[group]
    shown = (of.firm_id, of.name, of.district_code, of.pool, of.furthest, of.furthest_on, of.left_by, of.left_on)
    statement = select(*shown).where(people.visible_rows(person), which)
    statement = statement.order_by(of.furthest_on.desc(), of.firm_id)
    return [FirmOnTheWay(*row) for row in session.execute(statement)]
