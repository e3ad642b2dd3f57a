"""The form of one firm and year: with what is known filled in, as a file that was filled in, or as it was typed.

Whichever way it comes, the same checker looks at it, and a row of another firm or year is refused by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.intake.importing import preview
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.filled_forms import FormField, fields_of, write_known, write_typed
from pipeline.intake.reading.package import name_of
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import Preview
from pipeline.language import N_, Message
from pipeline.objections.stated_figures import stated_figures
from pipeline.store.tables import CITY, Firm

MAP = "city"
#: Facts about the firm itself stay as they were, unless somebody says otherwise.
_OF_THE_FIRM = ("name", "district_code", "industry_code", "cluster", "hnte_field", "registered_on")
#: So many years back a firm can hand in.
YEARS = 5
LARGEST = 10 * 2**20


class ReturnNotPossible(ShownToPeople):
    """A return of a firm that cannot be taken as given; nothing of it is kept."""


@dataclass(frozen=True)
class OwnForm:
    """The return of a firm and year as a file. `name`: as people see it; `content`: its bytes."""

    firm_id: str
    year: int
    name: str
    content: bytes


def fields() -> Mapping[str, FormField]:
    """Fact -> where the city's form asks for it, in its order."""
    return fields_of(MAP)


def years(today: date) -> list[int]:
    """Of which years a firm can hand in now, the last one first."""
    return [today.year - back for back in range(1, YEARS + 1)]


def known(session: Session, person: Person, firm_id: str, year: int, on: date) -> dict[str, Any]:
    """What is in use of that year, fact -> value in base units; of the firm itself the last that was said."""
    figures = stated_figures(session, person, firm_id, on)
    found = {one.fact: one.value for one in reversed(figures) if one.fact in _OF_THE_FIRM}
    return found | {one.fact: one.value for one in figures if one.year == year}


def known_form(session: Session, person: Person, firm_id: str, year: int, language: str, on: date) -> bytes:
    """The workbook with what is known filled in. Raises NotAllowed, ReturnNotPossible for a year that is none."""
    people.require(person, Action.SEE_RETURNS, firm_id, session=session)
    check_year(year, on)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        write_known(path, language, MAP, firm_id, year, known(session, person, firm_id, year, on))
        return path.read_bytes()


def typed_form(firm_id: str, year: int, said: Mapping[str, str | None]) -> OwnForm:
    """What was typed (fact -> words, as the form asks for it) as a file. Raises ReturnNotPossible for nothing."""
    asked = fields()
    kept = {fact: words.strip() for fact, words in said.items() if fact in asked and words and words.strip()}
    if not kept:
        raise ReturnNotPossible(Message(N_("Nothing is filled in.")))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "typed.xlsx"
        write_typed(path, MAP, firm_id, year, kept, f"{firm_id} {year}")
        return OwnForm(firm_id, year, f"网上填报-{year}.xlsx", path.read_bytes())


def check(engine: Engine, form: OwnForm, *, today: date, now: datetime) -> Preview:
    """What the checker says of a form; nothing is stored, not even that it was refused. Raises ReturnNotPossible for a
    file that is too large, or of a year that is none."""
    check_year(form.year, today)
    if not 0 < len(form.content) <= LARGEST:
        raise ReturnNotPossible(Message(N_("A return has at most %(most)s MB."), {"most": LARGEST // 2**20}))
    with TemporaryDirectory() as folder:
        return preview(engine, request_of(form, Path(folder), "", today, now))


def request_of(form: OwnForm, folder: Path, by: object, today: date, now: datetime) -> ImportRequest:
    """The import that a form would be, from a file that is written to `folder`; known from today, whatever its year."""
    path = folder / name_of(Path(form.name))
    path.write_bytes(form.content)
    source = column_maps.load(MAP).source
    asked = ImportRequest.of(path, MAP, by=by, now=now, today=today, source=source, known_on=today)
    return replace(asked, firm=form.firm_id, year=form.year)


def check_year(year: int, today: date) -> None:
    """Raise ReturnNotPossible for a year that is not over, or too long ago."""
    if year not in years(today):
        first, last = years(today)[-1], years(today)[0]
        text = N_("A return is of a year from %(first)s to %(last)s, not of %(year)s.")
        raise ReturnNotPossible(Message(text, {"first": first, "last": last, "year": year}))


def firm_of_the_city(session: Session, person: Person, action: Action, firm_id: str) -> Firm:
    """The firm for which this person may do this. Raises NotAllowed, ReturnNotPossible for one of another cohort."""
    people.require(person, action, firm_id, session=session)
    firm = session.get_one(Firm, firm_id)
    if firm.cohort != CITY:
        raise ReturnNotPossible(Message(N_("Only firms of the city hand in here.")))
    return firm
