"""The card of nomination and application in a browser: a refused form keeps what was typed, a taken one is shown."""

import pytest

from tests.browser.conftest import Site, at_rest
from tests.cast import LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser


def test_a_refused_application_loses_nothing_typed_and_a_taken_one_stands_on_the_card(site: Site):
    page = site.signed_in(city.ENTERPRISE, at=f"/firm/{LOTUS}")
    page.click("#firm-apply-form summary")
    page.fill("#firm-apply-broker", "砾垣证券（虚构）")
    page.fill("#firm-apply-contact", "岑霁云")
    page.click("#firm-apply-save")
    page.wait_for_selector("#firm-declared-said li")
    told = page.inner_text("#firm-declared-said")
    assert "联系人电话" in told
    assert "真实性承诺" in told
    assert page.input_value("#firm-apply-broker") == "砾垣证券（虚构）"
    page.fill("#firm-apply-phone", "0750-0001234")
    page.check("#firm-apply-truth")
    page.click("#firm-apply-save")
    page.wait_for_selector("#firm-declared-application-withdraw")
    assert "砾垣证券（虚构）" in page.inner_text("#firm-declared")
    page.fill("#firm-declared-application-why", "暂缓上市")
    page.click("#firm-declared-application-withdraw")
    page.wait_for_selector("#firm-declared-application-withdraw", state="detached")
    at_rest(page)
    assert "已撤回" in page.inner_text("#firm-declared-said")
