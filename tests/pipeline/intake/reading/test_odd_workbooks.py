"""Odd files that mean something are read as their clerks meant them, and what was passed over is said."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pipeline import facts
from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import ENGLISH
from tests.pipeline.intake.workbooks import CODE, FINANCE, HEADINGS, LOTUS, PEOPLE, YEAR, edited, write

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)
ROW = [LOTUS, "2023", "3200.5", "-210", "5100"]
MEANT = {"revenue_cny": 32_005_000, "net_profit_cny": -2_100_000, "total_assets_cny": 51_000_000}


def stored(engine, path: Path) -> tuple[dict[str, Any], list[str]]:
    """What is known of Lotus's 2023 after the import, and what the report says besides."""
    report = importing.import_returns(engine, ImportRequest.of(path, "city", by="test", now=NOW, today=TODAY))
    known = facts.as_known_on(engine, TODAY).loc[(LOTUS, 2023)].dropna().to_dict()
    return known, [notice.in_language(ENGLISH) for notice in report.notices]


def lines(sign: str = ",", row: list[str] = ROW) -> str:
    return f"{sign.join(HEADINGS[FINANCE])}\n{sign.join(row)}\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x84\x31\x95\x33" + lines().encode("gb18030"), id="GB 18030 with a byte order mark"),
        pytest.param(lines().encode("gbk"), id="GBK"),
        pytest.param(lines("\t").encode("utf-16"), id="UTF-16 with tabs, as Excel saves Unicode text"),
        pytest.param(b"\xef\xbb\xbf" + f'"{CODE}"{lines()[len(CODE) :]}'.encode(), id="a quoted heading after a mark"),
        pytest.param(lines(";").encode(), id="semicolons"),
        pytest.param(lines("|").encode(), id="upright strokes"),
        pytest.param(("sep=;\n" + lines(";")).encode(), id="the separator named in a line of its own"),
        pytest.param(("2023年度高企年报,蓬江区\n" + lines(";")).encode(), id="a title with another separator"),
        pytest.param(lines(";", [LOTUS, "2023", "3,200.50", "(210)", "5,100.00"]).encode(), id="thousands, semicolons"),
        pytest.param(lines().replace("\n", ",,,\n").encode(), id="blank columns at the end"),
        pytest.param(lines().replace("\n", "\r").encode(), id="lines of an old Macintosh"),
        pytest.param(("\n,,\n" + lines().replace("\n", "\n\n")).encode(), id="empty lines above and between"),
    ],
)
def test_a_table_of_text_is_read_in_every_shape_that_programs_save(content: bytes, tmp_path, sqlite_engine):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    known, said = stored(sqlite_engine, path)
    assert known == MEANT
    assert said == []


def _titled(book: Any) -> None:
    sheet = book[FINANCE]
    sheet.insert_rows(1, 2)
    sheet["A1"], sheet["A2"] = "2023 年度财务情况表", "金额单位：万元"
    sheet.merge_cells("A1:E1")


def _loosely_typed(book: Any) -> None:
    sheet = book[FINANCE]
    sheet["A3"], sheet["B3"] = f" {LOTUS.lower()}\u3000", "2023 年度"
    sheet["C3"], sheet["D3"], sheet["E3"] = "4\u00a0100.25 ", "（35.5）", "'５，６００"


@pytest.mark.parametrize("edit", [_titled, _loosely_typed])
def test_titles_spaces_and_full_width_figures_change_nothing(edit: Callable[[Any], None], tmp_path, sqlite_engine):
    known, said = stored(sqlite_engine, edited(tmp_path / "form.xlsx", edit))
    plain = {"revenue_cny": 41_002_500, "net_profit_cny": -355_000, "total_assets_cny": 56_000_000}
    assert known == {**plain, "staff": 52, "rd_spend_cny": 2_605_000}
    assert said == []


def _second_row(book: Any, merged: str) -> None:
    """A second row below the headings, into which these columns' headings are merged."""
    sheet = book[FINANCE]
    sheet.insert_rows(2)
    for letter in merged:
        sheet.merge_cells(f"{letter}1:{letter}2")


def _merged_down(book: Any) -> None:
    _second_row(book, "ABCDE")


def _merged_down_below_a_title(book: Any) -> None:
    _second_row(book, "ABCDE")
    sheet = book[FINANCE]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.insert_rows(1)
    sheet["A1"] = "2023 年度财务情况表"
    for letter in "ABCDE":
        sheet.merge_cells(f"{letter}2:{letter}3")
    sheet.merge_cells("A1:E1")


def _one_not_merged(book: Any) -> None:
    _second_row(book, "ABCD")


def _merged_down_beside_a_group(book: Any) -> None:
    _second_row(book, "AB")
    sheet = book[FINANCE]
    for letter in "CDE":
        sheet[f"{letter}2"], sheet[f"{letter}1"] = sheet[f"{letter}1"].value, None
    sheet["C1"] = "年度财务数据"
    sheet.merge_cells("C1:E1")


@pytest.mark.parametrize(
    "edit", [_merged_down, _merged_down_below_a_title, _one_not_merged, _merged_down_beside_a_group]
)
def test_headings_merged_down_over_two_rows_are_the_headings_they_are(edit, tmp_path, sqlite_engine):
    known, said = stored(sqlite_engine, edited(tmp_path / "form.xlsx", edit))
    plain = {"revenue_cny": 41_002_500, "net_profit_cny": -355_000, "total_assets_cny": 56_000_000}
    assert known == {**plain, "staff": 52, "rd_spend_cny": 2_605_000}
    assert said == []


@pytest.mark.parametrize(("written", "cell_format"), [(0.125, "0.0%"), ("12.5%", "General"), (12.5, "General")])
def test_a_share_is_the_same_however_its_cell_shows_it(written, cell_format, tmp_path, sqlite_engine):
    rows = [[*HEADINGS[FINANCE], "资产负债率（填报）（%）"], [*ROW[:2], None, None, None, written]]
    path = write(tmp_path / "form.xlsx", {FINANCE: rows})
    path = edited(path, lambda book: setattr(book[FINANCE]["F2"], "number_format", cell_format), base=path)
    assert stored(sqlite_engine, path)[0] == {"debt_ratio_stated": 0.125}


def test_days_of_a_workbook_that_counts_from_1904_are_the_days_it_shows(tmp_path, sqlite_engine):
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.title = "企业基本信息"
    sheet.append([CODE, YEAR, "企业名称", "注册成立日期"])
    sheet.append([LOTUS, 2023, "莲芯（虚构）", date(2015, 3, 5)])
    book.save(tmp_path / "form.xlsx")
    known, _said = stored(sqlite_engine, tmp_path / "form.xlsx")
    assert known["registered_on"].date() == date(2015, 3, 5)


def test_a_hidden_sheet_of_the_form_is_read_and_said_and_a_hidden_copy_is_left(tmp_path, sqlite_engine):
    def hide(book: Any) -> None:
        book[PEOPLE].sheet_state = "hidden"
        book.copy_worksheet(book[FINANCE]).sheet_state = "hidden"

    known, said = stored(sqlite_engine, edited(tmp_path / "form.xlsx", hide))
    assert known["staff"] == 52
    assert said == [
        f"Sheet {PEOPLE} is hidden; it was read all the same.",
        f"Sheet {FINANCE} Copy was not read: it is no sheet of the form.",
    ]


def test_a_remark_in_a_column_without_a_heading_is_passed_over_and_said(tmp_path, sqlite_engine):
    known, said = stored(sqlite_engine, write(tmp_path / "form.xlsx", G3="已核对"))
    assert known["revenue_cny"] == 41_002_500
    assert said == [f"Sheet {FINANCE}: columns without a heading were not read: G."]
