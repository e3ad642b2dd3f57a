"""Reviews, declarations, opinions, notices and adopted policies of the pools; how long a membership holds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _table(name: str, *parts: sa.schema.SchemaItem, unique: tuple[str, ...] = (), firm: bool = False) -> None:
    """A table with a number as its key; `unique`: columns that are so together."""
    laws: list[sa.schema.SchemaItem] = [sa.PrimaryKeyConstraint("id", name=f"pk_{name}")]
    if firm:
        laws.append(sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name=f"fk_{name}_firm_id_firm"))
    if unique:
        laws.append(sa.UniqueConstraint(*unique, name=f"uq_{name}_{unique[0]}"))
    op.create_table(name, sa.Column("id", sa.Integer(), nullable=False), *parts, *laws)
    if firm:
        op.create_index(f"ix_{name}_firm_id", name, ["firm_id"])


def _to(name: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{name}_{column}_{other}")


def upgrade() -> None:
    _table(
        "pool_review",
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("made_by", sa.String(80), nullable=False),
        sa.Column("run_id", sa.Integer()),
        sa.Column("model_id", sa.String(80)),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_fingerprint", sa.String(64), nullable=False),
        sa.Column("rules_fingerprint", sa.String(64), nullable=False),
        sa.Column("data_fingerprint", sa.String(64), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("counts", _DOCUMENT, nullable=False),
        sa.Column("found_hash", sa.String(64), nullable=False),
        _to("pool_review", "run_id", "score_run"),
        _to("pool_review", "model_id", "model"),
    )
    op.create_index("ix_pool_review_as_of", "pool_review", ["as_of"])
    op.create_index("ix_pool_review_run_id", "pool_review", ["run_id"])
    op.create_table(
        "pool_review_inputs",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name="pk_pool_review_inputs"),
        _to("pool_review_inputs", "review_id", "pool_review"),
    )
    _table(
        "pool_review_firm",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("pool", sa.String(12), nullable=False),
        sa.Column("standing", sa.String(40), nullable=False),
        sa.Column("place", sa.Integer()),
        sa.Column("points", sa.Double()),
        sa.Column("details", _DOCUMENT, nullable=False),
        _to("pool_review_firm", "review_id", "pool_review"),
        unique=("review_id", "firm_id", "pool"),
        firm=True,
    )
    op.create_index("ix_pool_review_firm_review_id", "pool_review_firm", ["review_id"])
    _table(
        "declaration",
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("declared_by", sa.String(80), nullable=False),
        sa.Column("district_code", sa.String(12)),
        sa.Column("content", _DOCUMENT, nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("withdrawn_by", sa.String(80)),
        sa.Column("withdrawn_at", sa.DateTime()),
        sa.Column("withdrawn_why", sa.Text()),
        firm=True,
    )
    _table(
        "opinion_request",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(40), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        _to("opinion_request", "review_id", "pool_review"),
        unique=("review_id", "department"),
    )
    op.create_index("ix_opinion_request_review_id", "opinion_request", ["review_id"])
    _table(
        "opinion",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("answer", sa.String(40)),
        sa.Column("note", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("answered_by", sa.String(80)),
        sa.Column("on_paper", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime()),
        _to("opinion", "request_id", "opinion_request"),
        unique=("request_id", "firm_id"),
        firm=True,
    )
    op.create_index("ix_opinion_request_id", "opinion", ["request_id"])
    _table(
        "public_notice",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("published_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        _to("public_notice", "review_id", "pool_review"),
        unique=("review_id",),
    )
    _table(
        "notice_firm",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        _to("notice_firm", "notice_id", "public_notice"),
        _to("notice_firm", "proposal_id", "pool_proposal"),
        unique=("notice_id", "proposal_id"),
        firm=True,
    )
    op.create_index("ix_notice_firm_notice_id", "notice_firm", ["notice_id"])
    op.create_index("ix_notice_firm_proposal_id", "notice_firm", ["proposal_id"])
    _table(
        "notice_objection",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("from_whom", sa.String(200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("upheld", sa.Boolean()),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("answered_by", sa.String(80)),
        _to("notice_objection", "notice_id", "public_notice"),
        firm=True,
    )
    op.create_index("ix_notice_objection_notice_id", "notice_objection", ["notice_id"])
    _table(
        "adopted_policy",
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("adopted_by", sa.String(80), nullable=False),
        sa.Column("signed_by", sa.String(80), nullable=False),
        sa.Column("adopted_at", sa.DateTime(), nullable=False),
    )
    op.create_index("ix_adopted_policy_begins_on", "adopted_policy", ["begins_on"])
    op.add_column("pool_proposal", sa.Column("review_id", sa.Integer()))
    op.create_index("ix_pool_proposal_review_id", "pool_proposal", ["review_id"])
    op.add_column("pool_proposal", sa.Column("signed_by", sa.String(80)))
    op.add_column("pool_proposal", sa.Column("deferred_until", sa.Date()))
    op.add_column("pool_proposal", sa.Column("deferred_why", sa.Text()))
    op.add_column("pool_membership", sa.Column("valid_until", sa.Date()))
    op.add_column("account", sa.Column("department", sa.String(40)))
