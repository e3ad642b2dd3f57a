"""Which rows are explained directly and which by tables; that errors are noticed; blocks, threads and files."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from scoring.tree_shap import explainer, jit, raw_scores
from scoring.tree_shap.explainer import NEVER, CompiledBooster, compile_booster
from scoring.tree_shap.jit import drop_stale_code
from scoring.tree_shap.raw_scores import RawScores
from tests.scoring.tree_shap.models import (
    LAST_DIGITS,
    assert_same_as_lightgbm,
    by_both_methods,
    grow,
    odd_rows,
    thresholds_of,
    training_rows,
)


@pytest.mark.parametrize("objective", ["binary", "regression", "poisson"])
@pytest.mark.parametrize("rows", [1, 4, 5, 40])
def test_the_raw_scores_of_the_check_are_those_that_lightgbm_predicts(rows, objective):
    x, y = training_rows(14)
    booster = grow(x, y, 5, objective=objective)
    odd = odd_rows(x, thresholds_of(booster), 14, rows)
    for of_any_layout in (odd, np.asfortranarray(odd), odd[::-1]):
        scores = RawScores(booster).of(of_any_layout)
        np.testing.assert_array_equal(scores, booster.predict(of_any_layout, raw_score=True))


def test_a_lightgbm_without_the_call_for_one_row_checks_all_the_same(monkeypatch):
    monkeypatch.setattr(raw_scores, "_single_row_call", lambda booster: None)
    x, y = training_rows(14)
    assert_same_as_lightgbm(grow(x, y), x[:1])


def test_several_threads_give_the_reasons_of_one():
    x, y = training_rows(15)
    compiled = compile_booster(grow(x, y))
    np.testing.assert_array_equal(compiled.explain(x, threads=3)[1], compiled.explain(x, threads=1)[1])


@pytest.mark.parametrize("rows_before_tables", [NEVER, 0, 150])
def test_many_askers_at_a_time_get_each_their_own_rows_reasons(rows_before_tables):
    x, y = training_rows(16)
    booster = grow(x, y)
    lightgbms = booster.predict(x, pred_contrib=True)[:, :-1]
    compiled = CompiledBooster(booster.model_to_string(), rows_before_tables)
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda nth: compiled.explain(x[nth : nth + 1 + nth % 5])[1], range(295)))
    for nth, reasons in enumerate(answers):
        np.testing.assert_allclose(reasons, lightgbms[nth : nth + 1 + nth % 5], rtol=0, atol=LAST_DIGITS)
    assert compiled.why_lightgbm is None


def test_rows_of_any_layout_are_explained_by_the_code_that_was_compiled_once():
    from scoring.tree_shap.direct import add_reasons_of_few
    from scoring.tree_shap.lookup import add_reasons

    x, y = training_rows(16)
    compiled = CompiledBooster(grow(x, y).model_to_string(), rows_before_tables=5 * len(x))
    read_only = x.copy()
    read_only.flags.writeable = False
    for _ in range(2):
        for rows in (x, np.asfortranarray(x), read_only, x[::-1], pd.DataFrame(x)):
            compiled.explain(rows)
    assert compiled._tables is not None
    assert len(add_reasons.signatures) == len(add_reasons_of_few.signatures) == 1


@pytest.mark.parametrize(("older", "kept"), [(1, False), (-1, True)])
def test_compiled_code_older_than_any_file_of_the_kernel_is_forgotten(tmp_path, older, kept):
    """Numba itself would go by the function's own file, though functions of other files are part of its code."""
    sources = Path(explainer.__file__).parent.glob("*.py")
    newest = max(source.stat().st_mtime for source in sources)
    index = tmp_path / "test_code_paths.training_rows-1.py311.nbi"
    another = tmp_path / "test_code_paths.training_rows_of_another-1.py311.nbi"
    for file in (index, another):
        file.touch()
        os.utime(file, (newest - older, newest - older))
    function = SimpleNamespace(__qualname__="training_rows", __code__=SimpleNamespace(co_filename=__file__))
    drop_stale_code(SimpleNamespace(py_func=function, stats=SimpleNamespace(cache_path=str(tmp_path))))
    assert index.exists() == kept
    assert another.exists()


def test_code_is_compiled_also_where_there_is_no_folder_to_keep_it_in(monkeypatch):
    compiling = jit.nb.njit

    def nowhere_to_write(**options):
        if options["cache"]:
            raise RuntimeError("cannot cache function: no locator available")  # numba's own words
        return compiling(**options)

    monkeypatch.setattr(jit.nb, "njit", nowhere_to_write)
    code = jit.called_from_python()(_twice)
    assert code(21) == 42
    assert jit.cached_on_disk(code) == []


def _twice(number):
    return 2 * number


def test_training_on_does_not_change_what_was_compiled():
    x, y = training_rows(8)
    booster = lgb.Booster({"objective": "binary", "verbose": -1, "num_threads": 1}, lgb.Dataset(x, y))
    booster.update()
    compiled = compile_booster(booster)
    before = compiled.explain(x[:9])[1]
    booster.update()
    np.testing.assert_array_equal(compiled.explain(x[:9])[1], before)


@pytest.mark.parametrize("method", [0, 1])
@pytest.mark.parametrize("rows", [1, 300])
def test_a_number_gone_wrong_is_noticed_and_lightgbm_explains_instead(method, rows, caplog):
    x, y = training_rows(9)
    booster = grow(x, y)
    compiled, x = by_both_methods(booster)[method], x[:rows]
    compiled.explain(x)
    for array in compiled._tables or compiled._direct[:-1]:
        if array.dtype == np.float64:
            array *= 1.0001
    with caplog.at_level(logging.WARNING):
        base, reasons = compiled.explain(x)
    assert "did not agree" in caplog.text
    theirs = booster.predict(x, pred_contrib=True)
    np.testing.assert_allclose(reasons, theirs[:, :-1], atol=LAST_DIGITS)
    assert base == pytest.approx(theirs[0, -1])


def test_tables_that_name_the_wrong_features_are_noticed_though_the_sums_are_right():
    x, y = training_rows(10)
    booster = grow(x, y)
    compiled = CompiledBooster(booster.model_to_string(), rows_before_tables=len(x) + 1)
    compiled.explain(x)  # directly: right, and compared
    compiled.build_tables()
    feature = compiled._tables[-4]  # Tables.feature
    feature[:] = (feature + 1) % x.shape[1]
    _, reasons = compiled.explain(x)
    np.testing.assert_allclose(reasons, booster.predict(x, pred_contrib=True)[:, :-1], atol=LAST_DIGITS)
    assert compiled.why_lightgbm


def test_tables_are_built_with_the_row_from_which_they_pay():
    x, y = training_rows(10)
    compiled = CompiledBooster(grow(x, y).model_to_string(), rows_before_tables=300)
    direct = np.vstack([compiled.explain(x[:150])[1], compiled.explain(x[150:299])[1]])
    assert compiled._tables is None
    looked_up = compiled.explain(x)[1]
    assert compiled._tables is not None
    np.testing.assert_allclose(looked_up[:299], direct, rtol=0, atol=LAST_DIGITS)


@pytest.mark.parametrize(
    ("compiled_before", "rows", "tables"), [(True, 2_499, False), (True, 2_500, True), (False, 2_500, False)]
)
def test_the_code_for_tables_is_not_compiled_for_a_few_thousand_rows(compiled_before, rows, tables, monkeypatch):
    monkeypatch.setattr(explainer, "compiled_before", lambda: compiled_before)
    x, y = training_rows(10)
    compiled = compile_booster(grow(x, y))
    compiled.explain(np.resize(x, (rows, x.shape[1])))
    assert (compiled._tables is not None) == tables


@pytest.mark.parametrize("of_all", [299, 300])
def test_a_part_of_so_many_rows_has_the_reasons_of_the_whole_whatever_was_explained_before(of_all):
    x, y = training_rows(10)
    text = grow(x, y).model_to_string()
    fresh, well_used = (CompiledBooster(text, rows_before_tables=300) for _ in range(2))
    for _ in range(3):
        well_used.explain(x)  # so many that it has its tables
    assert well_used._tables is not None
    whole = fresh.explain(x, of_all=of_all)[1]
    assert (fresh._tables is not None) == (of_all == 300)
    parts = np.vstack([well_used.explain(x[at : at + 70], of_all=of_all)[1] for at in range(0, len(x), 70)])
    np.testing.assert_array_equal(parts, whole)


def test_a_model_with_no_room_for_its_tables_is_explained_directly(monkeypatch):
    from scoring.tree_shap import tables

    monkeypatch.setattr(tables, "MOST_BITS_OF_A_DEEP_LEAF", -1)
    x, y = training_rows(10)
    booster = grow(x, y)
    compiled = CompiledBooster(booster.model_to_string(), rows_before_tables=0)
    for _ in range(2):
        _, reasons = compiled.explain(x)
        np.testing.assert_allclose(reasons, booster.predict(x, pred_contrib=True)[:, :-1], rtol=0, atol=LAST_DIGITS)
    assert compiled.why_lightgbm is None
    assert compiled._tables is None


def test_blocks_give_the_reasons_of_the_whole():
    x, y = training_rows(12)
    compiled = compile_booster(grow(x, y))
    blocks = list(compiled.explain_blocks(x, block_rows=70))
    assert [len(reasons) for _, reasons in blocks] == [70, 70, 70, 70, 20]
    np.testing.assert_array_equal(np.vstack([reasons for _, reasons in blocks]), compiled.explain(x)[1])


def test_parquet_holds_one_column_per_feature_and_the_base(tmp_path):
    x, y = training_rows(13)
    booster = grow(x, y)
    compiled = compile_booster(booster)
    compiled.write_parquet(tmp_path / "reasons.parquet", x, block_rows=100)
    table = pq.read_table(tmp_path / "reasons.parquet")
    assert table.column_names == [*booster.feature_name(), "base"]
    total = sum(table[name].to_numpy() for name in table.column_names)
    np.testing.assert_allclose(total, booster.predict(x, raw_score=True), atol=LAST_DIGITS)
    assert [path.name for path in tmp_path.iterdir()] == ["reasons.parquet"]


def test_no_rows_of_several_classes_have_no_reasons_and_the_bases_all_the_same():
    x, y = training_rows(16)
    booster = grow(x, y + (x[:, 0] > 0), 3, objective="multiclass", num_class=3)
    base, reasons = explainer.explain(booster, x[:0])
    assert reasons.shape == (0, 3, x.shape[1])
    np.testing.assert_array_equal(base, explainer.explain(booster, x[:2])[0])
