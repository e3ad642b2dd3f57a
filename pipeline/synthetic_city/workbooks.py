"""The synthetic city on paper: workbooks as clerks fill them in, in the city's own form.

Headings, units and words come from the column map, so that the form and its import cannot drift apart.
Every sheet opens with the line that all of it is made up.

One return must be refused: the mistakes clerks make most are put into it on purpose, each noted with its place, so that
a test can compare the import's list with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfileobj
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd

from pipeline.city.in_force import city
from pipeline.intake.mapping.column_maps import ColumnRule, SheetMap

MADE_UP_LINE = "演示数据，企业均为虚构"
_ALWAYS_DATED = (2000, 1, 1, 0, 0, 0)
_FULL_WIDTH = str.maketrans("0123456789.-", "０１２３４５６７８９．－")

Rows = list[tuple[Any, ...]]


def sheet_rows(stated: pd.DataFrame, sheet: SheetMap, rng: np.random.Generator | None = None) -> Rows:
    """Heading row and one row a firm and year, in the form's units; only headings that `stated` has or that must stand.

    With `rng`, as different clerks write it: separators and full-width digits in figures, days in four ways.
    A row in which this sheet has nothing to say is left out.
    """
    told = [
        rule for rule in sheet.columns if rule.role in ("firm", "year") or not rule.optional or _name(rule) in stated
    ]
    facts = [name for name in map(_name, told) if name in stated]
    stated = stated[stated[facts].notna().any(axis=1)] if facts else stated
    columns = [_cells(stated, rule, rng) for rule in told]
    return [tuple(rule.heading for rule in told), *zip(*columns, strict=True)]


def write_workbook(path: Path, sheets: dict[str, Rows]) -> None:
    """Write the sheets, each under the line that its firms are made up."""
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    book.properties.creator = "Goldseed"
    book.properties.title = MADE_UP_LINE
    book.properties.created = book.properties.modified = datetime(*_ALWAYS_DATED)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append((MADE_UP_LINE,))
        for row in rows:
            sheet.append(row)
    ExcelWriter(book, _Undated(path, "w", ZIP_DEFLATED, compresslevel=1)).save()


class _Undated(ZipFile):
    """A zip whose bytes do not depend on the clock, so that importing a city written again changes nothing."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        super().writestr(self._undated(str(zinfo_or_arcname)), data, *args, **kwargs)

    def write(self, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any) -> None:
        with open(filename, "rb") as source, self.open(self._undated(str(arcname or filename)), "w") as target:
            copyfileobj(source, target)

    def _undated(self, name: str) -> ZipInfo:
        info = ZipInfo(name, _ALWAYS_DATED)
        info.compress_type, info._compresslevel = ZIP_DEFLATED, 1  # type: ignore[attr-defined]
        return info


def _name(rule: ColumnRule) -> str:
    return rule.fact.name if rule.fact else ""


def _cells(stated: pd.DataFrame, rule: ColumnRule, rng: np.random.Generator | None) -> list[Any]:
    if rule.role == "firm":
        codes = stated.index.get_level_values("firm_id").to_numpy(dtype=object)
        return _now_and_then(codes, lambda code: f" {code}", 0.004, rng)
    if rule.role == "year":
        years = stated.index.get_level_values("year").to_numpy().astype(object)
        return _now_and_then(years, lambda year: f"{year}年度", 0.02, rng)
    if rule.fact is None or rule.fact.name not in stated:
        return [None] * len(stated)
    values = stated[rule.fact.name]
    if rule.fact.type == "date":
        return _days(values, rng)
    if rule.fact.type == "yes_no":
        return [{1.0: "是", 0.0: "否"}.get(answer) for answer in values]
    if rule.fact.type == "text":
        written = {kept: word for word, kept in rule.words.items()}
        words = values.astype(object).where(values.notna(), None)
        return [written.get(word, word) for word in words]
    return _figures(values, rule, rng)


def _figures(values: pd.Series, rule: ColumnRule, rng: np.random.Generator | None) -> list[Any]:
    known = values.notna().to_numpy()
    figures = (values / rule.factor).round(2).to_numpy()
    whole = rule.fact is not None and rule.fact.type in ("count", "years", "days")
    cells = np.full(len(values), None, dtype=object)
    cells[known] = figures[known].astype(int) if whole else figures[known]
    if rng is None or rule.factor != 1e4:
        return _now_and_then(cells, lambda figure: f"{figure}人", 0.002 if _name(rule) == "staff" else 0.0, rng)
    way = rng.random(len(cells))
    for at in np.flatnonzero(known & (way < 0.006)):
        figure = figures[at]
        if way[at] < 0.001 and abs(figure) >= 1e4:
            cells[at] = f"{figure / 1e4:.6f}亿"
        elif way[at] < 0.002:
            cells[at] = f"{figure:.2f}".translate(_FULL_WIDTH)
        else:
            cells[at] = f"{figure:,.2f}"
    return list(cells)


def _days(values: pd.Series, rng: np.random.Generator | None) -> list[Any]:
    """Days as Excel keeps them, and in the ways in which clerks type them; every clerk has one way."""
    cells = np.full(len(values), None, dtype=object)
    known = np.flatnonzero(values.notna())
    days = values.iloc[known].dt
    if rng is None:
        cells[known] = days.strftime("%Y-%m-%d").to_numpy()
        return list(cells)
    patterns = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")
    ways = [days.strftime(pattern).to_numpy(dtype=object) for pattern in patterns]
    way = rng.choice(5, size=len(known), p=[0.55, 0.15, 0.12, 0.06, 0.12])
    real = np.array(list(days.date), dtype=object)
    cells[known] = np.choose(way, [*ways, real]) if len(known) else []
    return list(cells)


def _now_and_then(cells: np.ndarray, change: Any, chance: float, rng: np.random.Generator | None) -> list[Any]:
    if rng is not None and chance:
        for at in np.flatnonzero((rng.random(len(cells)) < chance) & (cells != None)):  # noqa: E711 - cell by cell
            cells[at] = change(cells[at])
    return list(cells)


def event_rows(events: pd.DataFrame, sheet: SheetMap) -> Rows:
    """Heading row and one row an event, in the words of the form."""
    columns = []
    for rule in sheet.columns:
        if rule.role == "firm":
            columns.append(list(events["firm_id"]))
        elif rule.role == "event":
            columns.append(list(events["kind"].map({kept: word for word, kept in rule.words.items()})))
        elif rule.role == "board":
            columns.append([board or None for board in events["board"]])
        elif rule.role in ("occurred_on", "known_on"):
            columns.append(list(events["occurred_on"].dt.strftime("%Y-%m-%d")))
        else:
            columns.append(list(events["name"]))
    return [tuple(rule.heading for rule in sheet.columns), *zip(*columns, strict=True)]


# --- a return that must be refused ------------------------------------------------------------------


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
    (_BASICS, "所在{district}", 5, lambda _: "不知名区"),
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
    for sheet, written_in_form, number, mistake in _MISTAKES:
        heading = written_in_form.replace("{district}", city().district)
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
