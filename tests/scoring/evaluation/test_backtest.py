"""Out of time or not at all: backtests, their baselines and intervals, drift and the status of a model."""

import json
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest

from scoring import fit
from scoring.errors import CannotTrain
from scoring.evaluation import backtest
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES, features_on
from scoring.registry import train_model
from scoring.scores import monitoring
from scoring.scores.monitoring import FeatureDrift, MonitoringReport
from scoring.statistics.bootstrap import firm_weights, metrics_of_day
from scoring.statistics.drift import Drift, drift_of
from scoring.statistics.metrics import among_the_first, auc, auc_within, average_precision
from tests.cast import LOTUS, yearly
from tests.scoring import panels
from tests.scoring.panels import NOW, a_market

DATES = [date(2023, 5, 1), date(2024, 5, 1)]
STILL = Drift(psi=0.0, line=0.1, missing_before=0.0, missing_now=0.0, missing_line=0.05, out_of_range=0.0)
DRIFTED = replace(STILL, psi=0.3)


def test_a_backtest_writes_every_model_on_the_same_rows(sqlite_engine):
    a_market(sqlite_engine)
    report = backtest.backtest(sqlite_engine, DATES, cohorts=["neeq"], within_months=12, draws=50)
    names = ["goldseed", "net_profit", "points_rule", "logistic", "lightgbm_default"]
    assert list(report.scores["model"].unique()) == names
    assert list(report.scores.columns[:5]) == ["firm_id", "as_of", "model", "probability", "label"]
    rows = report.scores.groupby("model")[["firm_id", "as_of", "label"]].apply(lambda part: part.to_numpy().tolist())
    assert all(rows[name] == rows["goldseed"] for name in names)
    document = report.as_json()
    json.dumps(document, allow_nan=False)
    for name in names:
        measured = document["models"][name]["auc"]
        assert measured["low"] <= measured["value"] <= measured["high"]
    ours = report.scores[report.scores["model"] == "goldseed"]
    own = auc_within(ours["label"].to_numpy(), ours["probability"].to_numpy(), ours["as_of"].to_numpy())
    assert document["models"]["goldseed"]["auc"]["value"] == pytest.approx(own, abs=1e-5)


def test_a_backtest_of_one_date_does_not_change_with_the_others(sqlite_engine):
    a_market(sqlite_engine)
    both = backtest.backtest(sqlite_engine, DATES, cohorts=["neeq"], within_months=12, draws=2).scores
    first = backtest.backtest(sqlite_engine, DATES[:1], cohorts=["neeq"], within_months=12, draws=2).scores
    pd.testing.assert_frame_equal(both[both["as_of"] == "2023-05-01"].reset_index(drop=True), first)


def test_a_date_whose_outcome_is_not_known_yet_is_refused_and_the_last_that_is_known_is_named(sqlite_engine):
    a_market(sqlite_engine)
    how = {"cohorts": ["neeq"], "within_months": 12, "draws": 2}
    with pytest.raises(CannotTrain, match="2024-04-30"):
        backtest.backtest(sqlite_engine, DATES, known_by=date(2025, 4, 30), **how)
    report = backtest.backtest(sqlite_engine, DATES, known_by=date(2025, 5, 1), **how)
    assert set(report.scores["as_of"]) == {"2023-05-01", "2024-05-01"}


def test_a_date_on_which_nobody_has_figures_is_refused(sqlite_engine):
    a_market(sqlite_engine)
    with pytest.raises(CannotTrain, match="2040-05-01"):
        backtest.backtest(sqlite_engine, [date(2040, 5, 1)], cohorts=["neeq"], within_months=12, draws=2)


def test_a_model_is_measured_only_on_days_whose_outcome_was_known(sqlite_engine, tmp_path):
    a_market(sqlite_engine)
    trained = train_model.train(sqlite_engine, tmp_path, date(2024, 5, 1), cohorts=["neeq"], within_months=12, now=NOW)
    days = [day["as_of"] for day in trained.measures["dates"]]
    assert days
    assert max(days) <= "2023-05-01"
    card = (trained.folder / "card.md").read_text("utf-8")
    assert "## 局限" in card
    assert "## Limits" in (trained.folder / "card.en.md").read_text("utf-8")
    assert trained.model.about["stability"]["seeds"] == 3


def test_monitoring_gives_a_status_with_its_causes_in_both_languages(sqlite_engine, tmp_path):
    a_market(sqlite_engine)
    train_model.train(
        sqlite_engine, tmp_path, date(2022, 5, 1), cohorts=["neeq"], within_months=12, now=NOW, measured=False
    )
    document = monitoring.monitor(sqlite_engine, tmp_path, date(2024, 5, 1), cohort="neeq").as_json()
    assert document["verdict"] == "yes"  # 24 months old
    assert "24" in document["because"]["zh"][0]
    assert "24" in document["because"]["en"][0]
    assert [day["as_of"] for day in document["realised"]] == ["2022-05-01", "2023-05-01"]
    json.dumps(document, allow_nan=False)


def report(moved: list[str], all_of: list[str], **changes: float) -> MonitoringReport:
    """A model of twelve months ago whose features drifted as named; all else as it was."""
    features = tuple(FeatureDrift(name, DRIFTED if name in moved else STILL) for name in all_of)
    expected = {"expected_auc": 0.8, "expected_auc_before": 0.8, "expected_auc_line": 0.02, **changes}
    return MonitoringReport(
        model="spring",
        day=date(2024, 5, 1),
        cohort="neeq",
        months_old=12,
        firms_before=150,
        firms_now=150,
        features=features,
        score=STILL,
        trained_auc=0.9,
        realised=(),
        **expected,
    )


def test_what_moves_with_the_calendar_is_named_and_asks_for_no_new_model():
    every = ["years_since_founding", "years_since_certificate", "roe", "revenue"]
    of_the_calendar = report(every[:2], every)
    assert of_the_calendar.status == "no"
    assert of_the_calendar.causes[-1].in_language("zh_CN") == "成立年限、获高企证书年限随日历自然变化，不计入判断"
    assert "0" in of_the_calendar.causes[0].in_language("en")
    # The near miss: as many that do not move with the calendar.
    assert report(every[2:], every).status == "look"


def test_firms_that_only_grew_older_leave_the_score_where_it_was():
    """The same figures a year on: the drift of ages alone is shown, and neither score nor status counts it."""
    chance = np.random.default_rng(0)
    young = pd.DataFrame({"years_since_founding": chance.uniform(1, 20, 400), "roe": chance.normal(size=400)})
    hidden = young["years_since_founding"] / 5 + young["roe"] + chance.normal(size=400)
    label = (hidden > hidden.quantile(0.85)).astype(int)
    model = fit(young, label, ranks=True)
    old = young.assign(years_since_founding=young["years_since_founding"] + 4)
    with_age = drift_of(model.score(young).points.to_numpy(), model.score(old).points.to_numpy())
    without = drift_of(*(model.score(monitoring._without_calendar(firms)).points.to_numpy() for firms in (young, old)))
    assert with_age.moved
    assert without.psi == 0.0


def test_the_features_of_the_calendar_are_those_counted_from_a_day():
    """A firm whose figures stay unchanged for a year differs in these features and in no other."""
    facts = yearly(LOTUS, revenue_cny={2023: 8e7, 2024: 9e7}, net_profit_cny={2023: 5e6, 2024: 6e6}, staff={2024: 90})
    days = {"registered_on": [pd.Timestamp(2015, 3, 2)], "hnte_certified_on": [pd.Timestamp(2023, 12, 1)]}
    firms = pd.DataFrame(days, index=[LOTUS])
    days = (date(2025, 5, 1), date(2026, 5, 1))
    now, later = (features_on(facts, firms, day, lines_on(day)).iloc[0] for day in days)
    assert set(now.index[(later - now).abs() > 1e-9]) == {
        name for name, feature in FEATURES.items() if feature.calendar
    }


# Drift


def test_two_samples_of_one_population_have_not_moved_however_small():
    chance = np.random.default_rng(0)
    moved = [drift_of(chance.normal(size=120), chance.normal(size=80), seed=turn).moved for turn in range(50)]
    assert sum(moved) <= 4


def test_a_shifted_population_has_moved():
    chance = np.random.default_rng(0)
    assert drift_of(chance.normal(size=800), chance.normal(0.5, 1, size=800)).moved


def test_figures_that_go_missing_are_noticed_and_those_that_always_were_are_not():
    values = np.arange(500.0)
    half = np.where(np.arange(500) % 2 == 0, values, np.nan)
    assert drift_of(values, half).missing_moved
    assert not drift_of(half, half).missing_moved


def test_probabilities_that_are_all_alike_promise_no_ranking():
    assert monitoring.expected_auc(np.full(50, 0.1)) == pytest.approx(0.5)
    assert monitoring.expected_auc(np.r_[np.full(90, 0.001), np.full(10, 0.9)]) > 0.9


def test_what_the_probabilities_promise_is_held_against_their_promise_of_the_models_own_day():
    calm = partial(report, [], ["roe", "revenue"])
    # Trained to .9: well-calibrated probabilities imply less, and that alone is no sign.
    assert calm(expected_auc=0.75, expected_auc_before=0.75).status == "no"
    assert calm(expected_auc=0.76).status == "no"
    fallen = calm(expected_auc=0.74)
    assert fallen.status == "look"
    assert "0.740" in fallen.causes[0].in_language("zh_CN")
    assert "0.800" in fallen.causes[0].in_language("en")
    # The near miss: with so few firms that chance falls as far.
    assert calm(expected_auc=0.74, expected_auc_line=0.07).status == "no"


def test_chance_falls_further_where_there_are_fewer_firms():
    probability = np.random.default_rng(0).beta(0.3, 20, 2_000)
    assert 0 < monitoring.chance_fall(probability, 2_000) < monitoring.chance_fall(probability, 100)


# Measures


def test_auc_counts_pairs_and_ties_half():
    assert auc(np.array([1, 0, 0, 1]), np.array([3.0, 1.0, 3.0, 2.0])) == pytest.approx((1.5 + 1) / 4)


def test_auc_within_dates_does_not_see_what_moved_all_firms():
    label = np.array([1, 0, 1, 0])
    assert auc_within(label, np.array([2.0, 1.0, 102.0, 101.0]), np.array([1, 1, 2, 2])) == 1.0


def test_precision_and_recall_among_the_first_share_tied_places():
    precision, recall = among_the_first(np.array([1, 1, 0, 0]), np.array([9.0, 5.0, 5.0, 1.0]), 2)
    assert precision == pytest.approx(0.75)
    assert recall == pytest.approx(0.75)


def test_average_precision_and_lift_by_hand():
    label, score = np.array([1, 0, 1] + [0] * 17), np.arange(20.0)[::-1]
    assert average_precision(label, score) == pytest.approx((1 + 2 / 3) / 2)
    # Of the two highest of twenty firms one had the event: a rate of 0.5, five times that of all.
    drawn = metrics_of_day(label.astype(float), score, np.ones((1, 20)))
    assert drawn["top_decile_lift"][0] == pytest.approx(0.5 / 0.1)


def test_metrics_under_weights_of_one_are_the_plain_metrics():
    chance = np.random.default_rng(2)
    label, score = (chance.random(300) < 0.1).astype(float), chance.integers(0, 40, 300).astype(float)
    drawn = metrics_of_day(label, score, np.ones((1, 300)))
    assert drawn["auc"][0] == pytest.approx(auc(label, score))
    assert drawn["average_precision"][0] == pytest.approx(average_precision(label, score))
    assert drawn["precision_50"][0] == pytest.approx(among_the_first(label, score, 50)[0])


def test_a_drawing_of_firms_is_the_panel_with_rows_repeated():
    label, score = np.array([1.0, 0.0, 0.0, 1.0]), np.array([3.0, 1.0, 2.0, 2.5])
    weight = np.array([[2.0, 1.0, 0.0, 3.0]])
    repeated = np.repeat(np.arange(4), weight[0].astype(int))
    assert metrics_of_day(label, score, weight)["auc"][0] == pytest.approx(auc(label[repeated], score[repeated]))


def test_drawings_are_of_whole_firms_and_start_with_the_firms_as_they_are():
    weights = firm_weights(np.array(["a", "b", "c"], dtype=object), 20, seed=0)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=0) == 3).all()


# Too few to be judged


@pytest.fixture
def two_firms_of_one_year(sqlite_engine):
    """Figures of 2023, known from 30 April 2024, of two firms; nobody listed."""
    rows = [panels._row(f"tiny:{place}", 2023, 3e7 * place, 0.05, 0.4) for place in (1, 2)]
    panels.store(sqlite_engine, "tiny", ["tiny:1", "tiny:2"], rows)
    return sqlite_engine


def _refusal(engine, day, within=12, cohorts=("tiny",), event="listed", known_by=date(2026, 11, 28)):
    with pytest.raises(CannotTrain) as refused:
        backtest.backtest(
            engine, [day], cohorts=list(cohorts), event=event, within_months=within, draws=2, known_by=known_by
        )
    assert "DataFrame" not in str(refused.value)
    return refused.value.message.in_language("en")


@pytest.mark.parametrize("day", [date(2024, 5, 1), date(2023, 5, 1), date(2010, 5, 1), date(1, 5, 1)])
def test_a_date_without_rows_of_an_earlier_date_is_refused_in_words_with_the_first_that_could_do(
    two_firms_of_one_year, day
):
    said = _refusal(two_firms_of_one_year, day)
    assert "no rows of an earlier date whose outcome was known" in said
    assert "from 2025-04-30 on" in said
    assert "from 2026-04-30 on" in _refusal(two_firms_of_one_year, day, within=24)


def test_rows_of_one_kind_alone_are_refused_with_their_count(two_firms_of_one_year):
    assert "only 0 of 2 rows have the event" in _refusal(two_firms_of_one_year, date(2025, 5, 1))


def test_a_cohort_that_is_not_stored_is_refused_and_those_that_are_are_named(two_firms_of_one_year):
    said = _refusal(two_firms_of_one_year, date(2024, 5, 1), cohorts=("tiny", "nobody"))
    assert "no firm of nobody is stored here" in said
    assert "tiny" in said
    with pytest.raises(CannotTrain, match="nobody"):
        train_model.train(two_firms_of_one_year, None, date(2024, 5, 1), cohorts=["nobody"], now=NOW)


def test_firms_without_figures_an_unknown_event_and_a_day_beyond_the_calendar_are_refused(two_firms_of_one_year):
    panels.store(two_firms_of_one_year, "bare", ["bare:1"], [])
    assert "no yearly figures" in _refusal(two_firms_of_one_year, date(2024, 5, 1), cohorts=("bare",))
    assert "flown is no stage event" in _refusal(two_firms_of_one_year, date(2024, 5, 1), event="flown")
    assert "9999-12-31" in _refusal(two_firms_of_one_year, date(9999, 5, 1), within=120)


def test_the_same_date_twice_is_judged_once(sqlite_engine):
    a_market(sqlite_engine)
    how = {"cohorts": ["neeq"], "within_months": 12, "draws": 2}
    once = backtest.backtest(sqlite_engine, DATES[:1], **how)
    twice = backtest.backtest(sqlite_engine, [DATES[0], DATES[0]], **how)
    pd.testing.assert_frame_equal(once.scores, twice.scores)


def test_a_backtest_says_which_baselines_are_ahead(sqlite_engine):
    a_market(sqlite_engine)
    report = backtest.backtest(sqlite_engine, DATES, cohorts=["neeq"], within_months=12, draws=20)
    ours = report.models["goldseed"].intervals["auc"].value
    ahead = {name for name, of in report.models.items() if of.intervals["auc"].value > ours}
    assert {one["baseline"] for one in report.as_json()["baselines_ahead"]} == ahead
    assert ("不如自己的基线" in str(report)) == bool(ahead)
    beaten = replace(report, models={**report.models, "goldseed": report.models["net_profit"]}, ours_minus={})
    aucs = {name: of.intervals["auc"].value for name, of in beaten.models.items()}
    assert {one.baseline for one in beaten.ahead} == {name for name in aucs if aucs[name] > aucs["goldseed"]}
