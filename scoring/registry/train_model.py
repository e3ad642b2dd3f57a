"""Train a model on what was known on its day, evaluate it out of time, and register it with its folder.

The same data, code and seed give the same folder, byte for byte: what depends on the clock is in the database alone.
"""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.errors import ShownToPeople
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.store.tables import Model
from pipeline.store.write_lock import lock_writes
from pipeline.workers.dask_workers import DaskWorkers
from pipeline.workers.workers import Workers
from scoring.dataset.panel import Panel, Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.bagged_lightgbm import Hyperparameters
from scoring.engine.leakage_checks import FEWEST_POSITIVES
from scoring.engine.readiness_model import TREES, ReadinessModel, write_json
from scoring.errors import CannotTrain
from scoring.evaluation.backtest import Backtest, backtest_of, check_known
from scoring.evaluation.baselines_ahead import baselines_ahead, warning_of
from scoring.features.listing_lines import lines_on
from scoring.features.matrix import FEATURES
from scoring.fingerprint import code_fingerprint
from scoring.registry import model_files
from scoring.registry.model_card import card
from scoring.registry.registry import good_name
from scoring.statistics.seed_stability import SeedStability, stability_of
from scoring.training.fitting import fitted, held_out_baselines
from scoring.training.grown_together import grown_together

#: In a model's folder: the scores behind its metrics.
BACKTEST_FILE = "backtest.csv"
_BACKTEST_COLUMNS = ["firm_id", "as_of", "model", "probability", "label"]
_DAYS_A_MONTH = 30
#: A model is evaluated on at most so many past days.
_DAYS_MEASURED = 4
_DRAWS = 500
#: Past this, training three times costs more than it is worth: many rows are stable by themselves.
_ROWS_FOR_STABILITY = 30_000


def _no_progress(_share: float, _next: Message) -> None:
    return None


@dataclass(frozen=True)
class Trained:
    """A model that was registered: its name, folder, metrics and the warnings its reader must know."""

    id: str
    folder: Path
    measures: dict[str, Any]
    warnings: list[str]
    model: ReadinessModel

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "folder": str(self.folder),
            "measures": self.measures,
            "baselines_ahead": [ahead.as_json() for ahead in baselines_ahead(self.measures)],
            "warnings": self.warnings,
        }

    def __str__(self) -> str:
        ours = (self.measures.get("models") or {}).get("goldseed")
        if ours:
            measured = f"AUC {ours['auc']['value']:.3f} [{ours['auc']['low']:.3f}, {ours['auc']['high']:.3f}]"
        else:  # in brackets: rows held out, not later ones
            measured = f"(AUC {self.measures['inner_validation']['inner_auc']})"
        return "\n".join([f"{self.id}: {self.folder}", measured, *self.warnings])


def train(
    engine: Engine,
    models_dir: Path,
    as_of: date,
    *,
    cohorts: Sequence[str],
    event: str = "listed",
    within_months: int = 24,
    seed: int = 0,
    name: str | None = None,
    now: datetime,
    measured: bool = True,
    progress: Callable[[float, Message], None] = _no_progress,
    by: str = "console",
    workers: Workers | None = None,
    together: bool = False,
) -> Trained:
    """Train as of a day, evaluate out of time on the days before it, and register the model.

    `progress` is called with the share done and the next step; whatever it raises cancels the training, and nothing is
    stored. `by`: whose name stands in the audit log. `workers`: who reads the firms and trains folds, bags and the
    models of the days before (None: this process); the same bytes come out. `together`: workers of a scheduler grow
    each tree together instead, and the model says how far it is from the usual one (grown_together.py). Raises
    CannotTrain (leakage_checks.py), NoName for an invalid `name`, NameTaken for that of another model.
    """
    if name is not None and not good_name(name):
        raise NoName(
            Message(
                N_("Not trained: %(name)s is no name of a model. Take letters, digits, dots and dashes alone."),
                {"name": name[:80]},
            )
        )
    progress(0.0, Message(N_("Reading what was known")))
    lines = lines_on(as_of)
    panels = Panels(Snapshots(engine, cohorts, workers=workers), event, within_months, lines)
    check_known(panels)
    panel = panels.training(as_of)
    if panel.features.empty:
        raise CannotTrain(
            Message(
                N_(
                    "Not trained: by %(day)s no firm of %(cohorts)s has figures whose "
                    "horizon of %(months)s months has run out."
                ),
                {"day": as_of.isoformat(), "cohorts": ", ".join(cohorts), "months": within_months},
            )
        )
    progress(0.2, Message(N_("Training")))
    model = fitted(panels, panel, as_of, seed)
    progress(0.4, Message(N_("Judging it on the days before")))
    evaluated = evaluated_before(panels, as_of, seed) if measured else None
    measures: dict[str, Any] = {} if evaluated is None else {**evaluated.as_json()}
    # Beside it the inner validation: on rows held out, but used to choose the hyperparameters.
    measures["inner_validation"] = {name: model.about[name] for name in ("inner_auc", "protocol", "tried")}
    if measured and evaluated is None:
        measures["inner_validation"]["baselines"] = held_out_baselines(panels, panel, seed)
    progress(0.8, Message(N_("Training with other seeds")))
    stability = (
        _stability(panels, panel, model, as_of, seed).as_json()
        if measured and len(panel.label) <= _ROWS_FOR_STABILITY
        else None
    )
    if together:
        assert isinstance(workers, DaskWorkers), "others do not grow trees together"
        model, difference = grown_together(model, panels, panel, as_of, seed, workers)
        apart = {"msgid": difference.message.msgid, "params": dict(difference.message.params)}
        model = replace(model, about={**model.about, "grown_together": asdict(difference)})
        model.about["warnings"] = [*model.about["warnings"], apart]
    about = {
        **model.about,
        "as_of": as_of.isoformat(),
        "cohorts": list(cohorts),
        "event": event,
        "within_months": within_months,
        "data_fingerprint": panel.fingerprint,
        "listing_lines": lines.as_json(),
        "code_fingerprint": code_fingerprint(),
        "days": _days(panel),
        "stability": stability,
        "features_left_out": [name for name in FEATURES if name not in model.features],
    }
    model = replace(model, about=about)
    model_id = name or _name(about, as_of)
    progress(0.95, Message(N_("Writing the model's folder")))
    scores = None if evaluated is None else evaluated.scores
    folder = _stored(engine, models_dir, model_id, model, measures, scores, as_of, now, by)
    warnings = [str(Message(warning["msgid"], warning["params"])) for warning in about["warnings"]]
    if told := warning_of(baselines_ahead(measures)):
        warnings.append(str(told))
    return Trained(model_id, folder, measures, warnings, model)


def evaluated_before(panels: Panels, as_of: date, seed: int) -> Backtest | None:
    """The backtest over the days whose outcome was known on `as_of`; None where their past carries no model."""
    days = [day for day, (events, _) in panels.known_rates(as_of).items() if events > 0 and _carries(panels, day)]
    if not days:
        return None
    return backtest_of(panels, days[-_DAYS_MEASURED:], seed=seed, draws=_DRAWS, known_by=as_of)


def _stability(panels: Panels, panel: Panel, model: ReadinessModel, as_of: date, seed: int) -> SeedStability:
    """The same data with two other seeds: see seed_stability.py."""
    firms = panels.eligible(as_of)[model.features]
    hyperparameters = Hyperparameters(**model.about["setting"])
    others = [fitted(panels, panel, as_of, seed + step, hyperparameters) for step in (1, 2)]
    scores = [variant.score(firms) for variant in (model, *others)]
    return stability_of([of_variant.reasons for of_variant in scores], [of_variant.points for of_variant in scores])


def _carries(panels: Panels, day: date) -> bool:
    return panels.training(day).label.sum() >= FEWEST_POSITIVES


class NoName(ShownToPeople):
    """A name that could lead out of the folder of models."""


class NameTaken(ShownToPeople):
    """A model of this name exists and is another one."""


def _stored(
    engine: Engine,
    models_dir: Path,
    model_id: str,
    model: ReadinessModel,
    measures: dict[str, Any],
    scores: pd.DataFrame | None,
    as_of: date,
    now: datetime,
    by: str,
) -> Path:
    folder = Path(models_dir) / model_id
    about = model.about
    with Session(engine) as session, session.begin():
        lock_writes(session)
        known = session.get(Model, model_id)
        if known:
            model_files.bring(engine, models_dir, model_id)
        before = folder / TREES
        if known and before.exists() and before.read_text("utf-8") != model.text:
            raise NameTaken(
                Message(
                    N_("A model named %(name)s exists and is another one. Give this one another --name."),
                    {"name": model_id},
                )
            )
        if known is None:
            session.add(
                Model(
                    id=model_id,
                    trained_at=now,
                    as_of=as_of,
                    cohorts=about["cohorts"],
                    event=about["event"],
                    within_months=about["within_months"],
                    fingerprint=about["data_fingerprint"],
                    measures=measures,
                )
            )
            session.flush()
        else:
            known.measures = measures
        details = {
            "as_of": as_of,
            "cohorts": about["cohorts"],
            "event": about["event"],
            "within_months": about["within_months"],
            "data": about["data_fingerprint"],
        }
        beside = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(beside, ignore_errors=True)
        _write(beside, model_id, model, measures, scores)
        model_files.keep(session, model_id, model_files.read(beside))
        audit.record(session, people.console(by), "train_model", f"model:{model_id}", details, now)
        if before.exists():  # the same model again: the ranks of other days in its folder stay
            shutil.rmtree(beside)
            _write(folder, model_id, model, measures, scores)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
    return folder


def _write(
    folder: Path, model_id: str, model: ReadinessModel, measures: dict[str, Any], scores: pd.DataFrame | None = None
) -> None:
    model.save(folder)
    write_json(folder / "measures.json", measures)
    if scores is not None:
        # Every firm's score on the evaluated days: lift and precision are plotted from them without a second run.
        scores[_BACKTEST_COLUMNS].to_csv(folder / BACKTEST_FILE, index=False, float_format="%.6g", lineterminator="\n")
    for language, file in (("zh_CN", "card.md"), ("en", "card.en.md")):
        (folder / file).write_text(card(model_id, model, measures, language), encoding="utf-8", newline="\n")


def _name(about: Mapping[str, Any], as_of: date) -> str:
    digest = hashlib.sha256((about["data_fingerprint"] + about["code_fingerprint"]).encode()).hexdigest()[:6]
    seeded = f"-seed{about['seed']}" if about["seed"] else ""
    seeded += "-together" if "grown_together" in about else ""
    return (
        f"{'+'.join(about['cohorts'])}-{about['event']}-{as_of.isoformat()}-{about['within_months']}m{seeded}-{digest}"
    )


def _days(panel: Panel) -> list[dict[str, str | int]]:
    grouped = panel.label.groupby(panel.when.dt.strftime("%Y-%m-%d"))
    return [{"as_of": str(day), "firms": len(label), "events": int(label.sum())} for day, label in grouped]
