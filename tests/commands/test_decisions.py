"""On the command line: a proposal is decided as somebody says, and never because nobody said anything."""

import json

import pytest
from click.testing import CliRunner

import cli
from tests.pipeline.pools import city

FIRM = "91440703MA5C00010A"


@pytest.fixture
def proposal(sqlite_engine, sqlite_url, monkeypatch) -> str:
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    city.found(sqlite_engine, FIRM)
    city.score(sqlite_engine, {FIRM: 72.0})
    (proposed,) = city.review(sqlite_engine)
    return str(proposed.id)


def decide(*arguments: str):
    return CliRunner().invoke(cli.goldseed, ["pools", "decide", *arguments])


def state() -> str:
    listed = json.loads(CliRunner().invoke(cli.goldseed, ["pools", "list", "--json"]).stdout)
    return "open" if listed["proposals"] else "decided"


@pytest.mark.parametrize("said", [[], ["--confirm", "--overrule"]])
def test_neither_and_both_decide_nothing(proposal, said):
    answer = decide(proposal, *said, "--why", "visited")
    assert answer.exit_code == 2
    assert "--confirm" in answer.stderr
    assert state() == "open"


@pytest.mark.parametrize(("said", "is_in"), [("--confirm", True), ("--overrule", False)])
def test_what_is_said_is_done(proposal, said, is_in):
    assert decide(proposal, said, "--why", "visited").exit_code == 0
    assert state() == "decided"
    listed = json.loads(CliRunner().invoke(cli.goldseed, ["pools", "list", "--json"]).stdout)
    assert bool(listed["members"]) is is_in
