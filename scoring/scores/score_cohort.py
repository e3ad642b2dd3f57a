"""A model and the facts of a day -> a score with reasons for every firm, stored.

Ranks are those among the firms of the model's own cohort on that day, stored with the model, so that a firm alone, a
subset and all firms get the same points, and a score can be computed again later. Base and reasons are checked to add
up before anything is stored.
"""

import hashlib
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, Select, insert, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.language import N_, Message
from pipeline.store.tables import AuditEntry, Score, ScoreRun
from pipeline.store.write_lock import lock_writes
from pipeline.wording.cohorts import cohorts_label
from scoring.dataset.snapshot import Snapshots
from scoring.engine import calibration as scale
from scoring.engine.readiness_model import Scores
from scoring.errors import NotScored
from scoring.registry.registry import StoredModel, model_for
from scoring.scores.day_model import model_of_day
from scoring.scores.doubts import by_firm, doubts_on
from scoring.scores.peer_changes import peer_changes_on
from scoring.scores.stored_reasons import store_reasons

#: From this share of a score's reasons (in absolute points) resting on missing values, its data are called thin.
LOW_COVERAGE_SHARE = 0.4
STALE_MONTHS = 18
#: The audit log's action for a person's expected number of events.
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
    by: str = "console",
) -> pd.DataFrame:
    """Score every eligible firm of a cohort, store the run and give one row a firm, the highest points first.

    Columns firm_id, name, as_of, model, points, probability, base_points, low_points, high_points, thin_data,
    figures_in_doubt ("revenue_cny 2023; …": the score or the rules rest on them, see doubts.py; blank for most) and
    reason_<feature>; base_points + reasons = points; `attrs["warnings"]` what their reader must know.
    `expected_events`: how many firms of the cohort are expected to have the event within the model's horizon; unless
    given, the number a person set for the same scores (expected_events.py), else the mean of the last two known rates.
    Scoring the same facts again with the same model stores nothing new. `by`: whose name stands in the audit log.
    Raises NotScored or NotFound.
    """
    stored = model_for(engine, models_dir, as_of, cohort, model_id)
    snapshots = Snapshots(engine, [cohort]).versioned(stored.event)
    model = model_of_day(models_dir, stored, snapshots, as_of)
    day = snapshots.on(as_of)
    features = day.eligible(stored.lines, stored.event) if len(day.facts) else pd.DataFrame()
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
        probability = scale.sigmoid(scored.log_odds + scale.offset_to(scored.log_odds.to_numpy(), rate))
    else:
        probability = scored.probability
    table = pd.DataFrame(
        {
            "name": day.firms["name"].reindex(features.index),
            "as_of": as_of.isoformat(),
            "model": stored.id,
            "points": scored.points,
            "probability": probability,
            "base_points": scored.base_points,
            "low_points": scored.low_points,
            "high_points": scored.high_points,
            "thin_data": low_coverage(scored, features[model.features]),
        }
    )
    run.expected_events = float(np.sum(probability))
    _store(engine, run, table, scored.reasons, features[model.features], by)
    # All firms are in memory now: the first explanation of one firm should not have to read them again.
    peer_changes_on(models_dir, stored, snapshots, as_of)
    doubted = by_firm(doubts_on(engine, as_of, cohort))
    table["figures_in_doubt"] = ["; ".join(doubted.get(firm, ())) for firm in table.index]
    table = pd.concat([table, scored.reasons.add_prefix("reason_")], axis=1)
    table = table.sort_values(["points"], ascending=False, kind="stable").reset_index()
    warnings = warnings_on(stored, as_of, cohort)
    if in_doubt := int((table["figures_in_doubt"] != "").sum()):
        what = N_("%(count)s firms have figures in doubt (see figures_in_doubt): check them.")
        warnings.append(Message(what, {"count": in_doubt}))
    table.attrs["warnings"] = [str(warning) for warning in warnings]
    return table


def warnings_on(stored: StoredModel, as_of: date, cohort: str) -> list[Message]:
    """What the reader of these scores must know: an old model, a later model, another cohort's ranks."""
    warnings = []
    months = (as_of.year - stored.as_of.year) * 12 + as_of.month - stored.as_of.month
    if months > STALE_MONTHS:
        warnings.append(
            Message(N_("The model is %(months)s months older than the scoring date: retrain it."), {"months": months})
        )
    if stored.as_of > as_of:
        warnings.append(
            Message(
                N_("The model was trained on %(day)s, after the scoring date: it knows what came."),
                {"day": stored.as_of.isoformat()},
            )
        )
    if cohort not in stored.cohorts:
        warnings.append(
            Message(
                N_("Ranks are those of the firms of %(cohorts)s, on whose outcomes the model was trained."),
                {"cohorts": cohorts_label(stored.cohorts)},
            )
        )
    return warnings


def low_coverage(scored: Scores, features: pd.DataFrame) -> pd.Series:
    """True where much of the score rests on missing values."""
    size = scored.reasons.abs()
    total = size.sum(axis=1)
    missing = (size.to_numpy() * features.isna().to_numpy()).sum(axis=1)
    return pd.Series((missing > LOW_COVERAGE_SHARE * total) & (total > 0), index=features.index)


def _store(
    engine: Engine, run: ScoreRun, table: pd.DataFrame, reasons: pd.DataFrame, values: pd.DataFrame, by: str
) -> None:
    expected = run.expected_events or 0.0
    with Session(engine) as session, session.begin():
        lock_writes(session)
        before = session.scalar(_same_scores(run))
        if (
            before is not None
            and before.expected_events is not None
            and abs(before.expected_events - expected) < 1e-9 * max(1, expected)
        ):
            return
        session.add(run)
        session.flush()
        columns = ["points", "low_points", "high_points", "probability", "thin_data"]
        rows = zip(table.index, *(table[name].tolist() for name in columns), strict=True)
        session.execute(
            insert(Score),
            [{"run_id": run.id, "firm_id": firm, **dict(zip(columns, own, strict=True))} for firm, *own in rows],
        )
        store_reasons(session, run, reasons, values)
        details = {
            "model": run.model_id,
            "cohort": run.cohort,
            "as_of": run.as_of,
            "scored": len(table),
            "expected": run.expected_events,
            "data": run.data_fingerprint,
        }
        audit.record(session, people.console(by), "store_scores", f"score_run:{run.id}", details, run.scored_at)


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
    """The expected number that a person set for the same scores; None without one."""
    with Session(engine) as session:
        before = session.scalar(_same_scores(run))
        line = None if before is None else last_set(session, before.id)
        if before is None or line is None or line.details.get("after") != before.expected_events:
            return None
        return before.expected_events


def last_set(session: Session, run_id: int) -> AuditEntry | None:
    """The last audit entry that set the expected number of a run (expected_events.py writes it)."""
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.action == SET_EXPECTED, AuditEntry.subject == f"score_run:{run_id}")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
