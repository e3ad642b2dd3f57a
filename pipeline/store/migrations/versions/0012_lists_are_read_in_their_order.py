"""The list of firms has indexes in the order in which it is shown, on SQLite with what a search looks through."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_LIST = "firm_list_row"
_BY_POINTS, _BY_DISTRICT = "ix_firm_list_row_points", "ix_firm_list_row_district_code_points"


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in (_BY_POINTS, _BY_DISTRICT):
        op.drop_index(name, _LIST)
    points = sa.text("points DESC" if on_sqlite else "points DESC NULLS LAST")
    op.create_index(_BY_POINTS, _LIST, [points, "firm_id", "search"] if on_sqlite else [points, "firm_id"])
    op.create_index(_BY_DISTRICT, _LIST, ["district_code", points, "firm_id"])
