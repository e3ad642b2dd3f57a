"""More processes of this machine: one for half of a work that two cores do in half the time, or one a core for the
parts of a work on many firms."""

import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Engine, func, select

from pipeline.city.city_file import City
from pipeline.city.in_force import city, set_city
from pipeline.store.database import engine_for
from pipeline.store.firm_selection import FIRMS_OF_A_RANGE
from pipeline.store.tables import Firm

_Part = TypeVar("_Part")
_Made = TypeVar("_Made")

#: Runs `function(engine, *arguments)` in another process, with an engine of its own, and gives what becomes of it.
Alongside = Callable[..., "Future[Any]"]
#: A part is small enough that the memory of each process is, and large enough that sending it costs little.
_FIRMS_AT_ONCE = 5_000
#: Parts under way for each process: the next is there when one is done.
_PARTS_AHEAD = 2


@contextmanager
def alongside(engine: Engine, processes: int = 1) -> Iterator[Alongside | None]:
    """Who does something meanwhile; None where this machine has one core, or the database is in this process alone.

    Functions, arguments and results are sent, so they have to be picklable. Who is waited for and is gone (killed, out
    of memory) raises BrokenProcessPool; what was begun ends with the context.
    """
    if (os.cpu_count() or 1) < 2 or engine.url.database in (None, "", ":memory:"):
        yield None
        return
    # Spawned, not forked: a fork beside threads of LightGBM or of a server may never run.
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    try:
        address = engine.url.render_as_string(hide_password=False)

        def begin(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
            return pool.submit(_done, address, city(), function, arguments)

        yield begin
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def processes_for(engine: Engine) -> Iterator["Processes | None"]:
    """A process for each core, where the database has so many firms that reading them once more each pays; else None:
    this process is quicker."""
    cores = os.cpu_count() or 1
    with engine.connect() as connection:
        some = select(Firm.id).limit(FIRMS_OF_A_RANGE + 1).subquery()
        many = (connection.scalar(select(func.count()).select_from(some)) or 0) > FIRMS_OF_A_RANGE
    if not many:
        yield None
        return
    with alongside(engine, cores) as begin:
        if begin is not None:
            for _core in range(cores):  # they load what takes a second while this process still does
                begin(_made_ready)
        yield None if begin is None else Processes(engine, begin, cores)


class Processes:
    """See workers.py: `Workers`. Where one of the processes is gone, the parts that are left are done in this one."""

    firms_at_once = _FIRMS_AT_ONCE
    elsewhere = True
    on_other_machines = False

    def __init__(self, database: Engine, begin: Alongside, count: int) -> None:
        self._database, self._begin, self._count = database, begin, count

    def each(self, function: Callable[..., Iterable[_Made]], parts: Sequence[_Part], *shared: Any) -> Iterator[_Made]:
        left = iter(parts)
        # Unpacked once in each process: a model that is shared lays its tables there once, and not for every part.
        given = pickle.dumps(shared, protocol=5)
        under_way: deque[tuple[_Part, Future[list[_Made]] | None]] = deque()

        def send(count: int) -> None:
            under_way.extend((part, self._begun(function, part, given)) for part in islice(left, count))

        try:
            send(_PARTS_AHEAD * self._count)
            while under_way:
                part, future = under_way.popleft()
                send(1)
                made = None if future is None else _unless_broken(future)
                yield from function(self._database, part, *shared) if made is None else made
        finally:
            for _part, future in under_way:
                if future is not None:
                    future.cancel()

    def _begun(
        self, function: Callable[..., Iterable[_Made]], part: _Part, given: bytes
    ) -> "Future[list[_Made]] | None":
        try:
            return self._begin(_listed, function, part, given)
        except BrokenProcessPool:
            return None


def _unless_broken(future: "Future[list[_Made]]") -> list[_Made] | None:
    """What the other process has made; None where it is gone."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None


# --- what runs in another process ------------------------------------------------------------------


def _done(address: str, of: City, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    set_city(of)
    return function(_own_database(address), *arguments)


def _made_ready(_database: Engine) -> None:
    import pandas  # noqa: F401 - what every part needs


@cache
def _own_database(address: str) -> Engine:
    return engine_for(address)


def _listed(database: Engine, function: Callable[..., Iterable[_Made]], part: Any, given: bytes) -> list[_Made]:
    return list(function(database, part, *_unpacked(given)))


@lru_cache(maxsize=1)
def _unpacked(given: bytes) -> tuple[Any, ...]:
    shared: tuple[Any, ...] = pickle.loads(given)
    return shared


__all__ = ["Alongside", "BrokenProcessPool", "Processes", "alongside", "processes_for"]
