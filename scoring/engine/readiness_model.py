"""The general engine: any numeric panel with a yes/no outcome -> a model whose scores come with reasons.

It knows nothing of firms, exchanges or databases. A model is a folder of text: nothing is unpickled.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scoring.engine import calibration as scale
from scoring.engine.additivity import check_they_add_up
from scoring.engine.bagged_lightgbm import Hyperparameters, Trainings, on_threads, safe_names, train_bags
from scoring.engine.calibration import Calibration
from scoring.engine.hyperparameter_search import search
from scoring.engine.inputs import (
    aligned,
    as_days,
    as_seed,
    check_columns,
    check_frame,
    day_numbers,
    directions_of,
    numeric,
)
from scoring.engine.leakage_checks import check_panel
from scoring.engine.rank_transform import ReferenceDistribution, ranks_among_all, ranks_by_day
from scoring.engine.search_rows import Rows, rows_to_search
from scoring.statistics.metrics import auc_within

if TYPE_CHECKING:
    from lightgbm import Booster

    from scoring.tree_shap.explainer import CompiledBooster

#: Half the interval of a score, in standard deviations over the bags.
_INTERVAL = 2.0
#: Parsed model texts in memory; models that differ only in their reference ranks share one text.
_TEXTS_CACHED = 8
#: The files of a model's folder: the trees, and four of JSON.
TREES, PARTS = "model.txt", ("features", "calibration", "references", "about")


@dataclass(frozen=True)
class Scores:
    """Scores of a frame's rows. points, probability: float per row; base_points + reasons = points within 1e-6.

    low_points, high_points: how far the points move when the model is trained again on other draws of the same
    data (mean of the bags +- 2 standard deviations); they do not cover what the data never showed.
    """

    points: pd.Series
    probability: pd.Series
    base_points: float
    low_points: pd.Series
    high_points: pd.Series
    log_odds: pd.Series
    _model: "ReadinessModel"
    _values: np.ndarray
    _columns: pd.Index
    _of_all: int

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """SHAP contributions in points: same rows and columns as the features. Checked to add up."""
        _, raw = self._model.explainer.explain(self._values, of_all=self._of_all)
        points = self._model.calibration.points_of_reasons(raw)
        check_they_add_up(self.points.to_numpy(), self.base_points, points)
        places = [self._model.features.index(str(name)) for name in self._columns]
        return pd.DataFrame(points[:, places], index=self.points.index, columns=self._columns)


@dataclass(frozen=True)
class ReadinessModel:
    """Bagged trees with their calibration. `bags`: the number of trees of each bag, in their order. `references`: rank
    tables, the last is the default; empty: the trees see raw values.

    `intercept_offset`: added to the calibrated log-odds for the probability alone (base rate of the coming year).
    """

    features: list[str]
    directions: list[int]
    text: str
    bags: list[int]
    calibration: Calibration
    references: list[ReferenceDistribution] = field(default_factory=list)
    intercept_offset: float = 0.0
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def booster(self) -> "Booster":
        return _boosters.of(self.text)

    @property
    def explainer(self) -> "CompiledBooster":
        """The exact TreeSHAP explainer of these trees."""
        return _explainer(self.text)

    @cached_property
    def base(self) -> float:
        """The mean raw score of the training rows: the base value of SHAP."""
        any_row = np.full((1, len(self.features)), np.nan)
        return float(np.asarray(self.booster.predict(any_row, pred_contrib=True, num_threads=1))[0, -1])

    @property
    def base_points(self) -> float:
        """The points of a firm without reasons: they and its reasons add up to its points."""
        return self.calibration.points_of_base(self.base)

    def score(
        self, features: pd.DataFrame, reference: ReferenceDistribution | None = None, *, of_all: int | None = None
    ) -> Scores:
        """Points, probability and reasons of every row; a row's score depends on that row alone.

        `features`: the columns the model was trained on, in any order, NaN unknown. Raises UnknownFeatures, by name,
        for columns it was not trained on or lacks. `reference`: whose ranks to use (default: the model's latest).
        `of_all`: the rows are a part of so many; their reasons are then to the bit those of the whole.
        """
        values = self.values(features, reference)
        raw = self._raw(values)
        bags = self._raw_of_bags(values)
        log_odds = self.calibration.log_odds(raw)
        spread = _INTERVAL * bags.std(axis=0) * self.calibration.slope * scale.POINTS_PER_LOG_ODD
        points = self.calibration.points(raw)
        index = features.index

        def series(numbers: np.ndarray, name: str) -> pd.Series:
            return pd.Series(numbers, index=index, name=name)

        return Scores(
            points=series(points, "points"),
            probability=series(scale.sigmoid(log_odds + self.intercept_offset), "probability"),
            base_points=self.base_points,
            low_points=series(points - spread, "low_points"),
            high_points=series(points + spread, "high_points"),
            log_odds=series(log_odds, "log_odds"),
            _model=self,
            _values=values,
            _columns=features.columns,
            _of_all=of_all or len(values),
        )

    def values(self, features: pd.DataFrame, reference: ReferenceDistribution | None = None) -> np.ndarray:
        """What the trees see: ranks where the model works on ranks, otherwise the values; float64, columns in order."""
        check_columns(features, self.features)
        table = numeric(features)[self.features]
        if not self.references:
            return table.to_numpy()
        return (reference or self.references[-1]).ranks(table).to_numpy()

    def _raw(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.booster.predict(values, raw_score=True, num_threads=1)) if len(values) else np.zeros(0)

    def _raw_of_bags(self, values: np.ndarray) -> np.ndarray:
        """(bags, rows): the raw scores of each bag alone."""
        if not len(values):
            return np.zeros((len(self.bags), 0))
        starts = np.cumsum([0, *self.bags])
        of_bags = [
            self.booster.predict(values, raw_score=True, start_iteration=int(start), num_iteration=trees, num_threads=1)
            for start, trees in zip(starts, self.bags, strict=False)
        ]
        return np.asarray(of_bags) * len(self.bags)

    def save(self, folder: Path | str) -> Path:
        """Writes a folder of text: model.txt, features.json, calibration.json, references.json and about.json."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TREES).write_text(self.text, encoding="utf-8", newline="\n")
        listed = [{"name": name, "direction": way} for name, way in zip(self.features, self.directions, strict=True)]
        write_json(folder / "features.json", {"features": listed, "ranks": bool(self.references)})
        write_json(
            folder / "calibration.json",
            {**self.calibration.as_json(), "shift": self.intercept_offset, "trees_of_bags": self.bags},
        )
        write_json(folder / "references.json", [reference.as_json() for reference in self.references])
        write_json(folder / "about.json", self.about)
        return folder

    @staticmethod
    def load(folder: Path | str) -> "ReadinessModel":
        """The model of a folder that `save` wrote."""
        folder = Path(folder)
        stored = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in PARTS}
        return ReadinessModel(
            features=[listed["name"] for listed in stored["features"]["features"]],
            directions=[listed["direction"] for listed in stored["features"]["features"]],
            text=(folder / TREES).read_text("utf-8"),
            bags=[int(trees) for trees in stored["calibration"]["trees_of_bags"]],
            calibration=Calibration.from_json(stored["calibration"]),
            references=[ReferenceDistribution.from_json(table) for table in stored["references"]],
            intercept_offset=float(stored["calibration"]["shift"]),
            about=stored["about"],
        )


class _BoostersOfAThread(threading.local):
    """One booster a thread: LightGBM stores in the booster itself which trees it is asked for, so that of two threads
    that ask one booster for different bags, each may get the other's answer."""

    def __init__(self) -> None:
        self.of = lru_cache(_TEXTS_CACHED)(_read_booster)


def _read_booster(text: str) -> "Booster":
    import lightgbm

    return lightgbm.Booster(model_str=text)


_boosters = _BoostersOfAThread()


@lru_cache(_TEXTS_CACHED)
def _explainer(text: str) -> "CompiledBooster":
    from scoring.tree_shap.explainer import CompiledBooster

    return CompiledBooster(text)


def fit(
    features: pd.DataFrame,
    label: pd.Series,
    when: pd.Series | None = None,
    firm: pd.Series | None = None,
    monotone: Mapping[str, int] | Sequence[int] | pd.Series | None = None,
    seed: int = 0,
    *,
    ranks: bool = False,
    label_days: int = 0,
    hyperparameters: Hyperparameters | None = None,
    trainings: Trainings = on_threads,
) -> ReadinessModel:
    """A model of a numeric panel. Hyperparameters are chosen on validation folds: later days where `when` has days
    and positives enough (a firm's earlier days may be trained on, as in use), else whole firms where `firm` is given.

    `features`: numbers, NaN unknown (infinities count as unknown); `label`: 0/1, same rows; `when`: the day (or
    year) of a row; `firm`: who it is about; `monotone`: +1 / -1 / 0 per column; `ranks`: let the trees see
    ranks within `when` (each day's rows are the reference), missing in the middle; `label_days`: days after `when`
    until the label is known, kept as a gap between inner training and validation; `hyperparameters`: skips the search;
    `trainings`: where folds and bags are trained.
    Raises CannotTrain (inputs.py and leakage_checks.py say when).
    """
    check_frame(features)
    seed = as_seed(seed)
    label = aligned(label, features)
    days = None if when is None else as_days(aligned(when, features))
    warnings = check_panel(features, label, days)
    names = [str(name) for name in features.columns]
    directions = directions_of(monotone, names)
    table = numeric(features)
    firms = None if firm is None else pd.factorize(aligned(firm, features))[0]
    references: list[ReferenceDistribution] = []
    if ranks:
        values, references = ranks_among_all(table) if days is None else ranks_by_day(table, days)
    else:
        values = table.to_numpy()
    # A frame that was handed over for this call alone is let go before the trees take their room.
    del features, table
    rows = Rows(values, label.to_numpy(dtype=float), None if days is None else day_numbers(days), firms)
    searched, _ = rows_to_search(rows, seed)
    search_result = search(searched, directions, seed, label_days, hyperparameters, trainings)
    text, bags = train_bags(values, rows.label, search_result.chosen, directions, seed, names, trainings)
    validated = np.isfinite(search_result.out_of_fold)
    out_of_fold = search_result.out_of_fold[validated]
    seen = searched.at(np.flatnonzero(validated))
    held_out = auc_within(seen.label, out_of_fold, np.zeros(len(out_of_fold)) if seen.day is None else seen.day)
    slope, intercept = scale.platt(out_of_fold, seen.label, seen.weight)
    model = ReadinessModel(
        features=names,
        directions=directions,
        text=text,
        bags=bags,
        calibration=Calibration(slope, intercept, 0.0),
        references=references[-1:],
        about={
            "rows": len(label),
            "positives": int(label.sum()),
            "columns": len(names),
            "seed": seed,
            "rows_searched": len(searched.label),
            "setting": search_result.chosen.__dict__,
            "protocol": search_result.protocol,
            "variants_tried": len(search_result.trials),
            "inner_auc": None if np.isnan(held_out) else round(held_out, 5),
            "tried": [trial.as_json() for trial in search_result.trials],
            "ranks": ranks,
            "column_names_in_model": safe_names(names) == names,
            "warnings": [{"msgid": warning.msgid, "params": dict(warning.params)} for warning in warnings],
        },
    )
    return replace(model, calibration=model.calibration.centred_on(model._raw(values)))


def write_json(path: Path, content: object) -> None:
    """Readable, and the same bytes for the same content."""
    path.write_bytes(as_text(content))


def as_text(content: object) -> bytes:
    """The bytes of such a file."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
