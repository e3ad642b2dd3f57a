"""On the command line: a problem is recorded, followed, postponed, handed over, resolved, reopened and withdrawn."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

import cli
from pipeline.city.in_force import shipped
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import found


@pytest.fixture(autouse=True)
def city(sqlite_engine, sqlite_url, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    found(sqlite_engine)


def run(*arguments: str, code: int = 0) -> Any:
    answer = CliRunner().invoke(cli.goldseed, ["problems", *arguments, "--json"])
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout) if code == 0 else str(answer.exception)


def day(days: int) -> str:
    return (datetime.now(shipped().zone) + timedelta(days=days)).date().isoformat()


def test_a_problem_is_followed_to_its_end():
    about = ("--kind", "land", "--text", "厂房无产权证", "--due", day(30), "--department", "natural_resources")
    kept = run("record", LOTUS, BANYAN, *about)
    number = str(kept["problem"])
    assert ([firm["firm_id"] for firm in kept["firms"]], kept["state"]) == ([LOTUS, BANYAN], "open")
    assert "已登记过" in run("record", LOTUS, BANYAN, *about, code=1)
    assert run("add-entry", number, "--kind", "minutes", "--text", "已协调")["entries"][-1]["text"] == "已协调"
    assert run("postpone", number, "--due", day(60), "--why", "待审批")["due_on"] == day(60)
    assert run("hand-to", number, "--department", "bureau", "--why", "改派")["department"] is None
    assert len(run("add-firm", number, "91440705MA5CA1K010")["firms"]) == 3
    left = run("leave", number, BANYAN, "--why", "不涉及")["firms"]
    assert [firm["left_why"] for firm in left] == [None, "不涉及", None]
    assert run("resolve", number, "--how", "已办证")["how"] == "已办证"
    assert run("list") == []
    assert len(run("list", "--all")) == 1
    assert run("reopen", number, "--why", "证件有误")["state"] == "open"
    assert run("withdraw", number, "--why", "登记有误")["state"] == "withdrawn"
    kinds = [entry["kind"] for entry in run("show", number)["entries"]]
    assert kinds == ["opened", "minutes", "postponed", "handed", "resolved", "reopened", "withdrawn"]
    assert "没有第 9 号问题" in run("show", "9", code=1)


def test_what_is_overdue_is_raised_and_a_dry_run_raises_nothing():
    run("record", LOTUS, "--kind", "tax", "--text", "欠缴税款", "--due", day(-50), "--on", day(-90))
    for arguments in (("raise", "--dry-run"), ("raise", "--dry-run"), ("raise",)):
        assert run(*arguments) == [{"problem": 1, "level": "city"}]
    assert run("raise") == run("raise", "--dry-run") == []
    assert [(one["level"], one["days_late"]) for one in run("list", "--overdue")] == [("city", 50)]


def test_the_lists_are_written_for_people_too():
    run("record", LOTUS, "--kind", "tax", "--text", "欠缴税款", "--due", day(9))
    for arguments in (["problems"], ["problems", "show", "1"], ["cases", "problems", LOTUS]):
        told = CliRunner().invoke(cli.goldseed, arguments)
        assert told.exit_code == 0
        assert "莲芯传感（虚构）" in told.output
        assert "欠缴税款" in told.output
    told = CliRunner().invoke(cli.goldseed, ["problems", "counts"])
    assert "1 个未办结，其中 0 个逾期" in told.output
    assert "没有未办结的问题" in CliRunner().invoke(cli.goldseed, ["cases", "problems", BANYAN]).output
