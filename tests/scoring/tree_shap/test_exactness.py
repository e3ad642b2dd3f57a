"""The reasons are exactly LightGBM's own, on every model and row it can meet."""

import math
from collections import defaultdict
from fractions import Fraction

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.engine.bagged_lightgbm import averaged
from scoring.tree_shap import explainer
from scoring.tree_shap.explainer import CompiledBooster, explain
from tests.scoring.tree_shap.models import (
    LAST_DIGITS,
    assert_same_as_lightgbm,
    by_both_methods,
    grow,
    odd_rows,
    thresholds_of,
    training_rows,
)

grown_models = st.fixed_dictionaries(
    {
        "num_leaves": st.sampled_from([2, 3, 7, 15, 31, 63]),
        "max_depth": st.sampled_from([-1, 1, 2, 5]),
        "learning_rate": st.sampled_from([0.05, 0.3, 1.0]),
        "zero_as_missing": st.booleans(),
        "use_missing": st.booleans(),
        "boosting": st.sampled_from(["gbdt", "gbdt", "dart", "rf"]),
        "bagging_fraction": st.sampled_from([0.5, 0.8]),
        "bagging_freq": st.just(1),
        "feature_fraction": st.sampled_from([0.4, 1.0]),
        "max_cat_to_onehot": st.sampled_from([1, 4, 32]),
        "cat_smooth": st.sampled_from([0.0, 10.0]),
        "min_data_per_group": st.sampled_from([1, 20]),
        "min_data_in_leaf": st.sampled_from([1, 3, 20]),
        "objective": st.sampled_from(["binary", "regression", "poisson"]),
        "max_bin": st.sampled_from([5, 40, 255]),
    }
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(grown_models, st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_reasons_are_lightgbms_own_on_grown_models_and_odd_rows(parameters, seed, trees):
    x, y = training_rows(seed)
    booster = grow(x, y, trees, seed=seed % 1000, **parameters)
    assert_same_as_lightgbm(booster, odd_rows(x, thresholds_of(booster), seed))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 8, 64, 512]), st.sampled_from([300, 1 << 25]))
def test_reasons_do_not_depend_on_how_large_the_tables_may_grow(seed, most_cases, most_cells):
    x, y = training_rows(seed)
    booster = grow(x, y, num_leaves=31, zero_as_missing=bool(seed % 2))
    rows = odd_rows(x, thresholds_of(booster), seed)
    compiled = CompiledBooster(booster.model_to_string(), 0, most_cases=most_cases, most_cells=most_cells)
    _, reasons = compiled.explain(rows)
    assert compiled.why_lightgbm is None
    lightgbms = booster.predict(rows, pred_contrib=True)[:, :-1]
    np.testing.assert_allclose(reasons, lightgbms, rtol=0, atol=LAST_DIGITS)


def chain(features, rows=4000):
    """Data that grow one long path that splits on every one of many features."""
    random = np.random.default_rng(7)
    x = random.normal(size=(rows, features)) + 1.5
    alive = np.cumprod(x > 0, axis=1)
    return x, alive.sum(axis=1) * 3.0 + random.normal(size=rows) * 0.01


def deep(features):
    x, y = chain(features)
    return x[:50] - np.linspace(0, 3, 50)[:, None], grow(
        x, y, 1, (), objective="regression", num_leaves=120, min_data_in_leaf=1, min_sum_hessian_in_leaf=0
    )


@pytest.mark.parametrize("features", [15, 16, 17, 18])
def test_paths_about_sixteen_features_take_as_many_points_as_they_need(features):
    rows, booster = deep(features)
    assert_same_as_lightgbm(booster, rows)


def test_paths_of_too_many_features_are_left_to_lightgbm():
    rows, booster = deep(12)
    compiled = CompiledBooster(booster.model_to_string(), most_features=11)
    _, reasons = compiled.explain(rows)
    assert compiled.why_lightgbm == "12 features on a path"
    np.testing.assert_array_equal(reasons, booster.predict(rows, pred_contrib=True)[:, :-1])


def test_lightgbms_own_reasons_are_refused_when_they_do_not_add_up():
    rows, booster = deep(60)
    with pytest.raises(ArithmeticError, match="too long"):
        CompiledBooster(booster.model_to_string(), most_features=11).explain(rows)


def reasons_in_fractions(booster, row):
    """Straight from the definition, in exact arithmetic: too slow for anything but a test."""
    reasons = defaultdict(Fraction)

    def rows_below(node):
        return node["internal_count"] if "split_feature" in node else node["leaf_count"]

    def descend(node, path):
        if "split_feature" in node:
            feature = node["split_feature"]
            for child, taken in (
                (node["left_child"], row[feature] <= node["threshold"]),
                (node["right_child"], row[feature] > node["threshold"]),
            ):
                took, cover = path.get(feature, (1, Fraction(1)))
                share = Fraction(rows_below(child), rows_below(node))
                descend(child, {**path, feature: (took * int(taken), cover * share)})
            return
        for feature, (took, cover) in path.items():
            polynomial = [Fraction(1)]  # of t, lowest power first
            for other, (o, z) in path.items():
                if other != feature:  # times z + (o - z) t
                    shifted = [Fraction(0), *(coefficient * (o - z) for coefficient in polynomial)]
                    polynomial = [a + b * z for a, b in zip(shifted, [*polynomial, Fraction(0)], strict=True)]
            integral = sum(coefficient / (power + 1) for power, coefficient in enumerate(polynomial))
            reasons[feature] += Fraction(node["leaf_value"]) * (took - cover) * integral

    for tree in booster.dump_model()["tree_info"]:
        descend(tree["tree_structure"], {})
    return np.array([float(reasons[feature]) for feature in range(booster.num_feature())])


def test_paths_of_many_features_are_exact_where_lightgbm_itself_loses_digits():
    rows, booster = deep(26)
    exact = reasons_in_fractions(booster, rows[0])
    lightgbms = booster.predict(rows, pred_contrib=True)[:, :-1]
    for compiled in by_both_methods(booster):
        _, reasons = compiled.explain(rows)
        assert compiled.why_lightgbm is None
        np.testing.assert_allclose(reasons[0], exact, rtol=0, atol=LAST_DIGITS)
        assert np.abs(lightgbms - reasons).max() > LAST_DIGITS


def test_a_model_of_trees_with_one_leaf_gives_every_row_the_base_and_no_reasons():
    x, _ = training_rows(1)
    booster = grow(x, np.ones(len(x)), objective="regression")
    assert_same_as_lightgbm(booster, x[:5])
    base, reasons = explain(booster, x[:5])
    assert base == pytest.approx(1.0)
    assert not reasons.any()


def test_stopping_early_explains_the_best_iteration_as_predicting_does():
    x, y = training_rows(2)
    data, later = lgb.Dataset(x[:150], y[:150]), lgb.Dataset(x[150:], y[150:])
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1, "learning_rate": 0.5}
    booster = lgb.train(
        parameters,
        data,
        60,
        valid_sets=[later],
        keep_training_booster=True,
        callbacks=[lgb.early_stopping(3, verbose=False)],
    )
    assert booster.best_iteration < booster.current_iteration()
    assert_same_as_lightgbm(booster, x)


def test_linear_trees_get_lightgbms_own_refusal():
    x, y = training_rows(3)
    with pytest.raises(lgb.basic.LightGBMError, match="linear trees"):
        explain(grow(x, y, linear_tree=True, categories=()), x[:20])


def test_several_classes_are_left_to_lightgbm_and_get_a_base_each():
    x, y = training_rows(4)
    booster = grow(x, y + (np.arange(len(y)) % 3 == 0), objective="multiclass", num_class=3)
    base, reasons = explain(booster, x[:10])
    assert base.shape == (3,)
    assert reasons.shape == (10, 3, x.shape[1])
    raw = booster.predict(x[:10], raw_score=True)
    np.testing.assert_allclose(base + reasons.sum(axis=2), raw, atol=LAST_DIGITS)


def test_a_frame_with_categories_is_read_as_lightgbm_reads_it():
    x, y = training_rows(5)
    town = pd.Categorical(np.array(["Lotus", "Willow", "Harbour"])[np.arange(len(y)) % 3])
    frame = pd.DataFrame(x[:, :3], columns=["a", "b", "c"]).assign(town=town)
    booster = lgb.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lgb.Dataset(frame, y + (town == "Lotus") > 1), 9
    )
    unseen = frame.assign(town=pd.Categorical(np.array(["Harbour", "Nowhere", None])[np.arange(len(y)) % 3]))
    for rows in (frame, frame.iloc[:1], frame.iloc[7:2:-2], unseen, frame.astype({"a": "float32"}), frame.assign(a=1)):
        assert_same_as_lightgbm(booster, rows)


@pytest.mark.parametrize("turn", [np.asfortranarray, np.float32, lambda x: x[::-1], lambda x: x[:0], lambda x: x[:1]])
def test_any_layout_and_number_of_rows_will_do(turn):
    x, y = training_rows(6)
    rows = turn(x)
    rows.flags.writeable = False
    base, reasons = explain(grow(x, y), rows)
    assert reasons.shape == rows.shape
    if len(rows):
        np.testing.assert_allclose(base + reasons.sum(axis=1), grow(x, y).predict(rows, raw_score=True))


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    ("rows", "shape"),
    [
        (np.zeros((3, 7)), "3 x 7"),
        (np.zeros((3, 9)), "3 x 9"),
        (np.zeros(8), "8"),
        (pd.DataFrame(np.zeros((1, 7))), "1 x 7"),
    ],
)
def test_rows_of_another_width_than_the_models_are_refused(rows, shape, lenient):
    x, y = training_rows(6)
    booster = grow(x, y, predict_disable_shape_check=lenient)
    with pytest.raises(ValueError, match=f"has 8 features .* not {shape} numbers"):
        explain(booster, rows)


def test_a_model_of_one_feature_is_explained():
    x, y = training_rows(15)
    assert_same_as_lightgbm(grow(x[:, :1], y, 6, categories=()), x[:, :1])


def test_bags_that_average_a_booster_and_one_of_trees_with_one_leaf_are_explained_by_their_mean():
    x, y = training_rows(15)
    growing, still = grow(x, y, 6, boost_from_average=False), grow(x, y, 2, min_data_in_leaf=200)
    bags = lgb.Booster(model_str=averaged([growing.model_to_string(), still.model_to_string()]))
    assert_same_as_lightgbm(bags, x)
    base, reasons = explain(bags, x)
    alone, of_growing = explain(growing, x)
    np.testing.assert_allclose(reasons, of_growing / 2, rtol=0, atol=LAST_DIGITS)
    assert base == pytest.approx((alone + explain(still, x)[0]) / 2)


def without_training_rows(booster, leaf):
    """The model as if none of the rows it was trained on had reached this leaf of its first tree."""
    head, tree = booster.model_to_string().split("Tree=0\n")
    fields = dict(line.split("=", 1) for line in tree.split("\n") if "=" in line)
    left, right, leaf_rows, node_rows = (
        [int(number) for number in fields[key].split()]
        for key in ("left_child", "right_child", "leaf_count", "internal_count")
    )
    child, gone = ~leaf, leaf_rows[leaf]
    leaf_rows[leaf] = 0
    while child != 0:
        child = next(node for node in range(len(left)) if child in (left[node], right[node]))
        node_rows[child] -= gone
    for key, numbers in (("leaf_count", leaf_rows), ("internal_count", node_rows)):
        tree = tree.replace(f"{key}={fields[key]}", f"{key}={' '.join(map(str, numbers))}")
    return lgb.Booster(model_str=f"{head}Tree=0\n{tree}")


@pytest.mark.parametrize("leaf", range(6))
def test_a_branch_that_no_training_row_took_is_explained_where_lightgbm_divides_zero_by_zero(leaf):
    x, y = training_rows(11)
    booster = without_training_rows(grow(x, y, 1), leaf)
    lightgbms = booster.predict(x, pred_contrib=True)[:, :-1]
    known = ~np.isnan(lightgbms).any(axis=1)
    assert not known.all()
    for compiled in by_both_methods(booster):
        base, reasons = compiled.explain(x)
        assert compiled.why_lightgbm is None
        np.testing.assert_allclose(base + reasons.sum(axis=1), booster.predict(x, raw_score=True), atol=LAST_DIGITS)
        np.testing.assert_allclose(reasons[known], lightgbms[known], rtol=0, atol=LAST_DIGITS)


def test_a_hand_worked_tree_gives_the_reasons_one_can_work_out():
    """One split, 3 of 4 rows left: v is 0 or 8, the base 2, and the one feature explains all the rest."""
    x = np.array([[0.0], [0.0], [0.0], [1.0]])
    booster = lgb.train(
        {
            "objective": "regression",
            "verbose": -1,
            "num_leaves": 2,
            "min_data_in_leaf": 1,
            "learning_rate": 1.0,
            "min_sum_hessian_in_leaf": 0,
            "num_threads": 1,
            "min_data_in_bin": 1,
        },
        lgb.Dataset(x, np.array([0.0, 0.0, 0.0, 8.0])),
        1,
    )
    base, reasons = explain(booster, np.array([[0.0], [1.0], [math.nan]]))
    assert base == pytest.approx(2.0)
    assert reasons[:, 0].tolist() == pytest.approx([-2.0, 6.0, -2.0])
    assert explainer.LARGEST_ERROR < 1e-8
