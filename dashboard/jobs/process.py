"""Long work beside the web server: one process a job, its state in a folder that every worker reads.

A page starts a job, asks for its state while it runs, and may cancel it; the work itself is a function of work.py.
A job belongs to the person who started it. A lock that the process holds until it ends tells the running from the
dead; folders of jobs older than a day are cleared away.

    python -m dashboard.jobs FOLDER     runs the job that the folder describes (jobs.start does this)
"""

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.data_folder import beside
from pipeline import language
from pipeline.atomic_files import write_text_atomically
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.settings import Settings

#: Told the share done (0 to 1) and what is being done.
Progress = Callable[[float, str], None]
_ID = re.compile(r"[0-9a-f]{24}")
_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class State:
    """How a job stands: running, done, failed or cancelled. `result` is what its work gave back."""

    id: str
    kind: str
    state: str
    share: float = 0.0
    says: str = ""
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return self.state == "running"


def new_folder(settings: Settings, owner: int) -> Path:
    """An empty folder for a job of this person; files the work needs may be put into it before it starts."""
    jobs = beside(settings, "jobs")
    jobs.mkdir(exist_ok=True, mode=0o700)
    _clear_old(jobs)
    folder = jobs / secrets.token_hex(12)
    folder.mkdir(mode=0o700)
    (folder / "owner").write_text(str(owner))
    return folder


def start(settings: Settings, folder: Path, kind: str, **arguments: Any) -> str:
    """Begin the work `kind` (a name of work.WORK) in its own process; returns the job's id."""
    description = {
        "kind": kind,
        "arguments": arguments,
        "language": language.language(),
        "settings": {
            "root": str(settings.root),
            "db_url": settings.db_url,
            "models": str(settings.models),
            "language": settings.language,
        },
    }
    (folder / "job.json").write_text(json.dumps(description), encoding="utf-8")
    _write(folder, {"state": "running", "share": 0.0, "says": ""})
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = subprocess.Popen(
            [sys.executable, "-m", "dashboard.jobs", str(folder)],
            cwd=settings.root,
            pass_fds=(lock,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "errors.txt").open("wb"),
            start_new_session=True,
        )
        (folder / "pid").write_text(str(started.pid))
    finally:
        os.close(lock)  # the process keeps its own hold of the lock
    return folder.name


def state(settings: Settings, owner: int, job: str) -> State:
    """How a job stands. Raises NotFound for one that is not this person's, in the same words as for none."""
    folder = folder_of(settings, owner, job)
    kind = json.loads((folder / "job.json").read_text(encoding="utf-8"))["kind"]
    found = _read(folder)
    if found["state"] == "running" and not _held(folder):
        found = _read(folder)  # it may have ended between the two looks
        if found["state"] == "running":
            found = {**found, "state": "failed", "says": _why_it_died()}
    return State(job, kind, found["state"], found.get("share", 0.0), found.get("says", ""), found.get("result", {}))


def cancel(settings: Settings, owner: int, job: str) -> None:
    """End a running job; what it had not yet stored is lost, as is right."""
    folder = folder_of(settings, owner, job)
    if _held(folder) and (folder / "pid").exists():
        os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
        _write(folder, {"state": "cancelled", "share": 0.0, "says": ""})


def folder_of(settings: Settings, owner: int, job: str) -> Path:
    """The folder of this person's job."""
    folder = beside(settings, "jobs") / job
    mine = _ID.fullmatch(job) and (folder / "owner").exists() and (folder / "owner").read_text() == str(owner)
    if not mine:
        raise NotFound(Message(N_("This work is not there any more. Begin it again."), {}))
    return folder


def run(folder: Path) -> None:
    """Do the work that the folder describes, and write down how it went."""
    from dashboard.jobs import import_tasks

    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    given = job["settings"]
    settings = Settings(Path(given["root"]), given["db_url"], Path(given["models"]), None, given["language"])
    last = 0.0

    def progress(share: float, says: str) -> None:
        nonlocal last
        if time.monotonic() - last > 0.2:
            last = time.monotonic()
            _write(folder, {"state": "running", "share": share, "says": says})

    with language.speaking(job["language"]):
        try:
            result = import_tasks.WORK[job["kind"]](settings, folder, progress, **job["arguments"])
            _write(folder, {"state": "done", "share": 1.0, "says": "", "result": result})
        except ShownToPeople as error:
            _write(folder, {"state": "failed", "share": 0.0, "says": str(error)})
        except BaseException:
            _write(folder, {"state": "failed", "share": 0.0, "says": _why_it_died()})
            raise


def _why_it_died() -> str:
    return language.gettext("The work ended before it was done; nothing was stored. Begin it again.")


def _write(folder: Path, content: dict[str, Any]) -> None:
    write_text_atomically(folder / "state.json", json.dumps(content, default=str))


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return found


def _held(folder: Path) -> bool:
    """Whether the job's process still lives: it holds the lock until it ends, however it ends."""
    lock = os.open(folder / "lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _clear_old(jobs: Path) -> None:
    for folder in jobs.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
