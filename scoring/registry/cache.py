"""Cache of per-day results over all firms, in the model's folder; each file holds a key of all its inputs.

Explaining one firm takes a few numbers about all firms; reading all of them for it would be most of the wait. A file
with another key is not read: its content is computed anew from the facts.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pipeline
from pipeline.atomic_files import write_cache_file
from pipeline.catalog import catalog
from pipeline.sources import trust
from pipeline.store.data_version import DataVersion
from scoring.fingerprint import ROOMS_OF_A_DAY, code_fingerprint, fingerprint_of

#: Where facts are read: with the rooms of a score (fingerprint.py) all the code that figures of a day come from.
_READERS = (
    "facts.py",
    "fact_columns/cells.py",
    "fact_columns/kept_columns.py",
    "fact_columns/merging.py",
    "store/firm_selection.py",
    "catalog.py",
    "sources.py",
)


def key_of_returns(version: DataVersion, *about: object) -> str:
    """The key of a result that depends on the returns and these values alone."""
    return fingerprint_of(_reading(), version.returns, *about)


def key_of_data(version: DataVersion, *about: object) -> str:
    """The key of a result that depends on returns, events and these values."""
    return fingerprint_of(_reading(), version.returns, version.events, *about)


@cache
def _reading() -> str:
    """Fingerprint of what computes figures: the code, the catalogue, the trust in sources, and the libraries."""
    folder = Path(pipeline.__file__).parent
    readers = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _READERS]
    return fingerprint_of(
        code_fingerprint(ROOMS_OF_A_DAY), readers, dict(catalog()), trust(), np.__version__, pd.__version__
    )


def cached(path: Path, key: str) -> dict[str, Any] | None:
    """The content that `write_cached` wrote; None where there is none or it has another key."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("key") == key else None


def write_cached(path: Path, key: str, **content: object) -> None:
    """Writes a small result with its key, in place of that of an earlier key."""
    text = json.dumps({"key": key, **content})
    write_cache_file(path, lambda unfinished: unfinished.write_text(text, "utf-8"))
