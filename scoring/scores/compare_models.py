"""Two models on the same rows: paired metrics, and the firms whose rank differs most, and why.

They are evaluated on a day that neither was trained on, where its outcomes are known; otherwise only ranks are
compared, and that is said.
"""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from scoring.dataset.labels import plus_months
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.readiness_model import ReadinessModel
from scoring.errors import NotScored
from scoring.features.matrix import FEATURES
from scoring.registry.registry import StoredModel, load
from scoring.scores.day_model import model_of_day
from scoring.statistics.bootstrap import Interval, firm_weights, metrics_of_day

_DRAWS, _MOVED = 1000, 20
_DIGITS = 5


@dataclass(frozen=True)
class PairedMetric:
    """A metric of both models and their difference on the same resamples of firms."""

    model: Interval
    other: Interval
    difference: Interval

    def as_json(self) -> dict[str, dict[str, float | None]]:
        return {
            "model": self.model.as_json(),
            "other": self.other.as_json(),
            "difference": self.difference.as_json(),
        }


@dataclass(frozen=True)
class RankChange:
    """A firm whose rank differs; `because`: the features whose points differ most, with that difference."""

    firm_id: str
    name: str | None
    rank: int
    other_rank: int
    because: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ModelComparison:
    """`model` against `other` on the eligible firms of a cohort on a day.

    `rank_agreement`: Spearman of the points; `moved`: the firms whose rank differs most. `auc`, `average_precision` and
    `positives` are None where the outcomes of the day are not known.
    """

    model: str
    other: str
    day: date
    cohort: str
    firms: int
    event: str
    within_months: int
    rank_agreement: float
    moved: tuple[RankChange, ...]
    auc: PairedMetric | None = None
    average_precision: PairedMetric | None = None
    positives: int | None = None

    @property
    def evaluated(self) -> bool:
        """Whether outcomes were known."""
        return self.auc is not None

    def as_json(self) -> JsonObject:
        document: JsonObject = {
            "model": self.model,
            "other": self.other,
            "day": self.day.isoformat(),
            "cohort": self.cohort,
            "firms": self.firms,
            "judged": self.evaluated,
            "event": self.event,
            "within_months": self.within_months,
            "rank_agreement": self.rank_agreement,
            "auc": None if self.auc is None else self.auc.as_json(),
            "average_precision": None if self.average_precision is None else self.average_precision.as_json(),
            "moved": [
                {
                    "firm_id": change.firm_id,
                    "name": change.name,
                    "rank": change.rank,
                    "other_rank": change.other_rank,
                    "because": [
                        {
                            "feature": name,
                            "zh": FEATURES[name].label.zh,
                            "en": FEATURES[name].label.en,
                            "points": round(points, 3),
                        }
                        for name, points in change.because
                    ],
                }
                for change in self.moved
            ],
        }
        return document if self.positives is None else {**document, "positives": self.positives}


def compare(engine: Engine, models_dir: Path, model: str, other: str, *, as_of: date, cohort: str) -> ModelComparison:
    """`model` against `other` on the firms of a cohort. Raises NotScored where no firm can be scored."""
    mine, theirs = load(engine, models_dir, model), load(engine, models_dir, other)
    snapshots = Snapshots(engine, [cohort])
    panels = replace(mine.panels(snapshots), within_months=min(mine.within_months, theirs.within_months))
    day, outcomes_known = _day_for_both(panels, mine, theirs, as_of)
    if snapshots.last_years(day).empty:
        raise NotScored(
            Message(
                N_("Nobody of %(cohort)s can be scored as of %(day)s: no figures of the last two years were known."),
                {"cohort": cohort, "day": day.isoformat()},
            )
        )
    # The risk set of the evaluation: by what is known today of the firms that had a terminal event by that day.
    known_by = as_of if outcomes_known else None
    models = [model_of_day(models_dir, stored, snapshots, day) for stored in (mine, theirs)]
    # Each model's features measure against the listing lines of its own day.
    features = [replace(panels, lines=stored.lines).eligible(day, known_by) for stored in (mine, theirs)]
    first, second = (model.score(table[model.features]) for model, table in zip(models, features, strict=True))
    ranks = pd.DataFrame(
        {"rank": first.points.rank(ascending=False), "other_rank": second.points.rank(ascending=False)}
    )
    comparison = ModelComparison(
        model=model,
        other=other,
        day=day,
        cohort=cohort,
        firms=len(features[0]),
        event=mine.event,
        within_months=panels.within_months,
        rank_agreement=round(float(ranks["rank"].corr(ranks["other_rank"], method="spearman")), 4),
        moved=tuple(_moved(ranks, snapshots.on(day).labels["name"], features, models)),
    )
    if not outcomes_known:
        return comparison
    label = panels.evaluated(day, as_of).label.to_numpy(dtype=float)
    weight = firm_weights(first.points.index.to_numpy(), _DRAWS, 0).loc[first.points.index].to_numpy().T
    ours, others = (metrics_of_day(label, scores.points.to_numpy(), weight) for scores in (first, second))
    auc, average_precision = (
        PairedMetric(
            *(Interval.of(values, _DIGITS) for values in (ours[name], others[name], ours[name] - others[name]))
        )
        for name in ("auc", "average_precision")
    )
    return replace(comparison, auc=auc, average_precision=average_precision, positives=int(label.sum()))


def _day_for_both(panels: Panels, mine: StoredModel, theirs: StoredModel, as_of: date) -> tuple[date, bool]:
    """The latest day that neither model was trained on and whose outcomes are known by `as_of`, and True; else `as_of`
    itself and False."""
    start = max(mine.as_of, theirs.as_of)
    if mine.event == theirs.event:
        days = [plus_months(start, 12 * years) for years in range(20)]
        days = [day for day in days if plus_months(day, panels.within_months) <= as_of]
        for day in reversed(days):
            if not panels.snapshots.last_years(day).empty and panels.evaluated(day, as_of).label.sum() > 0:
                return day, True
    return as_of, False


def _moved(
    ranks: pd.DataFrame, names: pd.Series, features: list[pd.DataFrame], models: list[ReadinessModel]
) -> list[RankChange]:
    """The firms whose rank differs most; reasons are computed for them alone."""
    far = (ranks["rank"] - ranks["other_rank"]).abs().nlargest(_MOVED).index
    first, second = (
        model.score(table.loc[far, model.features]).reasons for model, table in zip(models, features, strict=True)
    )
    both = sorted(set(first.columns) | set(second.columns))
    gap = first.reindex(columns=both, fill_value=0.0) - second.reindex(columns=both, fill_value=0.0)
    return [
        RankChange(
            firm_id=str(firm),
            name=None if pd.isna(names.get(firm)) else names.get(firm),
            rank=int(ranks.at[firm, "rank"]),
            other_rank=int(ranks.at[firm, "other_rank"]),
            because=tuple((str(name), float(gap.at[firm, name])) for name in gap.loc[firm].abs().nlargest(3).index),
        )
        for firm in far
    ]
