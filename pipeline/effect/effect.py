"""What came before a firm reached its next stage, or its points rose: the one function behind page and command."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.effect.compared import FEWEST_FIRMS, Comparison, comparisons
from pipeline.effect.known import RunPair, known_on
from pipeline.effect.landmarks import RD_FACT, RISE_POINTS, WINDOW_DAYS, landmarks, of_next_stage, of_points
from pipeline.facts import as_known_on_days
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.store.tables import CITY

if TYPE_CHECKING:
    import pandas as pd

NEXT_STAGE, POINTS = "next_stage", "points"
OUTCOMES: dict[str, Label] = {
    NEXT_STAGE: Label("365 天内进入下一阶段", "Reached the next stage within 365 days"),
    POINTS: Label("约一年后评分上升 5 分及以上", "Points rose by 5 or more about a year later"),
}
#: Stands before every figure.
WARNING = N_(
    "What came before is not what caused it. Firms that are visited, let into a pool or given a mentor are chosen, and "
    "those that get ready do many things at once. The numbers are few, and of twenty comparisons one looks different "
    "by chance alone."
)


@dataclass(frozen=True)
class OutcomeFound:
    """What came before one outcome. `days`: the landmarks; `rows`: firms at risk, counted once a landmark; `firms`: how
    many firms these are; `came`: rows in which the outcome came; `pairs`: the score runs compared; `unknown`: why
    nothing can be said, None where something can."""

    outcome: str
    days: Sequence[date]
    rows: int
    firms: int
    came: int
    comparisons: Sequence[Comparison]
    pairs: Sequence[RunPair] = ()
    unknown: Message | None = None

    @property
    def label(self) -> Label:
        return OUTCOMES[self.outcome]

    @property
    def told(self) -> Sequence[Comparison]:
        """Of what had come before to some firm on a landmark."""
        return [each for each in self.comparisons if each.overall.counts.with_firms]

    @property
    def never_before(self) -> Sequence[Comparison]:
        """Of what had come to no firm before any landmark."""
        return [each for each in self.comparisons if not each.overall.counts.with_firms]

    def as_json(self) -> JsonObject:
        return {
            "outcome": self.outcome,
            "zh": self.label.zh,
            "en": self.label.en,
            "landmarks": [day.isoformat() for day in self.days],
            "at_risk": self.rows,
            "firms": self.firms,
            "came": self.came,
            "runs": [
                {
                    "before": pair.before.isoformat(),
                    "now": pair.now.isoformat(),
                    "model_before": pair.model_before,
                    "model_now": pair.model_now,
                    "same_model": pair.same_model,
                }
                for pair in self.pairs
            ],
            "not_known": None if self.unknown is None else str(self.unknown),
            "comparisons": [each.as_json() for each in self.comparisons],
        }


@dataclass(frozen=True)
class Effect:
    """What is known on a day; `district`: the only one whose firms count, None for the city."""

    on: date
    district: str | None
    outcomes: Sequence[OutcomeFound]

    def as_json(self) -> JsonObject:
        return {
            "warning": str(Message(WARNING)),
            "as_of": self.on.isoformat(),
            "district_code": self.district,
            "window_days": WINDOW_DAYS,
            "rise_points": RISE_POINTS,
            "fewest_firms": FEWEST_FIRMS,
            "outcomes": [each.as_json() for each in self.outcomes],
        }


def effect(session: Session, person: Person, on: date) -> Effect:
    """What had come before the outcomes known on a day, of the city's firms that this person's figures may count (of a
    district: of its firms). Raises NotAllowed for whoever may take no figures out."""
    people.require(person, Action.EXPORT)
    known = known_on(session, on, person)
    days = landmarks(on)
    every = sorted({*days, *(pair.before for pair in known.pairs)})
    frames = as_known_on_days(session.connection(), every, CITY, [RD_FACT])
    read = {day: frame[RD_FACT].dropna() for day, frame in zip(every, frames, strict=True)}

    def spending(asked: Sequence[date]) -> "Sequence[pd.Series]":
        return [read[day] for day in asked]

    stages = _found(NEXT_STAGE, of_next_stage(known, spending, days), ())
    points = _found(POINTS, of_points(known, spending), known.pairs)
    return Effect(on, person.district_code, [stages, points])


def _found(outcome: str, rows: "pd.DataFrame", pairs: Sequence[RunPair]) -> OutcomeFound:
    if rows.empty:
        text = (
            N_("Not known: the city has no two score runs about a year apart.")
            if outcome == POINTS
            else N_("Not known: there is no landmark day whose year after is over and on which a firm was at risk.")
        )
        return OutcomeFound(outcome, (), 0, 0, 0, (), pairs, Message(text))
    days = sorted(day.date() for day in rows["day"].unique())
    return OutcomeFound(
        outcome, days, len(rows), rows["firm"].nunique(), int(rows["came"].sum()), comparisons(rows), pairs
    )
