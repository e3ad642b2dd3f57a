"""The table `firm_list_count`: how many stored rows are alike in all that is counted, so that no count reads all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, case, cast, delete, func, insert, select, update

from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.tables import FirmListCount, FirmListRow
from pipeline.store.trail.touched import ABOUT, SCORES, TUTORING, WAY

_TABLE: Any = FirmListCount.__table__
#: What rows are counted by, each of a row of the list.
DIMENSIONS: dict[str, Any] = {
    "district_code": func.coalesce(FirmListRow.district_code, ""),
    "pool": func.coalesce(FirmListRow.pool, ""),
    "furthest": func.coalesce(FirmListRow.furthest, ""),
    "stands": func.coalesce(FirmListRow.stands, ""),
    "scored": FirmListRow.points.is_not(None),
    "points_from": case((FirmListRow.points.is_not(None), cast(func.floor(FirmListRow.points), Integer)), else_=0),
}
#: The parts of a row that hold a dimension.
COUNTED_PARTS = (ABOUT, SCORES, TUTORING, WAY)
#: Of more rows than these it is quicker to count all anew.
_MANY_ROWS = 5_000

_Counts = dict[tuple[Any, ...], int]


def recount(connection: Connection) -> None:
    """Count every stored row anew."""
    connection.execute(delete(_TABLE))
    connection.execute(insert(_TABLE).from_select([*DIMENSIONS, "firms"], _counting(None)))


@contextmanager
def counts_follow(connection: Connection, firms: Sequence[str]) -> Iterator[None]:
    """While the rows of these firms are written: afterwards the counts are those of the rows again."""
    if len(firms) > _MANY_ROWS:
        yield
        recount(connection)
        return
    before = _counted(connection, firms)
    yield
    after = _counted(connection, firms)
    _add(connection, {key: after.get(key, 0) - before.get(key, 0) for key in before.keys() | after.keys()})


def differing_counts(connection: Connection) -> int:
    """How many of the stored counts are not those of the stored rows."""
    stored: _Counts = {tuple(key): firms for *key, firms in connection.execute(select(_TABLE))}
    anew = _counted(connection, None)
    return sum(stored.get(key) != anew.get(key) for key in stored.keys() | anew.keys())


def counting_rows() -> Any:
    """A SELECT of every row of the list that says by what it is counted."""
    return select(*(expression.label(name) for name, expression in DIMENSIONS.items()))


def _counting(firms: FirmSelection) -> Any:
    row = limited(counting_rows(), FirmListRow.firm_id, firms).subquery().c
    dimensions = [row[name] for name in DIMENSIONS]
    return select(*dimensions, func.count().label("firms")).group_by(*dimensions)


def _counted(connection: Connection, firms: FirmSelection) -> _Counts:
    rows = connection.execute(_counting(firms)).all() if firms is None or firms else []
    return {(*key[:4], bool(key[4]), key[5]): count for *key, count in rows}


def _add(connection: Connection, more: _Counts) -> None:
    """Add to the counts what is not 0; a count of none is no row."""
    given = [{f"its_{name}": value for name, value in zip(DIMENSIONS, key, strict=True)} for key in more]
    moved = [{**key, "more": count} for key, count in zip(given, more.values(), strict=True) if count]
    its = and_(*(_TABLE.c[name] == bindparam(f"its_{name}") for name in DIMENSIONS))
    for change in moved:
        added = connection.execute(update(_TABLE).where(its).values(firms=_TABLE.c.firms + bindparam("more")), change)
        if not added.rowcount:
            row = {name: change[f"its_{name}"] for name in DIMENSIONS}
            connection.execute(insert(_TABLE).values(**row, firms=change["more"]))
    if moved:
        connection.execute(delete(_TABLE).where(_TABLE.c.firms == 0))
