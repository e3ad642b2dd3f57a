"""People at the dashboard: an officer's morning, an enterprise's, and the two switches, in a real browser."""

import pytest

from tests.browser.conftest import Site, at_rest, rows_are
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser


def test_an_officer_finds_a_firm_reads_why_and_logs_a_visit_with_a_next_step(site: Site):
    page = site.signed_in()
    assert page.inner_text("#page h1") == "今日工作"
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
    page.fill("#firm-visit-due", site.settings.today().isoformat())
    page.keyboard.press("Enter")
    page.click("#firm-visit-save")
    page.wait_for_selector("text=已登记")
    assert "提交股改方案" in page.inner_text("#firm-tutoring")
    page.click("nav >> text=总览")
    page.wait_for_selector("text=提交股改方案")
    assert site.errors == []


def test_an_enterprise_sees_its_own_firm_and_gets_403_for_every_other(site: Site):
    page = site.signed_in(city.ENTERPRISE)
    assert "莲芯传感" in page.inner_text("#page h1")
    assert page.locator("nav a").all_inner_texts() == ["我的企业", "年度自报", "留言", "奖补"]
    others = [code for code in city.firms() if code != LOTUS]
    assert BANYAN in others
    for code in others:
        answer = page.goto(f"{site.address}/firm/{code}")
        assert answer.status == 403
        assert city.firms()[code] not in page.content()


def test_it_is_chinese_until_english_is_asked_for_the_dark_stays_through_a_reload_and_after_signing_out_no_page_opens(
    site: Site,
):
    page = site.signed_in()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.click("#switch-language")
    page.wait_for_selector("#page h1 >> text=Today")
    assert page.locator("html").get_attribute("lang") == "en"
    page.click("#switch-language")
    page.wait_for_selector("#page h1 >> text=今日工作")
    page.click("#switch-theme")
    page.wait_for_selector("html[data-mantine-color-scheme=dark] #page h1")
    page.reload()
    page.wait_for_selector("html[data-mantine-color-scheme=dark] #page h1")
    page.click("#sign-out")
    page.wait_for_selector("#password")
    page.goto(f"{site.address}/firms")
    assert "/sign-in" in page.url


def test_an_officer_confirms_a_proposal_with_a_reason(site: Site):
    page = site.signed_in()
    page.click("nav >> text=两库管理")
    page.wait_for_selector("#pools-proposals .ag-row")
    at_rest(page)  # what moved the points comes a moment later, and draws the rows anew
    before = page.locator("#pools-proposals .ag-center-cols-container .ag-row").count()
    page.locator("#pools-proposals .ag-row .ag-checkbox-input").first.check()
    page.click("#pools-overrule")
    page.wait_for_selector("#pools-decided >> text=理由")
    page.fill("#pools-why", "企业正在迁址，下次评审再议")
    page.click("#pools-overrule")
    page.wait_for_selector("text=已否决 1 项")
    rows_are(page, "#pools-proposals", before - 1)
