"""A made-up market, alone, with a model and with scores: each made once, and copied for every test that asks for it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipeline.settings import from_environment
from pipeline.store.database import engine_for
from scoring.registry import train_model
from scoring.scores import score_cohort
from tests.pipeline.workers import cluster
from tests.scoring.panels import NOW, a_market

#: The day of the model, and the later one of the scores.
MODEL_DAY, SCORED_ON = date(2023, 5, 1), date(2024, 5, 1)


@pytest.fixture(scope="session")
def market_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder whose database has the market of panels.py."""
    with built_on(sqlite_template, tmp_path_factory.mktemp("market")) as (engine, folder):
        a_market(engine)
    return folder


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory, market_template: Path) -> Path:
    """The same with a model of MODEL_DAY."""
    how = {"cohorts": ["neeq"], "within_months": 12, "now": NOW, "measured": False}
    with built_on(market_template, tmp_path_factory.mktemp("trained")) as (engine, folder):
        train_model.train(engine, folder / "models", MODEL_DAY, **how)
    return folder


@pytest.fixture(scope="session")
def scored_template(tmp_path_factory: pytest.TempPathFactory, trained_template: Path) -> Path:
    """The same with scores of SCORED_ON."""
    with built_on(trained_template, tmp_path_factory.mktemp("scored")) as (engine, folder):
        score_cohort.score_cohort(engine, folder / "models", SCORED_ON, cohort="neeq", now=NOW)
    return folder


@contextmanager
def built_on(template: Path, folder: Path) -> Iterator[tuple[Engine, Path]]:
    """A copy of a template in this folder, to which something is added."""
    engine = copied(template, folder)
    yield engine, folder
    put_down(engine)


def copied(template: Path, folder: Path) -> Engine:
    """The database of a template, or the file of one, and its models, in this folder of a test."""
    if template.is_dir():
        shutil.copyfile(template / "goldseed.sqlite", folder / "goldseed.sqlite")
        if (template / "models").exists():
            shutil.copytree(template / "models", folder / "models")
    else:
        shutil.copyfile(template, folder / "goldseed.sqlite")
    return engine_for(f"sqlite:///{folder}/goldseed.sqlite")


def filled(template: Path, db_url: str) -> Engine:
    """An empty database of either kind with everything of a template's."""
    file = template / "goldseed.sqlite"
    if db_url.startswith("sqlite"):
        shutil.copyfile(file, db_url.removeprefix("sqlite:///"))
        return engine_for(db_url)
    settings = from_environment({"GOLDSEED_DB_URL": f"sqlite:///{file}"})
    return cluster.copied(settings, db_url)


def put_down(engine: Engine) -> None:
    """All that was written stands in the file itself, to be copied."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
