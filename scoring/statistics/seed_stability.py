"""SHAP stability under other random seeds: how far the reasons of retrained models agree."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

TOP = 4


@dataclass(frozen=True)
class SeedStability:
    """Agreement of models that differ in their seed alone, as means over their pairs.

    top_reasons_overlap: the share of a firm's largest four reasons (by size) that two models have in common, among the
    highest tenth, whose reasons people read; overlap_all: among all firms; rank_agreement: Spearman of the points;
    points_apart: mean absolute difference in points.
    """

    seeds: int
    top_reasons_overlap: float
    overlap_all: float
    rank_agreement: float
    points_apart: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def stability_of(reasons: Sequence[pd.DataFrame], points: Sequence[pd.Series]) -> SeedStability:
    """From the reasons and points of the same firms by models of different seeds."""
    pairs = [(a, b) for a in range(len(reasons)) for b in range(a)]
    top = points[0].nlargest(max(10, len(points[0]) // 10)).index
    tops = [_top(of_model) for of_model in reasons]
    rows = reasons[0].index.isin(top)
    overlaps = [(tops[a] & tops[b]).sum(axis=1) / TOP for a, b in pairs]
    return SeedStability(
        seeds=len(reasons),
        top_reasons_overlap=round(float(np.mean([overlap[rows].mean() for overlap in overlaps])), 4),
        overlap_all=round(float(np.mean([overlap.mean() for overlap in overlaps])), 4),
        rank_agreement=round(float(np.mean([points[a].corr(points[b], method="spearman") for a, b in pairs])), 4),
        points_apart=round(float(np.mean([(points[a] - points[b]).abs().mean() for a, b in pairs])), 4),
    )


def _top(reasons: pd.DataFrame) -> np.ndarray:
    """(rows, features) bool: is this among the row's four largest reasons?"""
    size = reasons.abs().to_numpy()
    return size.argsort(axis=1).argsort(axis=1) >= size.shape[1] - TOP
