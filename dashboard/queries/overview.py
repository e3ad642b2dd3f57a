"""Counts of the firms that one person may see, for the first page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.queries import counts
from dashboard.queries.scores import count_of, predicted_event
from dashboard.queries.way import WayStep, way_steps
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.current import current_run
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import Case, Firm, ScoreRun


@dataclass(frozen=True)
class Overview:
    """Counts of the firms one person may see. `way`: of each step of tutoring.counts.way.WAY."""

    firms: int
    scored: int
    pools: Mapping[str, int]
    open_cases: int
    open_proposals: int
    way: Mapping[str, WayStep]
    run: ScoreRun | None
    event: str
    districts: Sequence[tuple[str | None, int, int]] = field(default_factory=list)


def overview(session: Session, person: people.Person) -> Overview:
    """The counts of today."""
    run = current_run(session)
    counted = counts.counted(session, person, Action.SEE_FIRMS, "district_code", "pool", "scored")
    pools: Counter[str] = Counter()
    districts: dict[str | None, tuple[int, int]] = {}
    for district, pool, _is_scored, count in counted:
        firms, members = districts.get(district or None, (0, 0))
        districts[district or None] = (firms + count, members + (count if pool else 0))
        if pool:
            pools[pool] += count
    return Overview(
        firms=sum(count for *_, count in counted),
        scored=sum(count for *_, is_scored, count in counted if is_scored),
        pools=pools,
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
        way=way_steps(session, person),
        run=run,
        event=predicted_event(session, run),
        districts=sorted(((code, *counts) for code, counts in districts.items()), key=lambda one: -one[1]),
    )
