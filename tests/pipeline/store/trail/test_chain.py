"""Whoever changes the trail, or what it speaks of, past the program is found; whoever uses the program is not."""

import hashlib
import json
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import console
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import (
    Account,
    AuditEntry,
    Base,
    Case,
    CaseStage,
    Event,
    Firm,
    Import,
    ImportFinding,
    Model,
    ModelDecision,
    Return,
    ReturnRow,
    Score,
    ScoreReasons,
    ScoreRun,
    Visit,
)
from pipeline.store.trail import chain, key
from tests.cast import LOTUS, NOW

CLERK = console("clerk")
DAY = date(2024, 5, 1)


def verified(engine: Engine, known_head: str | None = None) -> int:
    with Session(engine) as session:
        return audit.verify_all(session, known_head)


def broken(engine: Engine, known_head: str | None = None) -> audit.BrokenAuditLog:
    with pytest.raises(audit.BrokenAuditLog) as caught:
        verified(engine, known_head)
    return caught.value


def said_of(session: Session) -> str:
    """What is told of a change that this transaction has made; nothing where it is not found."""
    try:
        audit.verify_all(session)
    except audit.BrokenAuditLog as found:
        return str(found)
    return ""


@pytest.fixture
def kept(engine: Engine) -> Engine:
    """A firm's way from its return to a visit, each step with its entry."""
    with Session(engine) as session, session.begin():
        session.add(Firm(id=LOTUS, cohort="city", name="莲芯传感（虚构）"))
        people.add(session, "officer", "officer", by=CLERK, now=NOW)
        about = {"kind": "returns", "file_name": "a.xlsx", "sha256": "a", "map_name": "city", "cohort": "city"}
        session.add(Import(id=1, source="audited", rows=2, imported_at=NOW, imported_by="clerk", **about))
        session.flush()
        session.add(Return(id=1, import_id=1, source="audited", sheet="年度财务", stated=["revenue_cny"]))
        session.flush()
        rows = [
            {"firm_id": LOTUS, "return_id": 1, "sheet_row": 2, "year": year, "known_on": DAY, "revenue_cny": 1e7}
            for year in (2022, 2023)
        ]
        session.execute(insert(ReturnRow), rows)
        listed = {"firm_id": LOTUS, "kind": "share_reform", "board": "", "known_on": DAY}
        session.add(Event(id=1, occurred_on=DAY, **listed))
        session.add(Event(id=2, occurred_on=DAY, import_id=1, **listed))
        odd = {"firm_id": LOTUS, "year": 2023, "kind": "growth", "field": "revenue_cny", "sheet": "年度财务"}
        session.add(ImportFinding(id=1, import_id=1, msgid="", params={}, **odd))
        audit.record(session, CLERK, "import_stored", "import:1", {"rows": 2}, NOW)
    with Session(engine) as session, session.begin():
        trained = {"trained_at": NOW, "as_of": DAY, "cohorts": ["city"], "event": "listed", "within_months": 24}
        session.add(Model(id="m", fingerprint="f", measures={}, **trained))
        session.flush()
        decided = {"action": "promote", "why": "better", "decided_by": "clerk", "decided_at": NOW}
        session.add(ModelDecision(id=1, model_id="m", **decided))
        scored = {"model_id": "m", "cohort": "city", "as_of": DAY, "scored_at": NOW, "data_fingerprint": "f"}
        session.add(ScoreRun(id=1, base_points=50.0, reference="city", **scored))
        session.flush()
        session.execute(
            insert(Score),
            [{"run_id": 1, "firm_id": LOTUS, "points": 61.5, "probability": 0.1, "thin_data": False}],
        )
        session.execute(insert(ScoreReasons), [{"run_id": 1, "firm_id": LOTUS, "points": b"\0" * 8}])
        audit.record(session, CLERK, "store_scores", "score_run:1", {}, NOW)
    with Session(engine) as session, session.begin():
        proposed = {"as_of": DAY, "firm_id": LOTUS, "action": "enter", "reason_msgid": "", "reason_params": {}}
        proposed |= {"rules_fingerprint": "", "data_fingerprint": "", "proposed_at": NOW, "state": "open"}
        session.execute(insert(PoolProposal), [{"to_pool": "seed", **proposed}])
        audit.record(session, CLERK, "propose_pools", "review:1", {}, NOW)
    with Session(engine) as session, session.begin():
        proposal = session.scalars(select(PoolProposal)).one()
        audit.record(session, CLERK, "confirm_proposal", f"proposal:{proposal.id}", {}, NOW)
        # What is changed after the entry belongs to it as well: one transaction.
        proposal.state, proposal.why, proposal.decided_by = "confirmed", "sound", "clerk"
        session.add(PoolMembership(id=1, firm_id=LOTUS, pool="seed", entered_on=DAY, entered_by_id=proposal.id))
        session.add(Case(id=1, firm_id=LOTUS, opened_on=DAY, stage="nurture", stage_since=DAY))
        session.flush()
        entered = {"case_id": 1, "stage": "nurture", "entered_on": DAY}
        session.add(CaseStage(id=1, recorded_by="clerk", recorded_at=NOW, **entered))
        session.add(Visit(id=1, case_id=1, visited_on=DAY, visited_by="clerk", findings="财务核算", recorded_at=NOW))
    return engine


def test_what_the_program_wrote_itself_is_as_the_trail_says(kept: Engine):
    assert verified(kept) == 5


TAMPERINGS = {
    "a score": update(Score).values(points=99.0),
    "a score's reason": update(ScoreReasons).values(points=b"\1" * 8),
    "a run's expectation": update(ScoreRun).values(expected_events=9.0),
    "a role": update(Account).values(role="analyst"),
    "a password": update(Account).values(password_hash="other"),
    "a decision": update(PoolProposal).values(state="overruled"),
    "the reason of a decision": update(PoolProposal).values(why="other"),
    "a visit": update(Visit).values(findings="nothing found"),
    "a figure": update(ReturnRow).where(ReturnRow.year == 2023).values(revenue_cny=2e7),
    "a figure that was blank": update(ReturnRow).where(ReturnRow.year == 2023).values(net_profit_cny=2e7),
    "the day a figure was known": update(ReturnRow).where(ReturnRow.year == 2023).values(known_on=date(2020, 1, 1)),
    "a figure taken out": delete(ReturnRow).where(ReturnRow.year == 2023),
    "a membership": update(PoolMembership).values(entered_on=date(2020, 1, 1)),
    "a membership taken out": delete(PoolMembership),
    "an event": update(Event).where(Event.import_id.is_(None)).values(occurred_on=date(2020, 1, 1)),
    "a firm's name": update(Firm).values(name="other"),
    "a firm's district": update(Firm).values(district_code="440783"),
    "a firm's cohort": update(Firm).values(cohort="other"),
    "a firm put in": insert(Firm).values(id="x", cohort="city", name="ghost"),
    "what is odd about a cell": update(ImportFinding).values(kind="other"),
    "an odd cell settled": update(ImportFinding).values(state="explained"),
    "an odd cell taken out": delete(ImportFinding),
    "an imported event": update(Event).where(Event.import_id == 1).values(kind="listed"),
    "a stage": update(CaseStage).values(stage="listed"),
    "the stage of a case": update(Case).values(stage="listed"),
    "the state of an import": update(Import).values(state="undone"),
    "a return out of force": update(Return).values(in_force=False),
    "a champion": update(ModelDecision).values(why="other"),
    "a model's measures": update(Model).values(measures={"auc": 1.0}),
    "a visit put in": insert(Visit).values(
        id=2, case_id=1, visited_on=DAY, visited_by="clerk", findings="never made", recorded_at=NOW
    ),
    "an account put in": insert(Account).values(
        id=9, name="ghost", role="officer", password_hash="x", stamp="x", disabled=False, created_at=NOW
    ),
}


def test_a_row_changed_past_the_program_is_found(kept: Engine):
    told = {}
    for name, statement in TAMPERINGS.items():
        with Session(kept) as session:
            session.connection().execute(statement)
            told[name] = said_of(session)
            session.rollback()
    assert [name for name, words in told.items() if "记录" not in words] == []
    assert verified(kept) == 5  # one after the other, each was the only change


def test_the_row_is_named_with_the_entry_that_spoke_of_it_last(kept: Engine):
    with kept.begin() as connection:
        connection.execute(update(Visit).values(findings="other"))
    assert "走访 1 在第 5 条之后被改动" in str(broken(kept))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (update(Firm).values(name="other"), f"企业 {LOTUS} 在第 1 条之后被改动"),
        (update(Event).where(Event.id == 2).values(kind="listed"), "阶段事件 2 在第 2 条之后被改动"),
        (update(ImportFinding).values(found="9"), "疑点单元格 1 在第 2 条之后被改动"),
    ],
    ids=["firm", "event", "finding"],
)
def test_of_what_a_file_brought_the_very_row_is_named(kept: Engine, statement, named: str):
    with kept.begin() as connection:
        connection.execute(statement)
    assert named in str(broken(kept))
    assert "1 条记录" in str(broken(kept))


def test_the_same_content_in_another_spelling_is_no_change(sqlite_engine: Engine):
    with Session(sqlite_engine) as session, session.begin():
        trained = {"trained_at": NOW, "as_of": DAY, "cohorts": ["city"], "event": "listed", "within_months": 24}
        session.add(Model(id="m", fingerprint="f", measures={"a": 1, "b": 2}, **trained))
        audit.record(session, CLERK, "train_model", "model:m", {"x": 1, "y": 2}, NOW)
    with sqlite_engine.begin() as connection:
        connection.execute(text("""UPDATE model SET measures = '{ "b": 2,  "a": 1 }'"""))
        connection.execute(text("""UPDATE audit_entry SET details = '{ "y": 2, "x": 1 }'"""))
    assert verified(sqlite_engine) == 1


def test_a_column_that_a_later_program_adds_changes_no_fingerprint(kept: Engine):
    with kept.begin() as connection:
        connection.execute(text("ALTER TABLE visit ADD COLUMN of_a_later_program VARCHAR"))
    assert verified(kept) == 5


def _rebuilt(connection, change) -> None:
    """The chain written anew after a change by one who has read how it is made, but has no key."""
    entries = connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.id)).mappings().all()
    for entry in entries:  # out of each other's way: hashes are unique
        waiting = {"hash": f"x{entry['id']}", "previous_hash": f"y{entry['id']}"}
        connection.execute(update(AuditEntry).where(AuditEntry.id == entry["id"]).values(**waiting))
    previous = chain.BEGINNING
    for entry in entries:
        made = AuditEntry(**{**entry, **change(entry), "previous_hash": previous})
        previous = chain.hash_of(made, keyed=made.seal is not None)
        values = {"hash": previous, "previous_hash": made.previous_hash, "person": made.person, "seal": made.seal}
        connection.execute(update(AuditEntry).where(AuditEntry.id == entry["id"]).values(**values, rows=made.rows))


def _forged(connection) -> None:
    last = connection.execute(select(AuditEntry.__table__).order_by(AuditEntry.id.desc())).mappings().first()
    entry = AuditEntry(
        **{**last, "id": last["id"] + 1, "previous_hash": last["hash"], "person": "boss", "rows": {}, "seal": None}
    )
    entry.hash = chain.hash_of(entry, keyed=False)
    values = {column.name: getattr(entry, column.name) for column in AuditEntry.__table__.c}
    connection.execute(insert(AuditEntry).values(**values))


def _swapped(connection) -> None:
    connection.execute(update(AuditEntry).where(AuditEntry.id == 2).values(id=100))
    connection.execute(update(AuditEntry).where(AuditEntry.id == 3).values(id=2))
    connection.execute(update(AuditEntry).where(AuditEntry.id == 100).values(id=3))


ON_THE_TRAIL = {
    "details": lambda run: run.execute(update(AuditEntry).where(AuditEntry.id == 2).values(details={})),
    "time": lambda run: run.execute(update(AuditEntry).where(AuditEntry.id == 2).values(at=NOW - timedelta(days=9))),
    "person": lambda run: run.execute(update(AuditEntry).where(AuditEntry.id == 2).values(person="other")),
    "fingerprints": lambda run: run.execute(update(AuditEntry).where(AuditEntry.id == 2).values(rows={})),
    "middle taken out": lambda run: run.execute(delete(AuditEntry).where(AuditEntry.id == 3)),
    "first taken out": lambda run: run.execute(delete(AuditEntry).where(AuditEntry.id == 1)),
    "forged at the end": _forged,
    "swapped": _swapped,
    "tail cut": lambda run: run.execute(delete(AuditEntry).where(AuditEntry.id > 3)),
    "all taken out": lambda run: run.execute(delete(AuditEntry)),
    "rebuilt": lambda run: _rebuilt(run, lambda entry: {"person": "other"} if entry["id"] == 2 else {}),
    "rebuilt without seals": lambda run: _rebuilt(run, lambda entry: {"person": "other", "seal": None, "rows": None}),
    "rebuilt with seals of another key": lambda run: _rebuilt(run, lambda entry: {"seal": key.Key(b"mine").seal("x")}),
    "renumbered": lambda run: run.execute(update(AuditEntry).values(id=AuditEntry.id + 1_000)),
}


@pytest.mark.parametrize("note", ["noted", "note lost"])
def test_a_trail_changed_past_the_program_is_found_without_a_head_from_a_safe(kept: Engine, note: str):
    if note == "note lost":  # then the rows that no entry speaks of any more tell
        file = key.note_file(kept.url)
        assert file is not None
        file.unlink()
    told = {}
    for name, tamper in ON_THE_TRAIL.items():
        with Session(kept) as session:
            tamper(session.connection())
            told[name] = said_of(session)
            session.rollback()
    assert [name for name, words in told.items() if not words] == []
    assert verified(kept) == 5


def test_a_cut_tail_that_spoke_of_no_row_is_found_by_the_note_and_entries_after_it_do_not_hide_it(kept: Engine):
    with Session(kept) as session, session.begin():
        audit.record(session, CLERK, "sign_in", "account:officer", {}, NOW)
    assert verified(kept) == 6
    with kept.begin() as connection:
        connection.execute(delete(AuditEntry).where(AuditEntry.id == 6))
    assert "第 6 条" in str(broken(kept))
    with Session(kept) as session, session.begin():
        audit.record(session, CLERK, "sign_in", "account:other", {}, NOW)
    assert "第 6 条" in str(broken(kept))


def test_a_note_that_lags_behind_after_a_crash_is_no_cut(kept: Engine):
    file = key.note_file(kept.url)
    assert file is not None
    earlier = file.read_text()
    with Session(kept) as session, session.begin():
        audit.record(session, CLERK, "sign_in", "account:officer", {}, NOW)
    file.write_text(earlier)  # the process died between the commit and the note
    assert verified(kept) == 6
    with Session(kept) as session, session.begin():
        audit.record(session, CLERK, "sign_out", "account:officer", {}, NOW)
    assert json.loads(file.read_text())["id"] == 7


def test_what_is_rolled_back_is_neither_noted_nor_spoken_of(kept: Engine):
    with Session(kept) as session:
        session.get_one(Visit, 1).findings = "other"
        audit.record(session, CLERK, "edit_visit", "visit:1", {}, NOW)
        session.rollback()
        audit.record(session, CLERK, "sign_in", "account:officer", {}, NOW)
        session.commit()
    assert verified(kept) == 6


def test_a_backup_that_was_put_back_is_told_and_accepted_once_a_person_says_why(kept: Engine):
    with kept.begin() as connection:  # as the database was before the last entry
        for table in (Visit, CaseStage, Case, PoolMembership):
            connection.execute(delete(table))
        connection.execute(update(PoolProposal).values(state="open", why=None, decided_by=None))
        connection.execute(delete(AuditEntry).where(AuditEntry.id == 5))
    assert "第 5 条" in str(broken(kept))
    with Session(kept) as session, session.begin():
        audit.seal_trail(session, CLERK, "backup of 1 May", NOW)
    assert verified(kept) == 5
    with Session(kept) as session, pytest.raises(audit.NotSealed):
        audit.seal_trail(session, CLERK, " ", NOW)


def test_a_lost_key_is_told_and_a_new_seal_vouches_for_what_is_there(kept: Engine, monkeypatch, tmp_path):
    monkeypatch.setenv("GOLDSEED_TRAIL_KEY", str(tmp_path / "another"))
    assert "密钥" in str(broken(kept))
    with Session(kept) as session, session.begin():
        audit.seal_trail(session, CLERK, "the key file is lost", NOW)
    assert verified(kept) == 6
    with kept.begin() as connection:
        connection.execute(update(AuditEntry).where(AuditEntry.id == 2).values(person="other"))
    assert broken(kept).entry_id == 2


def test_entries_of_a_program_without_a_key_stay_and_are_vouched_for(engine: Engine):
    previous = chain.BEGINNING
    with engine.begin() as connection:
        for number in (4, 7):  # numbers with gaps, as PostgreSQL gives them
            content = [previous, NOW.isoformat(timespec="microseconds"), "clerk", "look", f"firm:{number}", {}]
            written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            values = {"id": number, "at": NOW, "person": "clerk", "action": "look", "subject": f"firm:{number}"}
            values |= {"details": {}, "previous_hash": previous}
            previous = hashlib.sha256(written.encode()).hexdigest()
            connection.execute(insert(AuditEntry).values(hash=previous, **values))
    broken(engine)  # nobody vouches for them yet
    with Session(engine) as session, session.begin():
        chain.seal_anew(session, "goldseed", "schema 0003 -> 0005", NOW)
    assert verified(engine) == 3
    assert verified(engine, previous) == 3
    with engine.begin() as connection:
        connection.execute(update(AuditEntry).where(AuditEntry.id == 4).values(id=5))
    assert broken(engine).entry_id == 8


def test_every_table_that_a_person_s_work_stands_in_has_a_fingerprint():
    from pipeline.store.trail.sealed_rows import KINDS

    without = {
        "audit_entry",
        "firm_board_row",
        "firm_list_count",
        "firm_list_row",
        "firm_list_state",  # the lists are derived, and proved by `goldseed lists`
        "kept_answer",  # derived, and worked out anew as soon as anything has changed
        "job",
        "job_file",  # work under way, gone after a day: what it stores has entries of its own
        "message_read",
        "reminder_seen",  # what somebody has read, which decides nothing
        "reminder_sent",  # each run's sums stand in an entry
        "return_columns",  # rows of returns once more; their fingerprints stand in the return
        "saved_view",  # a way of looking; keeping and forgetting one has an entry
        "attempt",  # counts of attempts with passwords, gone after minutes: refusals have entries of their own
    }
    assert {kind.table.name for kind in KINDS} == set(Base.metadata.tables) - without
