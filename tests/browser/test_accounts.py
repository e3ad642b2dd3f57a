"""Accounts in a real browser: one is opened, its clerk comes in by a link and changes the password; one is closed."""

import pytest

from tests.browser.conftest import Site, at_rest
from tests.dashboard import city

pytestmark = pytest.mark.browser


def test_an_officer_invites_a_clerk_who_sets_a_password_by_the_link_and_changes_it(site: Site):
    page = site.signed_in()
    page.click("nav >> text=账户管理")
    page.fill("#accounts-name", "榕动电机")
    page.click("#accounts-firm")
    page.fill("#accounts-firm", "榕动")
    page.locator("[role=option]:visible", has_text="榕动电机").click()
    page.get_by_label("发邀请链接").check()
    page.click("#accounts-add")
    link = page.inner_text("#accounts-said .one-time")
    page.wait_for_selector("#accounts-grid .ag-row >> text=榕动电机 >> nth=0")

    clerk = site.visit()
    clerk.goto(link)
    for field in ("#new", "#again"):
        clerk.fill(field, "banyan-tree-dawn")
    clerk.click("button.plain-page-button")
    clerk.wait_for_selector("#page h1 >> text=榕动电机")
    clerk.click(".head-forms a[href='/account']")
    clerk.fill("#account-old", "banyan-tree-dawn")
    clerk.fill("#account-new", "banyan-tree-noon")
    clerk.fill("#account-again", "banyan-tree-noon")
    clerk.click("#account-save")
    clerk.wait_for_selector("text=密码已修改")
    clerk.reload()
    clerk.wait_for_selector("#account-old")

    page.click("nav >> text=操作留痕")
    page.wait_for_selector("text=留痕链完整")
    page.wait_for_selector("#trail-grid >> text=账户 榕动电机 >> nth=0")
    assert page.locator("#trail-grid").inner_text().count("更改密码") == 1
    assert site.errors == []


def test_a_marked_account_is_closed_and_its_owner_cannot_sign_in(site: Site):
    page = site.signed_in()
    clerk = site.signed_in(city.ENTERPRISE)
    at_rest(clerk)
    page.goto(f"{site.address}/accounts")
    page.locator("#accounts-grid .ag-row", has_text=city.ENTERPRISE).locator(".ag-checkbox-input").check()
    page.click("#accounts-disable")
    page.wait_for_selector("#accounts-said >> text=莲芯传感")
    page.wait_for_selector("#accounts-grid .ag-row >> text=停用")
    clerk.reload()
    clerk.wait_for_selector("#password")
