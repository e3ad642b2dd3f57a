"""A file as sheets of cells, read in blocks: .xlsx by calamine, .csv by delimited.py.

Rows and columns are counted from 0 as they stand in the sheet, so that every problem finds its cell.
Nothing is interpreted here; a blank cell is None or "".
"""

import hashlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Protocol

import numpy as np

from pipeline.intake.reading import delimited, package
from pipeline.intake.reading.delimited import HEAD_ROWS
from pipeline.language import N_

#: Rows a block: 20,000 rows x 20 columns of text are some 40 MB.
BLOCK_ROWS = 20_000
#: More columns than any form has; a stray format to the right edge of a sheet is no column.
MOST_COLUMNS = 400


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
    notes: package.SheetNotes = field(default_factory=package.SheetNotes)

    def head(self) -> list[list[Any]]:
        """The first rows, among which the headings stand."""
        return [list(row[:MOST_COLUMNS]) for row in itertools.islice(self.rows(), HEAD_ROWS)]

    def blocks(self, first_row: int, width: int, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The rows from `first_row` on, `width` columns wide: shorter rows end in blanks."""
        rows = itertools.islice(self.rows(), first_row, None)
        while chunk := list(itertools.islice(rows, size)):
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
    if any(len(row) < width for row in rows):
        rows = [row if len(row) >= width else [*row, *([""] * (width - len(row)))] for row in rows]
    columns = []
    for place in range(width):
        column = np.empty(len(rows), dtype=object)
        column[:] = [row[place] for row in rows]
        columns.append(column)
    return columns


def _xlsx_sheets(path: Path) -> tuple[Sheet, ...]:
    import python_calamine as calamine

    notes = package.notes_of(path)
    content = io.BytesIO(path.read_bytes())  # by its name calamine opens only what is called in UTF-8
    try:
        book = calamine.CalamineWorkbook.from_filelike(content)
        sheets = []
        for about in book.sheets_metadata:
            if about.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            merged = tuple((*first, *last) for first, last in (sheet.merged_cell_ranges or ()))
            hidden = about.visible != calamine.SheetVisibleEnum.Visible
            sheets.append(
                Sheet(about.name, _xlsx_rows(sheet), hidden, merged, notes.get(about.name, package.SheetNotes()))
            )
        return tuple(sheets)
    except calamine.PasswordError as error:
        raise package.refused(
            path, N_("The workbook is encrypted."), N_("Take its password off and save it again.")
        ) from error
    except (calamine.CalamineError, OSError) as error:
        raise package.damaged(path) from error


def _xlsx_rows(sheet: Any) -> _Rows:
    # calamine gives rows from the first of the sheet on, but columns only from the first that is filled.
    padding = [""] * (sheet.start or (0, 0))[1]

    def rows() -> Iterator[list[Any]]:
        for row in sheet.iter_rows():
            yield [*padding, *row] if padding else row

    return rows


def _csv_sheet(path: Path) -> Sheet:
    encoding = delimited.encoding_of(path)
    separator = delimited.separator_of(path, encoding)
    return Sheet(PurePath(package.name_of(path)).stem, lambda: delimited.rows_of(path, encoding, separator))
