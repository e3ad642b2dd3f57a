"""Does a job as `python -m dashboard.jobs` does, with a task that waits for a file and then stores another."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.jobs import __main__ as jobs
from pipeline.settings import Settings, from_environment


def wait(
    settings: Settings, folder: Path, progress: Callable[..., None], *, until: str, stores: str
) -> Mapping[str, object]:
    progress(0.5, (folder / "upload" / "a.txt").read_text())
    while not Path(until).exists():
        time.sleep(0.05)
    progress.begin_storing()  # type: ignore[attr-defined]
    Path(stores).write_text("stored")
    return {"stored": stores}


def do(job: str, environment: Mapping[str, str]) -> None:
    """In a process of its own, in these surroundings."""
    os.environ.update(environment)
    tempfile.tempdir = None
    jobs.TASKS = {"wait": wait}
    jobs.run(job, from_environment())
