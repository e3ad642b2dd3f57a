"""On the command line: a review as one document, and worked out again as another."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from sqlalchemy.orm import Session

import cli
from commands.shared import show
from pipeline.errors import NotFound
from pipeline.pools.replay import Replay
from pipeline.store.pool_tables import PoolProposal, PoolReview
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools import city


@pytest.fixture
def engine(sqlite_engine, sqlite_url, monkeypatch):
    """One review lets Lotus in; a later one, on other scores, asks for Lotus to leave and Banyan to enter."""
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    city.found(sqlite_engine)
    city.score(sqlite_engine, {LOTUS: 61.0, BANYAN: 50.0})
    city.review(sqlite_engine)
    city.confirm_all(sqlite_engine)
    city.score(sqlite_engine, {LOTUS: 40.0, BANYAN: 70.0}, as_of=city.JUNE_1)
    city.review(sqlite_engine, city.JUNE_1)
    return sqlite_engine


def pools(*arguments: str):
    return CliRunner().invoke(cli.goldseed, ["pools", *arguments])


def test_a_review_tells_what_each_firms_points_have_done_since_the_last(engine):
    whole = json.loads(pools("review", "2", "--json").stdout)
    assert (whole["review"], whole["last_review"], whole["enter"], whole["exit"]) == (2, "2024-05-01", 1, 1)
    moved = {each["firm_id"]: each["since_last_review"]["change"] for each in whole["proposals"]}
    assert moved == pytest.approx({LOTUS: -21.0, BANYAN: 20.0})
    assert all(str(each["what_moved"]) in pools("review", "2").stdout for each in whole["proposals"])
    assert [each["what_moved"] for each in json.loads(pools("list", "--json").stdout)["proposals"]] == [
        each["what_moved"] for each in whole["proposals"]
    ]


def test_the_first_review_has_nothing_to_compare_with(engine):
    (proposal,) = json.loads(pools("review", "1", "--json").stdout)["proposals"]
    assert proposal["since_last_review"] is None
    assert isinstance(pools("review", "7").exception, NotFound)


def test_a_review_worked_out_again_is_a_document_that_names_what_differs(engine):
    document = json.loads(pools("replay", "2", "--json").stdout)
    assert (document["review"], document["same"], document["differences"]) == (2, True, [])
    with Session(engine) as session, session.begin():
        session.execute(update(PoolProposal).where(PoolProposal.firm_id == BANYAN).values(action="promote"))
        session.get_one(PoolReview, 2).found_hash = "0" * 64
    answer = pools("replay", "2", "--json")
    (differs,) = json.loads(answer.stdout)["differences"]
    assert (answer.exit_code, differs["firm_id"], differs["then"], differs["now"]) == (1, BANYAN, "promote", "enter")


def test_a_proposal_is_deferred_by_the_short_word_and_by_the_long_one(engine):
    first, second = (each["id"] for each in json.loads(pools("list", "--json").stdout)["proposals"])
    for number, word in ((first, "--defer"), (second, "--defer-until")):
        answer = pools("decide", str(number), word, "2099-01-01", "--why", "visited", "--json")
        assert answer.exception is None, answer.stderr
        assert json.loads(answer.stdout)["deferred_until"] == "2099-01-01"


def test_a_result_with_fields_is_printed_as_an_object_and_never_as_its_python_text(capsys):
    show([Replay(1, "2024-05-01", None, None, "-", True, True, False, {})], True, str)
    (printed,) = json.loads(capsys.readouterr().out)
    assert printed["actions"] == {}
    assert printed["differences"] == []
