"""Checks before training: too few outcomes, identifiers, and features that leak the label.

A refusal names the column and says what to do; a warning goes into the model's card and onto its page.
"""

import re

import numpy as np
import pandas as pd

from pipeline.language import N_, Message
from scoring.errors import CannotTrain
from scoring.statistics.metrics import auc

FEWEST_POSITIVES, FEW_POSITIVES = 5, 20
LEAK_AUC = 0.98
#: Below so many positives a single feature can order them by chance.
_LEAK_POSITIVES = 10
_IDENTIFIER = re.compile(r"(^|_)(id|code|uscc|ticker|number)$|代码|编号|证号", re.IGNORECASE)
_CODE_DIGITS = 5
#: Whole numbers that all lie within these are years.
_YEARS = (1900, 2100)
_LATER = N_("Not trained: %(name)s holds days after the day its row stands for. Take it out: it tells the future.")
_DAYS = N_("Not trained: %(name)s holds days. Turn it into years up to the day of the row, or take it out.")


def check_panel(features: pd.DataFrame, label: pd.Series, when: pd.Series | None = None) -> list[Message]:
    """Warnings about a panel that can be trained on; raises CannotTrain for one that must not be.

    `features` one row an observation; `label` 0/1 without missing values; `when` the day of each row.
    """
    _check_columns(features, when)
    positives = int((label == 1).sum())
    if set(pd.unique(label)) - {0, 1}:
        raise CannotTrain(
            Message(N_("The label must be 0 or 1 in every row and have no gaps; mend it and train again."))
        )
    others = len(label) - positives
    if others < FEWEST_POSITIVES <= positives:
        raise CannotTrain(
            Message(
                N_(
                    "Not trained: only %(others)s of %(rows)s rows are without the event, and at least %(fewest)s of "
                    "each kind are needed. Add firms that did not have it."
                ),
                {"others": others, "rows": len(label), "fewest": FEWEST_POSITIVES},
            )
        )
    if positives < FEWEST_POSITIVES:
        raise CannotTrain(
            Message(
                N_(
                    "Not trained: only %(positives)s of %(rows)s rows have the event, "
                    "and at least %(fewest)s of each kind "
                    "are needed. Take a later date, a longer horizon or more cohorts."
                ),
                {"positives": positives, "rows": len(label), "fewest": FEWEST_POSITIVES},
            )
        )
    _check_identifiers(features)
    _check_leaks(features, label, when)
    if positives < FEW_POSITIVES:
        return [
            Message(
                N_(
                    "Only %(positives)s positives: trained strongly regularised, without "
                    "a search for settings. Read ranks, "
                    "not probabilities, and expect them to move with the next year's outcomes."
                ),
                {"positives": positives},
            )
        ]
    return []


def _check_columns(features: pd.DataFrame, when: pd.Series | None) -> None:
    for name in features:
        column = features[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            late = when is not None and bool((column > pd.to_datetime(when)).any())
            raise CannotTrain(Message(_LATER if late else _DAYS, {"name": name}))
        if not _is_numbers(column.dtype):
            raise CannotTrain(
                Message(
                    N_("Not trained: %(name)s is not a number in every row. Turn it into numbers, or take it out."),
                    {"name": name},
                )
            )
        if when is not None and _tells_later_days(column, when):
            raise CannotTrain(Message(_LATER, {"name": name}))


def _is_numbers(kind: object) -> bool:
    types = pd.api.types
    return (types.is_numeric_dtype(kind) or types.is_bool_dtype(kind)) and not types.is_complex_dtype(kind)


def _tells_later_days(column: pd.Series, when: pd.Series) -> bool:
    """Whether a column of years (2024) or of days written as numbers (20240501) goes past the days of its rows."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(values)
    values = values[known]
    if len(values) == 0 or not np.all(values == np.floor(values)):
        return False
    days = pd.DatetimeIndex(pd.to_datetime(when))[known]
    if days.year.min() < _YEARS[0]:
        return False
    if np.all((values >= _YEARS[0]) & (values <= _YEARS[1])):
        return bool((values > days.year).any())
    as_number = days.year * 10_000 + days.month * 100 + days.day
    months, days_of_month = values // 100 % 100, values % 100
    written = (values // 10_000 >= _YEARS[0]) & (values // 10_000 <= _YEARS[1])
    written &= (months >= 1) & (months <= 12) & (days_of_month >= 1) & (days_of_month <= 31)
    return bool(np.all(written)) and bool((values > as_number).any())


def _check_identifiers(features: pd.DataFrame) -> None:
    for name in features:
        if looks_like_an_identifier(str(name), features[name]):
            raise CannotTrain(
                Message(
                    N_(
                        "Not trained: %(name)s looks like an identifier. Take it out: a "
                        "model would learn firms by heart."
                    ),
                    {"name": name},
                )
            )


def looks_like_an_identifier(name: str, column: pd.Series) -> bool:
    """A whole number of constant length that hardly repeats, or a column named as a code that does the same."""
    values = column.dropna().to_numpy(dtype=float)
    if len(values) < 20 or not np.all(np.isfinite(values)) or not np.all(values == np.floor(values)):
        return False
    distinct = len(np.unique(values))
    if _IDENTIFIER.search(name):
        return distinct > 0.1 * len(values)
    digits = np.floor(np.log10(np.maximum(np.abs(values), 1))) + 1
    return distinct > 0.95 * len(values) and len(np.unique(digits)) == 1 and digits[0] >= _CODE_DIGITS


def _check_leaks(features: pd.DataFrame, label: pd.Series, when: pd.Series | None) -> None:
    truth = label.to_numpy(dtype=float)
    positives = truth == 1
    judged = _rows_judged(truth, when)
    for name in features:
        values = features[name].to_numpy(dtype=float)
        known = np.isfinite(values)
        known_pos, known_neg = known[positives].mean(), known[~positives].mean()
        one_class_only = min(known_pos, known_neg) == 0 and max(known_pos, known_neg) > 0.2
        if one_class_only and positives.sum() >= FEWEST_POSITIVES:
            raise CannotTrain(
                Message(
                    N_(
                        "Not trained: %(name)s is filled in for one class only (%(events)s of "
                        "rows with the event, %(others)s of "
                        "the others). It was written down afterwards, or only about firms that got there; take it out."
                    ),
                    {"name": name, "events": f"{known_pos:.0%}", "others": f"{known_neg:.0%}"},
                )
            )
        area = leak_auc(values[judged], truth[judged]) if positives.sum() >= _LEAK_POSITIVES else 0.5
        if area > LEAK_AUC:
            raise CannotTrain(
                Message(
                    N_(
                        "Not trained: %(name)s alone tells the outcome (AUC %(auc)s). A "
                        "single figure does not do that honestly: "
                        "it was written down after the event, or is the event under another name. Take it out."
                    ),
                    {"name": name, "auc": f"{area:.3f}"},
                )
            )


def _rows_judged(truth: np.ndarray, when: pd.Series | None) -> slice | np.ndarray:
    """The rows of the later half of the days, where they have positives enough; else all."""
    if when is None:
        return slice(None)
    days = np.asarray(pd.to_datetime(when))
    of_days = np.unique(days)
    later = days >= of_days[len(of_days) // 2]
    return later if truth[later].sum() >= _LEAK_POSITIVES else slice(None)


def leak_auc(values: np.ndarray, truth: np.ndarray) -> float:
    """The AUC of one feature in its better direction; 0.5 where too few of a class have it."""
    known = np.isfinite(values)
    if truth[known].sum() < _LEAK_POSITIVES or (1 - truth[known]).sum() < _LEAK_POSITIVES:
        return 0.5
    area = auc(truth[known], values[known])
    return max(area, 1 - area)
