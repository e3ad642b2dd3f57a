"""The trigram index of a search of the firm list on PostgreSQL; without it a search finds the same, reading every row.

It needs the extension pg_trgm, which whoever may create objects in the database can create where PostgreSQL's
contrib package is installed. Words of fewer than three signs hold no trigram and are looked for in every row.
"""

import logging

from sqlalchemy import Connection, Index, text
from sqlalchemy.exc import DBAPIError

from pipeline.store.tables import FirmListRow

NAME = "ix_firm_list_row_search"
#: No right to create an extension; not installed (as newer and as older servers say it); outside the search path.
_CANNOT = frozenset({"42501", "0A000", "58P01", "42704"})
_log = logging.getLogger(__name__)


def make_search_index(connection: Connection) -> bool:
    """Create extension and index where they lack, in the transaction of `connection`; False where that cannot be done,
    which the log says. On SQLite there is nothing to make."""
    if connection.dialect.name != "postgresql":
        return True
    index = next(index for index in _indexes() if index.name == NAME)
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            index.create(connection, checkfirst=True)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _CANNOT:
            raise
        _log.warning(
            "A search of the firm list reads every row: %s. After CREATE EXTENSION pg_trgm in the database `goldseed "
            "lists rebuild` makes its index.",
            str(error.orig).strip().splitlines()[0],
        )
        return False
    return True


def _indexes() -> set[Index]:
    indexes: set[Index] = FirmListRow.__table__.indexes  # type: ignore[attr-defined]
    return indexes
