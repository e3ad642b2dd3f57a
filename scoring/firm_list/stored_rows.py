"""The table `firm_list_row`, read and written: frames with index firm_id, None or NaN where nothing is known."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from pipeline.store.engines.search_index import signs_of
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.tables import FirmListRow
from pipeline.wording.spelling import folded, pinyin_of

if TYPE_CHECKING:
    import pandas as pd

_TABLE: Any = FirmListRow.__table__
_ROWS_AT_ONCE = 20_000
#: What of a row search_text is made of.
SEARCHED = ("firm_id", "name", "industry_code", "former_names")


def insert_rows(connection: Connection, table: "pd.DataFrame") -> None:
    """Store whole rows of firms that have none; `table`: index firm_id, the columns of every part."""
    rows = as_stored(_TABLE, table.reset_index())
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[at : at + _ROWS_AT_ONCE]
        searched = [search_text(*(row[name] for name in SEARCHED)) for row in some]
        made = [row | {"search": text, "signs": signs_of(text)} for row, text in zip(some, searched, strict=True)]
        connection.execute(insert(_TABLE), made)


def update_rows(connection: Connection, table: "pd.DataFrame", columns: Sequence[str]) -> None:
    """Write these columns of firms that have a row; `table`: index firm_id."""
    statement = update(_TABLE).where(_TABLE.c.firm_id == bindparam("key"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in columns})
    rows = as_stored(_TABLE, table.reset_index())
    if rows:
        changed = [{"key": row["firm_id"], **{f"new_{name}": row[name] for name in columns}} for row in rows]
        connection.execute(statement, changed)


def update_search(connection: Connection, firms: Sequence[str]) -> None:
    """After something of SEARCHED has changed: what a search looks through."""
    wanted = select(*(_TABLE.c[name] for name in SEARCHED))
    statement = update(_TABLE).where(_TABLE.c.firm_id == bindparam("key"))
    statement = statement.values(search=bindparam("new_search"), signs=bindparam("new_signs"))
    for at in range(0, len(firms), 500):
        rows = connection.execute(wanted.where(_TABLE.c.firm_id.in_(firms[at : at + 500]))).all()
        searched = {row.firm_id: search_text(*row) for row in rows}
        connection.execute(
            statement,
            [{"key": firm, "new_search": text, "new_signs": signs_of(text)} for firm, text in searched.items()],
        )


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
    import pandas as pd

    from scoring.firm_list.rows import COLUMNS

    names = [name for part in parts for name in COLUMNS[part]]
    statement = select(_TABLE.c.firm_id, *(_TABLE.c[name] for name in names)).order_by(_TABLE.c.firm_id)
    statement = limited(statement, _TABLE.c.firm_id, firms)
    return pd.DataFrame(connection.execute(statement).all(), columns=["firm_id", *names]).set_index("firm_id")


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


def as_stored(table: Table, rows: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows, whose columns are columns of the table, as the database takes them."""
    import pandas as pd

    columns = {}
    for name in rows:
        values, kind = rows[name], table.c[name].type.python_type
        known = values.notna().to_numpy()
        if kind is date:
            made = [day.date() if ok else None for day, ok in zip(pd.to_datetime(values), known, strict=True)]
        else:
            made = [kind(value) if ok else None for value, ok in zip(values.tolist(), known, strict=True)]
        columns[str(name)] = made
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
