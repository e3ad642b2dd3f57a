"""A stored model re-anchored to a day: reference ranks and expected rate, cached in the model's folder."""

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
from scoring.dataset.snapshot import Snapshots
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.engine.readiness_model import ReadinessModel, as_text
from scoring.features.listing_lines import ListingLines
from scoring.fingerprint import fingerprint_of
from scoring.registry import model_files
from scoring.registry.cache import cached, key_of_data, write_cached
from scoring.registry.registry import StoredModel, at_hand, load, model_for
from scoring.training.fitting import reanchored

#: A day with fewer firms of the model's own cohort gives no ranks; the model's own day is used instead.
_FEWEST_IN_REFERENCE = 50


def model_of_day(
    models_dir: Path, stored: StoredModel, snapshots: Snapshots, as_of: date, lines: ListingLines | None = None
) -> ReadinessModel:
    """The model with the ranks and the expected rate of a day: those of its own cohort's eligible firms then.

    `snapshots`: of any cohort; used where it is the model's own, else the model's own cohort is read. Where they know
    the state of the database, what was written for the same day and state is taken instead of reading all firms.
    Written once per state of the data into the model's folder (`ranks/`). Where the cohort has too few firms on that
    day, the ranks of the model's own day are used. `lines`: all firms are measured against these lines of the law, and
    not against the model's own.
    """
    other = "" if lines in (None, stored.lines) else f"-{fingerprint_of(lines)[:8]}"
    if as_of == stored.as_of and not other:
        return stored.model
    if lines is not None:
        stored = stored.measured_by(lines)
    own = snapshots.of(stored.cohorts)
    if own.version is None:
        return _reanchored(models_dir, stored, own, as_of)
    file = Path(models_dir) / stored.id / "ranks" / f"latest-{as_of.isoformat()}{other}.json"
    # The text of the trees too: a folder may be copied over by another model of the same name.
    about = (stored.cohorts, as_of, stored.within_months, stored.lines, stored.model.text, stored.model.calibration)
    key = key_of_data(own.version, *about)
    if (content := cached(file, key)) is not None:
        try:
            model = with_ranks_of(own.engine, models_dir, stored, content["reference"])
            return replace(model, intercept_offset=content["intercept_offset"])
        except FileNotFoundError:
            pass  # the file of ranks was deleted
    model = _reanchored(models_dir, stored, own, as_of)
    write_cached(file, key, reference=model.references[-1].name, intercept_offset=model.intercept_offset)
    return model


def _reanchored(models_dir: Path, stored: StoredModel, own: Snapshots, as_of: date) -> ReadinessModel:
    if own.last_years(as_of).empty:
        return stored.model
    panels = stored.panels(own)
    firms = panels.eligible(as_of)[stored.model.features]
    if len(firms) < _FEWEST_IN_REFERENCE:
        return stored.model
    # 50 points stay where the model's own day put them: points of two years can be compared.
    moved = replace(reanchored(stored.model, panels, as_of), calibration=stored.model.calibration)
    digest = hashlib.sha256(pd.util.hash_pandas_object(firms).to_numpy().tobytes()).hexdigest()[:8]
    reference = replace(moved.references[-1], name=f"{moved.references[-1].name} {digest}")
    file = Path(models_dir) / stored.id / "ranks" / f"{as_of.isoformat()}-{digest}.json"
    model = replace(moved, references=[reference])
    write_atomically(file, lambda unfinished: unfinished.write_bytes(ranks_of(model)))
    return model


def ranks_of(model: ReadinessModel) -> bytes:
    """The file of the ranks and the level that a model has of a day."""
    return as_text({**model.references[-1].as_json(), "shift": model.intercept_offset})


def with_ranks_of(engine: Engine, models_dir: Path, stored: StoredModel, reference_name: str) -> ReadinessModel:
    """The model with the very ranks that a stored run used, on whichever host. Raises FileNotFoundError where they are
    gone."""
    if reference_name == stored.model.references[-1].name:
        return stored.model
    if (name := model_files.ranks_file(reference_name)) is None:
        raise FileNotFoundError(reference_name)
    folder = model_files.bring(engine, models_dir, stored.id, [name])
    content = json.loads((folder / name).read_text("utf-8"))
    reference = ReferenceDistribution.from_json(content)
    return replace(stored.model, references=[reference], intercept_offset=content["shift"])


@dataclass(frozen=True)
class DayModel:
    """The model that a firm's page shows, with its ranks; `run`: the stored run of the day, None where there is none;
    `ranks_of`: the run that the ranks are of, an earlier one where the day has none, None where they were worked out;
    `snapshots`: to read all firms of the firm's own cohort with, should they be needed."""

    stored: StoredModel
    model: ReadinessModel
    run: ScoreRun | None
    ranks_of: ScoreRun | None
    snapshots: Snapshots


def model_for_one_firm(models_dir: Path, snapshots: Snapshots, as_of: date, model_id: str | None = None) -> DayModel:
    """The model that a firm's page shows, with its ranks of the day: that of the day's stored run, if there is one.

    A day without a run takes the ranks of the last run before it by the same model: nobody waits until all firms are
    read. Only where there is none either, the day's own ranks are worked out. `snapshots`: of the firm's own cohort; no
    day needs to have been read.
    """
    engine, (cohort,) = snapshots.engine, snapshots.cohorts
    run = latest_run(engine, as_of, cohort, model_id)
    if run is not None and not at_hand(engine, models_dir, [run.model_id]):
        run = None
    if run is not None:
        stored = load(engine, models_dir, run.model_id)
    else:
        stored = model_for(engine, models_dir, as_of, cohort, model_id)
    snapshots = snapshots.versioned(stored.event)
    if run is not None:
        return DayModel(stored, with_ranks_of(engine, models_dir, stored, run.reference), run, run, snapshots)
    with Session(engine, expire_on_commit=False) as session:
        last = current_run(session, cohort, between=(stored.as_of, as_of), model_id=stored.id)
    if last is not None:
        try:
            return DayModel(stored, with_ranks_of(engine, models_dir, stored, last.reference), None, last, snapshots)
        except FileNotFoundError:
            pass  # the file of ranks was deleted
    return DayModel(stored, model_of_day(models_dir, stored, snapshots, as_of), None, None, snapshots)


def latest_run(engine: Engine, as_of: date, cohort: str, model_id: str | None = None) -> ScoreRun | None:
    """The last run stored for a cohort and day (detached)."""
    with Session(engine, expire_on_commit=False) as session:
        return current_run(session, cohort, as_of=as_of, model_id=model_id)
