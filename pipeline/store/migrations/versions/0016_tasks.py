"""Tasks of a case: by whom, by when, what came of them, and what was written about them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("first_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(40)),
        sa.Column("for_firm", sa.Boolean(), nullable=False),
        sa.Column("repeats_months", sa.Integer()),
        sa.Column("done_on", sa.Date()),
        sa.Column("done_by", sa.String(80)),
        sa.Column("done_note", sa.Text()),
        sa.Column("visit_id", sa.Integer()),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(80)),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("withdrawn_why", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_task_case_id_case"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_task_owner_id_account"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name="fk_task_visit_id_visit"),
    )
    op.create_index("ix_task_case_id", "task", ["case_id"])
    op.create_index("ix_task_due_on", "task", ["due_on"])
    op.create_table(
        "task_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("before", sa.Date()),
        sa.Column("after", sa.Date()),
        sa.Column("written_by", sa.String(80), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_entry"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_entry_task_id_task"),
    )
    op.create_index("ix_task_entry_task_id", "task_entry", ["task_id"])
