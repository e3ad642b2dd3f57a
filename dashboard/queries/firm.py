"""One firm as its page shows it, and finding a firm by name or code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dashboard.queries import counts
from dashboard.queries.scores import predicted_event, spread_of_run
from pipeline import facts
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.current import Place, current_run, place_of
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Event, Firm, FirmListRow, Import, Model, Score, ScoreRun
from pipeline.tutoring.stated import of_its_cohort
from scoring.scores.points_spread import Spread
from scoring.scores.stored_scores import StoredReasons, stored_reasons

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FirmPage:
    """One firm as its page shows it. `labels`, `facts`: as pipeline.facts gives them; scores None where not visible.

    `spread`: how all firms of the run stand."""

    firm: Firm
    labels: "pd.DataFrame"
    facts: "pd.DataFrame"
    score: Score | None
    reasons: StoredReasons
    run: ScoreRun | None
    place: Place | None
    pool: PoolMembership | None
    events: Sequence[Event]
    predicts: str = "listed"
    within_months: int | None = None
    model_as_of: date | None = None
    spread: Spread | None = None


def firm_page(session: Session, person: people.Person, firm_id: str, today: date) -> FirmPage:
    """Everything of one firm that this person may see. Raises NotAllowed for any other firm."""
    people.require(person, Action.SEE_FIRMS, firm_id, session=session)
    firm = session.get_one(Firm, firm_id)
    connection = session.connection()
    known, labels = facts.facts_and_firms(connection, today, firm.cohort, [firm_id], list(catalog()))
    run, score, place, reasons = None, None, None, None
    if session.scalar(select(Firm.id).where(Firm.id == firm_id, people.visible_firms(person, Action.SEE_SCORES))):
        run = current_run(session, firm.cohort)
    if run is not None:
        score = session.scalar(select(Score).where(Score.run_id == run.id, Score.firm_id == firm_id))
        place = _place(session, run, firm_id)
        reasons = stored_reasons(session, run, firm_id)
    model = None if run is None else session.get(Model, run.model_id)
    return FirmPage(
        firm=firm,
        labels=labels,
        facts=known,
        score=score,
        reasons=reasons or StoredReasons(),
        run=run,
        place=place,
        pool=session.scalar(
            select(PoolMembership).where(
                PoolMembership.firm_id == firm_id,
                PoolMembership.entered_on <= today,
                or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > today),
            )
        ),
        events=session.scalars(
            select(Event)
            .join(Firm, Firm.id == Event.firm_id)
            .outerjoin(Import, Import.id == Event.import_id)
            .where(Event.firm_id == firm_id, Event.in_force, Event.known_on <= today, of_its_cohort())
            .order_by(Event.occurred_on.desc())
        ).all(),
        predicts=predicted_event(session, run),
        within_months=None if model is None else model.within_months,
        model_as_of=None if model is None else model.as_of,
        spread=None if run is None else spread_of_run(session, run.id),
    )


def _place(session: Session, run: ScoreRun, firm_id: str) -> Place | None:
    """The firm's place in its cohort's current run: of the city as the stored list has it."""
    if run.cohort != CITY:
        return place_of(session, run.id, firm_id)
    of = FirmListRow
    own = select(of.rank, of.district_rank, of.district_code).where(of.firm_id == firm_id, of.rank.is_not(None))
    row = session.execute(own).one_or_none()
    if row is None:
        return None
    in_district = None if row.district_rank is None else counts.scored_firms(session, row.district_code)
    return Place(row.rank, counts.scored_firms(session), row.district_rank, in_district)


def visible_ids(session: Session, person: people.Person) -> set[str]:
    """The ids of the city's firms that this person may see."""
    return set(session.scalars(select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person))))


def search_firms(session: Session, person: people.Person, words: str, most: int = 20) -> list[tuple[str, str]]:
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
