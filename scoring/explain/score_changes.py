"""Why scores moved between two days: the firms' own new figures, the other firms' ranks, other listing rules, another
model.

Each step is worked out by the models themselves, so the steps add up to what the points moved by. Of two stored runs
the firms' figures are those that were stored with the scores: what has been learnt since does not change the answer.

The listing rules enter a score in one place: features measure against lines of the law, and a model keeps those of the
day it was trained for (features/listing_lines.py). So between two scores of one model no rule moves anything, and
where the two models' lines differ the step is what the old model says of firms that are all measured anew.
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
STEPS = ("new_data", "moved_field", "rules", "new_model")
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
    other firms' ranks) + rules (other lines of the listing rules) + new_model (another model), to rounding; None each
    where it cannot be told any more. `moves`: the part of the new figures, feature by feature, the weightiest first;
    `ruled`: of the features that other lines measure otherwise, from what to what. The two models' scales are each
    centred on the firms of their own day."""

    firm_id: str
    before: date
    now: date
    points_before: float
    points_now: float
    new_data: float | None
    moved_field: float | None
    rules: float | None
    new_model: float | None
    model_before: str
    model_now: str
    moves: tuple[FeatureMove, ...]
    ruled: tuple[FeatureMove, ...] = ()

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
        for text, points, moves in (
            (N_("its own new figures %(points)s"), self.new_data, self.moves),
            (N_("the other firms' ranks %(points)s"), self.moved_field, ()),
            (N_("other lines of the listing rules %(points)s"), self.rules, self.ruled),
            (N_("another model %(points)s"), self.new_model, ()),
        ):
            weighty = [move.message for move in moves[:most] if abs(move.points) >= WORTH_TELLING]
            if points is None or not (weighty or abs(points) >= WORTH_TELLING):
                continue
            part = Message(text, {"points": _signed(points)})
            parts.append(Message(N_("%(part)s (%(facts)s)"), {"part": part, "facts": weighty}) if weighty else part)
        return parts

    def as_json(self) -> JsonObject:
        return {
            "since": self.before.isoformat(),
            "points_before": self.points_before,
            "points_now": self.points_now,
            "change": self.total,
            **{name: getattr(self, name) for name in STEPS},
            "model_before": self.model_before,
            "model_now": self.model_now,
            "by_feature": [move.as_json() for move in self.moves if abs(move.points) >= WORTH_TELLING],
            "by_rule": [move.as_json() for move in self.ruled],
        }


@dataclass(frozen=True)
class Moves:
    """What new values of features did: index firm_id, a column a feature, in three tables of one shape: the points of
    it, the values before, the values now."""

    points: pd.DataFrame
    before: pd.DataFrame
    now: pd.DataFrame

    def of(self, firm_id: str) -> tuple[FeatureMove, ...]:
        """Of one firm, the weightiest first; none where nothing is told of it."""
        if firm_id not in self.points.index:
            return ()
        points = self.points.loc[firm_id]
        return tuple(
            FeatureMove(
                str(name),
                float(points[name]),
                float(self.before.at[firm_id, name]),
                float(self.now.at[firm_id, name]),
            )
            for name in points.abs().sort_values(ascending=False, kind="stable").index
        )

    def of_firms(self, firms: pd.Index) -> "Moves":
        return Moves(self.points.loc[firms], self.before.loc[firms], self.now.loc[firms])

    @classmethod
    def none(cls, firms: pd.Index) -> "Moves":
        nothing = pd.DataFrame(index=firms)
        return cls(nothing, nothing, nothing)


@dataclass(frozen=True)
class ScoreChanges:
    """The changes of many firms between two days. `table`: index firm_id sorted; columns points_before, points_now, and
    STEPS, which add up to the difference (NaN where that cannot be told); `own`: what the firms' new figures did;
    `ruled`: what other lines of the listing rules did to the features that measure against them."""

    before: date
    now: date
    model_before: str
    model_now: str
    table: pd.DataFrame
    own: Moves
    ruled: Moves

    @cached_property
    def firms(self) -> frozenset[str]:
        return frozenset(self.table.index)

    @property
    def moves(self) -> pd.DataFrame:
        """What the new value of each feature did, in points."""
        return self.own.points

    @property
    def values_before(self) -> pd.DataFrame:
        return self.own.before

    @property
    def values_now(self) -> pd.DataFrame:
        return self.own.now

    def of(self, firm_id: str) -> ScoreChange | None:
        """Of one firm; None where it had no score on one of the days."""
        if firm_id not in self.firms:
            return None
        row = self.table.loc[firm_id]
        told_otherwise = [move for move in self.ruled.of(firm_id) if not _same(move.before, move.now)]
        return ScoreChange(
            firm_id=firm_id,
            before=self.before,
            now=self.now,
            points_before=float(row["points_before"]),
            points_now=float(row["points_now"]),
            **{name: None if np.isnan(row[name]) else float(row[name]) for name in STEPS},
            model_before=self.model_before,
            model_now=self.model_now,
            moves=self.own.of(firm_id),
            ruled=tuple(told_otherwise),
        )


def _same(before: float, now: float) -> bool:
    return before == now or (np.isnan(before) and np.isnan(now))


@dataclass(frozen=True)
class _Models:
    """The old model with the ranks of the first day, with those of the second, and with those of the second day where
    all firms are measured against the new model's lines; the new one with the ranks of the second day."""

    old_before: ReadinessModel
    old_now: ReadinessModel
    old_ruled: ReadinessModel
    new_now: ReadinessModel


@dataclass(frozen=True)
class _Values:
    """What the firms had and what they have, as the old model measures it; what they have by the new model's lines, in
    the old model's features and in the new model's own. One index."""

    before: pd.DataFrame
    after: pd.DataFrame
    ruled: pd.DataFrame
    new: pd.DataFrame


def _split(models: _Models, values: _Values) -> tuple[pd.DataFrame, Moves, Moves]:
    """The steps in points, what each feature's new value did, and what other lines did to each."""
    start, data = models.old_before.score(values.before), models.old_before.score(values.after)
    field = models.old_now.score(values.after)
    same_lines = models.old_ruled is models.old_now
    ruled = field if same_lines else models.old_ruled.score(values.ruled)
    end = models.new_now.score(values.new)
    table = pd.DataFrame(
        {
            "points_before": start.points,
            "points_now": end.points,
            "new_data": data.points - start.points,
            "moved_field": field.points - data.points,
            "rules": ruled.points - field.points,
            "new_model": end.points - ruled.points,
        },
        index=values.before.index,
    )
    own = Moves(data.reasons - start.reasons, values.before, values.after)
    if same_lines:
        return table, own, Moves.none(table.index)
    return table, own, Moves(ruled.reasons - field.reasons, values.after, values.ruled)


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
    old_ruled = _by_lines_of(models_dir, old, new, snapshots.versioned(old.event), now.as_of, old_now)
    new_now = model_of_day(models_dir, new, snapshots.versioned(new.event), now.as_of)
    measured_anew = now.features(new.lines)
    names = old.model.features
    values = _Values(before[names], after[names], measured_anew[names], measured_anew[new.model.features])
    steps = _split(_Models(old_before, old_now, old_ruled, new_now), values)
    changes = ScoreChanges(then.as_of, now.as_of, old.id, new.id, *steps)
    change = changes.of(now.id)
    assert change is not None
    return change


def _by_lines_of(
    models_dir: Path, old: StoredModel, new: StoredModel, snapshots: Snapshots, day: date, old_now: ReadinessModel
) -> ReadinessModel:
    """The old model where all firms are measured against the new one's lines: the very same where these are its own."""
    return old_now if old.lines == new.lines else model_of_day(models_dir, old, snapshots, day, new.lines)


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
            **dict.fromkeys(STEPS, np.nan),
        },
        index=both,
    )
    had, has = stored
    own = ruled = Moves.none(both)
    if had is not None and has is not None and len(both):
        told = _told(engine, models_dir, (before, now), (had, has))
        if told is not None:
            steps, own, ruled = told
            # What a model says otherwise today than when the run was stored explains nothing of the run.
            apart = (steps[["points_before", "points_now"]] - table[["points_before", "points_now"]]).abs().max(axis=1)
            same = apart.index[apart <= _SAME_POINTS]
            table.loc[same, list(STEPS)] = steps.loc[same, list(STEPS)]
            own, ruled = own.of_firms(same), ruled.of_firms(same)
    return ScoreChanges(before.as_of, now.as_of, before.model_id, now.model_id, table, own, ruled)


def _points(session: Session, run: ScoreRun, firms: Sequence[str]) -> pd.Series:
    rows = session.execute(
        select(Score.firm_id, Score.points).where(Score.run_id == run.id, one_of(Score.firm_id, firms))
    )
    return pd.Series(dict(rows.all()), dtype="float64")


def _told(
    engine: Engine, models_dir: Path, runs: tuple[ScoreRun, ScoreRun], stored: tuple[pd.DataFrame, pd.DataFrame]
) -> tuple[pd.DataFrame, Moves, Moves] | None:
    """The steps, what each feature did, and what other lines did, of the firms that the old model can score on both
    days; None where it cannot be told. `stored`: the values of both runs, one index."""
    before, now = runs
    had, has = stored
    try:
        old, new = (load(engine, models_dir, run.model_id) for run in runs)
        old_before = with_ranks_of(engine, models_dir, old, before.reference)
        new_now = with_ranks_of(engine, models_dir, new, now.reference)
    except (NotFound, FileNotFoundError):
        return None
    names = old.model.features
    old_now, old_ruled, after, ruled = new_now, new_now, has, has
    if old.id != new.id:
        snapshots = Snapshots(engine, old.cohorts).versioned(old.event)
        old_now = model_of_day(models_dir, old, snapshots, now.as_of)
        old_ruled = _by_lines_of(models_dir, old, new, snapshots, now.as_of, old_now)
        if set(names) - set(has):
            ruled = _features(engine, now, old.measured_by(new.lines), list(had.index))
        after = _features(engine, now, old, list(had.index)) if old.lines != new.lines else ruled
    if set(names) - set(had) or set(new.model.features) - set(has):
        return None
    known = had.index.intersection(after.index).intersection(ruled.index)
    values = _Values(
        had.loc[known, names], after.loc[known, names], ruled.loc[known, names], has.loc[known, new.model.features]
    )
    return _split(_Models(old_before, old_now, old_ruled, new_now), values)


def _features(engine: Engine, run: ScoreRun, stored: StoredModel, firms: list[str]) -> pd.DataFrame:
    """What the firms had on the day of a run, as another model measures it."""
    facts, labels = facts_and_firms(engine, run.as_of, run.cohort, firms, facts_used())
    events = events_as_known_on(engine, run.as_of, run.cohort, firms)
    day = DaySnapshot(run.as_of, AtHand(engine, [DayPart(facts, labels)]), events)
    return day.features(stored.lines)
