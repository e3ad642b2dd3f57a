"""LightGBM's own raw scores of a few rows at little cost: what the SHAP values of each batch are checked against.

`Booster.predict` takes 30 microseconds to set up for a row that takes 5; LightGBM's C interface has a single-row call
that is set up once. Should this LightGBM lack it, `Booster.predict` is used.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lightgbm import Booster

MOST_ROWS_ONE_BY_ONE = 4
RAW_SCORE, FLOAT64, ALL_TREES = 1, 1, -1  # C_API_PREDICT_RAW_SCORE, C_API_DTYPE_FLOAT64


class RawScores:
    """The raw scores of a booster of one output that is not trained on; threads may share it."""

    def __init__(self, booster: Booster) -> None:
        self._booster = booster
        self._of_one_row = _single_row_call(booster)
        if self._of_one_row is not None:
            weakref.finalize(self, _release, self._of_one_row[1])

    def of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """One raw score a row; `rows` is rows x features."""
        if self._of_one_row is None or len(rows) > MOST_ROWS_ONE_BY_ONE:
            return np.asarray(self._booster.predict(rows, raw_score=True, num_threads=1))
        call, ready = self._of_one_row
        score, length = ctypes.c_double(), ctypes.c_int64()
        scores = np.full(len(rows), np.nan)  # NaN equals nothing: a call that fails is a check that fails
        for nth, row in enumerate(np.ascontiguousarray(rows)):
            if call(ready, ctypes.c_void_p(row.ctypes.data), ctypes.byref(length), ctypes.byref(score)) == 0:
                scores[nth] = score.value
        return scores


def _single_row_call(booster: Booster) -> tuple[Any, ctypes.c_void_p] | None:
    """LightGBM's function for one row, and the configuration it has prepared for this booster."""
    try:
        from lightgbm.basic import _LIB

        ready = ctypes.c_void_p()
        failed = _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
            *(booster._handle, ctypes.c_int(RAW_SCORE), ctypes.c_int(0), ctypes.c_int(ALL_TREES)),
            *(ctypes.c_int(FLOAT64), ctypes.c_int32(booster.num_feature())),
            *(b"num_threads=1", ctypes.byref(ready)),
        )
        return None if failed else (_LIB.LGBM_BoosterPredictForMatSingleRowFast, ready)
    except (ImportError, AttributeError):
        return None


def _release(ready: ctypes.c_void_p) -> None:
    from lightgbm.basic import _LIB

    _LIB.LGBM_FastConfigFree(ready)
