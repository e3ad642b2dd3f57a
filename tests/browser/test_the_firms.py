"""The list of firms in a real browser: filters that the address keeps, and the keyboard."""

from typing import Any

import pytest

from tests.browser.conftest import Site, at_rest, rows_are
from tests.cast import LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser
GRID = "#firms-grid"


@pytest.fixture
def listed(site: Site) -> Any:
    """An officer's list of firms."""
    page = site.signed_in(at="/firms")
    rows_are(page, GRID, 12)
    return page


def test_search_and_board_stand_in_the_address_and_come_back_with_the_back_button(listed: Any):
    listed.fill("#firms-search", "莲芯")
    rows_are(listed, GRID, 1)
    listed.wait_for_url("**/firms?search=**")
    listed.click("#firms-grid .cell-link >> text=莲芯")
    listed.wait_for_selector("#firm-boards")
    listed.go_back()
    rows_are(listed, GRID, 1)
    assert listed.input_value("#firms-search") == "莲芯"
    listed.wait_for_selector(".page-note >> text=符合筛选的有 1 家")
    with listed.expect_download() as coming:
        listed.click("#firms-csv")
    assert coming.value.url.endswith(listed.url.partition("?")[2])


def test_an_order_is_kept_and_clearing_the_filters_shows_every_firm(listed: Any):
    listed.click("#firms-grid .ag-header-cell[col-id=points] .ag-header-cell-label")
    listed.wait_for_url("**/firms?sort=points.asc")
    listed.reload()
    rows_are(listed, GRID, 12)
    listed.wait_for_selector("#firms-grid .ag-row[row-index='0'] [col-id=rank] >> text=12")
    listed.fill("#firms-search", "没有这样的企业")
    rows_are(listed, GRID, 0)
    listed.wait_for_selector("text=请减少搜索词或清除筛选")
    listed.click("#firms-clear")
    rows_are(listed, GRID, 12)


def test_a_column_that_is_chosen_stands_in_the_address_and_in_a_view_that_is_kept(listed: Any):
    listed.click("#firms-columns")
    listed.click("[role=option] >> text=最近走访")
    listed.wait_for_selector("#firms-grid .ag-header-cell[col-id=last_visit_on]")
    listed.wait_for_url("**/firms?columns=last_visit_on")
    listed.fill("#firms-search", "莲芯")
    rows_are(listed, GRID, 1)
    listed.click("text=保存当前视图")
    listed.fill("#firms-view-name", "莲芯走访")
    listed.click("#firms-view-save")
    listed.wait_for_selector("#firms-view-said >> text=莲芯走访")
    listed.goto(f"{listed.url.partition('/firms')[0]}/firms")
    rows_are(listed, GRID, 12)
    assert listed.locator("#firms-grid .ag-header-cell[col-id=last_visit_on]").count() == 0
    listed.click("#firms-view")
    listed.click("[role=option] >> text=莲芯走访")
    rows_are(listed, GRID, 1)
    listed.wait_for_selector("#firms-grid .ag-header-cell[col-id=last_visit_on]")


def test_the_keyboard_leads_to_the_search_and_to_a_firm_where_a_board_s_line_opens_with_what_is_behind_it(listed: Any):
    listed.keyboard.press("/")
    listed.keyboard.type("莲芯")
    rows_are(listed, GRID, 1)
    listed.focus("#firms-grid .ag-row [col-id=name]")
    listed.keyboard.press("Enter")
    listed.wait_for_selector("#page h1 >> text=莲芯传感")
    line = listed.locator("#firm-boards .board-line").first
    line.wait_for()
    assert listed.locator("#firm-boards .gap-line").count() == 0
    line.click()
    panel = listed.locator("#firm-boards .mantine-Accordion-panel").first
    panel.locator(".gap-line").first.wait_for()
    panel.locator("summary").click()
    panel.locator("table tbody tr").first.wait_for()
    listed.locator("#firm-boards .board-line").nth(1).click()  # the first stays open beside it
    listed.locator("#firm-boards .mantine-Accordion-panel").nth(1).locator(".gap-line").first.wait_for()
    panel.locator(".gap-line").first.wait_for()
    at_rest(listed)


def test_a_filter_in_the_address_serves_a_reader_of_the_other_language(site: Site):
    page = site.signed_in(english=True, at="/firms?pool=golden")
    rows_are(page, GRID, 2)
    page.wait_for_url("**/firms?filter=**Golden**")
    page.click("#switch-language")
    page.wait_for_selector("#page h1 >> text=企业")
    rows_are(page, GRID, 2)


def test_an_empty_city_says_what_to_do_next(site: Site):
    from sqlalchemy import delete
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.store.database import engine_for
    from pipeline.store.tables import Account, Base

    engine = engine_for(site.settings.db_url)
    with Session(engine) as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        people.add(session, city.OFFICER, "officer", password=city.PASSWORD, by=people.console(), now=city.NOW)
        assert session.query(Account).count() == 1
    engine.dispose()
    page = site.signed_in()
    at_rest(page)
    page.click("nav >> text=企业")
    page.click("text=导入第一份填报数据")
    page.wait_for_selector("#imports-file")
    assert site.errors == []


def test_the_head_of_a_page_searches_with_the_keyboard_alone(site: Site):
    from playwright.sync_api import expect

    page = site.signed_in(at="/pools")
    page.keyboard.press("/")
    page.keyboard.type("lianxin")
    page.wait_for_selector("#everywhere-found a >> text=莲芯传感")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"/firm/{LOTUS}#tutoring"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector("#firm-boards")
    assert page.url.endswith(f"/firm/{LOTUS}")
    assert not page.is_visible("#everywhere-found")
    page.keyboard.press("Control+k")
    page.keyboard.type("没有这样的")
    page.wait_for_selector("#everywhere-found >> text=没有与此相符")
    page.keyboard.press("Escape")
    expect(page.locator("#everywhere")).to_have_value("")
    expect(page.locator("#everywhere-found")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("没有")
    page.keyboard.press("Escape")  # before any of it was asked
    expect(page.locator("#everywhere")).to_have_value("")
    assert site.errors == []
