"""Tasks on a model: train one, inspect, backtest, monitor and compare.

Results that a page shows are cached beside the model (queries/model_cache.py).
"""

import signal
from datetime import UTC, date, datetime
from pathlib import Path

from dashboard.jobs.progress import Progress, StoringProgress
from dashboard.queries.model_cache import Inspection, ModelCache
from pipeline.accounts import audit
from pipeline.json_values import JsonObject
from pipeline.language import Message
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for

#: The plots of a model use at most so many of its own firms.
_MOST_FIRMS = 5_000


def train(
    settings: Settings,
    folder: Path,
    progress: StoringProgress,
    *,
    as_of: str,
    cohorts: list[str],
    event: str,
    within_months: int,
    seed: int,
    name: str | None,
    by: str,
) -> JsonObject:
    """Train a model as of a day, put it into the registry, and compute the plots of its page.

    Cancelled before it is stored, it leaves nothing; from then on it runs to its end, whatever signal it gets.
    """
    from scoring.registry import train_model

    def report(share: float, says: Message) -> None:
        if share >= 0.95:
            progress.begin_storing()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        progress(share * 0.89, str(says))

    trained = train_model.train(
        engine_for(settings.db_url),
        settings.models,
        date.fromisoformat(as_of),
        cohorts=cohorts,
        event=event,
        within_months=within_months,
        seed=seed,
        name=name,
        now=audit.utc(datetime.now(UTC)),
        progress=report,
        by=by,
    )
    inspect(settings, folder, lambda share, says: progress(0.87 + 0.13 * share, says), model=trained.id)
    return {"id": trained.id, "warnings": trained.warnings}


def inspect(settings: Settings, folder: Path, progress: Progress, *, model: str) -> None:
    """SHAP contributions and interactions of a model's own firms, for its plots."""
    from scoring.evaluation import plot_data
    from scoring.registry import registry

    engine = engine_for(settings.db_url)
    cache = ModelCache(engine, settings.models, model)
    path = cache.inspection_path()
    progress(0.05, _("Reading the firms of its day"))
    loaded, features = registry.own_firms(engine, settings.models, model)
    firms = len(features)
    if firms > _MOST_FIRMS:
        features = features.sample(_MOST_FIRMS, random_state=0).sort_index()
    progress(0.5, _("Working out every firm's reasons"))
    reasons = loaded.score(features).reasons
    progress(0.7, _("Working out which features act together"))
    pairs, pair_values = plot_data.interaction_tables(loaded, features)
    cache.write_inspection(path, Inspection(firms, reasons, features, pairs, pair_values))


def backtest(settings: Settings, folder: Path, progress: StoringProgress, *, model: str, dates: list[str]) -> None:
    """Train as this model was trained at each of the dates, and evaluate by the outcomes, beside the baselines."""
    import pandas as pd

    from scoring.dataset.snapshot import Snapshots
    from scoring.evaluation import backtest as backtests
    from scoring.registry import registry

    engine = engine_for(settings.db_url)
    stored = registry.load(engine, settings.models, model)
    seed = int(stored.model.about.get("seed", 0))
    panels = stored.panels(Snapshots(engine, stored.cohorts))
    parts = []
    for place, day in enumerate(dates):
        progress(place / (len(dates) + 0.3), _("Training on what was known on %(day)s, and judging", day=day))
        parts.append(backtests.scores_on(panels, date.fromisoformat(day), seed, known_by=settings.today()))
    scores = pd.concat(parts, ignore_index=True)
    progress(len(dates) / (len(dates) + 0.3), _("Working out intervals"))
    report = backtests.evaluate(scores, panels, draws=500, seed=seed)
    progress.begin_storing()
    ModelCache(engine, settings.models, model).write_backtest(scores, report.as_json())


def watch(settings: Settings, folder: Path, progress: Progress, *, model: str, cohort: str, day: str) -> None:
    """Does the model still fit the firms it scores?"""
    from scoring.scores.monitoring import monitor

    engine = engine_for(settings.db_url)
    cache = ModelCache(engine, settings.models, model)
    path = cache.result_path("watch", cohort, day)
    progress(0.1, _("Holding the firms of today against those it learned from"))
    report = monitor(engine, settings.models, date.fromisoformat(day), cohort=cohort, model_id=model)
    cache.write_result(path, report.as_json(), alone=True)


def compare(
    settings: Settings, folder: Path, progress: Progress, *, model: str, other: str, cohort: str, day: str
) -> None:
    """Two models on the same rows."""
    from scoring.scores import compare_models

    engine = engine_for(settings.db_url)
    cache = ModelCache(engine, settings.models, model)
    path = cache.result_path("compare", other, cohort, day)
    progress(0.1, _("Scoring the same firms with both"))
    as_of = date.fromisoformat(day)
    comparison = compare_models.compare(engine, settings.models, model, other, as_of=as_of, cohort=cohort)
    cache.write_result(path, comparison.as_json())
