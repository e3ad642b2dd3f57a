"""Files that people attach to visits: their bytes by hash, and which visit each belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "attached_file",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_attached_file"),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("visit_id", sa.Integer()),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(80)),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("withdrawn_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_attachment_visit_id_visit"),
        sa.ForeignKeyConstraint(["sha256"], ["attached_file.sha256"], name="fk_attachment_sha256_attached_file"),
    )
    op.create_index("ix_attachment_visit_id", "attachment", ["visit_id"])
