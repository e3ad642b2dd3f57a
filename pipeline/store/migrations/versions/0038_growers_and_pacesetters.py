"""Fast growers have leaders and contacts; pacesetters are nominated, made public and named."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "firm_leader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("post", sa.String(80), nullable=True),
        sa.Column("named_by", sa.String(80), nullable=False),
        sa.Column("named_at", sa.DateTime(), nullable=False),
        sa.Column("ended_by", sa.String(80), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_leader_firm_id_firm"),
        sa.PrimaryKeyConstraint("id", name="pk_firm_leader"),
    )
    op.create_index("ix_firm_leader_firm_id", "firm_leader", ["firm_id"])
    _one("uq_firm_leader_stands", "firm_leader", ["firm_id", "level"], "ended_at IS NULL")
    op.create_table(
        "leader_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("level", sa.String(40), nullable=False),
        sa.Column("leader", sa.String(80), nullable=False),
        sa.Column("contacted_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        *_withdrawn(),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_leader_contact_firm_id_firm"),
        sa.PrimaryKeyConstraint("id", name="pk_leader_contact"),
    )
    op.create_index("ix_leader_contact_firm_id", "leader_contact", ["firm_id"])
    op.create_table(
        "pacesetter_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("ranking", sa.JSON(), nullable=False),
        sa.Column("ranked", sa.Integer(), nullable=False),
        sa.Column("ranking_hash", sa.String(64), nullable=False),
        sa.Column("begun_by", sa.String(80), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column("published_by", sa.String(80), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        *_withdrawn(),
        sa.PrimaryKeyConstraint("id", name="pk_pacesetter_round"),
    )
    _one("uq_pacesetter_round_stands", "pacesetter_round", ["year"], "withdrawn_at IS NULL")
    op.create_table(
        "pacesetter_nomination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("stage", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("nominated_by", sa.String(80), nullable=False),
        sa.Column("nominated_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(80), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("seconded_by", sa.String(80), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_by", sa.String(80), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["pacesetter_round.id"], name="fk_pacesetter_nomination_round_id_pacesetter_round"
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_pacesetter_nomination_firm_id_firm"),
        sa.PrimaryKeyConstraint("id", name="pk_pacesetter_nomination"),
    )
    op.create_index("ix_pacesetter_nomination_firm_id", "pacesetter_nomination", ["firm_id"])
    _one(
        "uq_pacesetter_nomination_stands",
        "pacesetter_nomination",
        ["round_id", "firm_id"],
        "state <> 'withdrawn'",
    )
    op.create_table(
        "pacesetter_objection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("from_whom", sa.String(200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(80), nullable=True),
        sa.ForeignKeyConstraint(
            ["nomination_id"],
            ["pacesetter_nomination.id"],
            name="fk_pacesetter_objection_nomination_id_pacesetter_nomination",
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_pacesetter_objection_firm_id_firm"),
        sa.PrimaryKeyConstraint("id", name="pk_pacesetter_objection"),
    )
    op.create_index("ix_pacesetter_objection_nomination_id", "pacesetter_objection", ["nomination_id"])
    op.create_index("ix_pacesetter_objection_firm_id", "pacesetter_objection", ["firm_id"])


def _withdrawn() -> list[sa.Column]:
    return [
        sa.Column("withdrawn_by", sa.String(80), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
    ]


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    """Of these columns one row at most where the condition holds."""
    held = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=held, postgresql_where=held)
