"""A file that appears whole or not at all: written beside its place, then renamed into it.

Whatever reads it meanwhile finds the old one or the new one, and a process that is killed leaves the old one.
"""

import os
import secrets
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


def made_once(path: Path, text: str) -> str:
    """The content of a file that its owner alone can read; made with this text where it is missing or empty.

    Written whole or not at all; where another process made it meanwhile, its content. Raises OSError.
    """
    with suppress(OSError):
        if found := path.read_text(encoding="ascii").strip():
            return found
        path.unlink()  # a disk that was full when it was made
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
