"""One firm explained: the first visitor waits for nothing that could be computed before, nor for other firms."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard import serving
from pipeline.rules.explanation import condition_table
from pipeline.rules.reports import check
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from scoring.explain import explanation
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.explain.full_explanation import explained_firm, full_explanation_of
from tests.cast import LOTUS
from tests.dashboard import city, stored_model
from tests.dashboard.conftest import Visitor, body_of


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """The database of the small city, with a model beside it."""
    engine = engine_for(settings.db_url)
    stored_model.put(engine, settings.models)
    return engine


@pytest.mark.usefixtures("engine")
def test_a_board_that_starts_lays_down_what_the_first_firm_explained_needs(officer: Visitor, settings: Settings):
    assert not list(settings.models.glob("*/reach/*.npy"))
    serving._warm_up(officer.app.server)
    assert len(list(settings.models.glob("*/reach/*.npy"))) == 1


def test_a_board_without_a_model_starts_all_the_same(officer: Visitor):
    serving._warm_up(officer.app.server)
    assert officer.show(f"/firm/{LOTUS}").status_code == 200


@pytest.mark.usefixtures("engine")
def test_the_reasons_beside_the_peers_wait_for_no_suggestions(officer: Visitor, monkeypatch: pytest.MonkeyPatch):
    def never(*_asked: Any) -> None:
        raise AssertionError("nobody has asked what would raise the score")

    monkeypatch.setattr(explanation, "recourse_of", never)
    told = officer.call(body_of(officer.app, "firm-words.children", {"firm-scored.data": LOTUS}))
    assert told.status_code == 200
    assert "中位数" in told.text


def test_the_verdicts_of_an_explanation_are_those_of_the_rules_checked_alone(engine: Engine, settings: Settings):
    told = explained_firm(engine, settings.models, LOTUS, city.SCORED_ON)
    alone = condition_table.of_firm(check.check(engine, city.SCORED_ON, firms=[LOTUS]), LOTUS)
    parts = ["standard", "structural", "precondition", "positioning", "nearest"]
    rows = {board: row[parts].to_dict() for board, row in alone.boards.iterrows()}
    boards = told.as_json()["boards"]
    assert {board["board"]: {part: board[part] for part in parts} for board in boards} == rows
    assert [board["board"] for board in boards if board["best"]] == ([] if alone.best is None else [alone.best])
    for board in boards:
        assert [gap["en"] for gap in board["gaps"]] == [gap.in_language("en") for gap in alone.gaps[board["board"]]]


def test_a_firm_read_once_is_explained_as_one_that_is_read_for_it(engine: Engine, settings: Settings):
    day = date(2026, 6, 1)
    firm = firm_snapshot(engine, LOTUS, day)
    first = explained_firm(engine, settings.models, LOTUS, day)
    assert full_explanation_of(settings.models, firm) == first
