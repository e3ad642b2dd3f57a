"""The figures of a firm that are in use, year by year, each with who stated it where: what it may object to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.facts import FULL_YEAR_MONTHS


@dataclass(frozen=True)
class StatedFigure:
    """A figure in use. `value`: in base units, or the text, day or yes/no; `differs`: another source or return states
    something else; `sheet_row`: as Excel counts."""

    fact: str
    year: int
    value: Any
    source: str
    file_name: str
    sheet: str
    sheet_row: int
    known_on: date
    differs: bool


def stated_figures(session: Session, person: Person, firm_id: str, on: date) -> Sequence[StatedFigure]:
    """The figures of full years as known on a day, the latest year first, in the order of the catalogue. Raises
    NotAllowed."""
    people.require(person, Action.SEE_FIRMS, firm_id, session=session)
    table = facts.statements_of(session.connection(), firm_id, on)
    table = table[table["months"] == FULL_YEAR_MONTHS] if len(table) else table
    if table.empty:
        return []
    said = table.assign(text=table["value"].astype(str)).groupby(["fact", "year"])["text"].nunique()
    used = table[table["believed"].astype(bool)]
    differs = (said.reindex(used.set_index(["fact", "year"]).index) > 1).tolist()
    columns = ["fact", "year", "value", "source", "file_name", "sheet", "sheet_row", "known_on"]
    return [
        StatedFigure(
            row.fact,
            int(row.year),
            row.value,
            row.source,
            row.file_name,
            row.sheet,
            int(row.sheet_row),
            row.known_on,
            no,
        )
        for row, no in zip(used[columns].itertuples(index=False), differs, strict=True)
    ]
