"""What goes from hand to hand, in a real browser: a district's workbook, a mentor's visit, a firm's own return."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.jobs import __main__ as jobs
from dashboard.jobs import process
from pipeline.accounts import people
from pipeline.store.database import engine_for
from pipeline.store.tables import Case
from tests.browser.conftest import Site, at_rest, follow
from tests.browser.test_a_workbook_comes_in import upload
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city

pytestmark = pytest.mark.browser
MENTOR = "挂点梁"


def _done_here(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """Jobs are done by the server's own thread: that they have processes of their own is another test's."""
    monkeypatch.setattr(process, "_begin", lambda _settings, job: jobs.run(job, replace(site.settings)))


def _narrow(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_district_mends_what_it_is_told_and_the_city_sees_its_import_and_the_figure(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _done_here(monkeypatch, site)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "年度财务"
    for row in (
        ["统一社会信用代码", "年度", "营业收入（万元）", "净利润（万元）", "资产总额（万元）"],
        [BANYAN, 2025, "4,6OO", 310, 5200],
        [LOTUS, 2025, 7100, 300, 9000],
    ):
        sheet.append(row)
    book.save(tmp_path / "江海 2025.xlsx")
    district = site.signed_in(city.DISTRICT_OFFICER, at="/imports")
    district.wait_for_selector("#imports-file input", state="attached")
    upload(district, tmp_path / "江海 2025.xlsx")
    district.wait_for_selector("#imports-seen >> text=C2")
    told = district.inner_text("#imports-seen")
    assert f"{LOTUS} 不是江海区的企业" in told
    assert f"{BANYAN} 不是" not in told
    with district.expect_download() as coming:
        district.click("#imports-seen a")
    coming.value.save_as(tmp_path / "江海 2025.xlsx")

    marked = openpyxl.load_workbook(tmp_path / "江海 2025.xlsx")
    red = [cell.coordinate for row in marked["年度财务"].iter_rows() for cell in row if cell.comment]
    assert "C2" in red
    assert any(place.endswith("3") for place in red)
    marked["年度财务"]["C2"] = 4600
    marked["年度财务"].delete_rows(3)
    marked.save(tmp_path / "江海 2025.xlsx")
    upload(district, tmp_path / "江海 2025.xlsx")
    district.click("#imports-store")
    district.wait_for_selector("#imports-progress >> text=已存为")
    district.locator(
        "#imports-grid"
    ).scroll_into_view_if_needed()  # a grid below the window is drawn when one comes to it
    district.locator("#imports-grid .ag-row", has_text="江海 2025.xlsx").filter(has_text="已入库").first.wait_for()

    desk = site.signed_in(at="/imports")
    line = desk.locator("#imports-grid .ag-row", has_text="江海 2025.xlsx").filter(has_text="已入库").first
    line.wait_for()
    assert city.DISTRICT_OFFICER in line.inner_text()
    assert "江海区" in line.inner_text()
    follow(desk, "/returns-progress?year=2025")
    assert {"江海区", "蓬江区"} <= set(desk.locator("#page table").first.locator("td:first-child").all_inner_texts())
    desk.locator("#returns-grid .ag-row", has_text="榕动电机").filter(has_text="江海 2025.xlsx").wait_for()
    follow(desk, f"/firm/{BANYAN}")
    assert "4,600" in desk.inner_text("#page")
    assert site.errors == []


def test_a_mentor_writes_a_visit_down_on_a_phone_and_the_city_reads_it(site: Site):
    engine = engine_for(site.settings.db_url)
    with Session(engine) as session, session.begin():
        mentor, _ = people.add(session, MENTOR, "mentor", password=city.PASSWORD, by=people.console(), now=city.NOW)
        session.scalars(select(Case).where(Case.firm_id == LOTUS)).one().mentor_id = mentor.id
        city.past_the_program(session)
    engine.dispose()
    phone = site.signed_in(MENTOR, phone=True)
    at_rest(phone)
    assert _narrow(phone)
    phone.locator("#page a", has_text="莲芯传感").first.click()
    phone.wait_for_url(f"**/firm/{LOTUS}*")
    at_rest(phone)
    phone.fill("#firm-visit-findings", "新厂房已投产，券商下月进场。")
    phone.fill("#firm-visit-step", "确定券商")
    phone.fill("#firm-visit-due", f"{date.today().year + 1}-01-10")
    phone.keyboard.press("Enter")
    phone.click("#firm-visit-save")
    phone.wait_for_selector("#firm-tutoring-said >> text=已登记")
    assert _narrow(phone)

    desk = site.signed_in(at="/visits")
    at_rest(desk)
    seen = desk.inner_text("#page")
    assert MENTOR in seen
    assert "新厂房已投产" in seen
    assert site.errors == []


def test_a_firm_types_its_return_gets_it_back_with_a_note_and_finds_its_figure_in_use_at_last(site: Site):
    firm = site.signed_in(city.ENTERPRISE, at="/own-return")
    at_rest(firm)
    profit, revenue = (firm.get_by_label(name, exact=True) for name in ("净利润（万元）", "营业收入（万元）"))
    profit.fill("约七百")
    firm.wait_for_selector("#page .overdue:has-text('约七百')")
    profit.fill("700")
    firm.wait_for_selector("#page .overdue:has-text('约七百')", state="detached")
    revenue.fill("6123")
    _keep_and_send(firm)

    district = _officer_of_pengjiang(site)
    _decided(district, "退回修改", "请补资产总额", "退回企业")
    firm.reload()
    at_rest(firm)
    assert "请补资产总额" in firm.inner_text("#own-returns")
    assert [revenue.input_value(), profit.input_value()] == ["6123", "700"]  # nothing typed is lost
    firm.get_by_label("资产总额（万元）", exact=True).fill("9000")
    _keep_and_send(firm)

    follow(district, "/")
    follow(district, "/handed-in")
    _decided(district, "审核通过", "已核对", "转市局")
    desk = site.signed_in(at="/handed-in")
    at_rest(desk)
    _decided(desk, "采纳", "", "号导入")

    follow(firm, "/")
    shown = firm.locator("#mine-data tr", has_text="营业收入").first.inner_text()
    assert "6,123" in shown
    assert "网上填报-2025.xlsx" in shown
    assert site.errors == []


def _keep_and_send(firm: Any) -> None:
    at_rest(firm)
    firm.click("#own-return-typed")
    firm.locator("#own-returns button", has_text="发送").first.click()
    firm.wait_for_selector("#own-return-said-all:has-text('已提交')")


def _officer_of_pengjiang(site: Site) -> Any:
    engine, by = engine_for(site.settings.db_url), people.console()
    with Session(engine) as session, session.begin():
        people.add(session, "蓬江科员", "officer", None, "440703", city.PASSWORD, by=by, now=city.NOW)
    engine.dispose()
    page = site.signed_in("蓬江科员", at="/handed-in")
    at_rest(page)
    return page


def _decided(page: Any, button: str, note: str, said: str) -> None:
    page.locator("#handed-in-shown input").first.fill(note)
    page.locator("#handed-in-shown button", has_text=button).first.click()
    page.wait_for_selector(f"#handed-in-said:has-text('{said}')")
