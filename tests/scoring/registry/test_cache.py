"""Results over all firms are cached for explanations of one: the same to the last digit, and never stale."""

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update
from sqlalchemy.orm import Session

from pipeline.facts import public_on
from pipeline.store.tables import Event, Import, Return
from scoring.dataset.snapshot import DaySnapshot, Snapshots
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.explain.score_changes import change_since
from scoring.registry import cache, registry
from scoring.registry.registry import StoredModel
from scoring.scores import day_model, score_cohort
from tests.scoring import panels
from tests.scoring.conftest import MODEL_DAY, SCORED_ON, copied, put_down
from tests.scoring.panels import NOW, store

#: The model's own day; on the next no firm has been scored, so its ranks come from all firms.
DAY = SCORED_ON
FIRM = "neeq:100020"

Explained = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, trained_template: Path) -> tuple[Path, dict[str, Any]]:
    """A market whose firm was explained on DAY: the folder, with what was kept, and what was told."""
    folder = tmp_path_factory.mktemp("asked")
    engine = copied(trained_template, folder)
    told = panels.explained(engine, folder / "models", FIRM, DAY)
    put_down(engine)
    return folder, told


@pytest.fixture
def before(asked: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    """What was told of the firm before the test began, and is kept."""
    return deepcopy(asked[1])


@pytest.fixture
def sqlite_engine(request: pytest.FixtureRequest, tmp_path: Path, trained_template: Path) -> Iterator[Engine]:
    """The market with its model; with what is kept where a test asks for what was told before."""
    kept = "before" in request.fixturenames
    engine = copied(request.getfixturevalue("asked")[0] if kept else trained_template, tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def models(sqlite_engine: Engine, tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def explained(sqlite_engine: Engine, models: Path) -> Explained:
    """The firm explained on DAY, from the cache or, where it is stale, from all firms."""
    return lambda: panels.explained(sqlite_engine, models, FIRM, DAY)


@pytest.fixture
def anew(sqlite_engine: Engine, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """The same with a model without any cache."""

    def explained_anew() -> dict[str, Any]:
        bare = tmp_path_factory.mktemp("bare")
        shutil.copytree(models, bare, dirs_exist_ok=True, ignore=shutil.ignore_patterns("ranks", "reach"))
        return panels.explained(sqlite_engine, bare, FIRM, DAY)

    return explained_anew


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days of which all firms were read."""
    days: list[date] = []
    read = Snapshots._read

    def counted(snapshots: Snapshots, day: date) -> DaySnapshot:
        days.append(day)
        return read(snapshots, day)

    monkeypatch.setattr(Snapshots, "_read", counted)
    return days


def test_the_second_who_asks_is_told_the_same_and_nobody_elses_figures_are_read(explained, anew, asked, readings):
    first = explained()
    assert first["what_would_raise"]
    assert readings == [DAY]  # once, for ranks and bounds alike
    assert explained() == first
    assert readings == [DAY]
    assert anew() == first == asked[1]


def test_after_a_scoring_run_the_first_explanation_reads_one_firm(sqlite_engine, models, explained, readings):
    score_cohort.score_cohort(sqlite_engine, models, DAY, cohort="neeq", now=NOW)
    readings.clear()
    explanation = explained()
    assert explanation["stored"]
    assert readings == []
    shutil.rmtree(models / explanation["model"] / "reach")
    assert explained() == explanation
    assert readings == [DAY]


def test_a_day_without_scores_takes_the_ranks_of_the_last_ones_and_nobody_elses_figures_are_read(
    sqlite_engine, models, readings
):
    score_cohort.score_cohort(sqlite_engine, models, DAY, cohort="neeq", now=NOW)
    readings.clear()
    of_scores, before, later = (
        panels.explained(sqlite_engine, models, FIRM, day) for day in (DAY, date(2024, 4, 30), date(2024, 8, 1))
    )
    assert later["reference"] == of_scores["reference"] != before["reference"]
    assert readings == [date(2024, 4, 30)]
    assert not later["stored"]
    assert [warning for warning in later["warnings"]["en"] if "2024-08-01" in warning and "2024-05-01" in warning]
    assert "2024-05-01" not in str([of_scores["warnings"], before["warnings"]])
    assert later["what_would_raise"]


def test_beside_stored_scores_an_import_makes_nobody_read_all_firms(sqlite_engine, models, explained, readings):
    score_cohort.score_cohort(sqlite_engine, models, DAY, cohort="neeq", now=NOW)
    before = panels.explained(sqlite_engine, models, FIRM, DAY, suggestions=False)
    another_return(sqlite_engine, public_on(2023))
    readings.clear()
    after = explained()
    assert readings == []
    assert after["reference"] == before["reference"]


def test_why_a_score_moved_is_the_same_from_what_is_kept(sqlite_engine, models, readings):
    then, now = (firm_snapshot(sqlite_engine, FIRM, day) for day in (MODEL_DAY, DAY))
    first = change_since(models, then, now)
    assert readings
    readings.clear()
    assert change_since(models, then, now) == first
    assert readings == []


def another_return(engine: Engine, known_on: date) -> None:
    """Every fourth firm states ten times the revenue for 2023, known on a day."""
    rows = [
        {
            "firm_id": f"neeq:{100000 + place}",
            "year": 2023,
            "months": 12,
            "known_on": known_on,
            "sheet_row": 2,
            "revenue_cny": 9e9 + place,
            "net_profit_cny": 9e8,
        }
        for place in range(1, 130, 4)
    ]
    store(engine, "neeq", [], rows)


def test_a_new_import_is_seen_at_once(sqlite_engine, before, explained, anew):
    another_return(sqlite_engine, public_on(2023))
    after = explained()
    assert after == anew()
    assert after["points"] != before["points"]  # others grew: the firm's ranks fell


def test_an_import_of_what_became_known_later_changes_nothing(sqlite_engine, before, explained, anew):
    another_return(sqlite_engine, date(2024, 5, 2))
    assert explained() == before == anew()


def test_an_import_taken_back_counts_no_longer(sqlite_engine, before, explained, anew):
    another_return(sqlite_engine, public_on(2023))
    assert explained() != before
    with Session(sqlite_engine) as session, session.begin():
        session.execute(update(Return).where(Return.import_id == 2).values(in_force=False))
        session.execute(update(Import).where(Import.id == 2).values(state="undone"))
    assert explained() == before == anew()


def test_firms_that_an_officer_enters_as_listed_leave_the_ranks(sqlite_engine, before, explained, anew):
    listed = [
        {"firm_id": f"neeq:{100000 + place}", "kind": "listed", "occurred_on": DAY, "known_on": DAY}
        for place in range(50, 70)
    ]
    with Session(sqlite_engine) as session, session.begin():
        session.execute(insert(Event), listed)
    after = explained()
    assert after == anew()
    assert after["reference_firms"] < before["reference_firms"]


def test_another_way_of_reading_facts_forgets_what_was_kept(before, explained, readings, monkeypatch):
    assert explained() == before
    assert readings == []
    monkeypatch.setattr(cache, "_reading", lambda: "other code")
    explained()
    assert readings == [DAY]


def test_ranks_kept_by_another_model_of_the_same_name_are_not_taken(sqlite_engine, models, readings):
    stored = registry.model_for(sqlite_engine, models, DAY, "neeq")

    def of_day(asked: StoredModel) -> float:
        snapshots = Snapshots(sqlite_engine, ["neeq"]).versioned(stored.event)
        return day_model.model_of_day(models, asked, snapshots, DAY).intercept_offset

    first = of_day(stored)
    moved = replace(stored.model.calibration, slope=stored.model.calibration.slope * 2)
    other = replace(stored, model=replace(stored.model, calibration=moved))
    readings.clear()
    assert of_day(stored) == first
    assert readings == []
    assert of_day(other) != first
    assert readings == [DAY]


def test_what_came_in_while_all_firms_were_read_is_not_taken_for_known(sqlite_engine, models, explained, anew):
    stored = registry.model_for(sqlite_engine, models, DAY, "neeq")
    before = Snapshots(sqlite_engine, ["neeq"]).versioned(stored.event)
    another_return(sqlite_engine, public_on(2023))
    day_model.model_of_day(models, stored, before, DAY)  # reads the new figures, under the version of before them
    assert explained() == anew()


def test_where_nothing_can_be_kept_the_answer_is_the_same(models, explained, asked):
    (folder,) = models.iterdir()
    (folder / "reach").write_text("a file where a folder should be", "utf-8")
    assert explained() == asked[1] == explained()


def test_a_file_cut_short_is_worked_out_anew(models, before, explained):
    (file,) = models.glob("*/reach/*.npy")
    file.write_bytes(file.read_bytes()[:300])
    (noted,) = models.glob("*/ranks/latest-*.json")
    noted.write_text('{"key": ', "utf-8")
    assert explained() == before
    assert len(file.read_bytes()) > 300
