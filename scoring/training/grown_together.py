"""Trees that the workers of a scheduler grow together with lightgbm.dask, each on its share of the rows.

For a panel that is too much for one machine, and only where it is asked for: which trees come out depends on how the
rows are divided, so they are not those of one machine, and how far they are from these is told.
"""

import warnings
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from datetime import date
from io import StringIO

import numpy as np

from pipeline.language import N_, Message
from pipeline.workers.dask_workers import DaskWorkers
from scoring.dataset.panel import Panel, Panels
from scoring.engine.bagged_lightgbm import Hyperparameters, averaged, safe_names
from scoring.engine.inputs import as_days, day_numbers, numeric
from scoring.engine.rank_transform import ranks_by_day
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import CannotTrain
from scoring.statistics.metrics import auc_within
from scoring.training.fitting import reanchored

_AUC_DIGITS, _POINTS_DIGITS = 5, 2


@dataclass(frozen=True)
class Difference:
    """Trees grown together beside those of one machine, with the same settings: the AUC of both within the days of the
    rows trained on, and how far the points of the day's firms lie apart (mean and largest)."""

    auc: float
    auc_of_one_machine: float
    mean_points: float
    largest_points: float
    firms: int

    @property
    def message(self) -> Message:
        text = N_(
            "Its trees were grown by several machines together; grown again, others may come out. On the rows trained "
            "on their AUC is %(auc)s, that of one machine's trees %(auc_of_one_machine)s; the points of %(firms)s "
            "firms lie %(mean_points)s apart on average, %(largest_points)s at most. The measures are those of one "
            "machine's trees."
        )
        return Message(text, asdict(self))


def grown_together(
    model: ReadinessModel, panels: Panels, panel: Panel, as_of: date, seed: int, workers: DaskWorkers
) -> tuple[ReadinessModel, Difference]:
    """The model with trees that the workers grow together, anchored to `as_of`, and how far it is from `model`, whose
    settings and line of probabilities it has. Raises CannotTrain where the workers do not reach each other."""
    values, _ = ranks_by_day(numeric(panel.features[model.features]), as_days(panel.when))
    label = panel.label.to_numpy(dtype=float)
    settings = Hyperparameters(**model.about["setting"])
    seeds = [seed * 1000 + bag for bag in range(settings.bags)]
    texts = [_bag(workers, values, label, settings, model, bag_seed) for bag_seed in seeds]
    trees = [text.count("\nTree=") for text in texts]
    together = reanchored(replace(model, text=averaged(texts), bags=trees), panels, as_of)
    day = day_numbers(as_days(panel.when))
    auc, usual = (auc_within(label, _raw(each, values), day) for each in (together, model))
    firms = panels.eligible(as_of)[model.features]
    apart = np.abs(together.score(firms).points - model.score(firms).points)
    difference = Difference(
        round(float(auc), _AUC_DIGITS),
        round(float(usual), _AUC_DIGITS),
        round(float(apart.mean()), _POINTS_DIGITS),
        round(float(apart.max()), _POINTS_DIGITS),
        len(firms),
    )
    return together, difference


def _raw(model: ReadinessModel, values: np.ndarray) -> np.ndarray:
    return np.asarray(model.booster.predict(values, raw_score=True, num_threads=1))


def _bag(
    workers: DaskWorkers,
    values: np.ndarray,
    label: np.ndarray,
    settings: Hyperparameters,
    model: ReadinessModel,
    seed: int,
) -> str:
    """The text of one bag, its columns named as in the model."""
    import dask.array
    import lightgbm

    parameters = {**settings.parameters(seed, model.directions)}
    del parameters["num_threads"]  # lightgbm.dask takes the threads of each worker
    share = -(-len(label) // max(1, len(workers.client.nthreads())))
    rows, labels = (dask.array.from_array(part, chunks=(share, *part.shape[1:])) for part in (values, label))
    trainer = lightgbm.DaskLGBMClassifier(client=workers.client, n_estimators=settings.rounds, **parameters)
    try:
        # It prints what it does, and warns that it takes the workers' threads.
        with workers.client.as_current(), redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            trainer.fit(rows, labels)
    except lightgbm.basic.LightGBMError as error:
        text = N_(
            "Not trained: the workers could not grow trees together: %(why)s. They need ports that reach each other; "
            "start the command anew, or leave --fit distributed out."
        )
        raise CannotTrain(Message(text, {"why": str(error).strip().rstrip(".")})) from error
    text = trainer.booster_.model_to_string(num_iteration=-1)
    numbered = " ".join(f"Column_{place}" for place in range(values.shape[1]))
    return str(text).replace(
        f"\nfeature_names={numbered}\n", f"\nfeature_names={' '.join(safe_names(model.features))}\n"
    )
