"""Add up the reasons of a block of rows from the tables.

Last step of the exact reasons: tree_shap_forest.py -> tree_shap_tables.py -> **tree_shap_kernel.py**.
The loops run along the rows, group by group, so that a table is fetched once for a block of rows and the
processor handles several rows at a time.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from scoring.tree_shap_forest import (
    CATEGORY,
    GAP_IS_ZERO,
    GAP_LEFT,
    ZERO_OR_GAP_LEFT,
    ZERO_OR_GAP_RIGHT,
)

ROWS_AT_ONCE = 2048  # a column of a block is 16 KiB; with 50 features a block fits a core's second cache
DEEP_ROWS_AT_ONCE = 128
ALMOST_ZERO = (
    1.0000000180025095e-35  # LightGBM's kZeroThreshold, the float32 1e-35: what is no farther from zero is zero
)
FIRST_TOO_LARGE_CODE = 2.0**31  # LightGBM casts a category to a 32-bit integer

_FAST = {"contract", "reassoc", "nsz", "arcp"}


@nb.njit(nogil=True, cache=True, error_model="numpy")
def add_reasons(
    rows, start, stop, reasons, column_feature, column_kind, column_codes, category_answers,
    first_question, first_feature, first_cell, cases, deep_value,
    question_column, question_threshold, question_answers, question_weight, question_feature,
    feature, cover, cells, points, weights,
):  # fmt: skip
    """Add to `reasons` (features x rows) those of rows[start:stop] (rows x features)."""
    block = min(ROWS_AT_ONCE, stop - start)
    columns = np.empty((len(column_feature), block))
    case = np.empty(block, np.uint64)
    nothing = np.uint64(0)
    for begin in range(start, stop, block):
        n = min(block, stop - begin)
        fill_columns(rows, begin, n, column_feature, column_kind, column_codes, columns)
        for g in range(len(cases)):
            q0, q1, f0, f1 = first_question[g], first_question[g + 1], first_feature[g], first_feature[g + 1]
            if cases[g] == 0:
                add_deep_leaf(
                    begin, n, reasons, columns, category_answers, deep_value[g],
                    question_column[q0:q1], question_threshold[q0:q1], question_answers[q0:q1],
                    question_weight[q0:q1], question_feature[q0:q1], feature[f0:f1], cover[f0:f1],
                    points, weights,
                )  # fmt: skip
                continue
            case[:n] = 0
            for q in range(q0, q1):
                weight = question_weight[q]
                values = columns[question_column[q]]
                if question_answers[q] < 0:
                    threshold = question_threshold[q]
                    for r in range(n):
                        case[r] += weight if values[r] <= threshold else nothing
                else:
                    answers = category_answers[question_answers[q] :]
                    for r in range(n):
                        case[r] += weight if answers[np.uint64(values[r])] else nothing
            for f in range(f0, f1):
                table = cells[first_cell[g] + (f - f0) * cases[g] :]
                of_feature = reasons[feature[f], begin : begin + n]
                for r in range(n):
                    of_feature[r] += table[case[r]]


@nb.njit(nogil=True, cache=True, error_model="numpy")
def fill_columns(rows, begin, n, column_feature, column_kind, column_codes, columns):
    """What each column says of n rows from `begin` on, gaps turned into what sends them their way."""
    for c in range(len(column_feature)):
        f, kind = column_feature[c], column_kind[c]
        for r in range(n):
            value = rows[begin + r, f]
            if abs(value) <= ALMOST_ZERO:
                value = 0.0
            if kind == CATEGORY:
                known = value > -1.0 and value < FIRST_TOO_LARGE_CODE and value < column_codes[c]
                value = math.trunc(value) if known else column_codes[c]
            elif kind == GAP_IS_ZERO:
                value = 0.0 if math.isnan(value) else value
            elif kind == GAP_LEFT:
                value = -math.inf if math.isnan(value) else value
            elif kind == ZERO_OR_GAP_LEFT:
                value = -math.inf if math.isnan(value) or value == 0.0 else value
            elif kind == ZERO_OR_GAP_RIGHT:
                value = math.nan if value == 0.0 else value
            columns[c, r] = value


@nb.njit(nogil=True, cache=True, error_model="numpy", fastmath=_FAST)
def add_deep_leaf(
    begin, n, reasons, columns, category_answers, leaf_value,
    question_column, question_threshold, question_answers, yes_keeps, question_feature, feature, cover,
    points, weights,
):  # fmt: skip
    """Add what one leaf gives to n rows, its integral done for each row by quadrature."""
    d = len(feature)
    count = (d + 1) // 2
    took = np.empty((d, DEEP_ROWS_AT_ONCE))
    others = np.empty((d, DEEP_ROWS_AT_ONCE))
    before = np.empty((d + 1, DEEP_ROWS_AT_ONCE))
    after = np.empty(DEEP_ROWS_AT_ONCE)
    for low in range(0, n, DEEP_ROWS_AT_ONCE):
        m = min(DEEP_ROWS_AT_ONCE, n - low)
        took[:] = 1.0
        others[:] = 0.0
        for q in range(len(question_column)):
            values = columns[question_column[q], low : low + m]
            of_feature = took[question_feature[q]]
            on_yes, on_no = (1.0, 0.0) if yes_keeps[q] else (0.0, 1.0)
            if question_answers[q] < 0:
                for r in range(m):
                    of_feature[r] *= on_yes if values[r] <= question_threshold[q] else on_no
            else:
                answers = category_answers[question_answers[q] :]
                for r in range(m):
                    of_feature[r] *= on_yes if answers[np.uint64(values[r])] else on_no
        for k in range(count):
            t = points[count, k]
            before[0] = weights[count, k] * leaf_value
            for j in range(d):
                floor = (1.0 - t) * cover[j]
                for r in range(m):
                    before[j + 1, r] = before[j, r] * (floor + t * took[j, r])
            after[:] = 1.0
            for j in range(d - 1, -1, -1):
                floor = (1.0 - t) * cover[j]
                for r in range(m):
                    others[j, r] += before[j, r] * after[r]
                    after[r] *= floor + t * took[j, r]
        for j in range(d):
            of_feature = reasons[feature[j], begin + low : begin + low + m]
            for r in range(m):
                of_feature[r] += (took[j, r] - cover[j]) * others[j, r]
