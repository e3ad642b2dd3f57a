"""Jobs as pages see them: start one in a process of its own, ask for its state on whichever host, cancel it.

A job belongs to the person who started it. It stands in a row of the database; the process that does it runs on the
host that was asked, gives signs of life in the row, and is told from a dead one by them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from dashboard.jobs import rows
from dashboard.jobs.whereabouts import alive
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.settings import Settings, as_environment
from pipeline.store.write_lock import SomebodyElseSaved

_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True)
class State:
    """The state of a job: waiting, running, done, failed or cancelled. `storing`: too late to cancel it; `result`: what
    its task returned; `asked_at`: UTC, of a job for all."""

    id: str
    kind: str
    state: str
    share: float = 0.0
    says: str = ""
    storing: bool = False
    result: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.state in rows.LIVE


def start(
    settings: Settings,
    engine: Engine,
    owner: int,
    kind: str,
    *,
    upload: tuple[str, bytes] | None = None,
    **arguments: Any,
) -> str:
    """Begin a task (a key of jobs.__main__.TASKS) in its own process; returns the job's id.

    `upload`: a file that somebody sent for it, its name as uploads.safe_name gives it; the task finds it in the folder
    `upload` of its own, where the name meets none of the program's. Raises SomebodyElseSaved.
    """
    files = {} if upload is None else {f"{rows.UPLOAD}/{upload[0]}": upload[1]}
    job = rows.ask(engine, _work(owner, kind, arguments), datetime.now(UTC), files)
    _begin(settings, job)
    return job


def start_or_join(settings: Settings, engine: Engine, owner: int, kind: str, **arguments: Any) -> str:
    """The id of a job that does exactly this for this person just now, on whichever host; else of a new one. Raises
    SomebodyElseSaved."""
    job, new = rows.ask_or_join(engine, _work(owner, kind, arguments), datetime.now(UTC), alive)
    if new:
        _begin(settings, job)
    return job


def start_for_all(settings: Settings, engine: Engine, asker: int, kind: str, most: int, **arguments: Any) -> None:
    """Begin a job whose outcome is nobody's own, unless one does exactly this just now, or `most` of its kind run: then
    it has to be asked for again. Raises SomebodyElseSaved at once where others write."""
    job = rows.ask_for_all(engine, _work(asker, kind, arguments), datetime.now(UTC), alive, most)
    if job is not None:
        _begin(settings, job)


def state_for_all(engine: Engine, kind: str, **arguments: Any) -> State | None:
    """The state of the last job that was to do exactly this, None where there is none. Of what it said only what is in
    the reader's language is told, and what it returned is not; nothing is written, also of one that has broken off."""
    row = rows.latest(engine, kind, arguments)
    if row is None:
        return None
    over = row.state in rows.LIVE and rows.has_broken_off(row, datetime.now(UTC), alive)
    says = row.says if not over and row.language == language.language() else ""
    state = "failed" if over else row.state
    says = says or (failure_text() if state == "failed" else "")
    return State(row.id, row.kind, state, row.share, says, asked_at=row.asked_at)


def state(engine: Engine, owner: int, job: str) -> State:
    """The state of a job. Raises NotFound for one that is not this person's, in the same words as for none."""
    row = _row(engine, owner, job)
    if row.state in rows.LIVE and rows.has_broken_off(row, datetime.now(UTC), alive):
        with suppress(SomebodyElseSaved):  # it is put down when somebody asks again
            rows.break_off(engine, row, datetime.now(UTC))
        row = _row(engine, owner, job)  # it may have ended between the two looks
    says = failure_text() if row.state == "failed" and not row.says else row.says
    return State(row.id, row.kind, row.state, row.share, says, row.storing, row.result or {})


def cancel(engine: Engine, owner: int, job: str) -> bool:
    """End a running job; what it has not stored yet is lost. Returns False where it is too late: it is being stored.

    Raises NotFound as `state`, and SomebodyElseSaved.
    """
    if rows.cancel(engine, job, owner, datetime.now(UTC)):
        return True
    row = _row(engine, owner, job)
    return row.state not in rows.LIVE


def mended_file(engine: Engine, owner: int, job: str) -> bytes | None:
    """The annotated workbook that a look of this person made, None where it made none. Raises NotFound as `state`."""
    return rows.file(engine, _row(engine, owner, job).id, rows.MENDED)


def failure_text() -> str:
    """What is said of a job whose process ended before its task did."""
    return language.gettext("The work ended before it was done; nothing was stored. Begin it again.")


def _row(engine: Engine, owner: int, job: str) -> Any:
    row = rows.read(engine, job, owner) if _ID.fullmatch(job) else None
    if row is None:
        raise NotFound(Message(N_("This work is not there any more. Begin it again."), {}))
    return row


def _work(owner: int, kind: str, arguments: Mapping[str, Any]) -> rows.Work:
    return rows.Work(kind, owner, language.language(), arguments)


def _begin(settings: Settings, job: str) -> None:
    """The process of a job: it finds database and models by its environment, and writes its faults into our own log."""
    subprocess.Popen(
        [sys.executable, "-m", "dashboard.jobs", job],
        cwd=settings.root,
        env={**os.environ, **as_environment(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
