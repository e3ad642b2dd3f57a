"""A percentage given as a fraction is held against the figures that it is made of."""

from datetime import date, datetime

import pytest

from pipeline.intake import importing
from pipeline.intake.storing.findings import list_findings
from pipeline.intake.storing.import_request import ImportRequest
from tests.pipeline.intake.workbooks import CODE, FINANCE, LOTUS, YEAR, write

NOW, TODAY = datetime(2026, 11, 1), date(2026, 11, 1)
ROE, DEDUCTED = "加权平均净资产收益率（%）", "扣非加权平均净资产收益率（%）"
GROSS, NET, DEBT = "毛利率（填报）（%）", "净利率（填报）（%）", "资产负债率（填报）（%）"
#: Gross margin 30 %, net margin 10 %, debt ratio 40 %; profit over mean equity 480 / ((2700 + 3300) / 2) = 16 %.
PARTS = {
    "营业收入（万元）": (4000, 4800),
    "营业成本（万元）": (2800, 3360),
    "净利润（万元）": (400, 480),
    "扣非归母净利润（万元）": (380, 450),
    "资产总额（万元）": (4500, 5500),
    "负债总额（万元）": (1800, 2200),
    "所有者权益合计（万元）": (2700, 3300),
}


def asked(engine, folder, **stated: object) -> list[tuple[str, str | None, str]]:
    """Kind, cell and text of what is asked about the later of two years, with these figures left out or changed."""
    later = {heading: year[1] for heading, year in PARTS.items()} | stated
    headings = [*PARTS, *(heading for heading in later if heading not in PARTS)]
    rows = [
        [LOTUS, 2023, *(PARTS[heading][0] if heading in PARTS else None for heading in headings)],
        [LOTUS, 2024, *(later[heading] for heading in headings)],
    ]
    path = write(folder / "f.xlsx", {FINANCE: [[CODE, YEAR, *headings], *rows]})
    report = importing.import_returns(
        engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY, dry_run=True)
    )
    return [(one.kind, one.cell, str(one)) for one in report.warnings if one.kind.startswith("unit_")]


@pytest.mark.parametrize(
    ("heading", "right", "kind"),
    [
        (ROE, 15.93, "unit_fraction"),
        (DEDUCTED, 14.9, "unit_fraction"),
        (GROSS, 30, "unit_fraction"),
        (NET, 10, "unit_fraction"),
        (DEBT, 40, "unit_fraction"),
    ],
)
def test_a_percentage_given_as_a_fraction_is_asked_about(heading, right, kind, sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, **{heading: right}) == []
    ((found, cell, told),) = asked(sqlite_engine, tmp_path, **{heading: right / 100})
    assert (found, cell) == (kind, "J3")
    assert f"{right:.4g}" in told


def test_a_return_a_hundred_times_too_large_is_asked_about(sqlite_engine, tmp_path):
    ((kind, _cell, _told),) = asked(sqlite_engine, tmp_path, **{ROE: 1593})
    assert kind == "unit_percent"


def test_the_question_about_the_fact_of_the_longest_name_is_stored(engine, tmp_path):
    later = {heading: year[1] for heading, year in PARTS.items()} | {DEDUCTED: 0.149}
    path = write(tmp_path / "f.xlsx", {FINANCE: [[CODE, YEAR, *later], [LOTUS, 2024, *later.values()]]})
    importing.import_returns(engine, ImportRequest.of(path, "city", by="t", now=NOW, today=TODAY))
    assert [one.kind for one in list_findings(engine, kinds=["unit_"])] == ["unit_fraction"]


@pytest.mark.parametrize(("stated", "called"), [(0.06, True), (0.04, False), (0.49, True), (0.52, False), (6, False)])
def test_an_average_weighted_by_days_may_lie_a_factor_of_three_away(stated, called, sqlite_engine, tmp_path):
    """16 % over 100 is 0.16 %, over and times 3.16 is 0.0506 % and 0.506 %."""
    assert bool(asked(sqlite_engine, tmp_path, **{ROE: stated})) is called


def test_a_return_of_nearly_nought_is_what_a_profit_of_nearly_nought_gives(sqlite_engine, tmp_path):
    assert asked(sqlite_engine, tmp_path, **{"净利润（万元）": 4.8, ROE: 0.16}) == []


def test_without_its_parts_a_return_is_not_asked_about(sqlite_engine, tmp_path):
    blank = {"净利润（万元）": None, ROE: 0.1593}
    assert asked(sqlite_engine, tmp_path, **blank) == []


@pytest.mark.parametrize(("stated", "called"), [(-0.16, True), (-16, False), (0.16, False)])
def test_a_loss_is_held_against_a_loss(stated, called, sqlite_engine, tmp_path):
    found = asked(sqlite_engine, tmp_path, **{"净利润（万元）": -480, ROE: stated})
    assert bool(found) is called


@pytest.mark.parametrize(("folder", "map_name"), [("neeq", "neeq"), ("prospectuses", "prospectus")])
def test_the_real_returns_have_no_percentage_given_as_a_fraction(folder, map_name, sqlite_engine, real_data):
    path = real_data / folder / "returns.csv"
    report = importing.import_returns(
        sqlite_engine, ImportRequest.of(path, map_name, by="t", now=NOW, today=TODAY, dry_run=True)
    )
    assert [one for one in report.warnings if one.kind.startswith("unit_fraction")] == []
