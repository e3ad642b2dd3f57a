"""Results about a model that a job worked out, cached as files beside the model.

A model's folder never changes, but an import may restate what was known on its day: the name of a cached file carries
the data version it rests on. A path is taken before the work begins, so that an import in between is not covered by it.

With PostgreSQL each result is stored in a row as well (scoring/registry/model_files.py), and a host that was asked
fetches what another has worked out.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from dashboard.bounded_cache import BoundedCache
from pipeline.atomic_files import write_atomically, write_text_atomically
from pipeline.store.data_version import data_version
from scoring.registry import model_files, registry

if TYPE_CHECKING:
    import pandas as pd

#: The folder of the cached files within the model's.
_PLOTS = "plots"
_BACKTEST = ("backtest.csv", "backtest.json")
_FRAMES = ("reasons", "features", "pairs", "pair_values")
#: The files of an inspection: where the last one is there, all are.
_FRAME_FILES, _LAST = tuple(f"{name}.csv" for name in _FRAMES), "firms"
#: The format of the cached files; files of another format are computed again.
_FORMAT = 2


@dataclass(frozen=True)
class Inspection:
    """SHAP contributions of a model's own firms.

    `reasons`, `features`: a row a firm (of `firms` in all), a column a feature; `pairs`, `pair_values`: as
    plot_data.interaction_tables returns them.
    """

    firms: int
    reasons: "pd.DataFrame"
    features: "pd.DataFrame"
    pairs: "pd.DataFrame"
    pair_values: "pd.DataFrame"


_inspections: BoundedCache[Inspection] = BoundedCache(3)


@dataclass(frozen=True)
class ModelCache:
    """The cached files of one model. Every method raises NoSuchModel for a model that the registry does not have."""

    engine: Engine
    models_dir: Path
    model_id: str

    def artifact_dir(self) -> Path:
        """The folder of the cached files."""
        folder = registry.folder_of(self.engine, self.models_dir, self.model_id)
        artifacts, earlier = folder / _PLOTS, folder / "bench"
        if earlier.exists() and not artifacts.exists():
            with suppress(OSError):  # another worker was faster
                earlier.rename(artifacts)  # its name until November 2026
        return artifacts

    def version(self) -> str:
        """Changes with every import. Events that an officer enters do not count: they are later than a model's day."""
        return f"{data_version(self.engine, event_kinds=()).returns}-{_FORMAT}"

    # --- results: monitoring, comparison ---------------------------------------------------------------

    def result_path(self, kind: str, *about: str) -> Path:
        """Where the result of a kind of work on this model is cached; `about`: what else it depends on."""
        key = hashlib.sha256("\0".join(about).encode()).hexdigest()[:12]
        path = self.artifact_dir() / f"{kind}-{key}-{self.version()}.json"
        self._bring(path.name)
        return path

    def write_result(self, path: Path, content: dict[str, Any], *, alone: bool = False) -> None:
        """Cache a result where result_path says. `alone`: the other results of its kind go."""
        kind = path.name.partition("-")[0]
        if alone:
            for old in path.parent.glob(f"{kind}-*.json"):
                old.unlink(missing_ok=True)
        write_cached(path, content)
        self._keep([path.name], instead_of=f"{kind}-" if alone else None)

    def latest_result(self, kind: str) -> dict[str, Any] | None:
        """The result of a kind that was cached last, whatever it depends on."""
        folder = self.artifact_dir()
        newest = model_files.newest_kept(self.engine, self.model_id, f"{_PLOTS}/{kind}-")
        if newest is not None:
            self._bring(newest.removeprefix(f"{_PLOTS}/"))
            return cached(folder.parent / newest)
        files = sorted(folder.glob(f"{kind}-*.json"), key=lambda file: file.stat().st_mtime)
        return cached(files[-1]) if files else None

    # --- the backtest ----------------------------------------------------------------------------------

    def write_backtest(self, scores: "pd.DataFrame", metrics: dict[str, Any]) -> None:
        """Store the last backtest of the model: its scores, row by row, and its metrics."""
        folder = self.artifact_dir()
        write_atomically(folder / "backtest.csv", lambda unfinished: scores.to_csv(unfinished, index=False))
        write_cached(folder / "backtest.json", metrics)
        self._keep(_BACKTEST)

    def backtest_scores(self) -> "pd.DataFrame | None":
        """Scores of the last backtest, else of the one made in training: firm_id, as_of, model, probability, label;
        None where there was neither."""
        import pandas as pd

        folder = self.artifact_dir()
        self._bring(*_BACKTEST)
        for file in (folder / "backtest.csv", folder.parent / "backtest.csv"):
            if file.exists():
                return pd.read_csv(file, dtype={"firm_id": str, "as_of": str, "model": str})
        return None

    def backtest_metrics(self) -> dict[str, Any]:
        """Metrics of the same backtest."""
        folder = self.artifact_dir()
        self._bring(*_BACKTEST)
        return cached(folder / "backtest.json") or cached(folder.parent / "measures.json") or {}

    # --- the inspection --------------------------------------------------------------------------------

    def inspection_path(self) -> Path:
        return self.artifact_dir() / f"inspection-{self.version()}"

    def inspection(self) -> Inspection | None:
        """The cached inspection; None where it has not been computed."""
        folder = self.inspection_path()
        if not (folder / _LAST).exists():
            self._bring(*(f"{folder.name}/{name}" for name in (*_FRAME_FILES, _LAST)))
        if not (folder / _LAST).exists():
            return None
        return _inspections.get(f"{folder} {folder.stat().st_mtime_ns}", lambda: _read_inspection(folder))

    def write_inspection(self, folder: Path, inspection: Inspection) -> None:
        """Cache an inspection where inspection_path says, in place of those of earlier data versions."""
        _write_inspection(folder, inspection)
        self._keep([f"{folder.name}/{name}" for name in (*_FRAME_FILES, _LAST)], instead_of="inspection-")

    # --- the other hosts -------------------------------------------------------------------------------

    def _bring(self, *names: str) -> None:
        """Let these files of the folder be as they are stored, if they are."""
        model_files.bring(self.engine, self.models_dir, self.model_id, [f"{_PLOTS}/{name}" for name in names])

    def _keep(self, names: Sequence[str], *, instead_of: str | None = None) -> None:
        """Let the other hosts have these files of the folder."""
        places = [f"{_PLOTS}/{name}" for name in names]
        files = model_files.read(self.artifact_dir().parent, places)
        begins = None if instead_of is None else f"{_PLOTS}/{instead_of}"
        model_files.keep_results(self.engine, self.model_id, files, gone=places, instead_of=begins)


def cached(path: Path) -> dict[str, Any] | None:
    """A cached result; None where it has not been computed."""
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_cached(path: Path, content: dict[str, Any]) -> None:
    """Cache a result; a reader sees the old file or the new one, never a part."""
    write_text_atomically(path, json.dumps(content, ensure_ascii=False, default=str))


def _write_inspection(folder: Path, inspection: Inspection) -> None:
    """Cache an inspection as a whole folder, in place of those of earlier data versions."""
    new = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in _FRAMES:
        frame: pd.DataFrame = getattr(inspection, name)
        frame.to_csv(new / f"{name}.csv", index=frame.index.name == "firm_id", float_format="%.7g")
    (new / _LAST).write_text(str(inspection.firms))
    for old in folder.parent.glob("inspection-*"):
        if old != new and "." not in old.name:
            shutil.rmtree(old, ignore_errors=True)
    new.replace(folder)


def _read_inspection(folder: Path) -> Inspection:
    import pandas as pd

    frames = {name: pd.read_csv(folder / f"{name}.csv", dtype={"firm_id": str}) for name in _FRAMES}
    for name in ("reasons", "features"):
        frames[name] = frames[name].set_index("firm_id")
    return Inspection(int((folder / _LAST).read_text()), **frames)
