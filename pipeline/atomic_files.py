"""A file that appears whole or not at all: written beside its place, then renamed into it.

Whatever reads it meanwhile finds the old one or the new one, and a process that is killed leaves the old one.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file that then takes the place of `path`; its folder is made. Raises OSError.

    `write` is given the path to fill, in the same folder; where it raises, nothing is left behind and `path` is as it
    was.
    """
    unfinished = path.with_name(f".{os.getpid()}-{threading.get_ident()}-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text_atomically(path: Path, text: str) -> None:
    """As write_atomically, with a text in UTF-8 and its line ends as they are. Raises OSError."""
    write_atomically(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8", newline=""))


def write_cache_file(path: Path, write: Callable[[Path], object]) -> None:
    """As write_atomically, and where the folder cannot be written nothing is cached: it only saves time."""
    with suppress(OSError):
        write_atomically(path, write)
