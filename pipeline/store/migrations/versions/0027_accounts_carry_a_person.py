"""Accounts carry the name, unit and phone of their person; somebody is invited by a link that opens once."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("account", sa.Column("person_name", sa.String(80), nullable=True))
    op.add_column("account", sa.Column("unit", sa.String(120), nullable=True))
    op.add_column("account", sa.Column("phone", sa.String(40), nullable=True))
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id_account"),
        sa.UniqueConstraint("account_id", name="uq_invitation_account_id"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
    )
