"""An entry of the audit log carries a seal made with a key, and the fingerprints of the rows that it speaks of; an
account remembers that its password has to be changed.

Entries that are there stay as they are; `migrate` adds one that vouches for them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("seal", sa.String(80), nullable=True))
    op.add_column("audit_entry", sa.Column("rows", DOCUMENT, nullable=True))
    op.add_column("account", sa.Column("must_change", sa.Boolean(), nullable=True))
