"""A first guess at what a heading means."""

import pytest

from dashboard.form_reading import content_of, guess
from pipeline.intake.column_maps import from_content


@pytest.mark.parametrize(
    ("heading", "target", "unit"),
    [
        ("统一社会信用代码", "firm", ""),
        ("年度", "year", ""),
        ("营业收入（万元）", "revenue_cny", "万元"),
        ("高新技术产品（服务）收入（万元）", "hitech_income_cny", "万元"),
        ("净利润(元)", "net_profit_cny", "元"),
        ("职工总数", "staff", ""),
        ("联系人电话", "", ""),
    ],
)
def test_a_heading_is_guessed_by_its_words_and_its_unit_by_its_brackets(heading: str, target: str, unit: str):
    assert guess(heading) == {"target": target, "unit": unit}


def test_a_sheet_without_firm_and_year_is_left_out_and_the_rest_is_a_map_that_imports_can_use():
    rows = [
        {"sheet": "年报", "heading": "信用代码", "target": "firm"},
        {"sheet": "年报", "heading": "年度", "target": "year"},
        {"sheet": "年报", "heading": "收入", "target": "revenue_cny", "unit": "万元"},
        {"sheet": "年报", "heading": "备注", "target": ""},
        {"sheet": "说明", "heading": "填表须知", "target": ""},
    ]
    map_ = from_content("new", content_of(rows, "新表", "hnte_annual"))
    assert [sheet.name for sheet in map_.sheets] == ["年报"]
    assert map_.sheets[0].by_heading()["收入"].factor == 1e4
