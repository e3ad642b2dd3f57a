"""How far the city's firms have come on the way to the market: the counts of the first page, and the firms behind each.

Three groups stand beside each other, each counted the same way at every step: firms in a pool today that stand at the
step or further; all firms of the city that have ever come so far; of these, those that have left since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.store.current import members_on
from pipeline.store.tables import CITY, Firm
from pipeline.tutoring.way import WAY, at_step, way_of_firms

if TYPE_CHECKING:
    import pandas as pd

#: The groups that are counted.
IN_POOL, EVER, LEFT = "pool", "city", "left"
GROUPS = (IN_POOL, EVER, LEFT)


@dataclass(frozen=True)
class WayStep:
    """How many firms of each group are at a step of the way, or further."""

    in_pool: int
    ever: int
    left: int


def way_frame(session: Session, person: people.Person, today: date) -> "pd.DataFrame":
    """`tutoring.way.way_of_firms` for the city's firms that this person may see, and the pool each is in (None:
    none)."""
    visible = and_(people.visible_firms(person), Firm.cohort == CITY)
    way = way_of_firms(session, today, visible)
    pools = dict(session.execute(members_on(today)).all())
    return way.assign(pool=[pools.get(firm) for firm in way.index])


def at_step_of(way: "pd.DataFrame", step: str, group: str) -> "pd.Series":
    """Which firms of a group are at a step of WAY or further."""
    stands, ever = at_step(way["stands"], step), at_step(way["furthest"], step)
    if group == IN_POOL:
        return stands & way["pool"].notna()
    return ever & ~stands if group == LEFT else ever


def way_steps(session: Session, person: people.Person, today: date) -> Mapping[str, WayStep]:
    """The counts of every step."""
    way = way_frame(session, person, today)
    return {step: WayStep(*(int(at_step_of(way, step, group).sum()) for group in GROUPS)) for step in WAY}


def firms_at_step(session: Session, person: people.Person, today: date, step: str, group: str) -> "pd.DataFrame":
    """The firms behind a count: columns of `way_frame`, and name and district_code; the latest first."""
    way = way_frame(session, person, today)
    chosen = way[at_step_of(way, step, group)]
    named = session.execute(select(Firm.id, Firm.name, Firm.district_code).where(people.visible_firms(person))).all()
    names = {firm: (name, district) for firm, name, district in named}
    return chosen.assign(
        name=[names[firm][0] for firm in chosen.index], district_code=[names[firm][1] for firm in chosen.index]
    ).sort_values("since", ascending=False, kind="stable")
