"""Panels as other people have them: what is read, and what is refused in words that say what to do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scoring import ReadinessModel, fit
from scoring.engine.inputs import as_days, day_numbers, directions_of
from scoring.errors import CannotTrain, UnknownFeatures
from tests.scoring.panels import ratios


@pytest.fixture(scope="module")
def panel() -> tuple[pd.DataFrame, pd.Series]:
    return ratios(300, 4, share=0.1)


@pytest.fixture(scope="module")
def model(panel: tuple[pd.DataFrame, pd.Series]) -> ReadinessModel:
    return fit(*panel)


YEARS = pd.Series([2019, 2021, 2020])
FROM_2019 = [0, 731, 365]  # days since the first; from May to May 366, 2020 being a leap year


@pytest.mark.parametrize(
    ("when", "days_after_the_first"),
    [
        (YEARS, FROM_2019),
        (YEARS.astype("Int64"), FROM_2019),
        (YEARS.astype(str) + "-05-01", [0, 731, 366]),
        (YEARS * 10_000 + 501, [0, 731, 366]),
        (pd.Series(pd.PeriodIndex(YEARS.astype(str), freq="Y")), FROM_2019),
        (pd.to_datetime(YEARS.astype(str)).dt.tz_localize("Asia/Shanghai"), FROM_2019),
        (pd.Series([1, 3, 2]), [0, 2, 1]),
    ],
)
def test_days_are_read_however_they_are_told(when, days_after_the_first):
    days = day_numbers(as_days(when))
    assert (days - days[0]).tolist() == days_after_the_first


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (pd.Series([2019, None, 2020]), "1 "),
        (pd.to_datetime(pd.Series(["2019-05-01", None, None])), "2 "),
        (pd.Series(["first", "second", "third"]), "2023-05-01"),
        (pd.Series([2019.5, 2020.0, 2021.0]), "2023-05-01"),
        (pd.Series([20231301, 20230501, 20230502]), "2023-05-01"),
    ],
)
def test_what_is_no_day_is_refused(when, message):
    with pytest.raises(CannotTrain, match=message):
        as_days(when)


def test_directions_go_by_name_also_where_names_are_numbers():
    assert directions_of({0: 1, 2: -3}, ["0", "1", "2"]) == [1, 0, -1]
    assert directions_of(pd.Series({0: 1.0}), ["0", "1"]) == [1, 0]


@pytest.mark.parametrize("monotone", [{"Attr1": "up"}, {"Attr1": float("nan")}, {"Attr9": 1}, [1]])
def test_directions_that_cannot_be_meant_are_refused(panel, monotone):
    with pytest.raises(CannotTrain):
        fit(*panel, monotone=monotone)


@pytest.mark.parametrize("seed", [-1, None, 1.5, 2**31])
def test_a_seed_that_is_none_is_refused(panel, seed):
    with pytest.raises(CannotTrain, match="2147483647"):
        fit(*panel, seed=seed)


def test_a_seed_of_numpy_is_written_down_like_any_other(panel, tmp_path):
    fit(*panel, seed=np.int64(3)).save(tmp_path)
    assert ReadinessModel.load(tmp_path).about["seed"] == 3


@pytest.mark.parametrize("shape", ["truth", "category", "frame", "list"])
def test_a_label_is_read_however_it_is_told(panel, model, shape):
    features, label = panel
    shapes = {"truth": label == 1, "category": label.astype("category"), "frame": label.to_frame(), "list": list(label)}
    assert fit(features, shapes[shape]).text == model.text


def test_a_single_class_is_refused_and_told_which_is_lacking(panel):
    features, label = panel
    with pytest.raises(CannotTrain) as no_positives:
        fit(features, label * 0)
    with pytest.raises(CannotTrain) as no_negatives:
        fit(features, label * 0 + 1)
    params = no_positives.value.message.params, no_negatives.value.message.params
    assert (params[0]["positives"], params[1]["others"]) == (0, 0)


@pytest.mark.parametrize("features", [pd.DataFrame(index=range(300)), np.zeros((300, 2))])
def test_a_table_without_columns_or_names_is_refused(panel, features):
    with pytest.raises(CannotTrain, match="DataFrame"):
        fit(features, panel[1])


def test_complex_numbers_are_refused_by_name(panel):
    with pytest.raises(CannotTrain, match="wave"):
        fit(panel[0].assign(wave=1j), panel[1])


@pytest.mark.parametrize("later", [2023, 20230601])
def test_a_year_or_a_day_written_as_a_number_after_the_rows_own_is_refused(panel, later):
    features, label = panel
    when = pd.Series(pd.Timestamp("2022-05-01"), index=features.index)
    earlier = later - (1 if later < 10_000 else 20_000)
    fit(features.assign(leaky=earlier), label, when)
    with pytest.raises(CannotTrain, match="leaky"):
        fit(features.assign(leaky=np.where(features.index < 3, later, earlier)), label, when)


def test_a_year_is_no_later_day_where_rows_have_periods_instead_of_days(panel):
    features, label = panel
    fit(features.assign(founded=2001), label, pd.Series(np.arange(300) % 5))


# Scoring


def test_reasons_have_the_columns_of_the_features_in_their_order(panel, model):
    features = panel[0]
    turned = features[features.columns[::-1]]
    ours, other = model.score(features).reasons, model.score(turned).reasons
    assert list(other.columns) == list(turned.columns)
    pd.testing.assert_frame_equal(other[features.columns], ours)


def test_columns_that_are_numbers_keep_their_names_in_the_reasons(panel):
    features = panel[0].set_axis(range(4), axis=1)
    reasons = fit(features, panel[1]).score(features).reasons
    assert list(reasons.columns) == [0, 1, 2, 3]


def test_nobody_has_no_points_and_no_reasons(panel, model):
    scored = model.score(panel[0].iloc[:0])
    assert len(scored.points) == len(scored.probability) == 0
    assert scored.reasons.shape == (0, 4)


def test_reading_a_model_for_reasons_is_done_once(panel, model):
    explainer = model.explainer
    on_another_day = replace(model, intercept_offset=0.5)
    assert on_another_day.score(panel[0]).reasons.shape == panel[0].shape
    assert on_another_day.explainer is explainer
    assert replace(model, text=model.text + "\n").explainer is not explainer


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (lambda table: table.assign(Attr1="much"), "Attr1"),
        (lambda table: pd.concat([table, table[["Attr2"]]], axis=1), "Attr2"),
        (lambda table: table.to_numpy(), "DataFrame"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_in_words(panel, model, mistake, named):
    with pytest.raises(UnknownFeatures, match=named):
        model.score(mistake(panel[0]))
