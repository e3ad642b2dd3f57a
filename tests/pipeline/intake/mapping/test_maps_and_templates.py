"""Column maps are written by people: a slip in one is told by its name, and a new form is mapped with help."""

from datetime import date, datetime

import openpyxl
import pytest
import yaml

from pipeline.catalog import catalog
from pipeline.intake import importing
from pipeline.intake.mapping import column_maps, map_check, proposals, templates
from pipeline.intake.mapping.column_maps import WrongMap, from_content
from pipeline.intake.storing.import_request import ImportRequest
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, LOTUS, YEAR, write

GOOD = {
    "zh": "表",
    "en": "Form",
    "kind": "returns",
    "firm": "credit_code",
    "source": "survey",
    "columns": {
        CODE: {"is": "firm"},
        YEAR: {"is": "year"},
        "营业收入（万元）": {"fact": "revenue_cny", "unit": "万元"},
    },
}


@pytest.mark.parametrize("name", column_maps.names())
def test_every_map_that_is_shipped_can_be_read(name):
    map_ = column_maps.load(name)
    assert map_.zh != map_.en
    assert map_.sheets


def test_the_city_form_asks_for_every_fact_that_a_firm_states_itself():
    asked = {rule.fact.name for sheet in column_maps.load("city").sheets for rule in sheet.columns if rule.fact}
    others = {fact.name for fact in catalog().values() if fact.group == "stated_ratios"}
    assert set(catalog()) - others <= asked


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colums": {}}, "colums"),
        ({"kind": "returned"}, "returned"),
        ({"firm": "tax_number"}, "tax_number"),
        ({"source": "hearsay"}, "hearsay"),
        ({"columns": {}}, "columns"),
        ({"columns": {CODE: {"is": "firm"}}}, "year"),
        ({"columns": {**GOOD["columns"], "净利润": {"fact": "net_proft_cny", "unit": "元"}}}, "net_profit_cny"),
        ({"columns": {**GOOD["columns"], "净利润": {"fact": "net_profit_cny", "unit": "美元"}}}, "美元"),
        ({"columns": {**GOOD["columns"], "净利润": {"fact": "net_profit_cny"}}}, "万元"),
        ({"columns": {**GOOD["columns"], "净利润": {"fact": "net_profit_cny", "unit": "元", "sign": 2}}}, "sign"),
        ({"columns": {**GOOD["columns"], "净利润": {"fact": "net_profit_cny", "unti": "元"}}}, "unti"),
        ({"columns": {**GOOD["columns"], "收入": {"fact": "revenue_cny", "unit": "元"}}}, "revenue_cny"),
        ({"columns": {**GOOD["columns"], "公司": {"is": "company"}}}, "company"),
        ({"columns": {**GOOD["columns"], "净利润": {}}}, "净利润"),
        ({"kind": "events", "columns": {CODE: {"is": "firm"}, "日期": {"is": "occurred_on"}}}, "event"),
    ],
)
def test_a_slip_in_a_map_is_refused_and_named(change, named):
    with pytest.raises(WrongMap, match=named):
        from_content("form", {**GOOD, **change})


def test_a_heading_given_twice_in_the_yaml_is_refused(tmp_path):
    (tmp_path / "form.yaml").write_text("zh: a\nzh: b\n", encoding="utf-8")
    with pytest.raises(WrongMap):
        column_maps.load("form", tmp_path)


def test_an_unknown_map_is_refused_with_those_there_are():
    with pytest.raises(WrongMap, match="neeq-listings"):
        column_maps.load("nothing")


def test_a_column_of_costs_given_as_negative_amounts_is_turned(sqlite_engine, tmp_path, monkeypatch):
    columns = {**GOOD["columns"], "营业成本（元）": {"fact": "cost_cny", "unit": "元", "sign": -1}}
    (tmp_path / "form.yaml").write_text(
        yaml.safe_dump({**GOOD, "columns": columns}, allow_unicode=True), encoding="utf-8"
    )
    monkeypatch.setattr(column_maps, "load", lambda name: from_content(name, {**GOOD, "columns": columns}))
    path = write(tmp_path / "f.xlsx", {"表": [[*columns], [LOTUS, 2023, 100, -600_000]]})
    importing.import_returns(
        sqlite_engine,
        ImportRequest.of(path, "form", by="t", now=datetime(2024, 6, 1), today=date(2024, 6, 1)),
    )
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT revenue_cny, cost_cny FROM return_row").one() == (1_000_000, 600_000)


def test_a_check_says_what_matches_what_is_missing_and_what_may_be_meant(tmp_path):
    path = write(
        tmp_path / "f.xlsx",
        {FINANCE: [[CODE, YEAR, "营业收人（万元）", "净利润（万元）", "资产总额（万元）"], [LOTUS, 2023, 1, 1, 1]]},
    )
    check = map_check.check(path, "city")
    sheet = check.sheets[0]
    assert not check.good
    assert [one.field for one in sheet.matched] == ["firm", "year", "net_profit_cny", "total_assets_cny"]
    assert [one.heading for one in sheet.missing] == ["营业收入（万元）"]
    assert sheet.unknown[0].near[0] == "营业收入（万元）"


def test_headings_match_in_spite_of_brackets_spaces_and_line_breaks(tmp_path):
    path = write(
        tmp_path / "f.xlsx",
        {
            FINANCE: [
                [CODE, " 年 度", "营业收入(万元)", "净利润\n（万元）", "资产总额（万元）*"],
                [LOTUS, 2023, 1, 1, 1],
            ]
        },
    )
    assert map_check.check(path, "city").good


def test_an_unknown_form_gets_a_proposal_that_a_person_settles_and_saves(tmp_path, sqlite_engine, monkeypatch):
    path = write(
        tmp_path / "tax.xlsx",
        {
            "税务": [
                ["统一社会信用代码", "年度", "实际上缴税费（元）", "营业收入(元)", "备注"],
                [BANYAN, 2023, 5e5, 9e6, "x"],
            ]
        },
    )
    sheet = proposals.proposed(path)[0]
    assert [(one.role, one.fact, one.unit) for one in sheet.columns[:4]] == [
        ("firm", None, None),
        ("year", None, None),
        (None, "tax_paid_cny", "元"),
        (None, "revenue_cny", "元"),
    ]
    assert sheet.columns[4].fact is None
    chosen = {
        one.heading: {"is": one.role} if one.role else {"fact": one.fact, "unit": one.unit} for one in sheet.columns[:4]
    }
    chosen["备注"] = {"is": "ignored"}
    content = proposals.content_of(
        "税务数据", "Tax data", kind="returns", firm="credit_code", source="tax", columns={"": chosen}
    )
    file = proposals.saved("tax-2023", content, tmp_path)
    assert map_check.check(path, "tax-2023", tmp_path).good
    with pytest.raises(WrongMap, match="tax-2023"):
        proposals.saved("tax-2023", content, tmp_path)
    assert "实际上缴税费（元）" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["", "Tax", "../up", "税务", "-a"])
def test_a_map_cannot_be_saved_under_a_name_that_is_no_file_name(name, tmp_path):
    with pytest.raises(WrongMap):
        proposals.saved(name, GOOD, tmp_path)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_template_fits_its_map_and_filled_in_it_is_stored(language, tmp_path, sqlite_engine):
    path = templates.write_template(tmp_path / "city.xlsx", language)
    assert map_check.check(path, "city").good
    book = openpyxl.load_workbook(path)
    sheet = book[FINANCE]
    places = {cell.value: cell.column for cell in sheet[1]}
    for heading, value in (
        (CODE, LOTUS),
        (YEAR, 2023),
        ("营业收入（万元）", 3200),
        ("净利润（万元）", 1),
        ("资产总额（万元）", 2),
    ):
        sheet.cell(2, places[heading], value)
    book.save(path)
    report = importing.import_returns(
        sqlite_engine,
        ImportRequest.of(path, "city", by="t", now=datetime(2024, 6, 1), today=date(2024, 6, 1)),
    )
    assert report.rows == 1
    assert report.notices == []


def test_the_template_refuses_most_mistakes_in_the_cell(tmp_path):
    book = openpyxl.load_workbook(templates.write_template(tmp_path / "city.xlsx", "zh_CN"))
    for sheet in book.worksheets:
        if sheet.title in (templates.NOTES_SHEET, templates.LISTS_SHEET):
            continue
        guarded = {
            str(one.sqref).split(":")[0].rstrip("0123456789"): one for one in sheet.data_validations.dataValidation
        }
        headings = {cell.column_letter: cell.value for cell in sheet[1]}
        free = [heading for letter, heading in headings.items() if letter not in guarded]
        assert set(free) <= {"企业名称", "国民经济行业代码", "产业集群", "申报材料编制机构"}
        assert all(cell.comment for cell in sheet[1])
    base = book["企业基本信息"]
    lists = [one for one in base.data_validations.dataValidation if one.type == "list"]
    assert len(lists) == 6  # district, high-tech field, NEEQ tier and three answers
    assert book[templates.LISTS_SHEET].sheet_state == "hidden"
