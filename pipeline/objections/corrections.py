"""The right value of one figure as a file of the source that stated it, so that a correction takes the one way in.

The workbook has the headings of the city's form and a single figure: a blank takes nothing back. What is wrong about
the value is what the form's checker says of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from pipeline.accounts.people import Person
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.intake.importing import import_returns, preview
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnRule
from pipeline.intake.mapping.filled_forms import fields_of, write_typed
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import ImportReport
from pipeline.language import N_, Message

MAP = "city"
_MOST_PROBLEMS = 3


class ObjectionNotPossible(ShownToPeople):
    """An objection, or an answer to one, that cannot be taken as given; nothing of it is kept."""


@dataclass(frozen=True)
class Correction:
    """One figure of a full year as it should be. `source`: whose figure it is; `said`: the right value as a person
    writes it into the form, in the form's unit."""

    firm_id: str
    firm_name: str
    fact: str
    year: int
    source: str
    said: str


@dataclass(frozen=True)
class Seen:
    """What a correction would do: `old` None where the source stated nothing; `warnings`: what looks odd about it."""

    old: str | None
    new: str
    warnings: tuple[Message, ...]


def field_of(fact: str) -> ColumnRule | None:
    """The column of the city's form that asks for a fact; None where the form does not."""
    found = fields_of(MAP).get(fact)
    return None if found is None else found.rule


def asked_for() -> Collection[str]:
    """The facts that the city's form asks for, in its order."""
    return fields_of(MAP).keys()


def own_source() -> str:
    """The source of what a firm itself hands in."""
    return column_maps.load(MAP).source


def seen(engine: Engine, correction: Correction, *, today: date, now: datetime) -> Seen:
    """What the checker says of a correction; nothing is stored. Raises ObjectionNotPossible with what is wrong about
    the value, or where it is what stands already."""
    with TemporaryDirectory() as folder:
        look = preview(engine, _request(Path(folder), correction, 0, "", today, now))
    if look.report is None:
        wrong = [str(problem.text) for problem in look.problems[:_MOST_PROBLEMS]] or [str(look.message)]
        raise ObjectionNotPossible(Message(N_("The value cannot be read: %(why)s"), {"why": "; ".join(wrong)}))
    restated = look.report.restated
    warnings = tuple(each.message for each in look.report.warnings if each.field == correction.fact)
    if restated.changes:
        change = restated.changes[0].change
        return Seen(_with_unit(change.old, change.unit), _with_unit(change.new, change.unit), warnings)
    if restated.rows and not restated.added:
        raise ObjectionNotPossible(
            Message(N_("%(said)s is what stands there already: give the right value."), {"said": correction.said})
        )
    return Seen(None, as_asked(correction.fact, correction.said), warnings)


def stored(engine: Engine, correction: Correction, number: int, person: Person, *, today: date, now: datetime) -> int:
    """Store the correction of an objection as an import, known from today; gives the import's number. The same file
    twice is one import, so whoever finishes what another call began, or is beside it, stores nothing again."""
    with TemporaryDirectory() as folder:
        request = _request(Path(folder), correction, number, person, today, now)
        report: ImportReport = import_returns(engine, request)
    assert report.import_id is not None
    return report.import_id


def as_asked(fact: str, said: str) -> str:
    """The value that a firm asks for, with the form's unit where it wrote a number alone."""
    bare = said.strip().removeprefix("-").replace(",", "").replace(".", "", 1).isdecimal()
    return _with_unit(said.strip(), _unit(fact) if bare else "")


# --- within ----------------------------------------------------------------------------------------


def _request(
    folder: Path, correction: Correction, number: int, by: object, today: date, now: datetime
) -> ImportRequest:
    path, said = folder / f"异议更正-{number}.xlsx", {correction.fact: correction.said}
    write_typed(path, MAP, correction.firm_id, correction.year, said, path.stem)
    return ImportRequest.of(path, MAP, by=by, now=now, today=today, source=correction.source, known_on=today)


def _unit(fact: str) -> str:
    rule = field_of(fact)
    return (rule.unit or "") if rule is not None and catalog()[fact].type in ("money", "ratio") else ""


def _with_unit(value: str, unit: str) -> str:
    return f"{value} {unit}".rstrip()
