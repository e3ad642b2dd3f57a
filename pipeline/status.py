"""What is in the database, in one look: counts of what is in force."""

from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.store.current import champion
from pipeline.store.database import schema_revision
from pipeline.store.tables import Case, Event, Firm, PoolMembership, Return, ReturnRow, Score

POOLS = ("seed", "golden")


def status_of(engine: Engine) -> dict[str, Any]:
    """Counts of firms (whole and by cohort), return rows and events in force, scores, pool members, open cases.

    A firm counts while a return or an event in force speaks of it.

    `champion` is the id of the model last promoted, or None; `schema` the revision of the database.
    """
    with Session(engine) as session:
        stated = select(ReturnRow.firm_id).join(Return).where(Return.in_force)
        heard_of = stated.union(select(Event.firm_id).where(Event.in_force))
        in_force = select(Firm.cohort, func.count()).where(Firm.id.in_(heard_of)).group_by(Firm.cohort)
        cohorts = dict(session.execute(in_force).all())
        in_pools = select(PoolMembership.pool, func.count()).where(PoolMembership.left_on.is_(None))
        pools = dict(session.execute(in_pools.group_by(PoolMembership.pool)).all())
        rows = select(func.count()).select_from(ReturnRow).join(Return).where(Return.in_force)
        return {
            "firms": sum(cohorts.values()),
            "cohorts": dict(sorted(cohorts.items())),
            "return_rows": session.scalar(rows),
            "events": session.scalar(select(func.count()).select_from(Event).where(Event.in_force)),
            "scores": session.scalar(select(func.count()).select_from(Score)),
            "pools": {pool: pools.get(pool, 0) for pool in POOLS},
            "open_cases": session.scalar(select(func.count()).select_from(Case).where(Case.closed_on.is_(None))),
            "champion": champion(session),
            "schema": schema_revision(engine),
        }
