"""The points that firms would have had on a day of the past, from a model that knew nothing later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.language import N_, Message
from pipeline.pools.reviews import points_of
from pipeline.store.tables import CITY, Model, ScoreRun
from pipeline.tutoring.stages import EVENTS
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.errors import CannotTrain
from scoring.features.listing_lines import lines_on
from scoring.training.fitting import fitted

#: Horizons of the outcome that a model of a past day is tried with, the longest that its past carries first.
_HORIZONS = (24, 12)


@dataclass(frozen=True)
class PastPoints:
    """`points`: by firm_id (None: no model could be trained; `how` says why), `how`: where they come from."""

    day: date
    points: pd.Series | None
    how: Message


def past_points(engine: Engine, days: Sequence[date], event: str, seed: int = 0) -> list[PastPoints]:
    """The points of every day: of a stored run of that day whose model was trained as of that day or before, else of a
    model fitted on what was known then."""
    found: list[PastPoints] = []
    snapshots = Snapshots(engine, [CITY])
    for day in days:
        found.append(_stored(engine, day) or _fitted(snapshots, day, event, seed))
    return found


def _stored(engine: Engine, day: date) -> PastPoints | None:
    with Session(engine) as session:
        statement = (
            select(ScoreRun)
            .join(Model, Model.id == ScoreRun.model_id)
            .where(ScoreRun.cohort == CITY, ScoreRun.as_of == day, Model.as_of <= day)
            .order_by(ScoreRun.id.desc())
            .limit(1)
        )
        run = session.scalar(statement)
        if run is None:
            return None
        how = Message(N_("the stored scores of %(model)s"), {"model": run.model_id})
        return PastPoints(day, points_of(session, run.id), how)


def _fitted(snapshots: Snapshots, day: date, event: str, seed: int) -> PastPoints:
    why: Message = Message(N_("no model could be trained on what was known then"))
    for months in _HORIZONS:
        panels = Panels(snapshots, event, months, lines_on(day))
        try:
            training = panels.training(day)
            if training.label.sum() == 0:
                continue
            model = fitted(panels, training, day, seed)
        except CannotTrain:
            continue
        features = panels.eligible(day)
        if features.empty:
            continue
        points = model.score(features[model.features]).points
        how = N_("a model trained on what was known then (%(event)s within %(months)s months)")
        return PastPoints(day, points.sort_index(), Message(how, {"event": EVENTS[event], "months": months}))
    return PastPoints(day, None, why)
