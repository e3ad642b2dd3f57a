"""What a figure may be and hardly ever is becomes a question, with the cell it is about."""

from datetime import date, datetime
from typing import Any

import pytest

from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import CHINESE, ENGLISH
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, LOTUS, PEOPLE, YEAR, write

NOW, TODAY = datetime(2024, 6, 1), date(2024, 6, 1)
WIDE = [
    CODE,
    YEAR,
    "营业收入（万元）",
    "净利润（万元）",
    "资产总额（万元）",
    "负债总额（万元）",
    "所有者权益合计（万元）",
    "营业成本（万元）",
    "高新技术产品（服务）收入（万元）",
    "毛利率（填报）（%）",
]
GOOD = [LOTUS, 2023, 4100.25, 135.5, 5601.5, 2100.3, 3501.2, 2900.75, 3100.5, 29.25]


def asked(
    engine, folder, rows: list[list[Any]], people: list[list[Any]] | None = None
) -> list[tuple[str, str, str | None]]:
    """Kind, fact and cell of everything that is asked about these rows."""
    sheets = {FINANCE: [WIDE, *rows]}
    if people:
        sheets[PEOPLE] = [[CODE, YEAR, "职工总数", "研发投入（万元）", "研发人员"], *people]
    report = importing.import_returns(
        engine,
        ImportRequest.of(write(folder / "f.xlsx", sheets), "city", by="t", now=NOW, today=TODAY, dry_run=True),
    )
    for warning in report.warnings:
        assert warning.message.in_language(CHINESE) != warning.message.in_language(ENGLISH)
    return [(warning.kind, warning.field, warning.cell) for warning in report.warnings]


def changed(row: list[Any], **cells: Any) -> list[Any]:
    """A row with some columns changed, named by their Excel letter."""
    copy = list(row)
    for letter, value in cells.items():
        copy["ABCDEFGHIJ".index(letter)] = value
    return copy


def test_an_ordinary_row_raises_no_question(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [GOOD]) == []


def test_negative_revenue_is_asked_about_and_not_refused(sqlite_engine, tmp_path):
    found = asked(sqlite_engine, tmp_path, [changed(GOOD, C=-12.5, I=None, J=None)])
    assert ("range", "revenue_cny", "C2") in found


@pytest.mark.parametrize(("revenue", "kinds"), [(45_000, ["growth"]), (40_000, [])])
def test_growth_beyond_ten_times_is_asked_about(revenue, kinds, sqlite_engine, tmp_path):
    before = changed(GOOD, B=2022)
    now = changed(GOOD, C=revenue, H=revenue * 0.71, J=29)
    found = asked(sqlite_engine, tmp_path, [before, now])
    assert [kind for kind, fact, _cell in found if fact == "revenue_cny"] == kinds


def test_more_high_tech_income_than_revenue_is_asked_about(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [changed(GOOD, I=4300)]) == [("part_over_whole", "hitech_income_cny", "I2")]


def test_more_rd_staff_than_staff_is_asked_about(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [GOOD], [[LOTUS, 2023, 52, 260.5, 60]]) == [
        ("part_over_whole", "rd_staff", "E2")
    ]


def test_assets_that_are_not_liabilities_and_equity_are_asked_about(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [changed(GOOD, E=6000)]) == [("balance", "total_assets_cny", "E2")]


def test_a_stated_margin_that_its_parts_do_not_give_is_asked_about(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [changed(GOOD, J=45)]) == [("stated_ratio", "gross_margin_stated", "J2")]


def test_a_year_copied_into_another_is_asked_about(sqlite_engine, tmp_path):
    found = asked(sqlite_engine, tmp_path, [changed(GOOD, B=2022), GOOD])
    assert [kind for kind, _fact, _cell in found] == ["copied_year"]


def test_a_firm_copied_into_another_is_asked_about(sqlite_engine, tmp_path):
    found = asked(sqlite_engine, tmp_path, [GOOD, changed(GOOD, A=BANYAN)])
    assert [kind for kind, _fact, _cell in found] == ["copied_firm"]


def test_a_row_of_nothing_but_round_amounts_is_asked_about(sqlite_engine, tmp_path):
    rounded = [LOTUS, 2023, 4100, 130, 5600, 2100, 3500, 2900, 3100, 29.25]
    assert [kind for kind, _fact, _cell in asked(sqlite_engine, tmp_path, [rounded])] == ["round_numbers"]


def test_a_filler_is_asked_about(sqlite_engine, tmp_path):
    found = asked(sqlite_engine, tmp_path, [changed(GOOD, C=88_888, H=62_887, I=3100)])
    assert ("digit_pattern", "revenue_cny", "C2") in found


def test_figures_of_a_year_that_is_not_over_are_asked_about(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, [changed(GOOD, B=2024)]) == [("year_not_over", "year", "B2")]


def test_a_whole_column_that_is_odd_is_said_once_and_not_a_thousand_times(sqlite_engine, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.intake.plausibility.plausibility.MOST_OF_A_KIND", 2)
    rows = [changed(GOOD, B=year, E=6000 + year) for year in range(2018, 2024)]
    sheets = {FINANCE: [WIDE, *rows]}
    path = write(tmp_path / "f.xlsx", sheets)
    report = importing.import_returns(
        sqlite_engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, dry_run=True)
    )
    assert [warning.kind for warning in report.warnings].count("balance") == 2
    assert [notice for notice in report.notices if "6" in str(notice)]


BASICS, MONEY = "企业基本信息", "融资与治理"


def asked_of_value(engine, folder, value: float, heading="预计市值（万元）", code=None, finance=GOOD) -> list[str]:
    """Kinds of what is asked about a market value beside a profit of 1,355,000 yuan and 41 million of revenue."""
    sheets: dict[str, Any] = {MONEY: [[CODE, YEAR, heading], [LOTUS, 2023, value]]}
    if finance is not None:
        sheets[FINANCE] = [WIDE, finance]
    if code:
        sheets[BASICS] = [[CODE, YEAR, "企业名称", "国民经济行业代码"], [LOTUS, 2023, "莲江传感有限公司", code]]
    report = importing.import_returns(
        engine, ImportRequest.of(write(folder / "v.xlsx", sheets), "city", by="t", now=NOW, today=TODAY, dry_run=True)
    )
    return [warning.kind for warning in report.warnings if str(warning.field).endswith(("value_cny", "valuation_cny"))]


@pytest.mark.parametrize("heading", ["预计市值（万元）", "最近一轮投后估值（万元）"])
@pytest.mark.parametrize(
    # 20 times earnings are 27.1 million: up to 81.3 million nothing is asked.
    ("value", "kinds"),
    [(8130, []), (8131, ["market_value"]), (84010, ["market_value"])],
)
def test_a_market_value_of_more_than_three_times_the_estimate_is_asked_about(
    heading, value, kinds, sqlite_engine, tmp_path
):
    assert asked_of_value(sqlite_engine, tmp_path, value, heading) == kinds


@pytest.mark.parametrize(("value", "kinds"), [(12195, []), (12196, ["market_value"])])
@pytest.mark.parametrize("code", ["C3940", "3940"])
def test_the_multiples_are_those_of_the_firms_industry(code, value, kinds, sqlite_engine, tmp_path):
    assert asked_of_value(sqlite_engine, tmp_path, value, code=code) == kinds  # 30 times earnings


def test_a_thin_profit_makes_no_value_of_its_sales_look_odd(sqlite_engine, tmp_path):
    thin = changed(GOOD, D=12.5)  # a margin of 0.3 %: sales of 41 million twice are 82 million
    assert asked_of_value(sqlite_engine, tmp_path, 8131, finance=thin) == []
    assert asked_of_value(sqlite_engine, tmp_path, 24602, finance=thin) == ["market_value"]


def test_a_value_that_comes_after_the_figures_is_compared_with_what_is_known(sqlite_engine, tmp_path):
    assert asked_of_value(sqlite_engine, tmp_path, 84010, finance=None) == []
    basics = [[CODE, YEAR, "企业名称", "国民经济行业代码"], [LOTUS, 2023, "莲江传感有限公司", "C39"]]
    path = write(tmp_path / "before.xlsx", {FINANCE: [WIDE, GOOD], BASICS: basics})
    importing.import_returns(sqlite_engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
    assert asked_of_value(sqlite_engine, tmp_path, 84010, finance=None) == ["market_value"]
    assert asked_of_value(sqlite_engine, tmp_path, 12195, finance=None) == []


def test_the_question_about_a_market_value_says_both_numbers(sqlite_engine, tmp_path):
    sheets = {FINANCE: [WIDE, GOOD], MONEY: [[CODE, YEAR, "预计市值（万元）"], [LOTUS, 2023, 84010]]}
    report = importing.import_returns(
        sqlite_engine,
        ImportRequest.of(write(tmp_path / "v.xlsx", sheets), "city", by="t", now=NOW, today=TODAY, dry_run=True),
    )
    (said,) = [warning.message.in_language(CHINESE) for warning in report.warnings if warning.kind == "market_value"]
    assert said == "预计市值：84010 万元，是按行业倍数估算值（约 2710 万元）的 31 倍，请核实单位和数值。"
