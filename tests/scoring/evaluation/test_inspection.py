"""Tables behind the analyst's plots hold together with the scores they are made of."""

import numpy as np
import pandas as pd
import pytest

from scoring import fit
from scoring.evaluation import inspection
from scoring.features.matrix import FEATURES

NAMES = ["net_profit", "roe", "revenue", "rd_share"]


@pytest.fixture(scope="module")
def scored():
    chance = np.random.default_rng(1)
    features = pd.DataFrame(chance.normal(size=(400, 4)), columns=NAMES, index=[f"firm-{n}" for n in range(400)])
    hidden = 2 * features["net_profit"] + features["roe"] + chance.normal(0, 0.5, 400)
    model = fit(features, (hidden > np.quantile(hidden, 0.9)).astype(int))
    return model, features, model.score(features)


def test_the_feature_that_made_the_outcome_is_the_most_important(scored):
    table = inspection.importance(scored[2])
    assert table["feature"].iloc[0] == "net_profit"
    assert set(table["feature"]) <= set(FEATURES)


def test_a_beeswarm_has_a_point_for_every_firm_and_feature_and_they_are_the_reasons(scored):
    _model, features, marks = scored
    table = inspection.beeswarm(marks, features)
    assert len(table) == 400 * 4
    one = table[(table["firm_id"] == "firm-7") & (table["feature"] == "roe")].iloc[0]
    assert one["points"] == marks.reasons.at["firm-7", "roe"]
    assert one["rank"] == features["roe"].rank(pct=True)["firm-7"]


def test_dependence_pairs_each_value_with_its_reason(scored):
    _model, features, marks = scored
    table = inspection.dependence(marks, features, "roe")
    assert (table["value"].to_numpy() == features["roe"].to_numpy()).all()


def test_interactions_name_pairs_of_the_models_features(scored):
    model, features, _ = scored
    table = inspection.interactions(model, features)
    assert len(table) == 6
    assert (table["mean_points"] >= 0).all()


def test_the_lift_of_all_firms_is_one():
    scores = pd.DataFrame(
        {"as_of": "2024-05-01", "model": "goldseed", "label": [1, 0, 0, 0], "probability": [0.9, 0.5, 0.4, 0.1]}
    )
    curve = inspection.lift_curve(scores, steps=4)
    assert curve["lift"].iloc[-1] == 1
    assert curve["lift"].iloc[0] == 4
    assert inspection.precision_at(scores, (1, 2))["precision"].tolist() == [1.0, 0.5]
