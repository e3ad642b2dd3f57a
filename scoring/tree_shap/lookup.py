"""Add up the SHAP values of a block of rows from the lookup tables.

The loops run along the rows, group by group, so that a table is fetched once for a block of rows and the processor
handles several rows at a time.
"""

from __future__ import annotations

import math

import numpy as np

from scoring.tree_shap.forest import (
    ALMOST_ZERO,
    CATEGORY,
    FIRST_TOO_LARGE_CODE,
    MISSING_SAYS_NO,
    NO_MISSING,
    ONLY_MISSING_SAYS_YES,
    ZERO_IS_MISSING,
    Bytes,
    Cases,
    Floats,
    Ints,
)
from scoring.tree_shap.jit import (
    BYTES,
    CASES,
    FLOATS,
    INT,
    INTS,
    ROWS,
    TABLE,
    called_from_compiled_code,
    called_from_python,
)

ROWS_AT_ONCE = 2048  # a column of a block is 16 KiB; with 50 features a block fits a core's second cache
DEEP_ROWS_AT_ONCE = 128


@called_from_compiled_code()
def add_from_table(of_feature: Floats, begin: int, n: int, cells: Floats, table: int, case: Cases) -> None:
    """Add to one feature's reasons of n rows the number that its table holds for each row's case."""
    start = np.uint64(table)
    for r in range(n):
        of_feature[begin + r] += cells[start + case[r]]


@called_from_compiled_code()
def read_columns(
    rows: Floats,
    begin: int,
    n: int,
    reading_feature: Ints,
    reading_kind: Ints,
    reading_missing_rule: Ints,
    reading_codes: Ints,
    readings: Floats,
) -> None:
    """The values that the node tests compare, of n rows from `begin` on: one row a reading."""
    for c in range(len(reading_feature)):
        f, kind, missing_rule, codes = (
            reading_feature[c],
            reading_kind[c],
            reading_missing_rule[c],
            float(reading_codes[c]),
        )
        for_missing = math.nan if missing_rule == MISSING_SAYS_NO else -math.inf
        for r in range(n):
            value = rows[begin + r, f]
            if abs(value) <= ALMOST_ZERO:
                value = 0.0
            if kind == CATEGORY:
                known = value > -1.0 and value < FIRST_TOO_LARGE_CODE and value < codes
                value = math.trunc(value) if known else codes
            elif kind == NO_MISSING:
                value = 0.0 if math.isnan(value) else value
            else:
                is_missing = math.isnan(value) or (kind == ZERO_IS_MISSING and value == 0.0)
                value = for_missing if is_missing else (math.inf if missing_rule == ONLY_MISSING_SAYS_YES else value)
            readings[c, r] = value


@called_from_compiled_code(fastmath={"contract"})
def add_deep_leaf(
    begin: int,
    n: int,
    reasons: Floats,
    case: Cases,
    f0: int,
    f1: int,
    feature: Ints,
    feature_bits: Cases,
    feature_factor: Ints,
    cells: Floats,
    first_cell: np.int64,
) -> None:
    """Add one deep leaf's contribution to n rows: the factors of its integral looked up, multiplied and summed."""
    count = (f1 - f0 + 1) // 2
    product = np.empty((count, DEEP_ROWS_AT_ONCE))
    contribution, if_missed = np.empty(DEEP_ROWS_AT_ONCE), np.empty(DEEP_ROWS_AT_ONCE)
    of_factor = np.empty(DEEP_ROWS_AT_ONCE, np.uint64)
    nothing = np.uint64(0)
    for low in range(0, n, DEEP_ROWS_AT_ONCE):
        m = min(DEEP_ROWS_AT_ONCE, n - low)
        place, f, shift = first_cell, f0, nothing
        while f < f1:
            factor, bits, width = feature_factor[f], nothing, nothing
            while f < f1 and feature_factor[f] == factor:
                bits |= feature_bits[f]
                f += 1
            while (bits >> shift) >> width != nothing:
                width += np.uint64(1)
            mask = (np.uint64(1) << width) - np.uint64(1)
            for r in range(m):
                of_factor[r] = (case[low + r] >> shift) & mask
            for k in range(count):
                start = np.uint64(place)
                if factor == 0:
                    for r in range(m):
                        product[k, r] = cells[start + of_factor[r]]
                else:
                    for r in range(m):
                        product[k, r] *= cells[start + of_factor[r]]
                place += 1 << np.int64(width)
            shift += width
        missed_at = place + (f1 - f0) * count
        for r in range(m):
            if_missed[r] = 0.0
        for k in range(count):
            factor_of_missed = cells[missed_at + k]
            for r in range(m):
                if_missed[r] += product[k, r] * factor_of_missed
        for f in range(f0, f1):
            for r in range(m):
                contribution[r] = 0.0
            for k in range(count):
                factor_of_kept = cells[place + k]
                for r in range(m):
                    contribution[r] += product[k, r] * factor_of_kept
            place += count
            bits, to = feature_bits[f], feature[f]
            for r in range(m):
                reasons[to, begin + low + r] += contribution[r] if case[low + r] & bits == nothing else if_missed[r]


@called_from_python(
    *(ROWS, INT, INT, TABLE, INT),
    *(INTS, INTS, INTS, INTS, BYTES),
    *(INTS, INTS, INTS, CASES, INTS),
    *(INTS, FLOATS, INTS, CASES),
    *(INTS, CASES, INTS, FLOATS),
)
def add_reasons(
    rows: Floats,
    start: int,
    stop: int,
    reasons: Floats,
    place: int,
    reading_feature: Ints,
    reading_kind: Ints,
    reading_missing_rule: Ints,
    reading_codes: Ints,
    category_answers: Bytes,
    first_split: Ints,
    first_feature: Ints,
    first_cell: Ints,
    first_case: Cases,
    cases: Ints,
    split_reading: Ints,
    split_threshold: Floats,
    split_answers: Ints,
    split_weight: Cases,
    feature: Ints,
    feature_bits: Cases,
    feature_factor: Ints,
    cells: Floats,
) -> None:
    """Add those of rows[start:stop] (rows x features) to `reasons` (features x rows), `place` columns further on."""
    block = min(ROWS_AT_ONCE, stop - start)
    readings = np.empty((len(reading_feature), block))
    case = np.empty(block, np.uint64)
    nothing = np.uint64(0)
    for begin in range(start, stop, block):
        n = min(block, stop - begin)
        read_columns(rows, begin, n, reading_feature, reading_kind, reading_missing_rule, reading_codes, readings)
        for g in range(len(cases)):
            for r in range(n):
                case[r] = first_case[g]
            for q in range(first_split[g], first_split[g + 1]):
                weight, reading = split_weight[q], split_reading[q]
                if split_answers[q] < 0:
                    threshold = split_threshold[q]
                    for r in range(n):
                        case[r] += weight if readings[reading, r] <= threshold else nothing
                else:
                    answers = split_answers[q]
                    for r in range(n):
                        yes = category_answers[np.uint64(answers + np.int64(readings[reading, r]))]
                        case[r] += weight if yes else nothing
            if cases[g] == 0:
                add_deep_leaf(
                    place + begin,
                    n,
                    reasons,
                    case,
                    first_feature[g],
                    first_feature[g + 1],
                    feature,
                    feature_bits,
                    feature_factor,
                    cells,
                    first_cell[g],
                )
                continue
            table = first_cell[g]
            for f in range(first_feature[g], first_feature[g + 1]):
                add_from_table(reasons[feature[f]], place + begin, n, cells, table, case)
                table += 1
