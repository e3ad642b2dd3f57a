"""Two models on the same rows: paired metrics, and the firms whose rank differs most, and why.

They are evaluated on a day that neither was trained on, where its outcomes are known; otherwise only ranks are
compared, and that is said.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.language import N_, Message
from scoring.dataset.labels import plus_months
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import NotScored
from scoring.features.matrix import FEATURES
from scoring.registry.registry import StoredModel, load
from scoring.scores.day_model import model_of_day
from scoring.statistics.bootstrap import firm_weights, metrics_of_day

_DRAWS, _MOVED = 1000, 20


def compare(engine: Engine, models_dir: Path, model: str, other: str, *, as_of: date, cohort: str) -> dict[str, Any]:
    """`model` against `other` on the firms of a cohort.

    Keys: day (the firms of which day), firms, judged (were outcomes known?), event, within_months, auc and
    average_precision of both with intervals and their paired difference (None where not judged), rank_agreement
    (Spearman), moved: the firms whose rank differs most: firm_id, name, rank, other_rank, because [{feature, zh, en,
    points}].
    """
    mine, theirs = load(engine, models_dir, model), load(engine, models_dir, other)
    snapshots = Snapshots(engine, [cohort])
    panels = replace(mine.panels(snapshots), within_months=min(mine.within_months, theirs.within_months))
    day, judged = _day_for_both(panels, mine, theirs, as_of)
    if snapshots.on(day).facts.empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": day.isoformat()},
            )
        )
    # The same firms that are judged: by what is known today of who had come to the end of the way then.
    known_by = as_of if judged else None
    names = snapshots.on(day).firms["name"]
    models = [model_of_day(models_dir, stored, snapshots, day) for stored in (mine, theirs)]
    # Each model's features measure against the listing lines of its own day.
    features = [replace(panels, lines=stored.lines).eligible(day, known_by) for stored in (mine, theirs)]
    first, second = (model.score(table[model.features]) for model, table in zip(models, features, strict=True))
    ranks = pd.DataFrame(
        {"rank": first.points.rank(ascending=False), "other_rank": second.points.rank(ascending=False)}
    )
    found: dict[str, Any] = {
        "model": model,
        "other": other,
        "day": day.isoformat(),
        "cohort": cohort,
        "firms": len(features[0]),
        "judged": judged,
        "event": mine.event,
        "within_months": panels.within_months,
        "rank_agreement": round(float(ranks["rank"].corr(ranks["other_rank"], method="spearman")), 4),
        "auc": None,
        "average_precision": None,
        "moved": _moved(ranks, names, features, models),
    }
    if judged:
        label = panels.evaluated(day, as_of).label.to_numpy(dtype=float)
        weight = firm_weights(first.points.index.to_numpy(), _DRAWS, 0).loc[first.points.index].to_numpy().T
        both = [metrics_of_day(label, one.points.to_numpy(), weight) for one in (first, second)]
        for name in ("auc", "average_precision"):
            found[name] = {
                "model": _interval(both[0][name]),
                "other": _interval(both[1][name]),
                "difference": _interval(both[0][name] - both[1][name]),
            }
        found["positives"] = int(label.sum())
    return found


def _day_for_both(panels: Panels, mine: StoredModel, theirs: StoredModel, as_of: date) -> tuple[date, bool]:
    """The latest day that neither model had seen and whose outcome is known by `as_of`; else `as_of` itself,
    unjudged."""
    start = max(mine.as_of, theirs.as_of)
    if mine.event == theirs.event:
        days = [plus_months(start, 12 * years) for years in range(20)]
        days = [day for day in days if plus_months(day, panels.within_months) <= as_of]
        for day in reversed(days):
            if not panels.snapshots.on(day).facts.empty and panels.evaluated(day, as_of).label.sum() > 0:
                return day, True
    return as_of, False


def _moved(
    ranks: pd.DataFrame, names: pd.Series, features: list[pd.DataFrame], models: list[ReadinessModel]
) -> list[dict[str, Any]]:
    """The firms whose rank differs most; reasons are worked out for them alone."""
    far = (ranks["rank"] - ranks["other_rank"]).abs().nlargest(_MOVED).index
    first, second = (
        model.score(table.loc[far, model.features]).reasons for model, table in zip(models, features, strict=True)
    )
    both = sorted(set(first.columns) | set(second.columns))
    gap = first.reindex(columns=both, fill_value=0.0) - second.reindex(columns=both, fill_value=0.0)
    told = []
    for firm in far:
        causes = gap.loc[firm].abs().nlargest(3).index
        told.append(
            {
                "firm_id": firm,
                "name": None if pd.isna(names.get(firm)) else names.get(firm),
                "rank": int(ranks.at[firm, "rank"]),
                "other_rank": int(ranks.at[firm, "other_rank"]),
                "because": [
                    {
                        "feature": one,
                        "zh": FEATURES[one].label.zh,
                        "en": FEATURES[one].label.en,
                        "points": round(float(gap.at[firm, one]), 3),
                    }
                    for one in causes
                ],
            }
        )
    return told


def _interval(values: np.ndarray) -> dict[str, float | None]:
    drawn = values[1:][np.isfinite(values[1:])]
    if not len(drawn) or not np.isfinite(values[0]):
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": round(float(values[0]), 5), "low": round(float(low), 5), "high": round(float(high), 5)}
