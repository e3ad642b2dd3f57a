"""Why scores moved between two days: the firms' own new figures, the other firms' ranks, another model.

Each step is worked out by the models themselves, so the steps add up to what the points moved by. Of two stored runs
the firms' figures are those that were stored with the scores: what has been learnt since does not change the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.errors import NotFound
from pipeline.facts import events_as_known_on, facts_and_firms
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Label, Message
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Score, ScoreRun
from pipeline.wording import number_format
from scoring.dataset.snapshot import AtHand, DayPart, DaySnapshot, Snapshots
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import NotScored
from scoring.explain.firm_snapshot import FirmSnapshot
from scoring.features.matrix import FEATURES, facts_used, shown
from scoring.registry.registry import StoredModel, load, model_for
from scoring.scores.day_model import model_of_day, with_ranks_of
from scoring.scores.stored_scores import stored_values

#: Changes below this many points are not told one by one.
WORTH_TELLING = 0.05
_STEPS = ("new_data", "moved_field", "new_model")
_BOTH = (CHINESE, ENGLISH)
#: How far the points of a stored score and of its model worked out again may lie apart.
_SAME_POINTS = 1e-6


@dataclass(frozen=True)
class FeatureMove:
    """What a firm's new value of one feature did to its points. `before`, `now`: the values on the feature's own scale
    (see Feature.unit), NaN unknown."""

    feature: str
    points: float
    before: float
    now: float

    @property
    def label(self) -> Label:
        return FEATURES[self.feature].label if self.feature in FEATURES else Label(self.feature, self.feature)

    @property
    def values(self) -> Label:
        """From what to what, as an officer reads it."""
        said = {tongue: [shown(self.feature, value, tongue) for value in (self.before, self.now)] for tongue in _BOTH}
        return Label(
            *(said[tongue][0] if len(set(said[tongue])) == 1 else " → ".join(said[tongue]) for tongue in _BOTH)
        )

    @property
    def message(self) -> Message:
        about = {"feature": self.label, "values": self.values, "points": _signed(self.points)}
        return Message(N_("%(feature)s %(values)s: %(points)s"), about)

    def as_json(self) -> JsonObject:
        before, now = (None if np.isnan(value) else value for value in (self.before, self.now))
        return {
            "feature": self.feature,
            "zh": self.label.zh,
            "en": self.label.en,
            "points": self.points,
            "before": before,
            "now": now,
            "shown_zh": self.values.zh,
            "shown_en": self.values.en,
        }


@dataclass(frozen=True)
class ScoreChange:
    """Why the score of a firm moved between two days: total = new_data (the firm's own new figures) + moved_field (the
    other firms' ranks) + new_model (another model), to rounding; None each where it cannot be told any more. `moves`:
    the part of the new figures, feature by feature, the weightiest first. The two models' scales are each centred on
    the firms of their own day."""

    firm_id: str
    before: date
    now: date
    points_before: float
    points_now: float
    new_data: float | None
    moved_field: float | None
    new_model: float | None
    model_before: str
    model_now: str
    moves: tuple[FeatureMove, ...]

    @property
    def total(self) -> float:
        return self.points_now - self.points_before

    def told(self, most: int = 3) -> Message:
        """The change with its parts and the weightiest of the new figures, at most `most` of them."""
        about: dict[str, object] = {
            "day": self.before.isoformat(),
            "before": number_format.decimal(self.points_before, 1),
            "now": number_format.decimal(self.points_now, 1),
            "change": _signed(self.total),
        }
        parts = self._parts(most)
        if not parts:
            return Message(N_("%(before)s points on %(day)s, now %(now)s (%(change)s)."), about)
        return Message(
            N_("%(before)s points on %(day)s, now %(now)s (%(change)s): %(parts)s."), {**about, "parts": parts}
        )

    def _parts(self, most: int) -> list[Message]:
        parts = []
        weighty = [move.message for move in self.moves[:most] if abs(move.points) >= WORTH_TELLING]
        if weighty:
            text = N_("its own new figures %(points)s (%(facts)s)")
            parts.append(Message(text, {"points": _signed(self.new_data), "facts": weighty}))
        for text, points in (
            (N_("its own new figures %(points)s"), None if weighty else self.new_data),
            (N_("the other firms' ranks %(points)s"), self.moved_field),
            (N_("another model %(points)s"), self.new_model),
        ):
            if points is not None and abs(points) >= WORTH_TELLING:
                parts.append(Message(text, {"points": _signed(points)}))
        return parts

    def as_json(self) -> JsonObject:
        return {
            "since": self.before.isoformat(),
            "points_before": self.points_before,
            "points_now": self.points_now,
            "change": self.total,
            **{name: getattr(self, name) for name in _STEPS},
            "model_before": self.model_before,
            "model_now": self.model_now,
            "by_feature": [move.as_json() for move in self.moves if abs(move.points) >= WORTH_TELLING],
        }


@dataclass(frozen=True)
class ScoreChanges:
    """The changes of many firms between two days. `table`: index firm_id sorted; columns points_before, points_now, and
    new_data, moved_field, new_model, which add up to the difference (NaN where that cannot be told); `moves`: index
    firm_id, a column a feature: what the new value did; `values_before`, `values_now`: of the same shape, the
    values."""

    before: date
    now: date
    model_before: str
    model_now: str
    table: pd.DataFrame
    moves: pd.DataFrame
    values_before: pd.DataFrame
    values_now: pd.DataFrame

    @cached_property
    def firms(self) -> frozenset[str]:
        return frozenset(self.table.index)

    def of(self, firm_id: str) -> ScoreChange | None:
        """Of one firm; None where it had no score on one of the days."""
        if firm_id not in self.firms:
            return None
        row = self.table.loc[firm_id]
        moves = self.moves.loc[firm_id] if firm_id in self.moves.index else pd.Series(dtype="float64")
        weightiest = moves.abs().sort_values(ascending=False, kind="stable").index
        return ScoreChange(
            firm_id=firm_id,
            before=self.before,
            now=self.now,
            points_before=float(row["points_before"]),
            points_now=float(row["points_now"]),
            **{name: None if np.isnan(row[name]) else float(row[name]) for name in _STEPS},
            model_before=self.model_before,
            model_now=self.model_now,
            moves=tuple(
                FeatureMove(
                    str(name),
                    float(moves[name]),
                    float(self.values_before.at[firm_id, name]),
                    float(self.values_now.at[firm_id, name]),
                )
                for name in weightiest
            ),
        )


def _split(
    models: tuple[ReadinessModel, ReadinessModel, ReadinessModel],
    values: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps in points, and what each feature's new value did.

    `models`: the old one with the ranks of the first day and with those of the second, the new one with those of the
    second; `values`: what the firms had, what they have, and what they have as the new model measures it; one index.
    """
    old_before, old_now, new_now = models
    before, after, measured_anew = values
    start, data = old_before.score(before), old_before.score(after)
    field, end = old_now.score(after), new_now.score(measured_anew)
    table = pd.DataFrame(
        {
            "points_before": start.points,
            "points_now": end.points,
            "new_data": data.points - start.points,
            "moved_field": field.points - data.points,
            "new_model": end.points - field.points,
        },
        index=before.index,
    )
    return table, data.reasons - start.reasons


def _signed(points: float | None) -> str:
    return number_format.decimal(points, 1, signed=True)


def change_since(models_dir: Path, then: FirmSnapshot, now: FirmSnapshot) -> ScoreChange:
    """Why the score of a firm moved between two days on which it has been read.

    Raises NotScored where on one of the days it had reported no recent figures, NotFound where no model is there.
    """
    old, new = (model_for(firm.engine, models_dir, firm.as_of, firm.cohort) for firm in (then, now))
    before, after = (firm.features(old.lines) for firm in (then, now))
    if before.empty or after.empty:
        raise NotScored(
            Message(
                N_("%(firm)s cannot be compared: on one of the two days it had stated no recent figures."),
                {"firm": now.name or now.id},
            )
        )
    snapshots = now.cohort_snapshots()
    old_before, old_now = (
        model_of_day(models_dir, old, snapshots.versioned(old.event), firm.as_of) for firm in (then, now)
    )
    new_now = model_of_day(models_dir, new, snapshots.versioned(new.event), now.as_of)
    measured_anew = now.features(new.lines)[new.model.features]
    before, after = before[old.model.features], after[old.model.features]
    table, moves = _split((old_before, old_now, new_now), (before, after, measured_anew))
    changes = ScoreChanges(then.as_of, now.as_of, old.id, new.id, table, moves, before, after)
    change = changes.of(now.id)
    assert change is not None
    return change


def changes_between(
    engine: Engine, models_dir: Path, before: ScoreRun, now: ScoreRun, firms: Sequence[str]
) -> ScoreChanges:
    """Why the scores of these firms moved between two stored runs; firms that one of them does not score are left out.

    The steps are NaN where they cannot be told: a model or its ranks are gone, or what the firms had was not stored.
    """
    with Session(engine, expire_on_commit=False) as session:
        points = [_points(session, run, firms) for run in (before, now)]
        both = points[0].index.intersection(points[1].index).sort_values()
        stored = [stored_values(session, run, list(both)) for run in (before, now)]
    table = pd.DataFrame(
        {
            "points_before": points[0].reindex(both),
            "points_now": points[1].reindex(both),
            **dict.fromkeys(_STEPS, np.nan),
        },
        index=both,
    )
    had, has = stored
    moves = values_before = values_now = pd.DataFrame(index=both)
    if had is not None and has is not None and len(both):
        told = _told(engine, models_dir, (before, now), (had, has))
        if told is not None:
            steps, moves, values_before, values_now = told
            # What a model says otherwise today than when the run was stored explains nothing of the run.
            apart = (steps[["points_before", "points_now"]] - table[["points_before", "points_now"]]).abs().max(axis=1)
            same = apart.index[apart <= _SAME_POINTS]
            table.loc[same, list(_STEPS)] = steps.loc[same, list(_STEPS)]
            moves = moves.loc[same]
    return ScoreChanges(before.as_of, now.as_of, before.model_id, now.model_id, table, moves, values_before, values_now)


def _points(session: Session, run: ScoreRun, firms: Sequence[str]) -> pd.Series:
    rows = session.execute(
        select(Score.firm_id, Score.points).where(Score.run_id == run.id, one_of(Score.firm_id, firms))
    )
    return pd.Series(dict(rows.all()), dtype="float64")


def _told(
    engine: Engine, models_dir: Path, runs: tuple[ScoreRun, ScoreRun], stored: tuple[pd.DataFrame, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame] | None:
    """The steps, what each feature did, and the values before and now, of the firms that the old model can score on
    both days; None where it cannot be told. `stored`: the values of both runs, one index."""
    before, now = runs
    had, has = stored
    try:
        old, new = (load(engine, models_dir, run.model_id) for run in runs)
        old_before = with_ranks_of(engine, models_dir, old, before.reference)
        new_now = with_ranks_of(engine, models_dir, new, now.reference)
    except (NotFound, FileNotFoundError):
        return None
    names = old.model.features
    old_now, after = new_now, has
    if old.id != new.id:
        snapshots = Snapshots(engine, old.cohorts).versioned(old.event)
        old_now = model_of_day(models_dir, old, snapshots, now.as_of)
        if old.lines != new.lines or set(names) - set(has):
            after = _features(engine, now, old, list(had.index))
    if set(names) - set(had) or set(new.model.features) - set(has):
        return None
    known = had.index.intersection(after.index)
    had, after, has = had.loc[known, names], after.loc[known, names], has.loc[known, new.model.features]
    table, moves = _split((old_before, old_now, new_now), (had, after, has))
    return table, moves, had, after


def _features(engine: Engine, run: ScoreRun, stored: StoredModel, firms: list[str]) -> pd.DataFrame:
    """What the firms had on the day of a run, as another model measures it."""
    facts, labels = facts_and_firms(engine, run.as_of, run.cohort, firms, facts_used())
    events = events_as_known_on(engine, run.as_of, run.cohort, firms)
    day = DaySnapshot(run.as_of, AtHand(engine, [DayPart(facts, labels)]), events)
    return day.features(stored.lines)
