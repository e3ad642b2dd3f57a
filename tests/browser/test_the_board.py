"""People at the board: an officer's morning, an enterprise's, and the two switches, in a real browser."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PATIENCE_MS, Board, at_rest
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser


def rows_are(page: Any, grid: str, count: int) -> None:
    """Wait until the grid shows so many rows (the page's own policy lets no script text be evaluated)."""
    from playwright.sync_api import expect

    expect(page.locator(f"{grid} .ag-center-cols-container .ag-row")).to_have_count(count, timeout=PATIENCE_MS)


def test_an_officer_finds_a_firm_reads_why_and_logs_a_visit_with_a_next_step(board: Board):
    page = board.signed_in()
    assert page.inner_text("#page h1") == "总览"
    page.click("nav >> text=企业")
    page.wait_for_selector("#firms-grid .ag-row")
    page.fill("#firms-search", "莲芯")
    rows_are(page, "#firms-grid", 1)
    page.click("#firms-grid >> text=莲芯传感")
    page.wait_for_selector(".js-plotly-plot .waterfalllayer")
    assert page.url.endswith(f"/firm/{LOTUS}")
    assert page.locator("#firm-words .reason-points.raises").count() > 0
    page.fill("#firm-visit-findings", "已与券商签约，内控制度正在建立。")
    page.fill("#firm-visit-step", "提交股改方案")
    page.fill("#firm-visit-due", date.today().isoformat())
    page.keyboard.press("Enter")
    page.click("#firm-visit-save")
    page.wait_for_selector("text=已登记")
    assert "提交股改方案" in page.inner_text("#firm-tutoring")
    page.click("nav >> text=总览")
    page.wait_for_selector("text=提交股改方案")
    assert board.wrong == []


def test_an_enterprise_sees_its_own_firm_and_gets_403_for_every_other(board: Board):
    page = board.signed_in(city.ENTERPRISE)
    assert "莲芯传感" in page.inner_text("#page h1")
    assert page.locator("nav a").count() == 1
    others = [code for code in city.firms() if code != LOTUS]
    assert BANYAN in others
    for code in others:
        answer = page.goto(f"{board.address}/firm/{code}")
        assert answer.status == 403
        assert city.firms()[code] not in page.content()


def test_the_board_is_chinese_until_somebody_asks_for_english_and_back(board: Board):
    page = board.signed_in()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.click("#switch-language")
    page.wait_for_selector("#page h1 >> text=Overview")
    assert page.locator("html").get_attribute("lang") == "en"
    page.click("#switch-language")
    page.wait_for_selector("#page h1 >> text=总览")


def test_the_dark_theme_stays_through_a_reload(board: Board):
    page = board.signed_in()
    page.click("#switch-theme")
    page.wait_for_selector("html[data-mantine-color-scheme=dark] #page h1")
    page.reload()
    page.wait_for_selector("html[data-mantine-color-scheme=dark] #page h1")


def test_an_officer_confirms_a_proposal_with_a_reason(board: Board):
    page = board.signed_in()
    page.click("nav >> text=两库管理")
    page.wait_for_selector("#pools-proposals .ag-row")
    before = page.locator("#pools-proposals .ag-center-cols-container .ag-row").count()
    page.locator("#pools-proposals .ag-row .ag-checkbox-input").first.check()
    page.click("#pools-overrule")
    page.wait_for_selector("#pools-decided >> text=理由")
    page.fill("#pools-why", "企业正在迁址，下次评审再议")
    page.click("#pools-overrule")
    page.wait_for_selector("text=已否决 1 项")
    rows_are(page, "#pools-proposals", before - 1)


def test_signing_out_closes_the_door_behind_you(board: Board):
    page = board.signed_in()
    page.click("#sign-out")
    page.wait_for_selector("#password")
    page.goto(f"{board.address}/firms")
    assert "/sign-in" in page.url


PAGES = ["/", "/firms", f"/firm/{LOTUS}", "/pools", "/cases", "/rules", "/imports", "/checks"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(board: Board, dark: bool):
    """axe-core finds no serious fault of contrast, naming or structure."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = board.signed_in(dark=dark)
    found: dict[str, Any] = {}
    for path in PAGES:
        page.goto(board.address + path)
        at_rest(page)
        results = axe.Axe().run(page)
        for fault in results.response["violations"]:
            # The grid keeps empty rows of its own for pinned columns that we have none of.
            nodes = [node["html"][:160] for node in fault["nodes"] if "ag-header-row" not in node["html"][:60]]
            if nodes and fault["impact"] in ("serious", "critical"):
                found.setdefault(f"{path} {fault['id']}", nodes[:4])
    assert found == {}


@pytest.mark.parametrize("path", PAGES)
def test_nothing_sticks_out_on_a_phone(board: Board, path: str):
    page = board.signed_in(phone=True)
    page.goto(board.address + path)
    at_rest(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_no_page_mixes_in_english_where_chinese_is_spoken(board: Board):
    page = board.signed_in()
    names = r"English|XLSX|xlsx|console|CSV|HNTE|PCT|NEEQ|OECD|Ctrl|AG Grid"
    allowed = re.compile(rf"{names}|[A-Z0-9]{{6,}}|city[-_ ]\d|\bcity\b")
    for path in PAGES:
        page.goto(board.address + path)
        at_rest(page)
        text = allowed.sub("", page.inner_text("body"))
        assert re.findall(r"[A-Za-z]{4,}", text) == [], path


def test_screenshots_are_kept_where_asked(board: Board, request: pytest.FixtureRequest):
    """GOLDSEED_SHOTS=folder keeps pictures of every page in both languages, both themes and two widths."""
    import os

    if not (folder := os.environ.get("GOLDSEED_SHOTS")):
        pytest.skip("GOLDSEED_SHOTS is not set")
    for english, dark, phone in [(False, False, False), (True, True, False), (False, False, True)]:
        page = board.signed_in(english=english, dark=dark, phone=phone)
        for path in PAGES:
            page.goto(board.address + path)
            at_rest(page)
            what = path.strip("/").split("/")[0] or "overview"
            name = f"{what}-{'en' if english else 'zh'}-{'dark' if dark else 'light'}"
            page.screenshot(path=str(Path(folder) / f"{name}-{390 if phone else 1440}.png"), full_page=True)
