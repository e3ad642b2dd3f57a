"""A small model of the small city, with measures written by hand: for the tests of the pages about models."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.store.tables import CITY, Model
from scoring import fit
from scoring.engine.readiness_model import ReadinessModel
from scoring.registry.train_model import _write

NAMES = ["revenue", "net_profit", "assets", "staff", "gross_margin", "years_since_founding"]
DAY = date(2026, 5, 1)


def _value(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def _model_measures(auc: float) -> dict[str, Any]:
    one = {
        name: _value(0.2, 0.1, 0.3)
        for name in (
            "average_precision",
            "precision_50",
            "recall_50",
            "recall_100",
            "precision_100",
            "top_decile_lift",
            "auc_among_rule",
        )
    }
    return {"auc": _value(auc, auc - 0.05, auc + 0.05), **one}


MEASURES: dict[str, Any] = {
    "models": {"goldseed": _model_measures(0.871), "net_profit": _model_measures(0.802)},
    "ours_minus": {"net_profit": {"auc": _value(0.069, 0.01, 0.12)}},
    "dates": [
        {
            "as_of": day,
            "firms": 12,
            "positives": 2,
            "expected": 1.5,
            "meets_rule": 4,
            "auc": {"goldseed": 0.87, "net_profit": 0.8},
        }
        for day in ("2023-05-01", "2024-05-01")
    ],
    "subgroups": [
        {
            "kind": "size",
            "group": "1–4 亿元",
            "rows": 40,
            "events": 5,
            "expected": 4.2,
            "selected": 0.2,
            "selected_low": 0.1,
            "selected_high": 0.3,
            "auc": _value(0.8, 0.7, 0.9),
        },
        {
            "kind": "district_code",
            "group": "440703",
            "rows": 40,
            "events": 1,
            "expected": 1.2,
            "selected": 0.1,
            "selected_low": 0.0,
            "selected_high": 0.2,
            "auc": {"value": None, "low": None, "high": None},
        },
    ],
    "reliability": [
        {"rows": 20, "expected": 0.01, "observed": 0.0, "events": 0},
        {"rows": 20, "expected": 0.2, "observed": 0.25, "events": 5},
    ],
    "notes": [],
    "draws": 500,
}


@cache
def small_model() -> ReadinessModel:
    """Trained on drawn figures under names of real features; net profit matters most, and staff beside assets."""
    chance = np.random.default_rng(5)
    table = pd.DataFrame(chance.normal(size=(400, len(NAMES))), columns=NAMES)
    lean = 1.6 * table["net_profit"] + table["assets"] * table["staff"] - 2.2
    label = pd.Series((chance.random(400) < 1 / (1 + np.exp(-lean))).astype(float))
    model = fit(table, label, monotone={"net_profit": 1}, ranks=True)
    model.about.update(
        as_of=DAY.isoformat(),
        cohorts=[CITY],
        event="tutoring_filed",
        within_months=24,
        data_fingerprint="d" * 64,
        code_fingerprint="c" * 16,
        days=[],
        stability=None,
        features_left_out=[],
    )
    return model


def put(engine: Engine, models_dir: Path, name: str = "small-2026") -> str:
    """Put the small model into the store under a name."""
    with Session(engine) as session, session.begin():
        session.add(
            Model(
                id=name,
                trained_at=datetime(2026, 5, 2, 8, 0),
                as_of=DAY,
                cohorts=[CITY],
                event="tutoring_filed",
                within_months=24,
                fingerprint="d" * 64,
                measures=MEASURES,
            )
        )
    _write(Path(models_dir) / name, name, small_model(), MEASURES)
    return name
