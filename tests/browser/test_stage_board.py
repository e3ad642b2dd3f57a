"""The stage board in a real browser: a card is dragged or moved by the keyboard, and the dialog asks what is needed."""

import sqlite3
from typing import Any

import pytest

from tests.browser.conftest import Site, at_rest, follow
from tests.cast import BANYAN, KAPOK, LOTUS

pytestmark = pytest.mark.browser


def board(site: Site, **how: Any) -> Any:
    page = site.signed_in(**how, at="/board")
    page.wait_for_selector(".board-column[data-ready]")
    at_rest(page)
    return page


def card(firm: str) -> str:
    return f".stage-card:has(a[href*='{firm}'])"


def drag(page: Any, firm: str, stage: str) -> None:
    """Take a card by its facts, not by its link, and drop it on another stage."""
    page.locator(f"[data-stage={stage}]").first.scroll_into_view_if_needed()
    held = page.locator(f"{card(firm)} .card-facts").first.bounding_box()
    aim = page.locator(f"[data-stage={stage}]").first.bounding_box()
    page.mouse.move(held["x"] + 5, held["y"] + 5)
    page.mouse.down()
    page.mouse.move(held["x"] + 25, held["y"] + 15, steps=4)
    page.mouse.move(aim["x"] + aim["width"] / 2, aim["y"] + 20, steps=12)
    page.mouse.up()


def stage_of(site: Site, firm: str) -> str:
    with sqlite3.connect(site.settings.db_url.removeprefix("sqlite:///")) as found:
        ((stage,),) = found.execute('SELECT stage FROM "case" WHERE firm_id = ?', (firm,))
    return str(stage)


def column_of(page: Any, firm: str) -> str:
    return str(page.locator(card(firm)).first.evaluate("one => one.parentElement.dataset.stage"))


def test_a_card_is_dragged_to_its_next_stage_and_the_dialog_asks_for_what_it_needs(site: Site):
    page = board(site)
    drag(page, KAPOK, "advisers")
    page.wait_for_selector("#board-stage-save")
    at_rest(page)
    assert column_of(page, KAPOK) == "nurture"  # it moves when the server has moved it
    assert "律师事务所" in page.inner_text("#board-stage-needs")
    page.click("#board-stage-save")
    page.wait_for_selector("#board-refused >> text=还缺")
    page.fill("#board-broker", "甲证券")
    page.fill("#board-law_firm", "乙律师事务所")
    page.fill("#board-auditor", "丙会计师事务所")
    page.click("#board-stage-save")
    page.wait_for_selector("#board-said >> text=已保存阶段")
    at_rest(page)
    assert (column_of(page, KAPOK), stage_of(site, KAPOK)) == ("advisers", "advisers")
    assert site.errors == []


def test_a_card_dropped_where_it_cannot_go_stays_and_is_told_why_and_the_keyboard_alone_moves_it(site: Site):
    page = board(site)
    drag(page, KAPOK, "tutoring_filed")
    page.wait_for_selector("#board-said >> text=不能从")
    assert "签约中介" in page.inner_text("#board-said")
    assert (column_of(page, KAPOK), stage_of(site, KAPOK)) == ("nurture", "nurture")
    assert not page.is_visible("#board-stage-save")
    page.focus(f"{card(KAPOK)} button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#board-stage-save")
    at_rest(page)
    page.focus("#board-stage")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=option]:visible >> text=股改")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    at_rest(page)
    page.focus("#board-stage-save")
    page.keyboard.press("Enter")
    page.wait_for_selector("#board-said >> text=已保存阶段")
    assert stage_of(site, KAPOK) == "share_reform"
    assert site.errors == []


def test_of_two_who_move_a_card_the_second_is_told_and_sees_the_board_as_it_is(site: Site):
    first, second = board(site), board(site)
    for page in (first, second):
        drag(page, BANYAN, "tutoring_accepted")
        page.wait_for_selector("#board-stage-save")
        at_rest(page)
    first.click("#board-stage-save")
    first.wait_for_selector("#board-said >> text=已保存阶段")
    second.click("#board-stage-save")
    second.wait_for_selector("#board-said >> text=刚刚已变更")
    at_rest(second)
    assert column_of(second, BANYAN) == "tutoring_accepted"


def test_the_lanes_hold_every_card_once_and_the_page_does_not_scroll_sideways(site: Site):
    page = board(site, phone=True)
    whole = page.locator(".stage-card").count()
    for lanes in ("district", "mentor"):
        follow(page, f"/board?lanes={lanes}")
        page.wait_for_selector(".board-lane")
        assert page.locator(".stage-card").count() == whole == 6
        assert page.locator(card(LOTUS)).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        follow(page, "/board")
        page.wait_for_selector(".board-lane", state="detached")
