"""A correction says what it changes, old -> new, before it is kept."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from pipeline import facts
from pipeline.catalog import catalog
from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.reports import ImportReport
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, LOTUS, PEOPLE, YEAR, good, write

MAY, JUNE = datetime(2024, 5, 6, 9), datetime(2024, 6, 1, 9)
ABOUT = "企业基本信息"


def brought(engine: Engine, path: Path, now: datetime = JUNE, **options: Any) -> ImportReport:
    return importing.import_returns(
        engine, ImportRequest.of(path, "city", by="t", now=now, today=now.date(), **options)
    )


def with_names(**changes: Any) -> dict[str, list[list[Any]]]:
    sheets = good()
    heads = [CODE, YEAR, "企业名称", "所在市（区）", "专精特新小巨人", "注册成立日期"]
    row = [LOTUS, 2023, "莲芯（虚构）", "蓬江区", "否", "2015-03-05"]
    for heading, value in changes.items():
        row[heads.index(heading)] = value
    return {ABOUT: [heads, row], **sheets}


def test_a_dry_run_counts_rows_and_values_and_lists_old_and_new(sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, write(tmp_path / "form.xlsx", with_names()), MAY)
    sheets = with_names(**{"所在市（区）": "新会区", "专精特新小巨人": "是", "注册成立日期": "2015/3/6 0:00"})
    sheets[FINANCE][1][2], sheets[PEOPLE][3][2] = 3300.5, 211
    report = brought(sqlite_engine, write(tmp_path / "again.xlsx", sheets), dry_run=True)
    assert (report.superseded, report.import_id) == (7, None)
    found = report.restated
    assert (found.rows, found.unchanged, found.corrected, found.values, found.added, found.blank) == (7, 4, 3, 5, 0, 0)
    assert [(one.firm_id, one.firm_name, one.sheet, one.cell, str(one.change)) for one in found.changes] == [
        (LOTUS, "莲芯（虚构）", ABOUT, "D2", "2023 年所在区县代码 蓬江区 → 新会区"),
        (LOTUS, "莲芯（虚构）", ABOUT, "E2", f"2023 年{catalog()['little_giant'].zh} 否 → 是"),
        (LOTUS, "莲芯（虚构）", ABOUT, "F2", "2023 年注册成立日期 2015-03-05 → 2015-03-06"),
        (LOTUS, "莲芯（虚构）", FINANCE, "C2", "2022 年营业收入 3200.5 → 3300.5 万元"),
        (BANYAN, None, PEOPLE, "C4", "2023 年职工总数 210 → 211"),
    ]
    assert "4 行未变；3 行、5 处数值更正。" in [str(notice) for notice in report.notices]
    document = report.as_json()["restated"]
    assert (document["unchanged"], document["values"]) == (4, 5)
    assert document["changes"][3] == {
        "firm_id": LOTUS,
        "firm_name": "莲芯（虚构）",
        "year": 2022,
        "fact": "revenue_cny",
        "label": "营业收入",
        "old": "3200.5",
        "new": "3300.5",
        "unit": "万元",
        "sheet": FINANCE,
        "cell": "C2",
    }


def test_storing_says_the_same_and_only_what_changed_is_otherwise_afterwards(sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, write(tmp_path / "form.xlsx"), MAY)
    before = facts.as_known_on(sqlite_engine, date(2024, 7, 1))
    report = brought(sqlite_engine, write(tmp_path / "again.xlsx", C3=4100.5, D3=None))
    assert (report.restated.values, report.restated.unchanged, report.restated.blank) == (1, 5, 1)
    after = facts.as_known_on(sqlite_engine, date(2024, 7, 1))
    assert after.loc[(LOTUS, 2023), "revenue_cny"] == 41_005_000
    assert after.loc[(LOTUS, 2023), "net_profit_cny"] == -355_000
    assert after.drop(columns="revenue_cny").equals(before.drop(columns="revenue_cny"))


def test_a_first_statement_restates_nothing_and_a_further_column_only_adds(sqlite_engine: Engine, tmp_path: Path):
    assert brought(sqlite_engine, write(tmp_path / "form.xlsx"), MAY).restated.messages == []
    sheets = good()
    for row, value in zip(sheets[FINANCE], ["营业成本（万元）", 2000, 2500, None], strict=True):
        row.append(value)
    found = brought(sqlite_engine, write(tmp_path / "again.xlsx", sheets)).restated
    assert (found.rows, found.unchanged, found.corrected, found.values, found.added) == (6, 4, 0, 0, 2)


def test_another_source_is_no_correction(sqlite_engine: Engine, tmp_path: Path):
    brought(sqlite_engine, write(tmp_path / "form.xlsx"), MAY)
    report = brought(sqlite_engine, write(tmp_path / "tax.xlsx", C3=4200), source="tax")
    assert (report.superseded, report.restated.rows) == (0, 0)


def test_a_correction_in_a_table_of_text_or_under_a_sheet_with_a_space_restates_and_counts_from_its_day(
    sqlite_engine: Engine, tmp_path: Path
):
    """The name of a sheet or file is no part of what a row states: the past is not rewritten by another name."""
    brought(sqlite_engine, write(tmp_path / "form.xlsx"), MAY)
    table = tmp_path / "2023.csv"
    table.write_text(f"{CODE},{YEAR},营业收入（万元）,净利润（万元）,资产总额（万元）\n{LOTUS},2023,4300,-35.5,5600\n")
    report = brought(sqlite_engine, table)
    assert (report.superseded, report.restated.values) == (1, 1)
    sheets = {f"{name} ": rows for name, rows in good().items()}
    assert brought(sqlite_engine, write(tmp_path / "spaced.xlsx", sheets)).restated.rows == 6
    assert facts.as_known_on(sqlite_engine, date(2024, 5, 31)).loc[(LOTUS, 2023), "revenue_cny"] == 41_002_500
