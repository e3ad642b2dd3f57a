"""What a reader is told when the server does not answer as hoped: a message, or the sign-in page; never nothing."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.store.database import engine_for
from tests.browser.conftest import Site, at_rest, follow
from tests.dashboard import city

pytestmark = pytest.mark.browser
CALLBACKS = "**/_dash-update-component*"


def test_a_callback_that_fails_is_told_in_a_letter_that_can_be_closed_and_loading_again_shows_the_page(site: Site):
    page = site.signed_in()
    for status, words in (
        (403, "您的账户无权"),
        (400, "本页面已过期"),
        (None, "系统没有响应"),
        (500, "问题出在系统一侧"),
    ):
        follow(page, "/")
        assert not page.locator("#fault").is_visible()
        fault_at_the_firms(page, status)
        assert words in page.inner_text("#fault")
        assert len(page.inner_text("#fault [data-fault]:not([hidden])").split("。")) <= 3
        page.click("#fault-close")
        page.wait_for_selector("#fault", state="hidden")
        page.unroute(CALLBACKS)
    follow(page, "/")
    fault_at_the_firms(page, 500)
    page.unroute(CALLBACKS)
    page.click("#fault-reload")
    page.wait_for_selector("#firms-grid .ag-row")
    assert not page.locator("#fault").is_visible()


def fault_at_the_firms(page: Any, status: int | None) -> None:
    """Every callback is answered so, None: not at all; the menu then leads to no firms, and a message says why."""
    page.route(CALLBACKS, lambda route: route.fulfill(status=status, body="") if status else route.abort())
    page.click("nav >> text=企业")
    page.wait_for_selector("#fault:not([hidden])")


def test_a_session_that_ended_elsewhere_leads_to_sign_in_and_from_there_back(site: Site):
    page = site.signed_in(at="/firms?search=%E8%8E%B2%E8%8A%AF")
    at_rest(page)
    engine = engine_for(site.settings.db_url)
    with Session(engine) as session, session.begin():
        people.set_password(session, city.OFFICER, city.PASSWORD, by=people.console(), now=city.NOW)
    engine.dispose()
    page.click("nav >> text=两库管理")
    page.wait_for_selector("#password")
    sign_in_again(page)
    page.wait_for_selector("#page h1")
    assert "/pools" in page.url


def sign_in_again(page: Any) -> None:
    page.fill("#name", city.OFFICER)
    page.fill("#password", city.PASSWORD)
    page.click("button.plain-page-button")
