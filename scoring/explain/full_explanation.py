"""One firm explained for a person or a script: its score with reasons, and how far it is from each board."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from pipeline.json_values import JsonObject
from pipeline.language import Label, Message, language, pick
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS
from pipeline.rules.evaluation import evaluate
from pipeline.rules.explanation import condition_table
from pipeline.wording import number_format
from scoring.explain.explanation import FirmExplanation, explain_firm
from scoring.explain.firm_snapshot import FirmSnapshot, firm_snapshot
from scoring.explain.suggestion import TONGUES, Suggestion

_TOP = 6


@dataclass(frozen=True)
class BoardStanding:
    """How far a firm is from one board. `states`: part (standard, structural, precondition, positioning) -> met,
    not_met, unknown or not_asked; `nearest`: the id of the nearest standard; `met`: of the one that is met; `best`: the
    board that fits best; `gaps`: what is missing for the nearest standard, a sentence a condition."""

    board: str
    label: Label
    states: dict[str, str]
    nearest: str | None
    met: str | None
    best: bool
    gaps: tuple[Message, ...]

    def as_json(self) -> JsonObject:
        return {
            "board": self.board,
            "zh": self.label.zh,
            "en": self.label.en,
            **self.states,
            "nearest": self.nearest,
            "met": self.met,
            "best": self.best,
            "gaps": [{tongue: gap.in_language(name) for tongue, name in TONGUES.items()} for gap in self.gaps],
        }


@dataclass(frozen=True)
class FullExplanation:
    """A firm's score explained, and its standing at every board."""

    score: FirmExplanation
    boards: tuple[BoardStanding, ...]

    def as_json(self) -> JsonObject:
        return {**self.score.as_json(), "boards": [board.as_json() for board in self.boards]}

    def lines(self) -> Iterator[str]:
        """The same for a person at a terminal, in the current language."""
        score = self.score
        yield f"{score.firm_id}  {score.name or ''}  {score.as_of.isoformat()}"
        yield from score.sentences(language())
        for warning in score.warnings:
            yield f"! {warning}"
        for reason in score.reasons[:_TOP]:
            yield f"  {number_format.decimal(reason.points, 2, signed=True):>6}  {pick(reason.label)}"
        for step in score.next_steps or ():
            yield f"→ {step.message}"
        yield from advice_lines(score.what_would_raise or ())
        for board in self.boards:
            gaps = [str(gap) for gap in board.gaps] or [_("nothing is missing")]
            yield f"{'★' if board.best else ' '} {pick(board.label)} ({board.nearest}): {'; '.join(gaps)}"


def advice_lines(suggestions: Sequence[Suggestion]) -> Iterator[str]:
    """What would raise a score, numbered; combinations apart from the single actions that they take together."""
    singles = [suggestion for suggestion in suggestions if not suggestion.combines]
    for number, suggestion in enumerate(singles, start=1):
        yield f"↑ {number}. {suggestion.in_language(language())}"
    for suggestion in suggestions:
        if suggestion.combines:
            yield f"⇈ {suggestion.in_language(language())}"


def explained_firm(
    engine: Engine, models_dir: Path, firm_id: str, as_of: date, model_id: str | None = None
) -> FullExplanation:
    """The full explanation of a firm as known on a day. Raises NotFound for an unknown firm or no model, NotScored
    where no figures of the last two years were known."""
    return full_explanation_of(models_dir, firm_snapshot(engine, firm_id, as_of), model_id)


def full_explanation_of(models_dir: Path, firm: FirmSnapshot, model_id: str | None = None) -> FullExplanation:
    """As explained_firm, of a firm that has been read."""
    score = explain_firm(models_dir, firm, model_id)
    verdict = condition_table.of_firm(evaluate.check(*firm.for_rules, firm.as_of), firm.id)
    columns = verdict.boards[[*BOARD_PARTS, "nearest", "met"]]
    rows = columns.astype(object).where(verdict.boards.notna(), None).to_dict("index")
    boards = []
    for board, row in rows.items():
        book = rule_books.book_of(str(board))
        standing = BoardStanding(
            board=str(board),
            label=Label(book.zh, book.en),
            states={part: row[part] for part in BOARD_PARTS},
            nearest=row["nearest"],
            met=row["met"],
            best=board == verdict.best,
            gaps=tuple(verdict.gaps[str(board)]),
        )
        boards.append(standing)
    return FullExplanation(score, tuple(boards))
