"""From a database of firms to stored scores: training, scoring, explaining, and what later knowledge may change."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.errors import NotFound
from pipeline.store.tables import Model, Score, ScoreRun
from scoring.engine.additivity import check_they_add_up
from scoring.errors import CannotTrain, NotScored, ReasonsDoNotAddUp
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.explain.score_changes import change_since
from scoring.registry import registry, train_model
from scoring.scores import compare_models, score_cohort
from scoring.scores.stored_scores import stored_reasons
from tests.scoring.conftest import copied, filled
from tests.scoring.panels import NOW, a_market, explained, store

DAY = date(2023, 5, 1)


def trained(engine: Engine, folder: Path, day: date = DAY, **more: object) -> train_model.Trained:
    more = {"cohorts": ["neeq"], "within_months": 12, "now": NOW, "measured": False, **more}
    return train_model.train(engine, folder, day, **more)  # type: ignore[arg-type]


@pytest.fixture
def market(tmp_path: Path, market_template: Path) -> Iterator[tuple[Engine, Path]]:
    """A database of 130 firms over seven years, and a folder for models."""
    engine = copied(market_template, tmp_path)
    yield engine, tmp_path / "models"
    engine.dispose()


@pytest.fixture
def learned(tmp_path: Path, trained_template: Path) -> Iterator[tuple[Engine, Path, str]]:
    """The same with the model that `trained` makes of it on DAY, and its name."""
    engine = copied(trained_template, tmp_path)
    (folder,) = (tmp_path / "models").iterdir()
    yield engine, tmp_path / "models", folder.name
    engine.dispose()


def test_every_stored_score_adds_up_and_is_what_was_written(db_url, tmp_path, trained_template):
    engine = filled(trained_template, db_url)
    models = Path(shutil.copytree(trained_template / "models", tmp_path / "models"))
    table = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    reasons = table.filter(like="reason_").sum(axis=1)
    assert np.abs(table["base_points"] + reasons - table["points"]).max() < 1e-6
    with Session(engine) as session:
        stored = session.scalars(select(Score).order_by(Score.firm_id)).all()
        run = session.scalars(select(ScoreRun)).one()
        why = {score.firm_id: stored_reasons(session, run, score.firm_id) for score in stored[:20]}
    assert len(stored) == len(table)
    by_firm = table.set_index("firm_id")
    for score in stored[:20]:
        reasons = why[score.firm_id]
        assert reasons is not None
        assert {f"reason_{name}": points for name, points in reasons.points.items()} == dict(
            by_firm.loc[score.firm_id].filter(like="reason_")
        )
        assert run.base_points + sum(reasons.points.values()) == pytest.approx(score.points, abs=1e-6)
        assert score.points == pytest.approx(by_firm.at[score.firm_id, "points"], abs=1e-9)
    engine.dispose()


def test_scoring_again_stores_nothing_new(learned):
    engine, models, _name = learned
    first = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    again = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    pd.testing.assert_frame_equal(first, again)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(ScoreRun)) == 1


def test_a_firm_explained_alone_has_the_points_it_got_among_all(learned):
    engine, models, _name = learned
    for day in (DAY, date(2024, 5, 1)):  # the model's own day, and a later one with ranks of its own
        table = score_cohort.score_cohort(engine, models, day, cohort="neeq", now=NOW).set_index("firm_id")
        for firm in table.index[[0, 40, -1]]:
            explanation = explained(engine, models, firm, day, suggestions=False)
            assert explanation["points"] == pytest.approx(table.at[firm, "points"], abs=1e-9)
            assert explanation["stored"]
            assert explanation["base_points"] + sum(
                reason["points"] for reason in explanation["reasons"]
            ) == pytest.approx(explanation["points"], abs=1e-6)
            assert sum(group["points"] for group in explanation["groups"]) == pytest.approx(
                sum(reason["points"] for reason in explanation["reasons"])
            )


def test_what_would_raise_a_score_starts_from_the_score_that_is_shown(learned):
    engine, models, _name = learned
    firms = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)["firm_id"]
    explanations = [explained(engine, models, firm, DAY) for firm in firms[20:80:20]]
    suggestions = [(firm["points"], suggestion) for firm in explanations for suggestion in firm["what_would_raise"]]
    assert suggestions
    for points, suggestion in suggestions:
        assert suggestion["points_now"] == pytest.approx(points, abs=1e-9)
        assert suggestion["points_then"] - suggestion["points_now"] == pytest.approx(suggestion["gain"])


def test_what_comes_to_light_later_changes_no_earlier_score(sqlite_engine, tmp_path):
    engine = sqlite_engine
    firms = a_market(engine, years=range(2018, 2023))
    trained(engine, tmp_path / "before", name="model")
    before = score_cohort.score_cohort(engine, tmp_path / "before", DAY, cohort="neeq", now=NOW)
    text = (tmp_path / "before" / "model" / "model.txt").read_bytes()
    future = [
        {
            "firm_id": firm,
            "year": 2023,
            "months": 12,
            "known_on": date(2024, 4, 30),
            "sheet_row": 2,
            "revenue_cny": 9e9,
            "net_profit_cny": 9e8,
        }
        for firm in firms
    ]
    corrected = [{**row, "year": 2022, "known_on": date(2023, 5, 2)} for row in future]
    news = [
        {
            "firm_id": firm,
            "kind": "listed",
            "board": "bse",
            "occurred_on": date(2023, 6, 1),
            "known_on": date(2023, 6, 1),
        }
        for firm in firms[:20]
    ]
    store(engine, "neeq", firms, future, news)
    store(engine, "neeq", firms, corrected)
    store(engine, "neeq", ["neeq:999999"], [{**future[0], "firm_id": "neeq:999999"}])
    trained(engine, tmp_path / "after", name="model")
    after = score_cohort.score_cohort(engine, tmp_path / "after", DAY, cohort="neeq", now=NOW)
    assert (tmp_path / "after" / "model" / "model.txt").read_bytes() == text
    pd.testing.assert_frame_equal(before, after)


def test_the_same_data_leave_the_same_folder_byte_for_byte(learned):
    engine, models, name = learned
    first, again = models / name, trained(engine, models / "again")
    assert again.id == name
    files = sorted(file.name for file in first.iterdir())
    assert {"model.txt", "features.json", "calibration.json", "measures.json", "card.md"} <= set(files)
    for name in files:
        assert (first / name).read_bytes() == (again.folder / name).read_bytes(), name


def test_a_measured_model_keeps_the_scores_that_it_was_judged_by(market):
    engine, models = market
    measured = trained(engine, models, date(2024, 5, 1), measured=True)
    scores = pd.read_csv(measured.folder / train_model.BACKTEST_FILE)
    assert list(scores.columns) == ["firm_id", "as_of", "model", "probability", "label"]
    days = measured.measures["dates"]
    ours = scores[scores["model"] == "goldseed"].groupby("as_of")
    assert ours.size().to_dict() == {day["as_of"]: day["firms"] for day in days}
    assert ours["label"].sum().to_dict() == {day["as_of"]: day["positives"] for day in days}
    assert ours["probability"].sum().to_dict() == pytest.approx(
        {day["as_of"]: day["expected"] for day in days}, rel=1e-4
    )
    assert set(scores["model"]) == set(measured.measures["models"])
    again = trained(engine, models / "again", date(2024, 5, 1), measured=True)
    assert (again.folder / train_model.BACKTEST_FILE).read_bytes() == (
        measured.folder / train_model.BACKTEST_FILE
    ).read_bytes()


def test_a_model_that_was_not_measured_keeps_none(learned):
    _engine, models, name = learned
    assert (models / name / "model.txt").exists()
    assert not (models / name / train_model.BACKTEST_FILE).exists()


def test_a_model_never_has_the_firms_name_district_or_code_among_its_features(learned):
    _engine, models, name = learned
    listed = json.loads((models / name / "features.json").read_text("utf-8"))
    assert not {"name", "district_code", "firm_id"} & {feature["name"] for feature in listed["features"]}


def test_a_city_can_be_scored_by_the_model_of_another_cohort_and_is_told_whose_ranks_are_used(learned):
    engine, models, _name = learned
    city = a_market(engine, firms=30, seed=5, cohort="city")
    table = score_cohort.score_cohort(engine, models, DAY, cohort="city", now=NOW)
    assert set(table["firm_id"]) <= set(city)
    alone = explained(engine, models, table["firm_id"].iloc[3], DAY)
    assert alone["points"] == pytest.approx(table["points"].iloc[3], abs=1e-9)
    assert alone["reference"].startswith("neeq ")
    assert alone["warnings"]["en"]


def test_the_expected_number_of_listings_moves_the_probability_and_not_the_points(learned):
    engine, models, _name = learned
    usual = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    many = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW, expected_events=30)
    assert many["probability"].sum() == pytest.approx(30, abs=1e-6)
    pd.testing.assert_series_equal(usual["points"], many["points"])


def test_a_model_of_a_later_day_is_not_taken_unless_it_is_named(market):
    engine, models = market
    later = trained(engine, models, date(2024, 5, 1))
    with pytest.raises(NotFound):
        score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    named = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW, model_id=later.id)
    assert (named["model"] == later.id).all()


@pytest.mark.parametrize(("day", "old"), [(date(2024, 11, 1), False), (date(2024, 12, 1), True)])
def test_a_model_older_than_eighteen_months_scores_with_a_warning(learned, day, old):
    engine, models, _name = learned
    table = score_cohort.score_cohort(engine, models, day, cohort="neeq", now=NOW)
    assert bool(table.attrs["warnings"]) is old


def test_a_day_without_figures_says_so(learned):
    engine, models, _name = learned
    with pytest.raises(NotScored):
        score_cohort.score_cohort(engine, models, date(2030, 5, 1), cohort="neeq", now=NOW)


def test_training_before_there_are_outcomes_is_refused_with_the_reason(market):
    engine, models = market
    with pytest.raises(CannotTrain):
        trained(engine, models, date(2018, 5, 1))


def test_a_year_on_year_change_is_split_exactly(learned):
    engine, models, _name = learned
    trained(engine, models, date(2024, 5, 1))
    table = score_cohort.score_cohort(engine, models, date(2024, 5, 1), cohort="neeq", now=NOW)
    change = change_since(
        models, *(firm_snapshot(engine, table["firm_id"].iloc[0], day) for day in (DAY, date(2024, 5, 1)))
    )
    assert change.new_data + change.moved_field + change.rules + change.new_model == pytest.approx(
        change.total, abs=1e-9
    )
    assert sum(move.points for move in change.moves) == pytest.approx(change.new_data, abs=1e-6)


def test_scores_that_do_not_add_up_are_refused():
    check_they_add_up(np.array([52.0]), 50.0, np.array([[1.5, 0.5]]))
    with pytest.raises(ReasonsDoNotAddUp):
        check_they_add_up(np.array([52.0]), 50.0, np.array([[1.5, 0.5 + 2e-6]]))
    with pytest.raises(ReasonsDoNotAddUp):
        check_they_add_up(np.array([52.0]), 50.0, np.array([[np.nan, 0.5]]))


def test_a_cancelled_training_leaves_nothing_behind(market):
    engine, models = market

    class CancelledError(Exception):
        pass

    def cancel_near_the_end(share: float, _next: object) -> None:
        if share > 0.9:
            raise CancelledError

    with pytest.raises(CancelledError):
        trained(engine, models, progress=cancel_near_the_end)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Model)) == 0
    assert not models.exists() or not list(models.iterdir())


# The store


def test_the_first_champion_needs_a_reason_and_every_later_one_a_second_person(learned):
    engine, models, first = learned
    second = trained(engine, models, date(2024, 5, 1)).id
    with pytest.raises(registry.NotPromoted):
        registry.promote(engine, first, why="  ", by="Li Lei", now=NOW)
    registry.promote(engine, first, why="the first one", by="Li Lei", now=NOW)
    assert registry.champion(engine) == first
    with pytest.raises(registry.NotPromoted):
        registry.promote(engine, second, why="a year more", by="Li Lei", now=NOW)
    with pytest.raises(registry.NotPromoted):
        registry.promote(engine, second, why="a year more", by="Li Lei", approved_by="Li Lei", now=NOW)
    registry.promote(engine, second, why="a year more", by="Li Lei", approved_by="Han Mei", now=NOW)
    assert registry.champion(engine) == second
    with pytest.raises(registry.NotPromoted, match="在用"):
        registry.promote(engine, second, why="once more", by="Li Lei", approved_by="Han Mei", now=NOW)
    assert len(registry.history(engine)) == 2


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_going_back_to_an_earlier_champion_is_kept_like_any_other_decision(sqlite_engine, names):
    about = {"trained_at": NOW, "as_of": DAY, "cohorts": ["neeq"], "event": "listed", "within_months": 12}
    with Session(sqlite_engine) as session, session.begin():
        session.add_all(Model(id=name, fingerprint=name, measures={}, **about) for name in names)
    first, second = names
    for model in (first, second, first):
        registry.promote(sqlite_engine, model, why="tried", by="Li Lei", approved_by="Han Mei", now=NOW)
    assert registry.champion(sqlite_engine) == first
    assert [decision.action for decision in registry.history(sqlite_engine)] == ["roll_back", "promote", "promote"]


@pytest.mark.parametrize("name", ["../elsewhere", "", ".hidden", "a/b"])
def test_a_name_that_leads_out_of_the_store_is_refused_before_anything_is_read(market, name):
    engine, models = market
    with pytest.raises(train_model.NoName):
        trained(engine, models, name=name)
    assert not (models.parent / "elsewhere").exists()


def test_a_name_that_another_model_bears_is_refused(learned):
    engine, models, name = learned
    trained(engine, models, name=name)
    with pytest.raises(train_model.NameTaken):
        trained(engine, models, date(2024, 5, 1), name=name)


def test_two_models_are_compared_on_the_same_rows_with_the_firms_that_moved(learned):
    engine, models, first = learned
    second = trained(engine, models, seed=1)
    comparison = compare_models.compare(engine, models, first, second.id, as_of=date(2026, 1, 1), cohort="neeq")
    assert comparison.evaluated
    assert comparison.auc.difference.value == pytest.approx(
        comparison.auc.model.value - comparison.auc.other.value, abs=1e-4
    )
    assert comparison.moved[0].because
    json.dumps(comparison.as_json(), allow_nan=False)
