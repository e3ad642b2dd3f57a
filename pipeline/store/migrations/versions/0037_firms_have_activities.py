"""Activities of firms: platforms, projects, rounds, loans, recognitions, each with its days."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "firm_activity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("level", sa.String(40), nullable=True),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("counterpart", sa.String(200), nullable=True),
        sa.Column("outcome", sa.String(200), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.String(80), nullable=True),
        sa.Column("entered_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_activity_firm_id_firm"),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_firm_activity_import_id_import"),
        sa.PrimaryKeyConstraint("id", name="pk_firm_activity"),
    )
    op.create_index("ix_firm_activity_firm_id", "firm_activity", ["firm_id"])
    op.create_index("ix_firm_activity_import_id", "firm_activity", ["import_id"])
    op.create_index("ix_firm_activity_kind_occurred_on", "firm_activity", ["kind", "occurred_on"])
