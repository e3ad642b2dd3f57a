"""The expected number of events: it moves every probability and no point, and the trail says who set it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.errors import NotAllowed
from pipeline.store.tables import AuditEntry, Score, ScoreRun
from scoring.scores import expected_events, score_cohort
from scoring.scores.expected_events import ImpossibleExpectation, chances_at
from tests.scoring.conftest import SCORED_ON as DAY
from tests.scoring.conftest import filled
from tests.scoring.panels import NOW

ON_SQLITE_ALONE = True
ANALYST = Person(7, "分析员", Role.ANALYST)


@pytest.fixture
def models(tmp_path: Path, scored_template: Path) -> Path:
    return Path(shutil.copytree(scored_template / "models", tmp_path / "models"))


@pytest.fixture
def scored(db_url: str, scored_template: Path) -> Iterator[tuple[Engine, int]]:
    engine = filled(scored_template, db_url)
    with Session(engine) as session:
        yield engine, session.scalars(select(ScoreRun.id)).one()
    engine.dispose()


def rows(engine: Engine) -> list[tuple[object, ...]]:
    with Session(engine) as session:
        statement = select(Score.firm_id, Score.points, Score.low_points, Score.high_points).order_by(Score.firm_id)
        return [tuple(row) for row in session.execute(statement)]


def chances(engine: Engine) -> np.ndarray:
    with Session(engine) as session:
        return np.array(session.scalars(select(Score.probability).order_by(Score.firm_id)).all())


def test_firms_with_the_same_points_share_what_is_expected():
    assert chances_at(np.full(4, 61.0), 1.0) == pytest.approx([0.25] * 4)


def test_five_points_more_stay_twice_the_odds_whatever_is_expected():
    for events in (0.2, 1.0, 1.7):
        low, high = chances_at(np.array([50.0, 55.0]), events)
        assert low + high == pytest.approx(events)
        assert high / (1 - high) == pytest.approx(2 * low / (1 - low))


@pytest.mark.both_databases
def test_setting_the_expected_number_moves_every_probability_and_no_point(scored):
    engine, run = scored
    points, before = rows(engine), chances(engine)
    was = expected_events.set_expected(engine, run, 2 * before.sum(), why="注册制改革", by=ANALYST, now=NOW)
    assert was == pytest.approx(before.sum())
    assert rows(engine) == points
    assert chances(engine).sum() == pytest.approx(2 * before.sum())
    assert (chances(engine) > before).all()


def test_setting_it_back_brings_the_probabilities_that_the_scoring_stored(scored, models):
    engine, run = scored
    before = chances(engine)
    expected_events.set_expected(engine, run, 9, why="政策放宽", by=ANALYST, now=NOW)
    level = expected_events.level_of(engine, models, "neeq")
    assert (level.expected, level.set_by, level.why) == (9, "分析员", "政策放宽")
    assert level.usual == pytest.approx(before.sum())
    expected_events.set_expected(engine, run, level.usual, why="恢复", by=ANALYST, now=NOW)
    assert chances(engine) == pytest.approx(before, abs=1e-9)


def test_nobody_is_named_before_somebody_sets_it(scored, models):
    level = expected_events.level_of(scored[0], models, "neeq")
    assert level.set_by is None
    assert level.expected == pytest.approx(level.usual)


@pytest.mark.both_databases
def test_scoring_the_same_facts_again_keeps_what_a_person_set(scored, models):
    engine, run = scored
    points = rows(engine)
    expected_events.set_expected(engine, run, 9, why="政策放宽", by=ANALYST, now=NOW)
    table = score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW)
    assert table["probability"].sum() == pytest.approx(9)
    assert rows(engine) == points  # no second run
    # An expected number given to the scoring makes another run; that one was set by no person.
    score_cohort.score_cohort(engine, models, DAY, cohort="neeq", now=NOW, expected_events=12)
    assert len(rows(engine)) == 2 * len(points)
    assert expected_events.level_of(engine, models, "neeq").set_by is None


def test_the_trail_has_the_figure_before_and_after_and_who_set_it(scored):
    engine, run = scored
    was = expected_events.set_expected(engine, run, 9, why="政策放宽", by=ANALYST, now=NOW)
    with Session(engine) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == score_cohort.SET_EXPECTED)).one()
    assert (line.person, line.subject) == ("分析员", f"score_run:{run}")
    assert line.details["before"] == pytest.approx(was)
    assert (line.details["after"], line.details["why"]) == (9, "政策放宽")


@pytest.mark.parametrize(("events", "why"), [(0, "x"), (-3, "x"), (150, "x"), (float("nan"), "x"), (9, "  ")])
def test_what_cannot_be_or_has_no_reason_changes_nothing(scored, events, why):
    engine, run = scored
    before = chances(engine)
    with pytest.raises(ImpossibleExpectation):
        expected_events.set_expected(engine, run, events, why=why, by=ANALYST, now=NOW)
    assert (chances(engine) == before).all()


@pytest.mark.parametrize(
    "person",
    [
        Person(1, "莲芯传感", Role.ENTERPRISE, firm_id="x"),
        Person(2, "林科员", Role.OFFICER),  # scores the city, not a reference cohort
        Person(3, "江海科员", Role.OFFICER, district_code="440704"),
    ],
)
def test_who_may_not_score_these_firms_may_not_set_it(scored, person):
    engine, run = scored
    with pytest.raises(NotAllowed):
        expected_events.set_expected(engine, run, 9, why="x", by=person, now=NOW)
