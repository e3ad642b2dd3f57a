"""Mentors for thirty firms in a real browser: in six clicks at most, and undone in one."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.database import engine_for
from pipeline.store.tables import Account, AuditEntry, Case, Firm
from tests.browser.conftest import Site, at_rest
from tests.dashboard import city

pytestmark = pytest.mark.browser
FIRMS, MOST_CLICKS = 30, 6


@pytest.fixture
def crowded(site: Site) -> Any:
    """Thirty more firms in tutoring, nobody looks after any of them."""
    engine = engine_for(site.settings.db_url)
    with Session(engine) as session, session.begin():
        for at in range(FIRMS):
            firm = f"91440703MA5D{at:05}X"
            session.add(Firm(id=firm, cohort="city", name=f"新企业{at}", district_code="440703"))
            session.flush()
            session.add(Case(firm_id=firm, opened_on=date(2026, 5, 6), stage="nurture", stage_since=date(2026, 5, 6)))
        city.past_the_program(session)
    yield engine
    engine.dispose()


class Hand:
    """Clicks, and counts them."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def press(self, what: str) -> None:
        self.page.locator(what).first.click()
        self.clicks += 1


def looked_after(engine: Any) -> int:
    with Session(engine) as session:
        of_them = select(func.count()).where(Case.mentor_id.is_not(None), Case.firm_id.startswith("91440703MA5D"))
        return session.scalar(of_them) or 0


def marked(site: Site) -> Hand:
    """The firms that nobody looks after, all marked."""
    page = site.signed_in(at="/cases")
    at_rest(page)
    hand = Hand(page)
    hand.press(".chips a:has-text('无挂点干部')")
    page.wait_for_url("**/cases?mentor=none")
    at_rest(page)
    hand.press("#cases-grid .ag-header-cell .ag-checkbox-input")
    return hand


def test_thirty_firms_get_their_mentor_in_six_clicks_with_one_reason_and_a_line_in_the_trail_each(
    site: Site, crowded: Any
):
    hand = marked(site)
    hand.page.fill("#cases-why", "按片区分工")
    hand.press("#cases-mentor")
    hand.press(f"[role=option]:has-text('{city.OFFICER}')")
    hand.press("#cases-assign")
    hand.page.wait_for_selector("#cases-said >> text=已改动")
    assert hand.clicks <= MOST_CLICKS
    assert looked_after(crowded) == FIRMS
    with Session(crowded) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "assign_mentor")).all()
        assert sum(one.details.get("why") == "按片区分工" for one in told) >= FIRMS
    at_rest(hand.page)
    hand.press("#cases-undo")
    hand.page.wait_for_selector("#cases-said >> text=恢复原状")
    assert looked_after(crowded) == 0
    assert site.errors == []


def test_a_proposal_is_shown_before_anything_is_done_and_no_reason_stops_it(site: Site, crowded: Any):
    hand = marked(site)
    hand.press("#cases-propose")
    hand.page.wait_for_selector("#cases-proposal td")
    assert looked_after(crowded) == 0
    hand.press("#cases-confirm")
    hand.page.wait_for_selector("#cases-said >> text=理由")
    assert looked_after(crowded) == 0
    hand.page.fill("#cases-why", "按片区分工")
    hand.press("#cases-confirm")
    hand.page.wait_for_selector("#cases-said >> text=已改动")
    assert hand.clicks <= MOST_CLICKS
    assert looked_after(crowded) == FIRMS
    with Session(crowded) as session:
        assert session.scalar(select(func.count(Account.id.distinct())).join(Case, Case.mentor_id == Account.id)) >= 1
    assert site.errors == []
