"""Is the score as good for small firms, or in every district, as on the whole? Metrics by subgroup.

District and industry are read here to evaluate the model; they never enter it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.features.history import yuan_of
from scoring.statistics.bootstrap import UNKNOWN, Interval, metrics_of_day

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
    `selected`: the share of the group among the highest tenth of its date, with its 95 % interval; `auc`: unknown with
    fewer than 3 events."""

    kind: str
    group: str
    rows: int
    events: int
    expected: float
    selected: float
    selected_low: float
    selected_high: float
    auc: Interval


def by_subgroup(rows: pd.DataFrame, weights: pd.DataFrame) -> list[Subgroup]:
    """Metrics of our score within each subgroup that is large enough.

    `rows`: firm_id, as_of, label, probability and the columns size, district_code, industry (each may be blank);
    `weights`: bootstrap.firm_weights.
    """
    rows = rows.reset_index(drop=True)
    ranked = rows.groupby("as_of")["probability"].rank(pct=True)
    rows = rows.assign(selected=ranked > 1 - SELECTED_SHARE)
    return [
        _subgroup(kind, str(group), part, weights)
        for kind in ("size", "district_code", "industry")
        for group, part in rows.groupby(kind)
        if len(part) >= _FEWEST_ROWS and group != "?"
    ]


def _subgroup(kind: str, group: str, part: pd.DataFrame, weights: pd.DataFrame) -> Subgroup:
    events = int(part["label"].sum())
    auc = UNKNOWN
    if events >= 3:
        weight = weights.loc[part["firm_id"]].to_numpy().T
        metrics = metrics_of_day(part["label"].to_numpy(float), part["probability"].to_numpy(), weight)
        auc = Interval.of(metrics["auc"], 4)
    share = part["selected"].mean()
    spread = 1.96 * float(np.sqrt(share * (1 - share) / len(part)))
    return Subgroup(
        kind=kind,
        group=group,
        rows=len(part),
        events=events,
        expected=round(float(part["probability"].sum()), 3),
        selected=round(float(share), 4),
        selected_low=round(float(max(0.0, share - spread)), 4),
        selected_high=round(float(min(1.0, share + spread)), 4),
        auc=auc,
    )
