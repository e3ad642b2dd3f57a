"""What an officer asks on any day, in a real browser, with the clicks that it takes."""

import pytest

from tests.browser.conftest import Site, at_rest
from tests.browser.test_many_cases import Hand
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("how", [{}, {"phone": True, "dark": True, "english": True}], ids=["desk", "phone"])
def test_whom_to_visit_this_week_and_why_takes_one_click_at_a_desk_and_two_on_a_phone(site: Site, how):
    page = site.signed_in(**how)
    at_rest(page)
    hand = Hand(page)
    if how:
        hand.press("[aria-label=Menu]")
        hand.press("[role=menuitem]:has-text('Today')")
    else:
        hand.press("nav >> text=今日工作")
    page.wait_for_url("**/today")
    at_rest(page)
    first = page.locator("#page table tbody tr").first.inner_text()
    assert any(word in first for word in ("未走访", "到期", "visited", "due")), first
    assert hand.clicks == (2 if how else 1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert site.errors == []


def test_three_firms_stand_side_by_side_after_five_clicks_and_the_address_keeps_them(site: Site):
    page = site.signed_in(at=f"/firm/{LOTUS}")
    at_rest(page)
    hand = Hand(page)
    hand.press("#page a:has-text('对比')")
    page.wait_for_url("**/compare?firms=*")
    for firm in list(city.firms())[1:3]:
        at_rest(page)
        hand.press("#compare-firm")
        page.keyboard.type(firm)
        at_rest(page)
        hand.press(f"[role=option]:has-text('{firm}')")
        page.wait_for_url(f"**{firm}")
    at_rest(page)
    assert hand.clicks == 5
    assert page.locator("#page table").first.locator("thead th").count() == 4
    page.reload()
    at_rest(page)
    assert page.locator("#page table").first.locator("thead th").count() == 4
    assert BANYAN in page.url or LOTUS in page.url
    assert site.errors == []


def test_a_page_for_the_mayor_and_whose_points_moved_are_one_click_from_the_first_page(site: Site):
    page = site.signed_in(at="/")
    at_rest(page)
    hand = Hand(page)
    with page.expect_download() as report:
        hand.press("#page a[href='/download/special-report.pdf']")
    assert report.value.path().read_bytes().startswith(b"%PDF")
    hand.press("#page a[href='/movers']")
    page.wait_for_url("**/movers")
    at_rest(page)
    assert hand.clicks == 2
    assert site.errors == []
