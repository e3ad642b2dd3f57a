"""On the command line: an adviser is registered, filed, judged, listed and drawn; the page says the same."""

import json
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner

import cli
from pipeline.city.in_force import shipped
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import found


@pytest.fixture(autouse=True)
def city(sqlite_engine, sqlite_url, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    found(sqlite_engine)


def run(*arguments: str, code: int = 0) -> Any:
    answer = CliRunner().invoke(cli.goldseed, [*arguments, "--json"])
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout) if code == 0 else str(answer.exception)


def advisers(*arguments: str, code: int = 0) -> Any:
    return run("advisers", *arguments, code=code)


def test_all_that_the_board_can_do_is_done_by_commands():
    for firm in (LOTUS, BANYAN, KAPOK):
        run("cases", "open", firm)
        run("cases", "advisers", firm, "--broker", "甲证券" if firm != KAPOK else "甲証券")
    one, other = (each["id"] for each in sorted(advisers("list"), key=lambda each: each["id"]))
    agency = advisers("register", "--kind", "agency", "--name", "甲企服", "--code", LOTUS)["line"]
    assert (agency["kind"], agency["credit_code"]) == ("agency", LOTUS)
    broker = str(one)
    assert advisers("correct", broker, "--name", "甲证券公司", "--why", "更名")["line"]["name"] == "甲证券公司"
    merged = advisers("merge", str(other), broker, "--why", "繁体")
    assert (merged["spellings"], merged["line"]["served"]["firms"]) == (["甲証券"], 3)
    filing = ("--with", "csrc", "--filed-on", "2024-01-05")
    assert len(advisers("file", broker, "--number", "1", *filing)["line"]["filings"]) == 1
    corrected = advisers("correct-filing", "1", "--number", "2", *filing, "--until", "2099-01-01", "--why", "抄错")
    assert [(each["number"], each["in_force"]) for each in corrected["line"]["filings"]] == [("2", True)]
    assert advisers("withdraw-filing", "2", "--why", "误登")["line"]["filings"] == []
    grades = ("--competence", "4", "--diligence", "4", "--promptness", "5")
    year = ("--year", str(datetime.now(shipped().zone).year))
    for firm in (LOTUS, BANYAN, KAPOK):
        judged = advisers("evaluate", broker, firm, *year, *grades)
    assert (judged["line"]["evaluation"]["count"], round(judged["line"]["evaluation"]["overall"], 3)) == (3, 4.333)
    assert "已评价" in advisers("evaluate", broker, LOTUS, *year, *grades, code=1)
    advisers("correct-evaluation", "1", *grades[:-1], "1", "--why", "重评")
    left = advisers("withdraw-evaluation", "2", "--why", "误登")["line"]["evaluation"]
    assert (left["count"], left["overall"]) == (2, None)
    listed = advisers("list-negative", broker, "--reason", "虚假记载", "--evidence", "决定书", "--until", "2099-01-01")
    assert (listed["entries"][0]["in_force"], listed["line"]["listed"]["name"]) == (True, "甲证券公司")
    assert [each["id"] for each in advisers("list", "--listed")] == [one]
    assert {each["firm_id"] for each in advisers("flagged")} == {LOTUS, BANYAN, KAPOK}
    assert [each["on_negative_list"][0]["adviser"] for each in run("cases", "list")] == [one] * 3
    assert run("cases", "show", LOTUS)[0]["on_negative_list"][0]["until_before"] == "2099-01-01"
    signed = ("--stage", "advisers", "--law-firm", "乙", "--auditor", "丙")
    assert "负面清单" in run("cases", "move", LOTUS, *signed, code=1)
    run("cases", "move", LOTUS, *signed, "--waive", "已换保代")
    assert run("cases", "show", LOTUS)[0]["stages"][-1]["lacked"] == ["listed_broker"]
    advisers("reply", "1", "--text", "已整改")
    advisers("extend", "1", "--until", "2100-01-01", "--why", "未整改")
    ended = advisers("end", "1", "--why", "申诉成立")["entries"][0]
    assert ([note["kind"] for note in ended["notes"]], ended["in_force"]) == (
        ["entered", "reply", "extended", "lifted"],
        False,
    )
    assert advisers("flagged") == advisers("unregistered") == []
    check = advisers("spot-check", "--of", "agreements", "--size", "3", "--seed", "7", "--why", "季度抽查")
    assert (check["of"], check["seed"], check["repeats"], len(check["items"])) == (5, "7", True, 3)
    item = str(check["items"][0]["id"])
    advisers("check-result", item, "--result", "differences", "--note", "底稿不全")
    assert "理由" in advisers("check-result", item, "--result", "clean", code=1)
    assert [len(each["items"]) for each in advisers("spot-checks", "--open")] == [2]
    assert "3 条记录" in run("audit", "verify", code=1)  # the firms, which the test put there itself: no act of ours
    assert "第 99 号" in advisers("show", "99", code=1)
