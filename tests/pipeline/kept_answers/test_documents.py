"""A record that is kept and read again is the record that it was."""

import json
from dataclasses import dataclass
from datetime import date
from math import isnan, nan
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.effect.effect import Effect, effect
from pipeline.kept_answers.documents import as_document, message_as_document, message_of, record_of
from pipeline.language import Label, Message
from pipeline.pools.reviews import Outlook, Waiting, outlook
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JIANGHAI, MAY_20, confirm_all, found, review, score

ON_SQLITE_ALONE = True


def again(kind: Any, record: Any) -> Any:
    """Written, and read as the database gives it back."""
    return record_of(kind, json.loads(json.dumps(as_document(record), allow_nan=False)))


def test_the_outlook_of_the_pools_is_the_same_when_it_is_read_again(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 70.0, BANYAN: 61.0, KAPOK: 59.5})
    review(engine)
    confirm_all(engine)
    with Session(engine) as session:
        for reader in (CHEN, JIANGHAI):
            told = outlook(session, MAY_20, reader)
            read = again(Outlook, told)
            assert read == told
            assert list(read.counts) == ["seed", "golden"]
            assert [str(words) for words in read.told()] == [str(words) for words in told.told()]


def test_why_there_is_no_review_is_kept_in_no_language(engine: Engine):
    found(engine)
    score(engine, {LOTUS: 70.0}, as_of=date(2020, 1, 1))
    with Session(engine) as session:
        read = again(Outlook, outlook(session, MAY_20, CHEN))
    assert isinstance(read.why_no_review, Message)
    assert "评分" in read.why_no_review.in_language("zh_CN")
    assert "has no scores between" in read.why_no_review.in_language("en")


def test_a_firm_that_waits_without_points_has_none_when_it_is_read_again():
    read = again(Waiting, Waiting(LOTUS, "莲芯", None, 1, nan))
    assert isnan(read.points)
    assert (read.firm_id, read.district_code) == (LOTUS, None)


def test_what_came_before_success_is_the_same_when_it_is_read_again(engine: Engine):
    found(engine)
    with Session(engine) as session:
        told = effect(session, CHEN, date(2024, 12, 31))
    read = again(Effect, told)
    assert as_document(read) == as_document(told)
    assert read.as_json() == told.as_json()


def test_a_message_says_the_same_in_both_languages_whatever_fills_it():
    inner = Message("No firm reaches the line of the %(pool)s; nearest: %(points)s of %(line)s.", {"pool": "x"})
    params = {"pool": Label("种子库", "seed pool"), "points": "59.7", "line": [1, Label("甲", "a"), inner]}
    message = Message("No firm reaches the line of the %(pool)s; nearest: %(points)s of %(line)s.", params)
    read = message_of(json.loads(json.dumps(message_as_document(message))))
    assert read == message
    assert read.params["pool"] == Label("种子库", "seed pool")


@dataclass(frozen=True)
class _Holds:
    what: Any


def test_what_json_has_no_form_for_is_refused_and_not_written_as_something_else():
    for what in ({1: "a"}, {1, 2}, object()):
        with pytest.raises(TypeError, match="cannot be kept"):
            as_document(_Holds(what))
