"""Who cannot be given work is told why, and what to mend; no letter and no log has the address of the database."""

import dataclasses
import os
from contextlib import ExitStack
from pathlib import Path

import dask
import pytest
from distributed import Client

from pipeline.language import ENGLISH, set_default_language
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry
from pipeline.workers import dask_workers, sameness
from pipeline.workers.dask_workers import NoWorkers
from pipeline.workers.sameness import WorkerDiffers, own_database, sameness_here
from tests.commands.test_every_command import run
from tests.pipeline.workers import cluster

SECRET = "very-secret"


@pytest.fixture(autouse=True)
def in_english(in_chinese: None) -> None:
    set_default_language(ENGLISH)
    own_database.cache_clear()


def with_an_entry(db_url: str, hash_of_entry: str = "a" * 64) -> object:
    engine = engine_for(db_url)
    about = {"person": "t", "action": "t", "subject": "t", "details": {}, "previous_hash": "0" * 64}
    with engine.begin() as connection:
        connection.execute(AuditEntry.__table__.delete())
        connection.execute(
            AuditEntry.__table__.insert(), [{"id": 7, "at": "2026-01-01", "hash": hash_of_entry, **about}]
        )
    return engine


def test_a_sqlite_database_is_refused_before_anybody_is_asked(sqlite_engine):
    with (
        pytest.raises(NoWorkers, match=r"SQLite .* need PostgreSQL"),
        dask_workers.dask_workers("tcp://127.0.0.1:1", sqlite_engine),
    ):
        pass


@pytest.mark.parametrize("address", ["localhost:8786", "http://a:1", "tcp://a", "tcp://user:word@a:1"])
def test_what_is_no_address_of_a_scheduler_ends_with_2(address):
    done = run("score", "--as-of", "2024-05-01", "--scheduler", address, GOLDSEED_LANG="en")
    assert done.returncode == 2
    assert "tcp://HOST:PORT" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.postgres
def test_a_scheduler_that_does_not_answer_is_named(postgres_url, monkeypatch):
    monkeypatch.setattr(dask_workers, "_SECONDS_TO_CONNECT", 0.3)
    address = f"tcp://127.0.0.1:{cluster.free_port()}"
    with (
        pytest.raises(NoWorkers, match=f"No scheduler answers at {address}: .*dask scheduler"),
        dask_workers.dask_workers(address, engine_for(postgres_url)),
    ):
        pass


@pytest.mark.postgres
def test_a_worker_with_another_database_gives_back_nothing_and_no_address(postgres_url, tmp_path, monkeypatch):
    engine = with_an_entry(postgres_url)
    monkeypatch.setattr(dask_workers, "_SECONDS_WITHOUT_WORKERS", 0.5)
    monkeypatch.setattr(dask_workers, "_SECONDS_BETWEEN_LOOKS", 0.2)
    wrong = f"postgresql://clerk:{SECRET}@127.0.0.1:{cluster.free_port()}/goldseed"
    with cluster.scheduler(tmp_path) as address:
        with (
            pytest.raises(NoWorkers, match=f"has no workers; .*dask worker {address}"),
            dask_workers.dask_workers(address, engine),
        ):
            pass
        with cluster.worker(tmp_path, address, GOLDSEED_DB_URL=wrong), Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
            with (
                pytest.raises(WorkerDiffers, match="does not reach the database of its GOLDSEED_DB_URL") as told,
                dask_workers.dask_workers(address, engine),
            ):
                pass
    assert SECRET not in str(told.value)
    assert [log.name for log in tmp_path.glob("*.log") if SECRET in log.read_text("utf-8")] == []
    engine.dispose()


@pytest.mark.postgres
def test_a_part_that_kills_its_workers_and_a_scheduler_that_goes_away_are_told(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_workers, "_SECONDS_TO_RECONNECT", 1)
    quickly = dask.config.set({"distributed.comm.timeouts.connect": "2s"})
    engine = with_an_entry(postgres_url)
    with quickly, ExitStack() as running:
        once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
        address = running.enter_context(cluster.scheduler(tmp_path, **once))
        running.enter_context(cluster.worker(tmp_path, address, GOLDSEED_DB_URL=postgres_url))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        with dask_workers.dask_workers(address, engine) as workers:
            with pytest.raises(NoWorkers, match="1 workers died over the same part"):
                list(workers.each(cluster.dies, [0]))
            parts = workers.each(cluster.slowly, [0.01, 2.0])  # in whatever order the worker does them
            assert next(parts) == 0.01
            running.close()
            with pytest.raises(NoWorkers, match=f"The scheduler at {address} is gone; nothing was stored"):
                next(parts)
    engine.dispose()


@pytest.mark.postgres
def test_a_worker_is_held_against_program_rules_libraries_and_trail(postgres_url, monkeypatch):
    engine = with_an_entry(postgres_url)
    same = sameness_here(engine)
    monkeypatch.setenv("GOLDSEED_DB_URL", postgres_url)
    assert same.last_entry == (7, "a" * 64)
    own_database(same).dispose()
    for change, told in (
        ({"program": "-"}, "another version of this program"),
        ({"rules": "-"}, "other rules"),
        ({"libraries": ("numpy 1.0", *same.libraries[1:])}, r"other libraries: Python .* instead of numpy 1\.0"),
        ({"last_entry": (7, "b" * 64)}, "another database"),
        ({"last_entry": (8, "a" * 64)}, "lags behind"),
    ):
        with pytest.raises(WorkerDiffers, match=told):
            own_database(dataclasses.replace(same, **change))
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (None, "has no GOLDSEED_DB_URL"),
        ("sqlite:////nowhere/at-all.sqlite", "not that of a PostgreSQL database"),
        (f"mysql://clerk:{SECRET}@host/goldseed", "not that of a PostgreSQL database"),
    ],
)
def test_a_worker_without_a_database_of_its_own_says_so(sqlite_engine, monkeypatch, address, told):
    monkeypatch.delenv("GOLDSEED_DB_URL", raising=False)
    if address is not None:
        monkeypatch.setenv("GOLDSEED_DB_URL", address)
    with pytest.raises(WorkerDiffers, match=told) as error:
        own_database(sameness_here(sqlite_engine))
    assert f"({os.getpid()})" in str(error.value)
    assert SECRET not in str(error.value)
    assert not Path("/nowhere").exists()


def test_the_same_files_have_the_same_fingerprint_and_others_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr(sameness, "ROOT", tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("1")
    (tmp_path / "rules" / "note.txt").write_text("1")
    before = sameness._fingerprint(["rules"], "*.yaml")
    (tmp_path / "rules" / "note.txt").write_text("2")
    assert sameness._fingerprint(["rules"], "*.yaml") == before
    (tmp_path / "rules" / "a.yaml").write_text("2")
    assert sameness._fingerprint(["rules"], "*.yaml") != before
