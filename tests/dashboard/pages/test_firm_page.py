"""A firm's page names what looks wrong in its returns, as long as nobody has settled it."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.pages.firm.page import why_no_score
from dashboard.queries.firm import FirmPage
from dashboard.queries.lists import firm_list
from pipeline.accounts import people
from pipeline.language import N_
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Account, Event, Firm, Import, ImportFinding, ScoreRun
from scoring.explain.firm_snapshot import firm_snapshot
from scoring.firm_list.keeper import make_current
from scoring.scores.doubts import by_firm, doubts_on
from scoring.scores.stored_scores import StoredReasons
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor

LEAD = "填报数据有疑点"
MAY_1 = date(2026, 5, 1)


@pytest.fixture
def doubted(settings: Settings) -> None:
    """A unit slip of Lotus is open; one of Banyan was explained. Lotus has a new name, too, which is in no score."""
    with Session(engine_for(settings.db_url)) as session, session.begin():
        brought = session.scalars(select(Import.id).limit(1)).one()
        for firm, state in ((LOTUS, "open"), (BANYAN, "explained")):
            session.add(
                ImportFinding(
                    import_id=brought,
                    firm_id=firm,
                    year=2024,
                    kind="unit_yuan_for_wan",
                    field="revenue_cny",
                    sheet="年度财务",
                    cell="C5",
                    found="91500000",
                    msgid=N_("Found"),
                    params={},
                    state=state,
                )
            )
        session.add(
            ImportFinding(
                import_id=brought,
                firm_id=LOTUS,
                year=2024,
                kind="other_name",
                field="name",
                sheet="年度财务",
                msgid=N_("The firm is called %(stated)s here and %(known)s so far. Is it the same firm?"),
                params={"stated": "荷芯传感有限公司", "known": "莲芯传感有限公司"},
                state="open",
            )
        )
        city.past_the_program(session)


@pytest.mark.usefixtures("doubted")
def test_a_doubt_that_nobody_settled_stands_on_the_firms_page(officer: Visitor):
    assert LEAD in officer.show(f"/firm/{LOTUS}").text


@pytest.mark.usefixtures("doubted")
def test_a_doubt_that_was_explained_is_not_shown_again(officer: Visitor):
    assert LEAD not in officer.show(f"/firm/{BANYAN}").text


def test_a_firm_without_doubts_has_no_such_notice(officer: Visitor):
    assert LEAD not in officer.show(f"/firm/{LOTUS}").text


def _banner(page: str) -> str:
    """The words of the banner alone."""
    return page[page.index(LEAD) : page.index("score-big")] if LEAD in page else ""


@pytest.mark.usefixtures("doubted")
def test_a_name_is_a_question_apart_and_not_in_the_banner(officer: Visitor):
    page = officer.show(f"/firm/{LOTUS}").text
    assert "荷芯传感有限公司" in page
    assert "荷芯传感有限公司" not in _banner(page)
    assert "待核实的问题" in page


@pytest.mark.usefixtures("doubted")
def test_banner_list_and_score_warning_have_one_definition(officer: Visitor, settings: Settings):
    engine = engine_for(settings.db_url)
    today = date(2026, 11, 22)
    doubted = by_firm(doubts_on(engine, today))
    assert doubted == {LOTUS: ["revenue_cny 2024"]}
    assert firm_snapshot(engine, LOTUS, today).figures_in_doubt == doubted[LOTUS]
    make_current(engine, today)
    with Session(engine) as session:
        person = people.person_from(session.scalars(select(Account).where(Account.name == city.OFFICER)).one())
        listed = firm_list.rows(session, person, today)
    assert {row["firm_id"] for row in listed if row["data"] == "数据存疑"} == set(doubted)


@pytest.mark.parametrize(
    ("run", "events", "said"),
    [
        (None, [], "尚没有模型评分"),
        (MAY_1, [], "没有本企业近期的报表"),
        (MAY_1, [("tutoring_filed", "bse", MAY_1)], "已于 2026-05-01 达到“辅导备案 · 北交所”"),
        (MAY_1, [("tutoring_filed", "bse", date(2026, 5, 2))], "没有本企业近期的报表"),  # that came later
        (MAY_1, [("share_reform", "", date(2025, 1, 1))], "没有本企业近期的报表"),  # and that is not what is looked for
    ],
)
def test_a_page_without_a_score_says_why_there_is_none(
    run: date | None, events: list[tuple[str, str, date]], said: str
):
    happened = [Event(firm_id=LOTUS, kind=kind, board=board, occurred_on=on) for kind, board, on in events]
    page = FirmPage(
        Firm(id=LOTUS, cohort="city"),
        pd.DataFrame(),
        pd.DataFrame(),
        None,
        StoredReasons(),
        None if run is None else ScoreRun(as_of=run),
        None,
        None,
        happened,
        "tutoring_filed",
    )
    assert said in why_no_score(page)
