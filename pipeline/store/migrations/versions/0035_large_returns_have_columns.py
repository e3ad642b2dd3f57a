"""The rows of large returns once more as columns; those of before have none, and their rows are read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("returns", sa.Column("kept_columns", _DOCUMENT, nullable=True))
    op.create_table(
        "return_columns",
        sa.Column("return_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("first_firm", sa.String(40), nullable=False),
        sa.Column("last_firm", sa.String(40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("return_id", "part", name="pk_return_columns"),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name="fk_return_columns_return_id_returns"),
    )
