"""Jobs as rows, which every host that serves the database reads and writes.

    ask ──► waiting ──► claim ──► running ──► finish ──► done, failed
                           cancel ──► cancelled        break_off ──► failed

Every function is one short transaction, since pages wait for it and, with SQLite, everybody else who writes. What moves
a job from one state to the next is one statement that names the state before, so that of two who try it one has it:
there is nothing to lock beforehand. Moments are arguments.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, false, insert, select, text, update

from pipeline.store.tables import Job, JobFile
from pipeline.store.trail.chain import utc
from pipeline.store.write_lock import lock_writes, without_waiting

#: A job that has given no sign of life for longer has broken off, unless this host sees that its process runs.
SILENT = timedelta(seconds=60)
#: So long a job and its files are kept after its last sign of life.
KEPT = timedelta(days=1)
LIVE = ("waiting", "running")
#: In the folder of a job: the folder of what somebody sent for it, and the annotated workbook that a look makes.
UPLOAD, MENDED = "upload", "mended.xlsx"
#: The key of PostgreSQL's lock under which a job that runs already is looked for, and a new one begun.
_ASKING_LOCK = 707_440_702
_live = Job.state.in_(LIVE)
#: whereabouts.alive: whether the process of a host still runs, None where nobody here can know.
Alive = Callable[[str | None, str | None], bool | None]


@dataclass(frozen=True)
class Work:
    """What is to be done for whom: a task of jobs/__main__.py with its arguments, as JSON keeps them, and the language
    of the person who waits."""

    kind: str
    account_id: int
    language: str
    arguments: Mapping[str, Any]


# --- asking for a job, and following it --------------------------------------------------------------


def ask(engine: Engine, work: Work, now: datetime, files: Mapping[str, bytes]) -> str:
    """A new job that waits to be claimed; returns its id. `files`: what lies in its folder when it begins."""
    with _writing(engine) as connection:
        return _add(connection, work, now, files)


def ask_or_join(engine: Engine, work: Work, now: datetime, alive: Alive) -> tuple[str, bool]:
    """The id of a job that does exactly this for this person just now, else of a new one; and whether it is new. Two
    that ask at once, on whichever hosts, get the same."""
    with _writing(engine) as connection:
        _lock_asking(connection)
        mine = _under_way(connection, now, alive, Job.kind == work.kind, Job.account_id == work.account_id)
        for row in mine:
            if row.arguments == dict(work.arguments):
                return row.id, False
        return _add(connection, work, now, {}), True


def ask_for_all(engine: Engine, work: Work, now: datetime, alive: Alive, most: int) -> str | None:
    """The id of a new job, where none does exactly this just now for anybody, and fewer than `most` of its kind run.
    Raises SomebodyElseSaved at once where others write: a page that is opened does not wait for them."""
    with _writing(engine, wait=False) as connection:
        _lock_asking(connection)
        live = _under_way(connection, now, alive, Job.kind == work.kind)
        if len(live) >= most or any(row.arguments == dict(work.arguments) for row in live):
            return None
        return _add(connection, work, now, {})


def read(engine: Engine, job: str, account_id: int) -> Any:
    """The row of a job of this person, None where there is none."""
    with engine.connect() as connection:
        return connection.execute(
            select(Job.__table__).where(Job.id == job, Job.account_id == account_id)
        ).one_or_none()


def latest(engine: Engine, kind: str, arguments: Mapping[str, Any]) -> Any:
    """The row of the last job that was to do exactly this, whoever asked for it; None where there is none."""
    statement = select(Job.__table__).where(Job.kind == kind).order_by(Job.asked_at.desc(), Job.id)
    with engine.connect() as connection:
        rows = connection.execute(statement)
        return next((row for row in rows if row.arguments == dict(arguments)), None)


def cancel(engine: Engine, job: str, account_id: int, now: datetime) -> bool:
    """Cancel a job of this person, if it waits or runs and stores nothing yet; its process ends when it sees that.
    Returns whether it was cancelled by this."""
    with _writing(engine) as connection:
        mine = (Job.id == job, Job.account_id == account_id)
        return _move(connection, *mine, _live, Job.storing.is_(False), state="cancelled", finished_at=utc(now))


def has_broken_off(row: Any, now: datetime, alive: Alive) -> bool:
    """Whether the process of a waiting or running job has ended before its task did: its host sees that at once, others
    by its silence."""
    lives = alive(row.host, row.process)
    return lives is False or (lives is None and utc(now) - row.heartbeat_at > SILENT)


def break_off(engine: Engine, seen: Any, now: datetime) -> bool:
    """Put down that a job has broken off; from now on it stores nothing, should it live after all. `seen`: its row as
    it was read. Returns False where it has moved on since."""
    with _writing(engine) as connection:
        unmoved = (Job.id == seen.id, Job.state == seen.state, Job.heartbeat_at == seen.heartbeat_at)
        return _move(connection, *unmoved, state="failed", says="", finished_at=utc(now))


# --- doing it ----------------------------------------------------------------------------------------


def claim(engine: Engine, job: str, host: str, process: str, now: datetime) -> Work | None:
    """Take up a waiting job, for this process alone; None where it is not waiting any more."""
    with _writing(engine) as connection:
        taken = {"state": "running", "host": host, "process": process, "started_at": utc(now), "heartbeat_at": utc(now)}
        if not _move(connection, Job.id == job, Job.state == "waiting", **taken):
            return None
        row = connection.execute(select(Job.__table__).where(Job.id == job)).one()
        return Work(row.kind, row.account_id, row.language, row.arguments)


def beat(engine: Engine, job: str, now: datetime, share: float, says: str) -> bool:
    """A sign of life and how far the job is. Returns False where it is not running any more."""
    with _writing(engine) as connection:
        running = (Job.id == job, Job.state == "running")
        return _move(connection, *running, heartbeat_at=utc(now), share=share, says=says)


def is_wanted(engine: Engine, job: str) -> bool:
    """Whether a job that was claimed is to go on: it is running, or storing already, whatever was believed of it."""
    with engine.connect() as connection:
        row = connection.execute(select(Job.state, Job.storing).where(Job.id == job)).one_or_none()
        return row is not None and (row.state == "running" or row.storing)


def begin_storing(engine: Engine, job: str, now: datetime) -> bool:
    """From now on the job cannot be cancelled. Returns False where it is not running any more."""
    with _writing(engine) as connection:
        return _move(connection, Job.id == job, Job.state == "running", storing=True, heartbeat_at=utc(now))


def finish(
    engine: Engine,
    job: str,
    state: str,
    now: datetime,
    *,
    says: str = "",
    result: Mapping[str, object] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> bool:
    """How the job ended, and the files that it made. Returns False where it was cancelled or given up before: then that
    stands, except that what has been stored for good is done, whatever was believed of its process."""
    ended = {"state": state, "says": says, "finished_at": utc(now), "heartbeat_at": utc(now)}
    if state == "done":
        ended |= {"share": 1.0, "result": _as_json(result or {})}
    stored = (Job.state == "failed") & Job.storing.is_(True) if state == "done" else false()
    with _writing(engine) as connection:
        if not _move(connection, Job.id == job, (Job.state == "running") | stored, **ended):
            return False
        _add_files(connection, job, files or {})
        return True


# --- files -------------------------------------------------------------------------------------------


def lay_out(engine: Engine, job: str, folder: Path) -> None:
    """Write the files of a job into a folder."""
    with engine.connect() as connection:
        kept = connection.execute(select(JobFile.name, JobFile.content).where(JobFile.job_id == job)).all()
    for name, content in kept:
        (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
        (folder / name).write_bytes(content)


def file(engine: Engine, job: str, name: str) -> bytes | None:
    """The content of a file of a job, None where it has none of this name."""
    with engine.connect() as connection:
        return connection.scalar(select(JobFile.content).where(JobFile.job_id == job, JobFile.name == name))


# --- statements --------------------------------------------------------------------------------------


@contextmanager
def _writing(engine: Engine, wait: bool = True) -> Iterator[Connection]:
    """A transaction that writes. Raises SomebodyElseSaved where SQLite's one write lock does not come free, or where it
    is not free and nobody shall `wait`."""
    with engine.connect() as connection, nullcontext() if wait else without_waiting(connection), connection.begin():
        if connection.dialect.name == "sqlite":
            lock_writes(connection)  # PostgreSQL locks the rows alone: no job waits there until an import is stored
        yield connection


def _lock_asking(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ASKING_LOCK})


def _under_way(connection: Connection, now: datetime, alive: Alive, *which: ColumnElement[bool]) -> list[Any]:
    """The rows of those jobs that wait or run, and have not broken off."""
    rows = connection.execute(select(Job.__table__).where(_live, *which))
    return [row for row in rows if not has_broken_off(row, now, alive)]


def _move(connection: Connection, *which: ColumnElement[bool], **values: Any) -> bool:
    return connection.execute(update(Job).where(*which).values(**values)).rowcount == 1


def _add(connection: Connection, work: Work, now: datetime, files: Mapping[str, bytes]) -> str:
    _remove_old(connection, now)
    job = secrets.token_hex(12)
    asked = {"kind": work.kind, "account_id": work.account_id, "language": work.language}
    asked |= {"arguments": dict(work.arguments), "asked_at": utc(now), "heartbeat_at": utc(now)}
    begins = {"state": "waiting", "storing": False, "share": 0.0, "says": ""}
    connection.execute(insert(Job).values(id=job, **asked, **begins))
    _add_files(connection, job, files)
    return job


def _add_files(connection: Connection, job: str, files: Mapping[str, bytes]) -> None:
    if files:
        rows = [{"job_id": job, "name": name, "content": content} for name, content in files.items()]
        connection.execute(insert(JobFile), rows)


def _remove_old(connection: Connection, now: datetime) -> None:
    old = select(Job.id).where(Job.heartbeat_at < utc(now) - KEPT)
    connection.execute(delete(JobFile).where(JobFile.job_id.in_(old)))
    connection.execute(delete(Job).where(Job.heartbeat_at < utc(now) - KEPT))


def _as_json(result: Mapping[str, object]) -> Any:
    """As both databases keep it: days and paths are texts, and what is no number is nothing."""
    return json.loads(json.dumps(result, default=str), parse_constant=lambda _word: None)
