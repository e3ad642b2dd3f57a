"""A clerk's workbook on the dashboard: looked at, marked up, mended, stored, and taken back, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.intake.mapping import column_maps
from pipeline.store.database import engine_for
from pipeline.store.tables import ReturnRow
from tests.browser.conftest import Site
from tests.cast import LOTUS

pytestmark = pytest.mark.browser
_HEADINGS = ["统一社会信用代码", "年度", "营业收入（万元）", "净利润（万元）", "资产总额（万元）"]


def workbook(file: Path, revenue: object) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "年度财务"
    sheet.append(_HEADINGS)
    sheet.append([LOTUS, 2024, revenue, 310, 5200])
    book.save(file)
    return file


def upload(page: Any, file: Path) -> None:
    with page.expect_file_chooser() as asked:
        page.click("#imports-file .drop-zone")
    asked.value.set_files(str(file))


def row_of(page: Any, state: str) -> Any:
    """The latest line of the list about this workbook in this state."""
    return page.locator("#imports-grid .ag-row", has_text="莲芯 2024.xlsx").filter(has_text=state).first


def test_a_wrong_workbook_comes_back_marked_and_the_mended_one_is_stored_and_undone(site: Site, tmp_path: Path):
    page = site.signed_in(at="/imports")
    page.wait_for_selector("#imports-file input", state="attached")
    upload(page, workbook(tmp_path / "莲芯 2024.xlsx", "1,2O0"))
    page.wait_for_selector("#imports-seen >> text=C2")
    assert page.locator("#imports-store").count() == 0
    with page.expect_download() as coming:
        page.click("#imports-seen a")
    marked = tmp_path / "marked.xlsx"
    coming.value.save_as(marked)
    cell = openpyxl.load_workbook(marked)["年度财务"]["C2"]
    assert cell.comment is not None
    assert cell.fill.fill_type == "solid"

    upload(page, workbook(tmp_path / "莲芯 2024.xlsx", 4600))
    page.click("#imports-store")
    row_of(page, "已入库").wait_for()

    row_of(page, "已入库").locator(".ag-checkbox-input").check()
    page.fill("#imports-undo-why", "表样填错")
    page.click("#imports-undo")
    page.wait_for_selector("#imports-undone >> text=已撤销")


def test_a_refused_workbook_stands_in_the_list_and_says_its_problems_again(site: Site, tmp_path: Path):
    page = site.signed_in(at="/imports")
    page.wait_for_selector("#imports-file input", state="attached")
    upload(page, workbook(tmp_path / "莲芯 2024.xlsx", "1,2O0"))
    row_of(page, "已退回").wait_for()
    page.reload()
    row_of(page, "已退回").locator(".ag-checkbox-input").check()
    page.wait_for_selector("#imports-refused >> text=C2")
    page.click("#imports-undo")  # there is nothing to take back
    page.wait_for_selector("#imports-undone >> text=请先选中一次导入")


def test_a_look_stores_nothing(site: Site, tmp_path: Path):
    page = site.signed_in(at="/imports")
    page.wait_for_selector("#imports-grid .ag-row")
    before = page.locator("#imports-grid .ag-center-cols-container .ag-row").count()
    upload(page, workbook(tmp_path / "look.xlsx", 4600))
    page.wait_for_selector("#imports-store")
    page.reload()
    page.wait_for_selector("#imports-grid .ag-row")
    assert page.locator("#imports-grid .ag-center-cols-container .ag-row").count() == before


@pytest.fixture
def new_map() -> Iterator[str]:
    """The name of a form that nobody has mapped; its map is taken away again."""
    name = f"browser-{os.getpid()}"
    yield name
    (column_maps.FOLDER / f"{name}.yaml").unlink(missing_ok=True)


def test_a_new_form_is_mapped_by_hand_and_the_same_file_comes_in_through_its_map(
    site: Site, tmp_path: Path, new_map: str
):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "园区报表"
    sheet.append(["统一社会信用代码", "年度", "营业收入（万元）", "年末从业人员", "联系人"])
    sheet.append([LOTUS, 2024, 4600, 137, "周"])
    book.save(tmp_path / "园区.xlsx")
    page = site.signed_in(at="/mapping")
    with page.expect_file_chooser() as asked:
        page.click("#mapping-file .drop-zone")
    asked.value.set_files(str(tmp_path / "园区.xlsx"))
    page.wait_for_selector("#mapping-grid .ag-row >> nth=4")
    staff = page.locator("#mapping-grid .ag-row", has_text="年末从业人员").locator("[col-id=target]")
    staff.click()
    staff.locator("[role=combobox]").click()
    page.click("[role=listbox] [role=option] >> text=/^职工总数 · staff$/")
    page.wait_for_selector("#mapping-grid [col-id=target] >> text=职工总数 · staff")
    page.fill("#mapping-name", new_map)
    page.fill("#mapping-title", "园区季报（试）")
    page.click("#mapping-save")
    page.wait_for_selector("#mapping-said .raises")
    kept = column_maps.load(new_map)
    assert {rule.heading: rule.fact.name for rule in kept.sheets[0].columns if rule.fact} == {
        "营业收入（万元）": "revenue_cny",
        "年末从业人员": "staff",
    }
    page.click("#mapping-save")
    page.wait_for_selector("#mapping-said .overdue")

    page.click("nav >> text=数据导入")
    page.click("#imports-map")
    page.click("[role=option] >> text=园区季报（试）")
    upload(page, tmp_path / "园区.xlsx")
    page.click("#imports-store")
    page.wait_for_selector("#imports-grid >> text=园区.xlsx")
    engine = engine_for(site.settings.db_url)
    with Session(engine) as session:
        row = session.scalars(select(ReturnRow).where(ReturnRow.firm_id == LOTUS, ReturnRow.staff == 137)).one()
        assert (row.year, row.revenue_cny) == (2024, 46_000_000)
    engine.dispose()
