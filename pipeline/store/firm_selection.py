"""Which firms a reading is limited to: all, some by name, or a range of them.

A city is read at once. A province or a nation is read range by range, so that memory does not grow with it: what is
worked out of a firm's own facts comes out the same, to the bit, however the firms are divided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, func, select

from pipeline.store.many_ids import one_of
from pipeline.store.tables import Firm

#: So many firms are read at once.
FIRMS_OF_A_RANGE = 20_000

_Statement = TypeVar("_Statement")


@dataclass(frozen=True)
class FirmRange:
    """The firms from the first id to the last, both counted, in the database's own order of ids."""

    first: str
    last: str


#: None: all firms.
FirmSelection = Sequence[str] | FirmRange | None


def limited(statement: _Statement, column: Any, firms: FirmSelection) -> _Statement:
    """The SELECT limited to these firms."""
    select_of: Any = statement
    if isinstance(firms, FirmRange):
        select_of = select_of.where(column.between(firms.first, firms.last))
    elif firms is not None:
        select_of = select_of.where(one_of(column, firms))
    return cast(_Statement, select_of)


def ranges_of(connection: Connection, cohort: str, size: int = FIRMS_OF_A_RANGE) -> list[FirmRange]:
    """Ranges of at most `size` firms, in order, in which each firm of the cohort is once; firms of another cohort may
    lie between them."""
    place = (func.row_number().over(order_by=Firm.id) - 1).label("place")
    numbered = select(Firm.id, place).where(Firm.cohort == cohort).subquery()
    part = numbered.c.place // size
    statement = select(func.min(numbered.c.id), func.max(numbered.c.id)).group_by(part).order_by(part)
    return [FirmRange(first, last) for first, last in connection.execute(statement)]
