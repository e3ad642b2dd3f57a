"""How far firms changed within two years: the bounds of every suggestion.

A suggestion to a firm is bounded by what the firms of its size and industry did; all their changes are computed once
for a day and cached in the model's folder sorted by size, and for one firm only those of its size are read.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.atomic_files import write_cache_file
from pipeline.errors import ShownToPeople
from scoring.dataset.labels import plus_months
from scoring.dataset.snapshot import DayPart, Maker, Snapshots
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import FEATURES, features_on
from scoring.fingerprint import fingerprint_of
from scoring.registry import model_files
from scoring.registry.cache import key_of_returns
from scoring.registry.registry import StoredModel

#: A change that fewer than one in ten firms managed within two years is not suggested.
PERCENTILE_BOUND = 0.9
#: Firms are of a size where their revenues lie within a third of a decade of each other, either way.
_NEAR = 1 / 3
_FEWEST_PEERS = 30
#: The features whose changes at peers bound a suggestion.
MOVED: tuple[str, ...] = tuple(
    name for name, feature in FEATURES.items() if feature.actionable and feature.direction > 0
)
#: Cached files in one model's folder (days and states of the data); those of older ones are computed anew.
_CACHED_FILES = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeasibleChange:
    """How far firms of a size class moved each feature within two years: `up` the quantile of rises, by feature."""

    up: Mapping[str, float]
    firms: int


@dataclass(frozen=True)
class PeerChanges:
    """The changes of a cohort's firms, one column a firm, in the order of their size.

    `table` float64: its first row the revenue they began with on the money scale (NaN, unknown, comes last), its
    second their two-digit division of GB/T 4754 (NaN not stated), then a row for each of MOVED, how much it rose (NaN
    where it was unknown before or after).
    """

    table: np.ndarray

    @staticmethod
    def between(earlier: pd.DataFrame, later: pd.DataFrame, divisions: pd.Series) -> "PeerChanges":
        """From the features of the firms one to two years apart (index firm_id); firms of both days count.
        `divisions`: index firm_id, numbers."""
        both = earlier.index.intersection(later.index)
        earlier, later = earlier.loc[both], later.loc[both]
        size = earlier["revenue"].to_numpy(dtype=float)
        rises = (later.reindex(columns=MOVED) - earlier.reindex(columns=MOVED)).to_numpy(dtype=float)
        rows = np.vstack([size, divisions.reindex(both).to_numpy(dtype=float), rises.T])
        return PeerChanges(np.ascontiguousarray(rows[:, np.argsort(size, kind="stable")]))

    @property
    def firms(self) -> int:
        return self.table.shape[1]

    def feasible(self, size: float, division: float) -> FeasibleChange:
        """What firms did that are of this size (revenue on the money scale) and of this division of GB/T 4754.

        Firms of its size and industry where there are enough of them, else of its size, else all. A feature that too
        few knew is left out: nothing is suggested about it.
        """
        # Twice as wide as asked, so that rounding at the edge is settled by the comparison below alone.
        span = slice(*np.searchsorted(self.table[0], [size - 2 * _NEAR, size + 2 * _NEAR]))
        sizes, divisions = self.table[:2, span]
        near = np.abs(sizes - size) <= _NEAR
        rises = self.table[2:]
        for peers in (near & (divisions == division), near):
            if peers.sum() >= _FEWEST_PEERS:
                rises = self.table[2:, span][:, peers]
                break
        rise = pd.DataFrame(np.asarray(rises).T, columns=list(MOVED))
        known = rise.notna().sum() >= _FEWEST_PEERS
        up = rise.loc[:, known].quantile(PERCENTILE_BOUND)
        return FeasibleChange({str(name): float(value) for name, value in up.items() if value > 0}, len(rise))


def divisions_of(industry_codes: pd.Series) -> pd.Series:
    """The two-digit division of GB/T 4754 as a number: 38 of C3824; NaN where none is stated."""
    return industry_codes.str.extract(r"(\d{2})", expand=False).astype("float64")


def peer_changes_on(
    models_dir: Path, stored: StoredModel, snapshots: Snapshots, as_of: date, earlier: pd.DataFrame | None = None
) -> PeerChanges:
    """The changes of a cohort's firms up to a day: those cached in the model's folder, else computed and cached there.

    `snapshots`: of that cohort alone, knowing the state of the database from before anything was read; where they do
    not, nothing is cached. From what is known on `as_of`: what firms did, whenever it became known. `earlier`: what
    `earlier_features` made of the day's firms, where that was done already.
    """
    if snapshots.version is None:
        return _computed(snapshots, stored.lines, as_of, earlier)
    name = _file(stored, snapshots, as_of)
    try:
        return _loaded(snapshots.engine, models_dir, stored, name)
    except (OSError, ValueError, ShownToPeople):
        changes = _computed(snapshots, stored.lines, as_of, earlier)
    file = Path(models_dir) / stored.id / name
    write_cache_file(file, lambda unfinished: _save(unfinished, changes))
    _drop_oldest(file.parent)
    _keep(snapshots.engine, stored, name, changes, instead_of=f"reach/{_name(snapshots.cohorts, as_of)}-")
    return changes


def _loaded(engine: Engine, models_dir: Path, stored: StoredModel, name: str) -> PeerChanges:
    """Cached changes, on whichever host. Raises OSError or ValueError where there are none, and as bring."""
    file = model_files.bring(engine, models_dir, stored.id, [name]) / name
    return PeerChanges(np.load(file, mmap_mode="r", allow_pickle=False))


def _keep(engine: Engine, stored: StoredModel, name: str, changes: PeerChanges, *, instead_of: str) -> None:
    """Let the other hosts have what was worked out; where the database does not take it, it only saves them time."""
    content = BytesIO()
    np.save(content, changes.table, allow_pickle=False)
    try:
        model_files.keep_results(engine, stored.id, {name: content.getvalue()}, instead_of=instead_of)
        model_files.drop_results(engine, stored.id, "reach/", newest=_CACHED_FILES)
    except SQLAlchemyError as error:
        _log.warning("%s of the model %s is not stored for other hosts: %s", name, stored.id, error)


def stored_peer_changes(
    engine: Engine, models_dir: Path, stored: StoredModel, cohorts: Sequence[str], day: date
) -> PeerChanges | None:
    """The changes up to a day as they were last cached, on whichever host and whatever has come in since; None where
    none are.

    For a page beside the scores of that day: the bounds are then of the firms of whom the ranks are, and nobody waits
    until all firms are read.
    """
    if (name := model_files.newest_kept(engine, stored.id, f"reach/{_name(cohorts, day)}-")) is not None:
        with suppress(OSError, ValueError, ShownToPeople):
            return _loaded(engine, models_dir, stored, name)
    files = Path(models_dir, stored.id, "reach").glob(f"{_name(cohorts, day)}-*.npy")
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            return PeerChanges(np.load(file, mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError):
            continue
    return None


def earlier_features(snapshots: Snapshots, lines: ListingLines, as_of: date, years_back: int = 2) -> Maker:
    """Of the firms of a part the features of two years (or one) before, from what is known on `as_of`."""
    last_year = snapshots.last_years(as_of).max() - years_back
    return partial(_features_up_to, last_year=last_year, day=plus_months(as_of, -12 * years_back), lines=lines)


def _features_up_to(
    _database: Engine | Connection, part: DayPart, last_year: int, day: date, lines: ListingLines
) -> pd.DataFrame:
    known = part.facts[part.facts.index.get_level_values(1) <= last_year]
    return features_on(known, part.firms, day, lines)


def _file(stored: StoredModel, snapshots: Snapshots, as_of: date) -> str:
    """Its name in the model's folder."""
    assert snapshots.version is not None
    key = key_of_returns(snapshots.version, "reach", snapshots.cohorts, as_of, stored.lines)
    return f"reach/{_name(snapshots.cohorts, as_of)}-{key}.npy"


def _name(cohorts: Sequence[str], day: date) -> str:
    return f"{day.isoformat()}-{fingerprint_of(*cohorts)[:8]}"


def _computed(snapshots: Snapshots, lines: ListingLines, as_of: date, earlier: pd.DataFrame | None) -> PeerChanges:
    today = snapshots.on(as_of)
    if earlier is None:
        (earlier,) = today.each_part(lines, earlier_features(snapshots, lines, as_of))
    if earlier.empty:
        (earlier,) = today.each_part(lines, earlier_features(snapshots, lines, as_of, years_back=1))
    if earlier.empty:
        return PeerChanges(np.empty((2 + len(MOVED), 0)))
    return PeerChanges.between(earlier.sort_index(), today.features(lines), divisions_of(today.labels["industry_code"]))


def _save(file: Path, changes: PeerChanges) -> None:
    with file.open("wb") as stream:  # by its name alone, numpy would add an ending
        np.save(stream, changes.table, allow_pickle=False)


def _drop_oldest(folder: Path) -> None:
    """Only the newest stay: a city that is explained every day writes a file a day."""
    newest = sorted(folder.glob("*.npy"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in newest[_CACHED_FILES:]:
        old.unlink(missing_ok=True)
