"""How each firm stands to each board is stored (table firm_board_row), and so are the counts of the first page (table
firm_list_count); whoever opens the database fills them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "firm_board_row",
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("board", sa.String(12), nullable=False),
        sa.Column("standard", sa.String(12), nullable=False),
        sa.Column("structural", sa.String(12), nullable=False),
        sa.Column("precondition", sa.String(12), nullable=False),
        sa.Column("positioning", sa.String(12), nullable=False),
        sa.Column("meets", sa.String(20), nullable=False),
        sa.Column("nearest", sa.String(40), nullable=False),
        sa.Column("margin_class", sa.String(8), nullable=False),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("gap_share", sa.Double(), nullable=True),
        sa.Column("fit", sa.Integer(), nullable=False),
        sa.Column("best", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("firm_id", "board", name="pk_firm_board_row"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_board_row_firm_id_firm"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "firm_list_count",
        sa.Column("district_code", sa.String(12), nullable=False),
        sa.Column("pool", sa.String(12), nullable=False),
        sa.Column("furthest", sa.String(40), nullable=False),
        sa.Column("stands", sa.String(40), nullable=False),
        sa.Column("scored", sa.Boolean(), nullable=False),
        sa.Column("points_from", sa.Integer(), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "district_code", "pool", "furthest", "stands", "scored", "points_from", name="pk_firm_list_count"
        ),
    )
