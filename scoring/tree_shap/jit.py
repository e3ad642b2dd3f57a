"""How the functions of the exact reasons are compiled: no more than is called, since compiling is waited for.

Used by the other files of tree_shap.py. Numba makes a function callable from Python, from C and from compiled
code; for lists of arrays each such door takes a fifth of the compiling. All release the interpreter's lock or
are called by one that has, divide by zero as numpy does, and are kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba as nb
from numba import types

# Rows as whoever has them: a matrix or a frame, row by row or column by column, also not to be written to. For each
# of these numba would compile anew if it were not told that one code is for all.
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
        with suppress(RuntimeError, OSError):  # no folder it may write to, or a full disk: nothing is kept then
            return ready(nb.njit(**options)(function))
        return ready(nb.njit(**{**options, "cache": False})(function))

    def ready(code: Any) -> Any:
        forget_old_code(code)
        if takes:
            code.compile(takes)
            code.disable_compile()
        return code

    return compiled


def kept_on_disk(code: Any) -> list[Path]:
    """Numba's index files of a function's compiled code; none where there is no folder for them."""
    if code.stats.cache_path is None:
        return []
    function = code.py_func
    name = f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"
    return list(Path(str(code.stats.cache_path)).glob(f"{name}-*.nbi"))


def forget_old_code(code: Any) -> None:
    """Numba looks at the function's own file only, but code of its neighbours is compiled into it."""
    newest = max(source.stat().st_mtime for source in Path(__file__).parent.glob("*.py"))
    for index in kept_on_disk(code):
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


def called_from_compiled_code(**more: Any) -> Any:
    """For a function that only compiled code calls, with which it is kept on disk."""
    return nb.njit(**{"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more})
