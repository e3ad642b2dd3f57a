"""The small city on PostgreSQL, and Dask as a bureau would start it: `dask scheduler`, `dask worker`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, insert, select, text

from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Base

_ROWS_AT_ONCE = 200


def copied(settings: Settings, db_url: str) -> Engine:
    """Everything of a SQLite database in an empty PostgreSQL database."""
    found, copy = engine_for(settings.db_url), engine_for(db_url)
    with found.connect() as read, copy.begin() as write:
        write.execute(text("SET session_replication_role = replica"))  # rows may name rows that come later
        for table in Base.metadata.sorted_tables:
            write.execute(table.delete())
            for rows in read.execute(select(table)).mappings().partitions(_ROWS_AT_ONCE):
                write.execute(insert(table), [dict(row) for row in rows])
            number = func.pg_get_serial_sequence(f'"{table.name}"', "id") if "id" in table.c else None
            if number is not None and write.scalar(select(number)):
                write.execute(select(func.setval(number, func.max(table.c.id))))
    found.dispose()
    return copy


def slowly(_database: Engine, seconds: float) -> Iterator[float]:
    time.sleep(seconds)
    yield seconds


def dies(_database: Engine, _part: int) -> Iterator[None]:
    os.kill(os.getpid(), signal.SIGKILL)
    yield None


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def scheduler(folder: Path, **environment: str) -> Iterator[str]:
    """The address of a scheduler without workers."""
    file = folder / "scheduler.json"
    how = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", file]
    with process(folder / "scheduler.log", "scheduler", *how, **environment):
        yield json.loads(_when_there(file))["address"]


@contextmanager
def worker(folder: Path, address: str, count: int = 1, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Workers that a nanny starts anew when they die; each has one thread."""
    how = ["--nworkers", count, "--nthreads", 1, "--local-directory", folder]
    with process(folder / f"worker-{time.monotonic_ns()}.log", "worker", address, *how, **environment) as running:
        yield running


@contextmanager
def process(log: Path, what: str, *arguments: object, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command of Dask for as long as it is needed."""
    command = [sys.executable, "-m", "dask", what, *map(str, arguments), "--no-dashboard"]
    inherited = {name: value for name, value in os.environ.items() if name != "GOLDSEED_DB_URL"}
    with log.open("wb") as stream:
        running = subprocess.Popen(
            command,
            env={**inherited, "PYTHONPATH": str(ROOT), **environment},
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
        try:
            yield running
        finally:
            os.killpg(running.pid, signal.SIGKILL)  # with the processes that a nanny has started
            running.wait()


def _when_there(file: Path) -> str:
    for _ in range(600):
        if file.exists() and (content := file.read_text("utf-8")):
            return content
        time.sleep(0.1)
    raise TimeoutError(f"no scheduler wrote {file}")
