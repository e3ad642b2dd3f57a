"""Reasons stand in a table of their own, as numbers and not as text: score is narrow, and a run a third of the size.

The names of the features stand once a run, in the order of the numbers. The reasons that are there keep their every
digit; the values of the features were not stored before.
"""

import json
import struct
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_AT_ONCE = 2_000
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(sa.dialects.postgresql.JSONB(none_as_null=True), "postgresql")
_RUN = sa.table("score_run", sa.column("id", sa.Integer), sa.column("features", _DOCUMENT))
_SCORE = sa.table(
    "score",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Integer),
    sa.column("firm_id", sa.String),
    sa.column("reasons", sa.Text),
)


def upgrade() -> None:
    op.add_column("score_run", sa.Column("features", _DOCUMENT, nullable=True))
    reasons = op.create_table(
        "score_reasons",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_score_reasons"),
        sa.UniqueConstraint("run_id", "firm_id", name="uq_score_reasons_run_id"),
        sa.ForeignKeyConstraint(["run_id"], ["score_run.id"], name="fk_score_reasons_run_id_score_run"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_score_reasons_firm_id_firm"),
    )
    op.create_index("ix_score_reasons_firm_id", "score_reasons", ["firm_id"])
    connection = op.get_bind()
    for run in connection.scalars(sa.select(_RUN.c.id)).all():
        _move(connection, run, reasons)
    op.drop_column("score", "reasons")


def _move(connection: sa.Connection, run: int, reasons: sa.Table) -> None:
    names: list[str] | None = None
    last = -1
    while True:
        rows = connection.execute(
            sa.select(_SCORE.c.id, _SCORE.c.firm_id, sa.cast(_SCORE.c.reasons, sa.Text).label("reasons"))
            .where(_SCORE.c.run_id == run, _SCORE.c.id > last)
            .order_by(_SCORE.c.id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        read = [json.loads(row.reasons) for row in rows]
        if names is None:
            names = _names(connection, run)
            connection.execute(_RUN.update().where(_RUN.c.id == run).values(features=names))
        connection.execute(
            reasons.insert(),
            [
                {"run_id": run, "firm_id": row.firm_id, "points": _packed(names, of_firm)}
                for row, of_firm in zip(rows, read, strict=True)
            ],
        )
        last = rows[-1].id


def _names(connection: sa.Connection, run: int) -> list[str]:
    """The features of a run in the order in which its first score has them, then those that only others have."""
    names: dict[str, None] = {}
    for text in connection.scalars(sa.select(sa.cast(_SCORE.c.reasons, sa.Text)).where(_SCORE.c.run_id == run)):
        names.update(dict.fromkeys(json.loads(text)))
    return list(names)


def _packed(names: list[str], of_firm: dict[str, Any]) -> bytes:
    return struct.pack(f"<{len(names)}d", *(of_firm.get(name, float("nan")) for name in names))
