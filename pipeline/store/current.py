"""What is in use now: the champion among the models, and the current run of a cohort."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.tables import CITY, ModelDecision, ScoreRun


def champion(session: Session) -> str | None:
    """The id of the model last promoted or rolled back to; None before the first promotion."""
    return session.scalar(select(ModelDecision.model_id).order_by(ModelDecision.id.desc()).limit(1))


def current_run(
    session: Session,
    cohort: str = CITY,
    *,
    as_of: date | None = None,
    between: tuple[date, date] | None = None,
    model_id: str | None = None,
) -> ScoreRun | None:
    """The scores that are in use of a cohort: of its latest day the run stored last; None without a run.

    `as_of`: of this very day alone; `between`: of the latest day from the first to the second, both counted;
    `model_id`: of this model alone.
    """
    runs = select(ScoreRun).where(ScoreRun.cohort == cohort)
    if as_of is not None:
        runs = runs.where(ScoreRun.as_of == as_of)
    if between is not None:
        runs = runs.where(ScoreRun.as_of.between(*between))
    if model_id is not None:
        runs = runs.where(ScoreRun.model_id == model_id)
    return session.scalar(runs.order_by(ScoreRun.as_of.desc(), ScoreRun.id.desc()).limit(1))
