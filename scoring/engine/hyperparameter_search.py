"""Hyperparameter search with time-ordered validation folds (or grouped by firm), never a random half.

No hyperparameters are tuned to one panel: the numbers of rows and positives determine the candidates, and an inner
validation that respects days and firms chooses. A bigger model is taken only where it wins by more than the noise of
the comparison, and on dated rows only where it wins on later days: firms held out of the same days share those days'
accidents with the training rows, and bigger trees that win there lose on the days to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline.language import N_
from scoring.engine.bagged_lightgbm import Hyperparameters, Trainings, binned, on_threads, train_one
from scoring.engine.leakage_checks import FEW_POSITIVES
from scoring.engine.search_rows import Rows
from scoring.statistics.metrics import auc_within

if TYPE_CHECKING:
    import lightgbm

#: Strongly regularised small trees whose split points are drawn, not searched (extremely randomised): with few
#: positives the best split point is mostly an accident of theirs. Leaves, penalty and drawing were settled by trying
#: about 35 variants on two panels with 5 to 45 positives; those within 0.01 AUC of each other are the same to us.
SMALL = Hyperparameters("small", 4, 0.03, 200, 20, 0.7, 0.5, 20.0, extra_trees=True)
#: Those, and as many again of what follows from returns, of ranks and of values as they are; and those that others had
#: looked at on the same dates before. A model's card says so, since the real panel was one of the two.
VARIANTS_TRIED_BEFOREHAND = 240
#: With a handful of positives every further round fits their accidents.
VERY_SMALL = replace(SMALL, name="very small", rounds=100)
MIDDLE = Hyperparameters("middle", 31, 0.05, 800, 20, 0.8, 1.0, 1.0, early_stopping=60, bags=4)
MIDDLE_HALF = replace(MIDDLE, name="middle, half the columns", feature_fraction=0.5)
LARGE = replace(MIDDLE, name="large", num_leaves=63, min_data_in_leaf=10)

#: From here on a search over bigger trees can pay.
_ROWS_FOR_SEARCH, _POSITIVES_FOR_SEARCH = 1000, 50
_FOLDS = 3
#: The protocol whose validation rows are later than those trained on (a msgid).
LATER_DAYS = N_("later days")
#: A validation day with fewer positives says nothing.
_POSITIVES_A_DAY = 5


@dataclass(frozen=True)
class Fold:
    """Row numbers to train on and to validate on."""

    train: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class _BinnedFold:
    """A fold as LightGBM holds it, once for all candidates; `rows`: its row numbers."""

    rows: Fold
    train: "lightgbm.Dataset"
    validation: "lightgbm.Dataset"


@dataclass(frozen=True)
class Trial:
    """One candidate: its AUC (mean over the folds, weighted by their positives) and that of each fold."""

    name: str
    auc: float
    folds: tuple[float, ...]

    def as_json(self) -> dict[str, str | float | list[float]]:
        return {"name": self.name, "auc": self.auc, "folds": list(self.folds)}


@dataclass(frozen=True)
class Search:
    """`chosen`: the best candidate with its number of rounds; `trials`: one a candidate; `out_of_fold`: raw scores,
    NaN for rows of no validation fold; `protocol`: how the folds were made (a msgid)."""

    chosen: Hyperparameters
    trials: tuple[Trial, ...]
    out_of_fold: np.ndarray
    protocol: str


def search(
    rows: Rows,
    directions: Sequence[int],
    seed: int,
    label_days: int = 0,
    hyperparameters: Hyperparameters | None = None,
    trainings: Trainings = on_threads,
) -> Search:
    """The hyperparameters for these rows, and raw scores of rows that the trees did not see (for calibration).

    `label_days`: a row's label is known only so many days after its day; inner training keeps that distance.
    `hyperparameters`: skips the search; the folds then only give out-of-fold scores.
    """
    folds, protocol = inner_folds(rows, seed, label_days)
    if hyperparameters is not None:
        candidates = [hyperparameters]
    else:
        candidates = _candidates(rows)
        if rows.day is not None and protocol != LATER_DAYS:
            candidates = candidates[:1]
    least_in_leaf = min(candidate.min_data_in_leaf for candidate in candidates)
    tasks = [(candidate, place) for candidate in candidates for place in range(len(folds))]
    lay_out = partial(_binned, rows, folds, protocol == LATER_DAYS, least_in_leaf, seed)
    done = trainings(partial(_trial, rows, directions, seed), tasks, lay_out)
    by_candidate = [done[place * len(folds) : (place + 1) * len(folds)] for place in range(len(candidates))]
    areas = np.nan_to_num([[fold_area for _, _, fold_area in results] for results in by_candidate], nan=0.5)
    weights = np.array([max(1.0, rows.label[fold.validation].sum()) for fold in folds])
    best = _best_unless_small_is_as_good(areas, weights)
    rounds = int(np.average([count for _, count, _ in by_candidate[best]], weights=weights))
    chosen = candidates[best]
    if chosen.early_stopping:  # the whole panel carries a little more than a fold of it
        chosen = replace(chosen, rounds=max(20, round(rounds * 1.1)), early_stopping=0)
    out_of_fold = np.full(len(rows.label), np.nan)
    for fold, (raw, _, _) in zip(folds, by_candidate[best], strict=True):
        out_of_fold[fold.validation] = raw
    trials = tuple(
        Trial(
            candidate.name,
            round(float(np.average(row, weights=weights)), 5),
            tuple(round(float(area), 5) for area in row),
        )
        for candidate, row in zip(candidates, areas, strict=True)
    )
    return Search(chosen, trials, out_of_fold, protocol)


def _candidates(rows: Rows) -> list[Hyperparameters]:
    """From the simplest to the largest; the order is the order of preference."""
    positives = int(rows.label.sum())
    positives = min(positives, len(rows.label) - positives)
    if positives < FEW_POSITIVES:
        return [_for_small_table(VERY_SMALL, rows)]
    if len(rows.label) < _ROWS_FOR_SEARCH or positives < _POSITIVES_FOR_SEARCH:
        return [_for_small_table(SMALL, rows)]
    return [SMALL, MIDDLE_HALF, MIDDLE, LARGE]


def _for_small_table(hyperparameters: Hyperparameters, rows: Rows) -> Hyperparameters:
    """Leaves of a size that a small table can fill."""
    return replace(
        hyperparameters, min_data_in_leaf=max(2, min(hyperparameters.min_data_in_leaf, len(rows.label) // 20))
    )


def _binned(rows: Rows, folds: Sequence[Fold], forward: bool, least_in_leaf: int, seed: int) -> list[_BinnedFold]:
    """Every fold laid out once, for all candidates.

    The bins of a fold that is judged on later days (`forward`) come from its training rows alone: the values of a later
    day are not known yet. Folds of the same days share the bins of all their rows: bins are made of features, never of
    labels, and the figures of the firms held out are known on the day that those of the others are.
    """
    if not forward:
        whole = binned(rows.values, rows.label, least_in_leaf, seed, weight=rows.weight)
        parts = [[whole.subset(part.tolist()).construct() for part in (fold.train, fold.validation)] for fold in folds]
        return [_BinnedFold(fold, *of_fold) for fold, of_fold in zip(folds, parts, strict=True)]
    laid_out = []
    for fold in folds:
        earlier, later = rows.at(fold.train), rows.at(fold.validation)
        train = binned(earlier.values, earlier.label, least_in_leaf, seed, weight=earlier.weight)
        validation = train.create_valid(later.values, later.label, later.weight, params=train.params).construct()
        laid_out.append(_BinnedFold(fold, train, validation))
    return laid_out


def _trial(
    rows: Rows,
    directions: Sequence[int],
    seed: int,
    folds: Sequence[_BinnedFold],
    task: tuple[Hyperparameters, int],
) -> tuple[np.ndarray, int, float]:
    hyperparameters, place = task
    fold = folds[place]
    validation = fold.rows.validation
    booster = train_one(fold.train, hyperparameters, directions, seed + place, fold.validation)
    raw = np.asarray(booster.predict(rows.values[validation], raw_score=True, num_threads=1))
    day = np.zeros(len(raw)) if rows.day is None else rows.day[validation]
    rounds = booster.best_iteration if hyperparameters.early_stopping else hyperparameters.rounds
    return raw, rounds, auc_within(rows.label[validation], raw, day)


def _best_unless_small_is_as_good(areas: np.ndarray, weights: np.ndarray) -> int:
    """The candidate with the best mean; the small one (the first) if that lead is within its own standard error.

    Among the bigger ones the mean decides: they cost the same, and the share of columns they see is chosen by the data.
    """
    means = np.average(areas, axis=1, weights=weights)
    best = int(np.argmax(means))
    lead = areas[best] - areas[0]
    error = float(lead.std(ddof=1) / np.sqrt(len(lead))) if len(lead) > 1 else float("inf")
    return 0 if means[best] - means[0] <= error else best


def inner_folds(rows: Rows, seed: int, label_days: int = 0) -> tuple[list[Fold], str]:
    """Folds and how they were made: later days where days and positives allow, else whole firms, else single rows."""
    forward = _forward(rows, label_days) if rows.day is not None else []
    if len(forward) >= 2 and sum(rows.label[fold.validation].sum() for fold in forward) >= FEW_POSITIVES:
        return forward, LATER_DAYS
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    positives = int(rows.label.sum())
    count = _FOLDS if positives >= _POSITIVES_FOR_SEARCH else 5
    count = max(2, min(count, positives, len(rows.label) - positives))
    if rows.firm is not None and len(np.unique(rows.firm[rows.label > 0])) >= count:
        splits = StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(rows.values, rows.label, rows.firm)
        return [Fold(train, validation) for train, validation in splits], N_("whole firms held out")
    splits = StratifiedKFold(count, shuffle=True, random_state=seed).split(rows.values, rows.label)
    return [Fold(train, validation) for train, validation in splits], N_("rows held out")


def _forward(rows: Rows, label_days: int) -> list[Fold]:
    """Train on what was known by a day, validate on that day; at most the last four days with positives enough."""
    assert rows.day is not None
    folds = []
    for day in np.unique(rows.day):
        train = np.flatnonzero(rows.day + max(label_days, 1) <= day)
        validation = np.flatnonzero(rows.day == day)
        if rows.label[train].sum() >= _POSITIVES_A_DAY and rows.label[validation].sum() >= _POSITIVES_A_DAY:
            folds.append(Fold(train, validation))
    return folds[-4:]
