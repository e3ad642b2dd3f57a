"""Bootstrap over firms: metrics of one day's ranking for many resamples at once, and their intervals.

A resample gives each firm a weight (how often it was drawn); metrics are computed for all resamples in one pass over
the sorted scores. Row 0 is always the sample itself. Firms are resampled, not rows, since a firm's years resemble each
other.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.statistics.intervals import newcombe_auc

TOP = (50, 100)
#: Resamples are worked through some at a time, so that memory does not grow with their number.
_NUMBERS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; None where it cannot be computed."""

    value: float | None
    low: float | None
    high: float | None

    @staticmethod
    def of(values: np.ndarray, digits: int) -> "Interval":
        """From the value of the sample (the first) and of its resamples, rounded."""
        resampled = values[1:][np.isfinite(values[1:])]
        low, high = np.quantile(resampled, [0.025, 0.975]) if len(resampled) else (float("nan"), float("nan"))
        return Interval(*(rounded(float(number), digits) for number in (values[0], low, high)))

    def as_json(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


UNKNOWN = Interval(None, None, None)


def auc_interval(area: float | None, rows: pd.DataFrame, digits: int) -> Interval:
    """An AUC of these rows (firm_id, label) with Newcombe's interval: a firm counts once, however many of its years
    there are."""
    if area is None:
        return UNKNOWN
    event = rows["label"].to_numpy() > 0
    positives, negatives = (rows["firm_id"].to_numpy()[those] for those in (event, ~event))
    low, high = newcombe_auc(area, len(set(positives)), len(set(negatives)))
    return Interval(area, rounded(low, digits), rounded(high, digits))


def rounded(number: float, digits: int) -> float | None:
    """JSON knows no NaN."""
    return round(number, digits) if number == number else None


def firm_weights(firms: np.ndarray, draws: int, seed: int) -> pd.DataFrame:
    """Index firm, columns 0..draws (uint8): column 0 all ones, the others how often the firm was drawn with
    replacement."""
    chance = np.random.default_rng(seed)
    firms = np.sort(np.asarray(firms, dtype=object))
    share = np.full(len(firms), 1 / len(firms))
    counts = np.ones((len(firms), 1 + draws), dtype=np.uint8)
    for draw in range(1, 1 + draws):
        # Of a million firms drawn as often one comes a dozen times at most.
        counts[:, draw] = chance.multinomial(len(firms), share)
    return pd.DataFrame(counts, index=firms)


def metrics_of_day(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """metric -> one value a resample. `weight` (resamples, rows). NaN where a resample lacks positives or negatives."""
    resamples = weight.shape[0]
    if len(label) == 0:
        nothing = np.full(resamples, np.nan)
        names = [
            "auc",
            "average_precision",
            "top_decile_lift",
            *(f"{kind}_{k}" for k in TOP for kind in ("precision", "recall")),
        ]
        return dict.fromkeys(names, nothing)
    order = np.argsort(-score, kind="stable")
    falling, truth = score[order], label[order]
    starts = np.flatnonzero(np.r_[True, np.diff(falling) != 0])
    at_once = max(1, _NUMBERS_AT_ONCE // len(label))
    blocks = [
        _metrics_of_ranked(truth, starts, weight[first : first + at_once, order].astype(np.float64))
        for first in range(0, resamples, at_once)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _metrics_of_ranked(truth: np.ndarray, starts: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """The same of rows from the best score down; `starts`: where the next score begins."""
    pos = np.add.reduceat(weight * truth, starts, axis=1)
    rows = np.add.reduceat(weight, starts, axis=1)
    neg = rows - pos
    all_pos, all_rows = pos.sum(axis=1), rows.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, seen = np.cumsum(pos, axis=1), np.cumsum(rows, axis=1)
        below = all_rows[:, None] - all_pos[:, None] - np.cumsum(neg, axis=1)
        both = (all_pos > 0) & (all_rows > all_pos)
        area = (pos * (below + neg / 2)).sum(axis=1) / (all_pos * (all_rows - all_pos))
        precision = np.where(seen > 0, hits / np.where(seen > 0, seen, 1), 0)
        metrics = {
            "auc": np.where(both, area, np.nan),
            "average_precision": np.where(both, (pos * precision).sum(axis=1) / all_pos, np.nan),
        }
        tenth = all_rows / 10
        metrics["top_decile_lift"] = np.where(
            both, _hits(pos, rows, seen, tenth) / tenth / (all_pos / all_rows), np.nan
        )
        for count in TOP:
            places = np.minimum(count, all_rows)
            among = _hits(pos, rows, seen, places)
            metrics[f"precision_{count}"] = np.where(both, among / places, np.nan)
            metrics[f"recall_{count}"] = np.where(both, among / all_pos, np.nan)
    return metrics


def _hits(pos: np.ndarray, rows: np.ndarray, seen: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Events among the first `places`; rows tied at the edge share the places left."""
    share = np.clip((places[:, None] - (seen - rows)) / np.where(rows > 0, rows, 1), 0, 1)
    return (pos * share).sum(axis=1)
