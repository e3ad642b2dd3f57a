"""Verdicts and comparisons as lines of text for the terminal, in the language of the reader."""

import unicodedata

import pandas as pd

from pipeline.districts import DISTRICTS
from pipeline.language import CHINESE, N_, gettext, language, pick
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import RECOGNITION, VERDICT_NAMES
from pipeline.rules.evaluation import nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_text, recognition
from pipeline.rules.reports import board_tables

_PARTS = {
    "standard": N_("Standard"),
    "structural": N_("Structure"),
    "precondition": N_("Preconditions"),
    "positioning": N_("Positioning"),
}
_HEADINGS = {
    "board": N_("Board"),
    "rule": N_("Label"),
    "district_code": N_("District"),
    "firms": N_("Firms"),
    **VERDICT_NAMES,
    **board_tables.MEETS_NAMES,
    "met_before": N_("met before"),
    "met_after": N_("met after"),
    "gains": N_("gains"),
    "loses": N_("loses"),
    "may_gain": N_("may gain"),
    "may_lose": N_("may lose"),
    "stays": N_("stays"),
}


def of_firm(verdicts: Verdicts, firm_id: str) -> list[str]:
    """A firm's boards, the best-fitting first: the state of each part, and what its nearest standard lacks."""
    if verdicts.boards == [RECOGNITION]:
        labels = recognition.of_firm(verdicts, firm_id)
        return [firm_id, *(f"  - {gap}" for label in labels for gap in label.gaps)]
    lines = [firm_id]
    if (fits := board_tables.best_text(nearest.best_boards(verdicts).loc[firm_id])) is not None:
        lines.append(gettext(N_("Best-fitting board: %(board)s"), board=fits))
    colon, semicolon, bracketed = ("：", "；", "（%s）") if language() == CHINESE else (": ", "; ", " (%s)")
    for firm_board in board_tables.firm_boards(verdicts, firm_id):
        board = firm_board.standing
        states = [
            f"{gettext(name)}{colon}{gettext(VERDICT_NAMES[board.states[part]])}"
            for part, name in _PARTS.items()
            if board.states[part] != "not_asked"
        ]
        best = bracketed % gettext(N_("best fit")) if board.best else ""
        states.insert(0, gettext(board_tables.MEETS_NAMES[board.meets]))
        lines.append(f"{pick(board.label)}{best}  {semicolon.join(states)}")
        lines += [f"  - {gap}" for gap in firm_board.gaps]
    return lines


def table(counts: pd.DataFrame) -> list[str]:
    """Counts a board, a label or a district, headings and names in words, columns under each other."""
    rows = [[gettext(_HEADINGS[name]) for name in counts]]
    for row in counts.to_dict("records"):
        cells = []
        for name, value in row.items():
            if name == "board":
                value = pick(rule_books.book_of(str(value)))
            elif name == "rule":
                value = pick(condition_text.title(str(value)))
            elif name == "district_code":
                value = pick(DISTRICTS[value]) if value in DISTRICTS else value or "—"
            cells.append(str(value))
        rows.append(cells)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    numeric = [pd.api.types.is_numeric_dtype(kind) for kind in counts.dtypes]
    return [
        "  ".join(
            " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Places on a screen of letters of one width: a Chinese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
