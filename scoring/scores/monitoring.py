"""Monitoring: does the model still fit the firms it scores? Drift, expected and realised performance, and a status.

The status says whether to retrain: no, look (have a look) or yes, with every cause.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from scoring.dataset.labels import plus_months
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.errors import NotScored
from scoring.features.matrix import FEATURES
from scoring.registry.registry import StoredModel, list_models, model_for
from scoring.scores.day_model import model_of_day
from scoring.scores.score_cohort import STALE_MONTHS
from scoring.statistics.drift import Drift, drift_of
from scoring.statistics.metrics import auc

#: A drop of the AUC by more than this below that at training is worth a look, twice it a new model.
_DROP = 0.05
#: With fewer events a realised AUC is shown but decides nothing.
_FEWEST_EVENTS = 10
#: How often firms of the model's own day are resampled, and the quantile of these that is the threshold of chance.
_DRAWS, _LINE = 200, 0.99


class Status(StrEnum):
    """Whether to retrain."""

    NO = "no"
    LOOK = "look"
    YES = "yes"


@dataclass(frozen=True)
class FeatureDrift:
    """How far a feature drifted between the firms of the model's own day and those of today."""

    feature: str
    drift: Drift

    @property
    def label(self) -> Label:
        return FEATURES[self.feature].label

    @property
    def calendar(self) -> bool:
        """Whether it moves with the calendar by its making, so that its drift asks for no new model."""
        return FEATURES[self.feature].calendar

    def as_json(self) -> dict[str, str | float | bool | None]:
        return {
            "feature": self.feature,
            "zh": self.label.zh,
            "en": self.label.en,
            "psi": _number(self.drift.psi),
            "line": _number(self.drift.line),
            "moved": self.drift.moved,
            "missing_before": self.drift.missing_before,
            "missing_now": self.drift.missing_now,
            "missing_moved": self.drift.missing_moved,
            "out_of_range": self.drift.out_of_range,
            "calendar": self.calendar,
        }


@dataclass(frozen=True)
class RealisedDay:
    """The AUC of the model on a past day whose horizon has run out; None where it is undefined."""

    day: date
    firms: int
    events: int
    auc: float | None

    def as_json(self) -> dict[str, str | float | None]:
        return {"as_of": self.day.isoformat(), "firms": self.firms, "events": self.events, "auc": self.auc}


@dataclass(frozen=True)
class MonitoringReport:
    """A model against the firms of a cohort on a day.

    `score`: drift of the points without the features that move with the calendar. `expected_auc`: the AUC that the
    probabilities imply before any label; `expected_auc_before`: the same of the firms of the model's own day, with the
    same expected number of events (the one to compare it with, since well-calibrated probabilities imply less than was
    measured); `expected_auc_line`: the fall that chance exceeds once in a hundred. `trained_auc`: the out-of-time AUC
    at training, None where there was none.
    """

    model: str
    day: date
    cohort: str
    months_old: int
    firms_before: int
    firms_now: int
    features: tuple[FeatureDrift, ...]
    score: Drift
    expected_auc: float
    expected_auc_before: float
    expected_auc_line: float
    trained_auc: float | None
    realised: tuple[RealisedDay, ...]

    @property
    def status(self) -> Status:
        return self.assessment[0]

    @property
    def causes(self) -> list[Message]:
        return self.assessment[1]

    @cached_property
    def assessment(self) -> tuple[Status, list[Message]]:
        """The status with every cause."""
        grave, light = [], []
        if self.months_old > STALE_MONTHS:
            grave.append(Message(N_("the model is %(months)s months old (18 at most)"), {"months": self.months_old}))
        drop, cause = self._auc_drop()
        if cause and drop > 2 * _DROP:
            grave.append(cause)
        elif cause and drop > _DROP:
            light.append(cause)
        light += self._light_causes()
        aged = [row.label for row in self.features if row.calendar and row.drift.moved]
        beside = [_with_the_calendar(aged)] if aged else []
        if grave:
            return Status.YES, [*grave, *light, *beside]
        if light:
            return Status.LOOK, [*light, *beside]
        calm = N_("%(count)s of %(all)s features moved more than chance explains, too few to ask for more")
        return Status.NO, [Message(calm, {"count": len(self._moved), "all": len(self._counted)}), *beside]

    @property
    def _counted(self) -> list[FeatureDrift]:
        """The features whose drift counts."""
        return [row for row in self.features if not row.calendar]

    @property
    def _moved(self) -> list[FeatureDrift]:
        return [row for row in self._counted if row.drift.moved]

    def _auc_drop(self) -> tuple[float, Message | None]:
        """How far the last realised AUC with events enough lies below that at training; no cause without one."""
        known = [(row.day, row.auc) for row in self.realised if row.events >= _FEWEST_EVENTS and row.auc is not None]
        if not known or not self.trained_auc:
            return 0.0, None
        day, area = known[-1]
        cause = Message(
            N_("its AUC on %(day)s was %(auc)s, against %(trained)s when it was trained"),
            {"day": day.isoformat(), "auc": f"{area:.3f}", "trained": f"{self.trained_auc:.3f}"},
        )
        return self.trained_auc - area, cause

    def _light_causes(self) -> list[Message]:
        causes = []
        if self.expected_auc_before - self.expected_auc > max(_DROP, self.expected_auc_line):
            causes.append(
                Message(
                    N_(
                        "its probabilities promise an AUC of %(now)s of these firms, and promised %(before)s "
                        "of those of its own day"
                    ),
                    {"now": f"{self.expected_auc:.3f}", "before": f"{self.expected_auc_before:.3f}"},
                )
            )
        if self.score.moved:
            causes.append(
                Message(
                    N_(
                        "the scores are spread otherwise than on the model's own day (PSI "
                        "%(psi)s, chance explains %(line)s)"
                    ),
                    {"psi": f"{self.score.psi:.3f}", "line": f"{self.score.line:.3f}"},
                )
            )
        if len(self._moved) > len(self._counted) / 4:
            causes.append(
                Message(
                    N_("%(count)s of %(all)s features moved more than chance explains"),
                    {"count": len(self._moved), "all": len(self._counted)},
                )
            )
        gone = [
            row for row in self.features if row.drift.missing_moved and row.drift.missing_now > row.drift.missing_before
        ]
        if gone:
            causes.append(Message(N_("%(count)s features are missing more often than before"), {"count": len(gone)}))
        return causes

    def as_json(self) -> JsonObject:
        return {
            "model": self.model,
            "as_of": self.day.isoformat(),
            "cohort": self.cohort,
            "months_old": self.months_old,
            "firms_before": self.firms_before,
            "firms_now": self.firms_now,
            "features": [row.as_json() for row in self.features],
            "score": {"psi": _number(self.score.psi), "line": _number(self.score.line), "moved": self.score.moved},
            "expected_auc": _number(self.expected_auc),
            "expected_auc_before": _number(self.expected_auc_before),
            "expected_auc_line": _number(self.expected_auc_line),
            "trained_auc": self.trained_auc,
            "realised": [row.as_json() for row in self.realised],
            "verdict": self.status.value,
            "because": {
                "zh": [cause.in_language("zh_CN") for cause in self.causes],
                "en": [cause.in_language("en") for cause in self.causes],
            },
        }


def monitor(
    engine: Engine, models_dir: Path, as_of: date, *, cohort: str = "city", model_id: str | None = None
) -> MonitoringReport:
    """The model in use against the firms of a cohort on a day. Raises NotScored where no firm can be scored."""
    stored = model_for(engine, models_dir, as_of, cohort, model_id)
    own = Snapshots(engine, stored.cohorts)
    here = stored.panels(own.of([cohort]))
    now = None if here.snapshots.last_years(as_of).empty else here.eligible(as_of)[stored.model.features]
    if now is None or now.empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": as_of.isoformat()},
            )
        )
    before = stored.panels(own).eligible(stored.as_of)[stored.model.features]
    # The same ranks for both: what moves is the firms, not the table. The calendar is taken out of both: every firm is
    # a year older a year later.
    old_points, new_points = (stored.model.score(_without_calendar(firms)).points.to_numpy() for firms in (before, now))
    today = model_of_day(models_dir, stored, own, as_of)
    probability = today.score(now).probability.to_numpy()
    with_todays_rate = replace(stored.model, intercept_offset=today.intercept_offset)
    probability_before = with_todays_rate.score(before).probability.to_numpy()
    return MonitoringReport(
        model=stored.id,
        day=as_of,
        cohort=cohort,
        months_old=(as_of.year - stored.as_of.year) * 12 + as_of.month - stored.as_of.month,
        firms_before=len(before),
        firms_now=len(now),
        features=tuple(
            FeatureDrift(name, drift_of(before[name].to_numpy(), now[name].to_numpy()))
            for name in stored.model.features
        ),
        score=drift_of(old_points, new_points),
        expected_auc=expected_auc(probability),
        expected_auc_before=expected_auc(probability_before),
        expected_auc_line=chance_fall(probability_before, len(probability)),
        trained_auc=next((model.auc for model in list_models(engine) if model.id == stored.id), None),
        realised=tuple(realised(models_dir, stored, here, as_of)),
    )


def expected_auc(probability: np.ndarray) -> float:
    """The AUC that calibrated probabilities imply, before any label: each row counts as p of an event and 1-p of
    none."""
    return auc(
        np.r_[np.ones(len(probability)), np.zeros(len(probability))],
        np.r_[probability, probability],
        np.r_[probability, 1 - probability],
    )


def chance_fall(probability: np.ndarray, firms: int, seed: int = 0) -> float:
    """How far the expected AUC of `firms` firms, resampled from these, falls below that of as many as these:
    exceeded once in a hundred."""
    chance = np.random.default_rng(seed)
    first, second = (
        np.array([expected_auc(chance.choice(probability, size)) for _ in range(_DRAWS)])
        for size in (len(probability), firms)
    )
    return float(np.quantile(first - second, _LINE))


def realised(models_dir: Path, stored: StoredModel, panels: Panels, as_of: date) -> list[RealisedDay]:
    """The AUC on the model's own day and on later ones whose horizon has run out by `as_of`, of the panels' firms."""
    days = []
    for years in range(20):
        day = plus_months(stored.as_of, 12 * years)
        if plus_months(day, stored.within_months) > as_of:
            break
        if panels.snapshots.last_years(day).empty:
            continue
        outcomes = panels.evaluated(day, as_of)
        if outcomes.features.empty:
            continue
        model = model_of_day(models_dir, stored, panels.snapshots, day)
        points = model.score(outcomes.features[model.features]).points
        area = auc(outcomes.label.to_numpy(), points.to_numpy())
        days.append(RealisedDay(day, len(points), int(outcomes.label.sum()), _number(area)))
    return days


def _with_the_calendar(labels: list[Label]) -> Message:
    return Message(N_("%(features)s moved with the calendar, as they must, and do not count"), {"features": labels})


def _without_calendar(features: pd.DataFrame) -> pd.DataFrame:
    """The features with those set to missing that move with the calendar."""
    return features.assign(**{name: np.nan for name in features if FEATURES[name].calendar})


def _number(value: float) -> float | None:
    """Rounded; JSON knows no NaN."""
    return round(float(value), 5) if value == value else None
