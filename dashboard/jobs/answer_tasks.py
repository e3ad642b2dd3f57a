"""The task behind answers about everybody: work one out and keep it."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from dashboard.jobs.progress import StoringProgress
from dashboard.queries.questions import QUESTIONS, answered
from pipeline.kept_answers.keeping import keep, key_of
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for


def answer(
    settings: Settings,
    folder: Path,
    progress: StoringProgress,
    *,
    question: str,
    days: Mapping[str, str],
    district: str | None,
) -> None:
    """Work out the answer of a district (None: of the city), whoever waits for it, and keep it."""
    progress(0.1, _("Looking at every firm"))
    engine = engine_for(settings.db_url)
    key = key_of(question, days, district)
    with Session(engine) as session:
        found = answered(session, QUESTIONS[question], key)
    progress.begin_storing()
    keep(engine, key, found)
