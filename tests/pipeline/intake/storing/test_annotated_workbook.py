"""The clerk gets the own workbook back with the cells to mend marked, mends them, and hands it in again."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from pipeline.intake import importing
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.annotated_workbook import LIST_SHEET, RED, YELLOW
from pipeline.intake.storing.import_request import ImportRequest
from tests.pipeline.intake.workbooks import FINANCE, LOTUS, PEOPLE, edited, good, write

NOW, TODAY = datetime(2024, 6, 1), date(2024, 6, 1)


def refused(engine, path: Path, folder: Path, map_name: str = "city") -> FileNotStored:
    with pytest.raises(FileNotStored) as raised:
        importing.import_returns(
            engine, ImportRequest.of(path, map_name, by="t", now=NOW, today=TODAY, annotated_dir=folder)
        )
    return raised.value


def spoil(book) -> None:
    sheet = book[FINANCE]
    sheet["C2"], sheet["B3"] = "约3200", 2099
    sheet["D2"].font = Font(bold=True, color="FF00AA00")
    sheet["E4"].fill = PatternFill("solid", fgColor="FFABCDEF")
    sheet.column_dimensions["C"].width = 33
    notes = book.create_sheet("我的备注")
    notes["A1"], notes["A2"] = "请勿删除", "=1+1"


def test_faulty_cells_are_red_with_a_comment_in_both_languages(sqlite_engine, tmp_path):
    path = edited(tmp_path / "form.xlsx", spoil)
    error = refused(sqlite_engine, path, tmp_path / "back")
    assert error.annotated == tmp_path / "back" / "form-mended.xlsx"
    sheet = openpyxl.load_workbook(error.annotated)[FINANCE]
    for cell in ("C2", "B3"):
        assert sheet[cell].fill.fgColor.rgb == RED
    assert "不是数字" in sheet["C2"].comment.text
    assert "is not a number" in sheet["C2"].comment.text
    assert sheet["C3"].comment is None
    assert sheet["C3"].fill.fgColor.rgb != RED


def test_the_first_sheet_lists_every_problem_with_a_link_to_its_cell(sqlite_engine, tmp_path):
    book = openpyxl.load_workbook(refused(sqlite_engine, edited(tmp_path / "form.xlsx", spoil), tmp_path).annotated)
    listed = book.worksheets[0]
    assert listed.title == LIST_SHEET
    links = [listed.cell(row, 3).hyperlink.location or listed.cell(row, 3).hyperlink.target for row in (2, 3)]
    assert [link.lstrip("#") for link in links] == [f"'{FINANCE}'!C2", f"'{FINANCE}'!B3"]
    assert [listed.cell(row, 4).value for row in (2, 3)] == [LOTUS, LOTUS]


def test_formats_values_and_other_sheets_stay_as_they_were(sqlite_engine, tmp_path):
    book = openpyxl.load_workbook(refused(sqlite_engine, edited(tmp_path / "form.xlsx", spoil), tmp_path).annotated)
    sheet = book[FINANCE]
    assert (sheet["D2"].font.bold, sheet["D2"].font.color.rgb) == (True, "FF00AA00")
    assert sheet["E4"].fill.fgColor.rgb == "FFABCDEF"
    assert sheet.column_dimensions["C"].width == 33
    assert book.sheetnames[1:] == [FINANCE, PEOPLE, "我的备注"]
    assert (book["我的备注"]["A1"].value, book["我的备注"]["A2"].value) == ("请勿删除", "=1+1")


def test_the_marked_up_workbook_once_mended_is_stored_as_it_is(sqlite_engine, tmp_path):
    back = refused(sqlite_engine, edited(tmp_path / "form.xlsx", spoil), tmp_path).annotated
    book = openpyxl.load_workbook(back)
    book[FINANCE]["C2"], book[FINANCE]["B3"] = 3200, 2023
    book.save(back)
    assert (
        importing.import_returns(sqlite_engine, ImportRequest.of(back, "city", by="t", now=NOW, today=TODAY)).rows == 6
    )


def test_a_second_round_takes_the_marks_of_the_first_off(sqlite_engine, tmp_path):
    back = refused(sqlite_engine, edited(tmp_path / "form.xlsx", spoil), tmp_path).annotated
    book = openpyxl.load_workbook(back)
    book[FINANCE]["C2"] = 3200
    book.save(back)
    again = openpyxl.load_workbook(refused(sqlite_engine, back, tmp_path / "again").annotated)
    assert again[FINANCE]["C2"].comment is None
    assert again[FINANCE]["C2"].fill.fgColor.rgb != RED
    assert again[FINANCE]["B3"].fill.fgColor.rgb == RED
    assert again.sheetnames.count(LIST_SHEET) == 1


def test_what_only_looks_odd_is_yellow_in_a_file_that_was_stored(sqlite_engine, tmp_path):
    sheets = good()
    sheets[FINANCE][2][2] = 41_002_500  # yuan in a column of 万元
    report = importing.import_returns(
        sqlite_engine,
        ImportRequest.of(
            write(tmp_path / "form.xlsx", sheets), "city", by="t", now=NOW, today=TODAY, annotated_dir=tmp_path
        ),
    )
    assert report.import_id is not None
    assert openpyxl.load_workbook(report.annotated)[FINANCE]["C3"].fill.fgColor.rgb == YELLOW


def test_a_csv_comes_back_as_a_workbook_and_its_codes_keep_their_noughts(sqlite_engine, tmp_path):
    lines = "证券代码,证券简称,板块,上市日期\n000123,甲,北交所,2021-02-30\n000124,=cmd,北交所,2021-02-03\n"
    (tmp_path / "list.csv").write_text(lines, encoding="utf-8")
    preview = importing.preview(
        sqlite_engine, ImportRequest.of(tmp_path / "list.csv", "neeq-listings", today=TODAY, now=NOW)
    )
    (tmp_path / "back.xlsx").write_bytes(preview.annotated())
    sheet = openpyxl.load_workbook(tmp_path / "back.xlsx")["list"]
    assert (sheet["A2"].value, sheet["B3"].value, sheet["B3"].data_type) == ("000123", "=cmd", "s")
    assert sheet["D2"].fill.fgColor.rgb == RED


def test_a_value_that_looks_like_a_formula_is_no_formula_in_the_list(sqlite_engine, tmp_path):
    path = write(tmp_path / "form.xlsx", C2="@SUM(1)")
    listed = openpyxl.load_workbook(refused(sqlite_engine, path, tmp_path).annotated).worksheets[0]
    assert listed["F2"].value == "'@SUM(1)"


def test_a_workbook_that_cannot_be_opened_comes_back_as_a_letter_only(sqlite_engine, tmp_path):
    (tmp_path / "torn.xlsx").write_bytes(b"PK\x03\x04" + b"torn" * 50)
    assert (
        importing.preview(
            sqlite_engine, ImportRequest.of(tmp_path / "torn.xlsx", "city", today=TODAY, now=NOW)
        ).annotated()
        is None
    )
