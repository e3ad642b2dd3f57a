"""The page of the pools over time and the downloads of papers: who may have them, and of which firms."""

import io
import json

import docx
import openpyxl
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pipeline.store.pool_tables import PoolProposal
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in
from tests.pipeline.pools.membership import reviewed

LIST = "/pools/paper/1/list.docx"


@pytest.fixture
def decided(app):
    """The members of the small city came in by review 1."""
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        session.execute(update(PoolProposal).where(PoolProposal.state == "confirmed").values(review_id=1))
    reviewed(engine)
    return app


def codes_in(content: bytes) -> list[str]:
    tables = docx.Document(io.BytesIO(content)).tables
    return [row.cells[2].text for table in tables for row in table.rows[1:]]


def test_an_officer_gets_every_firm_a_districts_officer_its_own_and_others_none(decided):
    everything = codes_in(signed_in(decided, city.OFFICER).get(LIST).data)
    assert sorted(everything) == sorted(list(city.firms())[:6])
    assert codes_in(signed_in(decided, city.DISTRICT_OFFICER).get(LIST).data) == [BANYAN]
    for name in (city.ENTERPRISE, city.ANALYST):
        other = signed_in(decided, name)
        for path in (LIST, "/pools/paper/1/list.xlsx", "/pools/report.docx"):
            assert other.get(path).status_code == 403, (name, path)
        assert other.show("/pools/over-time").status_code == 403


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/pools/paper/1/list.xlsx", 200),
        ("/pools/paper/2/list.docx", 404),
        ("/pools/paper/1/notice.docx", 404),
        ("/pools/paper/1/opinion.docx?department=tax", 404),
        ("/pools/paper/1/decision.xlsx", 404),
        ("/pools/paper/1/changes.docx", 404),
        ("/pools/paper/x/list.docx", 404),
        ("/pools/paper/99999999999999999999/list.docx", 404),
        ("/pools/report.pdf", 404),
        ("/pools/report.docx?from=2025-01-01&to=2025-06-30", 200),
        ("/pools/report.xlsx?from=2025-06-30&to=2025-01-01", 400),
        ("/pools/report.xlsx?from=soon&to=2025-01-01", 400),
    ],
)
def test_an_address_gives_a_paper_that_there_is_and_nothing_else(decided, path, code):
    assert signed_in(decided, city.OFFICER).get(path).status_code == code


def test_a_report_of_the_demonstration_says_so_in_its_name_and_first_line(decided):
    answer = signed_in(decided, city.OFFICER).get("/pools/report.xlsx?from=2025-01-01&to=2025-06-30")
    assert "pools-changes-2025-01-01-2025-06-30-demo.xlsx" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert all("虚构" in sheet["A1"].value for sheet in book)


def test_the_page_warns_before_any_figure_and_few_events_are_said_to_be_few(officer):
    shown = json.dumps(officer.show("/pools/over-time").json, ensure_ascii=False)
    assert shown.index("不能证明因果关系") < shown.index("分年情况") < shown.index("后续进展对比")
    assert "事件不足十起" in shown
    assert LOTUS not in shown


def test_the_page_of_the_pools_leads_to_it_and_to_the_papers_that_there_are(decided):
    shown = json.dumps(signed_in(decided, city.OFFICER).show("/pools").json)
    assert "/pools/over-time" in shown
    assert LIST in shown
    assert "/pools/paper/1/notice.docx" not in shown
