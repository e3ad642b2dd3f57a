"""Scores brought up to date for the firms whose facts have changed since they were stored, and for these alone.

A firm's points rest on its own facts and on the ranks of the run, which are stored. So after an import the firms that
it touched are scored anew, on the day and with the ranks and the level of the current run; the others' scores are taken
over as they are. What comes out is what scoring all firms with these ranks would give. Ranks are taken anew where a
cohort is scored whole (score_cohort.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import NotFound, ShownToPeople
from pipeline.facts import events_as_known_on, facts_and_firms
from pipeline.language import N_, Message
from pipeline.store.current import current_run
from pipeline.store.engines.full_disk import disk_trouble
from pipeline.store.many_ids import one_of, without_index
from pipeline.store.tables import CITY, Firm, Import, Return, ReturnRow, Score, ScoreRun
from pipeline.store.trail.touched import FIGURES, last_entry, touched_since
from pipeline.store.write_lock import lock_writes
from scoring.dataset.snapshot import AtHand, DayPart, DaySnapshot
from scoring.engine import calibration as scale
from scoring.features.matrix import facts_used
from scoring.registry.registry import load
from scoring.scores.data_fingerprint import DataFingerprint
from scoring.scores.day_model import with_ranks_of
from scoring.scores.stored_scores import score_columns, store_scores, stored_values, take_over


@dataclass(frozen=True)
class TouchedScores:
    """What became of the current scores of a cohort, `as_of` their day, None where there are none.

    `run`: the run stored now, None where nothing moved; `touched`: firms about which something came in; `scored`: of
    these, scored anew; `dropped`: without a score from now on; `later`: of these, with figures that became known after
    the day of the scores, which do not count in them; `not_done`: why the scores could not be brought up to date, None
    where they are.
    """

    as_of: date | None = None
    run: int | None = None
    touched: int = 0
    scored: int = 0
    dropped: int = 0
    later: int = 0
    not_done: Message | None = None

    @property
    def messages(self) -> list[Message]:
        """What moved and what does not count, in words; none where there is nothing to say."""
        if self.not_done is not None:
            return [self.not_done]
        about = {"day": "" if self.as_of is None else self.as_of.isoformat()}
        said = []
        if self.scored:
            text = N_("Scores of %(day)s: %(scored)s firms scored anew.")
            said.append(Message(text, {**about, "scored": self.scored}))
        if self.dropped:
            text = N_("Scores of %(day)s: %(dropped)s firms can no longer be scored.")
            said.append(Message(text, {**about, "dropped": self.dropped}))
        if self.later:
            text = N_(
                "%(later)s firms have figures that became known after %(day)s, the day of the scores, and do not count "
                "in them. To count them, score a later day: goldseed score --as-of DAY"
            )
            said.append(Message(text, {**about, "later": self.later}))
        return said


def in_words(done: Sequence[TouchedScores]) -> list[Message]:
    """What became of all scores, for whoever imported a file or took one back: that nothing moved is said as well."""
    said = [message for one in done for message in one.messages]
    still = all(one.not_done is None and one.run is None for one in done)
    if still and any(one.as_of is not None for one in done):
        return [Message(N_("The scores stay as they are: nothing that counts in them has changed.")), *said]
    return said


def bring_up_to_date(engine: Engine, models_dir: Path, *, now: datetime, by: str = "console") -> list[TouchedScores]:
    """score_touched of every cohort that has scores: what follows an import and its undoing.

    What has come in is stored already and stays so: where the scores cannot be stored, that is said and not raised.
    """
    with engine.connect() as connection:
        cohorts = list(connection.scalars(select(ScoreRun.cohort).distinct().order_by(ScoreRun.cohort)))
    done = []
    for cohort in cohorts:
        try:
            done.append(score_touched(engine, models_dir, now=now, cohort=cohort, by=by))
        except (ShownToPeople, OperationalError) as error:
            trouble = error if isinstance(error, ShownToPeople) else disk_trouble(error)
            if trouble is None:
                raise
            done.append(TouchedScores(not_done=_not_stored(trouble)))
    return done


def _not_stored(trouble: ShownToPeople) -> Message:
    return Message(N_("The scores are not brought up to date yet: %(why)s"), {"why": trouble.message})


def score_touched(
    engine: Engine, models_dir: Path, *, now: datetime, cohort: str = CITY, by: str = "console"
) -> TouchedScores:
    """Store a run in which the firms are scored anew that anything came in about since the current run was made.

    Nothing is stored where none of their features is another one. `by`: whose name stands in the audit log.
    """
    with Session(engine, expire_on_commit=False) as session:
        base = current_run(session, cohort)
        if base is None:
            return TouchedScores()
        entry = last_entry(session.connection())
        fingerprint = DataFingerprint.read(base.data_fingerprint)
        touched = None if base.audit_id is None else touched_since(session.connection(), base.audit_id, entry)
        # None: anything may have changed, or the run is of a program that did not say what it had read.
        firms = None if touched is None else touched.firms.get(FIGURES, set())
        if fingerprint is None or firms is None:
            return TouchedScores(base.as_of, not_done=_all_anew(base))
        mine = _of_cohort(session, firms, cohort)
        before = stored_values(session, base, mine)
        if before is None:
            return TouchedScores(base.as_of, not_done=_all_anew(base))
        if not mine:
            return TouchedScores(base.as_of)
        if (level := _level_of(session, base)) is None:
            return TouchedScores(base.as_of, not_done=_all_anew(base))
        later = _known_after(session, mine, base)
    try:
        stored = load(engine, models_dir, base.model_id)
        model = with_ranks_of(engine, models_dir, stored, base.reference)
    except (NotFound, FileNotFoundError):
        return TouchedScores(base.as_of, touched=len(mine), not_done=_all_anew(base))
    facts, labels = facts_and_firms(engine, base.as_of, cohort, mine, facts_used())
    events = events_as_known_on(engine, base.as_of, cohort, mine)
    day = DaySnapshot(base.as_of, AtHand(engine, [DayPart(facts, labels)]), events)
    features = day.eligible(stored.lines, stored.event)[model.features]
    moved = features.index[~(_equal(features, before.reindex(features.index)) & features.index.isin(before.index))]
    dropped = list(before.index.difference(features.index))
    if not len(moved) and not dropped:
        return TouchedScores(base.as_of, touched=len(mine), later=later)
    features = features.loc[moved]
    scored = model.score(features)
    probability = scale.sigmoid(scale.above_average(scored.points.to_numpy()) + level)
    table = pd.DataFrame(score_columns(scored, features, probability), index=features.index)
    gone = before.loc[before.index.intersection(moved).union(dropped)]
    run = ScoreRun(
        model_id=base.model_id,
        cohort=cohort,
        as_of=base.as_of,
        scored_at=now,
        data_fingerprint=str(fingerprint.with_rows(DataFingerprint.of(gone), DataFingerprint.of(features))),
        base_points=base.base_points,
        reference=base.reference,
        audit_id=entry,
        based_on=base.id,
    )
    if not _store(engine, run, base, table, scored.reasons, features, dropped, by):
        return score_touched(engine, models_dir, now=now, cohort=cohort, by=by)
    return TouchedScores(base.as_of, run.id, len(mine), len(moved), len(dropped), later)


def _of_cohort(session: Session, firms: set[str], cohort: str) -> list[str]:
    """Those of them that are of the cohort, sorted."""
    return sorted(session.scalars(select(Firm.id).where(Firm.cohort == cohort, one_of(Firm.id, firms))))


def _known_after(session: Session, firms: list[str], run: ScoreRun) -> int:
    """How many of these firms have figures in force that came in since the run was made, and became known after its
    day."""
    statement = (
        select(func.count(func.distinct(ReturnRow.firm_id)))
        .join(Return, Return.id == without_index(ReturnRow.return_id))
        .join(Import, Import.id == Return.import_id)
        .where(Return.in_force, Import.imported_at > run.scored_at, ReturnRow.known_on > run.as_of)
        .where(one_of(ReturnRow.firm_id, firms))
    )
    return session.scalar(statement) or 0


def _equal(features: pd.DataFrame, before: pd.DataFrame) -> np.ndarray:
    """Which rows have the same values, unknown ones included."""
    now, then = features.to_numpy(), before.to_numpy()
    return np.asarray(((now == then) | (np.isnan(now) & np.isnan(then))).all(axis=1))


def _level_of(session: Session, run: ScoreRun) -> float | None:
    """The log-odds that the probabilities of a run give to a firm with 50 points; None where it has scored nobody."""
    nearest = func.abs(Score.probability - 0.5)  # where rounding counts least
    row = session.execute(
        select(Score.points, Score.probability).where(Score.run_id == run.id).order_by(nearest, Score.id).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return float(np.log(row.probability / (1 - row.probability)) - scale.above_average(row.points))


def _store(
    engine: Engine,
    run: ScoreRun,
    base: ScoreRun,
    table: pd.DataFrame,
    reasons: pd.DataFrame,
    values: pd.DataFrame,
    dropped: list[str],
    by: str,
) -> bool:
    """False, and nothing is stored, where other scores have been stored since `base` was read."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        lock_writes(session)
        current = current_run(session, run.cohort)
        if current is None or current.id != base.id:
            return False
        store_scores(session, run, table, reasons, values)
        take_over(session, run, base, dropped)
        run.expected_events = float(
            session.scalar(select(func.sum(Score.probability)).where(Score.run_id == run.id)) or 0.0
        )
        details = {
            "model": run.model_id,
            "cohort": run.cohort,
            "as_of": run.as_of,
            "based_on": base.id,
            "scored": len(table),
            "dropped": len(dropped),
            "expected": run.expected_events,
            "data": run.data_fingerprint,
        }
        audit.record(session, people.console(by), "store_touched_scores", f"score_run:{run.id}", details, run.scored_at)
        return True


def _all_anew(base: ScoreRun) -> Message:
    text = N_(
        "The scores of %(day)s cannot be brought up to date firm by firm. Score all: goldseed score --as-of %(day)s"
    )
    return Message(text, {"day": base.as_of.isoformat()})
