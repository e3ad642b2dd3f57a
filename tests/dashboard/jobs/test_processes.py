"""A job in a process that somebody cancels, kills or loses sight of from another host."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from dashboard.jobs import process, rows
from pipeline.language import speaking
from pipeline.settings import ROOT, Settings, as_environment
from pipeline.store.database import engine_for
from pipeline.store.tables import Job
from tests.dashboard.jobs import waiting
from tests.dashboard.jobs.asked import account, row_of

PATIENCE_SECONDS = 90
BROKEN_OFF = "The work ended before it was done; nothing was stored. Begin it again."
#: Begins the workers: it has loaded the program once, and each is a copy of it.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.dashboard.jobs.waiting"])
ON_SQLITE_ALONE = True


@pytest.fixture
def elsewhere(engine: Engine, db_url: str) -> Iterator[Engine]:
    """How another host sees the database."""
    opened = engine_for(db_url)
    yield opened
    opened.dispose()


def until(is_so: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < ends:
        time.sleep(0.05)
    return is_so()


class Worker:
    """A process that does a job which waits for `go`."""

    def __init__(self, engine: Engine, db_url: str, folder: Path) -> None:
        self.engine, self.folder, self.temporary = engine, folder, folder / "temporary"
        self.temporary.mkdir()
        settings = Settings(root=ROOT, db_url=db_url, models=folder / "models", secret=None, language="zh_CN")
        about = {"until": str(folder / "go"), "stores": str(folder / "stored")}
        work = rows.Work("wait", account(engine), "zh_CN", about)
        self.job = rows.ask(engine, work, datetime.now(UTC), {"upload/a.txt": "睡着".encode()})
        environment = {**os.environ, **as_environment(settings), "TMPDIR": str(self.temporary)}
        self.process = _SERVER.Process(target=waiting.do, args=(self.job, environment))
        self.process.start()
        assert until(lambda: row_of(engine, self.job).says == "睡着"), "it does not begin"

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def go(self) -> None:
        (self.folder / "go").touch()

    def has_stored(self) -> bool:
        return (self.folder / "stored").exists()

    def ended(self) -> int:
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode is not None
        return self.process.exitcode


@pytest.fixture
def worker(engine: Engine, db_url: str, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(engine, db_url, tmp_path)
    yield made
    made.process.kill()
    made.process.join()


@contextmanager
def out_of_sight(worker: Worker, silent_for: float) -> Iterator[None]:
    """The worker's host is another one and stands still, silent for so many seconds; then it goes on."""
    os.kill(worker.pid, signal.SIGSTOP)
    silent = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=silent_for)
    with worker.engine.begin() as connection:
        connection.execute(update(Job).values(host="elsewhere", heartbeat_at=silent))
    yield
    os.kill(worker.pid, signal.SIGCONT)


def test_another_host_sees_a_job_come_along_and_end(worker: Worker, elsewhere: Engine):
    seen = process.state(elsewhere, 1, worker.job)
    assert (seen.state, seen.share, seen.says) == ("running", 0.5, "睡着")
    worker.go()
    assert worker.ended() == 0
    seen = process.state(elsewhere, 1, worker.job)
    assert (seen.state, seen.share) == ("done", 1.0)
    assert seen.result == {"stored": str(worker.folder / "stored")}
    assert list(worker.temporary.iterdir()) == []


@pytest.mark.both_databases
def test_a_job_that_is_cancelled_from_another_host_ends_and_stores_nothing(worker: Worker, elsewhere: Engine):
    assert process.cancel(elsewhere, 1, worker.job)
    assert process.state(elsewhere, 1, worker.job).state == "cancelled"
    assert worker.ended() == 1
    assert process.state(elsewhere, 1, worker.job).state == "cancelled"
    assert list(worker.temporary.iterdir()) == []  # nor what somebody sent for it


@pytest.mark.both_databases
def test_a_job_that_was_cancelled_while_it_could_not_see_it_stores_nothing(worker: Worker, elsewhere: Engine):
    os.kill(worker.pid, signal.SIGSTOP)
    assert process.cancel(elsewhere, 1, worker.job)
    worker.go()
    os.kill(worker.pid, signal.SIGCONT)
    worker.ended()
    assert not worker.has_stored()
    assert process.state(elsewhere, 1, worker.job).state == "cancelled"


def test_a_job_whose_process_was_killed_is_told_at_once_where_it_ran_and_is_begun_again(worker: Worker, engine: Engine):
    worker.process.kill()
    worker.process.join()
    with speaking("en"):
        seen = process.state(engine, 1, worker.job)
    assert (seen.state, seen.says) == ("failed", BROKEN_OFF)
    row = row_of(engine, worker.job)
    again = rows.Work(row.kind, 1, "zh_CN", row.arguments)
    assert rows.ask_or_join(engine, again, datetime.now(UTC), process.alive)[1]


def test_a_job_that_stands_still_on_its_own_host_is_told_as_running(worker: Worker, engine: Engine):
    os.kill(worker.pid, signal.SIGSTOP)
    silent = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with engine.begin() as connection:
        connection.execute(update(Job).values(heartbeat_at=silent))
    assert process.state(engine, 1, worker.job).state == "running"
    os.kill(worker.pid, signal.SIGCONT)


@pytest.mark.both_databases
def test_a_job_of_a_host_that_was_lost_from_sight_is_told_as_failed_and_stores_nothing_when_it_comes_back(
    worker: Worker, elsewhere: Engine
):
    with out_of_sight(worker, silent_for=61):
        assert process.state(elsewhere, 1, worker.job).state == "failed"
        worker.go()
    worker.ended()
    assert not worker.has_stored()
    assert process.state(elsewhere, 1, worker.job).state == "failed"


def test_a_job_of_a_host_that_was_silent_for_less_than_a_minute_goes_on(worker: Worker, elsewhere: Engine):
    with out_of_sight(worker, silent_for=30):
        assert process.state(elsewhere, 1, worker.job).state == "running"
        worker.go()
    assert worker.ended() == 0
    assert worker.has_stored()
    assert process.state(elsewhere, 1, worker.job).state == "done"


@pytest.mark.both_databases
def test_a_job_that_is_storing_already_ends_well_whatever_was_believed_of_its_host(worker: Worker, elsewhere: Engine):
    os.kill(worker.pid, signal.SIGSTOP)
    assert rows.begin_storing(elsewhere, worker.job, datetime.now(UTC))  # as the process itself would have done
    silent = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=61)
    with elsewhere.begin() as connection:
        connection.execute(update(Job).values(host="elsewhere", heartbeat_at=silent))
    assert not process.cancel(elsewhere, 1, worker.job)
    assert process.state(elsewhere, 1, worker.job).state == "failed"
    os.kill(worker.pid, signal.SIGCONT)
    time.sleep(1.5)  # it has looked whether it is wanted
    assert worker.process.is_alive()


@pytest.mark.both_databases
def test_a_job_of_pages_is_begun_in_a_process_of_its_own(engine: Engine, db_url: str, tmp_path: Path):
    settings = Settings(root=ROOT, db_url=db_url, models=tmp_path / "models", secret=None, language="zh_CN")
    owner = account(engine, role="officer")
    about = {"file": "甲.csv", "map_name": "city", "known_on": None, "account": owner}
    upload = ("甲.csv", "甲,乙\n1,2\n".encode())
    job = process.start(settings, engine, owner, "look", upload=upload, **about)
    assert until(lambda: not process.state(engine, 1, job).running)
    seen = process.state(engine, 1, job)
    assert (seen.state, seen.result["good"], seen.result["file"]) == ("done", False, "甲.csv")
    row = row_of(engine, job)
    assert row.started_at is not None
    assert row.finished_at is not None
    assert row.asked_at <= row.started_at <= row.finished_at


def test_a_second_process_for_the_same_job_does_nothing(worker: Worker, db_url: str):
    settings = Settings(root=ROOT, db_url=db_url, models=worker.folder / "m", secret=None, language="zh_CN")
    environment = {**os.environ, **as_environment(settings)}
    command = [sys.executable, "-m", "dashboard.jobs", worker.job]
    assert subprocess.run(command, cwd=ROOT, env=environment, timeout=PATIENCE_SECONDS).returncode == 0
    assert row_of(worker.engine, worker.job).state == "running"
    assert not worker.has_stored()
