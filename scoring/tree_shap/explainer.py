"""Exact reasons (SHAP values) of a LightGBM model's raw scores, many times faster than LightGBM's own.

    base, reasons = explain(booster, rows)        # base + reasons.sum(axis=1) == raw score
    compiled = compile_booster(booster)           # once per loaded model
    base, reasons = compiled.explain(rows, threads=2)

Needs nothing of this project but the other files of tree_shap. The model's text is parsed (forest.py). The first
rows are explained directly from the trees (direct.py). Once a model has had so many rows that it pays, each tree's
leaves are grouped (leaf_groups.py), a table holds the SHAP values for every combination of outcomes of the group's
node tests (tables.py, which has the formula), and rows are looked up and added (lookup.py).

*What is computed* is what `booster.predict(rows, pred_contrib=True)` and shap.TreeExplainer compute: the
path-dependent Shapley values of the raw score, to rounding. *What it costs* by tables: one comparison per split and
one addition per feature of a group, about one and a half comparisons and one addition per node of a tree, where
LightGBM takes the square of the depth per leaf.

*Never wrong.* Linear trees, several classes, and whatever the parser does not know go to LightGBM (of linear
trees it gives no reasons either: its refusal reaches the caller). The first rows of either code path are compared
with LightGBM value by value, a sample of every later batch by its sum; should they ever differ, the batch and all
later ones come from LightGBM, and the log says so.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.atomic_files import write_atomically
from scoring.tree_shap.raw_scores import RawScores

if TYPE_CHECKING:
    import pandas as pd
    from lightgbm import Booster

log = logging.getLogger(__name__)

BLOCK_ROWS = 65_536  # rows turned into float64 at a time; of 50 features 26 MB
ROWS_OF_FIRST_CHECK = 4
ROWS_OF_EVERY_CHECK = 16
LARGEST_ERROR = 1e-9  # of a reason or a sum, relative to the largest raw score; rounding stays below 1e-13
LARGEST_ERROR_OF_LIGHTGBM = 1e-6  # it loses digits on paths of 20 features and more
MOST_FEATURES_ON_A_PATH = 60
FEWEST_ROWS_A_THREAD = 8
FEWEST_TABLED_ROWS_A_THREAD = 64
# Building the tables costs about as much as explaining this many rows directly, whatever the model; compiling the code
# that builds them, on top, as much as rows x nodes x quadrature points of this number.
ROWS_BEFORE_TABLES = 2_500
STEPS_BEFORE_COMPILING = 3e9
NEVER = 1 << 62

Rows: TypeAlias = "NDArray[Any] | pd.DataFrame"
Base: TypeAlias = float | NDArray[np.float64]
Reasons: TypeAlias = NDArray[np.float64]


def explain(booster: Booster, rows: Rows, threads: int | None = None) -> tuple[Base, Reasons]:
    """Base and reasons of each row's raw score (log-odds), for one call; see CompiledBooster.explain."""
    return compile_booster(booster).explain(rows, threads)


def compile_booster(booster: Booster) -> CompiledBooster:
    """The model prepared for explaining; later training of `booster` does not change it."""
    return CompiledBooster(booster.model_to_string())


class CompiledBooster:
    """A model prepared for explaining. Keep it beside the model it was made of; threads may share it."""

    def __init__(self, text: str, rows_before_tables: int | None = None, **limits: int) -> None:
        """`text` is LightGBM's model text; `limits` of the tables are those of build_tables.

        Tables are built when the model has to explain its `rows_before_tables`-th row: 0 is at once; None, when
        building them costs less than going on directly.
        """
        import lightgbm

        self.booster = lightgbm.Booster(model_str=text)
        self.why_lightgbm: str | None = None  # why this model goes to LightGBM; None: it does not
        self._features = self.booster.num_feature()
        self._rows_before_tables = rows_before_tables
        self._limits = limits
        self._rows_explained_directly = 0
        self._building = Lock()
        self._direct: tuple[Any, ...] = ()
        self._tables: tuple[Any, ...] | None = None
        self._compared: tuple[Any, ...] = ()  # the arrays (direct or tables) that were compared value by value
        self._read(text)

    def _read(self, text: str) -> None:
        from scoring.tree_shap.direct import build_direct
        from scoring.tree_shap.forest import NotPlainTrees, read_forest

        try:
            self._forest = read_forest(text)
            direct = build_direct(self._forest, self._limits.get("most_features", MOST_FEATURES_ON_A_PATH))
            self._direct = tuple(getattr(direct, field.name) for field in fields(direct))
            self._steps_a_row = direct.steps
            self._raw_scores = RawScores(self.booster)
        except NotPlainTrees as reason:
            self.why_lightgbm = str(reason)

    def build_tables(self) -> None:
        """Build the tables now instead of after the first rows; for callers who will explain many rows."""
        from scoring.tree_shap.forest import NotPlainTrees
        from scoring.tree_shap.tables import build_tables

        with self._building:
            if self._tables is not None or self.why_lightgbm is not None:
                return
            try:
                tables = build_tables(self._forest, **self._limits)
            except NotPlainTrees:
                self._rows_before_tables = NEVER
                return
            self._tables = tuple(getattr(tables, field.name) for field in fields(tables))

    def explain(self, rows: Rows, threads: int | None = None, of_all: int | None = None) -> tuple[Base, Reasons]:
        """Base (the mean raw score) and reasons, shape (rows, features), in raw score (log-odds for 0/1).

        `rows` is a matrix or a frame with the model's features in the order of training; NaN is unknown;
        category columns of a frame are read as LightGBM reads them. `threads` defaults to all cores.
        A model of several classes gives a base per class and reasons of shape (rows, classes, features).

        `of_all`: the rows are some of so many that are explained part by part, or by several processes. This number
        alone then says whether tables are used, so that a row's reasons are the same to the bit whichever part it is
        in, and whatever this process has explained before. None: by what this model has explained so far.
        """
        if rows.ndim != 2 or rows.shape[1] != self._features:
            shape = " x ".join(map(str, rows.shape))
            raise ValueError(
                f"The model has {self._features} features and needs a column for each, not {shape} numbers."
            )
        if self.why_lightgbm is None:
            reasons = np.zeros((self._features, len(rows)))
            if self._add_up(rows, reasons, threads, of_all):
                return self._forest.base, reasons.T
        return self._from_lightgbm(rows)

    def explain_blocks(
        self, rows: Rows, block_rows: int = BLOCK_ROWS, threads: int | None = None
    ) -> Iterator[tuple[Base, Reasons]]:
        """The same block by block, so that reasons of any number of rows need the memory of one block."""
        for start in range(0, len(rows), block_rows):
            yield self.explain(_slice(rows, start, start + block_rows), threads)

    def write_parquet(self, path: Path, rows: Rows, block_rows: int = BLOCK_ROWS, threads: int | None = None) -> None:
        """Write one column per feature, under the model's names, and `base`, in the order of `rows`.

        Needs a model of one output. The file appears whole or not at all.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [*self.booster.feature_name(), "base"]
        schema = pa.schema([(name, pa.float64()) for name in names])

        def write(unfinished: Path) -> None:
            with pq.ParquetWriter(unfinished, schema, compression="zstd", use_dictionary=False) as writer:
                for base, reasons in self.explain_blocks(rows, block_rows, threads):
                    columns = [*reasons.T, np.full(len(reasons), base)]
                    writer.write_table(pa.Table.from_arrays([pa.array(c) for c in columns], schema=schema))

        write_atomically(path, write)

    def _add_up(self, rows: Rows, reasons: Reasons, threads: int | None, of_all: int | None) -> bool:
        """Fill `reasons` (features x rows); False if LightGBM must do it instead."""
        add, model, fewest_rows_a_thread = self._method(len(rows), of_all)
        for start in range(0, len(rows), BLOCK_ROWS):
            block = self._matrix(_slice(rows, start, start + BLOCK_ROWS))
            n = len(block)
            if n < 2 * fewest_rows_a_thread:
                add(block, 0, n, reasons, start, *model)
            else:
                parts = min(threads or os.cpu_count() or 1, n // fewest_rows_a_thread)
                cuts = [n * part // parts for part in range(parts + 1)]
                with ThreadPoolExecutor(parts) as pool:
                    for job in [
                        pool.submit(add, block, low, high, reasons, start, *model) for low, high in pairwise(cuts)
                    ]:
                        job.result()
            if not self._agrees(block, reasons[:, start : start + n], model):
                return False
        return True

    def _method(self, rows: int, of_all: int | None) -> tuple[Any, tuple[Any, ...], int]:
        """The kernel that adds the reasons of `rows` more rows, its arrays, and how many rows are worth a thread."""
        pays_at = ROWS_BEFORE_TABLES if self._rows_before_tables is None else self._rows_before_tables
        few = of_all is not None and of_all < pays_at
        if self._tables is None and not few:
            self._rows_explained_directly += rows
            if of_all is not None or self._tables_pay():
                self.build_tables()
        if few or self._tables is None:
            from scoring.tree_shap.direct import add_reasons_of_few

            return add_reasons_of_few, self._direct, FEWEST_ROWS_A_THREAD
        from scoring.tree_shap.lookup import add_reasons

        return add_reasons, self._tables, FEWEST_TABLED_ROWS_A_THREAD

    def _tables_pay(self) -> bool:
        if self._rows_before_tables is not None:
            return self._rows_explained_directly >= self._rows_before_tables
        if self._rows_explained_directly < ROWS_BEFORE_TABLES:
            return False
        return self._rows_explained_directly * self._steps_a_row >= STEPS_BEFORE_COMPILING or compiled_before()

    def _agrees(self, block: NDArray[np.float64], reasons: Reasons, model: tuple[Any, ...]) -> bool:
        """Whether a sample of the block agrees with LightGBM; if not, LightGBM explains from now on."""
        n = len(block)
        sample = np.arange(n) if n <= ROWS_OF_EVERY_CHECK else np.linspace(0, n - 1, ROWS_OF_EVERY_CHECK).astype(int)
        few = block if n <= ROWS_OF_EVERY_CHECK else block[sample]
        theirs = self._raw_scores.of(few)
        right = _close(self._forest.base + reasons[:, sample].sum(axis=0), theirs)
        if right and self._compared is not model:
            few = np.linspace(0, len(sample) - 1, min(len(sample), ROWS_OF_FIRST_CHECK)).astype(int)
            contributions = np.asarray(self.booster.predict(block[sample[few]], pred_contrib=True, num_threads=1))
            # On paths of 20 features and more LightGBM itself loses digits; its own sum shows how many. Where
            # training left a branch without rows it divides zero by zero.
            known = ~np.isnan(contributions).any(axis=1)
            few, contributions = few[known], contributions[known]
            lost = 10 * float(np.max(np.abs(contributions.sum(axis=1) - theirs[few]), initial=0.0))
            right = _close(reasons[:, sample[few]].T, contributions[:, :-1], lost) and _close(
                np.array(self._forest.base), contributions[:, -1]
            )
            self._compared = model
        if not right:
            self.why_lightgbm = "its own reasons did not agree with LightGBM's"
            log.warning("Reasons come from LightGBM, more slowly: %s.", self.why_lightgbm)
        return right

    def _from_lightgbm(self, rows: Rows) -> tuple[Base, Reasons]:
        """LightGBM's own reasons; raises ArithmeticError should even they not add up to its scores."""
        if len(rows) == 0:  # LightGBM divides by their number
            base, reasons = self._from_lightgbm(np.full((1, self._features), np.nan))
            return base, reasons[:0]
        contributions = np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=1))
        by_class = contributions.reshape(len(contributions), -1, self._features + 1)
        few = slice(0, ROWS_OF_EVERY_CHECK)
        first = _slice(rows, 0, ROWS_OF_EVERY_CHECK)
        raw = np.asarray(self.booster.predict(first, raw_score=True, num_threads=1))
        if not _close(by_class[few].sum(axis=2), raw.reshape(len(raw), -1), LARGEST_ERROR_OF_LIGHTGBM):
            raise ArithmeticError("LightGBM's reasons do not add up to its scores: its paths are too long.")
        if by_class.shape[1] == 1:
            return float(by_class[0, 0, -1]), contributions[:, :-1]
        return by_class[0, :, -1], by_class[:, :, :-1]

    def _matrix(self, rows: Rows) -> NDArray[np.float64]:
        """Rows as float64, category columns as LightGBM's codes."""
        if isinstance(rows, np.ndarray):
            return np.asarray(rows, dtype=np.float64)
        coded = rows.select_dtypes(include="category").columns
        known = self.booster.pandas_categorical or []
        if len(coded) != len(known):
            raise ValueError(f"the model was trained on {len(known)} category columns, not {len(coded)}")
        if len(coded):
            codes = {
                column: rows[column].cat.set_categories(categories).cat.codes
                for column, categories in zip(coded, known, strict=True)
            }
            rows = rows.assign(**{column: code.where(code >= 0) for column, code in codes.items()})
        return rows.to_numpy(dtype=np.float64, na_value=np.nan)


def _slice(rows: Rows, start: int, stop: int) -> Rows:
    if start == 0 and stop >= len(rows):
        return rows
    return rows[start:stop] if isinstance(rows, np.ndarray) else rows.iloc[start:stop]


def _close(ours: NDArray[np.float64], theirs: NDArray[np.float64], lost: float = 0.0) -> bool:
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    return bool(np.all(np.abs(ours - theirs) <= LARGEST_ERROR * scale + lost))  # NaN is never equal


def compiled_before() -> bool:
    """Whether the code for tables seems to be on disk; a wrong guess costs or saves nothing but time."""
    from scoring.tree_shap.jit import cached_on_disk
    from scoring.tree_shap.leaf_groups import cut_into_groups

    return bool(cut_into_groups.signatures or cached_on_disk(cut_into_groups))


def compile_kernels() -> None:
    """Compile the kernels to disk now, some seconds, so that no request waits for it later: a step of installing."""
    import lightgbm

    x = np.linspace(0.0, 1.0, 40)[:, None]
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, x[:, 0] > 0.5), 1)
    compiled = compile_booster(booster)
    compiled.explain(x)
    compiled.build_tables()
    compiled.explain(x)
