"""What a person is told and has read, by which e-mail, and the address of a calendar; entries of the audit log are
found by what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "reminder_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("often", sa.String(40), nullable=False),
        sa.Column("address", sa.String(254)),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_choice"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_reminder_choice_account_id_account"),
        sa.UniqueConstraint("account_id", name="uq_reminder_choice_account_id"),
    )
    op.create_table(
        "reminder_seen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("about", sa.Date(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_seen"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_reminder_seen_account_id_account"),
        sa.UniqueConstraint("account_id", "kind", "number", "about", name="uq_reminder_seen_account_id"),
    )
    op.create_table(
        "reminder_sent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("message_id", sa.String(200)),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.Column("tried_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_sent"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_reminder_sent_account_id_account"),
        sa.UniqueConstraint("key", name="uq_reminder_sent_key"),
    )
    op.create_table(
        "calendar_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_token"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_calendar_token_account_id_account"),
        sa.UniqueConstraint("account_id", name="uq_calendar_token_account_id"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_token_token_hash"),
    )
    op.create_index("ix_audit_entry_action_at", "audit_entry", ["action", "at"])
