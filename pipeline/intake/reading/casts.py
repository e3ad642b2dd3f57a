"""Whole columns cast at once: figures and days as machines write them, for cells.py and days.py.

Strict on purpose: what is not cast here is read cell by cell, where every way in which clerks write is understood and
every wrong cell gets its letter. What is cast here, that reading would give as well (tests hold the two together).
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

#: Too short to overflow; no sign but a minus, no separator, no space.
_NUMBER = r"\A-?(?:[0-9]{1,17}\.?[0-9]{0,17}|\.[0-9]{1,17})(?:[eE][-+]?[0-9]{1,2})?\z"
_DAY = r"\A(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\z"


def numbers(values: np.ndarray) -> np.ndarray:
    """float64, NaN where a value is no text of a plain number."""
    texts = _texts_like(values, _NUMBER)
    if texts is None:
        return np.full(len(values), np.nan)
    return np.array(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def days(values: np.ndarray) -> np.ndarray:
    """datetime64[D], NaT where a value is no text of a day such as 2024-03-05 that there is."""
    texts = _texts_like(values, _DAY)
    if texts is None:
        return np.full(len(values), np.datetime64("NaT", "D"))
    series = pd.Series(texts.to_numpy(zero_copy_only=False), dtype=object)
    return pd.to_datetime(series, format="%Y-%m-%d", errors="coerce").to_numpy().astype("datetime64[D]")


def _texts_like(values: np.ndarray, pattern: str) -> "pa.StringArray | None":
    """The texts of the pattern among the values, null for all others; None where there is none."""
    try:
        try:
            texts = pa.array(values, type=pa.string())
        except pa.ArrowException:  # not texts alone
            texts = pa.array([value if type(value) is str else None for value in values], type=pa.string())
    except UnicodeEncodeError:  # half a letter, which no encoding writes
        return None
    alike = pc.match_substring_regex(texts, pattern)
    return pc.if_else(alike, texts, pa.scalar(None, pa.string())) if pc.any(alike).as_py() else None
