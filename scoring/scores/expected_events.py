"""The expected number of events within the horizon: the one figure that sets the level of the probabilities.

Points do not change with it: they and their ranks stay as stored, and each probability follows from the firm's points
and this figure alone, so any earlier level can be computed again from the audit log.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.current import current_run
from pipeline.store.tables import CITY, Firm, Model, Score, ScoreRun
from pipeline.store.write_lock import lock_writes
from scoring.engine import calibration as scale
from scoring.registry.registry import load
from scoring.scores.day_model import with_ranks_of
from scoring.scores.score_cohort import SET_EXPECTED, last_set


class ImpossibleExpectation(ShownToPeople):
    """A number of events that these firms cannot have, or one without its reason."""


@dataclass(frozen=True)
class Level:
    """What the probabilities of a stored run rest on.

    expected: events among `firms` within `within_months` of `as_of`; usual: the default unless a person sets it (the
    mean of the last two known rates; None where the model's folder is gone); set_by, set_at, why: the last person who
    set it, None without one.
    """

    run: int
    model: str
    cohort: str
    as_of: date
    event: str
    within_months: int
    firms: int
    expected: float
    usual: float | None
    set_by: str | None = None
    set_at: datetime | None = None
    why: str | None = None


def level_of(engine: Engine, models_dir: Path, cohort: str = CITY) -> Level | None:
    """The level of the run that the dashboard shows of a cohort; None without a run."""
    with Session(engine) as session:
        run = current_run(session, cohort)
        if run is None:
            return None
        model = session.get_one(Model, run.model_id)
        points, chances = _points_and_chances(session, run.id)
        last = last_set(session, run)
        return Level(
            run=run.id,
            model=run.model_id,
            cohort=cohort,
            as_of=run.as_of,
            event=model.event,
            within_months=model.within_months,
            firms=len(points),
            expected=float(chances.sum()) if run.expected_events is None else run.expected_events,
            usual=_usual(engine, models_dir, run, points),
            set_by=last.person if last else None,
            set_at=last.at if last else None,
            why=str(last.details.get("why")) if last else None,
        )


def set_expected(engine: Engine, run_id: int, events: float, *, why: str, by: Person, now: datetime) -> float:
    """Let the probabilities of a stored run add up to `events`; points and ranks stay. Returns what it was before.

    Leaves an entry in the audit log with the figure before and after. Raises NotAllowed for one who may not score,
    NotFound for a run that is gone, ImpossibleExpectation for a number outside what the firms of the run can have,
    or without a reason.
    """
    with Session(engine) as session, session.begin():
        people.require(by, Action.SCORE)
        lock_writes(session)
        run = session.get(ScoreRun, run_id)
        if run is None:
            raise NotFound(Message(N_("These scores are not there any more. Look again."), {}))
        if not session.scalar(
            select(Firm.id).where(Firm.cohort == run.cohort, people.visible_firms(by, Action.SCORE)).limit(1)
        ):
            raise NotAllowed(
                Message(
                    N_("The firms of %(cohort)s are not %(name)s's to score."), {"cohort": run.cohort, "name": by.name}
                )
            )
        ids = list(session.scalars(select(Score.id).where(Score.run_id == run_id).order_by(Score.id)))
        points, chances = _points_and_chances(session, run_id)
        if not 0 < events < len(points):  # also where it is not a number
            raise ImpossibleExpectation(
                Message(
                    N_("%(count)s events among %(firms)s firms cannot be. Write a number above 0 and below %(firms)s."),
                    {"count": f"{events:g}", "firms": len(points)},
                )
            )
        if not why.strip():
            raise ImpossibleExpectation(
                Message(
                    N_("Not changed: write what the number rests on, in a sentence that still tells in three years.")
                )
            )
        before = float(chances.sum()) if run.expected_events is None else run.expected_events
        probabilities = chances_at(points, events)
        session.execute(
            update(Score),
            [
                {"id": score_id, "probability": chance}
                for score_id, chance in zip(ids, probabilities.tolist(), strict=True)
            ],
        )
        run.expected_events = float(events)
        details = {
            "before": before,
            "after": float(events),
            "why": why.strip(),
            "model": run.model_id,
            "cohort": run.cohort,
            "as_of": run.as_of,
        }
        audit.record(session, by, SET_EXPECTED, f"score_run:{run_id}", details, now)
        return before


def chances_at(points: np.ndarray, events: float) -> np.ndarray:
    """The probability of each firm such that they add up to `events` (between 0 and the number of firms).

    Points are log-odds on another scale (5 points double the odds), so the firms' odds keep their ratios.
    """
    log_odds = scale.above_average(points)
    return scale.sigmoid(log_odds + scale.offset_to(log_odds, events / len(points)))


def _usual(engine: Engine, models_dir: Path, run: ScoreRun, points: np.ndarray) -> float | None:
    """The default expected number, from the base rate that is stored with the ranks of the run."""
    try:
        model = with_ranks_of(engine, models_dir, load(engine, models_dir, run.model_id), run.reference)
    except (NotFound, FileNotFoundError):
        return None
    log_odds = scale.above_average(points) + model.calibration.average
    return float(scale.sigmoid(log_odds + model.intercept_offset).sum())


def _points_and_chances(session: Session, run_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and probabilities of a run's firms, in the order of their ids."""
    rows = session.execute(select(Score.points, Score.probability).where(Score.run_id == run_id).order_by(Score.id))
    table = np.array([tuple(row) for row in rows], dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1]
