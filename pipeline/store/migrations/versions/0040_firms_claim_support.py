"""Support that firms claim: claims with their steps and files, what was paid and what was clawed back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0039"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "support_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("rule_id", sa.String(40), nullable=False),
        sa.Column("once", sa.String(40), nullable=False),
        sa.Column("occasion", sa.String(60), nullable=False),
        sa.Column("occasion_on", sa.Date(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("pot", sa.String(40), nullable=True),
        sa.Column("pot_from", sa.Date(), nullable=True),
        sa.Column("claimed_fen", sa.BigInteger(), nullable=False),
        sa.Column("allotted_fen", sa.BigInteger(), nullable=True),
        sa.Column("basis", _DOCUMENT, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("claimed_on", sa.Date(), nullable=False),
        sa.Column("claimed_by", sa.String(80), nullable=False),
        sa.Column("claimed_for", sa.String(80), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=False),
        sa.Column("reviewed_by", sa.String(80), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("first_signed_by", sa.String(80), nullable=True),
        sa.Column("second_signed_by", sa.String(80), nullable=True),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_support_claim_firm_id_firm"),
        sa.PrimaryKeyConstraint("id", name="pk_support_claim"),
        sa.UniqueConstraint("firm_id", "once", "occasion", "live", name="uq_support_claim_live"),
    )
    op.create_index("ix_support_claim_firm_id", "support_claim", ["firm_id"])
    op.create_index("ix_support_claim_state", "support_claim", ["state"])
    op.create_index("ix_support_claim_pot_pot_from", "support_claim", ["pot", "pot_from"])
    op.create_table(
        "support_claim_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["support_claim.id"], name="fk_support_claim_entry_claim_id_support_claim"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_support_claim_entry"),
    )
    op.create_index("ix_support_claim_entry_claim_id", "support_claim_entry", ["claim_id"])
    op.create_table(
        "support_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("voucher", sa.String(80), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["support_claim.id"], name="fk_support_payment_claim_id_support_claim"),
        sa.PrimaryKeyConstraint("id", name="pk_support_payment"),
    )
    op.create_index("ix_support_payment_claim_id", "support_payment", ["claim_id"])
    op.create_index("ix_support_payment_on", "support_payment", ["on"])
    op.execute(
        "ALTER TABLE attachment ADD COLUMN support_claim_id INTEGER "
        "CONSTRAINT fk_attachment_support_claim_id_support_claim REFERENCES support_claim (id)"
    )
    op.create_index("ix_attachment_support_claim_id", "attachment", ["support_claim_id"])
