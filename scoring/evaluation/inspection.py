"""Tables behind the analyst's plots: importance, beeswarm, dependence, interactions, lift and precision.

In the flow: engine.py, backtest.py -> **inspection.py** -> the model pages and their CSV downloads. A table in, a plot
out: nothing is drawn here. Interactions are the shap package's own values.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from scoring.dataset.panel import Panels
from scoring.engine.readiness_model import ReadinessModel, Scored
from scoring.features.matrix import FEATURES
from scoring.registry.registry import load
from scoring.statistics.metrics import among_the_first

#: Rows on which interactions are computed: their cost grows with the square of the features.
INTERACTION_ROWS = 100


def own_firms(engine: Engine, models_dir: Path, model_id: str) -> tuple[ReadinessModel, pd.DataFrame]:
    """A model and the features of the firms it was centred on: those at risk on its own day."""
    stored = load(engine, models_dir, model_id)
    panels = Panels(engine, stored.cohorts, stored.event, stored.within_months)
    return stored.model, panels.at_risk(stored.as_of)[stored.model.features]


def importance(scored: Scored) -> pd.DataFrame:
    """feature, zh, en, group, direction, mean_points: the mean size of each feature's reason, the largest first."""
    size = scored.reasons.abs().mean().sort_values(ascending=False)
    known = [FEATURES[str(name)] for name in size.index]
    return pd.DataFrame(
        {
            "feature": [one.name for one in known],
            "zh": [one.zh for one in known],
            "en": [one.en for one in known],
            "group": [one.group for one in known],
            "direction": [one.direction for one in known],
            "mean_points": size.to_numpy(),
        }
    )


def beeswarm(scored: Scored, features: pd.DataFrame, most: int = 15) -> pd.DataFrame:
    """feature, firm_id, points, rank (0..1, of the value among these firms; NaN unknown), of the `most` largest
    features."""
    names = list(importance(scored)["feature"].head(most))
    ranks = features[names].rank(pct=True)
    long = scored.reasons[names].reset_index(names="firm_id").melt("firm_id", var_name="feature", value_name="points")
    other = ranks.reset_index(names="firm_id").melt("firm_id", var_name="feature", value_name="rank")
    return long.assign(rank=other["rank"])[["feature", "firm_id", "points", "rank"]]


def dependence(scored: Scored, features: pd.DataFrame, name: str) -> pd.DataFrame:
    """firm_id, value, points of one feature: how its reason goes with its value."""
    return pd.DataFrame(
        {"firm_id": features.index, "value": features[name].to_numpy(), "points": scored.reasons[name].to_numpy()}
    )


def interactions(model: ReadinessModel, features: pd.DataFrame, most: int = 20) -> pd.DataFrame:
    """feature, other, mean_points: the pairs whose joint effect (shap interaction values, in points) is largest.

    Computed on the first INTERACTION_ROWS firms; both halves of a pair are added.
    """
    import shap

    values = model.values(features.head(INTERACTION_ROWS))
    booster = model.booster
    booster.params["objective"] = "binary"
    found = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(values))
    size = np.abs(model.calibration.points_of_reasons(found)).mean(axis=0)
    left, right = np.triu_indices(len(model.features), 1)
    table = pd.DataFrame(
        {
            "feature": np.array(model.features)[left],
            "other": np.array(model.features)[right],
            "mean_points": size[left, right] + size[right, left],
        }
    )
    return table.nlargest(most, "mean_points").reset_index(drop=True)


def precision_at(scores: pd.DataFrame, counts: tuple[int, ...] = (10, 20, 50, 100, 200)) -> pd.DataFrame:
    """From a backtest's scores: as_of, model, count, precision, recall."""
    rows = [
        (day, model, count, *among_the_first(part["label"].to_numpy(float), part["probability"].to_numpy(), count))
        for (day, model), part in scores.groupby(["as_of", "model"], sort=False)
        for count in counts
        if count <= len(part)
    ]
    return pd.DataFrame(rows, columns=["as_of", "model", "count", "precision", "recall"])


def lift_curve(scores: pd.DataFrame, steps: int = 50) -> pd.DataFrame:
    """From a backtest's scores: model, share (of firms, from the highest), found (share of events), lift; over all
    dates."""
    rows = []
    for model, block in scores.groupby("model", sort=False):
        place = block.groupby("as_of")["probability"].rank(ascending=False, pct=True, method="average")
        label = block["label"].to_numpy(float)
        for share in np.linspace(1 / steps, 1, steps):
            found = float(label[place.to_numpy() <= share + 1e-9].sum() / max(1.0, label.sum()))
            rows.append((model, float(share), found, found / share))
    return pd.DataFrame(rows, columns=["model", "share", "found", "lift"])
