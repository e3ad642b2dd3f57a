"""Firms that never had a certificate as a high-tech enterprise, the likeliest to be recognised first.

    a model of first recognitions, where one was trained ──► by its points
    none ──► by the rule: fewest open conditions, then the highest innovation score

The second is no forecast and says so, with how many recognitions there were to learn from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.json_values import JsonObject
from pipeline.ladder import met
from pipeline.ladder.certificates import HNTE_RECOGNISED, recognitions_as_known_on
from pipeline.ladder.rungs import CERTIFICATE, Rung, rungs
from pipeline.language import N_, Label, Message
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.conditions import MET, NOT_MET, WORDS
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import recognition
from pipeline.rules.reports import check
from pipeline.store.tables import CITY, Firm, Model
from scoring.dataset.panel import Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.leakage_checks import FEWEST_POSITIVES
from scoring.errors import NoSuchModel
from scoring.features.listing_lines import lines_on
from scoring.registry.registry import StoredModel, at_hand, load
from scoring.scores.day_model import model_of_day

#: Months within which a recognition counts.
WITHIN_MONTHS = 12
#: So many are told.
MOST = 500
BY_MODEL, BY_RULE = "model", "rule"
_SCORE = "innovation_score"


@dataclass(frozen=True)
class Candidate:
    """`points`, `probability`: by the model, None by the rule; `verdict`, `missing`: what the conditions say today, and
    how many are not met or (counted twice) not known; `innovation_score` None: not stated; `condition`: the only one
    that it lacks."""

    firm_id: str
    name: str
    district: str
    points: float | None
    probability: float | None
    verdict: str
    missing: int
    innovation_score: float | None
    condition: Label | None

    def as_json(self) -> JsonObject:
        said = None if self.condition is None else {"zh": self.condition.zh, "en": self.condition.en}
        return {**vars(self), "condition": said}


@dataclass(frozen=True)
class Candidates:
    """`ranked_by`: BY_MODEL or BY_RULE; `model` None: none; `events`: recognitions within the horizon on the days whose
    outcome is known, `needed`: as many carry a model; `at_risk`: firms without a certificate."""

    day: date
    district: str | None
    ranked_by: str
    model: str | None
    model_as_of: date | None
    events: int
    needed: int
    at_risk: int
    firms: Sequence[Candidate]

    @property
    def why(self) -> Message:
        """By what they are ranked, and what that is worth."""
        if self.model is not None:
            text = N_("Ranked by the model of %(day)s: recognised as high-tech enterprise within 12 months.")
            return Message(text, {"day": "" if self.model_as_of is None else self.model_as_of.isoformat()})
        if self.events < self.needed:
            text = N_(
                "%(events)s first recognitions to learn from, at least %(needed)s are needed: no model. Ranked by the "
                "rule instead: fewest open conditions (an unknown one counts as two), then the highest innovation "
                "score; this is no forecast."
            )
        else:
            text = N_(
                "%(events)s first recognitions to learn from, and no model trained on them yet. Ranked by the rule "
                "until then: fewest open conditions (an unknown one counts as two), then the highest innovation score; "
                "this is no forecast."
            )
        return Message(text, {"events": self.events, "needed": self.needed})

    def as_json(self) -> JsonObject:
        return {
            "as_of": self.day,
            "district": self.district,
            "ranked_by": self.ranked_by,
            "model": self.model,
            "events": self.events,
            "needed": self.needed,
            "at_risk": self.at_risk,
            "why": str(self.why),
            "firms": [each.as_json() for each in self.firms],
        }


def candidates(session: Session, person: Person, day: date, models_dir: Path) -> Candidates:
    """The firms of this person's reach without a certificate by what was known on `day`, the likeliest first.

    A model dated after the day knows later outcomes and is not taken. Raises NotAllowed for whoever may not see the
    plan.
    """
    people.require(person, Action.SEE_PLAN)
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    statement = select(Firm.id, Firm.name, Firm.district_code).where(
        Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN)
    )
    named = {row.id: (row.name or row.id, row.district_code or "") for row in session.execute(statement)}
    certified = set(recognitions_as_known_on(session.connection(), day, CITY)["firm_id"])
    known, labels = check.inputs(session.connection(), day, cohort=CITY)
    at_risk = [firm for firm in labels.index if firm not in certified and firm in named]
    stored = latest_model(engine, models_dir, day)
    if stored is None:
        panels = Panels(Snapshots(engine, [CITY]), HNTE_RECOGNISED, WITHIN_MONTHS, lines_on(day))
        events = sum(count for count, _firms in panels.known_rates(day).values())
    else:
        events = sum(int(each["events"]) for each in stored.model.about.get("days", []))
    found: list[Candidate] = []
    if at_risk:
        verdicts = recognition.check(
            known[known.index.get_level_values("firm_id").isin(at_risk)], labels.loc[at_risk], day
        )
        scores = None if stored is None else _scored(engine, models_dir, stored, day)
        found = ranked(verdicts, named, scores)
    return Candidates(
        day=day,
        district=person.district_code,
        ranked_by=BY_RULE if stored is None else BY_MODEL,
        model=None if stored is None else stored.id,
        model_as_of=None if stored is None else stored.as_of,
        events=events,
        needed=FEWEST_POSITIVES,
        at_risk=len(at_risk),
        firms=found[:MOST],
    )


def latest_model(engine: Engine, models_dir: Path, day: date) -> StoredModel | None:
    """The latest model of first recognitions in the city that saw nothing after `day`; None without one."""
    with Session(engine) as session:
        statement = select(Model).where(Model.event == HNTE_RECOGNISED, Model.as_of <= day)
        rows = [row for row in session.scalars(statement) if CITY in row.cohorts]
    there = at_hand(engine, models_dir, [row.id for row in rows])
    here = sorted((row.as_of, row.trained_at, row.id) for row in rows if row.id in there)
    try:
        return load(engine, models_dir, here[-1][-1]) if here else None
    except NoSuchModel:  # taken away meanwhile
        return None


def _scored(engine: Engine, models_dir: Path, stored: StoredModel, day: date) -> pd.DataFrame:
    """points and probability of every firm of the city that could still be recognised, index firm_id."""
    snapshots = Snapshots(engine, [CITY])
    features = stored.panels(snapshots).eligible(day)
    if features.empty:
        return pd.DataFrame(columns=["points", "probability"], dtype="float64")
    model = model_of_day(models_dir, stored, snapshots, day)
    scored = model.score(features[model.features])
    return pd.DataFrame({"points": scored.points, "probability": scored.probability})


def ranked(verdicts: Verdicts, named: Mapping[str, tuple[str, str]], scores: pd.DataFrame | None) -> list[Candidate]:
    """The firms of `verdicts`, by `scores` (points and probability, index firm_id; firms without come last), or without
    scores by the rule: fewest open conditions, of as many the highest innovation score, unknown ones last."""
    rung = _rung()
    place = met.place_of(verdicts, rung)
    firms = [str(firm) for firm in verdicts.firm_ids]
    if place is None:
        return []
    missing = verdicts.conditions_missing[place].astype(int)
    states = verdicts.state[place]
    innovation = measure_values.value(verdicts.data, _SCORE, None)
    order = np.lexsort((np.array(firms), -np.nan_to_num(innovation, nan=-1.0), missing))
    points = np.full(len(firms), np.nan)
    probability = points.copy()
    if scores is not None:
        points = scores["points"].reindex(firms).to_numpy(dtype=float)
        probability = scores["probability"].reindex(firms).to_numpy(dtype=float)
        order = order[np.argsort(-np.nan_to_num(points[order], nan=-np.inf), kind="stable")]
    near = [firms[each] for each in order[:MOST] if states[each] == NOT_MET and missing[each] == 1]
    lacks = met.open_condition(verdicts, place, near)
    return [
        Candidate(
            firm_id=firms[each],
            name=named[firms[each]][0],
            district=named[firms[each]][1],
            points=_known(points[each]),
            probability=_known(probability[each]),
            verdict=WORDS[int(states[each])],
            missing=0 if states[each] == MET else int(missing[each]),
            innovation_score=_known(innovation[each]),
            condition=lacks.get(firms[each]),
        )
        for each in order[:MOST]
    ]


def _rung() -> Rung:
    return next(rung for rung in rungs().values() if any(sign.what == CERTIFICATE for sign in rung.signs))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
