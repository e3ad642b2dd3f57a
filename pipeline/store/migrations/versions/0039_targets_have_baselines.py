"""Baselines of targets that somebody entered, where no fact tells them."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_STANDS = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "target_baseline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("district_code", sa.String(12), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(80), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_target_baseline"),
    )
    op.create_index(
        "uq_target_baseline_stands",
        "target_baseline",
        ["plan", "target", "district_code"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
