"""A figure in another unit is found by what does not depend on the unit, and a merely large one is not."""

import csv
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.intake import importing
from pipeline.intake.reading.problems import Finding
from pipeline.intake.storing.import_request import ImportRequest
from tests.pipeline.intake.workbooks import CODE, FINANCE, PEOPLE, YEAR, with_check_digits, write

NOW, TODAY = datetime(2026, 11, 1), date(2026, 11, 1)
FIRMS = [with_check_digits(f"9144070{3 + number % 3}MA5C{number:04d}") for number in range(40)]
YEARS = range(2019, 2024)
FINANCE_HEADINGS = [
    CODE,
    YEAR,
    "营业收入（万元）",
    "净利润（万元）",
    "资产总额（万元）",
    "负债总额（万元）",
    "所有者权益合计（万元）",
    "营业成本（万元）",
]
MONEY = FINANCE_HEADINGS[2:]


def city() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty firms of very different size over five years, in 万元, and their staff."""
    random = np.random.default_rng(7)
    finance, people = [], []
    for firm in FIRMS:
        revenue = float(np.exp(random.normal(8.3, 1.4)))
        staff = max(6, int(revenue / 60 * np.exp(random.normal(0, 0.5))))
        for year in YEARS:
            revenue *= float(np.exp(random.normal(0.08, 0.2)))
            assets = revenue * 1.3
            numbers = [
                revenue,
                revenue * random.normal(0.06, 0.05),
                assets,
                assets * 0.45,
                assets * 0.55,
                revenue * 0.7,
            ]
            finance.append([firm, year, *[round(float(number), 2) for number in numbers]])
            people.append([firm, year, staff, round(revenue * 0.05, 2)])
    return pd.DataFrame(finance, columns=FINANCE_HEADINGS), pd.DataFrame(
        people, columns=[CODE, YEAR, "职工总数", "研发投入（万元）"]
    )


def warnings(engine, folder: Path, finance: pd.DataFrame, people: pd.DataFrame | None = None) -> list[Finding]:
    sheets = {FINANCE: [list(finance.columns), *finance.to_numpy(dtype=object).tolist()]}
    if people is not None:
        sheets[PEOPLE] = [list(people.columns), *people.to_numpy(dtype=object).tolist()]
    report = importing.import_returns(
        engine,
        ImportRequest.of(write(folder / "city.xlsx", sheets), "city", by="test", now=NOW, today=TODAY, dry_run=True),
    )
    return report.warnings


def slips(
    engine, folder: Path, finance: pd.DataFrame, people: pd.DataFrame | None = None
) -> dict[str, set[tuple[int, str]]]:
    found: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for warning in warnings(engine, folder, finance, people):
        if warning.kind.startswith("unit_"):
            found[warning.firm_id].add((warning.year, warning.kind))
    return dict(found)


def test_a_city_of_large_and_small_firms_has_no_slip(sqlite_engine, tmp_path):
    assert slips(sqlite_engine, tmp_path, *city()) == {}


@pytest.mark.parametrize("column", MONEY)
def test_one_amount_in_yuan_is_found(column, sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, column] *= 10_000
    assert slips(sqlite_engine, tmp_path, finance, people) == {FIRMS[2]: {(2021, "unit_yuan_for_wan")}}


@pytest.mark.parametrize(("times", "called"), [(1e8, True), (1e-8, True), (5, False)])
def test_an_amount_a_hundred_million_times_off_is_found(times, called, sqlite_engine, tmp_path):
    finance, people = city()
    finance[MONEY] *= 100
    finance.loc[12, "营业收入（万元）"] *= times
    assert (FIRMS[2] in slips(sqlite_engine, tmp_path, finance, people)) is called


@pytest.mark.parametrize(("times", "called"), [(10_000, True), (12, False)])
def test_a_profit_is_called_where_it_is_many_times_revenue_and_assets(times, called, sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, "净利润（万元）"] = finance.loc[12, "资产总额（万元）"] / 10 * times
    assert (FIRMS[2] in slips(sqlite_engine, tmp_path, finance, people)) is called


def test_a_whole_row_in_yuan_is_found(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, MONEY] *= 10_000
    assert slips(sqlite_engine, tmp_path, finance, people) == {FIRMS[2]: {(2021, "unit_yuan_for_wan")}}


def test_a_firm_all_of_whose_years_are_in_yuan_is_found_by_its_staff(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[finance[CODE] == FIRMS[5], MONEY] *= 10_000
    found = slips(sqlite_engine, tmp_path, finance, people)
    assert found == {FIRMS[5]: {(year, "unit_yuan_for_wan") for year in YEARS}}


def test_a_row_in_thousands_of_yuan_is_found_by_its_other_years_while_the_staff_stays(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, MONEY] *= 10
    assert slips(sqlite_engine, tmp_path, finance, people) == {FIRMS[2]: {(2021, "unit_qian_for_wan")}}


def test_one_amount_in_thousands_is_found_by_the_balance(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, "所有者权益合计（万元）"] *= 10
    assert slips(sqlite_engine, tmp_path, finance, people) == {FIRMS[2]: {(2021, "unit_qian_for_wan")}}


def test_a_row_in_hundred_millions_is_found(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12, MONEY] /= 10_000
    assert slips(sqlite_engine, tmp_path, finance, people) == {FIRMS[2]: {(2021, "unit_yi_for_wan")}}


@pytest.mark.parametrize(("revenue", "called"), [(30_000_000, True), (5_000_000, False)])
def test_a_firm_without_staff_is_called_only_where_its_size_is_beyond_doubt(revenue, called, sqlite_engine, tmp_path):
    rows = [
        [FIRMS[0], year, revenue * (1 + year % 3 / 10), 100, revenue * 1.2, revenue, revenue * 0.2, 5] for year in YEARS
    ]
    found = slips(sqlite_engine, tmp_path, pd.DataFrame(rows, columns=FINANCE_HEADINGS))
    assert (FIRMS[0] in found) is called


def test_a_firm_that_grows_ninefold_is_large_and_no_slip(sqlite_engine, tmp_path):
    finance, people = city()
    finance.loc[12:14, MONEY] *= 9
    people.loc[12:14, "职工总数"] *= 5
    assert slips(sqlite_engine, tmp_path, finance, people) == {}


def test_a_later_file_is_held_against_the_years_stored_before(sqlite_engine, tmp_path):
    finance, _people = city()
    early = finance[finance[YEAR] < 2023]
    sheets = {FINANCE: [list(early.columns), *early.to_numpy(dtype=object).tolist()]}
    importing.import_returns(
        sqlite_engine,
        ImportRequest.of(write(tmp_path / "early.xlsx", sheets), "city", by="test", now=NOW, today=TODAY),
    )
    late = finance[finance[YEAR] == 2023].copy()
    late.loc[late[CODE] == FIRMS[7], MONEY] *= 10_000
    assert slips(sqlite_engine, tmp_path, late) == {FIRMS[7]: {(2023, "unit_yuan_for_wan")}}


def _real(engine, path: Path) -> set[str]:
    report = importing.import_returns(
        engine, ImportRequest.of(path, "neeq", by="test", now=NOW, today=TODAY, cohort="neeq", dry_run=True)
    )
    return {warning.firm_id.removeprefix("neeq:") for warning in report.warnings if warning.kind.startswith("unit_")}


def test_every_known_slip_of_the_real_returns_is_found_and_at_most_two_others_are_called(sqlite_engine, real_data):
    with (real_data / "neeq" / "known-unit-errors.csv").open(encoding="utf-8-sig") as stream:
        known = {row["证券代码"]: row["kind"] for row in csv.DictReader(stream)}
    called = _real(sqlite_engine, real_data / "neeq" / "returns.csv")
    assert set(known) - called == set()
    assert len(called - set(known)) <= 2


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("columns", "times", "all_years"),
    [
        (["营业收入(万元)", "净利润(万元)"], 10_000, True),
        (["营业收入(万元)", "净利润(万元)"], 10_000, False),
        (["营业收入(万元)"], 10_000, False),
        (["流动比率"], 100, True),
        (["流动比率", "速动比率"], 100, True),
        (["流动比率"], 100, False),
    ],
)
def test_slips_put_into_firms_that_had_none_are_found(columns, times, all_years, sqlite_engine, real_data, tmp_path):
    rows = pd.read_csv(real_data / "neeq" / "returns.csv", dtype={"证券代码": str})
    known = pd.read_csv(real_data / "neeq" / "known-unit-errors.csv", dtype=str)["证券代码"]
    rows = rows[~rows["证券代码"].isin(known)]
    random = np.random.default_rng(3)
    firms = random.choice(rows["证券代码"].unique(), 60, replace=False)
    spoilt = rows[rows["证券代码"].isin(firms)]
    where = spoilt.index if all_years else spoilt.groupby("证券代码").sample(1, random_state=3).index
    rows.loc[where, columns] *= times
    rows.to_csv(tmp_path / "returns.csv", index=False)
    called = _real(sqlite_engine, tmp_path / "returns.csv")
    assert len(called & set(firms)) >= (60 if all_years else 54)
    assert len(called - set(firms)) <= 2


def test_the_figure_to_write_instead_has_all_its_digits(sqlite_engine, tmp_path):
    finance, people = city()
    row = finance.index[finance[YEAR] == 2021][0]
    finance.loc[row, MONEY] *= 1e4
    revenue = finance.loc[row, MONEY[0]] = round(finance.loc[row, MONEY[0]]) + 0.5
    told = [str(one) for one in warnings(sqlite_engine, tmp_path, finance, people)]
    assert any(f"请改为 {revenue / 1e4:.5f} 万元" in text for text in told), told
    assert not any("e+" in text for text in told)
