"""SHAP stability under other random seeds: how far the reasons of retrained models agree."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

TOP = 4


def stability_of(first: Sequence[pd.DataFrame], points: Sequence[pd.Series]) -> dict[str, Any]:
    """From the reasons and points of the same firms by models of different seeds.

    top_reasons_overlap: the mean share of a firm's largest four reasons (by size) that two models have in common, among
    the highest tenth, whose reasons people read; overlap_all: among all firms; rank_agreement: mean Spearman of points;
    points_apart: mean absolute difference in points.
    """
    pairs = [(a, b) for a in range(len(first)) for b in range(a)]
    top = points[0].nlargest(max(10, len(points[0]) // 10)).index
    tops = [_top(reasons) for reasons in first]
    rows = first[0].index.isin(top)
    overlaps = [(tops[a] & tops[b]).sum(axis=1) / TOP for a, b in pairs]
    return {
        "seeds": len(first),
        "top_reasons_overlap": round(float(np.mean([one[rows].mean() for one in overlaps])), 4),
        "overlap_all": round(float(np.mean([one.mean() for one in overlaps])), 4),
        "rank_agreement": round(float(np.mean([points[a].corr(points[b], method="spearman") for a, b in pairs])), 4),
        "points_apart": round(float(np.mean([(points[a] - points[b]).abs().mean() for a, b in pairs])), 4),
    }


def _top(reasons: pd.DataFrame) -> np.ndarray:
    """(rows, features) bool: is this among the row's four largest reasons?"""
    size = reasons.abs().to_numpy()
    return size.argsort(axis=1).argsort(axis=1) >= size.shape[1] - TOP
