"""Hold a file against a column map without storing anything: which headings fit, which are missing or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.intake.mapping.column_maps import FOLDER, load
from pipeline.intake.mapping.headings import FormSheet, find_form
from pipeline.intake.reading.problems import Problem, cell_name
from pipeline.intake.reading.workbook import open_workbook
from pipeline.json_values import JsonObject
from pipeline.language import N_, gettext


@dataclass(frozen=True)
class MatchedHeading:
    """A heading that the map knows: where it stands, and the fact or role it means."""

    cell: str
    heading: str
    field: str
    unit: str | None


@dataclass(frozen=True)
class MissingHeading:
    """A heading that the form needs, and the unknown ones that may stand for it."""

    heading: str
    field: str
    near: tuple[str, ...]


@dataclass(frozen=True)
class UnknownHeading:
    """A heading that the map does not know, and the missing ones it may stand for."""

    cell: str
    heading: str
    near: tuple[str, ...]


@dataclass(frozen=True)
class DoubledHeading:
    """A heading that is there a second time."""

    cell: str
    heading: str


@dataclass(frozen=True)
class SheetCheck:
    """The headings of one sheet."""

    sheet: str
    heading_row: int
    matched: tuple[MatchedHeading, ...]
    missing: tuple[MissingHeading, ...]
    unknown: tuple[UnknownHeading, ...]
    doubled: tuple[DoubledHeading, ...]

    def as_json(self) -> JsonObject:
        return {
            "sheet": self.sheet,
            "heading_row": self.heading_row,
            "matched": [vars(one) for one in self.matched],
            "missing": [{**vars(one), "near": list(one.near)} for one in self.missing],
            "unknown": [{**vars(one), "near": list(one.near)} for one in self.unknown],
            "doubled": [vars(one) for one in self.doubled],
        }


@dataclass(frozen=True)
class MapCheck:
    """A file held against a map: one entry a sheet, and the problems that stop the form."""

    map_name: str
    file: str
    sheets: tuple[SheetCheck, ...]
    problems: tuple[Problem, ...]

    @property
    def good(self) -> bool:
        return not self.problems

    def as_json(self) -> Mapping[str, Any]:
        return {
            "map": self.map_name,
            "file": self.file,
            "good": self.good,
            "sheets": [sheet.as_json() for sheet in self.sheets],
            "problems": [str(problem) for problem in self.problems],
        }

    def __str__(self) -> str:
        lines = []
        for sheet in self.sheets:
            lines.append(f"{sheet.sheet}:")
            lines += [f"  {one.cell}  {one.heading} -> {one.field}" for one in sheet.matched]
            lines += [f"  -  {gettext(N_('missing'))}: {one.heading}" for one in sheet.missing]
            lines += [f"  {one.cell}  ? {one.heading}  {' / '.join(one.near)}" for one in sheet.unknown]
        lines += [f"  - {problem}" for problem in self.problems]
        good, wrong = N_("Every heading that the form needs is there."), N_("The file does not fit this map.")
        return "\n".join([*lines, gettext(good if self.good else wrong)])


def check(path: Path, map_name: str, folder: Path = FOLDER) -> MapCheck:
    """Which headings of a file the map knows, which are missing, and what near ones may be meant.

    Raises FileNotStored for a file that cannot be read, WrongMap for a map that cannot.
    """
    form = find_form(open_workbook(Path(path)), load(map_name, folder))
    return MapCheck(map_name, Path(path).name, tuple(map(_sheet_check, form.sheets)), tuple(form.problems))


def _sheet_check(form_sheet: FormSheet) -> SheetCheck:
    matching, row = form_sheet.matching, form_sheet.heading_row
    return SheetCheck(
        sheet=form_sheet.sheet.name,
        heading_row=row + 1,
        matched=tuple(
            MatchedHeading(cell_name(row, place), rule.heading, rule.field, rule.unit)
            for place, rule in sorted(matching.rules.items())
        ),
        missing=tuple(
            MissingHeading(
                rule.heading,
                rule.field,
                tuple(heading for heading, near in matching.near.items() if rule.heading in near),
            )
            for rule in matching.missing
        ),
        unknown=tuple(
            UnknownHeading(cell_name(row, place), heading, tuple(matching.near.get(heading, ())))
            for place, heading in sorted(matching.unknown.items())
        ),
        doubled=tuple(
            DoubledHeading(cell_name(row, place), heading) for place, heading in sorted(matching.doubled.items())
        ),
    )
