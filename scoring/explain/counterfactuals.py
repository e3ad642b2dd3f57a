"""What would raise a firm's score: the next thresholds of the model's own trees, one action or two at a time.

A suggestion moves a fact of the firm's last year and what follows from it (actions.py); all features are computed anew
from those facts and the whole is scored before it is told. Only facts a firm can act on move, only as far as firms of
its size and industry did within two years. Fixed facts (age, district, past years) never move: nobody is told to get
older. Nothing is told that does harm: that makes a loss larger, leaves the range of the catalogue, makes a part larger
than its whole, or moves away from what a board's rules ask (rule_effects.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.catalog import catalog
from pipeline.derived_facts.deriving import with_derived
from pipeline.intake.plausibility.plausibility import MOST_GROWTH, PARTS
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.engine.readiness_model import ReadinessModel
from scoring.explain.actions import ACTIONS, PROFITS, SAME_MONEY, TARGETS, Past, first_known
from scoring.explain.firm_snapshot import FirmSnapshot, firm_snapshot
from scoring.explain.rule_effects import rule_effects
from scoring.explain.suggestion import Change, Suggestion
from scoring.features.derived_figures import yearly_figures
from scoring.features.history import YEARS_BACK
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import FEATURES, facts_used, features_of
from scoring.scores.day_model import DayModel, model_for_one_firm
from scoring.scores.peer_changes import FeasibleChange, PeerChanges, divisions_of, peer_changes_on, stored_peer_changes

#: Suggestions below this many points are not worth a talk.
_WORTH_POINTS = 0.5
_SINGLES, _PAIRS = 6, 3
#: Amounts that no firm is told to make more than MOST_GROWTH times as large in a year.
_GROWN = ("revenue_cny", "main_business_revenue_cny", "rd_spend_cny", "rd_expense_cny", "rd_expense_hnte_cny")


def split_points(text: str) -> dict[int, np.ndarray]:
    """column -> every threshold the trees of a model's text set on it, ascending."""
    found: dict[int, set[float]] = {}
    for block in re.split(r"\nTree=\d+\n", text)[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        if int(fields["num_leaves"]) < 2:
            continue
        for column, threshold in zip(fields["split_feature"].split(), fields["threshold"].split(), strict=True):
            found.setdefault(int(column), set()).add(float(threshold))
    return {column: np.array(sorted(values)) for column, values in found.items()}


@dataclass(frozen=True)
class Firm:
    """One firm as it is: `facts` index (firm_id, year), all that is known of it, and what follows from that where its
    model reads it: what a firm does moves the figures of its last year, and none of those before; `labels` its row of
    firms; `lines`: the listing lines of the model that reads it."""

    facts: pd.DataFrame
    labels: pd.DataFrame
    as_of: date
    lines: ListingLines

    def last(self) -> pd.DataFrame:
        """The figures of its last year, one row."""
        return self.facts.select_dtypes("number").iloc[[-1]].astype("float64").reset_index(drop=True)

    def features_of(self, versions: pd.DataFrame) -> pd.DataFrame:
        """The features it would have with each of these last years: a row a version, through the feature functions."""
        used = [name for name in facts_used() if name in self.facts]
        past = self.facts[used].iloc[-1 - YEARS_BACK :].astype("float64")
        years = past.index.get_level_values(1)
        every = np.repeat(past.to_numpy()[None], len(versions), axis=0)
        every[:, -1, :] = versions[used].to_numpy(float)
        index = pd.MultiIndex.from_product([range(len(versions)), years], names=self.facts.index.names)
        labels = self.labels.iloc[np.zeros(len(versions), dtype=int)].set_axis(range(len(versions)))
        return features_of(pd.DataFrame(every.reshape(-1, len(used)), index, used), labels, self.as_of, self.lines)


@dataclass(frozen=True)
class _Candidate:
    """One action to a value that takes a feature past a threshold of the trees, and what it is worth alone."""

    action: str
    value: float
    feature: str
    gain: float


def suggestions(model: ReadinessModel, firm: Firm, feasible: FeasibleChange) -> list[Suggestion]:
    """What one firm could do: single actions, the most points first, then pairs; each scored before it is told."""
    known = firm.features_of(firm.last())
    now = float(model.score(known[model.features]).points.iloc[0])
    candidates = _candidates(model, firm, known, feasible)
    if candidates.empty:
        return []
    tries = [{row.action: row.value} for row in candidates.itertuples()]
    tried = _tried(model, firm, known, feasible, tries)
    candidates["gain"] = tried.points - now
    columns = tried.features.columns.get_indexer(candidates["feature"])
    reached = tried.features.to_numpy()[np.arange(len(candidates)), columns]
    # Just past its threshold and no further than firms went: rounding to whole yuan or patents may break either.
    fit = tried.within & (reached >= candidates["threshold"]) & (candidates["gain"] >= _WORTH_POINTS)
    best = _fewest_steps(candidates[fit])[:_SINGLES]
    pairs = [pair for pair in combinations(best, 2) if {one.action for one in pair} not in SAME_MONEY]
    sets: list[tuple[_Candidate, ...]] = [(candidate,) for candidate in best] + [_in_order(pair) for pair in pairs]
    if not sets:
        return []
    tried = _tried(model, firm, known, feasible, [{one.action: one.value for one in applied} for applied in sets])
    singles, doubles = [], []
    for place, applied in enumerate(sets):
        features = (known.iloc[0], tried.features.iloc[place])
        suggestion = _suggestion(applied, firm.last(), tried.versions.iloc[place], features)
        suggestion = replace(suggestion, points_now=now, points_then=float(tried.points[place]))
        if len(applied) == 1:
            singles.append(suggestion)
        elif tried.within[place] and suggestion.gain > max(one.gain for one in applied) + _WORTH_POINTS:
            doubles.append(suggestion)
    doubles.sort(key=lambda suggestion: -suggestion.gain)
    return [*singles, *doubles[:_PAIRS]]


def _in_order(pair: tuple[_Candidate, ...]) -> tuple[_Candidate, ...]:
    """Actions in the order of the table: what one moves along, the next one's own value has the last word on."""
    return tuple(sorted(pair, key=lambda candidate: list(ACTIONS).index(candidate.action)))


def _suggestion(
    applied: Sequence[_Candidate], last: pd.DataFrame, version: pd.Series, features: tuple[pd.Series, pd.Series]
) -> Suggestion:
    """`last`: the last year's facts, one row; `version`: the same with what moved; `features`: before and after. Its
    points are set by the caller."""
    before, after = features
    changes = []
    for candidate in applied:
        fact, feature = _fact_in_use(last, ACTIONS[candidate.action].facts), candidate.feature
        change = Change(
            action=candidate.action,
            fact=fact,
            fact_from=float(last[fact].iloc[0]),
            fact_to=float(version[fact]),
            feature=feature,
            value_from=float(before[feature]),
            value_to=float(after[feature]),
        )
        changes.append(change)
    moved = version[(version != last.iloc[0]) & version.notna()]
    facts = {str(name): float(value) for name, value in moved.items()}
    profit = _fact_in_use(last, ACTIONS["profit"].facts)
    moves_along = profit in facts and all(candidate.action != "profit" for candidate in applied)
    profit_before = (profit, float(last[profit].iloc[0])) if moves_along else None
    return Suggestion(tuple(changes), facts, np.nan, np.nan, profit_before)


def _fact_in_use(last: pd.DataFrame, facts: Sequence[str]) -> str:
    """Of these facts the first that is known."""
    return next((fact for fact in facts if fact in last and last[fact].notna().iloc[0]), facts[0])


@dataclass(frozen=True)
class _Tried:
    """Versions of a firm's last year, their features and points, and whether they stay within what is feasible."""

    versions: pd.DataFrame
    features: pd.DataFrame
    points: np.ndarray
    within: np.ndarray


def _tried(
    model: ReadinessModel,
    firm: Firm,
    known: pd.DataFrame,
    feasible: FeasibleChange,
    sets: Sequence[Mapping[str, float]],
) -> _Tried:
    """Every set of {action: value} applied to its own copy of the last year, all in one frame."""
    last = firm.last()
    versions = last.iloc[np.zeros(len(sets), dtype=int)].reset_index(drop=True)
    for name, action in ACTIONS.items():
        wanted = np.array([values.get(name, np.nan) for values in sets])
        rows = np.flatnonzero(~np.isnan(wanted))
        if len(rows):
            part = versions.iloc[rows].copy()
            action.apply(part, np.maximum(wanted[rows] - first_known(part, action.facts), 0.0))
            versions.iloc[rows] = part.to_numpy()
    features = firm.features_of(versions)
    before = known.iloc[0]
    within = np.ones(len(sets), dtype=bool)
    for name, furthest in feasible.up.items():
        feature = FEATURES.get(name)
        if feature is not None and feature.actionable and feature.direction > 0 and name in features:
            rise = features[name].to_numpy() - before[name]
            within &= ~(rise > furthest + 1e-9)
    within &= _harmless(versions, last)
    return _Tried(versions, features, model.score(features[model.features]).points.to_numpy(), within)


def _harmless(versions: pd.DataFrame, last: pd.DataFrame) -> np.ndarray:
    """The versions of the last year that make no loss larger and could be returned without a question of the intake."""
    fine = np.ones(len(versions), dtype=bool)
    for fact in PROFITS:
        if fact in versions:
            profit, before = versions[fact].to_numpy(float), float(last[fact].iloc[0])
            fine &= ~((profit < 0) & (profit < before))
    for fact, about in catalog().items():
        if fact in versions:
            value, before = versions[fact].to_numpy(float), float(last[fact].iloc[0])
            moved = np.abs(value - before) > 0
            fine &= ~(moved & (value < (-np.inf if about.low is None else about.low)))
            fine &= ~(moved & (value > (np.inf if about.high is None else about.high)))
    for fact in _GROWN:
        if fact in versions and (before := float(last[fact].iloc[0])) > 0:
            fine &= ~(versions[fact].to_numpy(float) > MOST_GROWTH * before)
    for part, whole in PARTS:
        if part in versions and whole in versions and not float(last[part].iloc[0]) > float(last[whole].iloc[0]):
            fine &= ~(versions[part].to_numpy(float) > versions[whole].to_numpy(float))
    return fine


def _candidates(model: ReadinessModel, firm: Firm, known: pd.DataFrame, feasible: FeasibleChange) -> pd.DataFrame:
    """feature, threshold, action, value: what the action's fact must be for a feature to pass each of the trees'
    thresholds that lies between its value and what is feasible."""
    reference = model.references[-1] if model.references else None
    recent = firm.facts.iloc[-1 - YEARS_BACK :]
    last = firm.last()
    figures = yearly_figures(recent[[name for name in facts_used() if name in recent]])
    past = Past(figures, last.iloc[0], firm.lines)
    rows: list[tuple[str, float, str, float]] = []
    for column, splits in split_points(model.text).items():
        name = model.features[column]
        feature = FEATURES.get(name)
        if feature is None or not feature.actionable or feature.direction <= 0 or name not in feasible.up:
            continue
        value = float(known[name].iloc[0])
        if np.isnan(value) or name not in TARGETS:
            continue
        thresholds = _thresholds(name, splits, reference)
        thresholds = thresholds[(thresholds > value) & (thresholds <= value + feasible.up[name])]
        action = ACTIONS[TARGETS[name][0]]
        reported = float(first_known(last, action.facts)[0])
        more = TARGETS[name][1](thresholds, past) if len(thresholds) and not np.isnan(reported) else np.array([])
        # Money is told in whole 万元, a patent is whole: rounded up, never back below the threshold.
        values = np.ceil((reported + more) / action.step - 1e-9) * action.step
        bound = first_known(last, action.upper_bound)[0] if action.upper_bound else np.inf
        highest = min(bound, _highest(last, action.facts))
        possible = np.flatnonzero((values > reported) & ~(values > highest))
        rows += [(name, thresholds[place], TARGETS[name][0], values[place]) for place in possible]
    table = pd.DataFrame(rows, columns=["feature", "threshold", "action", "value"])
    return table.drop_duplicates(["feature", "action", "value"]).reset_index(drop=True)


def _thresholds(name: str, splits: np.ndarray, reference: ReferenceDistribution | None) -> np.ndarray:
    """The trees' thresholds of a feature in its own unit, just above each, ascending."""
    values = splits if reference is None else np.array([reference.value_at(name, rank) for rank in splits])
    # A tree sends what equals its threshold to the lower side.
    return np.unique(values + np.maximum(np.abs(values), 1e-3) * 1e-6)


def _highest(last: pd.DataFrame, facts: Sequence[str]) -> float:
    """The most that the catalogue allows for the fact in which an action is told."""
    high = catalog()[_fact_in_use(last, facts)].high
    return np.inf if high is None else float(high)


def _fewest_steps(candidates: pd.DataFrame) -> list[_Candidate]:
    """Per action the smallest change that brings nine tenths of what the action can bring; the best first."""
    if candidates.empty:
        return []
    most = candidates.groupby("action")["gain"].transform("max")
    enough = candidates[candidates["gain"] >= 0.9 * most].sort_values(["value", "feature"])
    first = enough.groupby("action", as_index=False).first().sort_values("gain", ascending=False)
    return [_Candidate(row.action, float(row.value), row.feature, float(row.gain)) for row in first.itertuples()]


@dataclass(frozen=True)
class Recourse:
    """What would raise a firm's score, and how many firms of its size say what is feasible (0: nobody could say).

    `suggestions`: single actions, the most points first, then combinations of two of them (`combines`).
    """

    suggestions: tuple[Suggestion, ...] = ()
    firms_of_its_size: int = 0

    @property
    def singles(self) -> tuple[Suggestion, ...]:
        return tuple(suggestion for suggestion in self.suggestions if not suggestion.combines)

    @property
    def combinations(self) -> tuple[Suggestion, ...]:
        return tuple(suggestion for suggestion in self.suggestions if suggestion.combines)


def what_would_raise(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None
) -> Recourse:
    """What would raise the score of a firm as known on a day. Raises NotFound for an unknown firm or no model."""
    firm = firm_snapshot(engine, firm_id, as_of)
    return recourse_of(models_dir, firm, model_for_one_firm(models_dir, firm.cohort_snapshots(), as_of, model_id))


def _peers(models_dir: Path, day_model: DayModel, day: date) -> PeerChanges:
    """The changes that bound suggestions: beside stored scores those cached with them, else those of the day."""
    stored, snapshots, run = day_model.stored, day_model.snapshots, day_model.ranks_of
    if run is not None:
        day = run.as_of
        kept = stored_peer_changes(snapshots.engine, models_dir, stored, snapshots.cohorts, day)
        if kept is not None:
            return kept
    return peer_changes_on(models_dir, stored, snapshots, day)


def recourse_of(models_dir: Path, firm: FirmSnapshot, day_model: DayModel) -> Recourse:
    """As what_would_raise, of a firm that has been read, by the model of its page."""
    stored = day_model.stored
    features = firm.features(stored.lines)
    if features.empty:
        return Recourse()
    peers = _peers(models_dir, day_model, firm.as_of)
    if not peers.firms:
        return Recourse()
    division = float(divisions_of(firm.labels["industry_code"]).iloc[0])
    feasible = peers.feasible(float(features["revenue"].iloc[0]), division)
    stated = firm.only(_facts_read())
    as_is = Firm(with_derived(stated) if stored.lines.derives else stated, firm.labels, firm.as_of, stored.lines)
    found = suggestions(day_model.model, as_is, feasible)
    if not found:
        return Recourse(firms_of_its_size=feasible.firms)
    effects = rule_effects(*firm.for_rules, [suggestion.facts for suggestion in found], firm.as_of)
    told = [
        replace(suggestion, also_meets=effect.newly_met)
        for suggestion, effect in zip(found, effects, strict=True)
        if not effect.harms
    ]
    return Recourse(tuple(_numbered(told)), feasible.firms)


def _numbered(told: Sequence[Suggestion]) -> list[Suggestion]:
    """Single actions in their order, then the combinations of those that are told, naming them by their number."""
    singles = [suggestion for suggestion in told if len(suggestion.changes) == 1]
    number = {suggestion.changes[0].action: place for place, suggestion in enumerate(singles, start=1)}
    combined = []
    for suggestion in told:
        actions = [change.action for change in suggestion.changes]
        if len(actions) > 1 and all(action in number for action in actions):
            combined.append(replace(suggestion, combines=tuple(sorted(number[action] for action in actions))))
    return [*singles, *combined]


def _facts_read() -> list[str]:
    """What a firm's own features and its actions read."""
    return [*facts_used(), *(name for name, fact in catalog().items() if fact.actionable or fact.per_firm)]
