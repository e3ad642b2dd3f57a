"""A firm's page names what looks wrong in its returns, as long as nobody has settled it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.language import N_
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Import, ImportFinding
from tests.cast import BANYAN, LOTUS
from tests.dashboard.conftest import Visitor

LEAD = "填报数据有疑点"


@pytest.fixture
def doubted(settings: Settings) -> None:
    """A unit slip of Lotus is open; one of Banyan was explained."""
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


@pytest.mark.usefixtures("doubted")
def test_a_doubt_that_nobody_settled_stands_on_the_firms_page(officer: Visitor):
    assert LEAD in officer.show(f"/firm/{LOTUS}").text


@pytest.mark.usefixtures("doubted")
def test_a_doubt_that_was_explained_is_not_shown_again(officer: Visitor):
    assert LEAD not in officer.show(f"/firm/{BANYAN}").text


def test_a_firm_without_doubts_has_no_such_notice(officer: Visitor):
    assert LEAD not in officer.show(f"/firm/{LOTUS}").text
