"""A file as sheets of cells, read in blocks: .xlsx by sheet_xml.py, .csv by delimited.py.

Rows and columns are counted from 0 as they stand in the sheet, so that every problem finds its cell.
Nothing is interpreted here; a blank cell is None or "".
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Protocol

import numpy as np

from pipeline.intake.reading import delimited, package
from pipeline.intake.reading.book_xml import NO_FORMATS, BrokenPart, read_book, read_formats, read_texts
from pipeline.intake.reading.delimited import HEAD_ROWS
from pipeline.intake.reading.number_formats import NumberFormat
from pipeline.intake.reading.problems import Problem, not_stored
from pipeline.intake.reading.sheet_xml import MOST_COLUMNS, FarCell, SheetCells, SheetNotes, read_sheet
from pipeline.language import N_, Message

#: Rows a block: 20,000 rows x 20 columns of text are some 40 MB.
BLOCK_ROWS = 20_000


class _Rows(Protocol):
    def __call__(self) -> Iterator[list[Any]]: ...


@dataclass(frozen=True)
class Block:
    """Some rows of a sheet: one object array a column, all of one length.

    lengths: how many cells the file has in each row. beyond: the filled cells right of the columns, by row of the
    block (from 0): their places, with what stands there.
    """

    first_row: int
    columns: list[np.ndarray]
    lengths: np.ndarray
    beyond: dict[int, dict[int, Any]]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


@dataclass(frozen=True)
class Sheet:
    """One sheet. `rows` gives its rows from the top each time it is called."""

    name: str
    rows: _Rows
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column
    notes: SheetNotes = field(default_factory=SheetNotes)
    blank_cells: int = 0  # written down for their format alone, or under a link

    def head(self) -> list[list[Any]]:
        """The first rows, among which the headings stand."""
        return [list(row[:MOST_COLUMNS]) for row in itertools.islice(self.rows(), HEAD_ROWS)]

    def blocks(self, first_row: int, width: int) -> Iterator[Block]:
        """The rows from `first_row` on, `width` columns wide: shorter rows end in blanks."""
        rows = itertools.islice(self.rows(), first_row, None)
        while chunk := list(itertools.islice(rows, BLOCK_ROWS)):
            lengths = np.fromiter(map(len, chunk), dtype=np.int64, count=len(chunk))
            yield Block(first_row, _columns(chunk, width), lengths, _beyond(chunk, width))
            first_row += len(chunk)


@dataclass(frozen=True)
class Workbook:
    path: Path
    kind: str  # xlsx, csv
    sha256: str
    sheets: tuple[Sheet, ...]


def open_workbook(path: Path) -> Workbook:
    """Open a file safely. Raises FileNotStored for one that cannot be read, is a danger, or is no table.

    Rows are read later, when they are asked for: OSError then, where the file has gone in between.
    """
    try:
        kind = package.kind_of(path)
        sheets = _xlsx_sheets(path) if kind == "xlsx" else (_csv_sheet(path),)
        return Workbook(path, kind, sha256_of(path), sheets)
    except OSError as error:
        raise package.out_of_reach(path, error) from error


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _beyond(rows: list[list[Any]], width: int) -> dict[int, dict[int, Any]]:
    beyond = {}
    for at, row in enumerate(rows):
        if len(row) > width:
            rest = {
                place: value
                for place, value in enumerate(row[width:], width)
                if value is not None and value != "" and not (isinstance(value, str) and not value.strip())
            }
            if rest:
                beyond[at] = rest
    return beyond


def _columns(rows: list[list[Any]], width: int) -> list[np.ndarray]:
    if any(len(row) != width for row in rows):
        rows = [row[:width] if len(row) >= width else [*row, *([""] * (width - len(row)))] for row in rows]
    table = np.empty((len(rows), width), dtype=object)
    table[:] = rows
    return list(np.ascontiguousarray(table.T))


def _xlsx_sheets(path: Path) -> tuple[Sheet, ...]:
    with path.open("rb") as stream, package.letters(path):
        opened = package.open_package(path, stream)
        if (name := opened.book()) not in opened or name.endswith(".bin"):  # .bin: an .xlsb
            raise package.another_kind(path)
        sheet = None
        try:
            book = read_book(opened, name)
            if book is None:
                raise package.another_kind(path)
            links = opened.links(name)
            texts, formats = _shared(opened, name, links)
            parts = {link.id: link for link in links}
            sheets = []
            for sheet in book.sheets:
                if sheet.target not in parts:
                    raise BrokenPart(N_("the workbook lists it and does not have it."))
                with opened.part(parts[sheet.target].target) as part:
                    cells = read_sheet(part, texts, formats, book.from_1904)
                if cells is None:
                    if parts[sheet.target].kind == "worksheet":
                        raise BrokenPart(N_("its part is no worksheet."))
                else:
                    sheets.append(
                        Sheet(
                            sheet.name,
                            _xlsx_rows(cells),
                            sheet.hidden,
                            tuple(cells.merged),
                            cells.notes,
                            cells.blank_cells,
                        )
                    )
        except BrokenPart as error:
            raise _broken(path, sheet.name if sheet else None, error) from error
        except FarCell as error:
            what = Message(N_("the cell lies far outside the table."))
            instead = Message(N_("Delete the rows and columns outside the table and save the file again."))
            far = Problem("far_cell", what, instead, sheet.name if sheet else "", error.row, error.column, "")
            raise not_stored(package.name_of(path), [far]) from error
        return tuple(sheets)


def _shared(
    opened: package.Package, name: str, links: list[package.Link]
) -> tuple[list[str], dict[str, NumberFormat | None]]:
    """The texts and formats that all sheets share."""
    texts: list[str] = []
    formats = NO_FORMATS
    kinds = [link.kind for link in links]
    folder = name.rpartition("/")[0]
    if kinds.count("styles") != 1 and (kinds.count("styles") > 1 or f"{folder}/styles.xml" in opened):
        raise BrokenPart(N_("the workbook does not say which formats its cells have."))
    for link in links:
        if link.kind == "sharedStrings":
            with opened.part(link.target) as part:
                texts += read_texts(part)
        elif link.kind == "styles":
            with opened.part(link.target) as part:
                formats = read_formats(part)
    return texts, formats


def _broken(path: Path, sheet: str | None, error: BrokenPart) -> Exception:
    """The letter about a workbook that does not hold together, with the cell where it falls apart."""
    what = Message(error.what)
    instead = Message(N_("Open the file in Excel or WPS, look at this place, and save it again as .xlsx."))
    heading = None if error.row is None else ""
    problem = Problem("broken_workbook", what, instead, sheet, error.row, error.column, heading)
    return not_stored(package.name_of(path), [problem])


def _xlsx_rows(cells: SheetCells) -> _Rows:
    blank = [""] * cells.width

    def rows() -> Iterator[list[Any]]:
        for row in range(max(cells.rows, default=-1) + 1):
            values = cells.rows.get(row)
            yield blank if values is None else [*values, *blank[len(values) :]]

    return rows


def _csv_sheet(path: Path) -> Sheet:
    encoding = delimited.encoding_of(path)
    separator = delimited.separator_of(path, encoding)
    return Sheet(PurePath(package.name_of(path)).stem, lambda: delimited.rows_of(path, encoding, separator))
