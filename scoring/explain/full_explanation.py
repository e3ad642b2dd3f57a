"""One firm explained for a person or a script: its score with reasons, and how far it is from each board.

Joins scoring.explanation and pipeline.rules; read by `goldseed explain`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from pipeline.language import ENGLISH, language
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS
from pipeline.rules.evaluation import evaluate
from pipeline.rules.explanation import condition_table
from scoring.explain.explanation import explain_firm
from scoring.explain.firm_snapshot import OneFirm, one_firm

_TOP = 6


def explained_firm(
    engine: Engine,
    models_dir: Path,
    firm_id: str,
    as_of: date,
    model_id: str | None = None,
    firm: OneFirm | None = None,
) -> dict[str, Any]:
    """What scoring.explanation tells of a firm, with what would raise its score, and how far each board is.
    `firm`: the same firm and day, where it has been read already.

    `boards`: one entry a board with standard, structural, precondition, positioning (met, not_met, unknown,
    not_asked), nearest (a rule id), met (the standard that is met, or None), best (the best-fitting board) and the
    gaps in words, zh and en.
    """
    firm = firm or one_firm(engine, firm_id, as_of)
    told = explain_firm(engine, models_dir, firm_id, as_of, model_id, suggestions=True, firm=firm)
    verdict = condition_table.of_firm(evaluate.check(*firm.for_rules, as_of), firm_id)
    states = verdict.boards[[*BOARD_PARTS, "nearest", "met"]].astype(object).where(verdict.boards.notna(), None)
    told["boards"] = [
        {
            "board": str(board),
            "zh": rule_books.book_of(str(board)).zh,
            "en": rule_books.book_of(str(board)).en,
            **entry,
            "best": board == verdict.best,
            "gaps": [{"zh": gap.in_language("zh_CN"), "en": gap.in_language("en")} for gap in verdict.gaps[str(board)]],
        }
        for board, entry in states.to_dict("index").items()
    ]
    return told


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """The same for a person at a terminal."""
    tongue = "en" if language() == ENGLISH else "zh"
    yield f"{told['firm_id']}  {told.get('name') or ''}  {told['as_of']}"
    yield from told["in_words"][tongue]
    for warning in told["warnings"][tongue]:
        yield f"! {warning}"
    for reason in sorted(told["reasons"], key=lambda each: -abs(each["points"]))[:_TOP]:
        yield f"  {reason['points']:+6.2f}  {reason[tongue]}"
    for way in told.get("what_would_raise", [])[:_TOP]:
        yield f"↑ {way['in_words'][tongue]}"
    for board in told["boards"]:
        gaps = [gap[tongue] for gap in board["gaps"]] or [_("nothing is missing")]
        yield f"{'★' if board['best'] else ' '} {board[tongue]} ({board['nearest']}): {'; '.join(gaps)}"
