"""The cells of a sheet of an .xlsx: their values, their places, and what is to be noted about them.

One reading gives the values, the places and what is to be noted about a cell, so that they cannot disagree. Places are
those that are written (r="B2"), or counted where they are not, for r is optional. What does not fit the standard
(ECMA-376, part 1, 18.3) is refused at its cell rather than guessed at.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any, NoReturn

import numpy as np

from pipeline.intake.reading.book_xml import FALSE, ODD, TEXT_PARTS, TRUE, BrokenPart, plain_text
from pipeline.intake.reading.number_formats import NumberFormat
from pipeline.intake.reading.package import parse, xml_parser
from pipeline.language import N_

#: Rows times columns of a sheet: 60,000 x 400, or 800,000 rows of a form of 30 columns.
MOST_CELLS = 25_000_000
#: More columns than any form has; a stray format to the right edge of a sheet is no column.
MOST_COLUMNS = 400
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_LONGEST_TEXT = 1_000_000  # a cell holds 32,767 letters
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = frozenset({"", "nan"})  # as some exporters write what they do not know
_ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\d*)?(Z|[-+]\d\d:\d\d)?")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})(?::\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}))?")

Cell = tuple[int, int]


class FarCell(Exception):  # noqa: N818 - it names what was found
    """A filled cell so far out that its sheet could not be laid out."""

    def __init__(self, row: int, column: int) -> None:
        super().__init__(f"{row}, {column}")
        self.row, self.column = row, column


class ShownNumbers:
    """The numbers of one sheet whose formats show something else than is kept, by column."""

    def __init__(self) -> None:
        self._columns: dict[int, tuple[array[int], list[NumberFormat]]] = {}

    def add(self, row: int, column: int, shown: NumberFormat) -> None:
        rows, formats = self._columns.setdefault(column, (array("i"), []))
        rows.append(row)
        formats.append(shown)

    def within(self, column: int, first_row: int, count: int) -> tuple[np.ndarray, list[NumberFormat]]:
        """Of one column's rows from `first_row` on: how far below it each such cell stands, and its format."""
        if column not in self._columns:
            return np.zeros(0, dtype=np.int64), []
        rows, formats = self._columns[column]
        begin, end = np.searchsorted(np.frombuffer(rows, dtype=np.intc), [first_row, first_row + count])
        return np.array(rows[begin:end], dtype=np.int64) - first_row, formats[begin:end]

    def each(self) -> Iterator[tuple[int, int, NumberFormat]]:
        """Row, column and format of every such cell."""
        for column, (rows, formats) in self._columns.items():
            for row, number_format in zip(rows, formats, strict=True):
                yield row, column, number_format


@dataclass
class SheetNotes:
    """What is to be known about cells of one sheet, by (row, column) from 0."""

    errors: dict[Cell, str] = field(default_factory=dict)  # "#DIV/0!"
    uncomputed: set[Cell] = field(default_factory=set)  # a formula without a value
    shown: ShownNumbers = field(default_factory=ShownNumbers)


@dataclass
class SheetCells:
    """The filled cells of a sheet: each row from its first column to its last filled one, blanks as ""."""

    rows: dict[int, list[Any]] = field(default_factory=dict)
    width: int = 0
    blank_cells: int = 0  # those that hold nothing and are written down for their format, or lie under a link
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, column, last row, column
    notes: SheetNotes = field(default_factory=SheetNotes)


def read_sheet(
    stream: IO[bytes], texts: list[str], formats: dict[str, NumberFormat | None], from_1904: bool
) -> SheetCells | None:
    """The cells of a worksheet; None where the part is a sheet of another kind (a chart).

    `formats`: as read_formats gives them. Raises BrokenPart and FarCell.
    """
    sheet = _SheetReader(texts, formats, from_1904)
    parser = xml_parser()
    sheet.listen(parser)
    parse(parser, stream)
    return sheet.cells if sheet.is_worksheet else None


class _SheetReader:
    """Follows the elements of a worksheet; those of its cells through handlers that are quick, for there are millions.

    `depth` counts within sheetData: 0 between rows, 1 in a row, 2 in a cell, 3 in what a cell has.
    """

    def __init__(self, texts: list[str], formats: dict[str, NumberFormat | None], from_1904: bool) -> None:
        self.cells = SheetCells()
        self.is_worksheet = False
        self._texts, self._formats, self._from_1904 = texts, formats, from_1904
        self._path: list[str] = []
        self._space = ""
        self._row = -1
        self._ending = "0"  # what the places of this row's cells end in
        self._counted = False  # the row has no number of its own, and no cell yet that has
        self._values: list[Any] = []
        self._widest: Cell = (0, -1)
        self._has_data = False

    def listen(self, parser: Any) -> None:
        """Take the elements outside of sheetData."""

        def start(tag: str, attributes: dict[str, str]) -> None:
            space, _brace, name = tag.rpartition("}")
            self._path.append(name)
            path = self._path
            if len(path) == 1:
                self.is_worksheet, self._space = name == "worksheet", space
            elif path == ["worksheet", "sheetData"]:
                if self._has_data:
                    raise BrokenPart(N_("the sheet has its cells twice."))
                self._has_data = True
                self._listen_to_cells(parser, tag.removesuffix("sheetData"))
            elif path == ["worksheet", "mergeCells", "mergeCell"]:
                self._merge(attributes.get("ref", ""))
            elif path == ["worksheet", "hyperlinks", "hyperlink"]:
                self.cells.blank_cells += _size(attributes.get("ref", ""))
            elif name in _OF_CELLS and space == self._space and self.is_worksheet:
                raise BrokenPart(ODD)  # the anchor of a button has rows, too, but of its own namespace

        def end(_tag: str) -> None:
            self._path.pop()

        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, None

    def _listen_to_cells(self, parser: Any, space: str) -> None:
        row_tag, cell_tag, value_tag, formula_tag = (space + name for name in ("row", "c", "v", "f"))
        inline_tag, more_tag = space + "is", space + "extLst"
        pieces: list[str] = []
        blank = 0
        depth = skipped_from = 0  # elements at skipped_from and below say nothing about values
        column = -1
        place: str | None = None
        style: str | None = None
        kind = "n"
        value: str | None = None
        inline: list[str] | None = None
        within: list[str] = []  # the elements of an inline text down to where the parser is
        formula = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth, skipped_from, column, place, style, kind, value, inline, within, formula
            depth += 1
            if skipped_from:
                if tag in (row_tag, cell_tag, value_tag, inline_tag):
                    self._broken(ODD, place, column)  # another program may well read it
                return
            if depth == 2 and tag == cell_tag:
                get = attributes.get
                written = get("r")
                # A place is worked out where something stands in the cell, or where the next one is counted from it.
                if written is None:
                    column = (column if place is None else self._column(place)) + 1
                place = written
                style, kind = get("s"), get("t", "n")
                value = inline = None
                formula = False
            elif depth == 3 and tag == value_tag:
                if value is not None:
                    self._broken(N_("the cell has two values."), place, column)
                pieces.clear()
            elif depth == 3 and tag == formula_tag:
                formula = True
            elif depth == 1 and tag == row_tag:
                self._begin_row(attributes.get("r"))
                column, place = -1, None
                pieces.clear()
            elif depth == 3 and tag == inline_tag:
                if inline is not None:
                    self._broken(N_("the cell has two values."), place, column)
                inline, within = [], ["is"]
            elif tag == more_tag and depth in (2, 3):
                skipped_from = depth
            elif inline is not None and depth > 3:
                name = tag.removeprefix(space)
                known = TEXT_PARTS.get(within[-1])
                if known is not None and name not in known:
                    self._broken(ODD, place, column)
                within.append(name)
                pieces.clear()
            else:
                self._broken(ODD, place, column)

        def end(tag: str) -> None:
            nonlocal depth, skipped_from, column, place, value, blank
            depth -= 1
            if skipped_from:
                if depth < skipped_from:
                    skipped_from = 0
                return
            if depth == 1:
                if value or formula or inline is not None or kind == "e":
                    if place is not None:
                        column, place = self._column(place), None
                    self._cell(column, kind, style, value, inline, formula)
                else:
                    blank += 1
            elif depth == 2:
                if tag == value_tag:
                    value = pieces[0] if len(pieces) == 1 else "".join(pieces)
            elif inline is not None and depth > 2:
                if within in (["is", "t"], ["is", "r", "t"]):
                    inline.append("".join(pieces))
                within.pop()
                pieces.clear()
            elif depth == 0:
                self._end_row()
            elif depth < 0:
                self.cells.blank_cells += blank
                self._path.pop()
                self.listen(parser)

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = pieces.append

    def _begin_row(self, written: str | None) -> None:
        if written is None:
            row = self._row + 1
        else:
            row = int(written) - 1 if written.isascii() and written.isdigit() and len(written) < 8 else -1
            if row <= self._row:
                raise BrokenPart(N_("its rows are not numbered in order."), max(self._row, 0), 0)
        if row >= _LAST_ROW:
            raise BrokenPart(N_("it has more rows than a sheet can have."), _LAST_ROW - 1, 0)
        self._row, self._ending, self._counted = row, str(row + 1), written is None
        self._values = []

    def _column(self, place: str) -> int:
        """The column of a written place, which must be in the row that is being read."""
        letters = place.rstrip("0123456789")
        column = _COLUMNS.get(letters)
        if column is None:
            found = _AREA.fullmatch(letters + "1")
            column = _number_of(found[1]) if found and "$" not in letters and found[3] is None else _LAST_COLUMN
            if column >= _LAST_COLUMN:
                raise BrokenPart(N_("a cell of this row has a place that does not exist."), self._row, 0)
            _COLUMNS[letters] = column
        if (ending := place[len(letters) :]) != self._ending:
            row = int(ending) - 1 if 0 < len(ending) < 8 else -1
            if not self._counted or self._values or not self._row < row < _LAST_ROW:
                raise BrokenPart(N_("a cell of this row says that it stands in another row."), self._row, column)
            self._row, self._ending = row, str(row + 1)
        self._counted = False
        return column

    def _broken(self, what: str, place: str | None, column: int) -> NoReturn:
        raise BrokenPart(what, max(self._row, 0), max(column if place is None else self._column(place), 0))

    def _cell(
        self,
        column: int,
        kind: str,
        style: str | None,
        written: str | None,
        inline: list[str] | None,
        formula: bool,
    ) -> None:
        value: Any
        row = self._row
        if kind == "e":
            self.cells.notes.errors[row, column] = written or "#N/A"
            return
        if inline is not None or kind == "inlineStr":
            if kind != "inlineStr" or written:
                raise BrokenPart(N_("the cell has two values."), row, column)
            value = plain_text("".join(inline or ()))
        elif not written:
            if formula and kind != "str":
                self.cells.notes.uncomputed.add((row, column))
            return
        elif kind == "n":
            value = self._number(written, style, row, column)
        else:
            value = self._other(written, kind, row, column)
        if value == "":
            return
        if type(value) is str and len(value) > _LONGEST_TEXT:
            raise BrokenPart(N_("the text has more letters than a cell can hold."), row, column)
        values = self._values
        if column < len(values) or column >= _LAST_COLUMN:
            raise BrokenPart(N_("the cells of this row are not in order, or one stands there twice."), row, column)
        if column > len(values):
            values.extend([""] * (column - len(values)))
        values.append(value)

    def _number(self, written: str, style: str | None, row: int, column: int) -> Any:
        text = written.strip()
        if _NUMBER.fullmatch(text) is None:
            if text.casefold() in _NO_NUMBER:
                return ""
            raise BrokenPart(N_("the cell is to hold a number and holds something else."), row, column)
        number = float(text)
        if style is None:
            return number
        try:
            shown = self._formats[style]
        except KeyError:
            raise BrokenPart(N_("the cell names a format that the workbook does not have."), row, column) from None
        if shown is None:
            return number
        if shown.is_day(number) and (day := _day(number, self._from_1904, shown.elapsed)) is not None:
            return day
        self.cells.notes.shown.add(row, column, shown)
        return number

    def _other(self, written: str, kind: str, row: int, column: int) -> Any:
        if kind == "s":
            place = written.strip()
            if not (place.isascii() and place.isdigit() and len(place) < 10 and int(place) < len(self._texts)):
                raise BrokenPart(N_("the cell names a text that the workbook does not have."), row, column)
            return self._texts[int(place)]
        if kind == "str":
            return plain_text(written)
        text = written.strip()
        if kind == "b" and (text in TRUE or text in FALSE):
            return text in TRUE
        if kind == "d":
            return _iso_day(text)
        raise BrokenPart(ODD, row, column)

    def _end_row(self) -> None:
        values = self._values
        if not values:
            return
        row, cells = self._row, self.cells
        cells.rows[row] = values
        if len(values) > cells.width:
            cells.width, self._widest = len(values), (row, len(values) - 1)
        if (row + 1) * cells.width > MOST_CELLS:
            raise FarCell(*(self._widest if cells.width > MOST_COLUMNS else (row, len(values) - 1)))

    def _merge(self, area: str) -> None:
        corners = _corners(area)
        if corners is None:
            raise BrokenPart(N_("it merges cells that do not exist."))
        top, left, bottom, right = corners
        if (top, left) != (bottom, right):
            self.cells.merged.append(corners)


def _corners(area: str) -> tuple[int, int, int, int] | None:
    """First row, first column, last row and last column of A1:B2; None where there are no such cells."""
    found = _AREA.fullmatch(area)
    if found is None:
        return None
    left, right = sorted((_number_of(found[1]), _number_of(found[3] or found[1])))
    top, bottom = sorted((int(found[2]) - 1, int(found[4] or found[2]) - 1))
    return (top, left, bottom, right) if bottom < _LAST_ROW and right < _LAST_COLUMN else None


def _size(area: str) -> int:
    """How many cells an area has; of one that cannot be read (H:H), as many as a column."""
    corners = _corners(area)
    if corners is None:
        return _LAST_ROW
    top, left, bottom, right = corners
    return (bottom - top + 1) * (right - left + 1)


_OF_CELLS = frozenset({"sheetData", "row", "c", "mergeCell"})
_COLUMNS: dict[str, int] = {}


def _number_of(letters: str) -> int:
    """A column's number from 0: AB is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _day(number: float, from_1904: bool, elapsed: bool) -> date | datetime | time | timedelta | None:
    """What a number is that is shown as a day or a time; None where the program shows ##### instead."""
    if not 0 <= number < 2_958_466:
        return None
    if elapsed:
        return timedelta(days=number)
    whole = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30 if number >= 60 else 31)
    moment = whole + timedelta(milliseconds=round(number * 86_400_000))
    if number < 1 and not from_1904:
        return moment.time()
    return moment.date() if moment.time() == time() else moment


def _iso_day(text: str) -> Any:
    """A cell of the type d: 2015-03-05 or 2015-03-05T00:00:00Z; the text where it is neither."""
    found = _ISO_DAY.fullmatch(text)
    if found is None:
        return text
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
    except ValueError:
        return text
    if moment.time() == time():
        return moment.date()
    return text if found[3] else moment  # four in the afternoon in Greenwich is another day elsewhere
