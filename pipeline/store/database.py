"""Open the one database: SQLite in WAL mode by default, PostgreSQL where several people work.

Whoever opens it gets the newest schema: migrations run first, once, then columns are added for facts that are new in
the catalogue. Foreign keys are enforced on both.
"""

import select
import sqlite3
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Dialect, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.engines.full_disk import disk_trouble, opening_trouble
from pipeline.store.engines.search_index import make_search_index
from pipeline.store.tables import ReturnRow
from pipeline.store.trail import chain
from pipeline.store.trail.key import put_note_away

MIGRATIONS = Path(__file__).parent / "migrations"
#: One key for the lock under which only one process migrates a PostgreSQL database.
_MIGRATION_LOCK = 707_440_700
#: A connection of which nothing was heard for so long may have been cut without a word, by a firewall.
_LONG_SECONDS = 30.0
_USED_AT = "goldseed used at"


class DatabaseNotReached(ShownToPeople):
    """The address is right in form, but nobody answers there."""


class DatabaseTooNew(ShownToPeople):
    """A newer program has changed the schema: this one would not know what it reads."""


def open_database(db_url: str) -> Engine:
    """An engine on the database at `db_url`, migrated to the newest schema; a new SQLite file is made.

    Raises DatabaseNotReached where no database answers, DatabaseTooNew where a newer program has been there, DiskFull
    or DiskReadOnly where it would have to be written and cannot be.
    """
    engine = engine_for(db_url)
    try:
        revision = schema_revision(engine)
        if revision is not None and revision not in _revisions():
            raise DatabaseTooNew(
                Message(
                    N_(
                        "The database at %(url)s has schema %(found)s; this program knows schemas up to %(newest)s. "
                        "Use the newer program that wrote it; nothing has been changed."
                    ),
                    {
                        "url": make_url(db_url).render_as_string(hide_password=True),
                        "found": revision,
                        "newest": newest_revision(),
                    },
                )
            )
        if revision != newest_revision() or _missing_facts(engine):
            migrate(engine)
    except OperationalError as error:
        url = make_url(db_url)
        opened = opening_trouble(url.database) if url.get_backend_name() == "sqlite" else None
        if (trouble := disk_trouble(error) or opened) is not None:
            raise trouble from error
        shown = url.render_as_string(hide_password=True)
        raise DatabaseNotReached(
            Message(
                N_("The database at %(url)s does not answer: %(why)s. Start it, or mend GOLDSEED_DB_URL."),
                {"url": shown, "why": str(error.orig).strip().splitlines()[0]},
            )
        ) from error
    return engine


def engine_for(db_url: str) -> Engine:
    """An engine with our settings, without looking at the schema."""
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_use_lifo=True)
        event.listen(engine, "connect", _settle_postgres)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", lambda *given: _look_whether_it_is_there(engine.dialect, *given))
        return engine
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _settle_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for statements that only read, each by itself: on PostgreSQL without a transaction around them,
    whose beginning and end are a message to the server each. What changes something is done with `engine` itself."""
    return engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else engine


def _settle_postgres(connection: Any, _record: object) -> None:
    # A plan for any word: a search of one that no firm has would go through the whole list in its order, for one of
    # which many have is on the first page. (A server of before version 12 does not know the setting.)
    connection.execute(
        "SELECT set_config(name, 'force_custom_plan', false) FROM pg_settings WHERE name = 'plan_cache_mode'"
    )
    connection.commit()


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _look_whether_it_is_there(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a server that has said something unasked, as one does that ends, or of which nothing was heard for long.
    Asking at every checkout would cost as much as a short query."""
    used_at = record.info.get(_USED_AT)
    if used_at is None or (time.monotonic() - used_at < _LONG_SECONDS and not _has_spoken(connection)):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _has_spoken(connection: Any) -> bool:
    if connection.closed:
        return True
    unread = select.poll()
    unread.register(connection.fileno(), select.POLLIN)
    return bool(unread.poll(0))


def _settle_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin and commit by its own lights: a file is stored whole or not at all.
    connection.isolation_level = None
    connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII alone
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`; two processes at once do it once. A database of an older program gets an entry in
    the audit log that vouches for what it holds."""
    before = schema_revision(engine)
    if before is None:
        put_note_away(engine.url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                _upgrade(connection, revision)
        else:
            # "BEGIN IMMEDIATE" takes SQLite's one write lock, so that a second process waits here.
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            with connection.begin():
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                _upgrade(connection, revision)
    if before is not None and revision == "head":
        with Session(engine) as session:
            chain.note_now(session)


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(config, revision)
    if revision == "head":
        _add_missing_facts(connection)
        make_search_index(connection)
        if before not in (None, newest_revision()):
            _seal(connection, str(before))


def _seal(connection: Connection, before: str) -> None:
    """Vouch for what an older program left: it knew no fingerprints, and a migration may have changed rows."""
    why = f"schema {before} -> {newest_revision()}"
    with Session(connection) as session:
        chain.seal_anew(session, "goldseed", why, chain.utc(datetime.now(UTC)))


def _missing_facts(database: Engine | Connection) -> list[str]:
    """The facts of the catalogue for which the database has no column."""
    there = {column["name"] for column in inspect(database).get_columns(ReturnRow.__tablename__)}
    return [name for name in catalog() if name not in there]


def _add_missing_facts(connection: Connection) -> None:
    """A fact that is new in the catalogue gets its column, blank in every row; no column is changed or taken out."""
    operations = Operations(MigrationContext.configure(connection))
    for name in _missing_facts(connection):
        kind = ReturnRow.__table__.c[name].type
        operations.add_column(ReturnRow.__tablename__, Column(name, kind, nullable=True))


def schema_revision(engine: Engine) -> str | None:
    """The revision the database has; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision this program expects."""
    return _scripts().get_current_head()


def _revisions() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


@cache
def _scripts() -> ScriptDirectory:
    """The migrations, read once: to know the last of them, each file has to be run."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
