"""Members of the pools and their tutoring cases, and the papers that can be printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.pool_history import published
from pipeline.pool_history.published import ReviewPapers
from pipeline.store.current import current_run, open_cases
from pipeline.store.many_ids import one_of
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import Firm, FirmListRow, Score


@dataclass(frozen=True)
class Member:
    """One firm in a pool today. `points` None: no score; `stage` None: no open case."""

    firm_id: str
    name: str | None
    district_code: str | None
    pool: str
    entered_on: date
    points: float | None
    stage: str | None
    valid_until: date | None


def pool_members(session: Session, person: people.Person, today: date) -> Sequence[Member]:
    """The members today that this person may see, by pool and the highest points first."""
    run = current_run(session)
    case = open_cases().subquery()
    statement = (
        select(
            Firm.id,
            Firm.name,
            Firm.district_code,
            PoolMembership.pool,
            PoolMembership.entered_on,
            Score.points,
            case.c.stage,
            PoolMembership.valid_until,
        )
        .join(Firm, Firm.id == PoolMembership.firm_id)
        .outerjoin(Score, and_(Score.firm_id == Firm.id, Score.run_id == (run.id if run else -1)))
        .outerjoin(case, case.c.firm_id == Firm.id)
        .where(
            PoolMembership.entered_on <= today,
            or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > today),
            people.visible_firms(person, Action.SEE_POOLS),
        )
        .order_by(PoolMembership.pool, Score.points.desc())
    )
    return [Member(*row) for row in session.execute(statement)]


def papers(session: Session, person: people.Person) -> list[ReviewPapers]:
    """The latest reviews with the papers that there are of each; none for one who may not export."""
    return published.papers_of(session, person) if people.may(person, Action.EXPORT) else []


def listed_rows(session: Session, firm_ids: Sequence[str]) -> Mapping[str, FirmListRow]:
    """How these firms stand today; whoever asks may see them."""
    rows = session.scalars(select(FirmListRow).where(one_of(FirmListRow.firm_id, firm_ids)))
    return {row.firm_id: row for row in rows}
