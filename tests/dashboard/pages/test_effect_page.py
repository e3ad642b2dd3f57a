"""The page of what came before success: the warning first, the same figures as the command, and who may see it."""

import json
from datetime import date, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from dashboard.pages import effect as page
from pipeline.accounts import people
from pipeline.effect.effect import effect
from pipeline.store.tables import CITY, Case, CaseStage, Firm, Visit
from tests.cast import LOTUS, happened
from tests.dashboard import city
from tests.dashboard.conftest import signed_in
from tests.dashboard.pages.test_controls import parts

JULY_2 = date(2023, 7, 2)


@pytest.fixture
def tutored(app):
    """Every firm of the small city was in tutoring in autumn 2023, half of them were visited, and these moved on."""
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        for number, firm in enumerate([*city.firms(), *(f"more-{each}" for each in range(20))]):
            if firm.startswith("more-"):
                session.add(Firm(id=firm, cohort=CITY, name=firm, district_code="440703"))
                session.flush()
            case = Case(
                firm_id=firm, opened_on=JULY_2, closed_on=date(2024, 2, 1), outcome="pool_exit", stage="nurture"
            )
            case.stage_since = JULY_2
            session.add(case)
            session.flush()
            about = {"recorded_by": "林", "recorded_at": datetime(2023, 9, 1, 9)}
            session.add(CaseStage(case_id=case.id, stage="nurture", entered_on=JULY_2, **about))
            if number % 2:
                seen = {
                    "visited_on": date(2023, 9, 1),
                    "visited_by": "林",
                    "findings": "好",
                    "recorded_at": datetime(2023, 9, 1, 9),
                }
                session.add(Visit(case_id=case.id, **seen))
    for number, firm in enumerate(city.firms()):
        if number % 2:
            happened(engine, firm, "advisers_signed", date(2024, 6, 1))
    return app


def text_of(shown) -> str:
    return json.dumps(shown, ensure_ascii=False)


def test_the_warning_stands_before_every_figure_and_the_way_of_counting_with_them(officer):
    shown = text_of(officer.show("/effect").json)
    assert shown.index("并不等于原因") < shown.index("365 天内进入下一阶段") < shown.index("统计口径")


def test_page_and_command_say_the_same_of_the_same_day(tutored, monkeypatch):
    engine = tutored.server.extensions["goldseed"].engine
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine.url))
    answer = CliRunner().invoke(cli.goldseed, ["effect", "--as-of", "2024-12-31"])
    assert answer.exit_code == 0, answer.output
    (line,) = (
        each.strip() for each in answer.stdout.split("\n") if "同阶段、同观察日内的差异：" in each and "[" in each
    )
    shown = signed_in(tutored, city.OFFICER).show("/effect", "?as_of=2024-12-31")
    assert line.split("：", 1)[1] in text_of(shown.json)
    document = json.loads(CliRunner().invoke(cli.goldseed, ["effect", "--as-of", "2024-12-31", "--json"]).stdout)
    assert next(iter(document)) == "warning"
    with Session(engine) as session:
        found = effect(session, people.console(), date(2024, 12, 31))
    assert document == json.loads(json.dumps(found.as_json()))
    assert answer.stdout.startswith(document["warning"])


def test_a_plot_stands_beside_a_table_that_has_its_figures(tutored):
    shown = signed_in(tutored, city.OFFICER).show("/effect", "?as_of=2024-12-31").json
    (drawn,) = [each["figure"] for each in parts(shown) if "figure" in each]
    (dots,) = (trace for trace in drawn["data"] if trace["mode"] == "markers")
    assert dots["customdata"][0] in text_of(shown).replace(text_of(drawn), "")
    assert [trace["y"][0] for trace in drawn["data"] if trace["mode"] == "lines"] == dots["y"]


def test_officers_and_analysts_see_it_a_district_its_own_firms_and_a_firm_nothing(tutored):
    everybody = text_of(signed_in(tutored, city.ANALYST).show("/effect", "?as_of=2024-12-31").json)
    district = text_of(signed_in(tutored, city.DISTRICT_OFFICER).show("/effect", "?as_of=2024-12-31").json)
    assert "全市企业" in everybody
    assert "全市企业" not in district
    assert LOTUS not in everybody
    enterprise = signed_in(tutored, city.ENTERPRISE)
    assert enterprise.show("/effect").status_code == 403
    assert "/effect" not in text_of(enterprise.show("/").json)
    assert "/effect" in text_of(signed_in(tutored, city.OFFICER).show("/").json)


@pytest.mark.parametrize(
    ("day", "code"), [("soon", 400), ("2999-01-01", 400), ("1999-01-01", 200), ("2150-01-01", 200)]
)
def test_a_day_that_is_none_is_refused_and_one_to_come_is_today(officer, day, code):
    answer = officer.show("/effect", f"?as_of={day}")
    assert answer.status_code == code
    assert day != "2150-01-01" or "2150" not in text_of(answer.json)


def test_the_page_is_declared_and_linked_but_not_in_the_menu():
    (declared,) = page.PAGES
    assert (declared.path, declared.icon) == ("/effect", "")
