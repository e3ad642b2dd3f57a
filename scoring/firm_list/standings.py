"""How one firm stands to the boards today: from its stored rows, or worked out where these are not true of today.

No rule is evaluated for a page as long as the lists are kept; a firm of another cohort is in no list.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, select

from pipeline.language import Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.reports import board_tables, check
from pipeline.rules.reports.board_tables import Standing
from pipeline.store.tables import FirmBoardRow, FirmListRow
from scoring.firm_list.keeper import is_true

_ROW = FirmBoardRow.__table__
_LISTED = select(FirmListRow.year, FirmListRow.best_board).where(FirmListRow.firm_id == bindparam("firm"))
_STORED = select(_ROW).where(_ROW.c.firm_id == bindparam("firm"))


@dataclass(frozen=True)
class FirmStandings:
    """`standings`: one a board, the best-fitting first, empty for a firm without a yearly return; `best`: the board
    that fits best or what leads on, None where neither is known; `warnings`: what to say above all of it."""

    standings: list[Standing]
    best: Message | None
    warnings: list[Message]


def firm_standings(connection: Connection, firm_id: str, cohort: str, today: date) -> FirmStandings:
    """How the firm stands by the rules of `today` and what was known of it then."""
    if is_true(connection, today):
        listed = connection.execute(_LISTED, {"firm": firm_id}).first()
        if listed is not None:
            return _as_stored(connection, firm_id, today, *listed)
    return _worked_out(connection, firm_id, cohort, today)


def _as_stored(
    connection: Connection, firm_id: str, today: date, year: int | None, best_board: str | None
) -> FirmStandings:
    rules, not_recorded = evaluate.recorded(BOARDS, today)
    late = rule_books.warnings_on(today, sorted({rule.rule.board for rule in rules}))
    warnings = [*late, *not_recorded]
    if year is None:
        return FirmStandings([], None, warnings)
    stored = connection.execute(_STORED, {"firm": firm_id}).mappings()
    rows = {str(row["board"]): dict(row) for row in stored}
    rung = best_board.removeprefix("none:") if best_board and best_board.startswith("none:") else None
    best = None if rung else best_board
    margin_class = None if best is None else rows[best]["margin_class"]
    text = board_tables.best_text({"board": best, "margin_class": margin_class, "next_rung": rung})
    return FirmStandings(board_tables.standings(rows, rules), text, warnings)


def _worked_out(connection: Connection, firm_id: str, cohort: str, today: date) -> FirmStandings:
    known, labels = check.inputs(connection, today, cohort=cohort, firms=[firm_id])
    verdicts = evaluate.check(known, labels, today)
    warnings = [*verdicts.warnings, *verdicts.not_recorded]
    if known.empty:
        return FirmStandings([], None, warnings)
    best = board_tables.best_text(nearest.best_boards(verdicts).loc[firm_id])
    return FirmStandings(board_tables.standings_of(verdicts, firm_id), best, warnings)
