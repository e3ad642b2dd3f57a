"""The one write lock of the database: an import, a decision and a promotion wait for each other.

They have to: an import closes findings and leaves lines in the same audit log whose chain a decision continues, and
what either read before it waited would no longer be true.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message

#: The key of PostgreSQL's advisory lock, held until the transaction ends.
_LOCK_KEY = 707_440_701


class SomebodyElseSaved(ShownToPeople):
    """Two people changed something in the same moment; the second has to look again."""


def lock_writes(transaction: Session | Connection) -> None:
    """Wait until nobody else is changing anything, and hold the lock until the transaction ends.

    Call it before reading what the change rests on. Raises SomebodyElseSaved on SQLite where this transaction has
    already read and another has written since.
    """
    bind = transaction.get_bind() if isinstance(transaction, Session) else transaction
    if bind.dialect.name == "postgresql":
        transaction.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        return
    try:
        # A statement that could write takes SQLite's one write lock, also when it finds no row.
        transaction.execute(text("UPDATE audit_entry SET id = id WHERE id = -1"))
    except OperationalError as error:
        if "locked" not in str(error):
            raise
        raise SomebodyElseSaved(
            Message(N_("Somebody else saved at the same moment. Nothing of yours was stored: look again and repeat."))
        ) from error


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    """Within it, who finds SQLite's one write lock taken is told at once, as SomebodyElseSaved by lock_writes; for a
    connection on which no transaction has begun. PostgreSQL locks rows, and nobody waits there for an import."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    connection.rollback()  # the question has begun a transaction, in which nothing was read yet
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={before}")
