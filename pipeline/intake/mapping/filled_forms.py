"""Forms with something in them: a firm's own form with what is known of it, and a row as somebody typed it.

A row that was typed gives the same bytes whenever it is written under the same title, so that a file which was stored
is found to be stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnRule
from pipeline.intake.mapping.templates import write_template
from pipeline.language import Label

_YES_NO = ("否", "是")
#: The first that a ZIP can name.
_NO_MOMENT = datetime(1980, 1, 1)


@dataclass(frozen=True)
class FormField:
    """A figure that a form asks for, and on which of its sheets."""

    sheet: Label
    rule: ColumnRule

    @property
    def fact(self) -> str:
        return self.rule.field


def fields_of(map_name: str) -> dict[str, FormField]:
    """Fact -> where the form asks for it first, in the order of the form."""
    found: dict[str, FormField] = {}
    for sheet in column_maps.load(map_name).sheets:
        for rule in sheet.columns:
            if rule.fact is not None:
                found.setdefault(rule.fact.name, FormField(Label(str(sheet.name), sheet.en or str(sheet.name)), rule))
    return found


def as_written(rule: ColumnRule, value: Any) -> str | float | int | date | None:
    """A value in base units as the form's cell has it; None where it is not known or the form has no word for it."""
    if value is None or value != value or rule.fact is None:
        return None
    if rule.words:
        return next((word for word, kept in rule.words.items() if kept == value), None)
    if rule.fact.type == "yes_no":
        return _YES_NO[bool(value)]
    if rule.fact.type == "date":
        return value.date() if isinstance(value, datetime) else value
    if rule.fact.type == "count":
        return int(value)
    return float(f"{float(value) / rule.factor:.12g}") if rule.fact.numeric else str(value)


def write_known(path: Path, language: str, map_name: str, firm_id: str, year: int, known: Mapping[str, Any]) -> Path:
    """The workbook of a form, a row a sheet, with what is `known` (fact -> value in base units) filled in."""
    import openpyxl

    write_template(path, language, map_name)
    book = openpyxl.load_workbook(path)
    for sheet in column_maps.load(map_name).sheets:
        page = book[str(sheet.name)]
        for place, rule in enumerate((one for one in sheet.columns if one.role != "ignored"), start=1):
            written: Any = None
            if rule.role == "firm":
                written = firm_id
            elif rule.role == "year":
                written = year
            elif rule.fact is not None:
                written = as_written(rule, known.get(rule.fact.name))
            if written is not None:
                page.cell(2, place, written)
    book.save(path)
    return path


def write_typed(path: Path, map_name: str, firm_id: str, year: int, said: Mapping[str, str], title: str) -> None:
    """A row as it was typed (fact -> words), on the sheets that ask for what was said; all else stays away."""
    import openpyxl
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.xml.constants import ARC_CORE
    from openpyxl.xml.functions import tostring

    asked = fields_of(map_name)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in column_maps.load(map_name).sheets:
        mine = [fact for fact in said if asked[fact].sheet.zh == sheet.name]
        if mine:
            _write_row(
                book.create_sheet(str(sheet.name)), sheet.columns, firm_id, year, {one: said[one] for one in mine}
            )
    drawn = BytesIO()
    book.save(drawn)
    about = DocumentProperties(title=title, created=_NO_MOMENT, modified=_NO_MOMENT)
    with ZipFile(drawn) as parts, ZipFile(path, "w", ZIP_DEFLATED) as undated:
        for name in parts.namelist():
            content = tostring(about.to_tree()) if name == ARC_CORE else parts.read(name)
            undated.writestr(ZipInfo(name, _NO_MOMENT.timetuple()[:6]), content)


def _write_row(page: Any, columns: Sequence[ColumnRule], firm_id: str, year: int, said: Mapping[str, str]) -> None:
    wanted = [one for one in columns if not one.optional or one.role in ("firm", "year") or one.field in said]
    for place, rule in enumerate((one for one in wanted if one.role != "ignored"), start=1):
        page.cell(1, place, rule.heading)
        written: str | int | None = None
        if rule.role == "firm":
            written = firm_id
        elif rule.role == "year":
            written = year
        elif rule.fact is not None:
            written = said.get(rule.fact.name)
        if written is not None:
            page.cell(2, place, written).number_format = "@" if isinstance(written, str) else "General"
