"""A process for each core gives what this process gives, to the bit, also where one of them is gone."""

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.rules.reports import check
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Firm, Score, ScoreRun
from pipeline.workers import alongside
from pipeline.workers.alongside import Processes, processes_for
from pipeline.workers.workers import Here
from scoring.scores.score_cohort import score_cohort
from tests.cast import LOTUS
from tests.demo_city import AS_OF, NOW, copy_of

DAY = date.fromisoformat(AS_OF)


def numbered(engine: Engine, part: int, more: int) -> Iterator[tuple[int, int, int]]:
    with Session(engine) as session:
        yield part + more, session.scalar(select(func.count()).select_from(Firm)) or 0, os.getpid()


def dies_elsewhere(_engine: Engine, part: int, at_home: int) -> Iterator[int]:
    if part == 1 and os.getpid() != at_home:
        os.kill(os.getpid(), signal.SIGKILL)
    yield part


def wrong_from_two(_engine: Engine, part: int) -> Iterator[int]:
    if part >= 2:
        raise ValueError(f"nothing of {part}")
    yield part


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city of some hundred firms is one of many."""
    monkeypatch.setattr(alongside, "FIRMS_OF_A_RANGE", 100)
    monkeypatch.setattr(Processes, "firms_at_once", 170)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def city(demo: Settings, tmp_path: Path) -> Iterator[tuple[Engine, Path]]:
    settings = copy_of(demo, tmp_path / "city")
    engine = engine_for(settings.db_url)
    yield engine, settings.models
    engine.dispose()


def scored(engine: Engine, models: Path, workers: Processes | None) -> tuple[pd.DataFrame, list[tuple[object, ...]]]:
    with engine.begin() as connection:
        connection.execute(ScoreRun.__table__.update().values(data_fingerprint="-"))
    table = score_cohort(engine, models, DAY, now=NOW, workers=workers)
    with Session(engine) as session:
        run = session.scalars(select(ScoreRun).order_by(ScoreRun.id.desc()).limit(1)).one()
        stored = session.execute(select(Score.firm_id, Score.points, Score.probability).where(Score.run_id == run.id))
        return table, sorted(map(tuple, stored))


@pytest.mark.usefixtures("many")
def test_scores_with_reasons_and_verdicts_are_those_of_one_process(city, tmp_path):
    engine, models = city
    points, stored = scored(engine, models, None)
    counts = check.summary(check.check_in_parts(engine, DAY, workers=Here(engine)), tmp_path / "here.csv")
    with processes_for(engine) as processes:
        assert processes is not None
        own_points, own_stored = scored(engine, models, processes)
        own_counts = check.summary(check.check_in_parts(engine, DAY, workers=processes), tmp_path / "there.csv")
    pd.testing.assert_frame_equal(points, own_points, check_exact=True)
    assert stored == own_stored
    assert len(stored) > 400
    pd.testing.assert_frame_equal(counts, own_counts)
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()


@pytest.mark.both_databases
@pytest.mark.usefixtures("many")
def test_parts_come_back_in_their_order_from_processes_that_read_the_same_database(engine):
    with Session(engine) as session, session.begin():
        session.add_all([Firm(id=f"neeq:{number:06}", cohort="neeq") for number in range(100)])
        session.add(Firm(id=LOTUS, cohort="city"))
    with processes_for(engine) as processes:
        made = list(processes.each(numbered, range(9), 10))
    assert [(number, firms) for number, firms, _process in made] == [(part + 10, 101) for part in range(9)]
    assert os.getpid() not in {process for _number, _firms, process in made}


def test_a_hundred_firms_are_quicker_in_this_process(sqlite_engine, many):
    with Session(sqlite_engine) as session, session.begin():
        session.add_all([Firm(id=f"neeq:{number:06}", cohort="neeq") for number in range(100)])
    with processes_for(sqlite_engine) as processes:
        assert processes is None


def test_what_a_killed_process_leaves_is_done_here(sqlite_engine):
    with alongside.alongside(sqlite_engine, 2) as begin:
        made = list(Processes(sqlite_engine, begin, 2).each(dies_elsewhere, range(8), os.getpid()))
    assert made == list(range(8))


def test_what_goes_wrong_in_a_part_is_raised_after_the_parts_before_it(sqlite_engine):
    with alongside.alongside(sqlite_engine, 2) as begin:
        each = Processes(sqlite_engine, begin, 2).each(wrong_from_two, range(5))
        assert [next(each), next(each)] == [0, 1]
        with pytest.raises(ValueError, match="nothing of 2"):
            next(each)
