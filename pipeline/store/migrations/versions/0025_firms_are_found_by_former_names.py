"""A row of the list holds what else its firm was called; the list is worked out anew by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("firm_list_row", sa.Column("former_names", sa.Text(), nullable=True))
