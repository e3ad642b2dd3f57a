"""Officers put labels on firms."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "firm_label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("label", sa.String(30), nullable=False),
        sa.Column("put_by", sa.String(80), nullable=False),
        sa.Column("put_at", sa.DateTime(), nullable=False),
        sa.Column("taken_by", sa.String(80), nullable=True),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_firm_label"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_label_firm_id_firm"),
    )
    op.create_index(
        "uq_firm_label_stands",
        "firm_label",
        ["firm_id", "label"],
        unique=True,
        sqlite_where=sa.text("taken_at IS NULL"),
        postgresql_where=sa.text("taken_at IS NULL"),
    )
