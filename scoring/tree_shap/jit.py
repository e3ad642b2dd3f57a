"""How the kernels are compiled: only the entry points that are called, since the first user waits for compiling.

Numba makes a function callable from Python, from C and from compiled code; for lists of arrays each such wrapper takes
a fifth of the compile time. All kernels release the interpreter's lock or are called by one that has, divide by zero
as numpy does, and are cached on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba as nb
from numba import types

# Rows in any layout: from a matrix or a frame, row-major or column-major, also read-only. For each of these numba would
# compile anew if it were not told that one code is for all.
ROWS = types.Array(types.float64, 2, "A", readonly=True)
FLOATS, TABLE, CUBE = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]
INTS, INT_TABLE, CASES, BYTES = types.int64[::1], types.int64[:, ::1], types.uint64[::1], types.uint8[::1]
INT = types.int64


def called_from_python(*takes: Any, **more: Any) -> Any:
    """For a function that Python code calls, in several threads at a time; `more` are options of numba.njit.

    What it `takes` is compiled, or fetched from disk, when the function is defined; with nothing said, on its
    first call.
    """
    options = {"nogil": True, "cache": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more}

    def compiled(function: Callable[..., None]) -> Any:
        with suppress(RuntimeError, OSError):  # no folder it may write to, or a full disk: nothing is cached then
            return ready(nb.njit(**options)(function))
        return ready(nb.njit(**{**options, "cache": False})(function))

    def ready(code: Any) -> Any:
        drop_stale_code(code)
        if takes:
            code.compile(takes)
            code.disable_compile()
        return code

    return compiled


def cached_on_disk(code: Any) -> list[Path]:
    """Numba's index files of a function's compiled code; none where there is no folder for them."""
    if code.stats.cache_path is None:
        return []
    function = code.py_func
    name = f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"
    return list(Path(str(code.stats.cache_path)).glob(f"{name}-*.nbi"))


def drop_stale_code(code: Any) -> None:
    """Delete compiled code older than any file here: numba looks at the function's own file only, but code of other
    files is compiled into it."""
    newest = max(source.stat().st_mtime for source in Path(__file__).parent.glob("*.py"))
    for index in cached_on_disk(code):
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


def called_from_compiled_code(**more: Any) -> Any:
    """For a function that only compiled code calls, with which it is cached on disk."""
    return nb.njit(**{"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more})
