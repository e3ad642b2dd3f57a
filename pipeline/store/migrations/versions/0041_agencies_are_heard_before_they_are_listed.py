"""Agencies are told, and heard, before they go on the negative list."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "listing_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("reply_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("first_signed_by", sa.String(80), nullable=True),
        sa.Column("second_signed_by", sa.String(80), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_listing_proposal_adviser_id_adviser"),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["negative_entry.id"], name="fk_listing_proposal_entry_id_negative_entry"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_listing_proposal"),
    )
    op.create_index("ix_listing_proposal_adviser_id", "listing_proposal", ["adviser_id"])
    op.create_table(
        "listing_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["listing_proposal.id"], name="fk_listing_step_proposal_id_listing_proposal"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_listing_step"),
    )
    op.create_index("ix_listing_step_proposal_id", "listing_step", ["proposal_id"])
