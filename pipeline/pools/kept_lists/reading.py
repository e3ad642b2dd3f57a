"""A list of pool members as a bureau kept it: a workbook, a CSV file, or lines that somebody types.

Three columns are read, whatever else stands beside them: the firm's credit code, its pool, and the day on which it came
in.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.intake.mapping.column_maps import plain
from pipeline.intake.reading import cells, days, firm_ids
from pipeline.intake.reading.problems import Problem
from pipeline.intake.reading.workbook import open_workbook
from pipeline.language import N_, Label, Message, pick
from pipeline.pools.model import GOLDEN, SEED

CODE, POOL, DAY = "code", "pool", "day"
#: What each column is called in a letter, and how headings name it.
COLUMNS: Mapping[str, Label] = {
    CODE: Label("统一社会信用代码", "code"),
    POOL: Label("所在库", "pool"),
    DAY: Label("入库日期", "date"),
}
_HEADINGS: Mapping[str, Sequence[str]] = {
    CODE: ("统一社会信用代码", "信用代码", "企业代码", "code", "credit code", "firm", "firm_id"),
    POOL: ("所在库", "库", "库别", "入库类别", "入库类型", "pool"),
    DAY: ("入库日期", "入库时间", "进入日期", "日期", "date", "day", "entered", "entered_on", "in since"),
}
_WORDS = {"种子库": SEED, "金种子库": GOLDEN}
_UNDERSTOOD = {
    "种子": SEED,
    "金种子": GOLDEN,
    "seed pool": SEED,
    "golden-seed pool": GOLDEN,
    "golden seed pool": GOLDEN,
}
#: A line that is typed: what stands between code, pool and day.
_BETWEEN = re.compile(r"[\t,，;；、]| +")
#: A city's pools hold some hundreds of firms.
MOST_ROWS = 5_000
_TYPED = Label("键入的名单", "typed lines")


@dataclass(frozen=True)
class ListedFirm:
    """A row that can be read: which firm was in which pool since when. `row`: from 0, as it stands in the list."""

    row: int
    firm_id: str
    pool: str
    entered_on: date


@dataclass(frozen=True)
class KeptList:
    """A list as it was read. `places`: the column of each of COLUMNS; `sha256`: of the file or the text."""

    name: str
    sheet: str
    sha256: str
    firms: tuple[ListedFirm, ...]
    problems: tuple[Problem, ...]
    places: Mapping[str, int] = field(default_factory=dict)

    def problem(
        self, kind: str, row: int, column: str, what: Message, instead: Message, firm: str | None = None
    ) -> Problem:
        """What is wrong in a row, with its cell."""
        return Problem(kind, what, instead, self.sheet, row, self.places.get(column), pick(COLUMNS[column]), firm)


def read_list(path: Path, today: date, name: str | None = None) -> KeptList:
    """The list of a file; its problems are among what is given. Raises FileNotStored for a file that is no table."""
    book = open_workbook(path)
    tables = [(sheet.name, [list(row) for row in sheet.rows()]) for sheet in book.sheets if not sheet.hidden]
    found = [(sheet, rows, at) for sheet, rows in tables if (at := _heading_row(rows)) is not None]
    title = name or path.name
    if not found:
        words = {"headings": [pick(label) for label in COLUMNS.values()]}
        what = Message(N_("No sheet has the headings of a list of the pools."))
        instead = Message(N_("Give the list these headings, in one row: %(headings)s."), words)
        return KeptList(title, "", book.sha256, (), (Problem("no_headings", what, instead),))
    if len(found) > 1:
        what = Message(
            N_("Several sheets look like lists of the pools: %(sheets)s."), {"sheets": [one[0] for one in found]}
        )
        instead = Message(N_("Leave one of them in the file."))
        return KeptList(title, "", book.sha256, (), (Problem("several_lists", what, instead),))
    ((sheet, rows, at),) = found
    places = _places(rows[at])
    return _read(title, sheet, book.sha256, rows[at + 1 :], at + 1, places, today)


def read_lines(text: str, today: date) -> KeptList:
    """The same of lines that somebody types: code, pool and day, with a blank or a comma between them."""
    lines = [[part for part in _BETWEEN.split(line.strip()) if part] for line in text.splitlines()]
    at = _heading_row(lines[:1])
    places = _places(lines[0]) if at is not None else {CODE: 0, POOL: 1, DAY: 2}
    first = 0 if at is None else 1
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return _read(pick(_TYPED), pick(_TYPED), digest, lines[first:], first, places, today)


def _heading_row(rows: Sequence[Sequence[Any]]) -> int | None:
    """The first of the upper rows that has all three headings."""
    return next((at for at, row in enumerate(rows[:20]) if len(_places(row)) == len(COLUMNS)), None)


def _places(row: Sequence[Any]) -> dict[str, int]:
    words = [plain(cell) if cell is not None else "" for cell in row]
    known = {name: {plain(heading) for heading in headings} for name, headings in _HEADINGS.items()}
    found: dict[str, int] = {}
    for at, word in enumerate(words):
        for name, headings in known.items():
            if word in headings:
                found.setdefault(name, at)
    return found


def _read(
    name: str,
    sheet: str,
    sha256: str,
    rows: Sequence[Sequence[Any]],
    first: int,
    places: Mapping[str, int],
    today: date,
) -> KeptList:
    filled = [(at, row) for at, row in enumerate(rows, start=first) if any(not cells.is_blank(cell) for cell in row)]
    empty = KeptList(name, sheet, sha256, (), (), places)
    if not filled:
        what, instead = Message(N_("The list has no row.")), Message(N_("Write a row for each firm of the pools."))
        return KeptList(name, sheet, sha256, (), (Problem("no_rows", what, instead),), places)
    if len(filled) > MOST_ROWS:
        what = Message(N_("The list has %(count)s rows."), {"count": len(filled)})
        instead = Message(N_("Take it over in lists of at most %(most)s rows."), {"most": MOST_ROWS})
        return KeptList(name, sheet, sha256, (), (Problem("too_many_rows", what, instead),), places)
    columns = {column: _column(filled, place) for column, place in places.items()}
    ids, wrong_codes, _odd = firm_ids.firm_ids(columns[CODE], "credit_code", "")
    pools, wrong_pools = cells.words(columns[POOL], _WORDS, understood=_UNDERSTOOD)
    entered, wrong_days = days.days(columns[DAY], today)
    wrong = {CODE: wrong_codes, POOL: wrong_pools, DAY: wrong_days}
    problems = []
    for column, found in wrong.items():
        for one in found:
            firm = str(ids[one.at]) or None
            problems.append(empty.problem(one.kind, filled[one.at][0], column, one.what, one.instead, firm))
    told = {(column, one.at) for column, found in wrong.items() for one in found}
    for at, (row, _cells) in enumerate(filled):
        if pools[at] is None and (POOL, at) not in told:
            what, instead = (
                Message(N_("The pool is missing.")),
                Message(N_("Write one of: %(words)s."), {"words": [*_WORDS]}),
            )
            problems.append(empty.problem("no_pool", row, POOL, what, instead, str(ids[at]) or None))
        if np.isnat(entered[at]) and (DAY, at) not in told:
            what = Message(N_("The day on which it came into the pool is missing."))
            instead = Message(N_("Write the day as year-month-day, for example 2024-03-05."))
            problems.append(empty.problem("no_day", row, DAY, what, instead, str(ids[at]) or None))
    firms = tuple(
        ListedFirm(row, str(ids[at]), str(pools[at]), entered[at].astype(object))
        for at, (row, _cells) in enumerate(filled)
        if ids[at] and pools[at] is not None and not np.isnat(entered[at])
    )
    return KeptList(name, sheet, sha256, firms, tuple(problems), places)


def _column(filled: Sequence[tuple[int, Sequence[Any]]], place: int) -> np.ndarray:
    column = np.empty(len(filled), dtype=object)
    for at, (_row, found) in enumerate(filled):
        column[at] = found[place] if place < len(found) else None
    return column
