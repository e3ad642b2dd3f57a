"""A row of a return is found by its firm through the key of firm, year, months and return; what was known on a day is
no way to it."""

from alembic import op

revision = "0034"
down_revision = "0033"

_ROWS = "return_row"
_UNASKED = ("ix_return_row_firm_id", "ix_return_row_known_on_months")


def upgrade() -> None:
    for name in _UNASKED:
        op.drop_index(name, _ROWS, if_exists=True)
