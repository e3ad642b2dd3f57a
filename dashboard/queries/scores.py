"""Scores of the current run, and what it predicts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from dashboard.bounded_cache import BoundedCache
from dashboard.queries import counts
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.current import current_run
from pipeline.store.tables import Firm, FirmListRow, Model, Score, ScoreRun
from scoring.scores.points_spread import Spread, spread_of, spread_of_counts

_spreads: BoundedCache[Spread | None] = BoundedCache(8)


def predicted_event(session: Session, run: ScoreRun | None) -> str:
    """What the model of a run predicts: listed, tutoring_filed, …"""
    model = session.get(Model, run.model_id) if run is not None else None
    return model.event if model is not None else "listed"


def scored_on(session: Session, firm_id: str) -> date | None:
    """The day of the run that a firm's page shows; None where the firm has no score in it."""
    firm = session.get(Firm, firm_id)
    run = current_run(session, firm.cohort) if firm is not None else None
    if run is None or session.scalar(select(Score.id).where(Score.run_id == run.id, Score.firm_id == firm_id)) is None:
        return None
    return run.as_of


@dataclass(frozen=True)
class Distribution:
    """How the points of some firms lie: `bins`: lower edge -> how many firms from there on below the next, of the steps
    that have any; `spread`: of the same firms."""

    bins: Mapping[int, int]
    spread: Spread


def distribution_of_points(session: Session, person: people.Person, step: int) -> Distribution | None:
    """The points of every firm this person may see in the current run, in steps of `step` points; None without any."""
    counted = counts.counted(session, person, Action.SEE_SCORES, "scored", "points_from")
    points = {edge: firms for scored, edge, firms in sorted(counted) if scored}
    bins: Counter[int] = Counter()
    for edge, firms in points.items():
        bins[step * (edge // step)] += firms
    of, visible = FirmListRow.points, people.visible_rows(person, Action.SEE_SCORES)

    def points_at(edge: int, place: int) -> float:
        within = select(of).where(visible, of >= edge, of < edge + 1)
        return float(session.scalars(within.order_by(of).offset(place).limit(1)).one() or 0.0)

    spread = spread_of_counts(points, points_at)
    return None if spread is None else Distribution(bins, spread)


def spread_of_run(session: Session, run_id: int) -> Spread | None:
    """The spread of all firms of a run, whoever asks: it names no firm. Scores of a run never change."""

    def worked_out() -> Spread | None:
        return spread_of(session, select(Score.points).where(Score.run_id == run_id))

    return _spreads.get((session.get_bind().engine.url, run_id), worked_out)


def cohorts(session: Session) -> list[str]:
    """The cohorts of which firms are known: the city and the reference cohorts."""
    return list(session.scalars(select(Firm.cohort).distinct().order_by(Firm.cohort)))


def count_of(session: Session, statement: Select[Any]) -> int:
    """How many rows a query has."""
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0
