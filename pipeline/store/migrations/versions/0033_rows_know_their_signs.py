"""A row of the list knows which signs its text may hold, and on SQLite its indexes have them before the text."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_LIST, _ROWS_AT_ONCE = "firm_list_row", 20_000
_BY_POINTS, _BY_DISTRICT = "ix_firm_list_row_points", "ix_firm_list_row_district_code_points"


def upgrade() -> None:
    op.add_column(_LIST, sa.Column("signs", sa.BigInteger(), nullable=True))
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        found = ["firm_id", "signs", "search"]
        for name, order in ((_BY_POINTS, []), (_BY_DISTRICT, ["district_code"])):
            op.drop_index(name, _LIST)
            op.create_index(name, _LIST, [*order, sa.text("points DESC"), *found])


def _fill(connection: sa.Connection) -> None:
    row = sa.table(_LIST, sa.column("firm_id"), sa.column("search"), sa.column("signs"))
    searched = connection.execute(sa.select(row.c.firm_id, row.c.search).where(row.c.search.is_not(None))).all()
    statement = sa.update(row).where(row.c.firm_id == sa.bindparam("key")).values(signs=sa.bindparam("made"))
    for at in range(0, len(searched), _ROWS_AT_ONCE):
        some = searched[at : at + _ROWS_AT_ONCE]
        connection.execute(statement, [{"key": firm, "made": _signs_of(text)} for firm, text in some])


def _signs_of(text: str) -> int:
    """As the program of this version has it (engines/search_index.py)."""
    bits = 0
    for sign in text:
        if not sign.isascii() and sign not in "有限公司股份科技责任集团实业":
            bits |= 1 << ord(sign) % 63
    return bits
