"""Does the model still fit the firms it scores? Drift, expected and realised performance, and a plain verdict.

In the flow: score.py, drift.py -> **watch.py** -> the analyst's page: "retrain: no / look / yes, because …".
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

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

#: A drop of the AUC by more than this below what was measured at training is worth a look, twice it a new model.
_DROP = 0.05
#: With fewer events a realised AUC is told but decides nothing.
_FEWEST_EVENTS = 10
#: How often firms of the model's own day are redrawn, and the share of these that chance is given.
_DRAWS, _LINE = 200, 0.99


def watch(
    engine: Engine, models_dir: Path, as_of: date, *, cohort: str = "city", model_id: str | None = None
) -> dict[str, Any]:
    """The model in use against the firms of a cohort on a day.

    Keys: model, as_of, months_old, firms_before, firms_now, features [{feature, zh, en, psi, line, moved,
    missing_before, missing_now, missing_moved, out_of_range, calendar}], score {psi, line, moved} without the features
    that move with the calendar, expected_auc (before any label: what the probabilities themselves promise of the
    ranking), expected_auc_before (what they promise of the firms of the model's own day, with the same expected number
    of events: the one to compare it with, since careful probabilities promise less than was measured),
    expected_auc_line (the fall that chance exceeds once in a hundred), trained_auc, realised [{as_of, firms, events,
    auc}], verdict (no, look, yes), because {zh: […], en: […]}. Raises NotScored where nobody can be scored.
    """
    stored = model_for(engine, models_dir, as_of, cohort, model_id)
    own = Snapshots(engine, stored.cohorts)
    here = stored.panels(own.of([cohort]))
    now = None if here.snapshots.on(as_of).facts.empty else here.eligible(as_of)[stored.model.features]
    if now is None or now.empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": as_of.isoformat()},
            )
        )
    before = stored.panels(own).eligible(stored.as_of)[stored.model.features]
    features = [_told(name, drift_of(before[name].to_numpy(), now[name].to_numpy())) for name in stored.model.features]
    # The same ranks for both: what moves is the firms, not the table. The calendar is taken out of both: everybody is a
    # year older a year later.
    old_points, new_points = (stored.model.score(_timeless(one)).points.to_numpy() for one in (before, now))
    score = drift_of(old_points, new_points)
    today = model_of_day(models_dir, stored, own, as_of)
    promised = today.score(now).probability.to_numpy()
    promised_before = (
        replace(stored.model, intercept_offset=today.intercept_offset).score(before).probability.to_numpy()
    )
    months = (as_of.year - stored.as_of.year) * 12 + as_of.month - stored.as_of.month
    trained = next((one["auc"] for one in list_models(engine) if one["id"] == stored.id), None)
    found: dict[str, Any] = {
        "model": stored.id,
        "as_of": as_of.isoformat(),
        "cohort": cohort,
        "months_old": months,
        "firms_before": len(before),
        "firms_now": len(now),
        "features": features,
        "score": {"psi": _number(score.psi), "line": _number(score.line), "moved": score.moved},
        "expected_auc": _number(expected_auc(promised)),
        "expected_auc_before": _number(expected_auc(promised_before)),
        "expected_auc_line": _number(chance_fall(promised_before, len(promised))),
        "trained_auc": trained,
        "realised": realised(models_dir, stored, here, as_of),
    }
    verdict, causes = verdict_of(found)
    found["verdict"] = verdict
    found["because"] = {
        "zh": [one.in_language("zh_CN") for one in causes],
        "en": [one.in_language("en") for one in causes],
    }
    return found


def expected_auc(probability: np.ndarray) -> float:
    """The AUC that calibrated probabilities promise, before any label: each row counts as p of an event and 1-p of
    none."""
    return auc(
        np.r_[np.ones(len(probability)), np.zeros(len(probability))],
        np.r_[probability, probability],
        np.r_[probability, 1 - probability],
    )


def chance_fall(probability: np.ndarray, firms: int, seed: int = 0) -> float:
    """How far the expected AUC of so many firms, drawn like those given, falls below that of as many as are given:
    exceeded once in a hundred."""
    chance = np.random.default_rng(seed)
    first, second = (
        np.array([expected_auc(chance.choice(probability, size)) for _ in range(_DRAWS)])
        for size in (len(probability), firms)
    )
    return float(np.quantile(first - second, _LINE))


def realised(models_dir: Path, stored: StoredModel, panels: Panels, as_of: date) -> list[dict[str, Any]]:
    """How the model did on its own day and later ones whose horizon has run out by `as_of`, on the panels' firms."""
    found = []
    for years in range(20):
        day = plus_months(stored.as_of, 12 * years)
        if plus_months(day, stored.within_months) > as_of:
            break
        if panels.snapshots.on(day).facts.empty:
            continue
        came = panels.evaluated(day, as_of)
        if came.features.empty:
            continue
        model = model_of_day(models_dir, stored, panels.snapshots, day)
        points = model.score(came.features[model.features]).points
        area = auc(came.label.to_numpy(), points.to_numpy())
        found.append(
            {"as_of": day.isoformat(), "firms": len(points), "events": int(came.label.sum()), "auc": _number(area)}
        )
    return found


def verdict_of(found: dict[str, Any]) -> tuple[str, list[Message]]:
    """no, look or yes, with every cause."""
    grave, light = [], []
    if found["months_old"] > STALE_MONTHS:
        grave.append(Message(N_("the model is %(months)s months old (18 at most)"), {"months": found["months_old"]}))
    judged = [one for one in found["realised"] if one["events"] >= _FEWEST_EVENTS and one["auc"] is not None]
    if judged and found["trained_auc"]:
        drop = found["trained_auc"] - judged[-1]["auc"]
        cause = Message(
            N_("its AUC on %(day)s was %(auc)s, against %(trained)s when it was trained"),
            {"day": judged[-1]["as_of"], "auc": f"{judged[-1]['auc']:.3f}", "trained": f"{found['trained_auc']:.3f}"},
        )
        if drop > 2 * _DROP:
            grave.append(cause)
        elif drop > _DROP:
            light.append(cause)
    fall = found["expected_auc_before"] - found["expected_auc"]
    if fall > max(_DROP, found["expected_auc_line"]):
        light.append(
            Message(
                N_(
                    "its probabilities promise an AUC of %(now)s of these firms, and promised %(before)s "
                    "of those of its own day"
                ),
                {"now": f"{found['expected_auc']:.3f}", "before": f"{found['expected_auc_before']:.3f}"},
            )
        )
    counted = [one for one in found["features"] if not one.get("calendar")]
    moved = [one for one in counted if one["moved"]]
    aged = [one for one in found["features"] if one.get("calendar") and one["moved"]]
    gone = [one for one in found["features"] if one["missing_moved"] and one["missing_now"] > one["missing_before"]]
    if found["score"]["moved"]:
        light.append(
            Message(
                N_(
                    "the scores are spread otherwise than on the model's own day (PSI "
                    "%(psi)s, chance explains %(line)s)"
                ),
                {"psi": f"{found['score']['psi']:.3f}", "line": f"{found['score']['line']:.3f}"},
            )
        )
    if len(moved) > len(counted) / 4:
        light.append(
            Message(
                N_("%(count)s of %(all)s features moved more than chance explains"),
                {"count": len(moved), "all": len(counted)},
            )
        )
    if gone:
        light.append(Message(N_("%(count)s features are missing more often than before"), {"count": len(gone)}))
    beside = [_with_the_calendar(aged)] if aged else []
    if grave:
        return "yes", [*grave, *light, *beside]
    if light:
        return "look", [*light, *beside]
    calm = N_("%(count)s of %(all)s features moved more than chance explains, too few to ask for more")
    return "no", [Message(calm, {"count": len(moved), "all": len(counted)}), *beside]


def _with_the_calendar(aged: list[dict[str, Any]]) -> Message:
    names = [Label(one["zh"], one["en"]) for one in aged]
    return Message(N_("%(features)s moved with the calendar, as they must, and do not count"), {"features": names})


def _timeless(features: pd.DataFrame) -> pd.DataFrame:
    """The features with those unknown that move with the calendar."""
    return features.assign(**{name: np.nan for name in features if FEATURES[name].calendar})


def _told(name: str, drift: Drift) -> dict[str, Any]:
    return {
        "feature": name,
        "zh": FEATURES[name].label.zh,
        "en": FEATURES[name].label.en,
        "psi": _number(drift.psi),
        "line": _number(drift.line),
        "moved": drift.moved,
        "missing_before": drift.missing_before,
        "missing_now": drift.missing_now,
        "missing_moved": drift.missing_moved,
        "out_of_range": drift.out_of_range,
        "calendar": FEATURES[name].calendar,
    }


def _number(value: float) -> float | None:
    return round(float(value), 5) if value == value else None
