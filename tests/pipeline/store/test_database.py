"""The one database: the same schema on both kinds, foreign keys enforced, migrated once."""

import time
from datetime import date
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, Index, Table, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex

from pipeline import facts
from pipeline.catalog import catalog
from pipeline.store import database
from pipeline.store.database import (
    DatabaseNotReached,
    engine_for,
    newest_revision,
    open_database,
    reading,
    schema_revision,
)
from pipeline.store.reported_facts import ReportedFacts
from pipeline.store.tables import Base, Event
from tests.cast import LOTUS, state


def compared(connection: Connection) -> MigrationContext:
    """Without the indexes that each dialect has in its own way, which Alembic cannot compare."""
    own = {index.name for table in Base.metadata.tables.values() for index in of_one_dialect(table)}
    options = {"include_object": lambda _object, name, kind, _reflected, _to: kind != "index" or name not in own}
    return MigrationContext.configure(connection, opts=options)


def of_one_dialect(table: Table) -> list[Index]:
    return [index for index in table.indexes if index._ddl_if is not None]


def test_the_migrations_make_exactly_the_tables_that_the_code_reads(engine: Engine):
    with engine.connect() as connection:
        differences = compare_metadata(compared(connection), Base.metadata)
    assert differences == []


def test_the_list_has_the_indexes_of_its_dialect_and_no_others(engine: Engine):
    table: Any = Base.metadata.tables["firm_list_row"]
    dialect = engine.dialect
    wanted = {
        str(CreateIndex(index).compile(dialect=dialect))
        for index in of_one_dialect(table)
        if index._ddl_if.dialect == dialect.name
    }
    made = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'firm_list_row' AND sql > ''",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = 'firm_list_row' AND indexname LIKE 'ix_%'",
    }
    with engine.connect() as connection:
        found = set(connection.scalars(text(made[dialect.name])))
    assert {plainly(one) for one in found} == {plainly(one) for one in wanted}


def plainly(statement: str) -> str:
    """As both say it: PostgreSQL names its schema, its usual kind of index and the types of literals besides."""
    for aside in ("public.", "USING btree ", " USING gin", "::text"):
        statement = statement.replace(aside, "")
    return " ".join(statement.split()).replace("row(", "row (")


def test_every_fact_of_the_catalogue_has_its_column_and_no_column_lacks_a_fact():
    assert list(ReportedFacts.__annotations__) == list(catalog())


def test_an_event_of_a_firm_that_nobody_knows_is_refused(engine: Engine):
    with pytest.raises(IntegrityError), Session(engine) as session, session.begin():
        session.add(Event(firm_id="nobody", kind="listed", occurred_on=date(2024, 5, 1), known_on=date(2024, 5, 1)))


def test_a_new_file_is_migrated_when_it_is_first_opened(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/new/goldseed.sqlite")
    assert schema_revision(engine) == newest_revision()
    assert inspect(engine).has_table("return_row")


def test_sqlite_keeps_a_write_ahead_log_so_that_readers_never_wait(sqlite_engine: Engine):
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_failed_transaction_leaves_nothing_behind_not_even_a_table(sqlite_engine: Engine):
    with pytest.raises(RuntimeError), sqlite_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE half_done (id INTEGER)")
        raise RuntimeError("killed half way")
    assert not inspect(sqlite_engine).has_table("half_done")


def test_a_database_that_does_not_answer_gets_a_letter_without_its_password(tmp_path):
    with pytest.raises(DatabaseNotReached) as raised:
        open_database(f"postgresql+psycopg://me:hush@/goldseed?host={tmp_path}")
    assert "hush" not in raised.value.message.in_language("en")
    assert "does not answer" in raised.value.message.in_language("en")


@pytest.mark.postgres
def test_an_engine_of_postgresql_speaks_through_psycopg_3(postgres_url: str):
    assert engine_for(postgres_url).driver == "psycopg"


@pytest.mark.postgres
def test_each_search_on_postgresql_is_planned_for_its_own_words(postgres_url: str):
    engine = engine_for(postgres_url)
    for _ in range(2):  # also of a connection that has been given back
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
    engine.dispose()


def test_a_fact_that_is_new_in_the_catalogue_gets_its_column_when_a_filled_database_is_opened(engine: Engine):
    """As a database of before the fact: its column is not there yet, and its rows are."""
    state(engine, LOTUS, 2023, revenue_cny=9e6, staff=44)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE return_row DROP COLUMN standards_led"))
    opened = open_database(engine.url.render_as_string(hide_password=False))
    with opened.connect() as connection:
        rows = connection.execute(text("SELECT revenue_cny, staff, standards_led FROM return_row")).all()
        differences = compare_metadata(compared(connection), Base.metadata)
    assert [tuple(row) for row in rows] == [(9e6, 44, None)]
    assert differences == []
    state(opened, LOTUS, 2024, standards_led=3)
    assert facts.as_known_on(opened, date(2026, 1, 1)).loc[(LOTUS, 2024), "standards_led"] == 3


@pytest.mark.postgres
@pytest.mark.parametrize("pause", [0.0, 3600.0])
def test_a_connection_that_the_server_has_ended_is_replaced_before_anybody_asks_by_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, pause: float
):
    """At once, since the server says good-bye, and after a pause, when nobody may have heard it."""
    engine = engine_for(postgres_url)
    backend = text("SELECT pg_backend_pid()")
    with engine.connect() as connection:
        first = connection.scalar(backend)
    with engine.connect() as connection:
        assert connection.scalar(backend) == first
    administrator = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        assert connection.scalar(text(f"SELECT pg_terminate_backend({first}, 5000)"))
    administrator.dispose()
    if pause:
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + pause)
        monkeypatch.setattr(database, "_has_spoken", lambda _connection: False)
    with engine.connect() as connection:
        assert connection.scalar(backend) != first
    engine.dispose()


@pytest.mark.postgres
def test_a_connection_that_was_just_used_is_not_asked_whether_it_is_there(postgres_url: str):
    engine = engine_for(postgres_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dialect.do_ping = None  # type: ignore[method-assign]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 2")) == 2
    engine.dispose()


@pytest.mark.postgres
def test_a_reader_of_postgresql_asks_without_a_transaction_and_others_with_one(postgres_url: str):
    engine = engine_for(postgres_url)
    moment = text("SELECT now()")  # of the beginning of the transaction
    for which, stands_still in ((reading(engine), False), (engine, True)):
        with which.connect() as connection:
            first = connection.scalar(moment)
            assert (connection.scalar(moment) == first) is stands_still
    engine.dispose()
