"""What a search works on where rows are many: the rarer class whole, a weighted draw of the other, bins made once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import ReadinessModel, fit
from scoring.engine.bagged_lightgbm import Hyperparameters, binned, train_one
from scoring.engine.calibration import offset_to, platt, sigmoid
from scoring.engine.hyperparameter_search import LATER_DAYS, inner_folds, search
from scoring.engine.search_rows import MOST_ROWS, Rows, rows_to_search

TINY = Hyperparameters("tiny", 4, 0.1, 30, 20, 0.7, 1.0, 1.0, bags=2)


def a_panel(rows: int, positives: int, firms: int | None = None) -> Rows:
    label = np.zeros(rows)
    label[:positives] = 1
    firm = None if firms is None else np.arange(rows) % firms
    return Rows(np.arange(rows, dtype=float)[:, None], label, np.arange(rows) % 3, firm)


def test_rows_up_to_the_limit_are_searched_as_they_are():
    rows = a_panel(10, 3)
    searched, places = rows_to_search(rows, seed=0, most=10)
    assert searched is rows
    assert places.tolist() == list(range(10))


def test_one_row_more_keeps_every_positive_and_draws_of_the_others():
    rows = a_panel(11, 3)
    searched, places = rows_to_search(rows, seed=0, most=10)
    assert len(places) == 10
    assert places[:3].tolist() == [0, 1, 2]
    assert searched.label.tolist() == [1] * 3 + [0] * 7
    # 8 rows without the event, 7 of them drawn.
    assert searched.weight.tolist() == [1] * 3 + [8 / 7] * 7
    assert searched.values[:, 0].tolist() == places.tolist()
    assert searched.day.tolist() == (places % 3).tolist()


def test_where_both_classes_are_large_both_are_drawn():
    searched, _ = rows_to_search(a_panel(100, 40), seed=0, most=20)
    assert searched.label.sum() == 10
    assert set(searched.weight[searched.label > 0]) == {4.0}
    assert set(searched.weight[searched.label == 0]) == {6.0}


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 300), st.data())
def test_the_weighted_rows_of_each_class_are_as_many_as_all_of_it(count, data):
    positives = data.draw(st.integers(1, count - 1))
    most = data.draw(st.integers(2, count))
    rows = a_panel(count, positives)
    searched, places = rows_to_search(rows, seed=data.draw(st.integers(0, 9)), most=most)
    weight = np.ones(count) if searched.weight is None else searched.weight
    assert len(places) == most or most > count
    assert (np.diff(places) > 0).all()
    assert weight[searched.label > 0].sum() == pytest.approx(positives)
    assert weight[searched.label == 0].sum() == pytest.approx(count - positives)


def test_the_seed_alone_decides_which_rows_are_drawn():
    drawn = [rows_to_search(a_panel(500, 5), seed=seed, most=50)[1].tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_drawn_rows_of_a_firm_stay_in_one_fold():
    searched, _ = rows_to_search(a_panel(900, 90, firms=300), seed=0, most=450)
    folds, how = inner_folds(searched, seed=0, label_days=720)
    assert how == "whole firms held out"
    assert all(not set(searched.firm[fold.train]) & set(searched.firm[fold.validation]) for fold in folds)


# Weights


def test_platts_line_of_weighted_rows_is_that_of_the_rows_written_out():
    chance = np.random.default_rng(0)
    raw = chance.normal(size=400)
    label = (chance.random(400) < sigmoid(raw - 1)).astype(float)
    times = np.where(label > 0, 1, 3)
    weighted = platt(raw, label, times.astype(float))
    assert weighted == pytest.approx(platt(np.repeat(raw, times), np.repeat(label, times)), abs=1e-6)
    assert weighted[1] < platt(raw, label)[1] - 0.5


def test_a_slope_out_of_bounds_keeps_the_weighted_share_of_events():
    raw = np.array([-1.0, 0.0, 1.0, 2.0] * 25)
    label = (raw > 0.5).astype(float)
    weight = np.where(label > 0, 1.0, 9.0)
    slope, intercept = platt(raw, label, weight)
    assert slope == 2
    assert np.average(sigmoid(slope * raw + intercept), weights=weight) == pytest.approx(0.1)
    assert offset_to(slope * raw, 0.1, weight) == pytest.approx(intercept)


# Bins


def grid(rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers 0 to 9, each in every half of the rows: any two thirds of them have the same bins."""
    chance = np.random.default_rng(3)
    values = np.column_stack([chance.permutation(np.arange(rows) % 10) for _ in range(4)]).astype(float)
    return values, ((values[:, 0] + values[:, 1] + chance.normal(size=rows)) > 12).astype(float)


def text_of(data: object, validation: object = None) -> str:
    stopping = Hyperparameters("stops", 4, 0.1, 40, 20, 0.7, 1.0, 1.0, early_stopping=5)
    return train_one(data, stopping, [1, 0, 0, 0], 7, validation).model_to_string()  # type: ignore[arg-type]


def test_a_part_of_binned_rows_trains_what_those_rows_train_by_themselves():
    values, label = grid()
    weight = np.where(label > 0, 1.0, 2.5)
    whole = binned(values, label, 20, 0, weight=weight)
    part, rest = np.flatnonzero(np.arange(600) % 3), np.arange(0, 600, 3)
    alone = binned(values[part], label[part], 20, 0, weight=weight[part])
    held_out = alone.create_valid(values[rest], label[rest], weight[rest], params=alone.params).construct()
    of_part = whole.subset(part).construct()
    assert of_part.get_weight().tolist() == weight[part].tolist()
    assert text_of(of_part, whole.subset(rest).construct()) == text_of(alone, held_out)
    assert text_of(of_part) != text_of(binned(values[part], label[part], 20, 0))  # without weights
    assert text_of(of_part) != text_of(whole.subset(part[1:]).construct())


def test_trainings_at_the_same_time_on_the_same_binned_rows_are_as_one_after_the_other():
    values, label = grid()
    whole = binned(values, label, 20, 0)
    train, validation = whole.subset(range(400)).construct(), whole.subset(range(400, 600)).construct()
    expected = text_of(train, validation)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: text_of(train, validation), range(60))) == {expected}


def test_values_of_later_days_move_nothing_that_an_earlier_day_was_judged_by():
    values, label = grid(1600)
    day = np.repeat([0, 365, 730, 1095], 400)
    moved = values.copy()
    moved[day == 1095] = moved[day == 1095] * 0.37 + 100
    first, second = (search(Rows(of, label, day), [0] * 4, 0, label_days=300) for of in (values, moved))
    assert first.protocol == second.protocol == LATER_DAYS
    assert len(first.trials) > 1
    for before, after in zip(first.trials, second.trials, strict=True):
        assert before.folds[:2] == after.folds[:2]
    assert any(before.folds[2] != after.folds[2] for before, after in zip(first.trials, second.trials, strict=True))


# The whole


@pytest.fixture(scope="module")
def many() -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    rows = 2 * MOST_ROWS
    chance = np.random.default_rng(1)
    features = pd.DataFrame(chance.normal(size=(rows, 2)), columns=["a", "b"])
    label = pd.Series((chance.random(rows) < sigmoid(features["a"].to_numpy() - 4.5)).astype(int))
    return features, label, pd.Series(np.arange(rows) // 400)


@pytest.fixture(scope="module")
def model_of_many(many: tuple[pd.DataFrame, pd.Series, pd.Series]) -> ReadinessModel:
    features, label, firm = many
    return fit(features, label, None, firm, hyperparameters=TINY)


def test_the_probabilities_of_many_rows_keep_the_share_of_events(model_of_many, many):
    features, label, _ = many
    assert model_of_many.about["rows"] == 2 * MOST_ROWS
    assert model_of_many.about["rows_searched"] == MOST_ROWS
    # Unweighted it would be twice that: every positive, and half of the others.
    assert model_of_many.score(features).probability.mean() == pytest.approx(label.mean(), rel=0.1)


def test_many_rows_give_the_same_model_byte_for_byte(model_of_many, many, tmp_path):
    features, label, firm = many
    first = model_of_many.save(tmp_path / "first")
    second = fit(features, label, None, firm, hyperparameters=TINY).save(tmp_path / "second")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name
