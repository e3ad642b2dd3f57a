"""A model and the facts of a day -> a score with reasons for every firm, stored.

In the flow: model_store.py, kept.py, reach.py -> **score.py** -> pools, board. Ranks are read off the firms of the
model's own cohort on that day, written beside the model, so that a firm alone, a subset and all firms get the same
points, and a score can be computed again later. Base and reasons are checked to add up before anything is stored.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, Select, insert, select
from sqlalchemy.orm import Session

from pipeline.atomic_files import write_atomically
from pipeline.facts import facts_and_firms
from pipeline.intake.plausibility import doubted_figures
from pipeline.language import N_, Message
from pipeline.store.tables import AuditEntry, Score, ScoreRun
from scoring.dataset.panel import Panels
from scoring.engine import calibration as scale
from scoring.engine.rank_transform import Reference
from scoring.engine.readiness_model import ReadinessModel, Scored, write_json
from scoring.errors import NotScored
from scoring.features.derived_figures import FACTS
from scoring.features.matrix import features_on
from scoring.registry.cache import State, note, state_of, write_note
from scoring.registry.registry import StoredModel, load, model_for
from scoring.registry.train_model import levelled
from scoring.scores.peer_changes import moves_on

#: Share of a score's reasons (in points, either way) that rest on missing values from which on its data are thin.
THIN_SHARE = 0.4
#: A day with fewer firms of the model's own cohort gives no ranks; the model's own day is used instead.
_FEWEST_IN_REFERENCE = 50
STALE_MONTHS = 18
#: The trail's word for a person's expected number of events.
SET_EXPECTED = "set_expected_events"


def score_cohort(
    engine: Engine,
    models_dir: Path,
    as_of: date,
    *,
    cohort: str = "city",
    model_id: str | None = None,
    now: datetime,
    expected_events: float | None = None,
) -> pd.DataFrame:
    """Score every firm at risk of a cohort, store the run and give one row a firm, the highest points first.

    Columns firm_id, name, as_of, model, points, probability, base_points, low_points, high_points, thin_data,
    figures_in_doubt ("revenue_cny 2023; …": they seem to stand in another unit, and the score rests on them; blank
    for most) and reason_<feature>; base_points + reasons = points; `attrs["warnings"]` what their reader must know.
    `expected_events`: how many firms of the cohort are expected to have the event within the model's horizon; unless
    given, what a person set for the same scores (expected.py), else the mean of the last two known rates. Scoring the
    same facts again with the same model stores nothing new. Raises NotScored or NotFound.
    """
    stored = model_for(engine, models_dir, as_of, cohort, model_id)
    state = state_of(engine, stored.event)
    here = Panels(engine, [cohort], stored.event, stored.within_months)
    model = on_day(engine, models_dir, stored, as_of, here, state)
    features, names = _cohort_features(here, as_of)
    if features.empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": as_of.isoformat()},
            )
        )
    scored = model.score(features[model.features])
    fingerprint = hashlib.sha256(pd.util.hash_pandas_object(features[model.features]).to_numpy().tobytes()).hexdigest()
    run = ScoreRun(
        model_id=stored.id,
        cohort=cohort,
        as_of=as_of,
        scored_at=now,
        data_fingerprint=fingerprint,
        base_points=scored.base_points,
        reference=model.references[-1].name,
    )
    if expected_events is None:
        expected_events = _set_for(engine, run)
    if expected_events is not None:
        rate = min(max(expected_events / len(features), 1e-6), 1 - 1e-6)
        probability = scale.sigmoid(scored.log_odds + scale.shift_to(scored.log_odds.to_numpy(), rate))
    else:
        probability = scored.probability
    table = pd.DataFrame(
        {
            "name": names.reindex(features.index),
            "as_of": as_of.isoformat(),
            "model": stored.id,
            "points": scored.points,
            "probability": probability,
            "base_points": scored.base_points,
            "low_points": scored.low_points,
            "high_points": scored.high_points,
            "thin_data": thin_data(scored, features[model.features]),
        }
    )
    run.expected_events = float(np.sum(probability))
    _store(engine, run, table, scored.reasons)
    # All firms are at hand now; the first who asks about one firm should not have to read them again.
    moves_on(Path(models_dir) / stored.id, as_of, cohort, state, here)
    doubted = doubts_of(engine, as_of, cohort)
    table["figures_in_doubt"] = ["; ".join(doubted.get(firm, ())) for firm in table.index]
    table = pd.concat([table, scored.reasons.add_prefix("reason_")], axis=1)
    table = table.sort_values(["points"], ascending=False, kind="stable").reset_index()
    warnings = warnings_on(stored, as_of, cohort)
    if in_doubt := int((table["figures_in_doubt"] != "").sum()):
        what = N_("%(count)s firms have figures that seem to stand in another unit (see figures_in_doubt): check them.")
        warnings.append(Message(what, {"count": in_doubt}))
    table.attrs["warnings"] = [str(one) for one in warnings]
    return table


def doubts_of(engine: Engine, as_of: date, cohort: str, firms: list[str] | None = None) -> dict[str, list[str]]:
    """Per firm the figures that scores are made of and that seem to stand in another unit: "revenue_cny 2023"."""
    return doubted_figures.by_firm(doubted_figures.figures_in_doubt(engine, as_of, cohort, firms), FACTS)


def warnings_on(stored: StoredModel, as_of: date, cohort: str) -> list[Message]:
    """What the reader of these scores must know: an old model, a later model, another cohort's ranks."""
    found = []
    months = (as_of.year - stored.as_of.year) * 12 + as_of.month - stored.as_of.month
    if months > STALE_MONTHS:
        found.append(
            Message(N_("The model is %(months)s months older than the scoring date: retrain it."), {"months": months})
        )
    if stored.as_of > as_of:
        found.append(
            Message(
                N_("The model was trained on %(day)s, after the scoring date: it knows what came."),
                {"day": stored.as_of.isoformat()},
            )
        )
    if cohort not in stored.cohorts:
        found.append(
            Message(
                N_("Ranks are those of the firms of %(cohorts)s, on whose outcomes the model was trained."),
                {"cohorts": ", ".join(stored.cohorts)},
            )
        )
    return found


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
    statement = (
        select(ScoreRun).where(ScoreRun.as_of == as_of, ScoreRun.cohort == cohort).order_by(ScoreRun.id.desc()).limit(1)
    )
    if model_id:
        statement = statement.where(ScoreRun.model_id == model_id)
    with Session(engine, expire_on_commit=False) as session:
        return session.scalar(statement)


def thin_data(scored: Scored, features: pd.DataFrame) -> pd.Series:
    """True where much of the score rests on values that nobody stated."""
    size = scored.reasons.abs()
    total = size.sum(axis=1)
    missing = (size.to_numpy() * features.isna().to_numpy()).sum(axis=1)
    return pd.Series((missing > THIN_SHARE * total) & (total > 0), index=features.index)


def features_of(
    engine: Engine, as_of: date, cohort: str, firms: list[str] | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """(features, names) of a cohort's firms on a day, or of the named firms alone."""
    facts, labels = facts_and_firms(engine, as_of, cohort, firms, FACTS)
    if facts.empty:
        return pd.DataFrame(), pd.Series(dtype=object)
    return features_on(facts, labels, as_of), labels["name"]


def _cohort_features(here: Panels, as_of: date) -> tuple[pd.DataFrame, pd.Series]:
    if here.facts(as_of).empty:
        return pd.DataFrame(), pd.Series(dtype=object)
    return here.at_risk(as_of), here.firms(as_of)["name"]


def _store(engine: Engine, run: ScoreRun, table: pd.DataFrame, reasons: pd.DataFrame) -> None:
    expected = run.expected_events or 0.0
    with Session(engine) as session, session.begin():
        before = session.scalar(_same_scores(run))
        if (
            before is not None
            and before.expected_events is not None
            and abs(before.expected_events - expected) < 1e-9 * max(1, expected)
        ):
            return
        session.add(run)
        session.flush()
        names = list(reasons.columns)
        columns = ["points", "low_points", "high_points", "probability", "thin_data"]
        rows = zip(table.index, *(table[name].tolist() for name in columns), reasons.to_numpy().tolist(), strict=True)
        session.execute(
            insert(Score),
            [
                {
                    "run_id": run.id,
                    "firm_id": firm,
                    "points": points,
                    "low_points": low,
                    "high_points": high,
                    "probability": probability,
                    "thin_data": thin,
                    "reasons": dict(zip(names, shares, strict=True)),
                }
                for firm, points, low, high, probability, thin, shares in rows
            ],
        )


def _same_scores(run: ScoreRun) -> Select[ScoreRun]:
    """The last run stored with the same points: of the same facts by the same model with the same ranks."""
    return (
        select(ScoreRun)
        .where(
            ScoreRun.model_id == run.model_id,
            ScoreRun.cohort == run.cohort,
            ScoreRun.as_of == run.as_of,
            ScoreRun.data_fingerprint == run.data_fingerprint,
            ScoreRun.reference == run.reference,
        )
        .order_by(ScoreRun.id.desc())
        .limit(1)
    )


def _set_for(engine: Engine, run: ScoreRun) -> float | None:
    """The expected number that a person set for the same scores; None where nobody did."""
    with Session(engine) as session:
        before = session.scalar(_same_scores(run))
        line = None if before is None else last_set(session, before.id)
        if before is None or line is None or line.details.get("after") != before.expected_events:
            return None
        return before.expected_events


def last_set(session: Session, run_id: int) -> AuditEntry | None:
    """The last line of the trail in which somebody set the expected number of a run (expected.py writes it)."""
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.action == SET_EXPECTED, AuditEntry.subject == f"score_run:{run_id}")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def _mark(features: pd.DataFrame) -> str:
    return hashlib.sha256(pd.util.hash_pandas_object(features).to_numpy().tobytes()).hexdigest()[:8]


def explain_firm(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None
) -> dict[str, Any]:
    """See scoring.explanation.explain_firm."""
    from scoring.explain.explanation import explain_firm as explained

    return explained(engine, models_dir, firm_id, as_of, model_id)
