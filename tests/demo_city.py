"""A finished demo of a small city, made once for a whole run of the tests, however many processes share in it."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import chdir
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
from commands.demo.city import make_demo
from pipeline import language
from pipeline.pools import in_force
from pipeline.pools.policy import POLICY_FILE
from pipeline.settings import ROOT, Settings, from_environment
from pipeline.store.database import open_database

TODAY, NOW = date(2026, 6, 20), datetime(2026, 6, 20, 9, 0)
AS_OF = "2026-05-01"
FIRMS = 500


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small city's database, models and files; read only (copy_of gives one to change)."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "demo-city"
    folder.mkdir(exist_ok=True)
    settings = settings_in(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "finished").exists():
            engine = open_database(settings.db_url)
            by_points, in_force.POLICY_FILE = in_force.POLICY_FILE, POLICY_FILE  # the demo goes by the shipped policy
            make_demo(engine, settings, today=TODAY, now=NOW, say=lambda _: None, firms=FIRMS, folder=folder / "files")
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
            in_force.POLICY_FILE = by_points
            (folder / "finished").touch()
    return settings


def settings_in(folder: Path) -> Settings:
    return from_environment(
        {"GOLDSEED_DB_URL": f"sqlite:///{folder}/goldseed.sqlite", "GOLDSEED_MODELS": str(folder / "models")}
    )


def copy_of(settings: Settings, folder: Path) -> Settings:
    """The same database and models in another folder, to be changed."""
    folder.mkdir(exist_ok=True)
    database_copied(Path(database_file(settings)), folder)
    shutil.copytree(settings.models, folder / "models")
    return settings_in(folder)


def database_copied(database: Path, folder: Path) -> Path:
    """A copy of an SQLite database in another folder, whole also where it is in use."""
    copy = folder / "goldseed.sqlite"
    with sqlite3.connect(database) as found, sqlite3.connect(copy) as copied:
        found.backup(copied)
    return copy


def database_file(settings: Settings) -> str:
    return settings.db_url.removeprefix("sqlite:///")


def goldseed(settings: Settings, *arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    """Run a command on these settings, in this process and by the shipped policy; returns what it printed on stdout."""
    before, by_points = language.language(), in_force.POLICY_FILE
    surroundings = _surroundings(settings) | environment
    try:
        in_force.POLICY_FILE = POLICY_FILE
        language.set_default_language(from_environment({**os.environ, **surroundings}).language)
        with chdir(cwd):
            done = CliRunner().invoke(cli.goldseed, list(arguments), env=surroundings)
    finally:
        language.set_default_language(before)
        in_force.POLICY_FILE = by_points
    if done.exit_code != 0:
        raise AssertionError(f"{arguments}: {done.exception}: {done.stderr}") from done.exception
    return done.stdout


def goldseed_apart(settings: Settings, *arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    """The same in a process of its own, as people call it."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=cwd,
        env={**os.environ, **_surroundings(settings), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def _surroundings(settings: Settings) -> dict[str, str]:
    return {"GOLDSEED_DB_URL": settings.db_url, "GOLDSEED_MODELS": str(settings.models), "PYTHONPATH": str(ROOT)}
