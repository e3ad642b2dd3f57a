"""The rows of large returns once more as columns, which is how all firms are read.

A database gives rows, and each of their values becomes one of Python's before it is in a column: most of the time that
the facts of a province take. The rows of a return are never changed, so those of a large one are kept beside them in
parts of some thousand, sorted by firm, each column in one piece (Arrow, packed). The return, which the trail seals, has
the fingerprint of every part: a part that is another is not read, and the rows are. Returns of before have no columns,
nor have small ones; of these the rows are read.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select, update

from pipeline.catalog import catalog
from pipeline.fact_columns.cells import FULL_YEAR_MONTHS, ROW, Arrays, joined, kind, rows
from pipeline.store.many_ids import without_index
from pipeline.store.tables import Return, ReturnColumns

#: A return with fewer rows is read as quickly row by row.
LEAST_ROWS = 2_000
ROWS_OF_A_PART = 4_096
#: Rows that are in memory at once while their columns are made.
_ROWS_AT_ONCE = 100_000
_ALWAYS = ("firm_id", "year", "id", "known_on")
_log = logging.getLogger(__name__)


def keep_columns(connection: Connection, return_id: int, row_count: int) -> None:
    """Keep the full years of a return, whose rows have just been stored, as columns; nothing of few rows, nor where it
    is not known what they state."""
    stated = connection.scalar(select(Return.stated).where(Return.id == return_id))
    if stated is None or row_count < LEAST_ROWS:
        return
    names = [name for name in catalog() if name in stated]
    fingerprints: list[str] = []
    for some in _in_the_order_of_firms(connection, return_id, row_count, names):
        for at in range(0, len(some["firm_id"]), ROWS_OF_A_PART):
            part = {name: column[at : at + ROWS_OF_A_PART] for name, column in some.items()}
            content = _packed(part)
            firms = part["firm_id"]
            about = {"return_id": return_id, "part": len(fingerprints), "content": content}
            about |= {"first_firm": min(firms), "last_firm": max(firms)}
            connection.execute(insert(ReturnColumns).values(**about))
            fingerprints.append(hashlib.sha256(content).hexdigest())
    connection.execute(update(Return).where(Return.id == return_id).values(kept_columns=fingerprints))


def _in_the_order_of_firms(
    connection: Connection, return_id: int, row_count: int, names: Sequence[str]
) -> Iterator[Arrays]:
    """The full years of a return, some firms at a time."""
    about, every = ["id", "known_on"], select(ROW.firm_id, ROW.year).where(ROW.months == FULL_YEAR_MONTHS)
    if row_count <= _ROWS_AT_ONCE:
        yield _sorted(rows(connection, every.where(ROW.return_id == return_id), about, names))
        return
    of_return = select(ROW.firm_id).where(ROW.return_id == return_id).order_by(ROW.firm_id)
    firms = list(connection.scalars(of_return))  # a firm once for each of its rows
    at = 0
    while at < len(firms):
        last = firms[min(at + _ROWS_AT_ONCE, len(firms)) - 1]
        end = at + _ROWS_AT_ONCE
        while end < len(firms) and firms[end] == last:
            end += 1
        of_some = every.where(without_index(ROW.return_id) == return_id, ROW.firm_id.between(firms[at], last))
        yield _sorted(rows(connection, of_some, about, names))
        at = end


def _sorted(found: Arrays) -> Arrays:
    order = np.lexsort((found["id"], found["firm_id"].astype(str)))
    return {name: column[order] for name, column in found.items()}


def kept_of(
    connection: Connection,
    returns: Mapping[int, Sequence[str]],
    firms: Collection[str] | None,
    names: Sequence[str],
) -> tuple[Arrays | None, list[int]]:
    """What these returns state in full years about these firms (None: all), from their columns: firm_id, year, id,
    known_on and these facts; None where it is nothing. And the returns of which the rows have to be read.

    `returns`: by its number, the fingerprints of the parts of each. A fact that a return does not state is blank.
    """
    import pandas as pd

    wanted = None if firms is None else frozenset(firms)
    first, last = (min(wanted, default=""), max(wanted, default="")) if wanted is not None else ("", "")
    parts: dict[int, list[int]] = defaultdict(list)
    there: dict[int, int] = defaultdict(int)
    about = select(ReturnColumns.return_id, ReturnColumns.part, ReturnColumns.first_firm, ReturnColumns.last_firm)
    for number, part, begins, ends in connection.execute(about.where(ReturnColumns.return_id.in_(returns))).all():
        there[number] += 1
        # Compared here, by the signs themselves: an order of the database's own may be another tomorrow.
        if wanted is None or (begins <= last and first <= ends):
            parts[number].append(part)
    found: list[Arrays] = []
    others = []
    for number, fingerprints in returns.items():
        own = _read(connection, number, parts[number], fingerprints, names) if there[number] else None
        if own is None or there[number] != len(fingerprints):
            _log.warning("The columns of return %s are not those that were kept: its rows are read.", number)
            others.append(number)
        else:
            found += own
    if not found:
        return None, others
    every = joined(found)
    if wanted is None:
        return every, others
    chosen = pd.Series(every["firm_id"], dtype=object).isin(wanted).to_numpy()
    return {name: column[chosen] for name, column in every.items()}, others


def _read(
    connection: Connection, return_id: int, parts: Sequence[int], fingerprints: Sequence[str], names: Sequence[str]
) -> list[Arrays] | None:
    """The parts of a return; None where one is not what was kept."""
    of_return = select(ReturnColumns.part, ReturnColumns.content).where(ReturnColumns.return_id == return_id)
    found = []
    for part, content in connection.execute(of_return.where(ReturnColumns.part.in_(parts))):
        if part >= len(fingerprints) or hashlib.sha256(content).hexdigest() != fingerprints[part]:
            return None
        found.append(_unpacked(content, names))
    return found


def _packed(columns: Arrays) -> bytes:
    import pyarrow as pa

    table = pa.table({name: _arrow(column) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _arrow(column: np.ndarray) -> Any:
    import pyarrow as pa

    if column.dtype == object:
        return pa.array(column, type=pa.string(), from_pandas=True).dictionary_encode()
    return pa.array(column)


def _unpacked(content: bytes, names: Sequence[str]) -> Arrays:
    import pyarrow as pa

    with pa.ipc.open_file(pa.py_buffer(content)) as reader:
        stated = {name: place for place, name in enumerate(reader.schema.names)}
        asked = [*_ALWAYS, *names]
        fields = [stated[name] for name in asked if name in stated]
    with pa.ipc.open_file(pa.py_buffer(content), options=pa.ipc.IpcReadOptions(included_fields=fields)) as reader:
        table = reader.read_all()
    count = table.num_rows
    return {name: _array(table[name], name) if name in stated else _blank(name, count) for name in asked}


def _array(column: Any, name: str) -> np.ndarray:
    import pyarrow as pa

    whole = column.combine_chunks()
    if isinstance(whole, pa.DictionaryArray):
        words = np.array([*whole.dictionary.to_pylist(), None], dtype=object)
        return words[whole.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)]
    return np.asarray(whole.to_numpy(zero_copy_only=False)).astype(kind(name), copy=False)


def _blank(name: str, count: int) -> np.ndarray:
    return np.array([None] * count, dtype=kind(name))
