"""What the pages show, read from the database for one person: every query carries that person's firms.

Below the pages, above pipeline. Scores, pools, cases and events are read from their tables, figures from facts.py;
those of the whole city stand in city_figures.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import (
    CITY,
    Case,
    Event,
    Firm,
    Import,
    Model,
    PoolMembership,
    PoolProposal,
    Score,
    ScoreRun,
)

if TYPE_CHECKING:
    import pandas as pd


#: Files of the made-up city carry this word in their name.
MADE_UP_MARK = "演示"
#: The way to the market, as the overview counts it: key, and the event kinds of which one is enough.
WAY = (
    ("share_reform", ("share_reform",)),
    ("tutoring_filed", ("tutoring_filed", "tutoring_accepted")),
    ("filed", ("filed", "inquiry", "listing_committee_passed", "registration_submitted", "registered")),
    ("listed", ("listed",)),
)


# --- who may see which firm ------------------------------------------------------------------------


def admit_to_firm(session: Session, person: people.Person, firm_id: str) -> None:
    """Raise NotAllowed unless this person may see this firm; one that does not exist is refused alike."""
    people.require(person, Action.SEE_FIRMS, firm_id, session=session)


def holds_made_up_firms(session: Session) -> bool:
    """Whether any return in force comes from the made-up city: then every page and export says so."""
    marked = select(Import.id).where(Import.file_name.contains(MADE_UP_MARK), Import.state == "stored").limit(1)
    return session.scalar(marked) is not None


# --- scores ----------------------------------------------------------------------------------------


def latest_run(session: Session, cohort: str = CITY) -> ScoreRun | None:
    """The run whose scores the board shows: the latest day, and of that day the latest made."""
    return session.scalar(
        select(ScoreRun).where(ScoreRun.cohort == cohort).order_by(ScoreRun.as_of.desc(), ScoreRun.id.desc()).limit(1)
    )


def scored_on(session: Session, firm_id: str) -> date | None:
    """The day of the run that a firm's page shows; None where it has no score in it."""
    firm = session.get(Firm, firm_id)
    run = latest_run(session, firm.cohort) if firm is not None else None
    if run is None or session.scalar(select(Score.id).where(Score.run_id == run.id, Score.firm_id == firm_id)) is None:
        return None
    return run.as_of


def predicted_event(session: Session, run: ScoreRun | None) -> str:
    """What the model of a run predicts: listed, tutoring_filed, …"""
    model = session.get(Model, run.model_id) if run is not None else None
    return model.event if model is not None else "listed"


def points_of_all(session: Session, person: people.Person) -> list[float]:
    """The points of every firm this person may see, in no order."""
    run = latest_run(session)
    if run is None:
        return []
    visible = people.visible_firms(person, Action.SEE_SCORES)
    statement = select(Score.points).join(Firm, Firm.id == Score.firm_id).where(Score.run_id == run.id, visible)
    return list(session.scalars(statement))


def visible_ids(session: Session, person: people.Person) -> set[str]:
    """The ids of the city's firms that this person may see."""
    return set(session.scalars(select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person))))


def members_on(day: date) -> Select[str, str]:
    return select(PoolMembership.firm_id, PoolMembership.pool).where(
        PoolMembership.entered_on <= day, or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > day)
    )


def open_cases() -> Select[str, int, str]:
    return select(Case.firm_id, Case.id, Case.stage).where(Case.closed_on.is_(None))


# --- the overview ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overview:
    """Counts of the firms one person may see. `way`: how many reached each step of WAY since ever."""

    firms: int
    scored: int
    pools: Mapping[str, int]
    open_cases: int
    open_proposals: int
    way: Mapping[str, int]
    run: ScoreRun | None
    event: str
    districts: Sequence[tuple[str | None, int, int]] = field(default_factory=list)


def overview(session: Session, person: people.Person, today: date) -> Overview:
    visible = and_(people.visible_firms(person), Firm.cohort == CITY)
    run = latest_run(session)
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
        firms=_count(session, select(Firm.id).where(visible)),
        scored=_count(
            session,
            select(Score.firm_id)
            .join(Firm, Firm.id == Score.firm_id)
            .where(Score.run_id == (run.id if run else -1), visible),
        ),
        pools={row[0]: row[1] for row in pools},
        open_cases=_count(
            session,
            select(Case.id)
            .join(Firm, Firm.id == Case.firm_id)
            .where(Case.closed_on.is_(None), people.visible_firms(person, Action.SEE_CASES)),
        ),
        open_proposals=_count(
            session,
            select(PoolProposal.id)
            .join(Firm, Firm.id == PoolProposal.firm_id)
            .where(PoolProposal.state == "open", people.visible_firms(person, Action.SEE_PROPOSALS)),
        ),
        way={
            key: _count(
                session,
                select(Event.firm_id)
                .join(Firm, Firm.id == Event.firm_id)
                .where(Event.in_force, Event.known_on <= today, Event.kind.in_(kinds), visible)
                .distinct(),
            )
            for key, kinds in WAY
        },
        run=run,
        event=predicted_event(session, run),
        districts=[(row[0], row[1], row[2]) for row in districts],
    )


def _count(session: Session, statement: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


# --- one firm --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirmPage:
    """One firm as its page shows it. `labels`, `facts`: as pipeline.facts gives them; scores None where not visible."""

    firm: Firm
    labels: "pd.DataFrame"
    facts: "pd.DataFrame"
    score: Score | None
    run: ScoreRun | None
    rank: int | None
    scored: int
    pool: PoolMembership | None
    events: Sequence[Event]
    predicts: str = "listed"
    within_months: int | None = None


def firm_page(session: Session, person: people.Person, firm_id: str, today: date) -> FirmPage:
    """Everything of one firm that this person may see. Raises NotAllowed for any other firm."""
    admit_to_firm(session, person, firm_id)
    firm = session.get_one(Firm, firm_id)
    connection = session.connection()
    known, labels = facts.facts_and_firms(connection, today, firm.cohort, [firm_id], list(catalog()))
    run, score, rank, scored = None, None, None, 0
    if session.scalar(select(Firm.id).where(Firm.id == firm_id, people.visible_firms(person, Action.SEE_SCORES))):
        run = latest_run(session, firm.cohort)
    if run is not None:
        score = session.scalar(select(Score).where(Score.run_id == run.id, Score.firm_id == firm_id))
        scored = _count(session, select(Score.id).where(Score.run_id == run.id))
    if score is not None and run is not None:
        rank = 1 + _count(session, select(Score.id).where(Score.run_id == run.id, Score.points > score.points))
    return FirmPage(
        firm=firm,
        labels=labels,
        facts=known,
        score=score,
        run=run,
        rank=rank,
        scored=scored,
        pool=session.scalar(
            select(PoolMembership).where(
                PoolMembership.firm_id == firm_id,
                PoolMembership.entered_on <= today,
                or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > today),
            )
        ),
        events=session.scalars(
            select(Event)
            .where(Event.firm_id == firm_id, Event.in_force, Event.known_on <= today)
            .order_by(Event.occurred_on.desc())
        ).all(),
        predicts=predicted_event(session, run),
        within_months=None
        if run is None
        else session.scalar(select(Model.within_months).where(Model.id == run.model_id)),
    )


# --- pools, and finding a firm -------------------------------------------------------------------------------


def pool_members(session: Session, person: people.Person, today: date) -> list[Row[Any]]:
    """Members today: firm_id, name, district_code, pool, entered_on, points, stage."""
    run = latest_run(session)
    case = open_cases().subquery()
    statement = (
        select(
            Firm.id.label("firm_id"),
            Firm.name,
            Firm.district_code,
            PoolMembership.pool,
            PoolMembership.entered_on,
            Score.points,
            case.c.stage,
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
    return list(session.execute(statement))


def firm_named(session: Session, person: people.Person, words: str, most: int = 20) -> list[tuple[str, str]]:
    """Firms whose name or code holds these words: (firm_id, name), for the search box."""
    pattern = f"%{words.strip()}%"
    statement = (
        select(Firm.id, Firm.name)
        .where(or_(Firm.name.ilike(pattern), Firm.id.ilike(pattern)), Firm.cohort == CITY, people.visible_firms(person))
        .order_by(Firm.name)
        .limit(most)
    )
    return [(row[0], row[1] or row[0]) for row in session.execute(statement)]


def own_firm(person: people.Person) -> str:
    """The firm that an enterprise's account speaks for. Raises NotFound for anybody else."""
    if person.firm_id is None:
        raise NotFound(Message(N_("This account belongs to no firm."), {}))
    return person.firm_id
