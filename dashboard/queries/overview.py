"""Counts of the firms that one person may see, for the first page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from dashboard.queries.scores import count_of, predicted_event
from dashboard.queries.way import WayStep, way_steps
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.current import current_run, members_on
from pipeline.store.tables import CITY, Case, Firm, PoolProposal, Score, ScoreRun


@dataclass(frozen=True)
class Overview:
    """Counts of the firms one person may see. `way`: of each step of tutoring.way.WAY."""

    firms: int
    scored: int
    pools: Mapping[str, int]
    open_cases: int
    open_proposals: int
    way: Mapping[str, WayStep]
    run: ScoreRun | None
    event: str
    districts: Sequence[tuple[str | None, int, int]] = field(default_factory=list)


def overview(session: Session, person: people.Person, today: date) -> Overview:
    """The counts of today."""
    visible = and_(people.visible_firms(person), Firm.cohort == CITY)
    run = current_run(session)
    pool = members_on(today).subquery()
    pools = session.execute(
        select(pool.c.pool, func.count()).join(Firm, Firm.id == pool.c.firm_id).where(visible).group_by(pool.c.pool)
    )
    districts = session.execute(
        select(Firm.district_code, func.count(), func.count(pool.c.firm_id))
        .outerjoin(pool, pool.c.firm_id == Firm.id)
        .where(visible)
        .group_by(Firm.district_code)
        .order_by(func.count().desc())
    )
    return Overview(
        firms=count_of(session, select(Firm.id).where(visible)),
        scored=count_of(
            session,
            select(Score.firm_id)
            .join(Firm, Firm.id == Score.firm_id)
            .where(Score.run_id == (run.id if run else -1), visible),
        ),
        pools={row[0]: row[1] for row in pools},
        open_cases=count_of(
            session,
            select(Case.id)
            .join(Firm, Firm.id == Case.firm_id)
            .where(Case.closed_on.is_(None), people.visible_firms(person, Action.SEE_CASES)),
        ),
        open_proposals=count_of(
            session,
            select(PoolProposal.id)
            .join(Firm, Firm.id == PoolProposal.firm_id)
            .where(PoolProposal.state == "open", people.visible_firms(person, Action.SEE_PROPOSALS)),
        ),
        way=way_steps(session, person, today),
        run=run,
        event=predicted_event(session, run),
        districts=[(row[0], row[1], row[2]) for row in districts],
    )
