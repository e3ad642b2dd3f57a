"""What the model pages show, worked out once by a job and kept as text beside the model; and every plot's table.

In the flow: a page -> jobs.py -> model_work.py -> **kept files** -> the page. A model's folder never changes, but an
import may restate what was known on its day: what is kept bears the mark of the imports it rests on.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.atomic_files import write_atomically, write_text_atomically
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import Firm, Import, Model

if TYPE_CHECKING:
    import pandas as pd

_FRAMES = ("reasons", "features", "pairs", "pair_values")
#: Inspections of so many models are kept in memory.
_IN_MEMORY = 3
#: The form of what is kept about a model; with another one the old is worked out anew.
_FORM = 2


def cohorts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Firm.cohort).distinct().order_by(Firm.cohort)))


def mark_of(engine: Engine) -> str:
    """Changes whenever an import comes in or is undone, or what is kept takes another form."""
    with Session(engine) as session:
        state = session.execute(select(func.max(Import.id), func.count().filter(Import.state != "stored"))).one()
    return "-".join(str(part or 0) for part in (*state, _FORM))


def shelf(engine: Engine, models_dir: Path, model_id: str) -> Path:
    """The folder of what is kept about a model. Raises NotFound for a model that the store does not have."""
    with Session(engine) as session:
        known = session.scalar(select(Model.id).where(Model.id == model_id))
    folder = Path(models_dir) / model_id
    if known is None or not (folder / "model.txt").exists():
        raise NotFound(
            Message(
                N_("There is no model %(name)s here. `goldseed models list` names those there are."),
                {"name": model_id[:80]},
            )
        )
    return folder / "bench"


# --- documents: watch, comparison, backtest --------------------------------------------------------


def document_path(engine: Engine, models_dir: Path, kind: str, model_id: str, *about: str) -> Path:
    """Where a document about a model is kept: one a kind, what it is about and state of the imports."""
    key = hashlib.sha256("\0".join(about).encode()).hexdigest()[:12]
    return shelf(engine, models_dir, model_id) / f"{kind}-{key}-{mark_of(engine)}.json"


def document(path: Path) -> dict[str, Any] | None:
    """A kept document; None where it has not been worked out."""
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep(path: Path, content: dict[str, Any]) -> None:
    """Keep a document whole: a reader sees the old one or the new one."""
    write_text_atomically(path, json.dumps(content, ensure_ascii=False, default=str))


def keep_backtest(
    engine: Engine, models_dir: Path, model_id: str, scores: "pd.DataFrame", content: dict[str, Any]
) -> None:
    """Keep the last backtest of a model: its scores, row by row, and its measures."""
    folder = shelf(engine, models_dir, model_id)
    write_atomically(folder / "backtest.csv", lambda unfinished: scores.to_csv(unfinished, index=False))
    keep(folder / "backtest.json", content)


def backtest_scores(engine: Engine, models_dir: Path, model_id: str) -> "pd.DataFrame | None":
    """Scores of the last backtest kept, else of the one that its training judged it by: firm_id, as_of, model,
    probability, label; None where there was neither."""
    import pandas as pd

    place = shelf(engine, models_dir, model_id)
    for file in (place / "backtest.csv", place.parent / "backtest.csv"):
        if file.exists():
            return pd.read_csv(file, dtype={"firm_id": str, "as_of": str, "model": str})
    return None


def backtest_measures(engine: Engine, models_dir: Path, model_id: str) -> dict[str, Any]:
    """Measures of the same backtest."""
    place = shelf(engine, models_dir, model_id)
    return document(place / "backtest.json") or document(place.parent / "measures.json") or {}


# --- inspections -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inspection:
    """`reasons`, `features`: a row a firm (of `firms` in all), a column a feature; the pairs as plots_data.py tells."""

    firms: int
    reasons: "pd.DataFrame"
    features: "pd.DataFrame"
    pairs: "pd.DataFrame"
    pair_values: "pd.DataFrame"


_inspections: dict[str, Inspection] = {}
_reading = threading.Lock()


def inspection_folder(engine: Engine, models_dir: Path, model_id: str) -> Path:
    return shelf(engine, models_dir, model_id) / f"inspection-{mark_of(engine)}"


def keep_inspection(folder: Path, found: Inspection) -> None:
    """Keep an inspection whole, in place of those of earlier imports."""
    new = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in _FRAMES:
        frame: pd.DataFrame = getattr(found, name)
        frame.to_csv(new / f"{name}.csv", index=frame.index.name == "firm_id", float_format="%.7g")
    (new / "firms").write_text(str(found.firms))
    for old in folder.parent.glob("inspection-*"):
        if old != new and "." not in old.name:
            shutil.rmtree(old, ignore_errors=True)
    new.replace(folder)


def inspection(folder: Path) -> Inspection | None:
    """A kept inspection; None where it has not been worked out."""
    import pandas as pd

    if not (folder / "firms").exists():
        return None
    key = f"{folder} {folder.stat().st_mtime_ns}"
    with _reading:
        if key not in _inspections:
            frames = {name: pd.read_csv(folder / f"{name}.csv", dtype={"firm_id": str}) for name in _FRAMES}
            for name in ("reasons", "features"):
                frames[name] = frames[name].set_index("firm_id")
            while len(_inspections) >= _IN_MEMORY:
                _inspections.pop(next(iter(_inspections)))
            _inspections[key] = Inspection(int((folder / "firms").read_text()), **frames)
        return _inspections[key]


# --- every plot's table ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Which table of which model: `feature` and `other` where it is about one or two of them."""

    engine: Engine
    models_dir: Path
    model_id: str
    feature: str | None = None
    other: str | None = None

    def inspection(self) -> Inspection:
        found = inspection(inspection_folder(self.engine, self.models_dir, self.model_id))
        if found is None:
            raise NotFound(Message(N_("This has not been worked out yet: open the model's page first."), {}))
        return found

    def measures(self) -> dict[str, Any]:
        from scoring.registry import registry

        found: dict[str, Any] = registry.show(self.engine, self.models_dir, self.model_id)["measures"]
        return found

    def scores(self) -> "pd.DataFrame":
        found = backtest_scores(self.engine, self.models_dir, self.model_id)
        if found is None:
            raise NotFound(Message(N_("This has not been worked out yet: open the model's page first."), {}))
        return found

    def features(self, found: Inspection) -> tuple[str, str | None]:
        """The features asked for, or the weightiest one. Raises NotFound for one that the model does not have."""
        from scoring.evaluation.plot_data import importance_of

        name = self.feature or str(importance_of(found.reasons)["feature"].iloc[0])
        for each in (name, self.other):
            if each is not None and each not in found.reasons:
                raise NotFound(Message(N_("This model has no feature %(name)s."), {"name": each[:80]}))
        return name, self.other


def importance(asked: Asked) -> "pd.DataFrame":
    from scoring.evaluation.plot_data import importance_of

    return importance_of(asked.inspection().reasons)


def reasons_of_all(asked: Asked) -> "pd.DataFrame":
    """The reasons of every firm inspected, not only of the dots drawn."""
    return asked.inspection().reasons.reset_index()


def dependence(asked: Asked) -> "pd.DataFrame":
    from scoring.evaluation.plot_data import dependence_of

    found = asked.inspection()
    name, other = asked.features(found)
    return dependence_of(found.reasons, found.features, name, other)


def interactions(asked: Asked) -> "pd.DataFrame":
    return asked.inspection().pairs


def pair(asked: Asked) -> "pd.DataFrame":
    """One pair, firm by firm; the strongest where none is named."""
    found = asked.inspection()
    if found.pairs.empty:
        return found.pair_values
    feature = asked.feature or found.pairs["feature"].iloc[0]
    other = asked.other or found.pairs["other"].iloc[0]
    values = found.pair_values
    return values[(values["feature"] == feature) & (values["other"] == other)]


def comparison(asked: Asked) -> "pd.DataFrame":
    """Every measure of the model and of each baseline with its interval: model, measure, value, low, high."""
    import pandas as pd

    rows = [
        (model, name, one["value"], one.get("low"), one.get("high"))
        for model, measures in (asked.measures().get("models") or {}).items()
        for name, one in measures.items()
        if isinstance(one, dict)
    ]
    return pd.DataFrame(rows, columns=["model", "measure", "value", "low", "high"])


def days(asked: Asked) -> "pd.DataFrame":
    return _normal(asked.measures().get("dates"))


def reliability(asked: Asked) -> "pd.DataFrame":
    return _normal(asked.measures().get("reliability"))


def subgroups(asked: Asked) -> "pd.DataFrame":
    return _normal(asked.measures().get("subgroups"))


def precision(asked: Asked) -> "pd.DataFrame":
    from scoring.evaluation import plot_data

    return plot_data.precision_at(asked.scores())


def lift(asked: Asked) -> "pd.DataFrame":
    from scoring.evaluation import plot_data

    return plot_data.lift_curve(asked.scores())


def backtest(asked: Asked) -> "pd.DataFrame":
    return asked.scores()


def drift(asked: Asked) -> "pd.DataFrame":
    """The features of the last watch that was kept."""
    files = sorted(
        shelf(asked.engine, asked.models_dir, asked.model_id).glob("watch-*.json"),
        key=lambda file: file.stat().st_mtime,
    )
    found = document(files[-1]) if files else None
    if found is None:
        raise NotFound(Message(N_("This has not been worked out yet: open the model's page first."), {}))
    return _normal(found["features"])


def _normal(rows: Any) -> "pd.DataFrame":
    import pandas as pd

    return pd.json_normalize(rows or [])


#: Every plot's data, for its CSV.
TABLES: dict[str, Callable[[Asked], "pd.DataFrame"]] = {
    "importance": importance,
    "beeswarm": reasons_of_all,
    "dependence": dependence,
    "interactions": interactions,
    "pair": pair,
    "comparison": comparison,
    "days": days,
    "reliability": reliability,
    "subgroups": subgroups,
    "precision": precision,
    "lift": lift,
    "backtest": backtest,
    "drift": drift,
}
