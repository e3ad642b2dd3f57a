"""A filled database of the version before: upgraded it says the same, killed half way it is what it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, MetaData, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit, people
from pipeline.intake.history import corrections
from pipeline.intake.storing import findings
from pipeline.store.database import DatabaseTooNew, engine_for, migrate, newest_revision, open_database, schema_revision
from pipeline.store.engines.search_index import signs_of
from pipeline.store.reported_facts import ReportedFacts
from pipeline.store.tables import (
    Attempt,
    AuditEntry,
    Case,
    CaseStage,
    Event,
    Firm,
    ImportFinding,
    Job,
    JobFile,
    KeptForm,
    ModelFile,
    ScoreRun,
    Visit,
)
from pipeline.store.trail import chain
from scoring.scores.stored_scores import stored_reasons
from tests.cast import BANYAN, LOTUS, NOW, state
from tests.conftest import administration, database_on

MAY_2024 = date(2024, 5, 1)
#: What each return of the old database says: source, in force, and its rows (firm, year, months, known_on, facts).
RETURNS = {
    1: (
        "hnte_annual",
        True,
        [
            (LOTUS, 2022, 12, date(2023, 4, 30), {"revenue_cny": 8e6, "staff": 40, "little_giant": True}),
            (LOTUS, 2023, 12, date(2024, 4, 30), {"revenue_cny": 9e6, "staff": 44, "name": "莲芯传感（虚构）"}),
            (BANYAN, 2023, 12, date(2024, 4, 30), {"revenue_cny": 4e8, "share_reform_on": date(2021, 3, 1)}),
        ],
    ),
    2: (
        "audited",
        True,
        [
            (BANYAN, 2023, 12, date(2024, 4, 20), {"revenue_cny": 4.1e8, "little_giant": False}),
            (LOTUS, 2023, 6, date(2023, 9, 1), {"revenue_cny": 4e6}),
        ],
    ),
    3: ("hnte_annual", False, [(LOTUS, 2023, 12, date(2024, 4, 30), {"revenue_cny": 9e10})]),
    4: ("hnte_annual", True, [(LOTUS, 2023, 12, date(2024, 9, 1), {"revenue_cny": 8.5e6})]),
    5: ("survey", True, []),
    6: ("survey", True, [(BANYAN, 2023, 12, date(2024, 4, 30), {})]),
}

#: The old findings and contradictions: state, by whom, and why. An import that closed one stood in both columns.
SETTLED = {
    1: ("corrected", "import:1", "import:1"),
    2: ("corrected", "officer", "import:1"),
    3: ("explained", "officer", "已核实"),
    4: ("open", None, None),
    5: ("corrected", "import:9", "import:9"),
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    """A database as the first schema's own migration makes it, with rows as the first program wrote them."""
    if request.param == "sqlite":
        engine = engine_for(f"sqlite:///{tmp_path}/old.sqlite")
    else:
        engine = engine_for(request.getfixturevalue("postgres_url"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine, "0001")
    _fill(engine)
    yield engine
    engine.dispose()


def _fill(engine: Engine) -> None:
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        firms = [{"id": firm, "cohort": "city", "name": firm} for firm in (LOTUS, BANYAN)]
        connection.execute(tables.tables["firm"].insert(), firms)
        brought = {
            "kind": "returns",
            "file_name": "old.xlsx",
            "sha256": "0" * 64,
            "map_name": "city",
            "cohort": "city",
            "source": "hnte_annual",
            "rows": 8,
            "state": "stored",
            "imported_at": NOW,
            "imported_by": "officer",
        }
        connection.execute(tables.tables["import"].insert(), [{"id": 1, **brought}])
        for number, (source, in_force, rows) in RETURNS.items():
            about = {"id": number, "import_id": 1, "source": source, "sheet": "年度财务", "in_force": in_force}
            connection.execute(tables.tables["returns"].insert(), [about])
            for place, (firm, year, months, known_on, stated) in enumerate(rows, 2):
                key = {"firm_id": firm, "year": year, "months": months, "known_on": known_on}
                row = {**key, "return_id": number, "sheet_row": place, **stated}
                connection.execute(tables.tables["return_row"].insert(), [row])
        finding = {
            "import_id": 1,
            "firm_id": LOTUS,
            "year": 2023,
            "kind": "unit_yuan_for_wan",
            "field": "revenue_cny",
            "sheet": "年度财务",
            "msgid": "",
            "params": {},
        }
        contradiction = {
            "firm_id": LOTUS,
            "year": 2023,
            "row_id": 2,
            "other_row_id": 7,
            "value": 1.0,
            "other_value": 2.0,
            "gap_share": 0.5,
            "found_at": NOW,
        }
        for number, (state_of_it, by, why) in SETTLED.items():
            how = {"id": number, "state": state_of_it, "settled_by": by, "settled_why": why}
            connection.execute(tables.tables["import_finding"].insert(), [{**finding, **how}])
            connection.execute(tables.tables["cross_check"].insert(), [{**contradiction, **how, "fact": f"f{number}"}])


def _said_anew(engine: Engine) -> None:
    """The same statements in a database of today's schema, with nothing said about what a return states."""
    for _number, (source, in_force, rows) in RETURNS.items():
        for firm, year, months, known_on, stated in rows if in_force else ():
            state(engine, firm, year, source=source, months=months, known_on=known_on, **stated)


def test_an_old_database_is_upgraded_when_it_is_opened_and_reads_the_same(old: Engine, sqlite_engine: Engine):
    opened = open_database(old.url.render_as_string(hide_password=False))
    assert schema_revision(opened) == newest_revision()
    _said_anew(sqlite_engine)
    for day in (date(2023, 4, 29), date(2023, 4, 30), date(2024, 4, 25), MAY_2024, date(2024, 9, 1)):
        pd.testing.assert_frame_equal(facts.as_known_on(opened, day), facts.as_known_on(sqlite_engine, day))
    latest = facts.as_known_on(opened, date(2024, 9, 1))
    assert latest["revenue_cny"].to_dict() == {(LOTUS, 2022): 8e6, (LOTUS, 2023): 8.5e6, (BANYAN, 2023): 4.1e8}
    assert latest.loc[(BANYAN, 2023), "share_reform_on"] == pd.Timestamp(2021, 3, 1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, dict[str, int]]]:
    """An old database after its upgrade, to be read only, and how many rows it had before."""
    server, name = None, f"test_{os.getpid()}_upgraded"
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('upgraded')}/old.sqlite"
    else:
        server = request.getfixturevalue("postgres")
        url = database_on(server, name)
        with administration(server) as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine = engine_for(url)
    migrate(engine, "0001")
    _fill(engine)
    before = _counts(engine)
    migrate(engine)
    yield engine, before
    engine.dispose()
    if server is not None:
        with administration(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_each_old_return_says_afterwards_which_facts_it_states(upgraded: tuple[Engine, dict[str, int]]):
    old, _before = upgraded
    tables = MetaData()
    tables.reflect(old, only=["returns"])
    with old.connect() as connection:
        returns = tables.tables["returns"]
        told = dict(connection.execute(returns.select().with_only_columns(returns.c.id, returns.c.stated)).all())
    order = list(ReportedFacts.__annotations__)
    assert {number: set(stated or ()) for number, stated in told.items()} == {
        number: {fact for *_key, stated in rows for fact in stated}
        for number, (_source, _force, rows) in RETURNS.items()
    }
    assert told[1] == sorted(told[1], key=order.index)
    assert told[6] == []  # a row of blanks states nothing
    assert told[5] is None  # nothing is known of a return without rows, and nothing is lost by reading it whole


def test_an_upgrade_keeps_every_row_of_every_old_table(upgraded: tuple[Engine, dict[str, int]]):
    old, before = upgraded
    after = _counts(old)
    assert after["audit_entry"] == before["audit_entry"] + 1  # the seal over what the older program left
    kept = before.keys() - {"audit_entry"}
    assert {table: after[table] for table in kept} == {table: before[table] for table in kept}
    assert after["refused_import"] == 0


@pytest.mark.parametrize("name", ["import_finding", "cross_check"])
def test_what_an_import_had_closed_names_the_import_and_what_a_person_settled_keeps_its_words(
    upgraded: tuple[Engine, dict[str, int]], name: str
):
    old, _before = upgraded
    tables = MetaData()
    tables.reflect(old, only=[name])
    table = tables.tables[name]
    about = (table.c.id, table.c.settled_by, table.c.settled_why, table.c.settled_by_import, table.c.settled_params)
    with old.connect() as connection:
        told = {number: tuple(rest) for number, *rest in connection.execute(table.select().with_only_columns(*about))}
    assert told == {
        1: ("officer", findings.ANEW_SOMEHOW, 1, {"id": 1}),
        2: ("officer", "import:1", None, None),  # somebody wrote it
        3: ("officer", "已核实", None, None),
        4: (None, None, None, None),
        5: ("import:9", "import:9", None, None),  # there is no such import
    }
    if name == "import_finding":
        with Session(old) as session:
            assert str(findings.why_settled(session.get(ImportFinding, 1))) == "第 1 次导入重新填报了该企业这一年度。"
            assert corrections.reopen(session, 1, by=findings.named("王（虚构）"), now=NOW) == 2


#: Events of the database before: what was stored (kind, board, by an officer), and what is meant.
EVENTS = [
    ("tutoring_accepted", "北交所", False, "tutoring_accepted", "bse"),
    ("tutoring_accepted", "", True, "tutoring_passed", ""),
    ("tutoring_passed", "创业板", False, "tutoring_passed", "chinext"),
    ("filed", "上交所科创板", False, "filed", "star"),
    ("filed", "", True, "accepted", ""),
    ("regional_board_listed", "安徽省股权托管交易中心", False, "regional_board_listed", "regional"),
    ("listed", "月球交易所", False, "listed", "月球交易所"),
]


def test_stages_and_boards_are_called_as_they_were_meant_and_visits_can_be_withdrawn(old: Engine):
    migrate(old, "0003")
    tables = MetaData()
    tables.reflect(old)
    day, case = date(2024, 5, 20), {"opened_on": MAY_2024, "stage_since": MAY_2024, "version": 1}
    with old.begin() as connection:
        for number, (kind, board, officer, *_meant) in enumerate(EVENTS, start=101):
            about = {"id": number, "firm_id": LOTUS, "import_id": None if officer else 1, "kind": kind, "board": board}
            connection.execute(
                tables.tables["event"].insert(), [{**about, "occurred_on": day, "known_on": day, "in_force": True}]
            )
        # An officer entered the first case's stage; a file has brought the second to the stage of the same id.
        stages = [{"id": 1, "firm_id": LOTUS, "stage": "filed"}, {"id": 2, "firm_id": BANYAN, "stage": "filed"}]
        connection.execute(tables.tables["case"].insert(), [{**case, **one} for one in stages])
        for one, event in ((1, 105), (2, None)):
            entry = {"case_id": one, "stage": "filed", "entered_on": day, "event_id": event}
            connection.execute(
                tables.tables["case_stage"].insert(), [{**entry, "recorded_by": "officer", "recorded_at": NOW}]
            )
        visited = {"case_id": 1, "visited_on": day, "visited_by": "officer", "findings": "…", "recorded_at": NOW}
        connection.execute(tables.tables["visit"].insert(), [visited])
    migrate(old)
    with Session(old) as session:
        told = session.execute(select(Event.kind, Event.board).where(Event.id > 100).order_by(Event.id)).all()
        assert [tuple(one) for one in told] == [(kind, board) for *_stored, kind, board in EVENTS]
        assert session.scalars(select(Case.stage).order_by(Case.id)).all() == ["accepted", "filed"]
        assert session.scalars(select(CaseStage.stage).order_by(CaseStage.case_id)).all() == ["accepted", "filed"]
        (visit,) = session.scalars(select(Visit))
        assert (visit.version, visit.owner_id, visit.withdrawn_at, visit.step_withdrawn_why) == (1, None, None, None)
        visit.withdrawn_at, visit.withdrawn_by, visit.withdrawn_why = NOW, "officer", "登错"
        session.commit()
        assert visit.version == 2


_KILLED = """
import os, signal, sys
from sqlalchemy import event
from pipeline.store.database import engine_for, migrate

engine = engine_for(sys.argv[1])

@event.listens_for(engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.strip().startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

migrate(engine)
"""


LAST_WORDS = (
    "CREATE TABLE refused_import",
    "ALTER TABLE returns",
    "ALTER TABLE cross_check",
    "UPDATE import_finding",
    "UPDATE alembic_version",
)


def test_an_upgrade_killed_half_way_leaves_the_old_database_whole(old: Engine):
    before = _counts(old)
    url = old.url.render_as_string(hide_password=False)
    for last_words in LAST_WORDS:
        killed = subprocess.run([sys.executable, "-c", _KILLED, url, last_words], check=False, timeout=120)
        assert killed.returncode == -signal.SIGKILL, last_words
        assert schema_revision(old) == "0001", last_words
        assert _counts(old) == before, last_words
        assert "stated" not in {column["name"] for column in inspect(old).get_columns("returns")}
        assert "settled_by_import" not in {column["name"] for column in inspect(old).get_columns("import_finding")}
    assert len(facts.as_known_on(open_database(url), MAY_2024)) == 3  # the next to open it upgrades it


def test_after_the_upgrade_the_trail_vouches_for_each_old_firm_and_finding(old: Engine):
    migrate(old)
    with Session(old) as session:
        assert audit.verify_all(session) == 1
    with old.begin() as connection:
        connection.execute(text("UPDATE firm SET name = 'other' WHERE id = :firm"), {"firm": LOTUS})
        connection.execute(text("UPDATE import_finding SET found = '9' WHERE id = 4"))
    with Session(old) as session, pytest.raises(audit.BrokenAuditLog) as caught:
        audit.verify_all(session)
    assert [row in str(caught.value) for row in (f"企业 {LOTUS} ", "疑点单元格 4 ", "2 条记录")] == [True] * 3


#: Of later programs.
LATER_TABLES = (
    "listing_step",
    "listing_proposal",
    "pacesetter_objection",
    "pacesetter_nomination",
    "pacesetter_round",
    "leader_contact",
    "firm_leader",
    "target_baseline",
    "support_payment",
    "support_claim_entry",
    "firm_activity",
    "kept_answer",
    "return_asked",
    "return_due",
    "firm_label",
    "saved_view",
    "case_leader",
    "attachment",
    "attached_file",
    "support_claim",
    "firm_objection",
    "own_return",
    "message_read",
    "message",
    "calendar_token",
    "invitation",
    "second_step",
    "recovery_code",
    "outside_account",
    "reminder_sent",
    "reminder_seen",
    "reminder_choice",
    "visit_choice",
    "task_entry",
    "task",
    "problem_entry",
    "problem_firm",
    "problem",
    "spot_check_item",
    "spot_check",
    "negative_note",
    "negative_entry",
    "adviser_evaluation",
    "adviser_filing",
    "adviser_change",
    "engagement",
    "adviser",
    "return_columns",
    "firm_board_row",
    "firm_list_count",
    "firm_list_row",
    "firm_list_state",
    "score_reasons",
    "job_file",
    "job",
    "attempt",
    "model_file",
    "kept_form",
    "notice_objection",
    "notice_firm",
    "public_notice",
    "opinion",
    "opinion_request",
    "declaration",
    "pool_review_firm",
    "pool_review_inputs",
    "pool_review",
    "adopted_policy",
)
LATER_COLUMNS = (
    ("returns", "kept_columns"),
    ("import", "district_code"),
    ("refused_import", "district_code"),
    ("case_stage", "back_by"),
    ("case_stage", "lacked"),
    ("case_stage", "why"),
    ("pool_proposal", "review_id"),
    ("pool_proposal", "signed_by"),
    ("pool_proposal", "deferred_until"),
    ("pool_proposal", "deferred_why"),
    ("pool_membership", "valid_until"),
    ("account", "department"),
    ("account", "person_name"),
    ("account", "unit"),
    ("account", "phone"),
    ("score_run", "features"),
    ("score_run", "audit_id"),
    ("score_run", "based_on"),
    ("score", "worked_out_in"),
)


def test_a_database_whose_findings_shared_a_fingerprint_is_sealed_once_when_it_is_opened(sqlite_url: str):
    engine = engine_for(sqlite_url)
    with Session(engine) as session, session.begin():
        session.add(Firm(id=LOTUS, cohort="city", name=LOTUS))
        audit.record(session, people.console("clerk"), "import_stored", "import:1", {}, NOW)
        entry = session.get_one(AuditEntry, 1)
        entry.rows = {"findings_of_import": {"1": "f" * 32}, "events_of_import": {"1": "e" * 32}}
        chain._seal(session, entry)
        for trigger in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f'DROP TRIGGER "{trigger}"'))
        for table in LATER_TABLES:
            session.execute(text(f"DROP TABLE {table}"))
        session.execute(text("DROP INDEX ix_pool_proposal_review_id"))
        session.execute(text("DROP INDEX ix_audit_entry_action_at"))
        session.execute(text("DROP INDEX ix_return_row_prepared_by"))
        for table, column in LATER_COLUMNS:
            session.execute(text(f'ALTER TABLE "{table}" DROP COLUMN {column}'))
        session.execute(text("ALTER TABLE score ADD COLUMN reasons JSON"))
        session.execute(text("UPDATE alembic_version SET version_num = '0005'"))
    for _ in range(2):
        open_database(sqlite_url).dispose()
        with Session(engine) as session:
            assert audit.verify_all(session) == 2
    engine.dispose()


def test_the_reasons_of_old_scores_keep_every_digit_where_they_stand_now(old: Engine):
    reasons = {LOTUS: {"growth": 0.1, "margin": -1 / 3, "patents": 5e-324}, BANYAN: {"growth": 2.5, "late": 7.0}}
    tables = MetaData()
    tables.reflect(old)
    model = {"id": "m", "trained_at": NOW, "as_of": MAY_2024, "cohorts": ["city"], "event": "listed"}
    run = {"id": 3, "model_id": "m", "cohort": "city", "as_of": MAY_2024, "scored_at": NOW, "base_points": 50.0}
    score = {"run_id": 3, "points": 50.0, "probability": 0.1, "thin_data": False}
    with old.begin() as connection:
        more = {"within_months": 24, "fingerprint": "f", "measures": {}}
        connection.execute(tables.tables["model"].insert(), [model | more])
        connection.execute(tables.tables["score_run"].insert(), [run | {"data_fingerprint": "d", "reference": "city"}])
        rows = [{**score, "firm_id": firm, "reasons": why} for firm, why in reasons.items()]
        connection.execute(tables.tables["score"].insert(), rows)
    migrate(old)
    with Session(old) as session:
        kept = session.get_one(ScoreRun, 3)
        assert kept.features is not None
        assert set(kept.features) == {"growth", "margin", "patents", "late"}
        for firm, why in reasons.items():
            found = stored_reasons(session, kept, firm)
            assert found is not None
            assert dict(found.points) == why
            assert found.values is None
        assert audit.verify_all(session)
    assert "reasons" not in {column["name"] for column in inspect(old).get_columns("score")}


def test_jobs_begin_empty_beside_the_accounts_that_there_are_and_nothing_else_moves(old: Engine):
    migrate(old, "0009")
    tables = MetaData()
    tables.reflect(old)
    officer = {"name": "officer", "role": "officer", "password_hash": "x", "stamp": "x", "disabled": False}
    with old.begin() as connection:
        connection.execute(tables.tables["account"].insert(), [{"id": 5, **officer, "created_at": NOW}])
    before = _counts(old)
    migrate(old, "0010")
    after = _counts(old)
    assert (after.pop("job"), after.pop("job_file")) == (0, 0)
    assert after == before
    migrate(old)
    after = {name: count for name, count in _counts(old).items() if name in before}
    assert after.pop("audit_entry") == before.pop("audit_entry") + 1
    assert after == before
    job = {"id": "0" * 24, "kind": "look", "language": "en", "arguments": {"file": "a.csv"}, "state": "waiting"}
    with Session(old) as session, session.begin():
        session.add(Job(account_id=5, asked_at=NOW, heartbeat_at=NOW, **job))
        session.flush()
        session.add(JobFile(job_id=job["id"], name="upload/a.csv", content=b"1"))
    with Session(old) as session:
        kept = session.get_one(Job, job["id"])
        assert (kept.arguments, kept.storing, kept.share, kept.says) == ({"file": "a.csv"}, False, 0.0, "")
        assert audit.verify_all(session) == 1
        session.add(Job(account_id=6, asked_at=NOW, heartbeat_at=NOW, **job | {"id": "1" * 24}))
        with pytest.raises(IntegrityError):
            session.flush()


def test_the_rows_of_a_list_stay_as_they_are_under_indexes_in_its_order(old: Engine):
    migrate(old, "0010")
    tables = MetaData()
    tables.reflect(old)
    rows = [
        {"firm_id": LOTUS, "name": "莲芯传感", "search": "莲芯传感\n91440700\nc39", "points": None},
        {"firm_id": BANYAN, "name": "榕树机械", "search": "榕树机械\n91440701\nc34", "points": 61.5},
    ]
    with old.begin() as connection:
        connection.execute(tables.tables["firm_list_row"].insert(), rows)
    migrate(old)
    listed = tables.tables["firm_list_row"].c
    with old.connect() as connection:
        kept = connection.execute(select(listed.firm_id, listed.name, listed.search, listed.points)).mappings().all()
    assert sorted(map(dict, kept), key=lambda row: row["name"]) == sorted(rows, key=lambda row: row["name"])
    named = {index["name"]: index["column_names"] for index in inspect(old).get_indexes("firm_list_row")}
    with old.connect() as connection:
        signs = dict(connection.execute(text("SELECT firm_id, signs FROM firm_list_row")).all())
    assert signs == {LOTUS: signs_of("莲芯传感"), BANYAN: signs_of("榕树机械")}
    searched = ["signs", "search"] if old.dialect.name == "sqlite" else []
    assert named.pop("ix_firm_list_row_points") == ["points", "firm_id", *searched]
    if not searched:
        assert named.pop("ix_firm_list_row_search") == ["search"]
        assert named.pop("ix_firm_list_row_search_doubled") == [None]  # an expression
    assert named == {"ix_firm_list_row_district_code_points": ["district_code", "points", "firm_id", *searched]}


def test_what_several_hosts_share_begins_empty_beside_the_models_that_there_are_and_nothing_else_moves(old: Engine):
    migrate(old, "0010")
    tables = MetaData()
    tables.reflect(old)
    model = {"id": "m", "trained_at": NOW, "as_of": MAY_2024, "cohorts": ["city"], "event": "listed"}
    with old.begin() as connection:
        more = {"within_months": 24, "fingerprint": "f", "measures": {}}
        connection.execute(tables.tables["model"].insert(), [model | more])
    before = _counts(old)
    migrate(old)
    after = _counts(old)
    added = {table: after.pop(table) for table in after.keys() - before.keys()}
    assert added.keys() >= {"attempt", "model_file", "kept_form"}
    assert set(added.values()) == {0}
    assert after.pop("audit_entry") == before.pop("audit_entry") + 1
    assert after == before
    with Session(old) as session, session.begin():
        session.add(ModelFile(model_id="m", name="model.txt", sha256="0" * 64, content=b"1"))
        session.add(KeptForm(name="tax", content="zh: 税表", kept_by="officer", kept_at=NOW))
        session.add(Attempt(key="account:1", count=1, ends_at=1e9 + 0.25))
        audit.record(session, people.console("clerk"), "keep_model_files", "model:m", {}, NOW)
    with Session(old) as session:
        assert audit.verify_all(session) == 2
        assert session.get_one(Attempt, "account:1").ends_at == 1e9 + 0.25
        session.add(ModelFile(model_id="m", name="model.txt", sha256="1" * 64, content=b"2"))
        with pytest.raises(IntegrityError):
            session.flush()


def test_two_programs_that_open_an_old_database_at_once_upgrade_it_once(old: Engine):
    url = old.url.render_as_string(hide_password=False)
    opens = "import sys; from pipeline.store.database import open_database; open_database(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", opens, url]) for _ in range(2)]
    assert [one.wait(timeout=120) for one in both] == [0, 0]
    assert schema_revision(old) == newest_revision()
    assert len(facts.as_known_on(old, MAY_2024)) == 3


def test_a_database_of_a_newer_program_is_refused_with_a_letter_and_left_alone(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew) as raised:
        open_database(engine.url.render_as_string(hide_password=False))
    message = raised.value.message.in_language("en")
    assert "schema 9999" in message
    assert f"up to {newest_revision()}" in message
    assert schema_revision(engine) == "9999"


def _counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}
