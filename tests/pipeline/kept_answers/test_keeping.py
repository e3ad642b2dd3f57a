"""Answers as rows: found by all that they depend on, and true of one state of the database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.kept_answers import keeping
from pipeline.kept_answers.keeping import Kept, Key, keep, key_of, read, stands_for_everything, stands_for_figures
from pipeline.store.tables import CITY, Account, AuditEntry, Event, Firm, Import, KeptAnswer, Return
from pipeline.store.trail.sealed_rows import KINDS
from pipeline.store.write_lock import SomebodyElseSaved, lock_writes
from tests.cast import LOTUS, NOW

KEY = Key("pools_outlook", {"on": date(2024, 6, 1)}, None)
AT = datetime(2024, 6, 1, 9, tzinfo=UTC)


def now_is(engine: Engine) -> tuple[str, str]:
    with Session(engine) as session:
        return stands_for_everything(session), stands_for_figures(session)


def kept(engine: Engine, key: Key = KEY) -> Kept | None:
    with Session(engine) as session:
        return read(session, key)


def answer(engine: Engine, content: object, at: datetime = AT) -> Kept:
    return Kept(now_is(engine)[0], at, content)


def test_an_answer_is_read_as_it_was_kept_under_its_own_key_alone(engine: Engine):
    keep(engine, KEY, answer(engine, {"seed": 3, "golden": [1.5, None, "甲"]}))
    found = kept(engine)
    assert found == Kept(now_is(engine)[0], AT.replace(tzinfo=None), {"seed": 3, "golden": [1.5, None, "甲"]})
    assert list(found.content) == ["seed", "golden"]
    for other in (
        replace(KEY, district="440704"),
        replace(KEY, days={"on": date(2024, 6, 2)}),
        replace(KEY, question="effect"),
    ):
        assert kept(engine, other) is None


def test_a_job_is_given_the_very_key():
    for key in (KEY, Key("effect", {"on": date(2024, 6, 1)}, "440704")):
        assert key_of(**key.as_arguments()) == key


def test_an_answer_of_another_program_is_none(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    keep(engine, KEY, answer(engine, 1))
    monkeypatch.setattr(keeping, "_program", lambda _city: "f" * 16)
    assert kept(engine) is None


def test_a_newer_answer_takes_the_place_of_an_older_and_not_the_other_way_round(engine: Engine):
    keep(engine, KEY, answer(engine, "second"))
    keep(engine, KEY, answer(engine, "first", AT - timedelta(seconds=1)))
    assert kept(engine).content == "second"
    keep(engine, KEY, answer(engine, "third", AT + timedelta(seconds=1)))
    assert kept(engine).content == "third"


def test_the_latest_answers_of_a_question_stay_and_those_of_others_too(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "MOST_OF_A_QUESTION", 3)
    keep(engine, replace(KEY, question="effect"), answer(engine, 0, AT - timedelta(days=9)))
    for number in range(5):
        day = replace(KEY, days={"on": date(2024, 6, 1 + number)})
        keep(engine, day, answer(engine, number, AT + timedelta(minutes=number)))
    with Session(engine) as session:
        by_question = dict(
            session.execute(select(KeptAnswer.question, func.count()).group_by(KeptAnswer.question)).all()
        )
    assert by_question == {"pools_outlook": 3, "effect": 1}
    assert kept(engine, replace(KEY, days={"on": date(2024, 6, 2)})) is None
    assert kept(engine, replace(KEY, days={"on": date(2024, 6, 3)})).content == 2


def recorded(engine: Engine, action: str, *rows: object) -> tuple[str, str]:
    """What the database stands for once these rows were added, with an entry that tells of it."""
    with Session(engine) as session, session.begin():
        session.add_all(rows)
        audit.record(session, people.console(), action, "x:1", {}, NOW)
    return now_is(engine)


def test_a_sign_in_changes_nothing_and_a_changed_row_everything_but_the_figures(engine: Engine):
    before = recorded(engine, "x", Firm(id=LOTUS, cohort=CITY, name="莲芯"))
    assert recorded(engine, "sign_in") == before
    person = Account(name="x", role="officer", password_hash="", stamp="", created_at=NOW, disabled=False)
    changed = recorded(engine, "add_person", person)
    assert changed[0] != before[0]
    assert changed[1] == before[1]


def test_a_firm_an_import_a_return_and_an_event_change_the_figures(engine: Engine):
    about = {"imported_at": NOW, "imported_by": "x", "sha256": "0" * 64, "file_name": "x", "cohort": CITY, "rows": 1}
    kinds = [
        Firm(id=LOTUS, cohort=CITY, name="莲芯"),
        Import(id=1, kind="returns", map_name="city", source="survey", **about),
        Return(id=1, import_id=1, source="survey", sheet="x", in_force=True),
        Event(firm_id=LOTUS, kind="listed", occurred_on=NOW.date(), known_on=NOW.date(), in_force=True),
    ]
    seen = [now_is(engine)[1], *(recorded(engine, "x", row)[1] for row in kinds)]
    assert len(set(seen)) == 5


def test_the_kinds_of_figures_are_kinds_that_the_trail_knows():
    assert set(keeping.FIGURES) <= {kind.name for kind in KINDS}


def test_an_entry_of_a_program_that_named_no_rows_may_have_changed_anything(engine: Engine):
    before = recorded(engine, "x", Firm(id=LOTUS, cohort=CITY, name="莲芯"))
    with Session(engine) as session, session.begin():
        entry = session.scalars(select(AuditEntry)).one()
        about = {"at": NOW, "person": "x", "action": "x", "subject": "x", "details": {}}
        session.add(AuditEntry(id=entry.id + 1, previous_hash=entry.hash, hash="0" * 64, rows=None, **about))
    after = now_is(engine)
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_who_does_not_wait_for_others_who_write_is_told_at_once(sqlite_engine: Engine):
    with sqlite_engine.connect() as other, other.begin():
        lock_writes(other)
        began = datetime.now(UTC)
        with pytest.raises(SomebodyElseSaved):
            keep(sqlite_engine, KEY, answer(sqlite_engine, 1), wait=False)
        assert datetime.now(UTC) - began < timedelta(seconds=10)
    keep(sqlite_engine, KEY, answer(sqlite_engine, 2), wait=False)
    assert kept(sqlite_engine).content == 2
    with sqlite_engine.connect() as connection:  # as patient as before
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
