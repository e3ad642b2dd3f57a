"""Is the score as good for small firms, or in every district, as on the whole? Metrics by subgroup.

District and industry are read here to evaluate the model; they never enter it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.pool_history.proportions import share_of
from scoring.features.history import yuan_of
from scoring.statistics.bootstrap import UNKNOWN, Interval, auc_interval, rounded
from scoring.statistics.metrics import auc_within

#: Size classes by revenue in yuan; 20 M is the line of above-scale firms (规上).
_SIZES = (
    (0.0, 20e6, "< 2000 万元"),
    (20e6, 100e6, "2000 万–1 亿元"),
    (100e6, 400e6, "1–4 亿元"),
    (400e6, np.inf, "> 4 亿元"),
)
#: A subgroup with fewer firm-dates is not shown: it would tell about single firms.
_FEWEST_ROWS = 30
#: The share of firms that counts as selected: what a pool of that size would take.
SELECTED_SHARE = 0.1
_FEWEST_EVENTS = 3
_DIGITS = 4


def size_class(revenue: pd.Series) -> pd.Series:
    """The size class of each firm by revenue on the money scale; "?" where it is unknown."""
    yuan = revenue.map(yuan_of, na_action="ignore")
    classes = pd.Series("?", index=revenue.index, dtype=object)
    for low, high, name in _SIZES:
        classes[(yuan >= low) & (yuan < high)] = name
    return classes


@dataclass(frozen=True)
class Subgroup:
    """Metrics of our score within one subgroup. `kind`: size, district_code or industry; `rows`: firm-dates;
    `selected`: the share of the group among the highest tenth of its date, with Wilson's 95 % interval for as many
    observations as it has firms; `auc`: within the dates, with Newcombe's interval; unknown with fewer than 3
    events."""

    kind: str
    group: str
    rows: int
    events: int
    expected: float
    selected: float
    selected_low: float
    selected_high: float
    auc: Interval


def by_subgroup(rows: pd.DataFrame) -> list[Subgroup]:
    """Metrics of our score within each subgroup that is large enough.

    `rows`: firm_id, as_of, label, probability and the columns size, district_code, industry (each may be blank).
    """
    rows = rows.reset_index(drop=True)
    ranked = rows.groupby("as_of")["probability"].rank(pct=True)
    rows = rows.assign(selected=ranked > 1 - SELECTED_SHARE)
    return [
        _subgroup(kind, str(group), part)
        for kind in ("size", "district_code", "industry")
        for group, part in rows.groupby(kind)
        if len(part) >= _FEWEST_ROWS and group != "?"
    ]


def _subgroup(kind: str, group: str, part: pd.DataFrame) -> Subgroup:
    label, events = part["label"].to_numpy(float), int(part["label"].sum())
    auc = UNKNOWN
    if events >= _FEWEST_EVENTS:
        area = auc_within(label, part["probability"].to_numpy(), part["as_of"].to_numpy())
        auc = auc_interval(rounded(area, _DIGITS), part, _DIGITS)
    # A firm's years resemble each other: as many observations as firms.
    selected = share_of(float(part["selected"].mean()), part["firm_id"].nunique())
    return Subgroup(
        kind=kind,
        group=group,
        rows=len(part),
        events=events,
        expected=round(float(part["probability"].sum()), 3),
        selected=round(selected.share, _DIGITS),
        selected_low=round(selected.low, _DIGITS),
        selected_high=round(selected.high, _DIGITS),
        auc=auc,
    )
