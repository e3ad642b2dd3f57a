"""The model registry: every model, the champion, and the history of promotions.

A promotion needs a written reason and a second person; a rollback is a promotion of an earlier model and is recorded
like any other.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store import current
from pipeline.store.tables import Model, ModelDecision
from pipeline.store.write_lock import lock_writes
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.calibration import Calibration
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import NoSuchModel
from scoring.features.listing_lines import DAY_OF_MODELS_WITHOUT_LINES, ListingLines, lines_on

#: The small files of a model's folder, which its page shows.
_SMALL_FILES = ("about", "features", "calibration", "measures")
_NAME = re.compile(r"[\w.\-]{1,60}")


def good_name(name: str) -> bool:
    """Whether a model may have this name, which is also the name of its folder."""
    return bool(_NAME.fullmatch(name)) and not name.startswith(".")


class NotPromoted(ShownToPeople):
    """A promotion that lacks its reason or its second person."""


@dataclass(frozen=True)
class StoredModel:
    """A model with its entry in the registry."""

    id: str
    as_of: date
    cohorts: list[str]
    event: str
    within_months: int
    model: ReadinessModel

    @property
    def lines(self) -> ListingLines:
        """The listing lines that its features measure against: those it was trained with."""
        return _lines_in(self.model.about)

    def panels(self, snapshots: Snapshots) -> Panels:
        """The panels of its event and horizon, of these firms."""
        return Panels(snapshots, self.event, self.within_months, self.lines)


def champion(engine: Engine) -> str | None:
    """The id of the champion; None before the first promotion."""
    with Session(engine) as session:
        return current.champion(session)


def list_models(engine: Engine) -> list[dict[str, Any]]:
    """Every model, the latest first: id, as_of, trained_at, cohorts, event, within_months, champion, auc."""
    in_office = champion(engine)
    with Session(engine) as session:
        models = session.scalars(select(Model).order_by(Model.trained_at.desc(), Model.id)).all()
        return [
            {
                "id": one.id,
                "as_of": one.as_of.isoformat(),
                "trained_at": one.trained_at.isoformat(timespec="seconds"),
                "cohorts": one.cohorts,
                "event": one.event,
                "within_months": one.within_months,
                "champion": one.id == in_office,
                "auc": auc_of(one.measures),
            }
            for one in models
        ]


def auc_of(measures: dict[str, Any]) -> float | None:
    """The headline AUC of a model's measures; None where it could not be measured."""
    return ((measures.get("models") or {}).get("goldseed") or {}).get("auc", {}).get("value")


def load(engine: Engine, models_dir: Path, model_id: str) -> StoredModel:
    """A model by name. Raises NotFound if the store or the folder does not have it."""
    folder = _folder(engine, models_dir, model_id)
    with Session(engine) as session:
        row = session.get_one(Model, model_id)
    return StoredModel(row.id, row.as_of, list(row.cohorts), row.event, row.within_months, ReadinessModel.load(folder))


def _folder(engine: Engine, models_dir: Path, model_id: str) -> Path:
    with Session(engine) as session:
        known = session.scalar(select(Model.id).where(Model.id == model_id))
    folder = Path(models_dir) / model_id
    if known is None or not (folder / "model.txt").exists():
        raise NoSuchModel(model_id)
    return folder


def model_for(engine: Engine, models_dir: Path, as_of: date, cohort: str, model_id: str | None = None) -> StoredModel:
    """The model to score a cohort with on a day: the one named, else the champion, else the latest of this cohort.

    A model dated after `as_of` knows later outcomes and is taken only where it is named. Raises NotFound without one.
    """
    if model_id:
        return load(engine, models_dir, model_id)
    in_office = champion(engine)
    with Session(engine) as session:
        rows = session.scalars(select(Model).where(Model.as_of <= as_of)).all()
    here = [row for row in rows if (Path(models_dir) / row.id / "model.txt").exists()]
    if not here:
        raise NotFound(
            Message(
                N_(
                    "No model was trained on or before %(day)s. Train one (`goldseed "
                    "train --as-of %(day)s`), or name one."
                ),
                {"day": as_of.isoformat()},
            )
        )
    best = max(here, key=lambda row: (row.id == in_office, cohort in row.cohorts, row.as_of, row.trained_at, row.id))
    return load(engine, models_dir, best.id)


def own_firms(engine: Engine, models_dir: Path, model_id: str) -> tuple[ReadinessModel, pd.DataFrame]:
    """A model and the features of the firms it was centred on: those eligible on its own day."""
    stored = load(engine, models_dir, model_id)
    panels = stored.panels(Snapshots(engine, stored.cohorts))
    return stored.model, panels.eligible(stored.as_of)[stored.model.features]


def listing_lines_of(models_dir: Path, model_id: str) -> ListingLines:
    """The listing lines that a model's features measure against, where its folder may be gone by now."""
    return _lines_in(json.loads(_text(Path(models_dir) / model_id / "about.json") or "{}"))


def _lines_in(about: Mapping[str, Any]) -> ListingLines:
    stored = about.get("listing_lines")
    return lines_on(DAY_OF_MODELS_WITHOUT_LINES) if stored is None else ListingLines.from_json(stored)


def show(engine: Engine, models_dir: Path, model_id: str) -> dict[str, Any]:
    """Everything about one model: what it saw, its settings, measures, history and both cards."""
    folder = _folder(engine, models_dir, model_id)
    read = {name: _text(folder / file) for name, file in (("card_zh", "card.md"), ("card_en", "card.en.md"))}
    # The trees and rank tables are a hundred times as large as all that is read here.
    stored = {name: json.loads(_text(folder / f"{name}.json") or "{}") for name in _SMALL_FILES}
    return {
        "id": model_id,
        "folder": str(folder),
        "champion": champion(engine) == model_id,
        "about": stored["about"],
        "features": [one["name"] for one in stored["features"]["features"]],
        "calibration": Calibration.from_json(stored["calibration"]).as_json(),
        "measures": stored["measures"],
        "decisions": history(engine, model_id),
        **read,
    }


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def history(engine: Engine, model_id: str | None = None) -> list[dict[str, Any]]:
    """Every promotion and way back, the latest first; of one model where it is named."""
    statement = select(ModelDecision).order_by(ModelDecision.id.desc())
    if model_id:
        statement = statement.where(ModelDecision.model_id == model_id)
    with Session(engine) as session:
        return [
            {
                "model": one.model_id,
                "action": one.action,
                "why": one.why,
                "by": one.decided_by,
                "seconded_by": one.seconded_by,
                "at": one.decided_at.isoformat(timespec="seconds"),
            }
            for one in session.scalars(statement)
        ]


def promote(
    engine: Engine, model_id: str, *, why: str, by: str, now: datetime, seconded_by: str | None = None
) -> dict[str, Any]:
    """Make a model the champion. Promoting one that was in office before is a way back (`roll_back`).

    The first champion may come in without a second person, since there is nobody in office yet; from then on both are
    needed. Raises NotPromoted without a written reason, without a second person, where both are the same person, or
    for the model that is in office.
    """
    if not why.strip():
        raise NotPromoted(Message(N_("Not promoted: write why, in a sentence that still tells in three years.")))
    if champion(engine) is not None and not (seconded_by or "").strip():
        raise NotPromoted(Message(N_("Not promoted: a second person must agree. Name them with --second.")))
    if (seconded_by or "").strip() == by.strip():
        raise NotPromoted(
            Message(N_("Not promoted: %(name)s cannot second their own proposal. Name another person."), {"name": by})
        )
    with Session(engine) as session, session.begin():
        lock_writes(session)
        if session.get(Model, model_id) is None:
            raise NoSuchModel(model_id)
        held = session.scalars(select(ModelDecision.model_id).order_by(ModelDecision.id)).all()
        if held and held[-1] == model_id:
            raise NotPromoted(
                Message(N_("Not promoted: %(name)s is in office already, and nothing was changed."), {"name": model_id})
            )
        action = "roll_back" if model_id in held[:-1] and held[-1] != model_id else "promote"
        session.add(
            ModelDecision(
                model_id=model_id,
                action=action,
                why=why.strip(),
                decided_by=by,
                seconded_by=seconded_by,
                decided_at=now,
            )
        )
        told = {"why": why.strip(), "seconded_by": seconded_by}
        audit.record(session, people.console(by), f"{action}_model", f"model:{model_id}", told, now)
    return {
        "id": model_id,
        "champion": True,
        "action": action,
        "why": why.strip(),
        "by": by,
        "seconded_by": seconded_by,
    }
