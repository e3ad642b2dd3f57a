"""One more process of this machine, for half of a work that two cores do in half the time."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from pipeline.city.city_file import City
from pipeline.city.in_force import city, set_city
from pipeline.store.database import engine_for

#: Runs `function(engine, *arguments)` in the other process, with an engine of its own, and gives what becomes of it.
Alongside = Callable[..., "Future[Any]"]


@contextmanager
def alongside(engine: Engine) -> Iterator[Alongside | None]:
    """Who does something meanwhile; None where this machine has one core, or the database is in this process alone.

    Functions, arguments and results are sent, so they have to be picklable. Who is waited for and is gone (killed, out
    of memory) raises BrokenProcessPool; what was begun ends with the context.
    """
    if (os.cpu_count() or 1) < 2 or engine.url.database in (None, "", ":memory:"):
        yield None
        return
    # Spawned, not forked: a fork beside threads of LightGBM or of a server may never run.
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    try:
        address = engine.url.render_as_string(hide_password=False)

        def begin(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
            return pool.submit(_done, address, city(), function, arguments)

        yield begin
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _done(address: str, of: City, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    set_city(of)
    engine = engine_for(address)
    try:
        return function(engine, *arguments)
    finally:
        engine.dispose()


__all__ = ["Alongside", "BrokenProcessPool", "alongside"]
