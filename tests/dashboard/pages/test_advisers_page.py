"""The register of advisers: whom it opens to, that it shows what the command says, and that a listed one is flagged."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.advisers import adviser_lists, evaluations
from pipeline.store.tutoring_tables import Adviser
from pipeline.tutoring import cases
from pipeline.tutoring.negative_list import entries
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


@pytest.fixture
def listed(app):
    """Lotus's broker is on the negative list, and has been evaluated once."""
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    today, by, now = settings.today(), people.console("-"), datetime.now(UTC)
    with Session(engine) as session, session.begin():
        case = cases.case_of(session, LOTUS) or cases.open_case(session, by, LOTUS, today, now=now)
        cases.name_advisers(session, by, case.id, {"broker": "甲证券（虚构）"}, today, now=now)
        broker = session.scalars(select(Adviser.id)).one()
        entries.enter(session, by, broker, "底稿缺失", "检查记录", today, today + timedelta(days=9), now=now)
        grades = dict.fromkeys(evaluations.CRITERIA, 2)
        evaluations.evaluate(session, by, broker, LOTUS, today.year, grades, "拖延两月", today, now=now)
    return engine, today, broker


def test_the_register_and_one_adviser_say_what_the_functions_say(app, listed):
    engine, today, broker = listed
    officer = signed_in(app, city.OFFICER)
    shown = words(officer.show("/advisers"))
    with Session(engine) as session:
        line = adviser_lists.advisers(session, people.console("-"), today)[0]
    assert (line.served.firms, line.evaluation.count, line.listed.reason) == (1, 1, "底稿缺失")
    assert [
        text for text in ("甲证券(虚构)", "1 条，满 3 条才计均值", "底稿缺失", "莲芯传感") if text not in shown
    ] == []
    assert "没有符合条件的机构" in words(officer.show("/advisers", "?kind=auditor"))
    assert "没有符合条件的机构" not in shown
    one = words(officer.show("/advisers", f"?adviser={broker}"))
    assert [text for text in ("拖延两月", "检查记录", "有效") if text not in one] == []
    assert officer.show("/advisers", "?adviser=99").status_code == 404


def test_a_flagged_case_is_marked_for_officers_and_its_firm_is_told_the_name_alone(app, listed):
    officer, enterprise = signed_in(app, city.OFFICER), signed_in(app, city.ENTERPRISE)
    for path, query in (("/cases", "?listed=1"), ("/board", ""), (f"/firm/{LOTUS}", "")):
        assert "负面清单" in words(officer.show(path, query))
    own = words(enterprise.show(f"/firm/{LOTUS}"))
    assert "甲证券" in own
    assert "负面清单" not in own
    district = words(signed_in(app, city.DISTRICT_OFFICER).show("/advisers", f"?adviser={listed[2]}"))
    assert "拖延两月" not in district  # of a firm of another district


@pytest.mark.parametrize(("name", "status"), [(city.ANALYST, 403), (city.ENTERPRISE, 403)])
def test_who_does_not_read_findings_has_no_such_page(app, listed, name, status):
    assert signed_in(app, name).show("/advisers").status_code == status
