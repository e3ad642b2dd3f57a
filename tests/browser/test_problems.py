"""The page of the problems in a real browser: one is recorded for two firms, followed, postponed and resolved."""

import sqlite3

import pytest

from tests.browser.conftest import Site, at_rest

pytestmark = pytest.mark.browser


def trail(site: Site) -> list[str]:
    with sqlite3.connect(site.settings.db_url.removeprefix("sqlite:///")) as found:
        return [action for (action,) in found.execute("SELECT action FROM audit_entry ORDER BY id")]


def choose(page, field: str, words: str) -> None:
    """What is typed is looked for, and the first that fits is chosen."""
    page.click(field)
    page.fill(field, words)
    at_rest(page)
    page.click(f"[role=option]:visible:has-text('{words}') >> nth=0")
    at_rest(page)


def day(page, field: str, on: str) -> None:
    page.fill(field, on)
    page.keyboard.press("Enter")


def serious(page) -> list[str]:
    """What axe-core finds to be seriously wrong with the page as it stands."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def test_a_problem_of_two_firms_is_recorded_followed_postponed_and_resolved(site: Site):
    page, before = site.signed_in(at="/problems"), trail(site)
    at_rest(page)
    page.click("summary:has-text('登记问题')")
    choose(page, "#problems-firms", "莲芯")
    choose(page, "#problems-firms", "榕动")
    page.keyboard.press("Escape")
    page.click("#problems-kind")
    page.click("[role=option]:visible:has-text('土地房产')")
    day(page, "#problems-due", "2099-01-31")
    page.fill("#problems-text", "厂房无产权证")
    at_rest(page)
    assert serious(page) == []
    page.click("#problems-record")
    page.wait_for_selector("#problems-body :text('厂房无产权证')")
    at_rest(page)
    shown = page.inner_text("#problems-body")
    assert "已登记第 1 号问题。" in shown
    assert "莲芯传感" in shown
    assert "榕动电机" in shown
    page.click("button:has-text('跟踪')")
    page.wait_for_selector("#problems-entry-save")
    at_rest(page)
    assert serious(page) == []
    page.fill("#problems-entry-text", "已与自然资源局对接")
    page.click("#problems-entry-save")
    page.wait_for_selector("#problems-followed td:text('已与自然资源局对接')")
    at_rest(page)
    day(page, "#problems-later", "2099-06-30")
    page.fill("#problems-why", "待规划核实")
    page.click("#problems-postpone")
    page.wait_for_selector("#problems-followed td:text('待规划核实')")
    assert page.inner_text("#problems-refused") == "已保存。"
    page.click("#problems-resolve")
    page.wait_for_selector("#problems-refused :text('1 至')")
    page.fill("#problems-why", "已取得不动产权证")
    page.click("#problems-resolve")
    page.wait_for_selector("#problems-reopen")
    at_rest(page)
    assert "没有这样的问题" in page.inner_text("#problems-body")
    assert trail(site) == [*before, "record_problem", "add_to_problem", "postpone_problem", "resolve_problem"]
