"""Each wrong workbook gives exactly the problems it has, to the cell, and stores nothing."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.intake import importing
from pipeline.intake.reading import workbook
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import CHINESE, ENGLISH
from pipeline.store.tables import Event, Firm, Import, ReturnRow
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, HEADINGS, LOTUS, PEOPLE, YEAR, edited, good, write

NOW = datetime(2024, 6, 1, 9, 0)
TODAY = date(2024, 6, 1)
Expected = list[tuple[str, str | None, str | None]]  # kind, sheet, cell


@dataclass
class Wrong:
    name: str
    make: Callable[[Path], Path]
    problems: Expected
    map_name: str = "city"

    def __str__(self) -> str:
        return self.name


def cell(name: str, where: str, value: Any, *kinds: str) -> Wrong:
    """The good form with one cell spoilt, which gives one problem a kind at that cell."""
    return Wrong(
        name, lambda folder: write(folder / "form.xlsx", **{where: value}), [(kind, FINANCE, where) for kind in kinds]
    )


def rows(
    name: str, change: Callable[[dict[str, list[list[Any]]]], None], *problems: tuple[str, str | None, str | None]
) -> Wrong:
    """The good form with its rows changed before it is written."""

    def make(folder: Path) -> Path:
        sheets = good()
        change(sheets)
        return write(folder / "form.xlsx", sheets)

    return Wrong(name, make, list(problems))


def book(name: str, edit: Callable[[Any], None], *problems: tuple[str, str | None, str | None]) -> Wrong:
    return Wrong(name, lambda folder: edited(folder / "form.xlsx", edit), list(problems))


def text(
    name: str,
    content: str | bytes,
    *problems: tuple[str, str | None, str | None],
    map_name: str = "neeq-listings",
    file: str = "list.csv",
) -> Wrong:
    def make(folder: Path) -> Path:
        path = folder / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return Wrong(name, make, list(problems), map_name)


def repacked(
    name: str, change: Callable[[dict[str, bytes]], None], *problems: tuple[str, str | None, str | None]
) -> Wrong:
    """The good form with the parts of its zip package changed."""

    def make(folder: Path) -> Path:
        base = write(folder / "base.xlsx")
        with zipfile.ZipFile(base) as package:
            parts = {part: package.read(part) for part in package.namelist()}
        change(parts)
        path = folder / "form.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for part, content in parts.items():
                package.writestr(part, content)
        return path

    return Wrong(name, make, list(problems))


def _set(sheets: dict[str, list[list[Any]]], sheet: str, row: int, column: int, value: Any) -> None:
    sheets[sheet][row][column] = value


def _entities(parts: dict[str, bytes]) -> None:
    declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    parts["xl/worksheets/sheet1.xml"] = declared + parts["xl/worksheets/sheet1.xml"]


def _formula_error(parts: dict[str, bytes]) -> None:
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        b'<c r="C3" t="n"><v>4100.25</v></c>', b'<c r="C3" t="e"><f>B3/0</f><v>#DIV/0!</v></c>'
    )


def _copied(b: Any) -> None:
    b.copy_worksheet(b[FINANCE]).title = f"{FINANCE} (2)"


def _unknown_merged_down(b: Any) -> None:
    sheet = b[FINANCE]
    sheet.insert_rows(2)
    sheet["F1"] = "备注（无此项）"
    for letter in "ABCDEF":
        sheet.merge_cells(f"{letter}1:{letter}2")


def _as_percent(b: Any) -> None:
    b[FINANCE]["C2"] = 0.12
    b[FINANCE]["C2"].number_format = "0.0%"


def _to_another_kind(parts: dict[str, bytes]) -> None:
    parts.clear()
    parts["mimetype"] = b"application/vnd.oasis.opendocument.spreadsheet"
    parts["content.xml"] = b"<office:document-content/>"


def _without_end(parts: dict[str, bytes]) -> None:
    """A number that no computer can hold, as a code, a year and an amount."""
    sheet = parts["xl/worksheets/sheet1.xml"]
    for where in (b"A2", b"B3", b"E4"):
        sheet, changed = re.subn(rb'<c r="%s"[^>]*>.*?</c>' % where, b'<c r="%s" t="n"><v>1E999</v></c>' % where, sheet)
        assert changed == 1
    parts["xl/worksheets/sheet1.xml"] = sheet


FILE = ("file", None, None)
WRONG = [
    cell("letters in an amount", "C3", "1,2O0", "not_a_number"),
    cell("a remark in an amount", "C2", "约3200", "not_a_number"),
    cell("a range in an amount", "D2", "200-300", "not_a_number"),
    cell("commas that are not at the thousands", "C2", "32,00", "not_a_number"),
    cell("a percentage in an amount", "D3", "12%", "not_a_number"),
    cell("people in an amount", "E2", "5100人", "not_a_number"),
    cell("an answer in an amount", "D2", True, "not_a_number"),
    cell("a day in an amount", "D2", date(2023, 1, 1), "not_a_number"),
    cell("no end to an amount", "C2", "1e999", "not_a_number"),
    cell("a year to come", "B2", 2099, "future_year"),
    cell("a year before any return", "B3", 1889, "impossible_year"),
    cell("a year of two digits", "B2", 22, "not_a_year"),
    cell("a year formatted as a day", "B2", date(1905, 7, 15), "not_a_year"),
    cell("no year", "B4", None, "no_year"),
    cell("a code with a wrong check digit", "A2", LOTUS[:-1] + ("1" if LOTUS[-1] != "1" else "2"), "wrong_code"),
    cell("a code of seventeen letters", "A2", LOTUS[:-1], "wrong_code"),
    cell("a code typed as a number", "A2", 914407031234567890, "wrong_code"),
    cell("a code with an O for a 0", "A3", LOTUS.replace("0", "O"), "wrong_code"),
    cell("no code in a filled row", "A4", None, "no_firm"),
    rows(
        "a total below the rows",
        lambda s: s[FINANCE].append(["合计", None, 23100.75, None, None]),
        ("wrong_code", FINANCE, "A5"),
        ("no_year", FINANCE, "B5"),
    ),
    rows("a negative headcount", lambda s: _set(s, PEOPLE, 1, 2, -3), ("below_zero", PEOPLE, "C2")),
    rows("half an employee", lambda s: _set(s, PEOPLE, 1, 2, 45.5), ("not_whole", PEOPLE, "C2")),
    rows("more employees than people", lambda s: _set(s, PEOPLE, 2, 2, 5e12), ("too_large", PEOPLE, "C3")),
    rows("money in a headcount", lambda s: _set(s, PEOPLE, 3, 2, "210元"), ("not_a_number", PEOPLE, "C4")),
    rows("a firm's year twice", lambda s: s[FINANCE].append([LOTUS, 2022, 1, 1, 1]), ("doubled_row", FINANCE, "A5")),
    rows(
        "a firm's year three times",
        lambda s: s[FINANCE].extend([[LOTUS, 2022, 1, 1, 1], [LOTUS, "2022年", 2, 2, 2]]),
        ("doubled_row", FINANCE, "A5"),
        ("doubled_row", FINANCE, "A6"),
    ),
    rows("a missing heading", lambda s: [row.pop(2) for row in s[FINANCE]], ("missing_heading", FINANCE, None)),
    rows(
        "a heading in another unit",
        lambda s: _set(s, FINANCE, 0, 2, "营业收入（元）"),
        ("missing_heading", FINANCE, None),
        ("unknown_heading", FINANCE, "C1"),
    ),
    rows("a heading twice", lambda s: [row.append(row[2]) for row in s[FINANCE]], ("doubled_heading", FINANCE, "F1")),
    rows(
        "a heading that nobody asked for",
        lambda s: [row.append("x") for row in s[FINANCE]],
        ("unknown_heading", FINANCE, "F1"),
    ),
    rows(
        "no headings at all",
        lambda s: s[FINANCE].pop(0),
        *[("missing_heading", FINANCE, None)] * 5,
        *[("unknown_heading", FINANCE, f"{letter}1") for letter in "ABCDE"],
    ),
    rows(
        "problems on two sheets",
        lambda s: (_set(s, FINANCE, 1, 2, "无数"), _set(s, PEOPLE, 1, 2, "四十五")),
        ("not_a_number", FINANCE, "C2"),
        ("not_a_number", PEOPLE, "C2"),
    ),
    rows("a sheet under another name", lambda s: s.update({"财务": s.pop(FINANCE)}), ("unknown_sheet", "财务", None)),
    rows(
        "no sheet of the form",
        lambda s: (s.clear(), s.update({"Sheet9": [["a", "b"], [1, 2]]})),
        ("no_sheet", None, None),
    ),
    rows(
        "headings and no rows",
        lambda s: (s.pop(PEOPLE), s.update({FINANCE: [HEADINGS[FINANCE]]})),
        ("no_rows", None, None),
    ),
    rows("nothing at all", lambda s: (s.clear(), s.update({FINANCE: []})), ("no_rows", None, None)),
    book("merged cells in the data", lambda b: b[FINANCE].merge_cells("C2:C3"), ("merged_cells", FINANCE, "C2")),
    book(
        "merged firms",
        lambda b: b[FINANCE].merge_cells("A2:A3"),
        ("merged_cells", FINANCE, "A2"),
        ("no_firm", FINANCE, "A3"),
    ),
    book(
        "a heading merged over the first figure",
        lambda b: b[FINANCE].merge_cells("C1:C2"),
        ("merged_cells", FINANCE, "C1"),
    ),
    book(
        "a heading merged over its neighbour",
        lambda b: b[FINANCE].merge_cells("C1:D1"),
        ("missing_heading", FINANCE, None),
        ("merged_cells", FINANCE, "C1"),
    ),
    book("a heading nobody asked for, merged down", _unknown_merged_down, ("unknown_heading", FINANCE, "F1")),
    book(
        "a formula that was never computed",
        lambda b: b[FINANCE].__setitem__("C2", "=1+1"),
        ("formula_without_value", FINANCE, "C2"),
    ),
    book(
        "a stray word in the last cell of the sheet",
        lambda b: b[FINANCE].__setitem__("XFD1048576", "x"),
        ("far_cell", FINANCE, "XFD1048576"),
    ),
    book("a sheet and its copy", _copied, ("doubled_sheet", f"{FINANCE} (2)", None)),
    book("an amount formatted as a percentage", _as_percent, ("not_a_number", FINANCE, "C2")),
    repacked("an OpenDocument table under the name .xlsx", _to_another_kind, FILE),
    text(
        "a web page under a table's name",
        f"\ufeff\n <html><table><tr><td>{CODE}</td></tr></table></html>",
        FILE,
        map_name="city",
        file="export.xls",
    ),
    text("XML under a table's name", '<?xml version="1.0"?><Workbook/>', FILE, map_name="city", file="form.xls"),
    text("a document", b"%PDF-1.7\n" + bytes(range(128, 256)), FILE, map_name="city", file="form.pdf"),
    text("a mark of order and nothing behind it", b"\xef\xbb\xbf", ("no_rows", None, None), map_name="city"),
    text("nothing but empty lines", "\n\n,,,\n", ("no_rows", None, None), map_name="city"),
    text("UTF-16 without its mark", f"{CODE},{YEAR}\n".encode("utf-16-le"), FILE, map_name="city"),
    text(
        "a day as Excel counts them, and a month",
        f"{CODE},{YEAR},企业名称,注册成立日期\n{LOTUS},2023,甲,45000\n{BANYAN},2023,乙,2015年3月\n",
        ("not_a_day", "list", "D2"),
        ("not_a_day", "list", "D3"),
        map_name="city",
    ),
    text(
        "headings below ten lines of title",
        "年报\n" * 10 + f"{CODE},{YEAR},企业名称\n{LOTUS},2023,甲\n",
        *[("missing_heading", "list", None)] * 3,
        ("unknown_heading", "list", "A1"),
        map_name="city",
    ),
    Wrong("a folder", lambda folder: folder, [FILE]),
    Wrong("no file", lambda folder: folder / "gone.xlsx", [FILE]),
    repacked(
        "numbers without end",
        _without_end,
        ("wrong_code", FINANCE, "A2"),
        ("not_a_year", FINANCE, "B3"),
        ("not_a_number", FINANCE, "E4"),
    ),
    repacked("a formula error", _formula_error, ("formula_error", FINANCE, "C3")),
    repacked("macros", lambda parts: parts.update({"xl/vbaProject.bin": b"x"}), FILE),
    repacked("XML entities", _entities, FILE),
    repacked("a zip bomb", lambda parts: parts.update({"xl/media/image.xml": b" " * 60_000_000}), FILE),
    repacked("no workbook inside", lambda parts: parts.pop("xl/workbook.xml"), FILE),
    text(
        "an encrypted workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        FILE,
        file="secret.xlsx",
        map_name="city",
    ),
    text("a torn workbook", b"PK\x03\x04" + b"torn" * 50, FILE, file="torn.xlsx", map_name="city"),
    text("an empty file", b"", FILE, map_name="city", file="empty.xlsx"),
    text("a picture under a table's name", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", FILE),
    text("letters of no known encoding", b"\x81\x20\xff,\xff\n", FILE),
    text("half a letter in UTF-16", b"\xff\xfea\x00\n", FILE),
    text(
        "a stock code with a letter",
        "证券代码,证券简称,板块,上市日期\n92072A,甲,北交所,2020-07-27\n",
        ("wrong_code", "list", "A2"),
    ),
    text(
        "a day that is none",
        "证券代码,证券简称,板块,上市日期\n920729,甲,北交所,2021-02-30\n",
        ("not_a_day", "list", "D2"),
    ),
    text(
        "a listing to come",
        "证券代码,证券简称,板块,上市日期\n920729,甲,北交所,2031-02-03\n",
        ("not_a_day", "list", "D2"),
    ),
    text("no day", "证券代码,证券简称,板块,上市日期\n920729,甲,北交所,\n", ("missing", "list", "D2")),
    text(
        "a listing twice",
        "证券代码,证券简称,板块,上市日期\n920729,甲,北交所,2021-02-03\n920729,甲,北交所,2021-02-03\n",
        ("doubled_row", "list", "A3"),
    ),
    text(
        "an event of no known kind",
        f"{CODE},事项,发生日期\n{LOTUS},上了市,2021-02-03\n",
        ("unknown_word", "list", "B2"),
        map_name="city-events",
    ),
    text(
        "an unknown district and answer",
        f"{CODE},{YEAR},企业名称,所在市（区）,专精特新小巨人\n{BANYAN},2023,榕动（虚构）,海珠区,也许\n",
        ("unknown_word", "list", "D2"),
        ("not_an_answer", "list", "E2"),
        map_name="city",
    ),
    text(
        "a name that never ends",
        f"{CODE},{YEAR},企业名称\n{BANYAN},2023,{'榕' * 201}\n",
        ("too_long", "list", "C2"),
        map_name="city",
    ),
]


def test_there_are_enough_wrong_workbooks():
    assert len(WRONG) >= 40


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_workbook_gives_exactly_its_problems_and_stores_nothing(wrong: Wrong, tmp_path: Path, sqlite_engine):
    path = wrong.make(tmp_path)
    with pytest.raises(FileNotStored) as refused:
        if wrong.map_name in ("neeq-listings", "city-events"):
            importing.import_events(
                sqlite_engine,
                ImportRequest.of(path, wrong.map_name, by="test", now=NOW, today=NOW.date(), cohort="city"),
            )
        else:
            importing.import_returns(
                sqlite_engine, ImportRequest.of(path, wrong.map_name, by="test", now=NOW, today=TODAY)
            )
    found = [(problem.kind, problem.sheet, problem.cell) for problem in refused.value.problems]
    assert sorted(found, key=str) == sorted(wrong.problems, key=str)
    assert refused.value.exit_code == 3
    with Session(sqlite_engine) as session:
        for table in (Import, Firm, ReturnRow, Event):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_each_problem_is_told_in_chinese_and_english_with_what_to_write_instead(
    wrong: Wrong, tmp_path: Path, sqlite_engine
):
    preview = importing.preview(
        sqlite_engine, ImportRequest.of(wrong.make(tmp_path), wrong.map_name, today=TODAY, now=NOW)
    )
    assert not preview.good
    for problem in preview.problems:
        chinese, english = (problem.message.in_language(name) for name in (CHINESE, ENGLISH))
        assert chinese != english
        assert problem.instead.in_language(CHINESE) != problem.instead.in_language(ENGLISH)
        if problem.cell:
            assert problem.cell in chinese
            assert problem.cell in english


def vanishing_when(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """The file goes away at the moment at which this function of the reader is called."""
    usual = getattr(where, name)

    def gone(path: Path, *more: Any) -> Any:
        path.unlink(missing_ok=True)
        return usual(path, *more)

    monkeypatch.setattr(where, name, gone)


@pytest.mark.parametrize("step", ["kind_of", "open_package", "sha256_of", "encoding_of", "separator_of"])
def test_a_file_that_goes_away_while_it_is_read_gets_a_letter(step, tmp_path, sqlite_engine, monkeypatch):
    if step in ("encoding_of", "separator_of"):
        path = tmp_path / "form.csv"
        path.write_text(f"{CODE},{YEAR},企业名称\n{LOTUS},2023,甲\n", encoding="utf-8")
    else:
        path = write(tmp_path / "form.xlsx")
    where = next(room for room in (workbook, workbook.package, workbook.delimited) if hasattr(room, step))
    vanishing_when(monkeypatch, where, step)
    with pytest.raises(FileNotStored) as refused:
        importing.import_returns(sqlite_engine, ImportRequest.of(path, "city", by="test", now=NOW, today=TODAY))
    assert [problem.kind for problem in refused.value.problems] == ["file"]


def test_a_table_of_text_that_goes_away_between_its_headings_and_its_rows_gets_a_letter(
    tmp_path, sqlite_engine, monkeypatch
):
    path = tmp_path / "form.csv"
    path.write_text(f"{CODE},{YEAR},企业名称\n{LOTUS},2023,甲\n", encoding="utf-8")
    usual = importing.find_form

    def found(book: Any, map_: Any) -> Any:
        form = usual(book, map_)
        path.unlink()
        return form

    monkeypatch.setattr(importing, "find_form", found)
    with pytest.raises(FileNotStored) as refused:
        importing.import_returns(
            sqlite_engine,
            ImportRequest.of(path, "city", by="test", now=NOW, today=TODAY, annotated_dir=tmp_path),
        )
    assert [problem.kind for problem in refused.value.problems] == ["file"]
