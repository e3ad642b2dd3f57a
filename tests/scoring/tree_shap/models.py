"""Models and rows as odd as LightGBM allows, and what holds of the reasons of any: for the tests of tree_shap."""

import lightgbm as lgb
import numpy as np
import pandas as pd

from scoring.tree_shap.explainer import NEVER, CompiledBooster

LAST_DIGITS = 1e-10


def training_rows(seed, rows=300, numbers=6, categories=2):
    """Numbers on rough grids (so thresholds repeat) with missing values and zeros, then category codes."""
    random = np.random.default_rng(seed)
    x = np.round(random.normal(size=(rows, numbers)), random.integers(0, 3))
    x[random.random(x.shape) < 0.15] = np.nan
    x[random.random(x.shape) < 0.1] = 0.0
    codes = random.choice([0, 1, 2, 3, 5, 8, 31, 32, 33, 64, 100], size=(rows, categories)).astype(float)
    codes[random.random(codes.shape) < 0.1] = np.nan
    y = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1] * x[:, 2]) + (codes[:, 0] % 3 == 0)
    return np.hstack([x, codes]), (y + random.logistic(size=rows) > 0.5).astype(float)


def odd_rows(x, thresholds, seed, rows=40):
    """Rows of training mixed with what training never saw: infinities, unseen codes, exact thresholds."""
    random = np.random.default_rng(seed)
    mixed = x[random.integers(0, len(x), rows)].copy()
    near = [f(t, d) for t in thresholds[:20] for f, d in ((max, t), (np.nextafter, 9e9), (np.nextafter, -9e9))]
    strange = [
        *(np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, 2e-35, 5e-324, 1e300, -1e300),
        *(-1.0, -0.5, -0.999, 0.7, 4.0, 31.9, 63.0, 101.0, 127.0, 128.0, 2.0**31 - 1, 2.0**31, 2.0**32, 2.0**40),
        *near,
    ]
    swap = random.random(mixed.shape) < 0.35
    mixed[swap] = random.choice(strange, size=int(swap.sum()))
    return mixed


def grow(x, y, trees=8, categories=(6, 7), **parameters):
    plain = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 3, "max_bin": 40}
    data = lgb.Dataset(x, y, categorical_feature=list(categories))
    return lgb.train({**plain, **parameters}, data, trees)


def thresholds_of(booster):
    frame = booster.trees_to_dataframe()
    numeric = frame.loc[frame["decision_type"] == "<=", "threshold"]
    return sorted(set(pd.to_numeric(numeric).tolist()))


def by_both_methods(booster, **limits):
    """The model as it explains its first rows, directly from the trees, and as it explains many, by tables."""
    text = booster.model_to_string()
    return CompiledBooster(text, NEVER, **limits), CompiledBooster(text, 0, **limits)


def assert_same_as_lightgbm(booster, rows):
    theirs = booster.predict(rows, pred_contrib=True)
    scale = max(1.0, np.abs(theirs).max())
    for compiled in by_both_methods(booster):
        base, reasons = compiled.explain(rows)
        np.testing.assert_allclose(reasons, theirs[:, :-1], rtol=0, atol=LAST_DIGITS * scale)
        np.testing.assert_allclose(base, theirs[:, -1], rtol=0, atol=LAST_DIGITS * scale)
        assert compiled.why_lightgbm is None
