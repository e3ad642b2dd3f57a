"""A return that must be refused: the mistakes clerks make most, put into a clean workbook on purpose.

Each mistake is noted with its place, so that a test can compare the import's list with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.synthetic_city.workbooks import Rows


def _wrong_digit(code: str) -> str:
    return code[:-1] + ("B" if code.endswith("A") else "A")


_HEAD_ROWS = 2  # the line that it is made up, and the headings


@dataclass(frozen=True)
class WrongCell:
    """`cell` as Excel names it."""

    sheet: str
    cell: str
    heading: str
    found: str


_BASICS, _FINANCE, _PEOPLE, _IP = "企业基本信息", "年度财务", "人员与研发", "知识产权"
#: Sheet, heading, row among the firms, and what the clerk wrote instead.
_MISTAKES: tuple[tuple[str, str, int, Callable[[Any], Any]], ...] = (
    (_BASICS, "统一社会信用代码", 3, lambda code: _wrong_digit(str(code).strip())),
    (_BASICS, "所在市（区）", 5, lambda _: "江北区"),
    (_BASICS, "注册成立日期", 8, lambda _: "2019年13月5日"),
    (_FINANCE, "营业收入（万元）", 2, lambda _: "1,2O0"),
    (_FINANCE, "净利润（万元）", 6, lambda _: "约三百万"),
    (_FINANCE, "年度", 9, lambda _: 2205),
    (_FINANCE, "应收账款（万元）", 11, lambda _: "#DIV/0!"),
    (_PEOPLE, "职工总数", 4, lambda _: -3),
    (_PEOPLE, "研发投入（万元）", 7, lambda _: "见附件"),
    (_IP, "有效发明专利", 1, lambda _: "2.5"),
)


def with_wrong_cells(sheets: dict[str, Rows]) -> tuple[dict[str, Rows], tuple[WrongCell, ...]]:
    """The same sheets with every mistake that finds its row; the sheets given stay as they are."""
    spoilt = {name: list(rows) for name, rows in sheets.items()}
    wrong = []
    for sheet, heading, number, mistake in _MISTAKES:
        rows = spoilt.get(sheet, [])
        if heading not in (rows[0] if rows else ()) or number >= len(rows):
            continue
        column = rows[0].index(heading)
        written = mistake(rows[number][column])
        rows[number] = (*rows[number][:column], written, *rows[number][column + 1 :])
        wrong.append(WrongCell(sheet, f"{_letters(column)}{number + _HEAD_ROWS}", heading, str(written)))
    return spoilt, tuple(wrong)


def _letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    head, last = divmod(column, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)
