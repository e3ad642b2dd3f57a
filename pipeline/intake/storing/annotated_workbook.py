"""The sender's own workbook back, with the cells to correct marked red and a note on each that says how.

Formats and other sheets stay as they were; where the sender's formats cannot be taken over, the copy is a plain one of
the values. A first sheet lists every problem with a link to its cell. The annotated workbook, corrected, can be handed
in as it is: the list sheet is read over, and marks of an earlier round are taken off. A .csv comes back as .xlsx.
"""

import io
import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pipeline.intake.reading.package import name_of
from pipeline.intake.reading.problems import FileNotStored, Finding, Problem
from pipeline.intake.reading.workbook import Sheet, Workbook
from pipeline.intake.storing.findings import safe_cell
from pipeline.language import CHINESE, ENGLISH, N_, Message

_log = logging.getLogger(__name__)

LIST_SHEET = "待修改清单"
RED, YELLOW = "FFFF9999", "FFFFF2A8"
_AUTHOR = "goldseed"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HEADINGS = (
    N_("No."),
    N_("Sheet"),
    N_("Cell"),
    N_("Firm"),
    N_("Heading"),
    N_("Found"),
    N_("What is wrong"),
    N_("What to write instead"),
)
_WIDTHS = (6, 16, 10, 24, 24, 20, 60, 60)
_TO_CONFIRM = N_("To be confirmed: stored, but it looks odd.")
_TOO_LARGE = N_("the table is too large for a workbook")
_PLAIN = N_("This copy has your figures without your formats, which could not be taken over.")
#: More blank cells with a format or a merge than this take minutes and gigabytes to copy with their formats.
_MOST_BLANK_CELLS = 300_000
_MOST_MERGED_CELLS = 10_000
#: Marks beyond this many make a workbook nobody can open.
_MOST_MARKS = 20_000
#: A table of text with more cells than this would take gigabytes as a workbook: 60,000 x 20 are 1.2 million.
_MOST_CELLS = 3_000_000


@dataclass(frozen=True)
class _Mark:
    sheet: str | None
    row: int | None
    column: int | None
    cell: str | None
    firm: str | None
    heading: str | None
    found: str | None
    what: Message
    instead: Message
    color: str


class NotCopied(Exception):  # noqa: N818 - it names what happened
    """The annotated workbook cannot be written. The file's own fate does not hang on it."""

    def __init__(self, why: Message | str) -> None:
        super().__init__(str(why))
        self.message = Message(N_("The copy with the marked cells could not be written (%(why)s)."), {"why": why})


def write(book: Workbook, problems: Sequence[Problem], warnings: Sequence[Finding], folder: Path) -> Path:
    """Write the annotated workbook into `folder` (made if it is not there) and return its path. Raises NotCopied."""
    copied = content(book, problems, warnings)
    file = Path(folder) / f"{PurePath(name_of(book.path)).stem}-mended.xlsx"
    keep(copied, file)
    return file


def keep(copied: bytes, file: Path) -> None:
    """Write the bytes of a copy to a file, whose folder is made if it is not there. Raises NotCopied."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(copied)
    except OSError as error:
        raise NotCopied(error.strerror or type(error).__name__) from error


def content(book: Workbook, problems: Sequence[Problem], warnings: Sequence[Finding]) -> bytes:
    """The workbook with red cells for problems, yellow ones for warnings, and the list in front.

    What cannot be copied in the sender's own formats comes as a plain copy of its values. Raises NotCopied.
    """
    marks = [_of_problem(problem) for problem in problems] + [_of_finding(finding) for finding in warnings]
    marks = marks[:_MOST_MARKS]
    if book.kind == "xlsx" and not any(_mostly_blank(sheet) for sheet in book.sheets):
        try:
            return _in_own_formats(book, marks)
        except Exception as error:  # openpyxl raises whatever it stumbles on in the styles of strangers
            _log.info("%s is copied without its formats: %r", name_of(book.path), error)
    try:
        return _plain(book, marks)
    except NotCopied:
        raise
    except FileNotStored as error:  # a table of text that cannot be read to its end
        raise NotCopied(Message(N_("the table cannot be read to its end"))) from error
    except Exception as error:
        _log.info("%s cannot be copied", name_of(book.path), exc_info=True)
        raise NotCopied(type(error).__name__) from error


def _mostly_blank(sheet: Sheet) -> bool:
    """Whether a sheet is laid out far beyond what it holds: openpyxl makes an object of every such cell."""
    merged = sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in sheet.merged)
    return sheet.blank_cells + merged > _MOST_BLANK_CELLS


def _in_own_formats(book: Workbook, marks: Sequence[_Mark]) -> bytes:
    import openpyxl

    copy = openpyxl.load_workbook(book.path)
    if LIST_SHEET in copy.sheetnames:
        del copy[LIST_SHEET]
        _take_marks_off(copy)
    return _marked(copy, marks, {name: name for name in copy.sheetnames})


def _plain(book: Workbook, marks: Sequence[_Mark]) -> bytes:
    """The values alone: a .csv as the texts that it is, a workbook with the number formats that its figures need."""
    import openpyxl

    copy = openpyxl.Workbook()
    copy.remove(copy.worksheets[0])
    titles: dict[str, str] = {}
    for sheet in book.sheets:
        if sheet.name == LIST_SHEET:
            continue
        target = copy.create_sheet(_sheet_name(sheet.name))
        titles[sheet.name] = target.title
        cells = 0
        for row, values in enumerate(sheet.rows(), start=1):
            cells += len(values)
            if book.kind == "csv" and cells > _MOST_CELLS:
                raise NotCopied(Message(_TOO_LARGE))
            for column, value in enumerate(values, start=1):
                if value not in ("", None):
                    _write_value(target.cell(row, column), value)
        _write_notes(target, sheet)
    return _marked(copy, marks, titles, plain=book.kind == "xlsx")


def _write_notes(target: Any, sheet: Sheet) -> None:
    """What a plain copy must not lose: it is handed in again, and would be read otherwise without it."""
    for (row, column), error in sheet.notes.errors.items():
        _write_text(target.cell(row + 1, column + 1), error)
    for row, column in sheet.notes.uncomputed:
        _write_text(target.cell(row + 1, column + 1), str(Message(N_("formula without a value"))))
    for row, column, number_format in sheet.notes.shown.each():
        target.cell(row + 1, column + 1).number_format = number_format.code
    for top, left, bottom, right in sheet.merged:
        if (bottom - top + 1) * (right - left + 1) <= _MOST_MERGED_CELLS:
            target.merge_cells(None, top + 1, left + 1, bottom + 1, right + 1)
    if sheet.hidden:
        target.sheet_state = "hidden"


def _write_value(cell: Any, value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    if isinstance(value, str):
        _write_text(cell, value)
    else:
        cell.value = value


def _marked(copy: Any, marks: Sequence[_Mark], titles: Mapping[str, str], plain: bool = False) -> bytes:
    """The bytes of a copy whose cells are marked. `titles`: how each sheet of the sender is called in it."""
    for mark in marks:
        if mark.sheet is not None and mark.sheet in titles and mark.row is not None and mark.column is not None:
            _mark_cell(copy[titles[mark.sheet]], mark)
    _list(copy, marks, titles, plain)
    file = io.BytesIO()
    copy.save(file)
    return file.getvalue()


def _of_problem(problem: Problem) -> _Mark:
    return _Mark(
        problem.sheet,
        problem.row,
        problem.column,
        problem.cell,
        problem.firm,
        problem.heading,
        problem.found,
        problem.what,
        problem.instead,
        RED,
    )


def _of_finding(finding: Finding) -> _Mark:
    return _Mark(
        finding.sheet,
        finding.row,
        finding.column,
        finding.cell,
        finding.firm_id,
        finding.field,
        finding.found,
        finding.message,
        Message(_TO_CONFIRM),
        YELLOW,
    )


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", "_", name)[:31] or "CSV"


def _write_text(cell: Any, text: str) -> None:
    cell.value = _CONTROL.sub("", text)[:32_000]
    cell.data_type = "s"  # a text, also where it begins with =


def _mark_cell(sheet: Any, mark: _Mark) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    cell = sheet.cell(mark.row + 1, mark.column + 1)  # type: ignore[operator]
    if isinstance(cell, MergedCell):
        area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(area.min_row, area.min_col)
    if mark.color == RED or cell.fill.fgColor.rgb != RED:
        cell.fill = PatternFill("solid", fgColor=mark.color)
    told = "\n".join(
        f"{mark.what.in_language(name)} {mark.instead.in_language(name)}".strip() for name in (CHINESE, ENGLISH)
    )
    before = f"{cell.comment.text}\n\n" if cell.comment is not None else ""
    comment = Comment(_CONTROL.sub("", before + told)[:8_000], _AUTHOR)
    comment.width, comment.height = 360, 180
    cell.comment = comment


def _take_marks_off(copy: Any) -> None:
    """Marks of an earlier round: our colours, and comments that we wrote."""
    from openpyxl.cell.cell import MergedCell
    from openpyxl.styles import PatternFill

    for sheet in copy.worksheets:
        for cell in sheet._cells.values():  # iter_rows would lay out every cell up to the furthest one
            if isinstance(cell, MergedCell):
                continue
            if cell.comment is not None and cell.comment.author == _AUTHOR:
                cell.comment = None
            if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in (RED, YELLOW):
                cell.fill = PatternFill()


def _list(copy: Any, marks: Sequence[_Mark], titles: Mapping[str, str], plain: bool) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = copy.create_sheet(LIST_SHEET, 0)
    copy.active = 0
    for other in copy.worksheets[1:]:
        other.sheet_view.tabSelected = False
    sheet.append([_in_both(heading) for heading in _HEADINGS])
    for number, mark in enumerate(marks, start=1):
        texts: list[Any] = [
            number,
            mark.sheet,
            mark.cell,
            mark.firm,
            mark.heading,
            mark.found,
            _in_both(mark.what),
            _in_both(mark.instead),
        ]
        sheet.append([None] * len(texts))
        for column, text in enumerate(texts, start=1):
            cell = sheet.cell(number + 1, column)
            if isinstance(text, str):
                _write_text(cell, str(safe_cell(text)))
            else:
                cell.value = text
            cell.alignment = Alignment(wrap_text=column > 5, vertical="top")
        if mark.cell and mark.sheet is not None and mark.sheet in titles:
            title = titles[mark.sheet].replace("'", "''")
            link = sheet.cell(number + 1, 3)
            link.hyperlink = f"#'{title}'!{mark.cell}"
            link.font = Font(color="FF0563C1", underline="single")
        sheet.cell(number + 1, 1).fill = PatternFill("solid", fgColor=mark.color)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
    if plain:
        sheet.append([None] * (len(_WIDTHS) - 2) + [_in_both(_PLAIN)])
    sheet.freeze_panes = "A2"


def _in_both(text: Message | str, params: Mapping[str, object] | None = None) -> str:
    message = text if isinstance(text, Message) else Message(text, params or {})
    chinese, english = message.in_language(CHINESE), message.in_language(ENGLISH)
    return chinese if chinese == english else f"{chinese}\n{english}"
