"""Tables behind the pages of one model, made once and kept: its own firms scored, and what inspection.py says of them.

Below the model pages. A model's folder never changes, so what is worked out from it is kept by its name; the figures
it saw are those of its own day, which no later import changes.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.store.tables import Firm

if TYPE_CHECKING:
    import pandas as pd

    from scoring.engine import ReadinessModel, Scored

_scored: dict[tuple[str, str], tuple["ReadinessModel", "pd.DataFrame", "Scored"]] = {}
_KEPT = 3
_NAME = re.compile(r"[\w.\-]{1,60}")


def good_name(name: str) -> bool:
    """Whether a model may bear this name: its folder does, too."""
    return bool(_NAME.fullmatch(name)) and not name.startswith(".")


def cohorts(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Firm.cohort).distinct().order_by(Firm.cohort)))


def scored_own_firms(
    engine: Engine, models_dir: Path, model_id: str
) -> tuple["ReadinessModel", "pd.DataFrame", "Scored"]:
    """A model, the features of the firms it was centred on, and their scores with reasons."""
    from scoring import inspection

    key = (str(engine.url), model_id)
    if key not in _scored:
        model, features = inspection.own_firms(engine, models_dir, model_id)
        while len(_scored) >= _KEPT:
            _scored.pop(next(iter(_scored)))
        _scored[key] = (model, features, model.score(features))
    return _scored[key]


def importance(engine: Engine, models_dir: Path, model_id: str, _feature: str | None = None) -> "pd.DataFrame":
    from scoring import inspection

    return inspection.importance(scored_own_firms(engine, models_dir, model_id)[2])


def beeswarm(engine: Engine, models_dir: Path, model_id: str, _feature: str | None = None) -> "pd.DataFrame":
    from scoring import inspection

    _model, features, scored = scored_own_firms(engine, models_dir, model_id)
    return inspection.beeswarm(scored, features)


def dependence(engine: Engine, models_dir: Path, model_id: str, feature: str | None = None) -> "pd.DataFrame":
    from pipeline.errors import NotFound
    from pipeline.language import N_, Message
    from scoring import inspection

    model, features, scored = scored_own_firms(engine, models_dir, model_id)
    name = feature or str(scored.reasons.abs().mean().idxmax())
    if name not in model.features:
        raise NotFound(Message(N_("This model has no feature %(name)s."), {"name": name[:80]}))
    return inspection.dependence(scored, features, name)


def interactions(engine: Engine, models_dir: Path, model_id: str, _feature: str | None = None) -> "pd.DataFrame":
    from scoring import inspection

    model, features, _scored_firms = scored_own_firms(engine, models_dir, model_id)
    return inspection.interactions(model, features)


def reliability(engine: Engine, models_dir: Path, model_id: str, _feature: str | None = None) -> "pd.DataFrame":
    return _of_measures(engine, models_dir, model_id, "reliability")


def subgroups(engine: Engine, models_dir: Path, model_id: str, _feature: str | None = None) -> "pd.DataFrame":
    return _of_measures(engine, models_dir, model_id, "subgroups")


def _of_measures(engine: Engine, models_dir: Path, model_id: str, name: str) -> "pd.DataFrame":
    import pandas as pd

    from scoring import model_store

    shown: dict[str, Any] = model_store.show(engine, models_dir, model_id)
    return pd.json_normalize(shown["measures"].get(name) or [])


#: Every plot's data, for the page and for its CSV.
TABLES: dict[str, Callable[..., "pd.DataFrame"]] = {
    "importance": importance, "beeswarm": beeswarm, "dependence": dependence, "interactions": interactions,
    "reliability": reliability, "subgroups": subgroups,
}  # fmt: skip
