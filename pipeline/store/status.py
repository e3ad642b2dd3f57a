"""What is in the database, in one look: counts of what is in force."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.json_values import JsonObject
from pipeline.store.current import champion
from pipeline.store.database import schema_revision
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import Case, Event, Firm, Return, ReturnRow, Score

POOLS = ("seed", "golden")


@dataclass(frozen=True)
class Status:
    """Counts of firms (all, and by cohort), return rows and events in force, scores worked out, pool members, open
    cases; the id of the champion, None before the first promotion; and the revision of the database."""

    firms: int
    cohorts: Mapping[str, int]
    return_rows: int
    events: int
    scores: int
    pools: Mapping[str, int]
    open_cases: int
    champion: str | None
    schema: str | None

    def as_json(self) -> JsonObject:
        return {**vars(self), "cohorts": dict(self.cohorts), "pools": dict(self.pools)}


def status_of(engine: Engine) -> Status:
    """What the database holds now. A firm counts while a return or an event in force speaks of it."""
    with Session(engine) as session:
        stated = select(ReturnRow.firm_id).join(Return).where(Return.in_force)
        heard_of = stated.union(select(Event.firm_id).where(Event.in_force))
        in_force = select(Firm.cohort, func.count()).where(Firm.id.in_(heard_of)).group_by(Firm.cohort)
        cohorts = dict(session.execute(in_force).all())
        in_pools = select(PoolMembership.pool, func.count()).where(PoolMembership.left_on.is_(None))
        pools = dict(session.execute(in_pools.group_by(PoolMembership.pool)).all())
        rows = select(func.count()).select_from(ReturnRow).join(Return).where(Return.in_force)
        return Status(
            firms=sum(cohorts.values()),
            cohorts=dict(sorted(cohorts.items())),
            return_rows=session.scalar(rows) or 0,
            events=session.scalar(select(func.count()).select_from(Event).where(Event.in_force)) or 0,
            scores=session.scalar(select(func.count()).where(Score.worked_out_in.is_(None))) or 0,
            pools={pool: pools.get(pool, 0) for pool in POOLS},
            open_cases=session.scalar(select(func.count()).select_from(Case).where(Case.closed_on.is_(None))) or 0,
            champion=champion(session),
            schema=schema_revision(engine),
        )
