"""What was worked out from all firms of a day, kept in the model's folder and read only while it still holds.

In the flow: training.py -> **kept.py** -> score.py (the ranks of a day), reach.py (what firms of a size did). To
explain one firm takes a little of everybody's figures; reading everybody for it would be most of the wait. What is kept
is marked with all that it came from, and under another mark it is never read: it is worked out anew, from the facts.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

import pipeline
from pipeline.atomic_files import write_cache_file
from pipeline.catalog import catalog
from pipeline.sources import trust
from pipeline.store.data_version import data_version
from scoring.dataset.labels import ending_the_risk
from scoring.fingerprint import code_fingerprint, fingerprint_of

#: Where facts are read: with the files of scoring/ all the code that figures of a day come from.
_READERS = ("facts.py", "fact_columns.py", "catalog.py", "sources.py")


@dataclass(frozen=True)
class State:
    """Marks of what the database holds: `returns` of every import and the code that reads them, `events` of those that
    end a firm's risk. To be taken before the facts are read: what comes in meanwhile is then not under its mark."""

    returns: str
    events: str

    def of_returns(self, *about: object) -> str:
        """The mark of what follows from the returns and these words alone."""
        return fingerprint_of(self.returns, *about)

    def of_all(self, *about: object) -> str:
        """The mark of what follows from returns, events and these words."""
        return fingerprint_of(self.returns, self.events, *about)


def state_of(engine: Engine, event: str) -> State:
    """The state of the database for models of `event`: the version of its data, and of the code that reads them."""
    version = data_version(engine, ending_the_risk(event))
    return State(fingerprint_of(_reading(), version.returns), version.events)


@cache
def _reading() -> str:
    """What figures are made with: the code, the catalogue, whose word counts, and the libraries that compute."""
    folder = Path(pipeline.__file__).parent
    readers = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _READERS]
    return fingerprint_of(code_fingerprint(), readers, dict(catalog()), trust(), np.__version__, pd.__version__)


def note(path: Path, mark: str) -> dict[str, Any] | None:
    """What `write_note` left in a file; None where there is nothing or it is of another mark."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("mark") == mark else None


def write_note(path: Path, mark: str, **content: object) -> None:
    """A few words under a mark, in the place of those of an earlier mark."""
    text = json.dumps({"mark": mark, **content})
    write_cache_file(path, lambda unfinished: unfinished.write_text(text, "utf-8"))
