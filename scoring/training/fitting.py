"""A training panel -> a model anchored to its day: ranks, score centre and expected rate are of that day's firms."""

from dataclasses import replace
from datetime import date

import numpy as np

from scoring.dataset.panel import Panel, Panels, useful_features
from scoring.engine import calibration as scale
from scoring.engine.bagged_lightgbm import Hyperparameters
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.engine.readiness_model import ReadinessModel, fit
from scoring.features.matrix import FEATURES

_DAYS_A_MONTH = 30


def fitted(
    panels: Panels, panel: Panel, as_of: date, seed: int, hyperparameters: Hyperparameters | None = None
) -> ReadinessModel:
    """The model of a training panel, anchored to `as_of`."""
    names = useful_features(panel)
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
    )
    return reanchored(model, panels, as_of)


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
