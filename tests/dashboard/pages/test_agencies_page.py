"""The page of agencies: what the command says, whom it opens to, the way to the negative list, marks for officers."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.advisers import register
from pipeline.agencies.marks import marks
from pipeline.store.tables import CITY, CrossCheck, Import, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser
from pipeline.tutoring.negative_list.listed import on_list
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import body_of, signed_in

NAME, OTHER = "鸢尾代编企服", "苍耳代编企服"
ON_SQLITE_ALONE = True


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


def output_of(app, button: str) -> str:
    return next(key for key, one in app.callback_map.items() if any(each["id"] == button for each in one["inputs"]))


@pytest.fixture
def prepared(app):
    """Lotus, Banyan and Kapok in two sources for twelve years that nothing else states; the first agency prepares for
    two of them and has a difference in each fourth year."""
    about = app.server.extensions["goldseed"]
    today, now = about.settings.today(), datetime.now(UTC)
    with Session(about.engine) as session, session.begin():
        forms = []
        for source in ("hnte_annual", "audited"):
            more = {"kind": "returns", "map_name": "city", "cohort": CITY, "rows": 36, "imported_by": "test"}
            brought = Import(file_name=source, sha256=source, source=source, imported_at=now, **more)
            forms.append(Return(brought_by=brought, source=source, sheet="年度财务"))
            session.add_all([brought, forms[-1]])
        session.flush()
        for firm, name in ((LOTUS, NAME), (BANYAN, NAME), (KAPOK, OTHER)):
            for year in range(1990, 2002):
                rows = [
                    ReturnRow(
                        firm_id=firm,
                        return_id=form.id,
                        sheet_row=year,
                        year=year,
                        months=12,
                        known_on=today - timedelta(days=40),
                        prepared_by=name if form is forms[0] else None,
                    )
                    for form in forms
                ]
                session.add_all(rows)
                session.flush()
                if name == NAME and year % 4 == 0:
                    pair = {"row_id": rows[0].id, "other_row_id": rows[1].id, "value": 1.0, "other_value": 2.0}
                    kept = {"fact": "revenue_cny", "gap_share": 0.5, "found_at": now, "prepared_by": name}
                    session.add(CrossCheck(firm_id=firm, year=year, **pair, **kept))
        register.register(session, people.console("-"), "agency", NAME, now=now)
    return app


@pytest.fixture
def run(prepared, monkeypatch):
    settings = prepared.server.extensions["goldseed"].settings
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)

    def said(*arguments: str):
        answer = CliRunner().invoke(cli.goldseed, [*arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return said


def test_the_page_says_what_the_command_says_and_a_district_sees_its_own(prepared, run):
    found = {one["name"]: one for one in run("agencies", "compare")["compared"]}
    one = found[NAME]
    assert (one["counted"]["returns"], one["counted"]["differences"], one["verdict"]) == (24, 6, "too_few")
    assert run("agencies") == run("agencies", "compare")
    shown = words(signed_in(prepared, city.OFFICER).show("/agencies"))
    rate = f"25.0 ({one['counted']['low']:.1f}–{one['counted']['high']:.1f})"
    assert [text for text in (NAME, OTHER, rate, "数量过少", "代编申报但无有效备案") if text not in shown] == []
    own = words(signed_in(prepared, city.DISTRICT_OFFICER).show("/agencies"))
    assert rate not in own
    counted = run("agencies", "compare", "--person", city.DISTRICT_OFFICER)
    assert {each["name"] for each in counted["compared"]} < set(found) or not counted["compared"]


@pytest.mark.parametrize("who", [city.ENTERPRISE, city.ANALYST])
def test_neither_firms_nor_analysts_see_any_of_it(prepared, who):
    assert NAME not in words(signed_in(prepared, who).show("/agencies"))


def test_on_the_page_one_person_alone_lists_nobody_and_the_command_brings_the_second(prepared, run):
    about, officer = prepared.server.extensions["goldseed"], signed_in(prepared, city.OFFICER)
    today = about.settings.today()
    with Session(about.engine) as session:
        number = session.scalars(select(Adviser.id).where(Adviser.name == NAME)).one()

    def step(what, text=""):
        fields = {"proposal": "1", "next": what, "text": text, "step-on": today.isoformat()}
        filled = {f"agencies-{name}.value": value for name, value in fields.items()} | {"agencies-step.n_clicks": 1}
        return words(officer.call(body_of(prepared, output_of(prepared, "agencies-step"), filled)))

    told = {"adviser": str(number), "reason": "数据不实", "evidence": "核查", "ends-on": "2099-01-01", "staff": "周某"}
    filled = {f"agencies-{name}.value": value for name, value in told.items()} | {"agencies-propose.n_clicks": 1}
    answer = officer.call(body_of(prepared, output_of(prepared, "agencies-propose"), filled))
    assert "周某" in words(answer)
    assert "可陈述申辩至" in step("signed")
    assert "系笔误" in step("heard", "系笔误")
    assert "一人已签" in step("signed")
    assert "须由另一人签署" in step("signed")
    assert run("agencies", "step", "1", "--do", "signed")[0]["state"] == "listed"
    with Session(about.engine) as session:
        assert [each.name for each in on_list(session, today)] == [NAME]
        assert NAME in marks(session, people.console("-"), [NAME], today)
    marked = f"{NAME}〔负面清单"
    assert marked in words(officer.show("/checks", "?tab=sources"))
    stated = {"firm-stated-do.n_clicks": 1, "firm-shown.data": LOTUS}
    enterprise = signed_in(prepared, city.ENTERPRISE)
    assert marked not in words(enterprise.call(body_of(prepared, "firm-stated.children", stated)))
