"""How the functions of the exact reasons are compiled: no more than is called, since compiling is waited for.

Used by the other files of tree_shap.py. Numba makes a function callable from Python, from C and from compiled
code; for lists of arrays each such door takes a fifth of the compiling. All release the interpreter's lock or
are called by one that has, divide by zero as numpy does, and are kept on disk.
"""

from __future__ import annotations

from typing import Any

import numba as nb


def called_from_python(**more: Any) -> Any:
    """For a function that Python code calls, in several threads at a time; `more` are options of numba.njit."""
    return nb.njit(**{"nogil": True, "cache": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more})


def called_from_compiled_code(**more: Any) -> Any:
    """For a function that only compiled code calls, with which it is kept on disk."""
    return nb.njit(**{"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy", **more})
