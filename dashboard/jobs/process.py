"""Jobs as folders: start a job in a process of its own, read its state, cancel it.

A job belongs to the person who started it. The process holds a lock until it ends, which tells a running job from a
dead one; folders of jobs older than a day are removed.
"""

import fcntl
import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.data_folder import beside
from pipeline import language
from pipeline.atomic_files import write_text_atomically
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.settings import Settings

_log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9a-f]{24}")
_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Job:
    """What a job is to do: a task of jobs/__main__.py, its arguments, and the language of the person who waits."""

    kind: str
    arguments: Mapping[str, Any]
    language: str
    settings: Settings


@dataclass(frozen=True)
class State:
    """The state of a job: running, done, failed or cancelled. `result`: what its task returned."""

    id: str
    kind: str
    state: str
    share: float = 0.0
    says: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return self.state == "running"


# --- what a page calls -----------------------------------------------------------------------------


def new_folder(settings: Settings, owner: int) -> Path:
    """An empty folder for a job of this person; files the task needs may be put into it before it starts."""
    jobs = beside(settings, "jobs")
    jobs.mkdir(exist_ok=True, mode=0o700)
    _remove_old(jobs)
    folder = jobs / secrets.token_hex(12)
    folder.mkdir(mode=0o700)
    (folder / "owner").write_text(str(owner))
    return folder


def keep_upload(folder: Path, name: str, content: bytes) -> Path:
    """Keep a file that somebody sent for this job: in a folder of its own, where its name meets none of the program's.

    `name`: as uploads.safe_name gives it.
    """
    uploads = folder / "upload"
    uploads.mkdir(exist_ok=True, mode=0o700)
    file = uploads / name
    file.write_bytes(content)
    return file


def start(settings: Settings, folder: Path, kind: str, **arguments: Any) -> str:
    """Begin a task (a key of jobs.__main__.TASKS) in its own process; returns the job's id."""
    job = {
        "kind": kind,
        "arguments": arguments,
        "language": language.language(),
        "settings": {
            "root": str(settings.root),
            "db_url": settings.db_url,
            "models": str(settings.models),
            "language": settings.language,
            "zone": settings.zone.key,
        },
    }
    write_text_atomically(folder / "job.json", json.dumps(job))
    write_state(folder, "running")
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


def running(settings: Settings, owner: int, kind: str, **arguments: Any) -> str | None:
    """The id of a job of this person that does exactly this just now; None where there is none."""
    for file in beside(settings, "jobs").glob("*/job.json"):
        try:
            if not _is_of(file.parent, owner):
                continue
            job = read_job(file.parent)
            if job.kind == kind and job.arguments == arguments and state(settings, owner, file.parent.name).running:
                return file.parent.name
        except NotFound as error:
            _log.warning("the job %s is left out: %s", file.parent.name, error.__cause__ or error)
    return None


def state(settings: Settings, owner: int, job: str) -> State:
    """The state of a job. Raises NotFound for one that is not this person's, in the same words as for none."""
    folder = folder_of(settings, owner, job)
    kind = read_job(folder).kind
    current = _read_state(folder, kind)
    if current.running and not is_alive(folder):
        current = _read_state(folder, kind)  # it may have ended between the two looks
        if current.running:
            current = replace(current, state="failed", says=failure_text())
    return current


def cancel(settings: Settings, owner: int, job: str) -> None:
    """End a running job; what it has not stored yet is lost."""
    folder = folder_of(settings, owner, job)
    if is_alive(folder) and (folder / "pid").exists():
        with suppress(ValueError, ProcessLookupError):  # it has just ended
            os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
        write_state(folder, "cancelled")


def folder_of(settings: Settings, owner: int, job: str) -> Path:
    """The folder of this person's job. Raises NotFound."""
    folder = beside(settings, "jobs") / job
    if not _ID.fullmatch(job) or not _is_of(folder, owner):
        raise _gone()
    return folder


def _is_of(folder: Path, owner: int) -> bool:
    try:
        return (folder / "owner").read_text(encoding="ascii", errors="replace") == str(owner)
    except OSError:
        return False


def _gone() -> NotFound:
    return NotFound(Message(N_("This work is not there any more. Begin it again."), {}))


def is_alive(folder: Path) -> bool:
    """Whether the job's process still runs: it holds the lock until it ends, however it ends."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


# --- the files of a job, which jobs.__main__ reads and writes too ----------------------------------


def read_job(folder: Path) -> Job:
    """What the job in this folder is to do. Raises NotFound where the file is gone or cannot be read."""
    try:
        content = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        stored = content["settings"]
        settings = Settings(
            Path(stored["root"]),
            stored["db_url"],
            Path(stored["models"]),
            None,
            stored["language"],
            zone=ZoneInfo(stored["zone"]),
        )
        return Job(content["kind"], content["arguments"], content["language"], settings)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _gone() from error


def write_state(
    folder: Path, state: str, share: float = 0.0, says: str = "", result: Mapping[str, object] | None = None
) -> None:
    content = {"state": state, "share": share, "says": says, "result": result or {}}
    write_text_atomically(folder / "state.json", json.dumps(content, default=str))


def failure_text() -> str:
    """What is said of a job whose process ended before its task did."""
    return language.gettext("The work ended before it was done; nothing was stored. Begin it again.")


def _read_state(folder: Path, kind: str) -> State:
    try:
        return State(folder.name, kind, **json.loads((folder / "state.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise _gone() from error


def _remove_old(jobs: Path) -> None:
    for folder in jobs.iterdir():
        with suppress(OSError):  # another process removes them as well
            if folder.is_dir() and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
