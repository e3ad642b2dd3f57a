"""An import and a refused file know whose district's officer brought it; returns have a due day and are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    for table in ("import", "refused_import"):
        op.add_column(table, sa.Column("district_code", sa.String(12), nullable=True))
    op.create_table(
        "return_due",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(80), nullable=False),
        sa.Column("set_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_return_due"),
    )
    op.create_index("ix_return_due_year", "return_due", ["year"])
    op.create_table(
        "return_asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_return_asked"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_return_asked_firm_id_firm"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_return_asked_message_id_message"),
    )
    op.create_index("ix_return_asked_year_firm_id", "return_asked", ["year", "firm_id"])
