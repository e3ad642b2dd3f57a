"""How the functions of the exact reasons are compiled: no more than is called, since compiling is waited for.

Used by the other files of tree_shap.py. Numba makes a function callable from Python, from C and from compiled
code; for lists of arrays each such door takes a fifth of the compiling. All release the interpreter's lock or
are called by one that has, divide by zero as numpy does, and are kept on disk.
"""

from __future__ import annotations

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
    return nb.njit(types.void(*takes), **options) if takes else nb.njit(**options)


def called_from_compiled_code(**more: Any) -> Any:
    """For a function that only compiled code calls, with which it is kept on disk."""
    return nb.njit(**{"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more})
