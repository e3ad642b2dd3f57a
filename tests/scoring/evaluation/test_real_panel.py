"""The real panel: what the model must reach out of time, and the whole way from files to scores.

Reads the real data beside the project; skipped where there are none.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from pipeline.intake.importing import ImportRequest, import_events, import_returns
from scoring import fit
from scoring.dataset.panel import Panels, useful_features
from scoring.dataset.snapshot import Snapshots
from scoring.evaluation import backtest
from scoring.features.listing_lines import lines_on
from scoring.registry import train_model
from scoring.scores import score_cohort
from scoring.statistics.metrics import auc
from tests.scoring.panels import NOW

pytestmark = pytest.mark.real_data
DATES = [date(year, 5, 1) for year in (2022, 2023, 2024, 2025)]


@pytest.fixture(scope="module")
def real_panel(real_data: Path, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The real firm-years and listings, through the real import."""
    import shutil

    from pipeline.store.database import engine_for

    file = tmp_path_factory.mktemp("real") / "goldseed.sqlite"
    shutil.copyfile(sqlite_template, file)
    engine = engine_for(f"sqlite:///{file}")
    import_returns(
        engine,
        ImportRequest.of(
            real_data / "neeq" / "returns.csv", "neeq", by="test", now=NOW, today=NOW.date(), cohort="neeq"
        ),
    )
    import_events(
        engine,
        ImportRequest.of(
            real_data / "neeq" / "listings.csv", "neeq-listings", by="test", now=NOW, today=NOW.date(), cohort="neeq"
        ),
    )
    return engine


def panels_of(engine: Engine) -> Panels:
    return Panels(Snapshots(engine, ["neeq"]), "listed", 12, lines_on(DATES[-1]))


@pytest.fixture(scope="module")
def evaluated(real_panel: Engine) -> backtest.Backtest:
    return backtest.backtest(real_panel, DATES, cohorts=["neeq"], within_months=12, draws=200)


@pytest.mark.parametrize(("measure", "least"), [("auc", 0.91), ("average_precision", 0.13)])
def test_out_of_time_the_model_beats_every_baseline_in_ranking_and_at_the_top(evaluated, measure, least):
    models = evaluated.as_json()["models"]
    ours = models["goldseed"][measure]["value"]
    assert ours >= least
    assert all(ours > models[name][measure]["value"] for name in models if name != "goldseed")


def test_at_the_default_horizon_of_24_months_too_it_beats_every_baseline(real_panel):
    report = backtest.backtest(real_panel, DATES[1:3], cohorts=["neeq"], within_months=24, draws=2)
    assert report.models["goldseed"].intervals["auc"].value >= 0.935
    assert report.models["goldseed"].intervals["average_precision"].value >= 0.12
    assert report.ahead == []


def test_it_is_not_too_good_to_be_true(evaluated):
    assert evaluated.models["goldseed"].intervals["auc"].value < backtest.SUSPICIOUS_AUC


def test_among_firms_that_meet_the_financial_rule_it_ranks_better_than_net_profit(evaluated):
    models = evaluated.as_json()["models"]
    assert models["goldseed"]["auc_among_rule"]["value"] > models["net_profit"]["auc_among_rule"]["value"]


def test_the_dates_have_the_listings_that_the_source_tells(evaluated):
    assert [day.positives for day in evaluated.days] == [24, 11, 3, 11]


def test_no_score_moves_with_a_shuffled_future(real_panel, evaluated, monkeypatch):
    """The scores of 2022 must not change when every later event is given to another firm."""
    real_events = Snapshots.events

    def shuffled(self: Snapshots, known_by: date = date(9999, 12, 31)) -> pd.DataFrame:
        events = real_events(self, known_by).copy()
        later = events["occurred_on"] > pd.Timestamp(DATES[0])
        events.loc[later, "firm_id"] = events.loc[later, "firm_id"].to_numpy()[::-1]
        return events

    monkeypatch.setattr(Snapshots, "events", shuffled)
    again = backtest.scores_on(panels_of(real_panel), DATES[0], seed=0)
    rows = evaluated.scores[evaluated.scores["as_of"] == DATES[0].isoformat()]
    ours = [scores[scores["model"] == "goldseed"].set_index("firm_id")["probability"] for scores in (rows, again)]
    pd.testing.assert_series_equal(*ours)


def test_a_model_of_random_labels_finds_nothing(real_panel):
    """A permuted label must not be learnable: if it is, something knows the answer."""
    panels = panels_of(real_panel)
    training_panel = panels.training(DATES[-1])
    outcomes = panels.evaluated(DATES[-1])
    names = useful_features(training_panel)
    chance = np.random.default_rng(0)
    areas = []
    for turn in range(3):
        mixed = pd.Series(chance.permutation(training_panel.label.to_numpy()))
        model = fit(
            training_panel.features[names], mixed, training_panel.when, training_panel.firm, seed=turn, ranks=True
        )
        areas.append(auc(outcomes.label.to_numpy(), model.score(outcomes.features[model.features]).points.to_numpy()))
    assert 0.2 < np.mean(areas) < 0.8


def test_from_files_to_scores_every_row_adds_up(real_panel, tmp_path):
    day = date(2023, 5, 1)
    train_model.train(real_panel, tmp_path, day, cohorts=["neeq"], within_months=24, now=NOW)
    table = score_cohort.score_cohort(real_panel, tmp_path, day, cohort="neeq", now=NOW)
    reasons = table.filter(like="reason_")
    assert reasons.shape[1] >= 10
    assert np.abs(table["base_points"] + reasons.sum(axis=1) - table["points"]).max() < 1e-6
    assert not table["probability"].isna().any()
