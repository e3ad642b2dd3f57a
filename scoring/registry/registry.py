"""The model registry: every model, the champion, and the history of promotions.

A promotion needs a written reason and a second person; a rollback is a promotion of an earlier model and is recorded
like any other.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import NotFound, ShownToPeople
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.store import current
from pipeline.store.tables import Model, ModelDecision
from pipeline.store.write_lock import lock_writes
from scoring.dataset.event_kinds import KINDS, NOT_READINESS
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.calibration import Calibration
from scoring.engine.readiness_model import TREES, ReadinessModel
from scoring.errors import FilesMissing, NoSuchModel
from scoring.evaluation.baselines_ahead import Ahead, baselines_ahead, warning
from scoring.features.listing_lines import DAY_OF_MODELS_WITHOUT_LINES, ListingLines, lines_on
from scoring.registry import model_files

#: The small files of a model's folder, which its page shows.
_SMALL_FILES = ("about", "features", "calibration", "measures")
_NAME = re.compile(r"[\w.\-]{1,60}")


def good_name(name: str) -> bool:
    """Whether a model may have this name, which is also the name of its folder."""
    return bool(_NAME.fullmatch(name)) and not name.startswith(".")


class NotPromoted(ShownToPeople):
    """A promotion that lacks its reason or its second person."""


@dataclass(frozen=True)
class ModelSummary:
    """A row of the registry. `auc`: the headline out-of-time AUC, None where it could not be measured; `ahead`: its own
    baselines that rank better than it."""

    id: str
    as_of: date
    trained_at: datetime
    cohorts: list[str]
    event: str
    within_months: int
    champion: bool
    auc: float | None
    ahead: tuple[Ahead, ...] = ()

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "as_of": self.as_of.isoformat(),
            "trained_at": self.trained_at.isoformat(timespec="seconds"),
            "cohorts": self.cohorts,
            "event": self.event,
            "within_months": self.within_months,
            "champion": self.champion,
            "auc": self.auc,
            "baselines_ahead": [ahead.as_json() for ahead in self.ahead],
        }


@dataclass(frozen=True)
class Decision:
    """A promotion (`action` promote) or a rollback to an earlier champion (roll_back).

    `warning`: what must be told with a promotion just made (its own baselines rank better); None in the history."""

    model: str
    action: str
    why: str
    by: str
    approved_by: str | None
    at: datetime
    warning: Message | None = None

    def as_json(self) -> dict[str, str | None]:
        return {
            "model": self.model,
            "action": self.action,
            "why": self.why,
            "by": self.by,
            "seconded_by": self.approved_by,
            "at": self.at.isoformat(timespec="seconds"),
        }


@dataclass(frozen=True)
class ModelDetails:
    """Everything about one model. `about` and `measures`: about.json and measures.json of its folder, as stored."""

    id: str
    folder: Path
    champion: bool
    about: Mapping[str, Any]
    features: list[str]
    calibration: Calibration
    measures: Mapping[str, Any]
    decisions: list[Decision]
    card_zh: str
    card_en: str

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "folder": str(self.folder),
            "champion": self.champion,
            "about": self.about,
            "features": self.features,
            "calibration": self.calibration.as_json(),
            "measures": self.measures,
            "decisions": [decision.as_json() for decision in self.decisions],
            "card_zh": self.card_zh,
            "card_en": self.card_en,
        }


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

    def measured_by(self, lines: ListingLines) -> "StoredModel":
        """The same model, its features measured against other lines of the law."""
        measured = replace(lines, derives=self.lines.derives)
        about = {**self.model.about, "listing_lines": measured.as_json()}
        return replace(self, model=replace(self.model, about=about))

    def panels(self, snapshots: Snapshots) -> Panels:
        """The panels of its event and horizon, of these firms."""
        return Panels(snapshots, self.event, self.within_months, self.lines)


def champion(engine: Engine) -> str | None:
    """The id of the champion; None before the first promotion."""
    with Session(engine) as session:
        return current.champion(session)


def list_models(engine: Engine) -> list[ModelSummary]:
    """Every model, the latest first."""
    current_champion = champion(engine)
    with Session(engine) as session:
        models = session.scalars(select(Model).order_by(Model.trained_at.desc(), Model.id)).all()
        return [
            ModelSummary(
                id=model.id,
                as_of=model.as_of,
                trained_at=model.trained_at,
                cohorts=list(model.cohorts),
                event=model.event,
                within_months=model.within_months,
                champion=model.id == current_champion,
                auc=auc_of(model.measures),
                ahead=tuple(baselines_ahead(model.measures)),
            )
            for model in models
        ]


def auc_of(measures: Mapping[str, Any]) -> float | None:
    """The headline AUC of a model's stored metrics; None where it could not be measured."""
    return ((measures.get("models") or {}).get("goldseed") or {}).get("auc", {}).get("value")


def load(engine: Engine, models_dir: Path, model_id: str) -> StoredModel:
    """A model by name. Raises NotFound where the database or, beside it, the folder does not have it."""
    folder = folder_of(engine, models_dir, model_id)
    with Session(engine) as session:
        row = session.get_one(Model, model_id)
    return StoredModel(row.id, row.as_of, list(row.cohorts), row.event, row.within_months, ReadinessModel.load(folder))


def folder_of(engine: Engine, models_dir: Path, model_id: str) -> Path:
    """The folder of a model, as the database has its files; what it has not is as it lies in the folder.

    Raises NoSuchModel for a model that is not registered, FilesMissing where its files are in neither place, and as
    model_files.bring.
    """
    with Session(engine) as session:
        known = session.scalar(select(Model.id).where(Model.id == model_id))
    if known is None:
        raise NoSuchModel(model_id)
    folder = model_files.bring(engine, models_dir, known)
    if not (folder / TREES).exists():
        raise FilesMissing(model_id)
    return folder


def at_hand(engine: Engine, models_dir: Path, model_ids: Collection[str]) -> set[str]:
    """Those of these registered models whose files are in the database or in the folder of models."""
    kept = model_files.is_kept(engine, model_ids)
    return {model for model in model_ids if model in kept or (Path(models_dir) / model / TREES).exists()}


def model_for(engine: Engine, models_dir: Path, as_of: date, cohort: str, model_id: str | None = None) -> StoredModel:
    """The model to score a cohort with on a day: the one named, else the champion, else the latest of this cohort.

    A model dated after `as_of` knows later outcomes and is taken only where it is named. Raises NotFound without one.
    """
    if model_id:
        return load(engine, models_dir, model_id)
    current_champion = champion(engine)
    with Session(engine) as session:
        rows = session.scalars(select(Model).where(Model.as_of <= as_of, Model.event.not_in(NOT_READINESS))).all()
    there = at_hand(engine, models_dir, [row.id for row in rows])
    here = [row for row in rows if row.id in there]
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
    best = max(
        here, key=lambda row: (row.id == current_champion, cohort in row.cohorts, row.as_of, row.trained_at, row.id)
    )
    return load(engine, models_dir, best.id)


def own_firms(engine: Engine, models_dir: Path, model_id: str) -> tuple[ReadinessModel, pd.DataFrame]:
    """A model and the features of the firms it was centred on: those eligible on its own day."""
    stored = load(engine, models_dir, model_id)
    panels = stored.panels(Snapshots(engine, stored.cohorts))
    return stored.model, panels.eligible(stored.as_of)[stored.model.features]


def listing_lines_of(engine: Engine, models_dir: Path, model_id: str) -> ListingLines:
    """The listing lines that a model's features measure against, where its files may be gone by now."""
    folder = model_files.bring(engine, models_dir, model_id, ["about.json"])
    return _lines_in(json.loads(_text(folder / "about.json") or "{}"))


def _lines_in(about: Mapping[str, Any]) -> ListingLines:
    stored = about.get("listing_lines")
    if stored is None:
        return replace(lines_on(DAY_OF_MODELS_WITHOUT_LINES), derives=False)
    return ListingLines.from_json(stored)


def show(engine: Engine, models_dir: Path, model_id: str) -> ModelDetails:
    """Everything about one model: its training data, hyperparameters, metrics, history and both cards."""
    folder = folder_of(engine, models_dir, model_id)
    # The trees and rank tables are a hundred times as large as all that is read here.
    stored = {name: json.loads(_text(folder / f"{name}.json") or "{}") for name in _SMALL_FILES}
    return ModelDetails(
        id=model_id,
        folder=folder,
        champion=champion(engine) == model_id,
        about=stored["about"],
        features=[feature["name"] for feature in stored["features"]["features"]],
        calibration=Calibration.from_json(stored["calibration"]),
        measures=stored["measures"],
        decisions=history(engine, model_id),
        card_zh=_text(folder / "card.md"),
        card_en=_text(folder / "card.en.md"),
    )


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def history(engine: Engine, model_id: str | None = None) -> list[Decision]:
    """Every promotion and rollback, the latest first; of one model where it is named."""
    statement = select(ModelDecision).order_by(ModelDecision.id.desc())
    if model_id:
        statement = statement.where(ModelDecision.model_id == model_id)
    with Session(engine) as session:
        return [
            Decision(row.model_id, row.action, row.why, row.decided_by, row.seconded_by, row.decided_at)
            for row in session.scalars(statement)
        ]


def promote(
    engine: Engine, model_id: str, *, why: str, by: str, now: datetime, approved_by: str | None = None
) -> Decision:
    """Make a model the champion. Promoting one that was champion before is a rollback (`roll_back`).

    The first champion needs no second person, since there is none before it; every later one does. Raises NotPromoted
    without a written reason, without a second person, where both are the same person, for the present champion, or for
    a model that foresees something else than a step to the market.
    A model that its own baselines beat may be promoted, and the Decision carries the warning.
    """
    if not why.strip():
        raise NotPromoted(Message(N_("Not promoted: write why, in a sentence that still tells in three years.")))
    if champion(engine) is not None and not (approved_by or "").strip():
        raise NotPromoted(Message(N_("Not promoted: a second person must agree. Name them with --second.")))
    if (approved_by or "").strip() == by.strip():
        raise NotPromoted(
            Message(N_("Not promoted: %(name)s cannot second their own proposal. Name another person."), {"name": by})
        )
    with Session(engine) as session, session.begin():
        lock_writes(session)
        model = session.get(Model, model_id)
        if model is None:
            raise NoSuchModel(model_id)
        if model.event in NOT_READINESS:
            text = N_("Not promoted: %(name)s foresees “%(event)s”, and the champion scores readiness for the market.")
            raise NotPromoted(Message(text, {"name": model_id, "event": KINDS[model.event]}))
        told = warning(model.measures)
        champions = session.scalars(select(ModelDecision.model_id).order_by(ModelDecision.id)).all()
        if champions and champions[-1] == model_id:
            raise NotPromoted(
                Message(N_("Not promoted: %(name)s is in office already, and nothing was changed."), {"name": model_id})
            )
        action = "roll_back" if model_id in champions else "promote"
        session.add(
            ModelDecision(
                model_id=model_id,
                action=action,
                why=why.strip(),
                decided_by=by,
                seconded_by=approved_by,
                decided_at=now,
            )
        )
        details: dict[str, Any] = {"why": why.strip(), "seconded_by": approved_by}
        if told is not None:
            details["baselines_ahead"] = [ahead.baseline for ahead in baselines_ahead(model.measures)]
        audit.record(session, people.console(by), f"{action}_model", f"model:{model_id}", details, now)
    return Decision(model_id, action, why.strip(), by, approved_by, now, told)
