"""On the command line: a case is moved, corrected, closed and taken back, and a visit with its next step likewise."""

import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.tutoring import cases
from tests.cast import LOTUS, happened
from tests.pipeline.pools.city import CHEN, MAY_1, NOW, found


@pytest.fixture(autouse=True)
def city(sqlite_engine, sqlite_url, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    found(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
        people.add(session, "李科长", "officer", by=people.console(), now=NOW)
    return sqlite_engine


def run(*arguments: str, code: int = 0) -> Any:
    answer = CliRunner().invoke(cli.goldseed, ["cases", *arguments, "--json"])
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout) if code == 0 else str(answer.exception)


def test_a_case_goes_on_is_corrected_taken_back_closed_and_opened_again():
    assert run("move", LOTUS, "--stage", "share_reform", "--on", "2024-05-10")["stage"] == "share_reform"
    corrected = run("correct", LOTUS, "--stage", "share_reform", "--on", "2024-05-12", "--why", "日期录错")
    assert corrected["since"] == "2024-05-12"
    assert run("take-back", LOTUS, "--why", "尚未股改")["stage"] == "nurture"
    closed = run("close", LOTUS, "--outcome", "pool_exit", "--on", "2024-05-20", "--why", "迁出")
    assert (closed["outcome"], closed["why"]) == ("pool_exit", "迁出")
    assert run("list") == []
    assert run("take-back", LOTUS, "--why", "未迁出")["closed_on"] is None
    (shown,) = run("show", LOTUS)
    assert [entry["taken_back_why"] for entry in shown["stages"]] == [None, "日期录错", "尚未股改"]


def test_a_firm_without_a_case_gets_one(city):
    assert run("open", "91440704MA5CA1B04D", "--on", "2024-05-20")["stage"] == "nurture"
    assert run("move", "91440705MA5CA1K010", "--stage", "advisers", code=1) == (
        "企业 91440705MA5CA1K010 没有辅导档案。"
    )


def test_a_visit_and_its_step_are_recorded_corrected_reopened_and_withdrawn():
    step = ("--step", "补审计报告", "--due", "2024-06-01")
    visit = run("record-visit", LOTUS, "--on", "2024-05-20", "--findings", "产能满负荷", *step)
    number = str(visit["visit"])
    assert "已登记过" in run("record-visit", LOTUS, "--on", "2024-05-20", "--findings", "产能满负荷", *step, code=1)
    assert run("correct-visit", number, "--on", "2024-05-19", "--why", "记错")["findings"] == "产能满负荷"
    changed = run("change-step", number, "--due", "2024-06-09", "--owner", "李科长", "--why", "改派")
    assert (changed["next_step"], changed["due_on"], changed["owner"]) == ("补审计报告", "2024-06-09", "李科长")
    assert [task["owner"] for task in run("tasks", "--person", "李科长", "--overdue")] == ["李科长"]
    assert run("finish-step", number, "--note", "收到")["done_note"] == "收到"
    assert run("tasks") == []
    assert run("reopen-step", number, "--why", "不全")["done_on"] is None
    assert run("withdraw-step", number, "--why", "不再需要")["step_withdrawn"]["why"] == "不再需要"
    assert run("withdraw-visit", number, "--why", "登错企业")["withdrawn"]["why"] == "登错企业"
    assert [each["withdrawn"]["why"] for each in run("visits", LOTUS)] == ["登错企业"]


def test_a_mentor_is_named_by_the_name_of_the_account():
    assert run("mentor", LOTUS, "--to", "李科长")["mentor"] == "李科长"
    none = {"leads": 0, "to_do": 0}
    assert run("mentors") == [{"name": "李科长", "cases": 1, **none}, {"name": None, "cases": 0, **none}]
    assert run("mentor", LOTUS)["mentor"] is None
    assert "没有名为" in run("mentor", LOTUS, "--to", "无此人", code=1)


def test_the_list_marks_cases_that_stand_elsewhere_than_the_events_say(city):
    assert run("list", "--otherwise") == []
    happened(city, LOTUS, "share_reform", MAY_1)
    (line,) = run("list", "--otherwise")
    assert line["events_say"] == {"stage": "share_reform", "way_out": None}
    text = CliRunner().invoke(cli.goldseed, ["cases", "list"]).stdout
    assert "事件记录为：股改" in text
    assert [case["stage"] for case in run("catch-up")] == ["share_reform"]
    assert run("catch-up") == run("list", "--otherwise") == []


def test_every_text_that_is_printed_can_be_printed():
    run("record-visit", LOTUS, "--on", "2024-05-20", "--findings", "产能满负荷", "--step", "补", "--due", "2024-06-01")
    for arguments in (["list"], ["show", LOTUS], ["visits", LOTUS], ["tasks"], ["mentors"], []):
        answer = CliRunner().invoke(cli.goldseed, ["cases", *arguments])
        assert answer.exit_code == 0
        assert answer.stdout.strip()
