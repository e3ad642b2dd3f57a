"""What the workers of a scheduler give is what one machine gives, also where one of them dies half way."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import Client
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.pools import in_force, inputs, reviews
from pipeline.rules.reports import check, verdicts_json
from pipeline.settings import Settings
from pipeline.store.tables import Score, ScoreRun
from pipeline.workers.dask_workers import DaskWorkers, dask_workers
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.errors import CannotTrain
from scoring.evaluation.backtest import backtest
from scoring.features.listing_lines import lines_on
from scoring.registry import train_model
from scoring.scores.score_cohort import score_cohort
from tests.conftest import administration, database_on
from tests.demo_city import AS_OF, NOW, copy_of
from tests.pipeline.pools.test_conditions import HNTE, SEED_ENTER, TEXT
from tests.pipeline.workers import cluster
from tests.scoring.panels import a_market

pytestmark = pytest.mark.postgres
DAY = date.fromisoformat(AS_OF)
TRAINED_ON = date(2024, 5, 1)


@pytest.fixture(scope="module")
def city(demo: Settings, postgres: str) -> Iterator[Engine]:
    name = f"test_{os.getpid()}_several_machines"
    with administration(postgres) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_goldseed"))
    engine = cluster.copied(demo, database_on(postgres, name))
    a_market(engine)  # firms of cohort "neeq", to train on
    yield engine
    engine.dispose()
    with administration(postgres) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text("DROP ROLE IF EXISTS goldseed_reader"))


@pytest.fixture(scope="module")
def scheduler(city: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("dask")
    with city.begin() as connection:  # workers need no right to write
        connection.execute(text("CREATE ROLE goldseed_reader LOGIN"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO goldseed_reader"))
    address_of_city = city.url.set(username="goldseed_reader").render_as_string(hide_password=False)
    with (
        cluster.scheduler(folder) as address,
        cluster.worker(folder, address, 2, GOLDSEED_DB_URL=address_of_city),
        Client(address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        yield address


@pytest.fixture(autouse=True)
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DaskWorkers, "firms_at_once", 170)


def scored(demo: Settings, city: Engine, folder: Path, workers: Any) -> tuple[pd.DataFrame, list[Any]]:
    """A score of the city, and what was stored of it."""
    with city.begin() as connection:
        connection.execute(text("UPDATE score_run SET data_fingerprint = '-'"))
    models = copy_of(demo, folder).models
    table = score_cohort(city, models, DAY, now=NOW, workers=workers)
    with Session(city) as session:
        run = session.scalars(select(ScoreRun).order_by(ScoreRun.id.desc()).limit(1)).one()
        stored = session.execute(select(Score.firm_id, Score.points, Score.probability).where(Score.run_id == run.id))
        return table, [run.data_fingerprint, run.reference, run.base_points, sorted(map(tuple, stored))]


def verdicts(city: Engine, folder: Path, workers: Any) -> tuple[Any, ...]:
    folder.mkdir()
    counts = check.summary(check.check_in_parts(city, DAY, workers=workers), folder / "rows.csv")
    with (folder / "rows.json").open("w", encoding="utf-8") as stream:
        verdicts_json.write(check.check_in_parts(city, DAY, board="bse", workers=workers), stream)
    document = json.loads((folder / "rows.json").read_text("utf-8"))
    return counts.to_dict(), (folder / "rows.csv").read_bytes(), document


@pytest.fixture(scope="module")
def scored_here(demo: Settings, city: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    return scored(demo, city, tmp_path_factory.mktemp("scored") / "here", None)


def test_scores_with_reasons_are_those_of_one_machine(demo, city, scheduler, scored_here, tmp_path):
    with dask_workers(scheduler, city) as workers:
        there = scored(demo, city, tmp_path / "there", workers)
    pd.testing.assert_frame_equal(scored_here[0], there[0], check_exact=True)
    assert scored_here[1] == there[1]
    assert len(there[1][-1]) > 400


def test_verdicts_are_those_of_one_machine_to_the_byte(city, scheduler, tmp_path):
    here = verdicts(city, tmp_path / "here", None)
    with dask_workers(scheduler, city) as workers:
        assert verdicts(city, tmp_path / "there", workers) == here
    assert len(here[1]) > 1_000_000


def test_a_model_is_that_of_one_machine_to_the_byte(city, scheduler, tmp_path):
    how: dict[str, Any] = {"cohorts": ["neeq"], "within_months": 12, "now": NOW}
    here = train_model.train(city, tmp_path / "here", TRAINED_ON, **how)
    with dask_workers(scheduler, city) as workers:
        there = train_model.train(city, tmp_path / "there", TRAINED_ON, **how, workers=workers)
    files = sorted(file.name for file in here.folder.iterdir())
    assert {"model.txt", "measures.json", "backtest.csv", "about.json"} <= set(files)
    assert {name: (there.folder / name).read_bytes() for name in files} == {
        name: (here.folder / name).read_bytes() for name in files
    }
    assert sorted(file.name for file in there.folder.iterdir()) == files


def test_trees_that_machines_grow_together_are_others_and_the_model_says_how_far_apart(
    city, scheduler, tmp_path, capsys
):
    how: dict[str, Any] = {"cohorts": ["neeq"], "within_months": 12, "now": NOW, "measured": False}
    here = train_model.train(city, tmp_path, TRAINED_ON, **how, name="here")
    with dask_workers(scheduler, city) as workers:
        there = train_model.train(city, tmp_path, TRAINED_ON, **how, workers=workers, together=True)
    assert capsys.readouterr().out == ""
    assert there.id.split("-")[-2] == "together"
    told = there.model.about["grown_together"]
    assert there.model.features == here.model.features
    assert there.model.booster.feature_name() == here.model.booster.feature_name()
    assert sum(there.model.bags) == there.model.booster.num_trees()
    assert there.model.text != here.model.text
    panels = Panels(Snapshots(city, ["neeq"]), "listed", 12, lines_on(TRAINED_ON))
    firms = panels.eligible(TRAINED_ON)[here.model.features]
    scores = there.model.score(firms)
    apart = (scores.points - here.model.score(firms).points).abs()
    assert np.allclose(scores.base_points + scores.reasons.sum(axis=1), scores.points)
    assert told["firms"] == len(firms)
    assert (told["mean_points"], told["largest_points"]) == (round(apart.mean(), 2), round(apart.max(), 2))
    assert 0 < told["largest_points"] < 10
    assert abs(told["auc"] - told["auc_of_one_machine"]) < 0.02
    assert f"{told['largest_points']} 分" in there.warnings[-1]


def test_a_backtest_is_that_of_one_machine_and_so_is_its_letter(city, scheduler):
    dates = [date(2023, 5, 1)]
    how: dict[str, Any] = {"cohorts": ["neeq"], "within_months": 12, "draws": 20}
    here = backtest(city, dates, **how)
    with dask_workers(scheduler, city) as workers:
        there = backtest(city, dates, **how, workers=workers)
        with pytest.raises(CannotTrain, match="2019-05-01") as told:
            backtest(city, [date(2019, 5, 1), TRAINED_ON], **how, workers=workers)
    pd.testing.assert_frame_equal(here.scores, there.scores, check_exact=True)
    assert here.as_json() == there.as_json()
    with pytest.raises(CannotTrain) as told_here:
        backtest(city, [date(2019, 5, 1), TRAINED_ON], **how)
    assert str(told.value) == str(told_here.value)


def test_a_policy_that_asks_for_figures_has_them_read_by_the_workers_and_proposes_the_same(
    city, scheduler, tmp_path, monkeypatch
):
    file = tmp_path / "pools.yaml"
    file.write_text(TEXT.replace(SEED_ENTER, f"{SEED_ENTER}\n{HNTE}"), encoding="utf-8")
    monkeypatch.setattr(in_force, "POLICY_FILE", file)
    read: list[int] = []
    usual = inputs.read_inputs

    def counted(*asked: Any, **more: Any) -> Any:
        found = usual(*asked, **more)
        read.append(len(found.facts))
        return found

    monkeypatch.setattr(inputs, "read_inputs", counted)
    with city.begin() as connection:
        connection.execute(text("DELETE FROM pool_membership"))
    with dask_workers(scheduler, city) as workers:
        here, there = (proposed(city, who) for who in (None, workers))
    assert here == there
    assert {action for _firm, action, *_ in there} == {"enter"}
    assert read[0] == read[1] > 1000


def proposed(city: Engine, workers: Any) -> list[tuple[Any, ...]]:
    with Session(city) as session:
        made = reviews.propose(session, DAY, NOW, people.console("t"), workers)
        told = [(each.firm_id, each.action, each.points, str(each.reason_params)) for each in made]
        session.rollback()
    return told


class LosesOne:
    """Workers of whom one is killed once something has come back from any."""

    elsewhere = on_other_machines = True
    firms_at_once = 100

    def __init__(self, workers: DaskWorkers) -> None:
        self.workers = workers
        self.pids = sorted(workers.client.run(os.getpid).values())
        self.killed: list[int] = []

    def each(self, function: Any, parts: Any, *shared: Any) -> Iterator[Any]:
        for made in self.workers.each(function, parts, *shared):
            if not self.killed:
                os.kill(self.pids[0], signal.SIGKILL)
                self.killed.append(self.pids[0])
            yield made


def test_a_worker_that_dies_half_way_costs_nothing_but_time(demo, city, scheduler, scored_here, tmp_path):
    with dask_workers(scheduler, city) as workers:
        losing = LosesOne(workers)
        there = scored(demo, city, tmp_path / "there", losing)
        again = sorted(workers.client.run(os.getpid).values())
    assert losing.killed
    assert losing.killed[0] not in again
    pd.testing.assert_frame_equal(scored_here[0], there[0], check_exact=True)
    assert scored_here[1] == there[1]
