"""Fingerprints: of the code that makes a score, and of any values."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

#: The rooms whose code decides what a feature, a model or a score is, in the order of their imports.
ROOMS_OF_A_SCORE = ("statistics", "tree_shap", "features", "dataset", "engine", "training")
#: The rooms whose code decides what is cached of a day beside a model: its ranks, and the changes of peers.
ROOMS_OF_A_DAY = (*ROOMS_OF_A_SCORE, "registry", "scores")


def code_files(rooms: Sequence[str] = ROOMS_OF_A_SCORE) -> list[Path]:
    """The source files of some rooms, in a fixed order."""
    scoring = Path(__file__).parent
    return [file for room in rooms for file in sorted((scoring / room).rglob("*.py"))]


def code_fingerprint(rooms: Sequence[str] = ROOMS_OF_A_SCORE) -> str:
    """sha256 over the code of some rooms (by default all that makes features, models and scores): its first 16
    hexadecimal digits."""
    digest = hashlib.sha256()
    scoring = Path(__file__).parent
    for file in code_files(rooms):
        digest.update(file.relative_to(scoring).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def fingerprint_of(*about: object) -> str:
    """A fingerprint of some values (by their repr): equal for equal values."""
    return hashlib.sha256("\x1f".join(map(repr, about)).encode()).hexdigest()[:16]
