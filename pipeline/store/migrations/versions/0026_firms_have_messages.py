"""Messages about firms, how far each account has read them, and files attached to them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("writer_id", sa.Integer(), nullable=True),
        sa.Column("written_by", sa.String(80), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("district_code", sa.String(12), nullable=True),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_message_firm_id_firm"),
        sa.ForeignKeyConstraint(["writer_id"], ["account.id"], name="fk_message_writer_id_account"),
    )
    # All that the bell of every page asks, without the words themselves.
    op.create_index("ix_message_firm_id_id", "message", ["firm_id", "id", "withdrawn_at", "writer_id", "written_at"])
    op.create_table(
        "message_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_read"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_message_read_account_id_account"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_message_read_firm_id_firm"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_read_message_id_message"),
        sa.UniqueConstraint("account_id", "firm_id", name="uq_message_read_account_id"),
    )
    # In one statement: SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE attachment ADD COLUMN message_id INTEGER "
        "CONSTRAINT fk_attachment_message_id_message REFERENCES message (id)"
    )
    op.create_index("ix_attachment_message_id", "attachment", ["message_id"])
