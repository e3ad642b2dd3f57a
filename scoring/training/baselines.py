"""The baselines a model has to beat: net profit, a count of met conditions, logistic regression, default LightGBM.

Each takes the training panel and the features of the day to be evaluated and gives one score a firm. A baseline without
probabilities gives its raw score.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from scoring.dataset.panel import Panel
from scoring.engine.rank_transform import ReferenceDistribution, ranks_by_day


def meets_profit_standard(features: pd.DataFrame) -> pd.Series:
    """Does the firm meet the profit and ROE lines of the Beijing exchange's first standard? Unknown counts as no."""
    return features["bse_first_standard"] >= 0


def net_profit(_training: Panel, features: pd.DataFrame, _names: list[str]) -> np.ndarray:
    """The last year's net profit itself; unknown counts as none."""
    return features["net_profit"].fillna(0).to_numpy()


def points_rule(_training: Panel, features: pd.DataFrame, _names: list[str]) -> np.ndarray:
    """How many financial conditions of the Beijing exchange's standards are met; unknown counts as not met.

    Source: 北京证券交易所股票上市规则 2.1.3, without the market values, which returns do not tell.
    """
    return features["bse_conditions"].fillna(0).to_numpy()


def logistic(training: Panel, features: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Logistic regression on within-date ranks."""
    from sklearn.linear_model import LogisticRegression

    ranked, _ = ranks_by_day(training.features[names], training.when)
    model = LogisticRegression(C=0.1, max_iter=5000).fit(ranked, training.label.to_numpy())
    return model.predict_proba(ranks_of_day(features[names]).to_numpy())[:, 1]


def lightgbm_default(training: Panel, features: pd.DataFrame, names: list[str]) -> np.ndarray:
    """LightGBM with its default hyperparameters, on the raw features."""
    import lightgbm

    fixed = {
        "objective": "binary",
        "verbosity": -1,
        "seed": 0,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
    }
    data = lightgbm.Dataset(training.features[names].to_numpy(), training.label.to_numpy())
    booster = lightgbm.train(fixed, data, 100)
    return np.asarray(booster.predict(features[names].to_numpy(), num_threads=1))


BASELINES: Mapping[str, Callable[[Panel, pd.DataFrame, list[str]], np.ndarray]] = {
    "net_profit": net_profit,
    "points_rule": points_rule,
    "logistic": logistic,
    "lightgbm_default": lightgbm_default,
}


def ranks_of_day(features: pd.DataFrame) -> pd.DataFrame:
    """Ranks of these firms among themselves, missing in the middle."""
    return ReferenceDistribution.of(features, "the day").ranks(features)
