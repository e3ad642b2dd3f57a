"""Validate and coerce the inputs of `fit` and `score`: numbers, days, groups, directions.

Panels come from anywhere: frames with any index, days as years, texts or periods, labels as booleans or categories.
What cannot be read is refused by name, with what to do instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.language import N_, Message
from scoring.errors import CannotTrain, UnknownFeatures

_FIRST_YEAR, _LAST_YEAR = 1000, 9999
_FIRST_DAY, _LAST_DAY = 10_000_101, 99_991_231
#: Whole numbers up to here that are no years are consecutive periods. They are put where no panel's days
#: are, so that they cannot be taken for days.
_MOST_PERIODS = 50_000
_FIRST_PERIOD = pd.Timestamp(1700, 1, 1)
_LARGEST_SEED = 2**31 - 1


def numeric(features: pd.DataFrame) -> pd.DataFrame:
    """The table as float64 with column names as text; infinities become unknown.

    Raises UnknownFeatures, by name, for columns that hold something else than numbers.
    """
    try:
        table = features.astype("float64")
    except (TypeError, ValueError):
        names = [str(features.columns[place]) for place in range(features.shape[1]) if not _numbers(features, place)]
        raise UnknownFeatures(
            Message(
                N_(
                    "Not scored: %(names)s do not hold numbers in every row. Turn them into numbers; unknown "
                    "values stay empty."
                ),
                {"names": ", ".join(names)},
            )
        ) from None
    table.columns = [str(name) for name in features.columns]
    # Without infinities, as nearly always, a panel of a million rows is not copied.
    return table.replace([np.inf, -np.inf], np.nan) if np.isinf(table.to_numpy()).any() else table


def _numbers(features: pd.DataFrame, place: int) -> bool:
    try:
        features.iloc[:, place].astype("float64")
    except (TypeError, ValueError):
        return False
    return True


def check_frame(features: object) -> None:
    """Raises CannotTrain for anything but a frame with unique column names."""
    if not isinstance(features, pd.DataFrame) or features.shape[1] == 0:
        raise CannotTrain(
            Message(N_("Not trained: the features must be a table (pandas DataFrame) with at least one named column."))
        )
    if len(set(map(str, features.columns))) < features.shape[1]:
        raise CannotTrain(Message(N_("Not trained: two columns have the same name. Name them apart.")))


def check_columns(features: object, names: Sequence[str]) -> None:
    """Raises UnknownFeatures, by name, where a table to be scored has other columns than `names`, in any order."""
    if not isinstance(features, pd.DataFrame):
        raise UnknownFeatures(
            Message(N_("Not scored: give a table (pandas DataFrame) with the columns the model was trained on."))
        )
    present = [str(name) for name in features.columns]
    unknown = [name for name in present if name not in set(names)]
    missing = [name for name in names if name not in set(present)]
    if unknown or missing:
        raise UnknownFeatures(_refusal(unknown, missing))
    twice = sorted({name for name in present if present.count(name) > 1}) if len(present) > len(names) else []
    if twice:
        raise UnknownFeatures(
            Message(
                N_("Not scored: the columns %(names)s stand twice. Leave one of each."), {"names": ", ".join(twice)}
            )
        )


def aligned(column: pd.Series | pd.DataFrame | Sequence[Any], features: pd.DataFrame) -> pd.Series:
    """A column as a Series on the features' rows; a Series with other labels but the same length is taken by place."""
    if isinstance(column, pd.DataFrame) and column.shape[1] == 1:
        column = column.iloc[:, 0]
    series = column if isinstance(column, pd.Series) else pd.Series(list(column))
    if len(series) != len(features):
        raise CannotTrain(
            Message(
                N_("Not trained: %(rows)s rows of features but %(labels)s of labels, days or firms."),
                {"rows": len(features), "labels": len(series)},
            )
        )
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    if series.index.equals(features.index):
        return series
    if series.index.is_unique and features.index.is_unique and set(series.index) == set(features.index):
        return series.reindex(features.index)
    return series.set_axis(features.index)


def as_days(when: pd.Series) -> pd.Series:
    """Days without a zone: from days, texts, periods, years (2023), days as numbers (20230501), or periods 1, 2, 3, …

    Raises CannotTrain for gaps and for what is no day.
    """
    gaps = int(when.isna().sum())
    if gaps:
        raise CannotTrain(
            Message(
                N_("Not trained: %(rows)s rows have no day. Give each its day, or leave the days out."), {"rows": gaps}
            )
        )
    try:
        if isinstance(when.dtype, pd.PeriodDtype):
            return when.dt.to_timestamp()
        if pd.api.types.is_numeric_dtype(when):
            return _days_of_numbers(when)
        days = pd.to_datetime(when, format="mixed")
    except (ValueError, TypeError, OverflowError):
        raise CannotTrain(
            Message(N_("Not trained: the days cannot be read. Give days (2023-05-01) or years (2023)."))
        ) from None
    return days if days.dt.tz is None else days.dt.tz_localize(None)


def _days_of_numbers(when: pd.Series) -> pd.Series:
    numbers = when.astype("float64")
    if (numbers != numbers.round()).any():
        raise ValueError("a day is a whole number")
    whole = numbers.astype("int64")
    if whole.between(_FIRST_YEAR, _LAST_YEAR).all():
        return pd.to_datetime(whole.astype(str), format="%Y")
    if whole.between(_FIRST_DAY, _LAST_DAY).all():
        return pd.to_datetime(whole.astype(str), format="%Y%m%d")
    if not whole.between(0, _MOST_PERIODS).all():
        raise ValueError("neither years nor days nor periods")
    return _FIRST_PERIOD + pd.to_timedelta(whole, unit="D")


def day_numbers(days: pd.Series) -> np.ndarray:
    return ((days - pd.Timestamp(1970, 1, 1)) // pd.Timedelta(days=1)).to_numpy(dtype=np.int64)


def directions_of(monotone: Mapping[Any, Any] | Sequence[Any] | pd.Series | None, names: Sequence[str]) -> list[int]:
    """+1, -1 or 0 for each of `names`; a mapping or Series goes by name, and what it leaves out has no direction."""
    if monotone is None:
        return [0] * len(names)
    if isinstance(monotone, pd.Series):
        monotone = monotone.to_dict()
    if isinstance(monotone, Mapping):
        by_name = {str(name): way for name, way in monotone.items()}
        strange = [name for name in by_name if name not in set(names)]
        if strange:
            raise CannotTrain(
                Message(
                    N_("Not trained: a direction is given for %(names)s, which is no column."),
                    {"names": ", ".join(strange)},
                )
            )
        return [_direction(by_name.get(name, 0)) for name in names]
    if len(monotone) != len(names):
        raise CannotTrain(Message(N_("Not trained: a direction is needed for each column, or a mapping by name.")))
    return [_direction(way) for way in monotone]


def _direction(way: Any) -> int:
    try:
        return int(np.sign(float(way)))
    except (TypeError, ValueError):
        raise CannotTrain(
            Message(N_("Not trained: %(way)s is no direction. Write 1, -1 or 0."), {"way": str(way)})
        ) from None


def as_seed(seed: Any) -> int:
    """A whole number from 0 to 2147483647; raises CannotTrain for any other."""
    if isinstance(seed, (int, np.integer)) and 0 <= seed <= _LARGEST_SEED:
        return int(seed)
    raise CannotTrain(
        Message(N_("Not trained: the seed must be a whole number from 0 to %(most)s."), {"most": _LARGEST_SEED})
    )


def _refusal(unknown: Sequence[str], missing: Sequence[str]) -> Message:
    if unknown and missing:
        msgid = N_(
            "Not scored: the model does not know %(unknown)s, and %(missing)s are "
            "missing. Give it the columns it was trained on."
        )
    elif unknown:
        msgid = N_("Not scored: the model was not trained on %(unknown)s. Leave such columns out, or train on them.")
    else:
        msgid = N_(
            "Not scored: the columns %(missing)s are missing. Give it every column it was "
            "trained on; unknown values stay empty."
        )
    return Message(msgid, {"unknown": ", ".join(unknown), "missing": ", ".join(missing)})
