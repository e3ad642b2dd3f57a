"""What a page is outside its window: on paper, as a tab of the browser, and for who goes by the keyboard."""

import re
from typing import Any

import pytest

from tests.browser.conftest import Site, at_rest, follow
from tests.cast import LOTUS

pytestmark = pytest.mark.browser


def _sheets(page: Any) -> int:
    """How many A4 sheets the page takes when it is printed."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
def test_pages_print_on_as_many_sheets_as_they_should_without_controls_and_their_plots_fit(site: Site, english: bool):
    page = site.signed_in(english=english)
    for address, most in (("/", 1), (f"/firm/{LOTUS}", 2)):
        follow(page, address)
        assert _sheets(page) <= most, address
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        widths = "p => [p._fullLayout.width, p.parentElement.clientWidth]"
        for drawn, room in page.evaluate(f"Array.from(document.querySelectorAll('.js-plotly-plot')).map({widths})"):
            assert drawn <= room + 1, address
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("html.printing").count() == 0
    page.emulate_media(media="print")
    for hidden in (".mantine-AppShell-navbar", ".mantine-AppShell-header", "#firm-raise-do", "#firm-visit-save"):
        assert not page.locator(hidden).is_visible(), hidden
    assert page.locator(".score-big").is_visible()


def test_every_tab_bears_the_name_of_what_it_shows(site: Site):
    page = site.signed_in()
    titles = set()
    for address in ("/", "/firms", f"/firm/{LOTUS}", "/pools", "/cases"):
        follow(page, address)
        heading = page.locator("#page h1").inner_text()
        assert page.title() == f"{heading} · 金种子 Goldseed"
        titles.add(page.title())
    assert len(titles) == 5
    page.click("a[href='/firms'] >> nth=0")  # without loading anew
    page.wait_for_function("document.title.startsWith(document.querySelector('#page h1').textContent)")


def test_the_first_tab_stop_leads_past_the_menu_to_the_content(site: Site):
    page = site.signed_in()
    at_rest(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#page') !== null")


def test_tab_stops_once_at_a_table_and_arrows_go_about_inside_it(site: Site):
    page = site.signed_in(at="/firms")
    page.wait_for_selector(".ag-row a.cell-link")
    at_rest(page)

    def arrives(part: str, inside: bool = True) -> None:
        """The focus comes to be inside of (or outside of) a part: the grid moves it a moment after the key."""
        page.wait_for_function(
            "([part, inside]) => (document.activeElement.closest(part) !== null) === inside",
            arg=[part, inside],
            timeout=3_000,
        )

    last_before = page.locator("#page :is(input, summary):visible:not(#firms-grid input)").last
    last_before.focus()
    page.keyboard.press("Tab")
    arrives("#firms-grid .ag-row")
    page.keyboard.press("Tab")
    arrives("#firms-grid", inside=False)
    page.keyboard.press("Shift+Tab")
    arrives("#firms-grid .ag-row")
    page.keyboard.press("Shift+Tab")
    arrives("#firms-grid", inside=False)
    assert last_before.evaluate("one => one === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    arrives("#firms-grid .ag-header-cell")
    page.keyboard.press("ArrowRight")
    arrives("#firms-grid .ag-header-cell")
    page.keyboard.press("Tab")
    arrives("#firms-grid", inside=False)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")  # beside the name: Enter follows the link of the row
    page.keyboard.press("Enter")
    page.wait_for_url("**/firm/*")
