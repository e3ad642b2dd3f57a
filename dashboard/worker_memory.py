"""Memory of the workers of a server: what they share, and what they give back.

A worker is a fork of the server. What the server has loaded by then is one copy in memory for all, as long as nobody
writes to it; a garbage collection would, so what is there before a fork is left out of it for good.
"""

import ctypes
import gc
from contextlib import suppress
from importlib import import_module

from scoring.engine.lightgbm_alone import take_lightgbm_alone

#: What workers load sooner or later.
_LOADED = ("pandas", "numba", "scoring.explain.full_explanation")
#: glibc's M_ARENA_MAX: heaps of threads, each of which keeps what its threads have freed.
_ARENA_MAX, _ARENAS = -8, 2


def share() -> None:
    """Load in the server what its workers need, to be called before it forks. Nothing is computed: no thread begins."""
    take_lightgbm_alone()
    for name in _LOADED:
        import_module(name)
    settle()


def settle() -> None:
    """Leave what there is by now, which will stay, out of every later garbage collection: looking through it takes a
    tenth of a second in the middle of somebody's page."""
    gc.collect()
    gc.freeze()


def bound_heaps() -> None:
    """So many heaps at most, however many threads answer; where the C library is not glibc, as it likes."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return freed memory to the system, which glibc keeps otherwise."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
