"""Fingerprints: of the code that makes a score, and of any values."""

import hashlib
from pathlib import Path

#: The rooms whose code decides what a feature, a model or a score is, in the order of their imports.
ROOMS_OF_A_SCORE = ("statistics", "tree_shap", "features", "dataset", "engine", "training")


def code_files() -> list[Path]:
    """The source files of the rooms that make a score, in a fixed order."""
    scoring = Path(__file__).parent
    return [file for room in ROOMS_OF_A_SCORE for file in sorted((scoring / room).rglob("*.py"))]


def code_fingerprint() -> str:
    """sha256 over the code that makes features, models and scores: its first 16 hexadecimal digits."""
    digest = hashlib.sha256()
    scoring = Path(__file__).parent
    for file in code_files():
        digest.update(file.relative_to(scoring).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def fingerprint_of(*about: object) -> str:
    """A fingerprint of some values (by their repr): equal for equal values."""
    return hashlib.sha256("\x1f".join(map(repr, about)).encode()).hexdigest()[:16]
