"""`python -m dashboard.jobs JOB`: do a job that waits in the database of the environment, and put down how it went."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from dashboard.jobs import answer_tasks, import_tasks, model_tasks, policy_tasks, rows
from dashboard.jobs.progress import NoLongerWanted
from dashboard.jobs.pulse import Pulse, insisting
from dashboard.jobs.whereabouts import this_host, this_process
from pipeline import language
from pipeline.errors import ShownToPeople
from pipeline.settings import Settings, from_environment, work_for_its_city
from pipeline.store.database import engine_for
from pipeline.store.engines.full_disk import value_trouble

#: Every task: called with settings, a folder with the job's files, its progress and its arguments; returns its result.
#: The files that it leaves in the folder itself, not in folders there, are kept with the job.
TASKS: Mapping[str, Callable[..., Mapping[str, object] | None]] = {
    "look": import_tasks.look,
    "store": import_tasks.store,
    "train": model_tasks.train,
    "inspect": model_tasks.inspect,
    "backtest": model_tasks.backtest,
    "watch": model_tasks.watch,
    "compare": model_tasks.compare,
    "try_policy": policy_tasks.try_policy,
    "answer": answer_tasks.answer,
}
_FOLDERS = "goldseed-job-"


def run(job: str, settings: Settings) -> None:
    """Do this job, unless it was cancelled before it began or another process does it."""
    work_for_its_city(settings)
    engine = engine_for(settings.db_url)
    work = insisting(lambda: rows.claim(engine, job, this_host(), this_process(), datetime.now(UTC)))
    if work is None:
        return
    _remove_left_folders()
    with tempfile.TemporaryDirectory(prefix=_FOLDERS, ignore_cleanup_errors=True) as name:
        folder = Path(name)

        def end() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)  # at once, whatever the task is about: what it has not stored is lost

        with language.speaking(work.language):
            _do(engine, job, work, settings, folder, Pulse(engine, job, end))
    engine.dispose()


def _do(engine: Engine, job: str, work: rows.Work, settings: Settings, folder: Path, pulse: Pulse) -> None:
    def finish(
        state: str, says: str = "", result: Mapping[str, object] | None = None, files: Mapping[str, bytes] | None = None
    ) -> None:
        pulse.stop()
        insisting(lambda: rows.finish(engine, job, state, datetime.now(UTC), says=says, result=result, files=files))

    try:
        rows.lay_out(engine, job, folder)
        result = TASKS[work.kind](settings, folder, pulse, **work.arguments)
        finish("done", result=result, files=_made(folder))
    except NoLongerWanted:
        pulse.stop()
    except ShownToPeople as error:
        finish("failed", says=str(error))
    except BaseException as error:
        refused = value_trouble(error)
        finish("failed", says=str(refused) if refused else "")
        raise


def _made(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def _remove_left_folders() -> None:
    """A process that was killed leaves its folder, with what people sent."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDERS}*"):
        try:
            if time.time() - folder.stat().st_mtime > rows.KEPT.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another process removes it as well


if __name__ == "__main__":
    run(sys.argv[1], from_environment())
