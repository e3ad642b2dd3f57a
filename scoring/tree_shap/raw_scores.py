"""LightGBM's own raw scores of a few rows, asked for with little ado: what reasons are checked against.

Beside the exact reasons, called by tree_shap.py for each batch. `Booster.predict` takes 30 microseconds to
get ready for a row that takes 5; LightGBM's C interface has a call for one row after another that is made
ready once. Should this LightGBM lack it, `Booster.predict` serves.
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
        self._of_one_row = _made_ready(booster)
        if self._of_one_row is not None:
            weakref.finalize(self, _let_go, self._of_one_row[1])

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


def _made_ready(booster: Booster) -> tuple[Any, ctypes.c_void_p] | None:
    """LightGBM's function for one row, and what it has made ready for this booster."""
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


def _let_go(ready: ctypes.c_void_p) -> None:
    from lightgbm.basic import _LIB

    _LIB.LGBM_FastConfigFree(ready)
