"""The guided mapping of a form that nobody has mapped yet: the first guess, and the choices as a map."""

from pathlib import Path

import openpyxl

from dashboard.pages.mapping import chosen, rows_of
from pipeline.intake.mapping import proposals
from pipeline.intake.mapping.column_maps import from_content
from tests.cast import LOTUS


def test_each_heading_has_a_guess_and_a_unit_only_where_its_figure_has_one(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["统一社会信用代码", "年度", "营业收入（元）", "职工总数", "联系人电话"])
    sheet.append([LOTUS, 2024, 46_000_000, 120, "0750-0000000"])
    book.save(tmp_path / "form.xlsx")
    rows = rows_of(proposals.proposed(tmp_path / "form.xlsx"))
    told = {row["heading"]: (row["target"], row["unit"], row["sample"]) for row in rows}
    assert told == {
        "统一社会信用代码": ("firm", "", LOTUS),
        "年度": ("year", "", "2024"),
        "营业收入（元）": ("revenue_cny", "元", "46000000"),
        "职工总数": ("staff", "", "120"),
        "联系人电话": ("", "", "0750-0000000"),
    }


def test_a_sheet_without_firm_and_year_is_left_out_and_the_rest_is_a_map_that_imports_can_use():
    rows = [
        {"sheet": "年报", "heading": "信用代码", "target": "firm"},
        {"sheet": "年报", "heading": "年度", "target": "year"},
        {"sheet": "年报", "heading": "收入", "target": "revenue_cny", "unit": "万元"},
        {"sheet": "年报", "heading": "备注", "target": ""},
        {"sheet": "说明", "heading": "填表须知", "target": ""},
    ]
    content = proposals.content_of(
        "新表", "新表", kind="returns", firm="credit_code", source="hnte_annual", columns=chosen(rows)
    )
    map_ = from_content("new", content)
    assert [sheet.name for sheet in map_.sheets] == ["年报"]
    assert map_.sheets[0].by_heading()["收入"].factor == 1e4
