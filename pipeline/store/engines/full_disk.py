"""A disk that takes nothing more, and a value that its column does not take, told from other trouble, so that people
read what to do about it."""

import errno
import os

from sqlalchemy.exc import DataError, DBAPIError

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message

_FULL = ("database or disk is full", "no space left on device", "could not extend file", "disk quota exceeded")
_READ_ONLY = ("readonly database", "read-only transaction", "read-only file system")
#: PostgreSQL's codes of both: a server speaks the language of whoever started it.
_FULL_STATE, _READ_ONLY_STATE = "53100", "25006"
_FULL_NUMBERS, _READ_ONLY_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}, {errno.EROFS}


_NOT_WRITTEN = N_(
    "The database can be read but not written (a disk mounted read-only, or a file of somebody else's), so nothing was "
    "stored. Let the program write it, then do it again."
)


class DiskFull(ShownToPeople):
    """Nothing more can be written; what was stored before stands."""


class DiskReadOnly(ShownToPeople):
    """The database can be read, not written."""


class ValueRefused(ShownToPeople):
    """The program gave the database a value that its column does not take: our own fault."""

    exit_code = 1


def value_trouble(error: BaseException) -> ValueRefused | None:
    """What to tell people where the database refused a value, as PostgreSQL does a text longer than its column; else
    None. SQLAlchemy's own text has thousands of rows of figures, and the reason far above them."""
    ours = isinstance(error, DataError)
    if not ours and not (type(error).__module__.startswith("psycopg") and _is_data_error(error)):
        return None
    why = str(error.orig if isinstance(error, DataError) else error).strip().splitlines()
    return ValueRefused(
        Message(
            N_(
                "The database refused a value (%(why)s), so nothing was stored; what was stored before stands. The "
                "fault is the program's, not the file's: report these words with the name of the file."
            ),
            {"why": why[0] if why else type(error).__name__},
        )
    )


def _is_data_error(error: BaseException) -> bool:
    # By name, as the driver is only there where PostgreSQL is: COPY gives its errors as they are.
    return any(kind.__name__ == "DataError" for kind in type(error).__mro__)


def disk_trouble(error: BaseException | None) -> ShownToPeople | None:
    """What to tell people where this error, or one that it came from, is that the disk takes nothing; else None."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        original = error.orig if isinstance(error, DBAPIError) else error
        said, state = str(original).casefold(), getattr(original, "sqlstate", None)
        number = error.errno if isinstance(error, OSError) else None
        database = isinstance(error, DBAPIError) or type(error).__module__.startswith(("sqlite3", "psycopg"))
        if number in _FULL_NUMBERS or (database and (state == _FULL_STATE or any(words in said for words in _FULL))):
            return DiskFull(
                Message(
                    N_(
                        "The disk is full, so nothing was stored; what was stored before stands. Make room on the disk "
                        "of the database (df -h shows it), then do it again."
                    )
                )
            )
        read_only = state == _READ_ONLY_STATE or any(words in said for words in _READ_ONLY)
        if number in _READ_ONLY_NUMBERS or (database and read_only):
            return DiskReadOnly(Message(_NOT_WRITTEN))
        error = error.__cause__ or error.__context__
    return None


def opening_trouble(database: str | None) -> ShownToPeople | None:
    """The same where SQLite cannot open a database file that is there: its journal needs a folder that can be written,
    and all that SQLite says is that the file cannot be opened."""
    if not database or not os.path.exists(database):
        return None
    return None if os.access(os.path.dirname(database) or ".", os.W_OK) else DiskReadOnly(Message(_NOT_WRITTEN))
