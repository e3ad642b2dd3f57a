"""A firm claims on a phone, an officer accepts at a desk, the pot is shared out, and two people sign."""

import pytest

from tests.browser.conftest import Site, at_rest
from tests.dashboard import city
from tests.pipeline.tutoring.attachments.files import pdf

pytestmark = pytest.mark.browser


def test_a_claim_goes_from_the_firm_s_phone_to_two_signatures(site: Site):
    firm = site.signed_in(city.ENTERPRISE, at="/support", phone=True)
    at_rest(firm)
    firm.click("#support-claim")
    firm.wait_for_selector("#support-refused .overdue:has-text('请选择')")
    firm.click("#support-what")
    firm.locator("[role=option]", has_text="创新标兵").first.click()
    firm.fill("#support-amount", "五十万")
    firm.fill("#support-evidence", "评定通知")
    firm.click("#support-claim")
    firm.wait_for_selector("#support-refused .overdue:has-text('五十万')")
    assert firm.input_value("#support-evidence") == "评定通知"  # nothing typed is lost
    firm.fill("#support-amount", "500000")
    paper = {"name": "评定通知.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    firm.set_input_files("#support-files input[type=file]", paper)
    firm.wait_for_selector("#support-files-chosen:has-text('评定通知')")
    firm.click("#support-claim")
    firm.wait_for_selector("#support-said:has-text('第 1 笔申报已提交')")
    assert "待审核" in firm.inner_text("#support-shown")
    assert firm.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    desk = site.signed_in(at="/support?claim=1")
    at_rest(desk)
    desk.locator("#support-shown button", has_text="审核通过").click()
    desk.wait_for_selector("#support-do-refused .overdue")  # without a reason
    desk.fill("#support-do-why", "材料齐全")
    desk.fill("#support-do-rank", "1")
    desk.locator("#support-shown button", has_text="审核通过").click()
    desk.wait_for_selector("#support-said:has-text('已保存')")
    desk.goto(f"{site.address}/support")
    at_rest(desk)
    desk.locator("button", has_text="安排资金").first.click()
    desk.wait_for_selector("#support-share-said:has-text('500,000.00')")
    for who in (city.OFFICER, city.SECOND_OFFICER):
        signing = site.signed_in(who, at="/support?claim=1")
        at_rest(signing)
        signing.locator("#support-shown button", has_text="签字").first.click()
        signing.wait_for_selector("#support-said:has-text('已保存')")
    firm.reload()
    at_rest(firm)
    assert "已核定，待拨付" in firm.inner_text("#support-shown")
    assert site.errors == []
