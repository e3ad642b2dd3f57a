"""A firm's derived figures with their formulas, for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline.derived_facts.derivations import BY_ID, FACTS_READ
from pipeline.derived_facts.deriving import derived_from
from pipeline.facts import as_known_on
from pipeline.language import Label


@dataclass(frozen=True)
class DerivedFigure:
    """A figure that nobody stated: `value` in the base unit of the fact; `by`: a derivation's id; `of`: the facts that
    it rests on, those of `stated_in`."""

    fact: str
    year: int
    value: float
    by: str
    stated_in: int

    @property
    def formula(self) -> Label:
        return BY_ID[self.by].formula

    @property
    def of(self) -> tuple[str, ...]:
        return BY_ID[self.by].of

    def as_json(self) -> dict[str, Any]:
        return {
            "fact": self.fact,
            "year": self.year,
            "value": self.value,
            "by": self.by,
            "formula": {"zh": self.formula.zh, "en": self.formula.en},
            "of": list(self.of),
            "stated_in": self.stated_in,
        }


def derived_figures(database: Engine | Connection, firm_id: str, day: date) -> Sequence[DerivedFigure]:
    """What follows from the returns of one firm as known on a day, the latest year first, in the order of the
    derivations."""
    return told_of(as_known_on(database, day, None, [firm_id], FACTS_READ))


def told_of(facts: pd.DataFrame) -> Sequence[DerivedFigure]:
    """The same of facts that have been read: index (firm_id, year), of one firm."""
    told = [
        DerivedFigure(each.by.fact, int(year), float(value), each.by.id, int(year) + each.by.years_back)
        for each in derived_from(facts)
        for year, value in zip(each.year, each.values, strict=True)
    ]
    return sorted(told, key=lambda figure: -figure.year)
