"""What firms object to, and what they were answered; files attached to it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "firm_objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("fact", sa.String(80), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(40), nullable=True),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("asked", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.String(80), nullable=False),
        sa.Column("raised_for", sa.String(80), nullable=True),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(80), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_firm_objection"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_objection_firm_id_firm"),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["import_finding.id"], name="fk_firm_objection_finding_id_import_finding"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["pool_proposal.id"], name="fk_firm_objection_proposal_id_pool_proposal"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name="fk_firm_objection_import_id_import"),
    )
    op.create_index("ix_firm_objection_firm_id_id", "firm_objection", ["firm_id", "id"])
    # In one statement: SQLite adds no constraint to a table that is there.
    op.execute(
        "ALTER TABLE attachment ADD COLUMN objection_id INTEGER "
        "CONSTRAINT fk_attachment_objection_id_firm_objection REFERENCES firm_objection (id)"
    )
    op.create_index("ix_attachment_objection_id", "attachment", ["objection_id"])
