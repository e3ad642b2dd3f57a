"""What firms hand in themselves, from the draft to the import that it becomes."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "own_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("sent_by", sa.String(80), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("passed_by", sa.String(80), nullable=True),
        sa.Column("passed_at", sa.DateTime(), nullable=True),
        sa.Column("closed_by", sa.String(80), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_own_return"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_own_return_firm_id_firm"),
        sa.ForeignKeyConstraint(["sha256"], ["attached_file.sha256"], name="fk_own_return_sha256_attached_file"),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_own_return_import_id_import"),
    )
    op.create_index("ix_own_return_firm_id_id", "own_return", ["firm_id", "id"])
