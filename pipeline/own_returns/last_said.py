"""What a firm has said of a year already: the figures of its last return, as long as that is not in use, to go on from.

A return that was given back is mended and not typed a second time.
"""

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.intake.mapping.headings import find_form
from pipeline.intake.reading.workbook import open_workbook
from pipeline.intake.storing import validation
from pipeline.own_returns.deciding import form_of
from pipeline.own_returns.form_of_firm import OwnForm, request_of
from pipeline.own_returns.state import OPEN
from pipeline.store.tutoring_tables import OwnReturn

#: What was accepted is in use, and known like any figure; what was withdrawn is no longer said.
_STANDING = (*OPEN, "returned")


def last_said(
    session: Session, person: Person, firm_id: str, year: int, *, today: date, now: datetime
) -> dict[str, Any]:
    """Fact -> value in base units; empty where nothing was said, or its file cannot be read any more."""
    people.require(person, Action.HAND_IN, firm_id, session=session)
    of = OwnReturn
    last = session.scalars(
        select(of).where(of.firm_id == firm_id, of.year == year).order_by(of.id.desc()).limit(1)
    ).first()
    if last is None or last.state not in _STANDING:
        return {}
    try:
        return figures_in(form_of(session, last), today=today, now=now)
    except ShownToPeople:
        return {}


def figures_in(form: OwnForm, *, today: date, now: datetime) -> dict[str, Any]:
    """The figures that a form states, fact -> value in base units. Raises FileNotStored for what is no form."""
    with TemporaryDirectory() as folder:
        request = request_of(form, Path(folder), "", today, now)
        found = find_form(open_workbook(request.path), request.map_)
        sheets = validation.check_returns(found, request.map_, request.cohort, today).sheets
        stated: dict[str, Any] = {}
        for sheet in filter(len, sheets):
            for row in sheet.whole().rows.iloc[:1].dropna(axis="columns").to_dict("records"):
                stated |= {str(name): value for name, value in row.items() if name in sheet.stated}
    return stated
