"""A training panel -> a model anchored to its day: ranks, score centre and expected rate are of that day's firms."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.language import N_, Message
from pipeline.workers.workers import Workers
from scoring.dataset.panel import Panel, Panels, useful_features
from scoring.engine import calibration as scale
from scoring.engine.bagged_lightgbm import Hyperparameters, Trainings, on_threads
from scoring.engine.hyperparameter_search import inner_folds
from scoring.engine.inputs import as_days, day_numbers
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.engine.readiness_model import ReadinessModel, fit
from scoring.engine.search_rows import Rows, rows_to_search
from scoring.errors import CannotTrain
from scoring.features.matrix import FEATURES
from scoring.statistics.metrics import auc_within
from scoring.training.baselines import BASELINES

_DAYS_A_MONTH = 30
_Task = TypeVar("_Task")
_Made = TypeVar("_Made")
#: On a worker: what was laid out by a function that came with several tasks, as long as the worker holds it.
_LAID_OUT: "WeakKeyDictionary[Callable[[], Any], Any]" = WeakKeyDictionary()


def fitted(
    panels: Panels, panel: Panel, as_of: date, seed: int, hyperparameters: Hyperparameters | None = None
) -> ReadinessModel:
    """The model of a training panel, anchored to `as_of`. Raises CannotTrain."""
    names = useful_features(panel)
    if not names:
        text = N_("Not trained: none of the figures that a score rests on is stated by enough of the %(rows)s rows.")
        raise CannotTrain(Message(text, {"rows": len(panel.label)}))
    directions = {name: FEATURES[name].direction for name in names}
    model = fit(
        panel.features[names],
        panel.label,
        panel.when,
        panel.firm,
        directions,
        seed,
        ranks=True,
        label_days=panels.within_months * _DAYS_A_MONTH,
        hyperparameters=hyperparameters,
        trainings=trainings_by(panels.snapshots.workers),
    )
    return reanchored(model, panels, as_of)


def trainings_by(workers: Workers) -> Trainings:
    """Trainings in this process, or on other machines: each runs on one thread, so the same bytes come out. Other
    processes of this machine would each lay out the rows once more, which threads share."""
    if not workers.on_other_machines:
        return on_threads

    def on_workers(
        train: Callable[[Any, _Task], _Made], tasks: Sequence[_Task], lay_out: Callable[[], Any]
    ) -> list[_Made]:
        return list(workers.each(_trained, tasks, train, lay_out))

    return on_workers


def _trained(
    _database: Engine, task: _Task, train: Callable[[Any, _Task], _Made], lay_out: Callable[[], Any]
) -> Iterator[_Made]:
    if lay_out not in _LAID_OUT:
        _LAID_OUT[lay_out] = lay_out()
    yield train(_LAID_OUT[lay_out], task)


def held_out_baselines(panels: Panels, panel: Panel, seed: int) -> dict[str, float | None]:
    """The AUC of each baseline on the very rows on which the model's `inner_auc` was measured, trained on the same
    folds; None where it cannot be computed."""
    names = useful_features(panel)
    day = day_numbers(as_days(panel.when))
    every = Rows(panel.features[names].to_numpy(), panel.label.to_numpy(dtype=float), day, pd.factorize(panel.firm)[0])
    rows, places = rows_to_search(every, seed)
    if len(places) < len(panel.label):
        panel, day = _rows_of(panel, places), day[places]
    folds, _protocol = inner_folds(rows, seed, panels.within_months * _DAYS_A_MONTH)
    scores = {name: np.full(len(panel.label), np.nan) for name in BASELINES}
    for fold in folds:
        training = _rows_of(panel, fold.train)
        # A baseline ranks the firms of one day among themselves.
        for of_day in np.unique(day[fold.validation]):
            chosen = fold.validation[day[fold.validation] == of_day]
            for name, baseline in BASELINES.items():
                scores[name][chosen] = baseline(training, panel.features.iloc[chosen], names)
    validated = np.unique(np.concatenate([fold.validation for fold in folds]))
    aucs = {name: auc_within(rows.label[validated], of[validated], day[validated]) for name, of in scores.items()}
    return {name: None if np.isnan(auc) else round(float(auc), 5) for name, auc in aucs.items()}


def _rows_of(panel: Panel, places: np.ndarray) -> Panel:
    features, label, firm, when = (
        part.iloc[places].reset_index(drop=True) for part in (panel.features, panel.label, panel.firm, panel.when)
    )
    return Panel(features, label, firm, when)


def reanchored(model: ReadinessModel, panels: Panels, day: date) -> ReadinessModel:
    """The model re-anchored to a day: reference ranks, score centre (50 points) and base-rate offset are those of the
    firms eligible then."""
    firms = panels.eligible(day)[model.features]
    reference = ReferenceDistribution.of(firms, f"{'+'.join(panels.snapshots.cohorts)} {day.isoformat()}")
    model = replace(model, references=[reference])
    raw = model._raw(model.values(firms))
    calibration = model.calibration.centred_on(raw)
    rate = expected_rate(panels, day)
    return replace(model, calibration=calibration, intercept_offset=scale.offset_to(calibration.log_odds(raw), rate))


def expected_rate(panels: Panels, as_of: date) -> float:
    """The share of eligible firms expected to have the event: the mean of the last two known rates.

    At least half an event among all of them: a year without any does not make the next one impossible.
    """
    known = list(panels.known_rates(as_of, last=2).values())
    mean = float(np.mean([events / firms for events, firms in known])) if known else 0.01
    fewest = 0.5 / max((firms for _, firms in known), default=100)
    return float(min(max(mean, fewest), 0.5))
