"""Stages have gates: advisers by name, what a stage was entered without and why, and cases that go back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "adviser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("added_by", sa.String(80), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_adviser"),
        sa.UniqueConstraint("kind", "name", name="uq_adviser_kind"),
    )
    op.create_table(
        "engagement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("ended_why", sa.Text()),
        sa.Column("stage_id", sa.Integer()),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("taken_back_by", sa.String(80)),
        sa.Column("taken_back_at", sa.DateTime()),
        sa.Column("taken_back_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_engagement"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_engagement_firm_id_firm"),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_engagement_adviser_id_adviser"),
        sa.ForeignKeyConstraint(["stage_id"], ["case_stage.id"], name="fk_engagement_stage_id_case_stage"),
    )
    op.create_index("ix_engagement_firm_id_ended_on", "engagement", ["firm_id", "ended_on"])
    op.create_index("ix_engagement_adviser_id", "engagement", ["adviser_id"])
    op.add_column("case_stage", sa.Column("back_by", sa.String(40)))
    op.add_column("case_stage", sa.Column("lacked", _DOCUMENT))
    op.add_column("case_stage", sa.Column("why", sa.Text()))
