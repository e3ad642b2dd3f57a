"""Rank transform within a date, against the stored reference distribution of that date's firms.

A rank takes out what moves all firms from one year to the next. It is read from a table (the reference distribution),
not from the frame being scored, so that a firm alone, a subset and all firms get the same ranks, and a counterfactual
moves only its own value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: Distinct values stored per feature; between two of them the rank is interpolated linearly.
KNOTS = 400
#: The rank of a missing value: the middle. Absence is then no evidence for or against a firm, which matters
#: where one class of firms had its past filled in later than the other.
RANK_OF_MISSING = 0.5


@dataclass(frozen=True)
class ReferenceDistribution:
    """The values of one group of firms on one day, as a rank table per feature; `name` says whose they are.

    `tables`: feature -> (values ascending, their mid-ranks in 0..1); an empty table where none was known.
    """

    name: str
    firms: int
    tables: Mapping[str, tuple[np.ndarray, np.ndarray]]

    @staticmethod
    def of(features: pd.DataFrame, name: str) -> "ReferenceDistribution":
        """The table of these firms: one row a firm, NaN unknown."""
        return ReferenceDistribution(
            name, len(features), {str(column): _table(features[column].to_numpy(dtype=float)) for column in features}
        )

    def ranks(self, features: pd.DataFrame) -> pd.DataFrame:
        """Every value's share of reference firms below it (ties count half), never falling as the value rises."""
        return pd.DataFrame(
            {name: _ranks(self.tables[str(name)], features[name].to_numpy(dtype=float)) for name in features},
            index=features.index,
        )

    def value_at(self, name: str, rank: float) -> float:
        """The value at this rank: the inverse transform, for thresholds that trees set on ranks."""
        known, ranks = self.tables[name]
        return float(np.interp(rank, ranks, known)) if len(known) else float("nan")

    def as_json(self) -> dict[str, str | int | dict[str, list[list[float]]]]:
        tables = {name: [values.tolist(), ranks.tolist()] for name, (values, ranks) in self.tables.items()}
        return {"name": self.name, "firms": self.firms, "tables": tables}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "ReferenceDistribution":
        tables = {
            name: (np.asarray(pair[0], float), np.asarray(pair[1], float)) for name, pair in stored["tables"].items()
        }
        return ReferenceDistribution(stored["name"], int(stored["firms"]), tables)


def ranks_by_day(features: pd.DataFrame, days: pd.Series) -> tuple[np.ndarray, list[ReferenceDistribution]]:
    """Every row's ranks among the rows of its day, (rows, columns) float64, and the tables of the days, earliest first.

    `days`: the day of each row, by place. Column by column, so that a panel of a million rows is not held twice.
    """
    codes, unique = pd.factorize(days.dt.normalize(), sort=True)
    names = pd.DatetimeIndex(unique).strftime("%Y-%m-%d")
    return _ranks_in_groups(features, codes, list(names))


def ranks_among_all(features: pd.DataFrame) -> tuple[np.ndarray, list[ReferenceDistribution]]:
    """The same with all rows in one group, where they have no days."""
    return _ranks_in_groups(features, np.zeros(len(features), dtype=int), ["all"])


def _ranks_in_groups(
    features: pd.DataFrame, codes: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, list[ReferenceDistribution]]:
    members = [np.flatnonzero(codes == code) for code in range(len(names))]
    ranks = np.empty(features.shape)
    tables: list[dict[str, tuple[np.ndarray, np.ndarray]]] = [{} for _ in names]
    for place, name in enumerate(features):
        values = features[name].to_numpy(dtype=float)
        for rows, of_group in zip(members, tables, strict=True):
            of_group[str(name)] = _table(values[rows])
            ranks[rows, place] = _ranks(of_group[str(name)], values[rows])
    named = zip(names, members, tables, strict=True)
    return ranks, [ReferenceDistribution(name, len(rows), of_group) for name, rows, of_group in named]


def _ranks(table: tuple[np.ndarray, np.ndarray], values: np.ndarray) -> np.ndarray:
    known, ranks = table
    if len(known) == 0:
        return np.full(len(values), RANK_OF_MISSING)
    return np.where(np.isnan(values), RANK_OF_MISSING, np.interp(values, known, ranks))


def _table(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    if len(known) == 0:
        return known, known
    ranks = (np.cumsum(counts) - counts / 2) / counts.sum()
    if len(known) > KNOTS:
        knots = np.unique(np.searchsorted(ranks, np.linspace(ranks[0], ranks[-1], KNOTS)))
        known, ranks = known[knots], ranks[knots]
    return known, ranks
