"""An enterprise objects on a phone, the officer answers at a desk, and the firm reads the answer."""

import pytest

from tests.browser.conftest import Site, at_rest
from tests.dashboard import city
from tests.pipeline.tutoring.attachments.files import pdf

pytestmark = pytest.mark.browser


def test_an_objection_goes_from_the_firm_s_phone_to_the_officer_s_desk_and_back(site: Site):
    firm = site.signed_in(city.ENTERPRISE, phone=True)
    at_rest(firm)
    row = firm.locator("#mine-data tr", has_text="营业收入").first
    row.locator("button").click()
    firm.wait_for_selector("#mine-object-send")
    firm.fill("#mine-object-value", "约六千")
    firm.wait_for_selector("#mine-object-checked .overdue")
    firm.fill("#mine-object-value", "6000")
    firm.wait_for_selector("#mine-object-checked:has-text('→ 6000 万元')")
    firm.fill("#mine-object-why", "与审计报告不符")
    firm.click("#mine-object-send")
    firm.wait_for_selector("#mine-object-refused .overdue")
    assert firm.input_value("#mine-object-why") == "与审计报告不符"  # nothing typed is lost
    proof = {"name": "审计报告.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    firm.set_input_files("#mine-object-files input[type=file]", proof)
    firm.wait_for_selector("#mine-object-files-chosen:has-text('审计报告')")
    firm.click("#mine-object-send")
    firm.wait_for_selector("#mine-objections li")
    assert "待答复" in firm.inner_text("#mine-objections")
    assert firm.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    desk = site.signed_in(at="/objections")
    at_rest(desk)
    desk.locator("#objections-shown summary").first.click()
    desk.locator("#objections-shown textarea:visible").first.fill("属实，已更正")
    desk.locator("#objections-shown button", has_text="采纳并更正").click()
    desk.wait_for_selector("#objections-said:has-text('已采纳')")

    firm.reload()
    at_rest(firm)
    assert "属实，已更正" in firm.inner_text("#mine-objections")
    assert "6,000 万元" in firm.locator("#mine-data tr", has_text="营业收入").first.inner_text()
    assert site.errors == []
