"""The checked rows of a file, laid aside until they are stored, and read back in pieces.

A province's file has millions of rows; checking, comparing and storing takes some at a time, in the order of the file
or by whole firms. What is needed of all rows at once (whose a row is, its period, its place) stays in memory as small
numbers; the figures lie in memory while they are few, else in a file without a name, which is gone with the process.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.catalog import Fact

#: Rows that are compared at once, unless a single firm has more: 100,000 rows of 50 figures are some 40 MB.
ROWS_OF_A_PART = 100_000
_BYTES_IN_MEMORY = 32_000_000


@dataclass
class ReadSheet:
    """Rows of one sheet, some or all of them.

    `rows`: firm_id, year, months, known_on, row (from 0) and a column per fact in base units for returns; firm_id,
    kind, board, occurred_on, known_on (NaT: not said), name, precision, row for events. `columns` and `headings`:
    where each field stands.
    """

    name: str
    rows: pd.DataFrame
    columns: dict[str, int]
    headings: dict[str, str]
    facts: list[Fact] = field(default_factory=list)


class FirmNumbers:
    """The firms of a file, numbered as they come. `names`: of those that have one, the last that the file gives."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.names: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def ids(self) -> list[str]:
        """The firms' ids, in the order of their numbers."""
        return list(self._numbers)

    def take_in(self, rows: pd.DataFrame) -> np.ndarray:
        """The numbers of the rows' firms: int32."""
        codes, ids = pd.factorize(rows["firm_id"])
        numbers = [self._numbers.setdefault(firm, len(self._numbers)) for firm in ids.tolist()]
        if "name" in rows:
            named = rows[["firm_id", "name"]].dropna().drop_duplicates("firm_id", keep="last")
            self.names.update((firm, name) for firm, name in named.itertuples(index=False) if firm)
        return np.array(numbers, dtype=np.int32)[codes]


class _Block(NamedTuple):
    """Where the rows from `first` up to `last` lie among the bytes that are laid aside."""

    first: int
    last: int
    begins: int
    ends: int


class CheckedSheet:
    """The rows of one sheet that could be read, in the order of the sheet.

    `firm`: the number of each row's firm; `row`: where it stands; `year` and `months`: of returns; all int32. `stated`:
    the facts of which some row states one. `restated`: which rows restate an earlier statement, once that is known.
    """

    def __init__(self, name: str, columns: dict[str, int], headings: dict[str, str], facts: list[Fact]) -> None:
        self.name, self.columns, self.headings, self.facts = name, columns, headings, facts
        self.stated: set[str] = set()
        self.firm = self.row = self.year = self.months = np.empty(0, dtype=np.int32)
        self.restated = np.empty(0, dtype=bool)
        self._aside = tempfile.SpooledTemporaryFile(max_size=_BYTES_IN_MEMORY)  # noqa: SIM115 - it ends with the sheet
        self._schema: pa.Schema | None = None
        self._blocks: list[_Block] = []

    def __len__(self) -> int:
        return len(self.row)

    def add(self, rows: pd.DataFrame, firm: np.ndarray) -> None:
        """Add the next rows, and of which firms they are, by number."""
        if self._schema is None:
            self._schema = pa.schema([(str(name), _kind(rows[name])) for name in rows])
        if rows.empty:
            return
        first = len(self)
        self.firm, self.row = np.append(self.firm, firm), np.append(self.row, rows["row"].to_numpy(np.int32))
        if "year" in rows:
            self.year = np.append(self.year, rows["year"].to_numpy(np.int32))
            self.months = np.append(self.months, rows["months"].to_numpy(np.int32))
        self.restated = np.zeros(len(self), dtype=bool)
        self.stated |= {fact.name for fact in self.facts if rows[fact.name].notna().any()}
        table = pa.Table.from_pandas(rows, self._schema, preserve_index=False)
        (batch,) = table.combine_chunks().to_batches()
        begins = self._aside.seek(0, 2)
        self._aside.write(batch.serialize())
        self._blocks.append(_Block(first, len(self), begins, self._aside.tell()))

    def in_order(self, columns: Sequence[str] | None = None) -> Iterator[tuple[slice, ReadSheet]]:
        """All rows in the order of the sheet, some at a time, each time with their places; only `columns` of them."""
        for block in self._blocks:
            batch = self._read(block)
            yield slice(block.first, block.last), self._sheet([batch if columns is None else batch.select(columns)])

    def of(self, chosen: np.ndarray) -> ReadSheet:
        """The rows that are chosen (a flag a row), in the order of the sheet."""
        some = [(block, chosen[block.first : block.last]) for block in self._blocks]
        read = [self._read(block).filter(pa.array(flags)) for block, flags in some if flags.any()]
        return self._sheet(read)

    def whole(self) -> ReadSheet:
        """All rows, where they are few enough."""
        return self._sheet([self._read(block) for block in self._blocks])

    def _read(self, block: _Block) -> pa.RecordBatch:
        self._aside.seek(block.begins)
        return pa.ipc.read_record_batch(pa.py_buffer(self._aside.read(block.ends - block.begins)), self._schema)

    def _sheet(self, read: Sequence[pa.RecordBatch]) -> ReadSheet:
        table = pa.Table.from_batches(read, read[0].schema if read else self._schema)
        return ReadSheet(self.name, table.to_pandas(), self.columns, self.headings, self.facts)


@dataclass(frozen=True)
class Part:
    """The rows of some firms, wherever they stand in the file; no firm is in two parts."""

    _sheets: Sequence[CheckedSheet]
    _firms: np.ndarray | None  # a flag a firm, None: all

    def chosen(self) -> list[np.ndarray]:
        """Of each sheet, which rows are in the part."""
        return [np.ones(len(one), bool) if self._firms is None else self._firms[one.firm] for one in self._sheets]

    def sheets(self) -> list[ReadSheet]:
        """Of each sheet the rows of the part, none perhaps."""
        return [one.of(chosen) for one, chosen in zip(self._sheets, self.chosen(), strict=True)]


def parts_of(sheets: Sequence[CheckedSheet], firms: Sequence[str]) -> list[Part]:
    """The rows in parts of whole firms, which follow each other in the order of the firms' ids; few rows are one."""
    rows = sum((np.bincount(one.firm, minlength=len(firms)) for one in sheets), np.zeros(len(firms), dtype=np.int64))
    if rows.sum() <= ROWS_OF_A_PART:
        return [Part(sheets, None)]
    order = np.argsort(np.array(firms, dtype=object), kind="stable")
    part = np.empty(len(firms), dtype=np.int64)
    part[order] = (np.cumsum(rows[order]) - 1) // ROWS_OF_A_PART
    return [Part(sheets, part == one) for one in np.unique(part)]


def _kind(column: pd.Series) -> pa.DataType:
    if pd.api.types.is_float_dtype(column.dtype):
        return pa.float64()
    if pd.api.types.is_integer_dtype(column.dtype):
        return pa.int64()
    return pa.timestamp("s") if pd.api.types.is_datetime64_dtype(column.dtype) else pa.large_string()
