"""The frames behind the analyst's plots."""

import numpy as np
import pandas as pd
import pytest

from scoring.evaluation import plot_data
from tests.dashboard.stored_model import NAMES, small_model

FIRMS = ["A", "B", "C", "D"]


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(FIRMS, name="firm_id"))


def drawn_firms(rows: int = 60) -> pd.DataFrame:
    chance = np.random.default_rng(1)
    index = pd.Index([f"firm {number}" for number in range(rows)], name="firm_id")
    return pd.DataFrame(chance.normal(size=(rows, len(NAMES))), columns=NAMES, index=index)


def test_importance_is_the_mean_size_of_a_reason_whichever_way_it_points():
    table = plot_data.importance_of(frame(staff=[1, -1, 1, -1], revenue=[0, 0, 0, 8]))
    assert list(table["feature"]) == ["revenue", "staff"]
    assert list(table["mean_points"]) == [2.0, 1.0]
    assert list(table["most_points"]) == [8.0, 1.0]


def test_a_beeswarm_of_few_dots_keeps_both_ends_of_every_row():
    chance = np.random.default_rng(0)
    index = pd.Index([str(number) for number in range(5_000)], name="firm_id")
    reasons = pd.DataFrame({"staff": chance.normal(size=5_000)}, index=index)
    table = plot_data.beeswarm_of(reasons, reasons, dots=50)
    assert len(table) == 50
    assert table["points"].min() == reasons["staff"].min()
    assert table["points"].max() == reasons["staff"].max()


def test_an_unknown_value_has_no_rank_in_a_beeswarm():
    table = plot_data.beeswarm_of(frame(staff=[1, 2, 3, 4]), frame(staff=[10, np.nan, 30, 20]))
    ranks = table.set_index("firm_id")["rank"]
    assert np.isnan(ranks["B"])
    assert ranks["C"] == 1.0


def test_dependence_keeps_the_firms_whose_value_is_unknown_and_the_line_leaves_them_out():
    table = plot_data.dependence_of(frame(staff=[1, 2, 3, 4]), frame(staff=[10, np.nan, 30, 20]), "staff")
    assert len(table) == 4
    trend = plot_data.trend_of(table, bins=3)
    assert list(trend["value"]) == [10, 20, 30]
    assert list(trend["points"]) == [1, 4, 3]


def test_the_line_through_no_known_value_is_empty():
    table = plot_data.dependence_of(frame(staff=[1, 2, 3, 4]), frame(staff=[np.nan] * 4), "staff")
    assert plot_data.trend_of(table).empty


def test_interactions_of_a_firm_and_its_own_effects_add_up_to_its_reasons():
    shap = pytest.importorskip("shap")
    model, firms = small_model(), drawn_firms()
    booster = model.booster
    booster.params["objective"] = "binary"
    whole = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(model.values(firms)))
    sums = model.calibration.points_of_reasons(whole).sum(axis=2)
    np.testing.assert_allclose(sums, model.score(firms).reasons.to_numpy(), atol=1e-5)


def test_the_strongest_pair_is_the_one_that_the_outcome_was_made_of():
    strength, values = plot_data.interaction_tables(small_model(), drawn_firms(), rows=60)
    assert {strength["feature"][0], strength["other"][0]} == {"assets", "staff"}
    assert strength["mean_points"].is_monotonic_decreasing
    first = values[(values["feature"] == strength["feature"][0]) & (values["other"] == strength["other"][0])]
    assert first["points"].abs().mean() == pytest.approx(strength["mean_points"][0])
    assert len(first) == 60


def test_the_lift_of_all_firms_is_one():
    scores = pd.DataFrame(
        {"as_of": "2024-05-01", "model": "goldseed", "label": [1, 0, 0, 0], "probability": [0.9, 0.5, 0.4, 0.1]}
    )
    curve = plot_data.lift_curve(scores, steps=4)
    assert curve["lift"].iloc[-1] == 1
    assert curve["lift"].iloc[0] == 4
    assert plot_data.precision_at(scores, (1, 2))["precision"].tolist() == [1.0, 0.5]
