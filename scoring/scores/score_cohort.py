"""A model and the facts of a day -> a score with reasons for every firm, stored.

Ranks are those among the firms of the model's own cohort on that day, stored with the model, so that a firm alone, a
subset and all firms get the same points, and a score can be computed again later. Base and reasons are checked to add
up before anything is stored.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.language import N_, Message
from pipeline.store.current import current_run
from pipeline.store.tables import AuditEntry, ScoreRun
from pipeline.store.trail.touched import last_entry
from pipeline.store.write_lock import lock_writes
from pipeline.wording.cohorts import cohorts_label
from pipeline.workers.workers import Here, Workers
from scoring.dataset.event_kinds import KINDS, NOT_READINESS
from scoring.dataset.snapshot import DayPart, Snapshots
from scoring.engine import calibration as scale
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import NotScored
from scoring.registry.model_files import keep, ranks_file
from scoring.registry.registry import StoredModel, model_for
from scoring.scores.data_fingerprint import DataFingerprint, of_before
from scoring.scores.day_model import model_of_day, ranks_of
from scoring.scores.doubts import by_firm, doubts_in, facts_read
from scoring.scores.peer_changes import earlier_features, peer_changes_on
from scoring.scores.stored_scores import score_columns, store_scores

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
    workers: Workers | None = None,
) -> pd.DataFrame:
    """Score every eligible firm of a cohort, store the run and give one row a firm, the highest points first.

    Columns firm_id, name, as_of, model, points, probability, base_points, low_points, high_points, thin_data,
    figures_in_doubt ("revenue_cny 2023; …": the score or the rules rest on them, see doubts.py; blank for most) and
    reason_<feature>; base_points + reasons = points; `attrs["warnings"]` what their reader must know.
    `expected_events`: how many firms of the cohort are expected to have the event within the model's horizon; unless
    given, the number a person set for the same scores (expected_events.py), else the mean of the last two known rates.
    Scoring the same facts again with the same model stores nothing new, unless other scores of the day have been stored
    since. `by`: whose name stands in the audit log. `workers`: who works out what is a firm's own (None: this process);
    what takes all firms, ranks, level and fingerprint, is worked out here, and the run is stored here.
    Raises NotScored or NotFound.
    """
    stored = model_for(engine, models_dir, as_of, cohort, model_id)
    if stored.event in NOT_READINESS:
        text = N_("Not scored: %(name)s foresees “%(event)s”, which is no readiness. See `goldseed ladder candidates`.")
        raise NotScored(Message(text, {"name": stored.id, "event": KINDS[stored.event]}))
    with engine.connect() as connection:
        entry = last_entry(connection)  # before anything is read: what comes in meanwhile counts as come since
    workers = Here(engine) if workers is None else workers
    snapshots = Snapshots(engine, [cohort], also=facts_read(), workers=workers).versioned(stored.event)
    day = snapshots.on(as_of)
    # All that is made of the firms' facts, in one reading; what they could change as well: the first explanation of one
    # firm should not have to read them all again.
    features = earlier = doubts = pd.DataFrame()
    if len(snapshots.last_years(as_of)):
        made = (earlier_features(snapshots, stored.lines, as_of), partial(_in_doubt, day=as_of))
        earlier, doubts = day.each_part(stored.lines, *made)
        features = day.eligible(stored.lines, stored.event)
    model = model_of_day(models_dir, stored, snapshots, as_of)
    if features.empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": as_of.isoformat()},
            )
        )
    features = features[model.features]
    scored, reasons = _scored(model, features, workers)
    run = ScoreRun(
        model_id=stored.id,
        cohort=cohort,
        as_of=as_of,
        scored_at=now,
        data_fingerprint=str(DataFingerprint.of(features)),
        base_points=model.base_points,
        reference=model.references[-1].name,
        audit_id=entry,
    )
    if expected_events is None:
        expected_events = _set_for(engine, run, features)
    if expected_events is not None:
        rate = min(max(expected_events / len(features), 1e-6), 1 - 1e-6)
        log_odds = scale.above_average(scored["points"].to_numpy())
        scored["probability"] = scale.sigmoid(log_odds + scale.offset_to(log_odds, rate))
    table = pd.DataFrame(
        {
            "name": day.labels["name"].reindex(features.index),
            "as_of": as_of.isoformat(),
            "model": stored.id,
            **scored,
            "base_points": model.base_points,
        }
    )
    run.expected_events = float(np.sum(table["probability"]))
    name = None if run.reference == stored.model.references[-1].name else ranks_file(run.reference)
    _store(engine, run, table, reasons, features, {} if name is None else {name: ranks_of(model)}, by)
    peer_changes_on(models_dir, stored, snapshots, as_of, earlier)
    doubted = by_firm(doubts)
    table["figures_in_doubt"] = ["; ".join(doubted.get(firm, ())) for firm in table.index]
    table = pd.concat([table, reasons.add_prefix("reason_")], axis=1)
    table = table.sort_values(["points"], ascending=False, kind="stable").reset_index()
    warnings = warnings_on(stored, as_of, cohort)
    if doubted_firms := int((table["figures_in_doubt"] != "").sum()):
        what = N_("%(count)s firms have figures in doubt (see figures_in_doubt): check them.")
        warnings.append(Message(what, {"count": doubted_firms}))
    table.attrs["warnings"] = [str(warning) for warning in warnings]
    return table


def _in_doubt(database: Engine | Connection, part: DayPart, day: date) -> pd.DataFrame:
    return doubts_in(database, part.facts, day, firms=part.which)


def _scored(model: ReadinessModel, features: pd.DataFrame, workers: Workers) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of `score_columns`, and the reasons; some firms at a time, whose scores are their own anyway."""
    at_once = workers.firms_at_once
    some = [features.iloc[at : at + at_once] for at in range(0, len(features), at_once)]
    columns, reasons = zip(*workers.each(_scores_of, some, model, len(features)), strict=True)
    return pd.concat(columns), pd.concat(reasons)


def _scores_of(
    _database: Engine, features: pd.DataFrame, model: ReadinessModel, of_all: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    scored = model.score(features, of_all=of_all)
    yield pd.DataFrame(score_columns(scored, features, scored.probability)), scored.reasons


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


def _store(
    engine: Engine,
    run: ScoreRun,
    table: pd.DataFrame,
    reasons: pd.DataFrame,
    values: pd.DataFrame,
    ranks: Mapping[str, bytes],
    by: str,
) -> None:
    expected = run.expected_events or 0.0
    with Session(engine) as session, session.begin():
        lock_writes(session)
        before = session.scalar(_same_scores(run, values))
        last = current_run(session, run.cohort, as_of=run.as_of, model_id=run.model_id)
        if (
            before is not None
            and last is not None
            and last.id == before.id
            and before.expected_events is not None
            and abs(before.expected_events - expected) < 1e-9 * max(1, expected)
        ):
            return
        store_scores(session, run, table, reasons, values)
        keep(session, run.model_id, ranks)
        details = {
            "model": run.model_id,
            "cohort": run.cohort,
            "as_of": run.as_of,
            "scored": len(table),
            "expected": run.expected_events,
            "data": run.data_fingerprint,
        }
        audit.record(session, people.console(by), "store_scores", f"score_run:{run.id}", details, run.scored_at)


def _same_scores(run: ScoreRun, features: pd.DataFrame) -> Select[ScoreRun]:
    """The last run stored with the same points: of the same facts by the same model with the same ranks."""
    fingerprints = (run.data_fingerprint, of_before(features))
    return (
        select(ScoreRun)
        .where(
            ScoreRun.model_id == run.model_id,
            ScoreRun.cohort == run.cohort,
            ScoreRun.as_of == run.as_of,
            ScoreRun.data_fingerprint.in_(fingerprints),
            ScoreRun.reference == run.reference,
        )
        .order_by(ScoreRun.id.desc())
        .limit(1)
    )


def _set_for(engine: Engine, run: ScoreRun, features: pd.DataFrame) -> float | None:
    """The expected number that a person set for the same scores; None without one."""
    with Session(engine) as session:
        before = session.scalar(_same_scores(run, features))
        return None if before is None or last_set(session, before) is None else before.expected_events


def last_set(session: Session, run: ScoreRun) -> AuditEntry | None:
    """The audit entry by which a person set the expected number that gives a run its level (expected_events.py writes
    it); None where nobody did. A run that takes over scores has the level of the one it is based on."""
    line = session.scalar(
        select(AuditEntry)
        .where(AuditEntry.action == SET_EXPECTED, AuditEntry.subject == f"score_run:{run.id}")
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if line is None and run.based_on is not None:
        return last_set(session, session.get_one(ScoreRun, run.based_on))
    return line if line is not None and line.details.get("after") == run.expected_events else None
