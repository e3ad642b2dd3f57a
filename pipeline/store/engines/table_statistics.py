"""What PostgreSQL knows of a table: how many rows it has and what is in them. It plans by that.

The server counts by itself some time after a transaction has ended. What follows many new rows in the same one, or soon
after, would be planned for a table that was still empty: a join of scores took minutes so. SQLite goes by its indexes.
"""

from sqlalchemy import Connection, text

from pipeline.store.tables import Base

#: Fewer rows spoil no plan; and as the server does by itself, it counts anew once a share of a table has been added.
MANY, _SHARE = 10_000, 0.1


def count_anew(connection: Connection, table: type[Base], added: int) -> None:
    """Have PostgreSQL look at a table to which so many rows were just added, where that is much; the transaction goes
    on."""
    if added < MANY:
        return
    name = table.__tablename__
    known = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)"), {"name": name})
    if known is not None and added >= _SHARE * known:  # -1: never counted
        connection.execute(text(f'ANALYZE "{name}"'))
