"""The register of advisers: their codes and filings, evaluations, the negative list, spot checks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("adviser", sa.Column("credit_code", sa.String(18), nullable=True))
    # As text: Alembic would add the constraint apart, which SQLite cannot.
    op.execute(
        "ALTER TABLE adviser ADD COLUMN merged_into INTEGER "
        "CONSTRAINT fk_adviser_merged_into_adviser REFERENCES adviser (id)"
    )
    op.add_column("adviser", sa.Column("merged_at", sa.DateTime(), nullable=True))
    op.add_column("adviser", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "adviser_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("before", sa.String(200)),
        sa.Column("after", sa.String(200)),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_adviser_change"),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_adviser_change_adviser_id_adviser"),
    )
    op.create_index("ix_adviser_change_adviser_id", "adviser_change", ["adviser_id"])
    op.create_table(
        "adviser_filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.String(40), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        *_recorded_and_ended(),
        sa.PrimaryKeyConstraint("id", name="pk_adviser_filing"),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_adviser_filing_adviser_id_adviser"),
    )
    op.create_index("ix_adviser_filing_adviser_id", "adviser_filing", ["adviser_id"])
    op.create_table(
        "adviser_evaluation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("competence", sa.Integer(), nullable=False),
        sa.Column("diligence", sa.Integer(), nullable=False),
        sa.Column("promptness", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text()),
        *_recorded_and_ended(),
        sa.PrimaryKeyConstraint("id", name="pk_adviser_evaluation"),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_adviser_evaluation_adviser_id_adviser"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_adviser_evaluation_firm_id_firm"),
    )
    op.create_index("ix_adviser_evaluation_adviser_id", "adviser_evaluation", ["adviser_id"])
    op.create_index("ix_adviser_evaluation_firm_id_year", "adviser_evaluation", ["firm_id", "year"])
    op.create_table(
        "negative_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_negative_entry"),
        sa.ForeignKeyConstraint(["adviser_id"], ["adviser.id"], name="fk_negative_entry_adviser_id_adviser"),
    )
    op.create_index("ix_negative_entry_adviser_id", "negative_entry", ["adviser_id"])
    op.create_table(
        "negative_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_negative_note"),
        sa.ForeignKeyConstraint(["entry_id"], ["negative_entry.id"], name="fk_negative_note_entry_id_negative_entry"),
    )
    op.create_index("ix_negative_note_entry_id", "negative_note", ["entry_id"])
    op.create_table(
        "spot_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("strata", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(80), nullable=False),
        sa.Column("seed_given", sa.Boolean(), nullable=False),
        sa.Column("frame", _DOCUMENT, nullable=False),
        sa.Column("frame_hash", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_by", sa.String(80), nullable=False),
        sa.Column("drawn_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spot_check"),
    )
    op.create_table(
        "spot_check_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spot_check_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(40), nullable=False),
        sa.Column("result", sa.String(40)),
        sa.Column("note", sa.Text()),
        sa.Column("checked_on", sa.Date()),
        sa.Column("recorded_by", sa.String(80)),
        sa.Column("recorded_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_spot_check_item"),
        sa.ForeignKeyConstraint(
            ["spot_check_id"], ["spot_check.id"], name="fk_spot_check_item_spot_check_id_spot_check"
        ),
        sa.UniqueConstraint("spot_check_id", "number", name="uq_spot_check_item_spot_check_id"),
    )


def _recorded_and_ended() -> list[sa.Column[object]]:
    return [
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(80)),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("ended_why", sa.Text()),
    ]
