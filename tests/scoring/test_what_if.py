"""What would raise a score: only what a firm can do, only what firms of its size did, and only what the model
confirms."""

import numpy as np
import pandas as pd
import pytest

from scoring import fit
from scoring.features import FEATURES
from scoring.what_if import Reach, reach_of, split_points, suggestions

NAMES = ["net_profit", "roe", "revenue", "net_profit_year_before", "years_since_founding", "rd_share"]


@pytest.fixture(scope="module")
def model():
    chance = np.random.default_rng(0)
    features = pd.DataFrame(chance.normal(size=(800, 6)), columns=NAMES)
    hidden = features.sum(axis=1) + chance.normal(0, 0.7, 800)
    label = (hidden > np.quantile(hidden, 0.93)).astype(int)
    return fit(features, label, monotone={name: FEATURES[name].direction for name in NAMES}, ranks=True)


def firm(value: float = -0.2) -> pd.DataFrame:
    return pd.DataFrame([[value] * 6], columns=NAMES)


FAR = Reach(dict.fromkeys(NAMES, 3.0), 100)


def test_every_suggestion_is_worth_what_it_says(model):
    found = suggestions(model, firm(), FAR)
    assert found
    for one in found:
        changed = firm().assign(**{step["feature"]: step["to"] for step in one["changes"]})
        assert float(model.score(changed).points.iloc[0]) == pytest.approx(one["points_then"])
        assert one["gain"] > 0


def test_nobody_is_told_to_get_older_or_to_change_the_past(model):
    told = {step["feature"] for one in suggestions(model, firm(), FAR) for step in one["changes"]}
    assert told
    assert told <= {name for name in NAMES if FEATURES[name].actionable}


def test_nothing_beyond_what_firms_of_its_size_did_is_suggested(model):
    near = Reach({"roe": 0.4}, 100)
    steps = [step for one in suggestions(model, firm(), near) for step in one["changes"]]
    assert all(step["feature"] == "roe" and step["to"] - step["from"] <= 0.4 for step in steps)


def test_what_is_unknown_is_not_moved(model):
    told = {step["feature"] for one in suggestions(model, firm().assign(roe=np.nan), FAR) for step in one["changes"]}
    assert "roe" not in told


def test_a_pair_brings_more_than_either_alone(model):
    found = suggestions(model, firm(), FAR)
    singles = {one["changes"][0]["feature"]: one["gain"] for one in found if len(one["changes"]) == 1}
    for pair in (one for one in found if len(one["changes"]) == 2):
        assert all(pair["gain"] > singles.get(step["feature"], 0) for step in pair["changes"])


def test_reach_is_what_nine_in_ten_firms_of_the_size_did_not_exceed():
    earlier = pd.DataFrame({"revenue": np.zeros(100), "roe": np.zeros(100)})
    later = pd.DataFrame({"revenue": np.zeros(100), "roe": np.arange(100) / 100})
    assert reach_of(earlier, later, size=0.0).up["roe"] == pytest.approx(0.891)
    assert "revenue" not in reach_of(earlier, later, size=0.0).up


def test_reach_is_of_the_firms_own_industry_where_it_has_thirty_of_its_size_and_not_with_one_fewer():
    earlier = pd.DataFrame({"revenue": np.zeros(100), "roe": np.zeros(100)})
    later = pd.DataFrame({"revenue": np.zeros(100), "roe": np.arange(100) / 100})
    thirty, one_fewer = earlier.index[:30], earlier.index[:29]
    assert reach_of(earlier, later, size=0.0, trade=thirty).up["roe"] == pytest.approx(0.261)
    assert reach_of(earlier, later, size=0.0, trade=one_fewer).up["roe"] == pytest.approx(0.891)


def test_the_thresholds_are_the_trees_own(model):
    text = model.text
    for column, thresholds in split_points(text).items():
        assert 0 <= column < len(NAMES)
        assert (np.diff(thresholds) > 0).all()
        written = {
            float(one) for line in text.split("\n") if line.startswith("threshold=") for one in line[10:].split()
        }
        assert set(thresholds) <= written
