"""A stored model with the ranks and the expected rate of a day, written beside the model to be found again."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.atomic_files import write_atomically
from pipeline.store.current import current_run
from pipeline.store.tables import ScoreRun
from scoring.dataset.panel import Panels
from scoring.engine.rank_transform import Reference
from scoring.engine.readiness_model import ReadinessModel, write_json
from scoring.registry.cache import State, note, state_of, write_note
from scoring.registry.registry import StoredModel, load, model_for
from scoring.training.fitting import levelled

#: A day with fewer firms of the model's own cohort gives no ranks; the model's own day is used instead.
_FEWEST_IN_REFERENCE = 50


def on_day(
    engine: Engine,
    models_dir: Path,
    stored: StoredModel,
    as_of: date,
    read_by: Panels | None = None,
    state: State | None = None,
) -> ReadinessModel:
    """The model with the ranks and the expected rate of a day: those of its own cohort's firms at risk then.
    `read_by`: panels whose reading is used where they are of the model's cohorts. `state`: that of the database before
    anything was read; with it, what was written of the same day and state is taken instead of reading all firms.

    Written once per state of the data into the model's folder (`ranks/`). Where the cohort has too few firms on that
    day, the ranks of the model's own day are used.
    """
    if as_of == stored.as_of:
        return stored.model
    if state is None:
        return _on_day(engine, models_dir, stored, as_of, read_by)
    noted = Path(models_dir) / stored.id / "ranks" / f"latest-{as_of.isoformat()}.json"
    # The text of the trees too: a folder may be copied over by another model of the same name.
    mark = state.of_all(stored.cohorts, as_of, stored.within_months, stored.model.text, stored.model.calibration)
    if (found := note(noted, mark)) is not None:
        try:
            return replace(as_stored(models_dir, stored, found["reference"]), shift=found["shift"])
        except FileNotFoundError:
            pass  # somebody tidied the folder
    model = _on_day(engine, models_dir, stored, as_of, read_by)
    write_note(noted, mark, reference=model.references[-1].name, shift=model.shift)
    return model


def _on_day(
    engine: Engine, models_dir: Path, stored: StoredModel, as_of: date, read_by: Panels | None
) -> ReadinessModel:
    panels = Panels(engine, stored.cohorts, stored.event, stored.within_months, read_by)
    firms = panels.at_risk(as_of)[stored.model.features] if len(panels.facts(as_of)) else pd.DataFrame()
    if len(firms) < _FEWEST_IN_REFERENCE:
        return stored.model
    # 50 points stay where the model's own day put them: points of two years can be compared.
    moved = replace(levelled(stored.model, panels, as_of), calibration=stored.model.calibration)
    mark = _mark(firms)
    reference = replace(moved.references[-1], name=f"{moved.references[-1].name} {mark}")
    file = Path(models_dir) / stored.id / "ranks" / f"{as_of.isoformat()}-{mark}.json"
    write_atomically(file, lambda part: write_json(part, {**reference.as_json(), "shift": moved.shift}))
    return replace(moved, references=[reference])


def as_stored(models_dir: Path, stored: StoredModel, reference_name: str) -> ReadinessModel:
    """The model with the very ranks that a stored run used."""
    if reference_name == stored.model.references[-1].name:
        return stored.model
    *_, day, mark = reference_name.split(" ")
    kept = json.loads((Path(models_dir) / stored.id / "ranks" / f"{day}-{mark}.json").read_text("utf-8"))
    return replace(stored.model, references=[Reference.from_json(kept)], shift=kept["shift"])


@dataclass(frozen=True)
class DayModel:
    """The model that a firm's page speaks of, with its ranks of the day; `run`: the stored run they are of, None where
    there is none. `state`, `everyone`: the database before anything was read, and the panels to read all firms of the
    firm's own cohort with, should they be needed."""

    stored: StoredModel
    model: ReadinessModel
    run: ScoreRun | None
    state: State
    everyone: Panels


def for_one_firm(engine: Engine, models_dir: Path, as_of: date, cohort: str, model_id: str | None = None) -> DayModel:
    """The model, with its ranks of the day, that a firm's page speaks of: that of the last stored run where there is
    one."""
    run = latest_run(engine, as_of, cohort, model_id)
    if run is not None and not (Path(models_dir) / run.model_id / "model.txt").exists():
        run = None
    if run is not None:
        stored = load(engine, models_dir, run.model_id)
    else:
        stored = model_for(engine, models_dir, as_of, cohort, model_id)
    state = state_of(engine, stored.event)
    everyone = Panels(engine, [cohort], stored.event, stored.within_months)
    if run is not None:
        model = as_stored(models_dir, stored, run.reference)
    else:
        model = on_day(engine, models_dir, stored, as_of, everyone, state)
    return DayModel(stored, model, run, state, everyone)


def latest_run(engine: Engine, as_of: date, cohort: str, model_id: str | None = None) -> ScoreRun | None:
    """The last run stored for a cohort and day (detached)."""
    with Session(engine, expire_on_commit=False) as session:
        return current_run(session, cohort, as_of=as_of, model_id=model_id or None)


def _mark(features: pd.DataFrame) -> str:
    return hashlib.sha256(pd.util.hash_pandas_object(features).to_numpy().tobytes()).hexdigest()[:8]
