"""Leaders of the city, the counties and the towns stand by firms."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "case_leader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("post", sa.String(80), nullable=True),
        sa.Column("named_by", sa.String(80), nullable=False),
        sa.Column("named_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(80), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_case_leader"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_leader_case_id_case"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_case_leader_account_id_account"),
    )
    op.create_index("ix_case_leader_account_id", "case_leader", ["account_id"])
    op.create_index(
        "uq_case_leader_stands",
        "case_leader",
        ["case_id", "level"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
