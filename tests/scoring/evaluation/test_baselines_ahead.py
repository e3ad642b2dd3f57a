"""A model that its own baselines beat says so: in the words of training, in its card, in the store, at promotion."""

import copy
import json
from datetime import date, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.language import CHINESE, ENGLISH
from pipeline.store.tables import AuditEntry, Model
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.evaluation.baselines_ahead import baselines_ahead, warning
from scoring.features.listing_lines import lines_on
from scoring.registry import model_card, registry, train_model
from scoring.training.fitting import held_out_baselines
from tests.scoring.panels import NOW, a_market

LATER = {
    "models": {"goldseed": {"auc": {"value": 0.896}}, "points_rule": {"auc": {"value": 0.919}}},
    "ours_minus": {"points_rule": {"auc": {"value": -0.023, "low": -0.041, "high": -0.005}}},
}


def _measures(lead: float, low: float, high: float) -> dict[str, object]:
    measures = copy.deepcopy(LATER)
    measures["models"]["points_rule"]["auc"]["value"] = 0.896 + lead
    measures["ours_minus"]["points_rule"]["auc"] = {"value": -lead, "low": -high, "high": -low}
    return measures


def test_a_baseline_with_a_higher_auc_is_ahead_and_told_with_its_lead_and_interval():
    (ahead,) = baselines_ahead(LATER)
    assert (ahead.baseline, ahead.out_of_time) == ("points_rule", True)
    assert (round(ahead.lead, 3), ahead.low, ahead.high) == (0.023, 0.005, 0.041)
    told = warning(LATER)
    assert "points rule 0.919 (ahead by 0.023 [0.005, 0.041])" in told.in_language(ENGLISH)
    assert "0.896" in told.in_language(CHINESE)


@pytest.mark.parametrize("lead", [0.0, -0.01])
def test_a_baseline_that_is_level_or_behind_is_not_ahead(lead):
    measures = _measures(lead, -0.02, 0.01)
    assert baselines_ahead(measures) == []
    assert warning(measures) is None


def test_a_lead_whose_interval_reaches_nought_is_told_as_within_chance():
    assert "within chance" in warning(_measures(0.004, -0.01, 0.02)).in_language(ENGLISH)
    assert "within chance" not in warning(_measures(0.03, 0.001, 0.06)).in_language(ENGLISH)


def test_without_later_days_the_firms_held_out_decide_and_without_measures_nothing_is_said():
    inner = {"inner_validation": {"inner_auc": 0.80, "baselines": {"net_profit": 0.82, "logistic": None}}}
    (ahead,) = baselines_ahead(inner)
    assert (ahead.baseline, ahead.low, ahead.out_of_time) == ("net_profit", None, False)
    assert "held out" in warning(inner).in_language(ENGLISH)
    assert baselines_ahead({}) == []
    assert baselines_ahead({"inner_validation": {"inner_auc": 0.8}}) == []


def test_a_model_without_later_days_is_measured_beside_its_baselines_on_the_same_firms_held_out(
    sqlite_engine, tmp_path
):
    a_market(sqlite_engine)
    day = date(2021, 5, 1)
    trained = train_model.train(sqlite_engine, tmp_path, day, cohorts=["neeq"], within_months=24, now=NOW)
    assert "models" not in trained.measures
    inner = trained.measures["inner_validation"]
    assert set(inner["baselines"]) == {"net_profit", "points_rule", "logistic", "lightgbm_default"}
    panels = Panels(Snapshots(sqlite_engine, ["neeq"]), "listed", 24, lines_on(day))
    assert held_out_baselines(panels, panels.training(day), 0) == inner["baselines"]
    beaten = {name for name, auc in inner["baselines"].items() if auc > inner["inner_auc"]}
    assert {ahead["baseline"] for ahead in trained.as_json()["baselines_ahead"]} == beaten
    assert any("held out" in text or "留出" in text for text in trained.warnings) == bool(beaten)
    card = (trained.folder / "card.en.md").read_text("utf-8")
    assert f"| points rule | {inner['baselines']['points_rule']:.3f} |" in card


def test_a_beaten_model_says_so_in_its_card_in_the_store_and_at_its_promotion(sqlite_engine, tmp_path):
    a_market(sqlite_engine)
    made = {
        name: train_model.train(
            sqlite_engine, tmp_path, date(2024, 5, 1), cohorts=["neeq"], within_months=12, now=NOW, name=name, seed=seed
        )
        for name, seed in (("beaten", 0), ("sound", 1))
    }
    measures = {name: copy.deepcopy(one.measures) for name, one in made.items()}
    for name, points in (("beaten", 0.99), ("sound", 0.40)):
        for baseline in ("net_profit", "points_rule", "logistic", "lightgbm_default"):
            measures[name]["models"][baseline]["auc"]["value"] = 0.40
        measures[name]["models"]["points_rule"]["auc"]["value"] = points
    with Session(sqlite_engine) as session, session.begin():
        for name, of in measures.items():
            session.execute(update(Model).where(Model.id == name).values(measures=of))
    listed = {model.id: model for model in registry.list_models(sqlite_engine)}
    assert [ahead["baseline"] for ahead in listed["beaten"].as_json()["baselines_ahead"]] == ["points_rule"]
    assert listed["sound"].as_json()["baselines_ahead"] == []
    cards = {name: model_card.card(name, made[name].model, measures[name], CHINESE) for name in made}
    assert "排序不如自己的基线" in cards["beaten"]
    assert "排序不如自己的基线" not in cards["sound"]
    first = registry.promote(sqlite_engine, "beaten", why="只有这一个", by="李", now=datetime(2026, 11, 23))
    assert "points rule 0.990" in first.warning.in_language(ENGLISH)
    second = registry.promote(sqlite_engine, "sound", why="更好", by="李", approved_by="王", now=datetime(2026, 11, 24))
    assert second.warning is None
    with Session(sqlite_engine) as session:
        promoted = select(AuditEntry).where(AuditEntry.action != "train_model").order_by(AuditEntry.id)
        details = [line.details for line in session.scalars(promoted)]
    assert [line.get("baselines_ahead") for line in details[-2:]] == [["points_rule"], None]
    json.dumps(listed["beaten"].as_json(), allow_nan=False)
