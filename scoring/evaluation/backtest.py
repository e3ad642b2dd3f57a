"""Backtest: at each date train on what was known, score, and evaluate by the outcomes of the following horizon.

All metrics are out of time. Intervals come from a bootstrap over firms, not rows, since a firm's years resemble each
other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.language import N_, Message
from scoring.dataset.labels import plus_months
from scoring.dataset.panel import Panels, useful_features
from scoring.dataset.snapshot import END_OF_TIME, Snapshots
from scoring.errors import CannotTrain
from scoring.evaluation.subgroups import by_subgroup, size_class
from scoring.features.listing_lines import lines_on
from scoring.statistics.bootstrap import firm_weights, metrics_of_day
from scoring.statistics.metrics import brier, calibration_error, reliability
from scoring.training.baselines import BASELINES, meets_profit_standard
from scoring.training.fitting import fitted

OURS = "goldseed"
#: Above this a figure is leakage until shown otherwise.
SUSPICIOUS_AUC = 0.94
_MEASURES = ("auc", "average_precision", "precision_50", "recall_50", "precision_100", "recall_100", "top_decile_lift")


@dataclass(frozen=True)
class Backtest:
    """`scores`: firm_id, as_of, model, probability, label (and meets_rule); `document`: what --json prints."""

    scores: pd.DataFrame
    document: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return self.document

    def __str__(self) -> str:
        models = self.document["models"]
        table = pd.DataFrame(
            {
                name: {
                    "AUC": f"{m['auc']['value']:.3f} [{m['auc']['low']:.3f}, {m['auc']['high']:.3f}]",
                    "AP": f"{m['average_precision']['value']:.3f}",
                    "P@50": f"{m['precision_50']['value']:.3f}",
                    "R@50": f"{m['recall_50']['value']:.3f}",
                    "R@100": f"{m['recall_100']['value']:.3f}",
                    "lift 10%": f"{m['top_decile_lift']['value']:.2f}",
                    "AUC | rule": "-"
                    if m["auc_among_rule"]["value"] is None
                    else f"{m['auc_among_rule']['value']:.3f}",
                }
                for name, m in models.items()
            }
        ).T
        lines = [table.to_string()]
        lines += [f"{day['as_of']}: {day['positives']} / {day['firms']}" for day in self.document["dates"]]
        return "\n".join([*lines, *(str(note) for note in self.document["notes"])])


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
) -> Backtest:
    """Scores of the model and its baselines at each date, evaluated by the events known by `known_by`.

    Raises CannotTrain for a date whose past does not carry a model, or whose outcome is not known yet, naming it.
    """
    panels = Panels(Snapshots(engine, cohorts), event, within_months, lines_on(max(dates)))
    return backtest_of(panels, sorted(dates), seed=seed, draws=draws, known_by=known_by)


def backtest_of(
    panels: Panels, dates: Sequence[date], *, seed: int = 0, draws: int = 1000, known_by: date = END_OF_TIME
) -> Backtest:
    """The same on panels that may be in memory already; outcomes as known by `known_by`."""
    scores = pd.concat([scores_on(panels, day, seed, known_by) for day in dates], ignore_index=True)
    return Backtest(scores, judged(scores, panels, draws, seed))


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


def judged(scores: pd.DataFrame, panels: Panels, draws: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Every measure of every model with its 95 % interval over firms, and paired differences to ours."""
    weights = firm_weights(scores["firm_id"].unique(), draws, seed)
    drawn = {name: _drawn(block, weights) for name, block in scores.groupby("model", sort=False)}
    models = {name: _summary(scores[scores["model"] == name], measures) for name, measures in drawn.items()}
    ours = drawn[OURS]
    paired = {
        name: {key: _interval(ours[key] - measures[key]) for key in ("auc", "average_precision", "auc_among_rule")}
        for name, measures in drawn.items()
        if name != OURS
    }
    mine = scores[scores["model"] == OURS]
    days = [
        {
            "as_of": day,
            "firms": len(rows),
            "positives": int(rows["label"].sum()),
            "expected": float(rows["probability"].sum()),
            "meets_rule": int(rows["meets_rule"].sum()),
            "auc": {name: _plain(float(_of_day(scores, day, name)["auc"][0])) for name in drawn},
        }
        for day, rows in mine.groupby("as_of")
    ]
    notes: list[Message] = []
    if (models[OURS]["auc"]["value"] or 0) > SUSPICIOUS_AUC:
        notes.append(
            Message(N_("An AUC above 0.94 is leakage until shown otherwise: look for a figure that knows the future."))
        )
    if min(int(day["positives"]) for day in days) < 10:
        notes.append(Message(N_("Dates with fewer than 10 positives mean little alone: read the mean over the dates.")))
    return {
        "event": panels.event,
        "within_months": panels.within_months,
        "cohorts": panels.snapshots.cohorts,
        "protocol": "out of time: each model saw only what was known on its date",
        "headline": "positives-weighted mean of within-date AUCs",
        "draws": draws,
        "models": models,
        "ours_minus": paired,
        "dates": days,
        "subgroups": by_subgroup(_with_groups(mine, panels), weights),
        "reliability": reliability(mine["label"].to_numpy(), mine["probability"].to_numpy()).to_dict("records"),
        "notes": [str(note) for note in notes],
    }


def _with_groups(mine: pd.DataFrame, panels: Panels) -> pd.DataFrame:
    """Our rows with size, district_code and industry (two figures of GB/T 4754) as known on each date; "?" unknown."""
    parts = []
    for day, rows in mine.groupby("as_of"):
        on = date.fromisoformat(str(day))
        snapshot = panels.snapshots.on(on)
        firms = snapshot.firms.reindex(rows["firm_id"])
        features = snapshot.features(lines_on(on)).reindex(rows["firm_id"])
        groups = {
            "size": size_class(features["revenue"]).to_numpy(),
            "district_code": firms["district_code"].fillna("?").to_numpy(),
            "industry": firms["industry_code"].str.extract(r"(\d{2})", expand=False).fillna("?").to_numpy(),
        }
        parts.append(rows.assign(**groups))
    return pd.concat(parts)


def _drawn(block: pd.DataFrame, weights: pd.DataFrame) -> dict[str, np.ndarray]:
    """measure -> (1 + draws) values, the first on the firms as they are; dates weighted by their positives."""
    totals: dict[str, np.ndarray] = {}
    seen: dict[str, np.ndarray] = {}
    for _, rows in block.groupby("as_of"):
        for suffix, part in (("", rows), ("_among_rule", rows[rows["meets_rule"]])):
            weight = weights.loc[part["firm_id"]].to_numpy().T
            label = part["label"].to_numpy(dtype=float)
            positives = (weight * label).sum(axis=1)
            for name, values in metrics_of_day(label, part["probability"].to_numpy(), weight).items():
                known = np.isfinite(values)
                key = name + suffix
                totals[key] = totals.get(key, 0) + np.where(known, values, 0) * positives
                seen[key] = seen.get(key, 0) + np.where(known, positives, 0)
    return {key: np.where(seen[key] > 0, totals[key] / np.where(seen[key] > 0, seen[key], 1), np.nan) for key in totals}


def _of_day(scores: pd.DataFrame, day: str, model: str) -> dict[str, np.ndarray]:
    rows = scores[(scores["as_of"] == day) & (scores["model"] == model)]
    return metrics_of_day(rows["label"].to_numpy(dtype=float), rows["probability"].to_numpy(), np.ones((1, len(rows))))


def _summary(block: pd.DataFrame, drawn: Mapping[str, np.ndarray]) -> dict[str, Any]:
    measures: dict[str, Any] = {name: _interval(drawn[name]) for name in (*_MEASURES, "auc_among_rule")}
    label, probability = block["label"].to_numpy(dtype=float), block["probability"].to_numpy()
    if ((probability >= 0) & (probability <= 1)).all() and block["model"].iloc[0] not in ("net_profit", "points_rule"):
        measures["brier"] = brier(label, probability)
        measures["calibration_error"] = calibration_error(label, probability)
    return measures


def _interval(values: np.ndarray) -> dict[str, float | None]:
    drawn = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (float("nan"), float("nan"))
    return {"value": _plain(float(values[0])), "low": _plain(float(low)), "high": _plain(float(high))}


def _plain(number: float) -> float | None:
    """JSON knows no NaN."""
    return round(number, 6) if number == number else None
