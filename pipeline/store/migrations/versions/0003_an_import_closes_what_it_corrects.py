"""What a correction closed names the import that did, and with which figures."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

DOCUMENT = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)
#: What stood in both columns of a finding that an import had closed, before the number of the import.
MARK = "import:"
#: Which figures it changed was not kept.
WHY = "Import %(id)s states this year of the firm anew."


def upgrade() -> None:
    for table in ("import_finding", "cross_check"):
        # As text: Alembic would add the constraint apart, which SQLite cannot.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN settled_by_import INTEGER "
            f'CONSTRAINT fk_{table}_settled_by_import_import REFERENCES "import" (id)'
        )
        op.add_column(table, sa.Column("settled_params", DOCUMENT, nullable=True))
        op.create_index(op.f(f"ix_{table}_settled_by_import"), table, ["settled_by_import"])
        _name_imports(op.get_bind(), table)


def _name_imports(connection: sa.Connection, name: str) -> None:
    table = sa.table(
        name,
        *(sa.column(column) for column in ("settled_by", "settled_why", "settled_by_import")),
        sa.column("settled_params", DOCUMENT),
    )
    imports = sa.table("import", sa.column("id"), sa.column("imported_by"))
    marked = (table.c.settled_why == table.c.settled_by) & table.c.settled_by.startswith(MARK)
    by_whom = dict(connection.execute(sa.select(imports.c.id, imports.c.imported_by)).all())
    for mark in connection.scalars(sa.select(table.c.settled_by).where(marked).distinct()).all():
        number = int(mark.removeprefix(MARK)) if mark.removeprefix(MARK).isdigit() else None
        if number in by_whom:
            closed = sa.update(table).where(marked, table.c.settled_by == mark)
            values = {"settled_by_import": number, "settled_params": {"id": number}, "settled_why": WHY}
            connection.execute(closed.values(settled_by=by_whom[number], **values))
