"""Whom an account chose to visit in a week."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "visit_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("firms", _DOCUMENT, nullable=False),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visit_choice"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_visit_choice_account_id_account"),
        sa.UniqueConstraint("account_id", "week", name="uq_visit_choice_account_id"),
    )
