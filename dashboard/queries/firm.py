"""One firm as its page shows it, and finding a firm by name or code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, Select, bindparam, or_, select
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
from pipeline.store.many_ids import KEPT_STATEMENTS
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Event, Firm, FirmListRow, Import, Model, Score, ScoreRun
from pipeline.tutoring.stated import of_its_cohort
from scoring.scores.points_spread import Spread
from scoring.scores.stored_scores import StoredReasons, stored_reasons_of_each

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


_THESE: BindParameter[Sequence[str]] = bindparam("firms", expanding=True)
_FIRMS = select(Firm).where(Firm.id.in_(_THESE))
_MEMBERS = select(PoolMembership).where(
    PoolMembership.firm_id.in_(_THESE),
    PoolMembership.entered_on <= bindparam("today"),
    or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > bindparam("today")),
)
_EVENTS = (
    select(Event)
    .join(Firm, Firm.id == Event.firm_id)
    .outerjoin(Import, Import.id == Event.import_id)
    .where(Event.firm_id.in_(_THESE), Event.in_force, Event.known_on <= bindparam("today"), of_its_cohort())
    .order_by(Event.occurred_on.desc())
)
_SCORES = select(Score).where(Score.run_id == bindparam("run"), Score.firm_id.in_(_THESE))


@lru_cache(maxsize=KEPT_STATEMENTS)
def _scores_seen(person: people.Person) -> Select[str]:
    """Those of some firms whose scores the person may see."""
    return select(Firm.id).where(Firm.id.in_(_THESE), people.visible_firms(person, Action.SEE_SCORES))


def firm_page(session: Session, person: people.Person, firm_id: str, today: date) -> FirmPage:
    """Everything of one firm that this person may see. Raises NotAllowed for any other firm."""
    return firm_pages(session, person, [firm_id], today)[firm_id]


def firm_pages(
    session: Session,
    person: people.Person,
    firm_ids: Sequence[str],
    today: date,
    names: Sequence[str] | None = None,
) -> dict[str, FirmPage]:
    """`firm_page` of each of a few firms, read together; `names`: the facts that are asked for, None: all."""
    if len(firm_ids) == 1:
        people.require(person, Action.SEE_FIRMS, firm_ids[0], session=session)
    else:
        people.require_each(session, person, Action.SEE_FIRMS, firm_ids)
    asked: dict[str, object] = {"firms": list(firm_ids)}
    firms = {firm.id: firm for firm in session.scalars(_FIRMS, asked)}
    scored = set(session.scalars(_scores_seen(person), asked))
    pools = {membership.firm_id: membership for membership in session.scalars(_MEMBERS, asked | {"today": today})}
    events: dict[str, list[Event]] = {firm_id: [] for firm_id in firm_ids}
    for event in session.scalars(_EVENTS, asked | {"today": today}):
        events[event.firm_id].append(event)
    pages: dict[str, FirmPage] = {}
    for cohort in {firm.cohort for firm in firms.values()}:
        of_cohort = [firm_id for firm_id in firm_ids if firms[firm_id].cohort == cohort]
        wanted = list(catalog()) if names is None else names
        known, labels = facts.facts_and_firms(session.connection(), today, cohort, of_cohort, wanted)
        run = current_run(session, cohort) if scored.intersection(of_cohort) else None
        scores: dict[str, Score] = {}
        reasons: dict[str, StoredReasons] = {}
        if run is not None:
            theirs = session.scalars(_SCORES, {"run": run.id, "firms": list(scored)})
            scores = {score.firm_id: score for score in theirs}
            reasons = stored_reasons_of_each(session, run, list(scores))
        model = None if run is None else session.get(Model, run.model_id)
        places = {} if run is None else _places(session, run, of_cohort)
        for firm_id in of_cohort:
            of_firm = run if firm_id in scored else None
            pages[firm_id] = FirmPage(
                firm=firms[firm_id],
                labels=_rows_of(labels, firm_id),
                facts=_rows_of(known, firm_id),
                score=scores.get(firm_id),
                reasons=reasons.get(firm_id, StoredReasons()),
                run=of_firm,
                place=None if of_firm is None else places.get(firm_id),
                pool=pools.get(firm_id),
                events=events[firm_id],
                predicts=predicted_event(session, of_firm),
                within_months=None if model is None or of_firm is None else model.within_months,
                model_as_of=None if model is None or of_firm is None else model.as_of,
                spread=None if of_firm is None else spread_of_run(session, of_firm.id),
            )
    return {firm_id: pages[firm_id] for firm_id in firm_ids}


def _rows_of(table: "pd.DataFrame", firm_id: str) -> "pd.DataFrame":
    """The rows of a firm of a table sorted by firm: a slice, not a copy."""
    ids = table.index.get_level_values("firm_id").to_numpy()
    return table.iloc[ids.searchsorted(firm_id) : ids.searchsorted(firm_id, side="right")]


def _places(session: Session, run: ScoreRun, firm_ids: Sequence[str]) -> dict[str, Place | None]:
    """The places of firms in their cohort's current run: of the city as the stored list has it."""
    if run.cohort != CITY:
        return {firm_id: place_of(session, run.id, firm_id) for firm_id in firm_ids}
    ranked = session.execute(_RANKS, {"firms": list(firm_ids)}).all()
    scored = counts.scored_firms(session) if ranked else {}
    return {
        row.firm_id: Place(
            row.rank,
            sum(scored.values()),
            row.district_rank,
            None if row.district_rank is None else scored.get(row.district_code, 0),
        )
        for row in ranked
    }


_RANKS = select(FirmListRow.firm_id, FirmListRow.rank, FirmListRow.district_rank, FirmListRow.district_code).where(
    FirmListRow.firm_id.in_(_THESE), FirmListRow.rank.is_not(None)
)


def visible_ids(session: Session, person: people.Person) -> set[str]:
    """The ids of the city's firms that this person may see."""
    return set(session.scalars(select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person))))


def search_firms(
    session: Session, person: people.Person, words: str, most: int = 20, action: Action = Action.SEE_FIRMS
) -> list[tuple[str, str]]:
    """Firms whose name or code holds these words: (firm_id, name), for a field in which one of them is chosen.
    `action`: of the firms that this reaches."""
    part = words.strip()
    statement = (
        select(Firm.id, Firm.name)
        .where(Firm.cohort == CITY, people.visible_firms(person, action))
        .order_by(Firm.name)
        .limit(most)
    )
    if part:  # every firm holds no words, which is not to be looked for in each
        named = or_(Firm.name.icontains(part, autoescape=True), Firm.id.icontains(part, autoescape=True))
        statement = statement.where(named)
    return [(row[0], row[1] or row[0]) for row in session.execute(statement)]


def own_firm(person: people.Person) -> str:
    """The firm that an enterprise's account speaks for. Raises NotFound for anybody else."""
    if person.firm_id is None:
        raise NotFound(Message(N_("This account belongs to no firm."), {}))
    return person.firm_id
