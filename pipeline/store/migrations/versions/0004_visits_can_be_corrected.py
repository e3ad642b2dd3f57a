"""Visits and next steps can be corrected and withdrawn; boards of events are ids; a stage is called as it was meant.

An officer who chose 辅导验收 or 申报受理 was recorded under the kinds tutoring_accepted and filed, by which files mean
辅导备案受理 and 申报. What officers entered is renamed to what they meant; what files state stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

#: What an officer's entry was recorded as, and what the word on the screen meant.
MEANT = {"tutoring_accepted": "tutoring_passed", "filed": "accepted"}
#: The words of the forms that the first versions read, and the ids that stand for them.
BOARDS = {
    "main": ("主板", "上交所主板", "深交所主板"),
    "star": ("科创板", "上交所科创板"),
    "chinext": ("创业板", "深交所创业板"),
    "bse": ("北交所", "北京证券交易所"),
    "hkex": ("港交所", "香港联交所"),
    "neeq": ("新三板",),
    "neeq_basic": ("新三板基础层",),
    "neeq_innovation": ("新三板创新层",),
    "regional": ("区域性股权市场", "区域股权市场"),
}
#: How a regional market's operator is called: 广东股权交易中心.
OPERATORS = ("%股权交易中心", "%股权托管交易中心")
_EVENT = sa.table(
    "event", *(sa.column(name) for name in ("id", "firm_id", "kind", "board", "occurred_on", "import_id"))
)
_STAGE = sa.table("case_stage", *(sa.column(name) for name in ("id", "case_id", "stage", "event_id", "taken_back_at")))
_CASE = sa.table("case", *(sa.column(name) for name in ("id", "stage")))


def upgrade() -> None:
    # As text: Alembic would add the constraint apart, which SQLite cannot.
    op.execute(
        "ALTER TABLE visit ADD COLUMN owner_id INTEGER CONSTRAINT fk_visit_owner_id_account REFERENCES account (id)"
    )
    for name in ("withdrawn", "step_withdrawn"):
        op.add_column("visit", sa.Column(f"{name}_by", sa.String(80), nullable=True))
        op.add_column("visit", sa.Column(f"{name}_at", sa.DateTime(), nullable=True))
        op.add_column("visit", sa.Column(f"{name}_why", sa.Text(), nullable=True))
    op.add_column("visit", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    connection = op.get_bind()
    for board, words in BOARDS.items():
        for word in words:
            _name_board(connection, word, board)
    of_operators = sa.or_(*(_EVENT.c.board.like(pattern) for pattern in OPERATORS))
    for word in connection.scalars(sa.select(_EVENT.c.board).where(of_operators).distinct()).all():
        _name_board(connection, word, "regional")
    _rename_what_officers_entered(connection)


def _name_board(connection: sa.Connection, word: str, board: str) -> None:
    """Where one file calls a board by two words for the same event, the second keeps its word: an event is there once."""
    other = _EVENT.alias()
    same = sa.and_(
        other.c.board == board,
        *(other.c[name] == _EVENT.c[name] for name in ("firm_id", "kind", "occurred_on", "import_id")),
    )
    there = sa.exists().where(same).correlate(_EVENT)
    connection.execute(sa.update(_EVENT).where(_EVENT.c.board == word, ~there).values(board=board))


def _rename_what_officers_entered(connection: sa.Connection) -> None:
    for kind, meant in MEANT.items():
        theirs = sa.select(_EVENT.c.id).where(_EVENT.c.kind == kind, _EVENT.c.import_id.is_(None))
        entered = sa.select(_STAGE.c.id).where(_STAGE.c.stage == kind, _STAGE.c.event_id.in_(theirs))
        standing = (
            sa.select(_STAGE.c.case_id).where(_STAGE.c.id.in_(entered), _STAGE.c.taken_back_at.is_(None)).distinct()
        )
        connection.execute(sa.update(_CASE).where(_CASE.c.stage == kind, _CASE.c.id.in_(standing)).values(stage=meant))
        connection.execute(
            sa.update(_STAGE).where(_STAGE.c.stage == kind, _STAGE.c.event_id.in_(theirs)).values(stage=meant)
        )
        connection.execute(
            sa.update(_EVENT).where(_EVENT.c.kind == kind, _EVENT.c.import_id.is_(None)).values(kind=meant)
        )
