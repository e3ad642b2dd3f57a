"""The plain ways that a model has to beat: net profit, a count of met conditions, logistic regression, default LightGBM.

In the flow: panel.py -> **baselines.py** -> backtest.py. Each takes the training panel and the features of the day
to be judged and gives one score a firm. What has no probability gives its raw score.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from scoring.feature_rows import money_scale
from scoring.panel import Panel
from scoring.ranks import Reference

#: feature, line in its own unit: the financial conditions of the Beijing exchange's four standards, as far as facts
#: without a market value can tell (北京证券交易所股票上市规则 2.1.3; the dated text stands in data/rules/bse.yaml).
_YUAN = {name: float(money_scale(pd.Series([amount])).iloc[0]) for name, amount in
         {"15M": 15e6, "25M": 25e6, "100M": 100e6, "200M": 200e6}.items()}  # fmt: skip
BSE_CONDITIONS: tuple[tuple[str, float], ...] = (
    ("worst_profit_2y", _YUAN["15M"]),
    ("worst_roe_2y", 0.08),
    ("net_profit", _YUAN["25M"]),
    ("roe", 0.08),
    ("revenue", _YUAN["100M"]),
    ("revenue", _YUAN["200M"]),
    ("revenue_growth", 0.30),
    ("cash_margin", 0.0),
    ("rd_share", 0.08),
    ("rd_spend", _YUAN["25M"]),
)


def meets_profit_standard(features: pd.DataFrame) -> pd.Series:
    """Does the firm meet the profit and ROE lines of the Beijing exchange's first standard? Unknown counts as no."""
    return features["bse_first_standard"] >= 0


def net_profit(_training: Panel, features: pd.DataFrame, _names: list[str]) -> np.ndarray:
    """The last year's net profit itself; unknown counts as none."""
    return features["net_profit"].fillna(0).to_numpy()


def points_rule(_training: Panel, features: pd.DataFrame, _names: list[str]) -> np.ndarray:
    """How many financial conditions of the Beijing exchange's standards are met; unknown counts as not met."""
    return np.sum([(features[name] >= line).to_numpy() for name, line in BSE_CONDITIONS], axis=0).astype(float)


def logistic(training: Panel, features: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Logistic regression on within-date ranks."""
    from sklearn.linear_model import LogisticRegression

    ranked = ranks_by_day(training, names)
    model = LogisticRegression(C=0.1, max_iter=5000).fit(ranked.to_numpy(), training.label.to_numpy())
    return model.predict_proba(ranks_of_day(features[names]).to_numpy())[:, 1]


def lightgbm_default(training: Panel, features: pd.DataFrame, names: list[str]) -> np.ndarray:
    """LightGBM as it comes, on the features themselves."""
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
    return np.asarray(lightgbm.train(fixed, data, 100).predict(features[names].to_numpy()))


BASELINES: Mapping[str, Callable[[Panel, pd.DataFrame, list[str]], np.ndarray]] = {
    "net_profit": net_profit,
    "points_rule": points_rule,
    "logistic": logistic,
    "lightgbm_default": lightgbm_default,
}


def ranks_of_day(features: pd.DataFrame) -> pd.DataFrame:
    """Ranks of these firms among themselves, missing in the middle."""
    return Reference.of(features, "the day").ranks(features)


def ranks_by_day(panel: Panel, names: list[str]) -> pd.DataFrame:
    """Ranks of a panel's rows within their day."""
    parts = [ranks_of_day(panel.features.loc[rows, names]) for rows in panel.when.groupby(panel.when).groups.values()]
    return pd.concat(parts).loc[panel.features.index]
