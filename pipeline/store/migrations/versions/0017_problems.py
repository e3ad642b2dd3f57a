"""What hinders firms on their way: problems, the firms of each, and what was done about it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department", sa.String(40)),
        sa.Column("level", sa.String(40)),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("resolved_on", sa.Date()),
        sa.Column("resolved_by", sa.String(80)),
        sa.Column("resolved_how", sa.Text()),
        sa.Column("withdrawn_by", sa.String(80)),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("withdrawn_why", sa.Text()),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_problem"),
    )
    op.create_table(
        "problem_firm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("joined_by", sa.String(80), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("left_on", sa.Date()),
        sa.Column("left_by", sa.String(80)),
        sa.Column("left_at", sa.DateTime()),
        sa.Column("left_why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_problem_firm"),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name="fk_problem_firm_problem_id_problem"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_problem_firm_firm_id_firm"),
    )
    op.create_index("ix_problem_firm_problem_id", "problem_firm", ["problem_id"])
    op.create_index("ix_problem_firm_firm_id", "problem_firm", ["firm_id"])
    op.create_table(
        "problem_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("problem_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("level", sa.String(40)),
        sa.Column("department", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_problem_entry"),
        sa.ForeignKeyConstraint(["problem_id"], ["problem.id"], name="fk_problem_entry_problem_id_problem"),
    )
    op.create_index("ix_problem_entry_problem_id", "problem_entry", ["problem_id"])
    op.create_index("ix_problem_entry_at", "problem_entry", ["at"])
