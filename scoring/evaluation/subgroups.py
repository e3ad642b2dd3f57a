"""Is the score as good for small firms, or in every district, as on the whole? Metrics by subgroup.

District and industry are read here to evaluate the model; they never enter it.
"""

from typing import Any

import numpy as np
import pandas as pd

from scoring.features.history import yuan_of
from scoring.statistics.bootstrap import metrics_of_day

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


def by_subgroup(rows: pd.DataFrame, weights: pd.DataFrame) -> list[dict[str, Any]]:
    """Measures of our score within each subgroup.

    `rows`: firm_id, as_of, label, probability and the columns size, district_code, industry (each may be blank);
    `weights`: bootstrap.firm_weights. Each entry: kind, group, rows, events, expected, selected (share of the group
    among the highest tenth of its date), auc with low and high (None with fewer than 3 events).
    """
    rows = rows.reset_index(drop=True)
    ranked = rows.groupby("as_of")["probability"].rank(pct=True)
    rows = rows.assign(selected=ranked > 1 - SELECTED_SHARE)
    found = []
    for kind in ("size", "district_code", "industry"):
        for group, part in rows.groupby(kind):
            if len(part) >= _FEWEST_ROWS and group != "?":
                found.append({"kind": kind, "group": str(group), **_measures(part, weights)})
    return found


def _measures(part: pd.DataFrame, weights: pd.DataFrame) -> dict[str, Any]:
    events = int(part["label"].sum())
    auc: dict[str, float | None] = {"value": None, "low": None, "high": None}
    if events >= 3:
        drawn = metrics_of_day(
            part["label"].to_numpy(float), part["probability"].to_numpy(), weights.loc[part["firm_id"]].to_numpy().T
        )["auc"]
        known = drawn[1:][np.isfinite(drawn[1:])]
        if np.isfinite(drawn[0]) and len(known):
            low, high = np.quantile(known, [0.025, 0.975])
            auc = {"value": round(float(drawn[0]), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
    share = part["selected"].mean()
    spread = 1.96 * float(np.sqrt(share * (1 - share) / len(part)))
    return {
        "rows": len(part),
        "events": events,
        "expected": round(float(part["probability"].sum()), 3),
        "selected": round(float(share), 4),
        "selected_low": round(float(max(0.0, share - spread)), 4),
        "selected_high": round(float(min(1.0, share + spread)), 4),
        "auc": auc,
    }
