"""A run may take over the scores of another, and work out only those of some firms: it says which run it rests on, and
each score taken over says in which run it was worked out. A run says how far the audit log had come when it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("score_run", sa.Column("audit_id", sa.Integer(), nullable=True))
    op.add_column("score_run", sa.Column("based_on", sa.Integer(), nullable=True))
    op.add_column("score", sa.Column("worked_out_in", sa.Integer(), nullable=True))
