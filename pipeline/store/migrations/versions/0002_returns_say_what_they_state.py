"""A return says which facts it states; a refused file leaves a line."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)
#: Columns of return_row that are not facts. The facts are whatever else the table has at this revision.
ABOUT = frozenset({"id", "firm_id", "return_id", "sheet_row", "year", "months", "known_on"})


def upgrade() -> None:
    op.create_table(
        "refused_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=400), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("map_name", sa.String(length=80), nullable=False),
        sa.Column("cohort", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("refused_at", sa.DateTime(), nullable=False),
        sa.Column("refused_by", sa.String(length=80), nullable=False),
        sa.Column("problem_count", sa.Integer(), nullable=False),
        sa.Column("problems", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_import")),
    )
    op.add_column("returns", sa.Column("stated", DOCUMENT, nullable=True))
    _fill_stated(op.get_bind())


def _fill_stated(connection: sa.Connection) -> None:
    """For each return, the facts that at least one of its rows states; one walk over the rows."""
    rows = sa.Table("return_row", sa.MetaData(), autoload_with=connection)
    facts = [column for column in rows.columns if column.name not in ABOUT]
    counted = sa.select(rows.c.return_id, *(sa.func.count(fact) for fact in facts)).group_by(rows.c.return_id)
    returns = sa.table("returns", sa.column("id", sa.Integer), sa.column("stated", DOCUMENT))
    stated = [
        {"number": number, "facts": [fact.name for fact, count in zip(facts, counts, strict=True) if count]}
        for number, *counts in connection.execute(counted)
    ]
    if stated:
        filled = sa.update(returns).where(returns.c.id == sa.bindparam("number"))
        connection.execute(filled.values(stated=sa.bindparam("facts", type_=DOCUMENT)), stated)
