"""The page of the problems: what its chips count, whom it opens to, and that the command says the same."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from dashboard.pages.problems import page as problems_page
from pipeline.accounts import people
from pipeline.store.tables import AuditEntry
from pipeline.tutoring.problems import problem_lists, problems
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in


@pytest.fixture
def recorded(app):
    """Four problems: two of the tax office, one overdue for 20 days; one of the bureau, 200 days old; one resolved."""
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    today, by = settings.today(), people.console("-")
    now = datetime.now(UTC)

    def since(days: int) -> date:
        return today - timedelta(days=days)

    with Session(engine) as session, session.begin():
        given = [
            ([LOTUS], "tax", "欠缴税款", "tax", since(20), since(40)),
            ([LOTUS, BANYAN], "tax", "税收优惠依据不足", "tax", today, since(10)),
            ([BANYAN], "land", "厂房无产权证", None, today + timedelta(days=9), since(200)),
            ([LOTUS], "litigation", "合同纠纷", "courts", today, since(5)),
        ]
        numbers = [problems.record_problem(session, by, *one, now=now).id for one in given]
        problems.resolve(session, by, numbers[3], "已和解", today, now=now)
    return engine, today


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", ["欠缴税款", "税收优惠依据不足", "厂房无产权证"]),
        ("?overdue=1", ["欠缴税款"]),
        ("?department=tax", ["欠缴税款", "税收优惠依据不足"]),
        ("?department=tax&overdue=1", ["欠缴税款"]),
        ("?department=bureau", ["厂房无产权证"]),
        ("?age=over_180", ["厂房无产权证"]),
        (f"?firm={BANYAN}", ["税收优惠依据不足", "厂房无产权证"]),
        ("?department=courts", []),
        ("?department=courts&all=1", ["合同纠纷"]),
        ("?department=weather&age=old", ["欠缴税款", "税收优惠依据不足", "厂房无产权证"]),
    ],
)
def test_the_address_narrows_the_list(app, recorded, query, texts):
    shown = words(signed_in(app, city.OFFICER).show("/problems", query))
    every = ["欠缴税款", "税收优惠依据不足", "厂房无产权证", "合同纠纷"]
    assert [text for text in every if text in shown] == texts


@pytest.mark.parametrize(
    ("name", "status"), [(city.DISTRICT_OFFICER, 200), (city.ANALYST, 403), (city.ENTERPRISE, 403)]
)
def test_who_reads_findings_has_the_page_and_nobody_else(app, recorded, name, status):
    assert signed_in(app, name).show("/problems").status_code == status


def test_a_department_s_account_has_no_such_page(app, recorded):
    with Session(recorded[0]) as session, session.begin():
        by = people.console()
        people.add(session, "税务局科员", "department", department="tax", password=city.PASSWORD, by=by, now=city.NOW)
    answer = signed_in(app, "税务局科员").show("/problems")
    assert answer.status_code == 403
    assert "欠缴税款" not in answer.text


def test_a_district_sees_its_firms_and_how_many_others_and_no_name_of_theirs(app, recorded):
    shown = words(signed_in(app, city.DISTRICT_OFFICER).show("/problems"))
    assert "税收优惠依据不足" in shown
    assert "另有其他县（市、区）企业 1 家" in shown
    assert "欠缴税款" not in shown
    assert "莲芯传感" not in shown


def test_the_page_and_both_commands_show_the_same_numbers(app, recorded, monkeypatch):
    engine, today = recorded
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine.url))

    def told(*arguments: str):
        answer = CliRunner().invoke(cli.goldseed, [*arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    with Session(engine) as session:
        found = problem_lists.problems(session, people.console("-"), today)
        counted = problem_lists.counts(session, people.console("-"), today)
    listed = told("problems", "list")
    assert told("cases", "problems") == listed == told("problems")
    assert [(one["problem"], one["age_days"], one["days_late"]) for one in listed] == [
        (line.id, line.age_days, line.days_late) for line in found
    ]
    assert [(one["age_days"], one["days_late"]) for one in listed] == [(40, 20), (10, 0), (200, -9)]
    assert [one["problem"] for one in told("cases", "problems", BANYAN)] == [2, 3]
    assert [one["problem"] for one in told("problems", "list", "--department", "tax", "--overdue")] == [1]
    numbers = told("problems", "counts")
    assert (numbers["open"], numbers["overdue"]) == (counted.open, counted.overdue) == (3, 1)
    assert numbers["by_department"] == {"tax": 2, "bureau": 1}
    assert numbers["by_age"] == {"under_30": 1, "30_to_90": 1, "over_180": 1}
    shown = words(signed_in(app, city.OFFICER).show("/problems"))
    chips = ("全部 3", "已逾期 1", "税务局 2", "本局 1", "30 天以内 1", "30–90 天 1", "180 天以上 1")
    assert [chip for chip in chips if chip not in shown] == []
    assert "90–180 天" not in shown


def test_pressing_raise_twice_raises_once_and_the_page_says_to_whom(app, recorded):
    officer = signed_in(app, city.OFFICER)
    shown = words(officer.show("/problems"))
    assert "逾期提级（2）" in shown  # the tax office's: one for 20 days, one that is due today
    with Session(recorded[0]) as session:
        before = len(session.scalars(select(AuditEntry.id)).all())
    told = [json.loads(CliRunner().invoke(cli.goldseed, ["problems", "raise", "--json"], env=_env(app)).stdout)]
    told += [json.loads(CliRunner().invoke(cli.goldseed, ["problems", "raise", "--json"], env=_env(app)).stdout)]
    assert told == [[{"problem": 1, "level": "county"}, {"problem": 2, "level": "owner"}], []]
    with Session(recorded[0]) as session:
        assert len(session.scalars(select(AuditEntry.id)).all()) == before + 2
    shown = words(officer.show("/problems"))
    assert "县（市、区）" in shown
    assert "逾期提级" not in shown


def test_a_condition_that_is_chosen_leads_back_to_the_list_without_it():
    chosen = {"department": "tax", "overdue": "1"}
    assert problems_page._address(chosen, "overdue", "1") == "/problems?department=tax"
    assert problems_page._address(chosen, "age", "over_180") == "/problems?department=tax&overdue=1&age=over_180"
    assert problems_page._address({"overdue": "1"}, "overdue", "1") == "/problems"


def _env(app) -> dict[str, str]:
    return {"GOLDSEED_DB_URL": str(app.server.extensions["goldseed"].engine.url)}
