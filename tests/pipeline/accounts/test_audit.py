"""The trail: whole when it is whole, and it names the first entry that does not fit."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import console
from pipeline.store.tables import AuditEntry
from pipeline.store.write_lock import SomebodyElseSaved
from tests.cast import NOW

CLERK = console("clerk")


def write(engine, count, **details):
    with Session(engine) as session, session.begin():
        for number in range(count):
            audit.record(session, CLERK, "visit", f"firm:{number}", details, NOW + timedelta(minutes=number))


def verified(engine, **known):
    with Session(engine) as session:
        return audit.verify(session, **known)


def tamper(engine, statement):
    with engine.begin() as connection:
        connection.execute(statement)


def test_an_empty_trail_is_whole(engine):
    assert verified(engine) == 0


def test_an_untouched_trail_is_whole_and_says_how_long_it_is(engine):
    write(engine, 3)
    write(engine, 2)
    assert verified(engine) == 5


@pytest.mark.parametrize(
    "details",
    [
        {"points": 3.0, "share": 0.1, "tiny": 1e-7, "large": 1e22, "minus": -0.0},
        {"名称": "莲芯传感（虚构）", "b": 1, "a": [True, None, {"z": 1, "y": 2}]},
        {"on": date(2024, 5, 1), "at": datetime(2024, 5, 1, 8, 30)},
    ],
)
def test_what_stands_in_an_entry_reads_back_as_it_was_sealed(engine, details):
    write(engine, 1, **details)
    assert verified(engine) == 1


def test_a_moment_with_a_zone_is_kept_as_utc(engine):
    with Session(engine) as session, session.begin():
        noon = datetime(2024, 6, 1, 12, 0, tzinfo=timezone(timedelta(hours=8)))
        entry = audit.record(session, CLERK, "visit", "firm:1", {}, noon)
        assert entry.at == datetime(2024, 6, 1, 4, 0)
    assert verified(engine) == 1
    assert audit.utc(datetime(2024, 6, 1, 4, 0, tzinfo=UTC)) == datetime(2024, 6, 1, 4, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"person": "somebody else"},
        {"details": {"changed": True}},
        {"at": datetime(2020, 1, 1)},
        {"subject": "firm:other"},
        {"action": "look"},
        {"hash": "f" * 64},
        {"previous_hash": "f" * 64},
    ],
)
def test_a_changed_entry_is_named(engine, change):
    write(engine, 4)
    tamper(engine, update(AuditEntry).where(AuditEntry.subject == "firm:2").values(**change))
    with pytest.raises(audit.BrokenAuditLog, match="第 3 条") as caught:
        verified(engine)
    assert caught.value.entry_id == 3


def test_an_entry_taken_out_is_noticed_at_the_one_after_it(engine):
    write(engine, 4)
    tamper(engine, delete(AuditEntry).where(AuditEntry.subject == "firm:1"))
    with pytest.raises(audit.BrokenAuditLog) as caught:
        verified(engine)
    assert caught.value.entry_id == 3


def test_the_first_entry_taken_out_is_noticed(engine):
    write(engine, 2)
    tamper(engine, delete(AuditEntry).where(AuditEntry.subject == "firm:0"))
    with pytest.raises(audit.BrokenAuditLog):
        verified(engine)


def test_entries_cut_off_the_end_are_noticed_by_who_noted_the_head(engine):
    write(engine, 3)
    with Session(engine) as session:
        noted = audit.head(session)
    tamper(engine, delete(AuditEntry).where(AuditEntry.subject == "firm:2"))
    with pytest.raises(audit.BrokenAuditLog, match="第 3 条"):  # noted in the file beside the key as well
        verified(engine)
    with pytest.raises(audit.BrokenAuditLog, match="截断"):
        verified(engine, known_head=noted)


def test_a_noted_head_is_still_found_after_the_trail_grew(engine):
    write(engine, 2)
    with Session(engine) as session:
        noted = audit.head(session)
    write(engine, 2)
    assert verified(engine, known_head=noted) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\x00b", object()])
def test_what_no_database_keeps_is_refused(sqlite_engine, value):
    with Session(sqlite_engine) as session, pytest.raises(ValueError, match="audit log"):
        audit.record(session, CLERK, "visit", "firm:1", {"value": value}, NOW)


def test_a_change_that_is_rolled_back_leaves_no_entry(engine):
    with Session(engine) as session:
        audit.record(session, CLERK, "visit", "firm:1", {}, NOW)
        session.rollback()
    assert verified(engine) == 0


def test_people_who_write_at_the_same_moment_make_one_chain(engine):
    failed = []

    def write_some():
        try:
            for _ in range(5):
                write(engine, 2)
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert verified(engine) == 40


def test_who_has_read_before_somebody_else_wrote_has_to_look_again(sqlite_engine):
    with Session(sqlite_engine) as session:
        session.scalar(text("SELECT count(*) FROM audit_entry"))
        write(sqlite_engine, 1)
        with pytest.raises(SomebodyElseSaved, match="请重新查看"):
            audit.record(session, CLERK, "visit", "firm:1", {}, NOW)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 5, 1, 15, 59), date(2026, 5, 1)),  # UTC: 23:59 in China
        (datetime(2026, 5, 1, 16, 0), date(2026, 5, 2)),
        (datetime(2026, 5, 1, 16, 0, tzinfo=UTC), date(2026, 5, 2)),
        (datetime(2026, 5, 1, 23, 0, tzinfo=ZoneInfo("Asia/Tokyo")), date(2026, 5, 1)),
    ],
)
def test_a_day_has_come_when_it_has_begun_where_the_city_is_and_not_before(now: datetime, last: date):
    audit.check_day(last, now)
    with pytest.raises(audit.NotYet):
        audit.check_day(last + timedelta(days=1), now)
