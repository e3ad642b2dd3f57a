"""The tutoring card of a firm in a real browser: one message an action, its own, and no entry that nobody made."""

import sqlite3

import pytest

from tests.browser.conftest import DESK, PHONE, Site, at_rest, follow
from tests.cast import LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser

#: Longer than an inserted button would take to fire its callback; at_rest then waits for the answer, and sees every
#: question however quickly it is answered.
_AFTERWARDS_MS = 400


def trail(site: Site) -> list[str]:
    with sqlite3.connect(site.settings.db_url.removeprefix("sqlite:///")) as found:
        return [action for (action,) in found.execute("SELECT action FROM audit_entry ORDER BY id")]


def said(page) -> str:
    """What the card says when everything that could still speak has spoken."""
    at_rest(page)
    page.wait_for_timeout(_AFTERWARDS_MS)
    at_rest(page)
    return page.inner_text("#firm-tutoring-said")


def opened(site: Site):
    page = site.signed_in(at=f"/firm/{LOTUS}")
    page.wait_for_selector("#firm-visit-save")
    at_rest(page)
    return page


def next_stage(page) -> None:
    """The filing of the tutoring is chosen, and the broker that it needs is asked for."""
    page.click("#firm-stage")
    page.click("[role=option]:visible >> text=辅导备案")
    page.wait_for_selector("#firm-broker:visible")


def record(page, findings: str, step: str = "") -> None:
    page.fill("#firm-visit-findings", findings)
    if step:
        page.fill("#firm-visit-step", step)
        page.fill("#firm-visit-due", "2030-01-01")
        page.keyboard.press("Enter")
    page.click("#firm-visit-save")


def test_a_visit_is_recorded_once_with_one_message_and_one_entry_and_the_form_is_empty(site: Site):
    page, before = opened(site), trail(site)
    record(page, "订单稳定，内控制度正在建立。", "提交股改方案")
    assert "已登记" in said(page)
    assert trail(site) == [*before, "record_visit"]
    assert page.input_value("#firm-visit-findings") == page.input_value("#firm-visit-step") == ""
    page.click("#firm-visit-save")
    assert "请写" in said(page)
    record(page, "订单稳定，内控制度正在建立。", "提交股改方案")
    assert "已登记过" in said(page)
    assert trail(site) == [*before, "record_visit"]
    assert site.errors == []


def test_a_step_is_done_reopened_and_withdrawn_each_with_its_own_message(site: Site):
    page, before = opened(site), trail(site)
    page.click("#firm-tutoring >> text=完成")
    assert said(page) == "事项已完成。"
    page.click("#firm-tutoring td button >> text=更正")
    page.wait_for_selector("#firm-step-reopen")
    page.click("#firm-step-reopen")
    assert "写明理由" in said(page)
    page.fill("#firm-visit-why", "材料不全")
    page.click("#firm-step-reopen")
    assert said(page) == "该事项已恢复为未完成。"
    page.click("#firm-tutoring td button >> text=更正")
    page.wait_for_selector("#firm-visit-withdraw")
    page.fill("#firm-visit-why", "登错企业")
    page.click("#firm-visit-withdraw")
    assert "走访已撤回" in said(page)
    assert "登错企业" in page.inner_text("#firm-tutoring")
    assert trail(site) == [*before, "finish_step", "reopen_step", "withdraw_visit"]
    assert site.errors == []


def test_stage_and_mentor_are_saved_corrected_and_the_case_closed_and_reopened(site: Site):
    page, before = opened(site), trail(site)
    page.click("#firm-mentor")
    page.click(f"[role=option]:visible >> text={city.OFFICER}")
    page.click("#firm-mentor-save")
    assert said(page) == "已保存挂点干部。"
    next_stage(page)
    page.click("#firm-stage-save")
    assert "还缺" in said(page)
    page.fill("#firm-broker", "甲证券")
    page.click("#firm-stage-save")
    assert "已保存阶段" in said(page)
    page.click("#firm-tutoring summary >> text=阶段登记记录、更正与结案")
    page.fill("#firm-case-right-why", "录错企业")
    page.click("#firm-case-take-back")
    assert "已撤回" in said(page)
    page.click("#firm-tutoring summary >> text=阶段登记记录、更正与结案")
    page.click("#firm-case-outcome")
    page.click("[role=option]:visible >> text=迁出本市")
    page.fill("#firm-case-close-why", "迁往外市")
    page.click("#firm-case-close")
    assert said(page) == "已结案。"
    assert not page.is_visible("#firm-visit-save")
    page.fill("#firm-case-reopen-why", "未迁出")
    page.click("#firm-case-reopen")
    assert said(page) == "档案已恢复在办。"
    assert page.is_visible("#firm-visit-save")
    assert trail(site) == [*before, "assign_mentor", "change_stage", "take_back", "close_case", "take_back"]
    assert site.errors == []


def test_of_two_people_at_one_case_the_second_is_told_what_the_first_did(site: Site):
    first, second = opened(site), opened(site)
    for page in (first, second):
        next_stage(page)
        page.fill("#firm-broker", "甲证券")
    first.click("#firm-stage-save")
    assert "已保存阶段" in said(first)
    before = trail(site)
    second.click("#firm-stage-save")
    assert f"{city.OFFICER} 刚刚已变更此项" in said(second)
    assert trail(site) == before


def test_a_link_to_the_place_of_work_brings_it_into_sight_though_the_page_comes_later(site: Site):
    page = site.signed_in(at="/cases")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        follow(page, "/cases")
        page.click("a[href$='#tutoring'] >> nth=0")
        page.wait_for_selector("#tutoring")
        at_rest(page)
        top = page.evaluate("document.getElementById('tutoring').getBoundingClientRect().top")
        assert 0 <= top < 250
        page.click(".jumps >> text=已达阶段")
        at_rest(page)
        assert page.locator("#stages").is_visible()


def test_after_a_decision_the_page_of_the_pools_shows_its_own_counts(site: Site):
    page = site.signed_in(at="/pools")
    page.wait_for_selector("#pools-proposals .ag-row")
    at_rest(page)
    before = page.inner_text("#pools-counts")
    page.locator("#pools-proposals .ag-row .ag-checkbox-input").first.check()
    page.fill("#pools-why", "材料齐全")
    page.click("#pools-confirm")
    page.wait_for_selector("#pools-decided >> text=已确认 1 项")
    at_rest(page)
    after = page.inner_text("#pools-counts")
    assert after != before
    page.reload()
    page.wait_for_selector("#pools-members .cell-link", state="attached")
    at_rest(page)
    assert page.inner_text("#pools-counts") == after
    assert page.input_value("#pools-why") == ""
    assert site.errors == []
