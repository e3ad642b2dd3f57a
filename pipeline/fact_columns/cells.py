"""Rows of returns as arrays, a column each: not made into Python's types one by one before they are columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select

from pipeline.catalog import catalog
from pipeline.store.tables import Return, ReturnRow

FULL_YEAR_MONTHS = 12
#: Few enough that the rows of a block are let go before the collector of garbage looks at them again and again.
ROWS_AT_ONCE = 2_000

ROW = ReturnRow.__table__.c
#: What is read about a row beside its figures.
ABOUT = {"id": ROW.id, "known_on": ROW.known_on, "source": Return.source, "stated": Return.stated}
KINDS = {"firm_id": "O", "year": "i8", "id": "i8", "known_on": "M8[D]", "source": "O"}

Arrays = dict[str, np.ndarray]


def rows(connection: Connection, statement: Select[Any], about: Sequence[str], names: Sequence[str]) -> Arrays:
    """The rows of a statement that selects firm_id and year, with these columns (ABOUT) and facts too."""
    columns, blocks = read(connection, statement.add_columns(*asked(about, names)), about, names)
    found = [arrays(dict(zip(columns, zip(*block, strict=True), strict=True))) for block in blocks]
    return joined(found) if found else {name: np.empty(0, dtype=kind(name)) for name in columns}


def joined(parts: Sequence[Arrays]) -> Arrays:
    """The rows of one part after those of the other; all have the same columns."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def asked(about: Iterable[str], names: Iterable[str]) -> list[Any]:
    return [*(ABOUT[name] for name in about), *(ROW[name] for name in names)]


def read(
    connection: Connection,
    statement: Select[Any],
    about: Sequence[str],
    names: Sequence[str],
    given: Mapping[str, Any] | None = None,
) -> tuple[list[str], Iterator[Sequence[tuple[Any, ...]]]]:
    """The names of the columns and the rows in blocks, in the driver's own values (SQLite: days as text, yes and no as
    1 and 0)."""
    result = connection.execute(statement, given)
    assert result.cursor is not None  # a SELECT has one
    return ["firm_id", "year", *about, *names], _blocks(result.cursor)


def _blocks(cursor: Any) -> Iterator[Sequence[tuple[Any, ...]]]:
    while block := cursor.fetchmany(ROWS_AT_ONCE):
        yield block


def arrays(cells: Mapping[str, Sequence[Any]]) -> Arrays:
    # numpy reads None as NaN among floats and as NaT among days.
    return {name: np.array(column, dtype=kind(name)) for name, column in cells.items()}


def kind(name: str) -> str:
    """The dtype of a column: float64 for figures and yes or no, seconds for days, Python's texts for words."""
    if name in KINDS:
        return KINDS[name]
    fact = catalog()[name]
    return "f8" if fact.numeric else "M8[s]" if fact.type == "date" else "O"
