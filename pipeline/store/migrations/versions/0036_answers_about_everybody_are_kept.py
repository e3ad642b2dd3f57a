"""Answers about everybody are kept, and the few rows of returns that say who prepared them are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_PREPARED = sa.text("prepared_by IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("question", sa.String(40), nullable=False),
        sa.Column("about_hash", sa.String(64), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("stands_for", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("question", "about_hash", name="pk_kept_answer"),
    )
    # A fact gets its column when a database is opened, after its migrations: one of an older catalogue lacks it here.
    if "prepared_by" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("return_row")}:
        op.add_column("return_row", sa.Column("prepared_by", sa.String(), nullable=True))
    op.create_index(
        "ix_return_row_prepared_by",
        "return_row",
        ["prepared_by", "firm_id", "known_on", "return_id"],
        sqlite_where=_PREPARED,
        postgresql_where=_PREPARED,
    )
