"""What would raise a firm's score: the next thresholds of the model's own trees, one lever or two at a time.

In the flow: score.py, reach.py, levers.py -> **what_if.py** -> the firm's page and `goldseed explain`. A suggestion
moves a fact of the firm's last year and what follows from it (levers.py); all features are computed anew from those
facts and the whole is scored before it is told. Only facts a firm can act on move, only as far as firms of its size and
industry did within two years. Fixed facts (age, district, past years) never move: nobody is told to get older.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.catalog import catalog
from pipeline.language import N_, Message
from scoring.engine.readiness_model import ReadinessModel
from scoring.explain.actions import LEVERS, SAME_MONEY, TARGETS, Past, first_known
from scoring.explain.counterfactual_text import LANGUAGES, told, told_in
from scoring.explain.firm_snapshot import OneFirm, one_firm
from scoring.features.derived_figures import yearly_figures
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import FEATURES, facts_used, features_on
from scoring.scores.day_model import DayModel, model_for_one_firm
from scoring.scores.peer_changes import REACHABLE_QUANTILE, Reach, divisions_of, moves_on

#: Suggestions below this many points are not worth a talk.
_WORTH_POINTS = 0.5
_SINGLES, _PAIRS = 6, 3
#: Conditions named in a sentence; the rest stand in the list.
_TOLD = 3
#: Years before the last that a feature looks back on.
_YEARS_BACK = 3


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
    """One firm as it is: `facts` index (firm_id, year), all that is known of it; `labels` its row of firms;
    `lines`: the listing lines of the model that reads it."""

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
        past = self.facts[used].iloc[-1 - _YEARS_BACK :].astype("float64")
        years = past.index.get_level_values(1)
        every = np.repeat(past.to_numpy()[None], len(versions), axis=0)
        every[:, -1, :] = versions[used].to_numpy(float)
        index = pd.MultiIndex.from_product([range(len(versions)), years], names=self.facts.index.names)
        labels = self.labels.iloc[np.zeros(len(versions), dtype=int)].set_axis(range(len(versions)))
        return features_on(pd.DataFrame(every.reshape(-1, len(used)), index, used), labels, self.as_of, self.lines)


def suggestions(model: ReadinessModel, firm: Firm, reach: Reach) -> list[dict[str, Any]]:
    """What one firm could do, the most points first; each scored with the model before it is told.

    Keys: changes [{lever, fact, fact_from, fact_to in base units, feature, from, to: the one whose threshold it passes;
    fact_zh, fact_from_zh, fact_to_zh, note_zh, zh, from_zh, to_zh and the same _en}], facts {fact: its new value in the
    last year, of all that moves}, points_now, points_then, gain, in_words {zh, en}.
    """
    known = firm.features_of(firm.last())
    names = model.features
    now = float(model.score(known[names]).points.iloc[0])
    singles = _candidates(model, firm, known, reach)
    if singles.empty:
        return []
    tried = _tried(model, firm, known, reach, [[one] for one in singles[["lever", "value"]].to_numpy().tolist()])
    singles["gain"] = tried.points - now
    reached = tried.features.to_numpy()[np.arange(len(singles)), tried.features.columns.get_indexer(singles["feature"])]
    # Just past its threshold and no further than firms went: rounding to whole yuan or patents may break either.
    singles = singles[tried.within & (reached >= singles["line"]) & (singles["gain"] >= _WORTH_POINTS)]
    singles = _fewest_steps(singles)
    best = singles.head(_SINGLES).to_dict("records")
    pairs = [pair for pair in combinations(best, 2) if {pair[0]["lever"], pair[1]["lever"]} not in SAME_MONEY]
    sets = [[one] for one in best] + [_in_order(pair) for pair in pairs]
    if not sets:
        return []
    tried = _tried(model, firm, known, reach, [[(one["lever"], one["value"]) for one in pulled] for pulled in sets])
    alone = {one["lever"]: one["gain"] for one in best}
    found, doubled = [], []
    for place, pulled in enumerate(sets):
        reached_now = (known.iloc[0], tried.features.iloc[place])
        one = told(pulled, firm.last(), tried.versions.iloc[place], reached_now, (now, float(tried.points[place])))
        if len(pulled) == 1:
            found.append(one)
        elif tried.within[place] and one["gain"] > max(alone[each["lever"]] for each in pulled) + _WORTH_POINTS:
            doubled.append(one)
    doubled.sort(key=lambda one: -one["gain"])
    return [*found, *doubled[:_PAIRS]]


def _in_order(pulled: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Levers in the order of the table: what one moves along, the next one's own value has the last word on."""
    return sorted(pulled, key=lambda one: list(LEVERS).index(one["lever"]))


@dataclass(frozen=True)
class _Tried:
    """Versions of a firm's last year, their features and points, and whether they stay within reach."""

    versions: pd.DataFrame
    features: pd.DataFrame
    points: np.ndarray
    within: np.ndarray


def _tried(
    model: ReadinessModel,
    firm: Firm,
    known: pd.DataFrame,
    reach: Reach,
    sets: Sequence[Sequence[tuple[str, float]]],
) -> _Tried:
    """Every set of (lever, value) pulled on its own copy of the last year, all in one frame."""
    last = firm.last()
    versions = last.iloc[np.zeros(len(sets), dtype=int)].reset_index(drop=True)
    for name, lever in LEVERS.items():
        wanted = np.array([dict(one).get(name, np.nan) for one in sets])
        rows = np.flatnonzero(~np.isnan(wanted))
        if len(rows):
            part = versions.iloc[rows].copy()
            lever.pull(part, np.maximum(wanted[rows] - first_known(part, lever.facts), 0.0))
            versions.iloc[rows] = part.to_numpy()
    features = firm.features_of(versions)
    before = known.iloc[0]
    within = np.ones(len(sets), dtype=bool)
    for name, furthest in reach.up.items():
        feature = FEATURES.get(name)
        if feature is not None and feature.actionable and feature.direction > 0 and name in features:
            rise = features[name].to_numpy() - before[name]
            within &= ~(rise > furthest + 1e-9)
    return _Tried(versions, features, model.score(features[model.features]).points.to_numpy(), within)


def _candidates(model: ReadinessModel, firm: Firm, known: pd.DataFrame, reach: Reach) -> pd.DataFrame:
    """feature, line, lever, value: what the lever's fact must be for a feature to pass each of the trees' thresholds
    that lies between its value and what is in reach."""
    reference = model.references[-1] if model.references else None
    recent = firm.facts.iloc[-1 - _YEARS_BACK :]
    last = firm.last()
    past = Past(yearly_figures(recent[[name for name in facts_used() if name in recent]]), last.iloc[0], firm.lines)
    parts = []
    for column, thresholds in split_points(model.text).items():
        name = model.features[column]
        feature = FEATURES.get(name)
        if feature is None or not feature.actionable or feature.direction <= 0 or name not in reach.up:
            continue
        value = float(known[name].iloc[0])
        if np.isnan(value) or name not in TARGETS:
            continue
        lines = thresholds if reference is None else np.array([reference.value_at(name, rank) for rank in thresholds])
        # Just above: a tree sends what equals its threshold to the lower side.
        lines = np.unique(lines + np.maximum(np.abs(lines), 1e-3) * 1e-6)
        lines = lines[(lines > value) & (lines <= value + reach.up[name])]
        lever = LEVERS[TARGETS[name][0]]
        stated = float(first_known(last, lever.facts)[0])
        more = TARGETS[name][1](lines, past) if len(lines) and not np.isnan(stated) else np.array([])
        # A statement is in whole thousands, a patent is whole: rounded up, never back below the threshold.
        values = np.ceil((stated + more) / lever.step - 1e-9) * lever.step
        highest = min(first_known(last, lever.ceiling)[0] if lever.ceiling else np.inf, _highest(last, lever.facts))
        fits = np.flatnonzero((values > stated) & ~(values > highest))
        parts += [(name, lines[place], TARGETS[name][0], values[place]) for place in fits]
    table = pd.DataFrame(parts, columns=["feature", "line", "lever", "value"])
    return table.drop_duplicates(["feature", "lever", "value"]).reset_index(drop=True)


def _highest(last: pd.DataFrame, facts: Sequence[str]) -> float:
    """The most that the catalogue lets the fact be in which a lever is told."""
    high = catalog()[told_in(last, facts)].high
    return np.inf if high is None else float(high)


def _fewest_steps(candidates: pd.DataFrame) -> pd.DataFrame:
    """Per lever the smallest change that brings nine tenths of what the lever can bring; the best first."""
    if candidates.empty:
        return candidates
    most = candidates.groupby("lever")["gain"].transform("max")
    enough = candidates[candidates["gain"] >= 0.9 * most].sort_values(["value", "feature"])
    return enough.groupby("lever", as_index=False).first().sort_values("gain", ascending=False)


def what_would_raise(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None
) -> dict[str, Any]:
    """For a firm's page: points now, the suggestions, and how many firms of its size say what is in reach."""
    firm = one_firm(engine, firm_id, as_of)
    return raising(models_dir, firm, model_for_one_firm(engine, models_dir, as_of, firm.cohort, model_id))


def raising(models_dir: Path, one: OneFirm, by: DayModel) -> dict[str, Any]:
    """As what_would_raise, of a firm that has been read, by the model of its page."""
    nothing = {"firm_id": one.id, "as_of": one.as_of.isoformat(), "suggestions": [], "firms_of_its_size": 0}
    features = one.features(by.stored.lines)
    if features.empty:
        return nothing
    moves = moves_on(models_dir, by.stored, by.snapshots, one.as_of)
    if not moves.firms:
        return nothing
    division = float(divisions_of(one.labels["industry_code"]).iloc[0])
    reach = moves.reach(float(features["revenue"].iloc[0]), division)
    found = suggestions(by.model, Firm(one.only(_facts_read()), one.labels, one.as_of, by.stored.lines), reach)
    _tie_to_rules(one, found)
    now = by.model.score(features[by.model.features]).points
    return {
        **nothing,
        "model": by.stored.id,
        "points": float(now.iloc[0]),
        "firms_of_its_size": reach.firms,
        "reachable_quantile": REACHABLE_QUANTILE,
        "suggestions": found,
    }


def _facts_read() -> list[str]:
    """What a firm's own features and its levers read."""
    return [*facts_used(), *(name for name, fact in catalog().items() if fact.actionable or fact.per_firm)]


def _tie_to_rules(firm: OneFirm, found: list[dict[str, Any]]) -> None:
    """Adds `also_meets` (gaps_closed.newly_met) to each suggestion, and says so in its words."""
    from scoring.explain.newly_met import newly_met

    if not found:
        return
    changes = [one["facts"] for one in found]
    for one, met in zip(found, newly_met(*firm.for_rules, changes, firm.as_of), strict=True):
        one["also_meets"] = met
        for short, language in LANGUAGES:
            if met:
                named = ("；" if short == "zh" else "; ").join(dict.fromkeys(each[short] for each in met[:_TOLD]))
                also = Message(N_("It also meets: %(rules)s."), {"rules": named}).in_language(language)
                one["in_words"][short] += also if short == "zh" else f" {also}"
