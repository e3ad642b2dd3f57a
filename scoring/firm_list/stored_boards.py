"""The table `firm_board_row`, read and written: frames with index firm_id and board, columns rows.BOARD_COLUMNS."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select

from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.many_rows import frame_of, insert_rows
from pipeline.store.tables import FirmBoardRow
from scoring.firm_list.stored_rows import as_stored

if TYPE_CHECKING:
    import pandas as pd

_TABLE: Any = FirmBoardRow.__table__
_KEYS = ["firm_id", "board"]


def stored_boards(connection: Connection, firms: FirmSelection) -> "pd.DataFrame":
    """How these firms (None: all) stand to each board, as it is stored; None or NaN where a number is not known."""
    from scoring.firm_list.rows import BOARD_COLUMNS

    columns = [*_KEYS, *BOARD_COLUMNS]
    statement = select(*(_TABLE.c[name] for name in columns)).order_by(*(_TABLE.c[name] for name in _KEYS))
    return frame_of(connection, limited(statement, _TABLE.c.firm_id, firms), columns).set_index(_KEYS)


def differing_boards(stored: "pd.DataFrame", anew: "pd.DataFrame") -> "pd.DataFrame":
    """Which cells differ: index the keys of either, columns of both; a row that one of them lacks differs in all."""
    keys = stored.index.union(anew.index)
    one, other = stored.reindex(keys), anew.reindex(keys)
    return (one != other) & ~(one.isna() & other.isna())


def write_boards(connection: Connection, firms: FirmSelection, anew: "pd.DataFrame") -> None:
    """The rows of these firms become those of `anew`; those that are so already are not touched."""
    wrong = differing_boards(stored_boards(connection, firms), anew).any(axis=1)
    if not wrong.any():
        return
    touched = sorted(set(wrong.index[wrong.to_numpy()].get_level_values("firm_id")))
    connection.execute(limited(delete(_TABLE), _TABLE.c.firm_id, touched))
    columns = as_stored(_TABLE, anew[anew.index.get_level_values("firm_id").isin(touched)].reset_index())
    insert_rows(connection, FirmBoardRow, list(columns), zip(*columns.values(), strict=True))
