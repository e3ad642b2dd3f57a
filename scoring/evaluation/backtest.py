"""Backtest: at each date train on what was known, score, and evaluate by the outcomes of the following horizon.

All metrics are out of time. Intervals come from a bootstrap over firms, not rows, since a firm's years resemble each
other; those of an AUC by Newcombe's method, which holds with few events as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.workers.workers import Here, Workers
from scoring.dataset.event_kinds import KINDS
from scoring.dataset.labels import plus_months
from scoring.dataset.panel import Panels, useful_features
from scoring.dataset.snapshot import END_OF_TIME, Snapshots
from scoring.errors import CannotTrain
from scoring.evaluation.baselines_ahead import OURS, Ahead, baselines_ahead, warning_of
from scoring.evaluation.subgroups import Subgroup, by_subgroup, size_class
from scoring.features.listing_lines import lines_on
from scoring.statistics.bootstrap import Interval, auc_interval, firm_weights, metrics_of_day, rounded
from scoring.statistics.metrics import brier, calibration_error, reliability
from scoring.training.baselines import BASELINES, meets_profit_standard
from scoring.training.fitting import fitted

#: Above this a figure is leakage until shown otherwise.
SUSPICIOUS_AUC = 0.95
_METRICS = ("auc", "average_precision", "precision_50", "recall_50", "precision_100", "recall_100", "top_decile_lift")
_DIGITS = 6


@dataclass(frozen=True)
class ModelMetrics:
    """Metrics of one model or baseline over all dates; the last two are None for scores that are no probabilities."""

    intervals: Mapping[str, Interval]
    brier: float | None = None
    calibration_error: float | None = None

    def as_json(self) -> dict[str, dict[str, float | None] | float | None]:
        document: dict[str, dict[str, float | None] | float | None] = {
            name: interval.as_json() for name, interval in self.intervals.items()
        }
        if self.brier is not None:
            document |= {"brier": self.brier, "calibration_error": self.calibration_error}
        return document


@dataclass(frozen=True)
class BacktestDay:
    """One date. `expected`: events by our probabilities; `meets_rule`: firms that meet the profit standard; `auc`: of
    each model."""

    as_of: str
    firms: int
    positives: int
    expected: float
    meets_rule: int
    auc: Mapping[str, float | None]


@dataclass(frozen=True)
class Backtest:
    """`scores`: firm_id, as_of, model, probability, label, meets_rule. `models`: the metrics of ours and of each
    baseline; `ours_minus`: the paired differences of ours to each baseline; `subgroups`, `reliability`: of ours."""

    scores: pd.DataFrame
    event: str
    within_months: int
    cohorts: list[str]
    draws: int
    models: Mapping[str, ModelMetrics]
    ours_minus: Mapping[str, Mapping[str, Interval]]
    days: list[BacktestDay]
    subgroups: list[Subgroup]
    reliability: pd.DataFrame
    notes: list[Message]

    def as_json(self) -> JsonObject:
        return {
            "event": self.event,
            "within_months": self.within_months,
            "cohorts": self.cohorts,
            "protocol": "out of time: each model saw only what was known on its date",
            "headline": "positives-weighted mean of within-date AUCs",
            "draws": self.draws,
            **_measured(self.models, self.ours_minus),
            "dates": [asdict(day) for day in self.days],
            "subgroups": [asdict(group) for group in self.subgroups],
            "reliability": self.reliability.to_dict("records"),
            "baselines_ahead": [ahead.as_json() for ahead in self.ahead],
            "notes": [str(note) for note in self.notes],
        }

    @property
    def ahead(self) -> list[Ahead]:
        """The baselines that rank better than our model on these rows."""
        return baselines_ahead(_measured(self.models, self.ours_minus))

    def __str__(self) -> str:
        def text(interval: Interval, digits: int = 3) -> str:
            return "-" if interval.value is None else f"{interval.value:.{digits}f}"

        rows = {
            name: {
                "AUC": f"{text(of['auc'])} [{of['auc'].low:.3f}, {of['auc'].high:.3f}]",
                "AP": text(of["average_precision"]),
                "P@50": text(of["precision_50"]),
                "R@50": text(of["recall_50"]),
                "R@100": text(of["recall_100"]),
                "lift 10%": text(of["top_decile_lift"], 2),
                "AUC | rule": text(of["auc_among_rule"]),
            }
            for name, of in ((name, metrics.intervals) for name, metrics in self.models.items())
        }
        lines = [pd.DataFrame(rows).T.to_string()]
        lines += [f"{day.as_of}: {day.positives} / {day.firms}" for day in self.days]
        told = warning_of(self.ahead)
        return "\n".join([*lines, *map(str, [*([] if told is None else [told]), *self.notes])])


def backtest(
    engine: Engine,
    dates: Sequence[date],
    *,
    cohorts: Sequence[str],
    event: str = "listed",
    within_months: int = 12,
    seed: int = 0,
    draws: int = 1000,
    known_by: date = END_OF_TIME,
    workers: Workers | None = None,
) -> Backtest:
    """Scores of the model and its baselines at each date, evaluated by the events known by `known_by`. `workers`: who
    trains and scores the dates, each by itself (None: this process); they are evaluated here.

    Raises CannotTrain for a date whose past does not carry a model, or whose outcome is not known yet, naming it.
    """
    panels = Panels(Snapshots(engine, cohorts, workers=workers), event, within_months, lines_on(max(dates)))
    check_known(panels)
    return backtest_of(panels, sorted(set(dates)), seed=seed, draws=draws, known_by=known_by)


def backtest_of(
    panels: Panels, dates: Sequence[date], *, seed: int = 0, draws: int = 1000, known_by: date = END_OF_TIME
) -> Backtest:
    """The same on panels that may be in memory already; outcomes as known by `known_by`."""
    snapshots = panels.snapshots
    # Here a date keeps every core busy, and the memory of two would be needed for two at once.
    workers = snapshots.workers if snapshots.workers.on_other_machines else Here(snapshots.engine)
    of_dates = workers.each(_scores_of_date, dates, panels, seed, known_by)
    return evaluate(pd.concat(list(of_dates), ignore_index=True), panels, draws=draws, seed=seed)


def _scores_of_date(database: Engine, day: date, panels: Panels, seed: int, known_by: date) -> Iterator[pd.DataFrame]:
    panels = replace(panels, snapshots=panels.snapshots.read_from(database))
    yield scores_on(panels, day, seed, known_by)


def check_known(panels: Panels) -> None:
    """Raises CannotTrain where a cohort, or its figures, are not in the database, or the event is no known kind."""
    snapshots = panels.snapshots
    missing = [cohort for cohort in snapshots.cohorts if cohort not in snapshots.cohorts_stored]
    if missing:
        text = N_("Not trained: no firm of %(cohorts)s is stored here. Import its returns first; here are: %(stored)s.")
        nothing = Message(N_("no cohort at all"))
        stored = list(snapshots.cohorts_stored) or nothing
        raise CannotTrain(Message(text, {"cohorts": missing, "stored": stored}))
    if snapshots.first_day is None:
        text = N_("Not trained: the firms of %(cohorts)s have no yearly figures here. Import their returns first.")
        raise CannotTrain(Message(text, {"cohorts": snapshots.cohorts}))
    if panels.event not in KINDS and panels.event not in set(snapshots.events()["kind"]):
        text = N_("Not trained: %(event)s is no stage event. Take one of: %(events)s.")
        raise CannotTrain(Message(text, {"event": panels.event[:80], "events": list(KINDS)}))


def _nothing_earlier(panels: Panels, day: date) -> CannotTrain:
    """Why no model of this date can be trained: no rows of an earlier date whose outcome was known by then."""
    first = panels.snapshots.first_day
    assert first is not None, "check_known has asked"
    # Training days lie whole years before the date; the first one must know figures and have run its horizon out.
    earliest = plus_months(first, 12 * -(-panels.within_months // 12))
    text = N_(
        "%(day)s: not trained: there are no rows of an earlier date whose outcome was known by then (the first figures "
        "of %(cohorts)s were known on %(first)s, and %(months)s months must have passed since). Take a date from "
        "%(earliest)s on, a shorter horizon, or a cohort with more years."
    )
    params = {
        "day": day.isoformat(),
        "cohorts": panels.snapshots.cohorts,
        "first": first.isoformat(),
        "months": panels.within_months,
        "earliest": earliest.isoformat(),
    }
    return CannotTrain(Message(text, params))


def scores_on(panels: Panels, day: date, seed: int, known_by: date = END_OF_TIME) -> pd.DataFrame:
    """One date: firm_id, as_of, model, probability, label, meets_rule; one block of rows a model.

    Features measure against the listing lines of that date, as a model trained on it would have.
    """
    panels = replace(panels, lines=lines_on(day))
    if (ends := plus_months(day, panels.within_months)) > known_by:
        raise CannotTrain(
            Message(
                N_(
                    "%(day)s: what came within %(months)s months is known on %(ends)s and not before. "
                    "Take a day up to %(last)s."
                ),
                {
                    "day": day.isoformat(),
                    "months": panels.within_months,
                    "ends": ends.isoformat(),
                    "last": plus_months(known_by, -panels.within_months).isoformat(),
                },
            )
        )
    training = panels.training(day)
    if training.label.empty:
        raise _nothing_earlier(panels, day)
    try:
        model = fitted(panels, training, day, seed)
    except CannotTrain as error:
        raise CannotTrain(Message(N_("%(day)s: %(why)s"), {"day": day.isoformat(), "why": error.message})) from error
    outcomes = panels.evaluated(day, known_by)
    if outcomes.features.empty:
        no_firm = N_("%(day)s: no firm had figures of its last two years then.")
        raise CannotTrain(Message(no_firm, {"day": day.isoformat()}))
    names = useful_features(training)
    ours = model.score(outcomes.features[model.features]).probability.to_numpy()
    by_model = {
        OURS: ours,
        **{name: baseline(training, outcomes.features, names) for name, baseline in BASELINES.items()},
    }
    about = {
        "firm_id": outcomes.firm,
        "as_of": day.isoformat(),
        "label": outcomes.label,
        "meets_rule": meets_profit_standard(outcomes.features),
    }
    blocks = [pd.DataFrame({**about, "model": name, "probability": score}) for name, score in by_model.items()]
    return pd.concat(blocks, ignore_index=True)[["firm_id", "as_of", "model", "probability", "label", "meets_rule"]]


def evaluate(scores: pd.DataFrame, panels: Panels, *, draws: int = 1000, seed: int = 0) -> Backtest:
    """Every metric of every model with its 95 % interval over firms, and paired differences to ours."""
    weights = firm_weights(scores["firm_id"].unique(), draws, seed)
    resampled = {name: _resampled(block, weights) for name, block in scores.groupby("model", sort=False)}
    models = {name: _metrics(scores[scores["model"] == name], values) for name, values in resampled.items()}
    ours = resampled[OURS]
    paired = {
        name: {
            key: Interval.of(ours[key] - values[key], _DIGITS) for key in ("auc", "average_precision", "auc_among_rule")
        }
        for name, values in resampled.items()
        if name != OURS
    }
    own = scores[scores["model"] == OURS]
    days = [
        BacktestDay(
            as_of=str(day),
            firms=len(rows),
            positives=int(rows["label"].sum()),
            expected=float(rows["probability"].sum()),
            meets_rule=int(rows["meets_rule"].sum()),
            auc={
                str(name): rounded(float(_of_day(scores, str(day), str(name))["auc"][0]), _DIGITS) for name in resampled
            },
        )
        for day, rows in own.groupby("as_of")
    ]
    notes: list[Message] = []
    if (models[OURS].intervals["auc"].value or 0) > SUSPICIOUS_AUC:
        notes.append(
            Message(N_("An AUC above 0.95 is leakage until shown otherwise: look for a figure that knows the future."))
        )
    if min(day.positives for day in days) < 10:
        notes.append(Message(N_("Dates with fewer than 10 positives mean little alone: read the mean over the dates.")))
    return Backtest(
        scores=scores,
        event=panels.event,
        within_months=panels.within_months,
        cohorts=panels.snapshots.cohorts,
        draws=draws,
        models={str(name): metrics for name, metrics in models.items()},
        ours_minus={str(name): differences for name, differences in paired.items()},
        days=days,
        subgroups=by_subgroup(_with_groups(own, panels)),
        reliability=reliability(own["label"].to_numpy(), own["probability"].to_numpy()),
        notes=notes,
    )


def _measured(
    models: Mapping[str, ModelMetrics], ours_minus: Mapping[str, Mapping[str, Interval]]
) -> dict[str, dict[str, Any]]:
    """Measures as the model's folder keeps them."""
    return {
        "models": {str(name): metrics.as_json() for name, metrics in models.items()},
        "ours_minus": {
            str(name): {key: interval.as_json() for key, interval in paired.items()}
            for name, paired in ours_minus.items()
        },
    }


def _with_groups(own: pd.DataFrame, panels: Panels) -> pd.DataFrame:
    """Our rows with size, district_code and industry (two figures of GB/T 4754) as known on each date; "?" unknown."""
    parts = []
    for day, rows in own.groupby("as_of"):
        on = date.fromisoformat(str(day))
        snapshot = panels.snapshots.on(on)
        firms = snapshot.labels.reindex(rows["firm_id"])
        features = snapshot.features(lines_on(on)).reindex(rows["firm_id"])
        groups = {
            "size": size_class(features["revenue"]).to_numpy(),
            "district_code": firms["district_code"].fillna("?").to_numpy(),
            "industry": firms["industry_code"].str.extract(r"(\d{2})", expand=False).fillna("?").to_numpy(),
        }
        parts.append(rows.assign(**groups))
    return pd.concat(parts)


def _resampled(block: pd.DataFrame, weights: pd.DataFrame) -> dict[str, np.ndarray]:
    """metric -> (1 + draws) values, the first of the sample itself; dates are weighted by their positives."""
    totals: dict[str, np.ndarray] = {}
    seen: dict[str, np.ndarray] = {}
    for _, rows in block.groupby("as_of"):
        for suffix, part in (("", rows), ("_among_rule", rows[rows["meets_rule"]])):
            weight = weights.loc[part["firm_id"]].to_numpy().T
            label = part["label"].to_numpy(dtype=float)
            positives = weight[:, label > 0].sum(axis=1)
            for name, values in metrics_of_day(label, part["probability"].to_numpy(), weight).items():
                known = np.isfinite(values)
                key = name + suffix
                totals[key] = totals.get(key, 0) + np.where(known, values, 0) * positives
                seen[key] = seen.get(key, 0) + np.where(known, positives, 0)
    return {key: np.where(seen[key] > 0, totals[key] / np.where(seen[key] > 0, seen[key], 1), np.nan) for key in totals}


def _of_day(scores: pd.DataFrame, day: str, model: str) -> dict[str, np.ndarray]:
    rows = scores[(scores["as_of"] == day) & (scores["model"] == model)]
    return metrics_of_day(rows["label"].to_numpy(dtype=float), rows["probability"].to_numpy(), np.ones((1, len(rows))))


def _metrics(block: pd.DataFrame, resampled: Mapping[str, np.ndarray]) -> ModelMetrics:
    intervals = {name: Interval.of(resampled[name], _DIGITS) for name in (*_METRICS, "auc_among_rule")}
    intervals["auc"] = auc_interval(intervals["auc"].value, block, _DIGITS)
    among = block[block["meets_rule"].to_numpy(dtype=bool)]
    intervals["auc_among_rule"] = auc_interval(intervals["auc_among_rule"].value, among, _DIGITS)
    label, probability = block["label"].to_numpy(dtype=float), block["probability"].to_numpy()
    if ((probability >= 0) & (probability <= 1)).all() and block["model"].iloc[0] not in ("net_profit", "points_rule"):
        return ModelMetrics(intervals, brier(label, probability), calibration_error(label, probability))
    return ModelMetrics(intervals)
