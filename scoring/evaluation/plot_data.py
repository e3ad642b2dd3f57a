"""The tables behind the plots of a model: importance, beeswarm, dependence, interactions, precision and lift.

Frames in, frames out, from SHAP values, features and scores that were computed before; nothing is drawn here.
Interactions are the shap package's own values, in points.
"""

import numpy as np
import pandas as pd

from scoring.engine.readiness_model import ReadinessModel
from scoring.features.matrix import FEATURES
from scoring.statistics.metrics import among_the_first

#: Firms drawn per row of a beeswarm: both ends and evenly spaced ones between them.
SWARM_DOTS = 100
#: Rows on which interactions are computed: their cost grows with the square of the features.
INTERACTION_ROWS = 250
_TREND_BINS = 16


def importance_of(reasons: pd.DataFrame) -> pd.DataFrame:
    """feature, group, direction, mean_points (mean size of the reason) and most_points (largest size), largest first.

    `reasons`: a row a firm, a column a feature, in points.
    """
    size = reasons.abs()
    mean = size.mean().sort_values(ascending=False, kind="stable")
    known = [FEATURES.get(str(name)) for name in mean.index]
    return pd.DataFrame(
        {
            "feature": list(mean.index),
            "group": [feature.group if feature else "" for feature in known],
            "direction": [feature.direction if feature else 0 for feature in known],
            "mean_points": mean.to_numpy(),
            "most_points": size.max()[mean.index].to_numpy(),
        }
    )


def beeswarm_of(reasons: pd.DataFrame, features: pd.DataFrame, most: int = 12, dots: int = SWARM_DOTS) -> pd.DataFrame:
    """feature, firm_id, points, rank (0..1 of the value among these firms, NaN unknown) of the `most` largest features.

    Of each feature at most `dots` firms: those at evenly spaced places in the order of its points, both ends among
    them, so that no extreme is lost.
    """
    parts = []
    for name in importance_of(reasons)["feature"].head(most):
        points = reasons[name].to_numpy()
        order = np.argsort(points, kind="stable")
        chosen = order[np.unique(np.linspace(0, len(order) - 1, min(dots, len(order))).round().astype(int))]
        parts.append(
            pd.DataFrame(
                {
                    "feature": name,
                    "firm_id": reasons.index[chosen],
                    "points": points[chosen],
                    "rank": features[name].rank(pct=True).to_numpy()[chosen],
                }
            )
        )
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["feature", "firm_id", "points", "rank"])
    )


def dependence_of(reasons: pd.DataFrame, features: pd.DataFrame, name: str, other: str | None = None) -> pd.DataFrame:
    """firm_id, value, points of one feature, and other_value where a second feature is named; NaN unknown."""
    table = pd.DataFrame(
        {"firm_id": reasons.index, "value": features[name].to_numpy(), "points": reasons[name].to_numpy()}
    )
    return table if other is None else table.assign(other_value=features[other].to_numpy())


def trend_of(dependence: pd.DataFrame, bins: int = _TREND_BINS) -> pd.DataFrame:
    """value, points: medians over bins of equally many firms, by value; rows with an unknown value are left out."""
    known = dependence.dropna(subset=["value"])
    if known.empty:
        return pd.DataFrame(columns=["value", "points"])
    place = known["value"].rank(method="first")
    bin_of = np.ceil(place / len(known) * min(bins, len(known)))
    return known.groupby(bin_of.to_numpy())[["value", "points"]].median().reset_index(drop=True)


def interaction_tables(
    model: ReadinessModel, features: pd.DataFrame, rows: int = INTERACTION_ROWS, most: int = 20
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The pairs whose joint effect is largest, and that effect firm by firm.

    First: feature, other, mean_points, the largest first. Second: feature, other, firm_id, value, other_value, points.
    Computed on at most `rows` firms, drawn with a fixed seed; both halves of a pair are added.
    """
    import shap

    drawn = features.sample(min(rows, len(features)), random_state=0)
    booster = model.booster
    booster.params["objective"] = "binary"  # the text of an averaged model does not say so, and shap needs it
    interactions = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(model.values(drawn)))
    points = model.calibration.points_of_reasons(interactions)
    both = points + points.transpose(0, 2, 1)
    size = np.abs(both).mean(axis=0)
    left, right = np.triu_indices(len(model.features), 1)
    names = np.array(model.features, dtype=object)
    strength = pd.DataFrame({"feature": names[left], "other": names[right], "mean_points": size[left, right]})
    strength = strength[strength["mean_points"] > 0].nlargest(most, "mean_points").reset_index(drop=True)
    place = {name: number for number, name in enumerate(model.features)}
    parts = [
        pd.DataFrame(
            {
                "feature": feature,
                "other": other,
                "firm_id": drawn.index,
                "value": drawn[feature].to_numpy(),
                "other_value": drawn[other].to_numpy(),
                "points": both[:, place[feature], place[other]],
            }
        )
        for feature, other in zip(strength["feature"], strength["other"], strict=True)
    ]
    columns = ["feature", "other", "firm_id", "value", "other_value", "points"]
    return strength, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


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
            recall = float(label[place.to_numpy() <= share + 1e-9].sum() / max(1.0, label.sum()))
            rows.append((model, float(share), recall, recall / share))
    return pd.DataFrame(rows, columns=["model", "share", "found", "lift"])
