"""Small workbooks for tests: a builder says only what matters, the rest is a good form."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from pipeline.intake.reading import credit_codes


def with_check_digits(first_sixteen: str) -> str:
    """A whole credit code from its first sixteen characters: organisation digit and check digit are added."""
    letters = np.array([list(first_sixteen + "00")])
    code = first_sixteen + str(credit_codes._organisation_check(letters)[0])
    values = np.array([credit_codes.ALPHABET.index(letter) for letter in code])
    return code + credit_codes.ALPHABET[int((31 - (values * credit_codes._WEIGHTS).sum() % 31) % 31)]


#: Invented firms with codes whose check digits hold.
LOTUS = with_check_digits("91440703MA5CAXT0")
BANYAN = with_check_digits("91440704MA5CAXT1")
KAPOK = with_check_digits("91440705MA5CAXT2")

FINANCE = "年度财务"
PEOPLE = "人员与研发"
CODE, YEAR = "统一社会信用代码", "年度"
HEADINGS = {
    FINANCE: [CODE, YEAR, "营业收入（万元）", "净利润（万元）", "资产总额（万元）"],
    PEOPLE: [CODE, YEAR, "职工总数", "研发投入（万元）"],
}
GOOD: dict[str, list[list[Any]]] = {
    FINANCE: [
        [LOTUS, 2022, 3200.5, 210, 5100],
        [LOTUS, 2023, 4100.25, -35.5, 5600],
        [BANYAN, 2023, 15800, 1900, 22000],
    ],
    PEOPLE: [[LOTUS, 2022, 45, 180], [LOTUS, 2023, 52, 260.5], [BANYAN, 2023, 210, 800]],
}


def write(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]] | None = None, /, **changes: Any) -> Path:
    """Write a workbook. `sheets`: rows by sheet, headings first; without it, the good form.

    `changes`: Excel cells of the first sheet with what stands there instead (`B2=2099`).
    """
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (good() if sheets is None else sheets).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for cell, value in changes.items():
        book.worksheets[0][cell] = value
    book.save(path)
    return path


def good() -> dict[str, list[list[Any]]]:
    """The good form as rows by sheet, headings first; a copy to spoil."""
    return {sheet: [list(HEADINGS[sheet]), *[list(row) for row in rows]] for sheet, rows in GOOD.items()}


def edited(path: Path, edit: Any, base: Path | None = None) -> Path:
    """The good form (or `base`) after `edit(book)`, an openpyxl workbook."""
    if base is None:
        write(path)
    book = openpyxl.load_workbook(base or path)
    edit(book)
    book.save(path)
    return path
