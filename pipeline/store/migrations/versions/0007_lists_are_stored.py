"""What lists show of every firm is stored (tables firm_list_row and firm_list_state); whoever opens the database fills them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "firm_list_row",
        sa.Column("firm_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=True),
        sa.Column("district_code", sa.String(12), nullable=True),
        sa.Column("search", sa.Text(), nullable=True),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("district_rank", sa.Integer(), nullable=True),
        sa.Column("thin_data", sa.Boolean(), nullable=True),
        sa.Column("pool", sa.String(12), nullable=True),
        sa.Column("stage", sa.String(40), nullable=True),
        sa.Column("mentor", sa.String(80), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("revenue_cny", sa.Double(), nullable=True),
        sa.Column("net_profit_cny", sa.Double(), nullable=True),
        sa.Column("rd_spend_cny", sa.Double(), nullable=True),
        sa.Column("staff", sa.Double(), nullable=True),
        sa.Column("invention_patents", sa.Double(), nullable=True),
        sa.Column("industry_code", sa.Text(), nullable=True),
        sa.Column("hnte_expires_on", sa.Date(), nullable=True),
        sa.Column("in_doubt", sa.Boolean(), nullable=True),
        sa.Column("best_board", sa.String(40), nullable=True),
        sa.Column("best_state", sa.String(40), nullable=True),
        sa.Column("gap_share", sa.Double(), nullable=True),
        sa.Column("boards", sa.Text(), nullable=True),
        sa.Column("furthest", sa.String(40), nullable=True),
        sa.Column("furthest_on", sa.Date(), nullable=True),
        sa.Column("stands", sa.String(40), nullable=True),
        sa.Column("left_by", sa.String(40), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("firm_id", name="pk_firm_list_row"),
        sa.ForeignKeyConstraint(["firm_id"], ["firm.id"], name="fk_firm_list_row_firm_id_firm"),
    )
    op.create_index("ix_firm_list_row_points", "firm_list_row", ["points"])
    op.create_index("ix_firm_list_row_district_code_points", "firm_list_row", ["district_code", "points"])
    op.create_table(
        "firm_list_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_list_state"),
    )
