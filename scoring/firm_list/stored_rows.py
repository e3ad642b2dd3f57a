"""The table `firm_list_row`, read and written: frames with index firm_id, None or NaN where nothing is known."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, select

from pipeline.store.engines.search_index import signs_of
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.many_ids import one_of
from pipeline.store.many_rows import frame_of, insert_rows, update_rows
from pipeline.store.tables import FirmListRow
from pipeline.wording.spelling import folded, pinyin_of

if TYPE_CHECKING:
    import pandas as pd

_TABLE: Any = FirmListRow.__table__
_ROWS_AT_ONCE = 20_000
#: What of a row search_text is made of.
SEARCHED = ("firm_id", "name", "industry_code", "former_names")


def insert_listed(connection: Connection, table: "pd.DataFrame") -> None:
    """Store whole rows of firms that have none; `table`: index firm_id, the columns of every part."""
    for at in range(0, len(table), _ROWS_AT_ONCE):
        columns = as_stored(_TABLE, table.iloc[at : at + _ROWS_AT_ONCE].reset_index())
        columns["search"] = [search_text(*row) for row in zip(*(columns[name] for name in SEARCHED), strict=True)]
        columns["signs"] = [signs_of(text) for text in columns["search"]]
        insert_rows(connection, FirmListRow, list(columns), zip(*columns.values(), strict=True))


def update_listed(connection: Connection, table: "pd.DataFrame", columns: Sequence[str]) -> None:
    """Write these columns of firms that have a row; `table`: index firm_id."""
    values = as_stored(_TABLE, table[list(columns)])
    keyed = zip(*values.values(), table.index.tolist(), strict=True)
    update_rows(connection, FirmListRow, "firm_id", list(values), keyed)


def update_search(connection: Connection, firms: Sequence[str]) -> None:
    """After something of SEARCHED has changed: what a search looks through."""
    wanted = select(*(_TABLE.c[name] for name in SEARCHED)).where(one_of(_TABLE.c.firm_id, firms))
    searched = [(search_text(*row), row.firm_id) for row in connection.execute(wanted)] if firms else []
    spelt = ((text, signs_of(text), firm) for text, firm in searched)
    update_rows(connection, FirmListRow, "firm_id", ["search", "signs"], spelt)


def search_text(
    firm_id: str, name: str | None, industry_code: str | None = None, former_names: str | None = None
) -> str:
    """What a search looks through, folded: name, code, industry, former names, and pinyin and initials of each name, a
    line each."""
    names = [folded(each) for each in ((name or firm_id), *(former_names or "").split("\n")) if each]
    spelt = [line for each in names for line in pinyin_of(each) if line]
    return "\n".join([names[0], folded(firm_id), folded(industry_code or ""), *names[1:], *spelt])


def wrong_searches(connection: Connection, firms: FirmSelection) -> list[str]:
    """The firms whose row is looked through for something else than it says."""
    wanted = select(*(_TABLE.c[name] for name in SEARCHED), _TABLE.c.search, _TABLE.c.signs)
    rows = connection.execute(limited(wanted.order_by(_TABLE.c.firm_id), _TABLE.c.firm_id, firms)).all()
    anew = [search_text(*row[:-2]) for row in rows]
    return [
        row.firm_id for row, text in zip(rows, anew, strict=True) if (row.search, row.signs) != (text, signs_of(text))
    ]


def stored_rows(connection: Connection, firms: FirmSelection, parts: Sequence[str]) -> "pd.DataFrame":
    """The columns of these parts as they are stored, of these firms (None: all), index firm_id sorted."""
    from scoring.firm_list.rows import COLUMNS

    names = [name for part in parts for name in COLUMNS[part]]
    statement = select(_TABLE.c.firm_id, *(_TABLE.c[name] for name in names)).order_by(_TABLE.c.firm_id)
    statement = limited(statement, _TABLE.c.firm_id, firms)
    return frame_of(connection, statement, ["firm_id", *names]).set_index("firm_id")


def differing(stored: "pd.DataFrame", anew: "pd.DataFrame") -> "pd.DataFrame":
    """Which cells differ, in the shape of `stored`; nothing known equals nothing known. Both have the same index."""
    one, other = _plain(stored), _plain(anew[list(stored)])
    return (one != other) & ~(one.isna() & other.isna())


def _plain(table: "pd.DataFrame") -> "pd.DataFrame":
    """Days as days without a time, numbers and flags as they compare, None for what is not known."""
    import pandas as pd

    plain = pd.DataFrame(index=table.index)
    for name in table:
        values = table[name]
        if name.endswith("_on"):
            values = pd.to_datetime(values)
        plain[name] = values.astype(object).where(values.notna(), None)
    return plain


def as_stored(table: Table, rows: "pd.DataFrame") -> dict[str, list[Any]]:
    """Columns, which are columns of the table, as many_rows.py takes them: Python's own values, days as text, None for
    what is not known."""
    import pandas as pd

    columns = {}
    for name in rows:
        values, kind = rows[name], table.c[name].type.python_type
        known = values.notna().to_numpy()
        if kind is date:
            made = pd.to_datetime(values).dt.strftime("%Y-%m-%d").tolist()
        elif kind is str:
            made = values.tolist()
        else:
            made = values.where(known, 0).astype(kind).tolist()
        columns[str(name)] = [value if there else None for value, there in zip(made, known.tolist(), strict=True)]
    return columns
