"""A firm's score explained: SHAP contributions one by one and in groups, beside its peers, and what changed in a year.

All numbers come from the stored run or from scoring the firm again with that run's own ranks; nothing here makes a
number up.
"""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.catalog import catalog
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Label, Message
from pipeline.store.current import Place, place_of
from pipeline.store.tables import Score, ScoreRun
from pipeline.tutoring.stages import EVENTS
from pipeline.wording import number_format
from pipeline.wording.cohorts import reference_label
from scoring.dataset.labels import risk_set
from scoring.engine.rank_transform import ReferenceDistribution
from scoring.errors import NotScored
from scoring.explain.counterfactuals import recourse_of
from scoring.explain.firm_snapshot import FirmSnapshot
from scoring.explain.next_steps import NextStep, next_steps
from scoring.explain.suggestion import TONGUES, Suggestion
from scoring.features.matrix import FEATURES, GROUPS, NEVER_FEATURES, shown
from scoring.scores.day_model import DayModel, model_for_one_firm
from scoring.scores.score_cohort import warnings_on
from scoring.scores.stored_scores import StoredReasons, low_coverage, stored_reasons

#: Reasons below this many points are told as a sum.
_WORTH_TELLING = 0.05
TOP_REASONS = 4


@dataclass(frozen=True)
class Reason:
    """One feature's SHAP contribution in points. `value`: of the feature, None where nobody reported it (it counts as
    average); `rank`: the share of the reference firms below it; `peer_median`: their median. Values on the feature's
    own scale (see Feature.unit)."""

    feature: str
    points: float
    value: float | None
    rank: float | None
    peer_median: float | None

    @property
    def label(self) -> Label:
        return FEATURES[self.feature].label

    @property
    def group(self) -> str:
        return FEATURES[self.feature].group

    @property
    def missing(self) -> bool:
        return self.value is None

    @property
    def shown_value(self) -> Label:
        return _shown(self.feature, self.value)

    @property
    def shown_median(self) -> Label:
        return _shown(self.feature, self.peer_median)

    def as_json(self) -> JsonObject:
        feature = FEATURES[self.feature]
        return {
            "feature": self.feature,
            "zh": feature.label.zh,
            "en": feature.label.en,
            "group": feature.group,
            "unit": feature.unit,
            "value": self.value,
            "missing": self.missing,
            "rank": self.rank,
            "peer_median": self.peer_median,
            "shown_zh": self.shown_value.zh,
            "shown_en": self.shown_value.en,
            "peer_median_zh": self.shown_median.zh,
            "peer_median_en": self.shown_median.en,
            "points": self.points,
            "direction": feature.direction,
            "actionable": feature.actionable,
        }

    def in_language(self, language: str) -> str:
        """The reason as a sentence."""
        tongue = "zh" if language == CHINESE else "en"
        if self.missing:
            msgid = N_("%(feature)s is unknown and counts as average: %(points)s points.")
        elif self.points > 0:
            msgid = N_(
                "%(feature)s is %(value)s (higher than %(rank)s of firms, median %(median)s): adds %(points)s points."
            )
        else:
            msgid = N_(
                "%(feature)s is %(value)s (higher than %(rank)s of firms, median %(median)s): takes %(points)s points."
            )
        params = {
            "feature": getattr(self.label, tongue),
            "value": getattr(self.shown_value, tongue),
            "median": getattr(self.shown_median, tongue),
            "rank": number_format.share_below(self.rank),
            "points": number_format.decimal(abs(self.points), 1),
        }
        return Message(msgid, params).in_language(language)


@dataclass(frozen=True)
class GroupSum:
    """The reasons of one group of features, added up (points)."""

    group: str
    points: float

    def as_json(self) -> dict[str, str | float]:
        label = GROUPS[self.group]
        return {"group": self.group, "zh": label.zh, "en": label.en, "points": self.points}


@dataclass(frozen=True)
class DoubtedFigure:
    """A figure in doubt on which the score or the rules of the boards rest (scores/doubts.py)."""

    fact: str
    year: int

    @property
    def label(self) -> Label:
        fact = catalog()[self.fact]
        return Label(f"{fact.zh}（{self.year} 年）", f"{fact.en} ({self.year})")

    def as_json(self) -> dict[str, str | int]:
        fact = catalog()[self.fact]
        return {"fact": self.fact, "year": self.year, "zh": fact.zh, "en": fact.en}


@dataclass(frozen=True)
class FirmExplanation:
    """Everything about one firm's score as of a day. base_points + the points of all reasons = points.

    `stored`: whether it is a stored score; `place`: its place in that run, None where not;
    `reference`, `reference_firms`: whose ranks, and of how many firms;
    `low_coverage`: much of the score rests on figures that nobody reported; `reasons`: the largest first;
    `other_warnings`: what its reader must know beside the figures in doubt; `what_would_raise`, `next_steps` (before
    it): None where they were not asked for.
    """

    firm_id: str
    name: str | None
    cohort: str
    as_of: date
    model: str
    model_as_of: date
    event: str
    within_months: int
    points: float
    low_points: float
    high_points: float
    probability: float
    base_points: float
    stored: bool
    place: Place | None
    low_coverage: bool
    expected_events: float | None
    reference: str | None
    reference_firms: int | None
    reasons: tuple[Reason, ...]
    figures_in_doubt: tuple[DoubtedFigure, ...]
    other_warnings: tuple[Message, ...]
    what_would_raise: tuple[Suggestion, ...] | None
    next_steps: tuple[NextStep, ...] | None

    @property
    def warnings(self) -> tuple[Message, ...]:
        """All that its reader must know, the figures in doubt last."""
        if not self.figures_in_doubt:
            return self.other_warnings
        what = N_("These figures are in doubt, and the score or the rules of the boards rest on them: %(figures)s.")
        return (*self.other_warnings, Message(what, {"figures": [figure.label for figure in self.figures_in_doubt]}))

    @property
    def groups(self) -> list[GroupSum]:
        """Reasons summed by group, the largest first; the sums add up to the same score."""
        sums: dict[str, float] = {}
        for reason in self.reasons:
            sums[reason.group] = sums.get(reason.group, 0.0) + reason.points
        return sorted((GroupSum(*item) for item in sums.items()), key=lambda group: -abs(group.points))

    def sentences(self, language: str) -> list[str]:
        """The score and its largest reasons in plain sentences of one language."""
        weighty = [reason for reason in self.reasons[:TOP_REASONS] if abs(reason.points) >= _WORTH_TELLING]
        lines = [self._opening().in_language(language), *(reason.in_language(language) for reason in weighty)]
        if self.low_coverage:
            thin = Message(N_("Thin data: much of this score rests on figures that nobody stated."))
            lines.append(thin.in_language(language))
        return lines

    def _opening(self) -> Message:
        times = 2 ** ((self.points - 50) / 5)
        return Message(
            N_(
                "%(points)s points: the odds of “%(event)s” within %(months)s months are %(times)s times those of a "
                "firm of 50 points (the mean of the firms of the model's day; 5 points double the odds)."
            ),
            {
                "points": number_format.decimal(self.points, 1),
                "times": number_format.decimal(times, 0 if times >= 10 else 1 if times >= 1 else 2),
                "months": self.within_months,
                "event": EVENTS.get(self.event, self.event),
            },
        )

    def as_json(self) -> JsonObject:
        """The explanation as `goldseed explain --json` prints it, both languages in it."""
        plain = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        document: dict[str, Any] = {
            **plain,
            **{name: None if self.place is None else getattr(self.place, name) for name in _OF_PLACE},
            "thin_data": self.low_coverage,
            "as_of": self.as_of.isoformat(),
            **_in_both("reference", None if self.reference is None else reference_label(self.reference)),
            "model_as_of": self.model_as_of.isoformat(),
            "reasons": [reason.as_json() for reason in self.reasons],
            "groups": [group.as_json() for group in self.groups],
            "not_in_score": [asdict(label) for label in NEVER_FEATURES],
            "figures_in_doubt": [figure.as_json() for figure in self.figures_in_doubt],
            "in_words": {tongue: self.sentences(language) for tongue, language in TONGUES.items()},
            "warnings": {
                tongue: [warning.in_language(language) for warning in self.warnings]
                for tongue, language in TONGUES.items()
            },
        }
        if self.what_would_raise is not None:
            document["what_would_raise"] = [suggestion.as_json() for suggestion in self.what_would_raise]
        if self.next_steps is not None:
            document["next_steps"] = [step.as_json() for step in self.next_steps]
        return document


def _in_both(name: str, label: Label | None) -> dict[str, str | None]:
    """A label as JSON tells it: name_zh and name_en."""
    return {f"{name}_{tongue}": None if label is None else getattr(label, tongue) for tongue in TONGUES}


_PLAIN_FIELDS = (
    "firm_id",
    "name",
    "cohort",
    "model",
    "event",
    "within_months",
    "points",
    "low_points",
    "high_points",
    "probability",
    "base_points",
    "stored",
    "expected_events",
    "reference",
    "reference_firms",
)


_OF_PLACE = ("rank", "scored", "district_rank", "district_scored")


def explain_firm(
    models_dir: Path,
    firm: FirmSnapshot,
    model_id: str | None = None,
    suggestions: bool = True,
    as_stored: bool = False,
) -> FirmExplanation:
    """The score of a firm that has been read, explained; with what would raise it unless `suggestions` is False.

    `as_stored`: tell the points and reasons of the stored run where it has the firm, whatever has been learnt of the
    firm since, and no next steps, which are of the day they are asked on; else all is worked out anew.

    Raises NotScored where no figures of the last two years were known, NotFound where no model is there.
    """
    day_model = model_for_one_firm(models_dir, firm.cohort_snapshots(), firm.as_of, model_id)
    stored, model, run = day_model.stored, day_model.model, day_model.run
    features = firm.features(stored.lines)
    if features.empty:
        raise NotScored(
            Message(
                N_("%(firm)s cannot be scored as of %(day)s: it has stated no figures of the last two years."),
                {"firm": firm.name or firm.id, "day": firm.as_of.isoformat()},
            )
        )
    mine = features[model.features]
    scored = model.score(mine)
    kept, place, why = _stored_score(firm.engine, run, firm.id)
    reference = model.references[-1] if model.references else None
    points, base, shares = float(scored.points.iloc[0]), scored.base_points, scored.reasons.iloc[0]
    low, high = float(scored.low_points.iloc[0]), float(scored.high_points.iloc[0])
    thin = bool(low_coverage(scored.reasons, mine).iloc[0])
    if as_stored and kept is not None and run is not None:
        points, base, thin = kept.points, run.base_points, kept.thin_data
        shares = pd.Series(why.points, dtype="float64").reindex(mine.columns, fill_value=0.0)
        if kept.low_points is not None and kept.high_points is not None:
            low, high = kept.low_points, kept.high_points
    stored_score = kept is not None and abs(kept.points - points) < 1e-6
    doubted = doubted_figures_of(firm)
    return FirmExplanation(
        firm_id=firm.id,
        name=firm.name,
        cohort=firm.cohort,
        as_of=firm.as_of,
        model=stored.id,
        model_as_of=stored.as_of,
        event=stored.event,
        within_months=stored.within_months,
        points=points,
        low_points=low,
        high_points=high,
        probability=float(scored.probability.iloc[0]) if kept is None else kept.probability,
        base_points=base,
        stored=stored_score,
        place=place if stored_score else None,
        low_coverage=thin,
        expected_events=None if run is None else run.expected_events,
        reference=reference.name if reference else None,
        reference_firms=reference.firms if reference else None,
        reasons=_reasons(shares, mine.iloc[0], model.values(mine)[0], reference),
        figures_in_doubt=doubted,
        other_warnings=tuple(_warnings(firm, day_model, features)),
        what_would_raise=recourse_of(models_dir, firm, day_model).suggestions if suggestions else None,
        next_steps=next_steps(firm, [figure.label for figure in doubted]) if suggestions and not as_stored else None,
    )


def _warnings(firm: FirmSnapshot, day_model: DayModel, features: pd.DataFrame) -> list[Message]:
    stored = day_model.stored
    warnings = warnings_on(stored, firm.as_of, firm.cohort)
    if day_model.run is None and day_model.ranks_of is not None:
        text = N_(
            "There are no scores of %(day)s: ranks are those among the firms of the last scores, of %(ranked_on)s."
        )
        about = {"day": firm.as_of.isoformat(), "ranked_on": day_model.ranks_of.as_of.isoformat()}
        warnings.append(Message(text, about))
    if risk_set(features.index, firm.events, stored.event, firm.as_of).empty:
        warnings.append(
            Message(N_("This firm has come to the end of the way already: the score says nothing about its future."))
        )
    return warnings


def doubted_figures_of(firm: FirmSnapshot) -> tuple[DoubtedFigure, ...]:
    """The figures in doubt of a firm, as known on the day it was read."""
    pairs = (figure.rsplit(" ", 1) for figure in firm.figures_in_doubt)
    return tuple(DoubtedFigure(fact, int(year)) for fact, year in pairs)


def _reasons(
    points: pd.Series, values: pd.Series, ranks: np.ndarray, reference: ReferenceDistribution | None
) -> tuple[Reason, ...]:
    reasons = []
    for (name, contribution), value, rank in zip(points.items(), values, ranks, strict=True):
        feature, missing = str(name), bool(np.isnan(value))
        median = reference.value_at(feature, 0.5) if reference else float("nan")
        reason = Reason(
            feature=feature,
            points=float(contribution),
            value=None if missing else float(value),
            rank=None if missing or reference is None else float(rank),
            peer_median=None if np.isnan(median) else float(median),
        )
        reasons.append(reason)
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.points)))


def _shown(feature: str, value: float | None) -> Label:
    number = float("nan") if value is None else value
    return Label(shown(feature, number, CHINESE), shown(feature, number, ENGLISH))


def _stored_score(
    engine: Engine, run: ScoreRun | None, firm_id: str
) -> tuple[Score | None, Place | None, StoredReasons]:
    if run is None:
        return None, None, StoredReasons()
    with Session(engine, expire_on_commit=False) as session:
        score = session.scalar(select(Score).where(Score.run_id == run.id, Score.firm_id == firm_id))
        why = stored_reasons(session, run, firm_id) or StoredReasons()
        return score, place_of(session, run.id, firm_id), why
