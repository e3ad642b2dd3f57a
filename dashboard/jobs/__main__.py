"""`python -m dashboard.jobs FOLDER`: do the job that the folder describes, and write down how it went."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.jobs import import_tasks, model_tasks, process
from pipeline import language
from pipeline.errors import ShownToPeople

#: How often a task's progress is written down at most.
_SECONDS_BETWEEN_STATES = 0.2
#: Every task: called with settings, the job's folder, a Progress and the job's arguments; returns the job's result.
TASKS: Mapping[str, Callable[..., Mapping[str, object] | None]] = {
    "look": import_tasks.look,
    "store": import_tasks.store,
    "train": model_tasks.train,
    "inspect": model_tasks.inspect,
    "backtest": model_tasks.backtest,
    "watch": model_tasks.watch,
    "compare": model_tasks.compare,
}


def run(folder: Path) -> None:
    """Do the job of this folder."""
    job = process.read_job(folder)
    last = 0.0

    def progress(share: float, says: str) -> None:
        nonlocal last
        if time.monotonic() - last > _SECONDS_BETWEEN_STATES:
            last = time.monotonic()
            process.write_state(folder, "running", share, says)

    with language.speaking(job.language):
        try:
            result = TASKS[job.kind](job.settings, folder, progress, **job.arguments)
            process.write_state(folder, "done", 1.0, result=result)
        except ShownToPeople as error:
            process.write_state(folder, "failed", says=str(error))
        except BaseException:
            process.write_state(folder, "failed", says=process.failure_text())
            raise


if __name__ == "__main__":
    run(Path(sys.argv[1]))
