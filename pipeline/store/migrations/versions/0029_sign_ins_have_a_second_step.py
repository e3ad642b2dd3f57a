"""A sign-in may ask for a code of a phone; accounts of the city's providers are bound to accounts here."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "second_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(400), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_second_step"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_second_step_account_id_account"),
        sa.UniqueConstraint("account_id", name="uq_second_step_account_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id_account"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "outside_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("shown_name", sa.String(80), nullable=True),
        sa.Column("asked_role", sa.String(40), nullable=True),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("bound_by", sa.String(80), nullable=True),
        sa.Column("bound_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outside_account"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_outside_account_account_id_account"),
        sa.UniqueConstraint("issuer", "subject", name="uq_outside_account_issuer"),
        sa.UniqueConstraint("account_id", "issuer", name="uq_outside_account_account_id"),
    )
