"""The agencies that prepare returns, as known on a day: each beside the others, its years, and who is not filed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.differences import compared_returns, named_in_register
from pipeline.agencies.comparing import AgencyCompared, compare
from pipeline.agencies.copies import Copied, copies
from pipeline.agencies.unfiled import Unfiled, unfiled
from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import CITY, Firm, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser
from pipeline.tutoring.advisers import right_id, tidy

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Agencies:
    """`spread`: how many times firms vary more than chance alone would have them."""

    on: date
    compared: Sequence[AgencyCompared]
    spread: float
    unfiled: Sequence[Unfiled]
    copies: Sequence[Copied]


def agencies(session: Session, person: Person, on: date) -> Agencies:
    """Every agency that a return of a firm within reach names."""
    people.require(person, Action.SEE_PLAN)
    by_name, right = named_in_register(session, on), _right_names(session, on)
    years = compared_returns(session, person, on).dropna(subset=["text"])
    years = years.assign(differences=years["differences"] - years["slips"])
    found, spread = compare(_with_agency(years, by_name, right))
    prepared = _with_agency(_prepared(session, person, on), by_name, right)
    copied = copies(prepared, prepared[[name for name in _money() if name in prepared]])
    return Agencies(on, found, spread, unfiled(session, prepared, by_name, on), copied)


def _money() -> list[str]:
    """The facts of returns that are amounts of money."""
    columns = ReturnRow.__table__.c
    return [name for name, fact in catalog().items() if fact.type == "money" and name in columns]


def _with_agency(rows: "pd.DataFrame", by_name: Mapping[str, int], right: Mapping[int, str]) -> "pd.DataFrame":
    """With agency and adviser in place of the text of the return."""
    names = {text: tidy(text) for text in rows["text"].unique()}
    numbers = {text: by_name.get(name) for text, name in names.items()}
    agency = {text: names[text] if (number := numbers[text]) is None else right[number] for text in names}
    told = rows.assign(agency=rows["text"].map(agency), adviser=rows["text"].map(numbers).astype(float))
    return told[told["agency"] != ""]


def _right_names(session: Session, on: date) -> dict[int, str]:
    end = audit.end_of(on)
    known = select(Adviser.id, Adviser.name).where(Adviser.added_at < end, right_id(end) == Adviser.id)
    return {row.id: row.name for row in session.execute(known)}


def _prepared(session: Session, person: Person, on: date) -> "pd.DataFrame":
    """A row for each full year of a firm and name: text, firm_id, year, known_on (the first day), and what it says of
    money, in yuan, a column each."""
    money = _money()
    text = ReturnRow.__table__.c.prepared_by
    statement = (
        select(
            text,
            ReturnRow.firm_id,
            ReturnRow.year,
            ReturnRow.known_on,
            *(ReturnRow.__table__.c[each] for each in money),
        )
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Firm, Firm.id == ReturnRow.firm_id)
        .where(text.is_not(None), ReturnRow.known_on <= on, ReturnRow.months == FULL_YEAR_MONTHS)
        .where(Return.in_force, Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN))
        .order_by(ReturnRow.known_on, ReturnRow.id)
    )
    rows = frame_of(session, statement, ["text", "firm_id", "year", "known_on", *money])
    return rows.drop_duplicates(["text", "firm_id", "year"])
