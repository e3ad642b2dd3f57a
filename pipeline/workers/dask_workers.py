"""The workers of a Dask scheduler: they read their parts from the database themselves, and send back what they made.

A worker that dies costs the time of its parts: the scheduler gives them to another. Nothing is stored there; what a
step stores, it stores itself, in one transaction, when everything has come back.
"""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from sqlalchemy import Engine

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.workers.sameness import Sameness, own_database, sameness_here

if TYPE_CHECKING:
    from distributed import Client, Future

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")

#: Smaller than a range of one machine, so that the last worker is not waited for by all others.
_FIRMS_AT_ONCE = 2_000
#: Parts under way for each thread of the workers: enough that none waits for this process, few enough for its memory.
_PARTS_AHEAD = 3
_SECONDS_TO_CONNECT = 20
#: A connection that breaks is taken up again so often, each time within so many seconds.
_MOST_RECONNECTIONS, _SECONDS_TO_RECONNECT = 3, 10
#: So long nobody may work before that is told: a machine that is started anew comes back sooner.
_SECONDS_WITHOUT_WORKERS = 60
_SECONDS_BETWEEN_LOOKS = 2


class NoWorkers(ShownToPeople):
    """The work cannot be given to workers, or they are gone."""


@contextmanager
def dask_workers(scheduler: str, engine: Engine) -> Iterator["DaskWorkers"]:
    """The workers of the scheduler at tcp://HOST:PORT (tls://… as Dask's own settings say), held against this program
    and database. Raises NoWorkers and WorkerDiffers."""
    if engine.dialect.name == "sqlite":
        text = N_(
            "A SQLite database is a file of one machine: workers of a scheduler need PostgreSQL. Leave --scheduler "
            "out, or set GOLDSEED_DB_URL=postgresql://…, here and for the workers."
        )
        raise NoWorkers(Message(text))
    try:
        import dask
        from distributed import Client
    except ModuleNotFoundError:
        text = N_("--scheduler needs Dask, which is not installed here: pip install 'goldseed[distributed]'")
        raise NoWorkers(Message(text)) from None
    # Rows of a panel go over in one piece; Dask would warn of it.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}):
        try:
            client = Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            text = N_(
                "No scheduler answers at %(scheduler)s: %(why)s. Start one (dask scheduler), or mend --scheduler."
            )
            why = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
            raise NoWorkers(Message(text, {"scheduler": scheduler, "why": why})) from error
        with client:
            workers = DaskWorkers(client, scheduler, sameness_here(engine))
            workers.look_at_each()
            yield workers


class DaskWorkers:
    """See workers.py: `Workers`. `expected`: what each worker must have in common with this process."""

    firms_at_once = _FIRMS_AT_ONCE
    elsewhere = on_other_machines = True

    def __init__(self, client: "Client", scheduler: str, expected: Sameness) -> None:
        self.client, self._scheduler, self._expected = client, scheduler, expected

    def look_at_each(self) -> None:
        """Raises WorkerDiffers where a worker would not give the results of this machine, NoWorkers without any. One
        that comes later is looked at before its first part."""
        if not self.client.scheduler_info(n_workers=-1)["workers"]:
            raise self._nobody()
        answers = self.client.run(_answer, self._expected, on_error="return")
        for worker, answer in sorted(answers.items()):
            if isinstance(answer, ImportError | AttributeError):
                raise _unknown_program(worker, answer)
            if isinstance(answer, Exception) and not isinstance(answer, OSError):  # an OSError: it has just gone
                raise answer

    def each(self, function: Callable[..., Iterable[_Made]], parts: Sequence[_Part], *shared: Any) -> Iterator[_Made]:
        under_way: deque[tuple[int, Future]] = deque()
        given: Future | None = None
        begun, connections = 0, 0
        try:
            while begun < len(parts) or under_way:
                if given is None:
                    connections += 1
                    name = f"goldseed-{function.__name__.strip('_').replace('_', '-')}-{uuid4().hex[:12]}"
                    # Sent once, as a result that the scheduler has made again where the worker that holds it dies.
                    given = self.client.submit(_unpacked, _packed(shared), key=f"{name}-shared")
                    under_way = deque(
                        (place, self._sent(name, place, given, function, parts)) for place, _ in under_way
                    )
                while begun < len(parts) and len(under_way) < self._parts_at_once():
                    under_way.append((begun, self._sent(name, begun, given, function, parts)))
                    begun += 1
                made = self._result(under_way[0][1], last_try=connections > _MOST_RECONNECTIONS)
                if made is None:  # the connection was lost, and all that was under way with it
                    given = None
                    continue
                under_way.popleft()
                yield from made
        finally:
            with suppress(CancelledError, OSError):
                if self.client.status == "running":
                    self.client.cancel([future for _, future in under_way] + [given] * (given is not None))

    def _sent(
        self, name: str, place: int, given: "Future", function: Callable[..., Any], parts: Sequence[Any]
    ) -> "Future":
        task = _packed((function, parts[place]))
        return self.client.submit(_done, task, given, self._expected, key=f"{name}-{place}")

    def _parts_at_once(self) -> int:
        try:
            return _PARTS_AHEAD * max(1, sum(self.client.nthreads().values()))
        except OSError:  # told, or mended, when a result is asked for
            return _PARTS_AHEAD

    def _result(self, future: "Future", last_try: bool) -> list[Any] | None:
        """What a part has given; None where the connection was lost and the scheduler answers again."""
        from distributed.scheduler import KilledWorker

        last_seen = monotonic()
        try:
            while True:
                try:
                    return list(future.result(timeout=_SECONDS_BETWEEN_LOOKS))
                except TimeoutError:
                    if future.done():
                        raise
                    if self.client.scheduler_info(n_workers=1)["workers"]:
                        last_seen = monotonic()
                    elif monotonic() - last_seen > _SECONDS_WITHOUT_WORKERS:
                        raise self._nobody() from None
        except KilledWorker as error:
            text = N_(
                "%(times)s workers died over the same part of the work; nothing was stored. Their logs say why; most "
                "often their memory is too small."
            )
            raise NoWorkers(Message(text, {"times": error.allowed_failures + 1})) from error
        except ModuleNotFoundError as error:
            raise _unknown_program("?", error) from error
        except (CancelledError, OSError) as error:
            if future.status == "error":  # raised by the step itself
                raise
            if not last_try and self._answers():
                return None
            text = N_("The scheduler at %(scheduler)s is gone; nothing was stored. Start it, and the command, anew.")
            raise NoWorkers(Message(text, {"scheduler": self._scheduler})) from error

    def _answers(self) -> bool:
        """Whether the scheduler can be asked again, within some seconds."""
        for _ in range(_SECONDS_TO_RECONNECT):
            with suppress(OSError):
                if self.client.status == "running":
                    self.client.nthreads()
                    return True
            sleep(1)
        return False

    def _nobody(self) -> NoWorkers:
        text = N_(
            "The scheduler at %(scheduler)s has no workers; nothing was stored. Start some: dask worker %(scheduler)s"
        )
        return NoWorkers(Message(text, {"scheduler": self._scheduler}))


def _unknown_program(worker: str, error: Exception) -> NoWorkers:
    text = N_(
        "The worker %(worker)s does not know this program, or another version of it: %(why)s. Install the version of "
        "this machine there, and start the worker in that environment."
    )
    return NoWorkers(Message(text, {"worker": worker, "why": str(error) or type(error).__name__}))


def _packed(content: object) -> bytes:
    # As bytes, so that Dask neither looks into it nor writes it into its log.
    return pickle.dumps(content, protocol=5)


# --- what runs on a worker -------------------------------------------------------------------------


def _answer(expected: Sameness) -> None:
    own_database(expected)


def _unpacked(content: bytes) -> Any:
    return pickle.loads(content)


def _done(task: bytes, shared: tuple[Any, ...], expected: Sameness) -> list[Any]:
    database = own_database(expected)
    function, part = pickle.loads(task)
    return list(function(database, part, *shared))
