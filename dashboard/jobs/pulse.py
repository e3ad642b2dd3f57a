"""The signs of life of a running job, beside its task: how far it is, and whether it is still wanted."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from dashboard.jobs import rows
from dashboard.jobs.progress import NoLongerWanted
from pipeline.store.write_lock import SomebodyElseSaved

#: How often progress is written down at most, and a cancelled job notices: about as often as a page asks.
_SECONDS_BETWEEN_LOOKS = 0.5
#: How often a job gives a sign of life that has no progress to tell; rows.SILENT is several of these.
_SECONDS_BETWEEN_BEATS = 10.0
#: So often a job tries to put down what must be put down, where the database does not take it (30 s each with SQLite).
_TRIES = 20
#: The database does not answer, or somebody else goes on writing: it may take the same a moment later.
_NOT_TAKEN = (OperationalError, InterfaceError, SomebodyElseSaved)
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Pulse:
    """Called by the task as its progress; puts it down in a thread of its own, so that no task waits for the database,
    least of all for a lock that it holds itself: with SQLite, progress stands still while a file is stored.

    `give_up` is called in that thread once the job was cancelled, or given up, before it stored anything.
    """

    def __init__(self, engine: Engine, job: str, give_up: Callable[[], None]) -> None:
        self._engine, self._job, self._give_up = engine, job, give_up
        self._latest = (0.0, "")
        self._ended = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def __call__(self, share: float, says: str) -> None:
        self._latest = (share, says)

    def begin_storing(self) -> None:
        """See StoringProgress."""
        if not insisting(lambda: rows.begin_storing(self._engine, self._job, datetime.now(UTC))):
            raise NoLongerWanted

    def stop(self) -> None:
        """The task has ended; from now on the job's row is for its end."""
        self._ended.set()

    def _beat(self) -> None:
        told, at = (0.0, ""), time.monotonic()
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            latest = self._latest
            try:
                if latest != told or time.monotonic() - at > _SECONDS_BETWEEN_BEATS:
                    rows.beat(self._engine, self._job, datetime.now(UTC), *latest)
                    told, at = latest, time.monotonic()
                wanted = rows.is_wanted(self._engine, self._job)
            except _NOT_TAKEN as error:
                _log.warning("the job %s cannot give a sign of life: %s", self._job, error)
                continue
            if not wanted and not self._ended.is_set():
                self._give_up()
                return


def insisting(do: Callable[[], _T]) -> _T:
    """What `do` gives, tried again for some minutes where the database does not answer or others go on writing."""
    for _ in range(_TRIES - 1):
        try:
            return do()
        except _NOT_TAKEN as error:
            _log.warning("the database does not take what a job puts down: %s", error)
            time.sleep(1)
    return do()
