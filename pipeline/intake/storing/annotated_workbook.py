"""The sender's own workbook back, with the cells to correct marked red and a note on each that says how.

Formats and other sheets stay as they were; a first sheet lists every
problem with a link to its cell. The annotated workbook, corrected, can be handed in as it is: the list sheet is
read over, and marks of an earlier round are taken off. A .csv comes back as .xlsx.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pipeline.intake.reading.package import name_of
from pipeline.intake.reading.problems import Finding, Problem
from pipeline.intake.reading.workbook import Workbook
from pipeline.intake.storing.findings import safe_cell
from pipeline.language import CHINESE, ENGLISH, N_, Message

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
#: Marks beyond this many make a workbook nobody can open.
_MOST_MARKS = 20_000


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


def write(book: Workbook, problems: Sequence[Problem], warnings: Sequence[Finding], folder: Path) -> Path:
    """Write the annotated workbook into `folder` (made if it is not there) and return its path."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{PurePath(name_of(book.path)).stem}-mended.xlsx"
    file.write_bytes(content(book, problems, warnings))
    return file


def content(book: Workbook, problems: Sequence[Problem], warnings: Sequence[Finding]) -> bytes:
    """The workbook with red cells for problems, yellow ones for warnings, and the list in front."""
    import openpyxl

    marks = [_of_problem(problem) for problem in problems] + [_of_finding(finding) for finding in warnings]
    marks = marks[:_MOST_MARKS]
    copy = openpyxl.load_workbook(book.path) if book.kind == "xlsx" else _from_rows(book)
    if LIST_SHEET in copy.sheetnames:
        del copy[LIST_SHEET]
        _take_marks_off(copy)
    for mark in marks:
        if (
            mark.sheet is not None
            and mark.sheet in copy.sheetnames
            and mark.row is not None
            and mark.column is not None
        ):
            _mark_cell(copy[mark.sheet], mark)
    _list(copy, marks)
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


def _from_rows(book: Workbook) -> Any:
    """A .csv as a workbook: every cell as the text that it is."""
    import openpyxl

    copy = openpyxl.Workbook()
    copy.remove(copy.worksheets[0])
    for sheet in book.sheets:
        target = copy.create_sheet(_sheet_name(sheet.name))
        for row, values in enumerate(sheet.rows(), start=1):
            for column, value in enumerate(values, start=1):
                if value not in ("", None):
                    _write_text(target.cell(row, column), str(value))
    return copy


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
    from openpyxl.styles import PatternFill

    for sheet in copy.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == _AUTHOR:
                    cell.comment = None
                if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb in (RED, YELLOW):
                    cell.fill = PatternFill()


def _list(copy: Any, marks: Sequence[_Mark]) -> None:
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
        if mark.cell and mark.sheet in copy.sheetnames:
            link = sheet.cell(number + 1, 3)
            link.hyperlink = f"#'{mark.sheet.replace(chr(39), chr(39) * 2)}'!{mark.cell}"  # type: ignore[union-attr]
            link.font = Font(color="FF0563C1", underline="single")
        sheet.cell(number + 1, 1).fill = PatternFill("solid", fgColor=mark.color)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
    sheet.freeze_panes = "A2"


def _in_both(text: Message | str, params: Mapping[str, object] | None = None) -> str:
    message = text if isinstance(text, Message) else Message(text, params or {})
    chinese, english = message.in_language(CHINESE), message.in_language(ENGLISH)
    return chinese if chinese == english else f"{chinese}\n{english}"
