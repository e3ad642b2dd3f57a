"""How a word is looked for in the rows of the firm list, and the trigram indexes of it on PostgreSQL; without them a
search finds the same, reading every row.

They need the extension pg_trgm, which whoever may create objects in the database can create where PostgreSQL's contrib
package is installed. Two signs (海洋) hold no trigram, so a second index has each sign twice (海海洋洋); one sign alone
is looked for in every row. On SQLite every row is read, in the index of the list's order: first, as one number, which
signs its text may hold, and the text itself only of those that may hold the word.
"""

import logging

from sqlalchemy import ColumnElement, Connection, Index, Text, and_, case, false, func, literal_column, text, true
from sqlalchemy.exc import DBAPIError

from pipeline.store.tables import SEARCH_DOUBLED, FirmListRow

NAME, NAME_DOUBLED = "ix_firm_list_row_search", "ix_firm_list_row_search_doubled"
#: No right to create an extension; not installed (as newer and as older servers say it); outside the search path.
_CANNOT = frozenset({"42501", "0A000", "58P01", "42704"})
#: Signs that the names of most firms hold tell few from the others: they have no bit.
_EVERYWHERE = frozenset("有限公司股份科技责任集团实业")
_BITS = 63  # of an integer that every database holds
_log = logging.getLogger(__name__)


def signs_of(text: str) -> int:
    """A bit for each sign of a folded text outside ASCII. Two signs may share a bit: a text that lacks a bit of a word
    does not hold the word, and one that has them all may."""
    bits = 0
    for sign in text:
        if not sign.isascii() and sign not in _EVERYWHERE:
            bits |= 1 << ord(sign) % _BITS
    return bits


def row_holds(word: str, dialect: str) -> ColumnElement[bool]:
    """Whether a row of the list holds this folded word in what a search looks through; no sign of it is a pattern."""
    searched = FirmListRow.search
    if dialect == "sqlite":  # GLOB minds capitals, of which there are none, and takes two thirds of LIKE's time
        globbed = searched.op("GLOB")("*" + "".join(f"[{sign}]" if sign in "*?[" else sign for sign in word) + "*")
        signs = signs_of(word)
        may_hold = func.coalesce(FirmListRow.signs, signs).bitwise_and(signs) == signs
        return and_(may_hold, globbed) if signs else globbed
    holds = searched.contains(word, autoescape=True)
    if len(word) != 2:
        return holds
    # What is cheap is asked of a row first. As a CASE it leaves the planner's guess at how many rows hold the word to
    # the second; else the index is taken for common words too, and regexp_replace asked of every row that holds one.
    first = case((holds, true()), else_=false())
    doubled: ColumnElement[str] = literal_column(SEARCH_DOUBLED, Text)
    return and_(first, doubled.contains("".join(sign * 2 for sign in word), autoescape=True))


def make_search_index(connection: Connection) -> bool:
    """Create extension and indexes where they lack, in the transaction of `connection`; False where that cannot be
    done, which the log says. On SQLite there is nothing to make."""
    if connection.dialect.name != "postgresql":
        return True
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            for index in _indexes():
                if index.name in (NAME, NAME_DOUBLED):
                    index.create(connection, checkfirst=True)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _CANNOT:
            raise
        _log.warning(
            "A search of the firm list reads every row: %s. After CREATE EXTENSION pg_trgm in the database `goldseed "
            "lists rebuild` makes its indexes.",
            str(error.orig).strip().splitlines()[0],
        )
        return False
    return True


def _indexes() -> set[Index]:
    indexes: set[Index] = FirmListRow.__table__.indexes  # type: ignore[attr-defined]
    return indexes
