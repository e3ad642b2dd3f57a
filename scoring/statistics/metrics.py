"""How good a ranking or a probability was: metrics of scores against outcomes. All take arrays."""

import numpy as np
import pandas as pd


def auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Share of (event, no event) pairs in the right order, ties half; NaN where a class is empty. `weight` per row."""
    if weight is None:
        from scipy.stats import rankdata

        positive = label > 0
        n_pos, n_neg = int(positive.sum()), int((~positive).sum())
        if n_pos == 0 or n_neg == 0:
            return float("nan")
        ranks = rankdata(score)
        return float((ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))
    order = np.argsort(score, kind="stable")
    score, positive, weight = score[order], label[order] > 0, weight[order]
    starts = np.flatnonzero(np.r_[True, np.diff(score) != 0])
    pos = np.add.reduceat(weight * positive, starts)
    neg = np.add.reduceat(weight * ~positive, starts)
    if pos.sum() == 0 or neg.sum() == 0:
        return float("nan")
    below = np.cumsum(neg) - neg
    return float((pos * (below + neg / 2)).sum() / (pos.sum() * neg.sum()))


def auc_within(label: np.ndarray, score: np.ndarray, when: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The mean of the AUCs within each date, weighted by positives: changes between dates do not enter."""
    total, seen = 0.0, 0.0
    for day in np.unique(when):
        rows = when == day
        area = auc(label[rows], score[rows], None if weight is None else weight[rows])
        positives = float(label[rows].sum() if weight is None else (label[rows] * weight[rows]).sum())
        if area == area:
            total, seen = total + area * positives, seen + positives
    return total / seen if seen else float("nan")


def average_precision(label: np.ndarray, score: np.ndarray) -> float:
    """Mean precision at each event, going down from the highest score; ties are taken together."""
    positives = label.sum()
    if positives == 0:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    score, hits = score[order], np.cumsum(label[order])
    ends = np.r_[np.flatnonzero(np.diff(score)), len(score) - 1]
    gained = np.diff(np.r_[0, hits[ends]])
    return float((gained * hits[ends] / (ends + 1)).sum() / positives)


def among_the_first(label: np.ndarray, score: np.ndarray, count: int) -> tuple[float, float]:
    """(precision, recall) among the `count` highest; rows tied at the edge share the places left."""
    expected = _expected_hits(label, score, count)
    positives = float(label.sum())
    return expected / min(count, len(label)), expected / positives if positives else float("nan")


def _expected_hits(label: np.ndarray, score: np.ndarray, count: int) -> float:
    if count >= len(label):
        return float(label.sum())
    edge = np.partition(score, len(score) - count)[len(score) - count]
    above, tied = score > edge, score == edge
    return float(label[above].sum() + label[tied].mean() * (count - above.sum()))


def brier(label: np.ndarray, probability: np.ndarray) -> float:
    return float(np.mean((probability - label) ** 2))


def calibration_error(label: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean distance of predicted and observed rate over `bins` groups of equal size."""
    table = reliability(label, probability, bins)
    return float((table["rows"] * (table["expected"] - table["observed"]).abs()).sum() / table["rows"].sum())


def reliability(label: np.ndarray, probability: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Groups of equal size by probability: columns rows, expected, observed (rates), events."""
    order = np.argsort(probability, kind="stable")
    groups = [part for part in np.array_split(order, min(bins, len(order))) if len(part)]
    return pd.DataFrame(
        {
            "rows": [len(part) for part in groups],
            "expected": [float(probability[part].mean()) for part in groups],
            "observed": [float(label[part].mean()) for part in groups],
            "events": [int(label[part].sum()) for part in groups],
        }
    )
