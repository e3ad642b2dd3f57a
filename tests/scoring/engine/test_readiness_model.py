"""The general engine: what every model promises, whatever the panel."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import ReadinessModel, fit
from scoring.engine.calibration import offset_to, platt, sigmoid
from scoring.engine.rank_transform import ReferenceDistribution, ranks_among_all, ranks_by_day
from scoring.errors import CannotTrain, UnknownFeatures
from scoring.statistics.metrics import auc
from tests.scoring.panels import ratios

DIRECTIONS = {"Attr1": 1, "Attr2": 1, "Attr3": -1}


@pytest.fixture(scope="module")
def panel() -> tuple[pd.DataFrame, pd.Series]:
    return ratios(900, 6, share=0.05)


@pytest.fixture(scope="module")
def model(panel: tuple[pd.DataFrame, pd.Series]) -> ReadinessModel:
    return fit(*panel, monotone=DIRECTIONS)


rows_of_numbers = st.lists(
    st.one_of(st.floats(-50, 50), st.just(float("nan")), st.just(float("inf"))), min_size=6, max_size=6
)


def frame(rows: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[f"Attr{place + 1}" for place in range(6)])


@settings(max_examples=40, deadline=None)
@given(st.lists(rows_of_numbers, min_size=1, max_size=5))
def test_base_and_reasons_add_up_to_the_points_for_any_numbers(model, rows):
    scored = model.score(frame(rows))
    total = scored.base_points + scored.reasons.sum(axis=1)
    assert np.abs(total - scored.points).max() < 1e-6
    assert list(scored.reasons.columns) == model.features


@settings(max_examples=60, deadline=None)
@given(rows_of_numbers, st.sampled_from(list(DIRECTIONS)), st.floats(0, 20))
def test_moving_a_directed_feature_the_good_way_never_lowers_the_points(model, row, name, step):
    before = frame([row]).replace([np.inf], 1.0)
    after = before.assign(**{name: before[name] + DIRECTIONS[name] * step})
    assert model.score(after).points.iloc[0] >= model.score(before).points.iloc[0] - 1e-9


def test_a_row_alone_gets_the_points_it_gets_among_all(model, panel):
    features = panel[0]
    among = model.score(features)
    alone = model.score(features.iloc[[17]])
    assert alone.points.iloc[0] == among.points.iloc[17]
    assert np.allclose(alone.reasons.iloc[0], among.reasons.iloc[17], atol=1e-9)


def test_a_firms_reasons_are_the_same_to_the_bit_whatever_was_explained_before(model, panel):
    few = panel[0].head(40)
    before = model.score(few).reasons
    many = pd.concat([panel[0]] * 3, ignore_index=True)
    assert len(model.score(many).reasons) == 2_700  # by tables, which this model has from now on
    pd.testing.assert_frame_equal(model.score(few).reasons, before, check_exact=True)
    part = model.score(many.head(40), of_all=len(many)).reasons
    pd.testing.assert_frame_equal(part, model.score(many).reasons.head(40), check_exact=True)


def test_many_who_ask_at_the_same_time_are_each_told_what_one_alone_is_told(model, panel):
    row = panel[0].iloc[[3]]
    alone = model.score(row)
    expected = (alone.points.iloc[0], alone.low_points.iloc[0], alone.high_points.iloc[0])

    def all_equal(_asker: int) -> bool:
        scores = (model.score(row) for _ in range(100))
        return all((row.points.iloc[0], row.low_points.iloc[0], row.high_points.iloc[0]) == expected for row in scores)

    with ThreadPoolExecutor(6) as askers:
        assert all(askers.map(all_equal, range(6)))


def test_the_same_data_give_the_same_model_byte_for_byte(model, panel, tmp_path):
    again = fit(*panel, monotone=DIRECTIONS)
    first, second = model.save(tmp_path / "first"), again.save(tmp_path / "second")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name


def test_a_saved_model_is_text_and_scores_the_same_when_loaded(model, panel, tmp_path):
    folder = model.save(tmp_path / "model")
    for file in folder.iterdir():
        file.read_text("utf-8")
    loaded = ReadinessModel.load(folder)
    pd.testing.assert_series_equal(loaded.score(panel[0]).points, model.score(panel[0]).points)
    pd.testing.assert_series_equal(loaded.score(panel[0]).probability, model.score(panel[0]).probability)


def test_fifty_points_are_the_average_and_five_more_double_the_odds(model, panel):
    scored = model.score(panel[0])
    assert scored.points.mean() == pytest.approx(50)
    odds = scored.probability / (1 - scored.probability)
    doublings = np.log2(odds.iloc[0] / odds.iloc[1])
    assert scored.points.iloc[0] - scored.points.iloc[1] == pytest.approx(5 * doublings, abs=1e-6)


def test_the_order_of_columns_does_not_matter(model, panel):
    turned = panel[0][panel[0].columns[::-1]]
    assert (model.score(turned).points == model.score(panel[0]).points).all()


def test_a_feature_the_model_was_not_trained_on_is_refused_by_name(model, panel):
    with pytest.raises(UnknownFeatures, match="Attr99"):
        model.score(panel[0].assign(Attr99=1.0))


def test_a_missing_feature_is_refused_by_name(model, panel):
    with pytest.raises(UnknownFeatures, match="Attr4"):
        model.score(panel[0].drop(columns="Attr4"))


def test_the_model_ranks_unseen_rows_well(model):
    features, label = ratios(2000, 6, seed=0, share=0.05)
    unseen = slice(900, None)
    assert auc(label[unseen].to_numpy(), model.score(features[unseen]).points.to_numpy()) > 0.85


def test_the_settings_say_how_many_variants_were_tried(model):
    assert model.about["variants_tried"] == len(model.about["tried"]) >= 1


def test_many_rows_and_positives_are_given_a_search():
    features, label = ratios(1100, 4, share=0.08)
    about = fit(features, label).about
    assert about["variants_tried"] > 1
    assert all(len(trial["folds"]) >= 2 for trial in about["tried"])


def test_inner_validation_is_later_days_where_there_are_days():
    features, label = ratios(900, 4, share=0.1)
    when = pd.Series(pd.to_datetime(["2020-05-01", "2021-05-01", "2022-05-01"] * 300))
    assert fit(features, label, when).about["protocol"] == "later days"


def test_dated_rows_without_a_later_day_to_validate_on_take_the_small_setting_alone():
    features, label = ratios(1300, 4, share=0.08)
    one_day, firm = pd.Series([2021] * 1300), pd.Series(np.arange(1300))
    # Two days whose labels are known only after the later one: no training row may be validated on it.
    two_days = pd.Series([2020, 2021] * 650)
    for when, label_days in ((one_day, 0), (two_days, 720)):
        about = fit(features, label, when, firm, label_days=label_days).about
        assert about["protocol"] == "whole firms held out"
        assert [trial["name"] for trial in about["tried"]] == ["small"]
    assert fit(features, label, None, firm).about["variants_tried"] > 1
    four_days = pd.Series([2018, 2019, 2020, 2021] * 325)
    assert fit(features, label, four_days, firm).about["variants_tried"] > 1


def test_no_firm_is_in_training_and_validation_at_once():
    from scoring.engine.hyperparameter_search import inner_folds
    from scoring.engine.search_rows import Rows

    features, label = ratios(300, 3, share=0.2)
    firm = np.arange(300) // 3
    folds, how = inner_folds(Rows(features.to_numpy(), label.to_numpy(), None, firm), seed=0)
    assert how == "whole firms held out"
    assert all(not set(firm[fold.train]) & set(firm[fold.validation]) for fold in folds)


def test_inner_training_keeps_the_labels_distance_from_the_day_it_judges():
    from scoring.engine.hyperparameter_search import inner_folds
    from scoring.engine.search_rows import Rows

    label = np.tile([1.0, 0.0], 200)
    day = np.repeat([0, 365, 730, 1095], 100)
    folds, _ = inner_folds(Rows(np.zeros((400, 1)), label, day), seed=0, label_days=700)
    assert folds
    assert all(day[fold.train].max() + 700 <= day[fold.validation].min() for fold in folds)


# Ranks


def test_ranks_are_the_same_for_a_shifted_and_stretched_year():
    chance = np.random.default_rng(1)
    year = pd.DataFrame({"profit": chance.lognormal(10, 2, 700)})
    better_year = year * 3 + 5
    first = ReferenceDistribution.of(year, "2023").ranks(year)
    second = ReferenceDistribution.of(better_year, "2024").ranks(better_year)
    assert np.allclose(first, second)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(-2e6, 2e6), st.floats(0, 1e6))
def test_a_higher_value_never_has_a_lower_rank(known, value, step):
    table = ReferenceDistribution.of(pd.DataFrame({"x": known}), "day")
    ranks = table.ranks(pd.DataFrame({"x": [value, value + step]}))["x"]
    assert 0 <= ranks[0] <= ranks[1] <= 1


def test_the_ranks_of_a_panel_are_those_of_each_days_own_table():
    days = pd.Series(pd.to_datetime(["2024-05-01 00", "2023-05-01 00", "2024-05-01 09", "2023-05-01 00"]))
    features = pd.DataFrame({"x": [4.0, 7.0, 2.0, np.nan], "y": [1.0, 5.0, 1.0, 6.0]})
    ranks, tables = ranks_by_day(features, days)
    # Of two rows the lower stands at a quarter and the higher at three; ties and what is missing in the middle.
    assert ranks.tolist() == [[0.75, 0.5], [0.5, 0.25], [0.25, 0.5], [0.5, 0.75]]
    assert [(table.name, table.firms) for table in tables] == [("2023-05-01", 2), ("2024-05-01", 2)]
    assert tables[1].ranks(features.iloc[[0]]).to_numpy().tolist() == [ranks[0].tolist()]
    assert ranks_among_all(features)[0][:, 1].tolist() == [0.25, 0.625, 0.25, 0.875]


def test_a_missing_value_ranks_in_the_middle():
    table = ReferenceDistribution.of(pd.DataFrame({"x": [1.0, 2.0, 3.0]}), "day")
    assert table.ranks(pd.DataFrame({"x": [np.nan]}))["x"][0] == 0.5


def test_a_rank_table_survives_its_text():
    table = ReferenceDistribution.of(pd.DataFrame({"x": np.random.default_rng(0).normal(size=1000)}), "day")
    again = ReferenceDistribution.from_json(json.loads(json.dumps(table.as_json())))
    asked = pd.DataFrame({"x": np.linspace(-4, 4, 99)})
    pd.testing.assert_frame_equal(table.ranks(asked), again.ranks(asked))


# Calibration


def test_platts_line_finds_the_slope_that_made_the_labels():
    chance = np.random.default_rng(3)
    raw = chance.normal(0, 2, 20_000)
    label = (chance.random(20_000) < sigmoid(0.5 * raw - 2)).astype(float)
    slope, intercept = platt(raw, label)
    assert slope == pytest.approx(0.5, abs=0.04)
    assert intercept == pytest.approx(-2, abs=0.1)


def test_the_intercept_offset_brings_the_mean_probability_to_the_expected_rate():
    log_odds = np.random.default_rng(0).normal(-4, 2, 500)
    assert sigmoid(log_odds + offset_to(log_odds, 0.013)).mean() == pytest.approx(0.013)


# What is refused


def test_fewer_than_five_positives_are_refused():
    features, label = ratios(400)
    few = pd.Series(0, index=label.index)
    few.iloc[:4] = 1
    with pytest.raises(CannotTrain, match="4"):
        fit(features, few)


def test_fewer_than_twenty_positives_train_with_a_warning_and_without_a_search():
    features, label = ratios(400)
    few = label * 0
    few.iloc[:12] = 1
    about = fit(features, few).about
    assert about["warnings"]
    assert about["variants_tried"] == 1


def test_a_feature_that_is_the_outcome_is_refused_by_name():
    features, label = ratios(600)
    with pytest.raises(CannotTrain, match="told_afterwards"):
        fit(features.assign(told_afterwards=label * 3.0), label)


def test_a_feature_filled_in_for_one_class_only_is_refused_by_name():
    features, label = ratios(600)
    with pytest.raises(CannotTrain, match="listing_fee"):
        fit(features.assign(listing_fee=np.where(label == 1, features["Attr5"].fillna(0.0), np.nan)), label)


def test_an_identifier_is_refused_by_name():
    features, label = ratios(600)
    with pytest.raises(CannotTrain, match="stock"):
        fit(features.assign(stock=np.arange(600) + 830_000), label)


def test_a_day_after_the_rows_own_day_is_refused():
    features, label = ratios(600)
    when = pd.Series(pd.Timestamp("2023-05-01"), index=features.index)
    with pytest.raises(CannotTrain, match="published"):
        fit(features.assign(published=pd.Timestamp("2023-06-01")), label, when)


def test_words_are_refused_by_name():
    features, label = ratios(600)
    with pytest.raises(CannotTrain, match="district"):
        fit(features.assign(district="江海区"), label)


def test_a_label_with_a_gap_is_refused():
    features, label = ratios(600)
    with pytest.raises(CannotTrain):
        fit(features, label.astype(float).where(label.index != 3))
