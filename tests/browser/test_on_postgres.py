"""An officer's morning with the dashboard on PostgreSQL: firms, a firm, a visit, a decision, in a real browser."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.database import engine_for
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import Visit
from tests.browser.conftest import Site, at_rest, rows_are
from tests.cast import LOTUS

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


def test_an_officer_finds_a_firm_logs_a_visit_and_decides_on_postgres(postgres_site: Site):
    page = postgres_site.signed_in()
    at_rest(page)
    page.click("nav >> text=企业")
    page.fill("#firms-search", "莲芯")
    rows_are(page, "#firms-grid", 1)
    page.click("#firms-grid .cell-link >> text=莲芯传感")
    page.wait_for_selector(".js-plotly-plot .waterfalllayer")
    page.wait_for_selector("#firm-boards .board-line >> nth=0")
    page.click("#firm-stated-do")
    page.wait_for_selector("#firm-stated table")
    page.fill("#firm-visit-findings", "已与券商签约。")
    page.fill("#firm-visit-step", "提交股改方案")
    page.fill("#firm-visit-due", postgres_site.settings.today().isoformat())
    page.keyboard.press("Enter")
    page.click("#firm-visit-save")
    page.wait_for_selector("#firm-tutoring >> text=提交股改方案")

    page.click("nav >> text=两库管理")
    page.wait_for_selector("#pools-proposals .ag-row")
    at_rest(page)  # what moved the points comes a moment later, and draws the rows anew
    page.locator("#pools-proposals .ag-row .ag-checkbox-input").first.check()
    page.fill("#pools-why", "企业正在迁址，下次评审再议")
    page.click("#pools-overrule")
    page.wait_for_selector("text=已否决 1 项")

    page.goto(f"{postgres_site.address}/trail?firm={LOTUS}")
    page.wait_for_selector("#trail-grid >> text=登记走访")
    page.wait_for_selector("text=留痕链完整")
    assert postgres_site.errors == []

    engine = engine_for(postgres_site.settings.db_url)
    with Session(engine) as session:
        assert engine.dialect.name == "postgresql"
        assert (
            session.scalars(select(Visit).where(Visit.next_step == "提交股改方案")).one().findings == "已与券商签约。"
        )
        overruled = session.scalars(select(PoolProposal).where(PoolProposal.state == "overruled")).one()
        assert overruled.why == "企业正在迁址，下次评审再议"
        assert audit.verify(session) >= 6
    engine.dispose()
