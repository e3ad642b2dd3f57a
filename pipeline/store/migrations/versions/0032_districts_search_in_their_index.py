"""On SQLite the index of a district's list has what a search looks through, as that of the whole list has."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

_LIST, _BY_DISTRICT = "firm_list_row", "ix_firm_list_row_district_code_points"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(_BY_DISTRICT, _LIST)
        op.create_index(_BY_DISTRICT, _LIST, ["district_code", sa.text("points DESC"), "firm_id", "search"])
