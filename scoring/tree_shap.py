"""Exact reasons (SHAP values) of a LightGBM model's raw scores, many times faster than LightGBM's own.

    base, reasons = explain(booster, rows)        # base + reasons.sum(axis=1) == raw score
    compiled = compile_booster(booster)           # once per loaded model
    base, reasons = compiled.explain(rows, threads=2)

Needs nothing of this project but its four neighbours, which follow each other: the model's own text is
read (tree_shap_forest.py), each tree's leaves are put in groups (tree_shap_groups.py), each with a table
of reasons for every way of answering the group's questions (tree_shap_tables.py, where the formula
stands), and rows are looked up and added (tree_shap_kernel.py).

*What is computed* is what `booster.predict(rows, pred_contrib=True)` and shap.TreeExplainer compute: the
path-dependent Shapley values of the raw score, to rounding. *What it costs*: one comparison per question
and one addition per feature of a group, about a question and a half and one addition per node of a tree,
where LightGBM takes the square of the depth per leaf.

*Never wrong.* Linear trees, several classes, and whatever the reader does not know go to LightGBM. The
first rows are compared with LightGBM reason by reason, a sample of every later batch by its sum; should
they ever differ, the batch and all later ones come from LightGBM, and the log says so.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    from lightgbm import Booster

log = logging.getLogger(__name__)

BLOCK_ROWS = 65_536  # rows turned into float64 at a time; of 50 features 26 MB
ROWS_OF_FIRST_CHECK = 4
ROWS_OF_EVERY_CHECK = 16
LARGEST_ERROR = 1e-9  # of a reason or a sum, relative to the largest raw score; rounding stays below 1e-13
LARGEST_ERROR_OF_LIGHTGBM = 1e-6  # it loses digits on paths of 20 features and more
FEWEST_ROWS_A_THREAD = 64

Rows: TypeAlias = "NDArray[Any] | pd.DataFrame"
Base: TypeAlias = float | NDArray[np.float64]
Reasons: TypeAlias = NDArray[np.float64]


def explain(booster: Booster, rows: Rows, threads: int | None = None) -> tuple[Base, Reasons]:
    """Base and reasons of each row's raw score (log-odds), for one call; see CompiledBooster.explain."""
    return compile_booster(booster).explain(rows, threads)


def compile_booster(booster: Booster) -> CompiledBooster:
    """The model made ready for explaining; later training of `booster` does not change it."""
    return CompiledBooster(booster.model_to_string())


class CompiledBooster:
    """A model with its tables of reasons. Keep it beside the model it was made of; threads may share it."""

    def __init__(self, text: str, **limits: int) -> None:
        """`text` is LightGBM's model text; `limits` of the tables are those of lay_tables."""
        import lightgbm

        self.booster = lightgbm.Booster(model_str=text)
        self.base: float | None = None
        self.why_lightgbm: str | None = None  # why this model goes to LightGBM; None: it does not
        self._arrays: tuple[Any, ...] = ()
        self._compared = False
        self._prepare(text, **limits)

    def _prepare(self, text: str, **limits: int) -> None:
        from scoring.tree_shap_forest import NotPlainTrees, read_forest
        from scoring.tree_shap_tables import lay_tables

        try:
            forest = read_forest(text)
            tables = lay_tables(forest, **limits)
        except NotPlainTrees as reason:
            self.why_lightgbm = str(reason)
            return
        self.base = forest.base
        self._arrays = tuple(getattr(tables, field.name) for field in fields(tables))

    def explain(self, rows: Rows, threads: int | None = None) -> tuple[Base, Reasons]:
        """Base (the mean raw score) and reasons, shape (rows, features), in raw score (log-odds for 0/1).

        `rows` is a matrix or a frame with the model's features in the order of training; NaN is unknown;
        category columns of a frame are read as LightGBM reads them. `threads` defaults to all cores.
        A model of several classes gives a base per class and reasons of shape (rows, classes, features).
        """
        if self.why_lightgbm is None:
            reasons = np.zeros((self.booster.num_feature(), len(rows)))
            if self._add_up(rows, reasons, threads or os.cpu_count() or 1):
                assert self.base is not None
                return self.base, reasons.T
        return self._from_lightgbm(rows)

    def explain_blocks(
        self, rows: Rows, block_rows: int = BLOCK_ROWS, threads: int | None = None
    ) -> Iterator[tuple[Base, Reasons]]:
        """The same block by block, so that reasons of any number of rows need the memory of one block."""
        for start in range(0, len(rows), block_rows):
            yield self.explain(_some(rows, start, start + block_rows), threads)

    def write_parquet(self, path: Path, rows: Rows, block_rows: int = BLOCK_ROWS, threads: int | None = None) -> None:
        """Write one column per feature, under the model's names, and `base`, in the order of `rows`.

        Needs a model of one output. The file appears whole or not at all.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [*self.booster.feature_name(), "base"]
        schema = pa.schema([(name, pa.float64()) for name in names])
        unfinished = path.with_name(path.name + ".part")
        try:
            with pq.ParquetWriter(unfinished, schema, compression="zstd", use_dictionary=False) as writer:
                for base, reasons in self.explain_blocks(rows, block_rows, threads):
                    columns = [*reasons.T, np.full(len(reasons), base)]
                    writer.write_table(pa.Table.from_arrays([pa.array(c) for c in columns], schema=schema))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _add_up(self, rows: Rows, reasons: Reasons, threads: int) -> bool:
        """Fill `reasons` (features x rows) from the tables; False if LightGBM must do it instead."""
        from scoring.tree_shap_kernel import add_reasons

        if rows.ndim != 2 or rows.shape[1] != len(reasons):
            return False  # LightGBM says what is wrong with them
        for start in range(0, len(rows), BLOCK_ROWS):
            block = self._matrix(_some(rows, start, start + BLOCK_ROWS))
            n = len(block)
            into = reasons[:, start : start + n]
            parts = max(1, min(threads, n // FEWEST_ROWS_A_THREAD))
            cuts = [n * part // parts for part in range(parts + 1)]
            if parts == 1:
                add_reasons(block, 0, n, into, *self._arrays)
            else:
                with ThreadPoolExecutor(parts) as pool:
                    jobs = [
                        pool.submit(add_reasons, block, low, high, into, *self._arrays) for low, high in pairwise(cuts)
                    ]
                    for job in jobs:
                        job.result()
            if not self._right(block, into):
                return False
        return True

    def _right(self, block: NDArray[np.float64], reasons: Reasons) -> bool:
        """Whether a sample of the block agrees with LightGBM; if not, LightGBM explains from now on."""
        assert self.base is not None
        n = len(block)
        sample = np.unique(np.linspace(0, n - 1, min(n, ROWS_OF_EVERY_CHECK)).astype(int))
        ours = self.base + reasons[:, sample].sum(axis=0)
        theirs = np.asarray(self.booster.predict(block[sample], raw_score=True, num_threads=1))
        right = _equal(ours, theirs)
        if right and not self._compared:
            few = np.linspace(0, len(sample) - 1, min(len(sample), ROWS_OF_FIRST_CHECK)).astype(int)
            contributions = np.asarray(self.booster.predict(block[sample[few]], pred_contrib=True, num_threads=1))
            # On paths of 20 features and more LightGBM itself loses digits; its own sum tells how many. Where
            # training left a branch without rows it divides zero by zero.
            known = ~np.isnan(contributions).any(axis=1)
            few, contributions = few[known], contributions[known]
            lost = 10 * float(np.max(np.abs(contributions.sum(axis=1) - theirs[few]), initial=0.0))
            right = _equal(reasons[:, sample[few]].T, contributions[:, :-1], lost) and _equal(
                np.array(self.base), contributions[:, -1]
            )
            self._compared = True
        if not right:
            self.why_lightgbm = "the tables' reasons did not agree with LightGBM's"
            log.warning("Reasons come from LightGBM, more slowly: %s.", self.why_lightgbm)
        return right

    def _from_lightgbm(self, rows: Rows) -> tuple[Base, Reasons]:
        """LightGBM's own reasons; raises ArithmeticError should even they not add up to its scores."""
        contributions = np.asarray(self.booster.predict(rows, pred_contrib=True))
        features = self.booster.num_feature()
        by_class = contributions.reshape(len(contributions), -1, features + 1)
        few = slice(0, ROWS_OF_EVERY_CHECK)
        raw = np.asarray(self.booster.predict(_some(rows, 0, ROWS_OF_EVERY_CHECK), raw_score=True))
        if not _equal(by_class[few].sum(axis=2), raw.reshape(len(raw), -1), LARGEST_ERROR_OF_LIGHTGBM):
            raise ArithmeticError("LightGBM's reasons do not add up to its scores: its paths are too long.")
        if by_class.shape[1] == 1:
            return float(by_class[0, 0, -1]) if len(rows) else np.nan, contributions[:, :-1]
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


def _some(rows: Rows, start: int, stop: int) -> Rows:
    return rows[start:stop] if isinstance(rows, np.ndarray) else rows.iloc[start:stop]


def _equal(ours: NDArray[np.float64], theirs: NDArray[np.float64], lost: float = 0.0) -> bool:
    scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    return bool(np.all(np.abs(ours - theirs) <= LARGEST_ERROR * scale + lost))  # NaN is never equal


def compile_kernels() -> None:
    """Compile the kernels to disk now, some seconds, so that nobody waits for it later: a step of installing."""
    import lightgbm

    x = np.linspace(0.0, 1.0, 40)[:, None]
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, x[:, 0] > 0.5), 1)
    compile_booster(booster).explain(x)


if __name__ == "__main__":
    compile_kernels()
