"""One firm explained for a person or a script: its score with reasons, and how far it is from each board."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message, headed, joined, language, pick
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARD_PARTS
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.explanation import condition_table, condition_text
from pipeline.rules.reports import board_tables
from pipeline.store.current import current_run
from pipeline.store.tables import Score
from pipeline.wording import number_format
from pipeline.wording.places import place_in_words
from scoring.explain.explanation import FirmExplanation, doubted_figures_of, explain_firm
from scoring.explain.firm_snapshot import FirmSnapshot, firm_snapshot
from scoring.explain.next_steps import next_steps
from scoring.explain.suggestion import TONGUES, Suggestion

_TOP = 6
_STORED_NOWHERE = N_(
    "This firm has no stored score: it was worked out as of %(day)s for whoever asked; no list and no review has it."
)


@dataclass(frozen=True)
class BoardStanding:
    """How far a firm is from one board. `states`: part (standard, structural, precondition, positioning) -> met,
    not_met, unknown or not_asked; `nearest`: the id of the nearest standard; `met`: of the one that is met; `best`: the
    board that fits best; `meets`: one of nearest.MEETS; `margin_class`: one of nearest.MARGIN_CLASSES; `gaps`: what is
    missing for the nearest standard and in the other parts, a sentence a condition."""

    board: str
    label: Label
    states: dict[str, str]
    nearest: str | None
    met: str | None
    best: bool
    meets: str
    margin_class: str
    gaps: tuple[Message, ...]

    @property
    def nearest_in_words(self) -> str:
        """The nearest standard's name in the current language; blank without one."""
        return "" if self.nearest is None else pick(condition_text.title(self.nearest, self.board))

    def as_json(self) -> JsonObject:
        return {
            "board": self.board,
            "zh": self.label.zh,
            "en": self.label.en,
            **self.states,
            "nearest": self.nearest,
            "met": self.met,
            "best": self.best,
            "meets": self.meets,
            "margin_class": self.margin_class,
            "gaps": [{tongue: gap.in_language(name) for tongue, name in TONGUES.items()} for gap in self.gaps],
        }


@dataclass(frozen=True)
class FullExplanation:
    """A firm's score explained, and its standing at every board by the facts and rules of `boards_as_of`. `best`: the
    best-fitting board in words, or what leads on where none is near; None where nothing is known or it is listed."""

    score: FirmExplanation
    boards: tuple[BoardStanding, ...]
    boards_as_of: date
    best: Message | None

    def as_json(self) -> JsonObject:
        best = None if self.best is None else {tongue: self.best.in_language(name) for tongue, name in TONGUES.items()}
        return {
            **self.score.as_json(),
            "boards_as_of": self.boards_as_of.isoformat(),
            "best_board": best,
            "boards": [board.as_json() for board in self.boards],
        }

    def lines(self) -> Iterator[str]:
        """The same for a person at a terminal, in the current language."""
        score = self.score
        yield f"{score.firm_id}  {score.name or ''}  {score.as_of.isoformat()}"
        yield from score.sentences(language())
        for heading, place in place_in_words(score.place, score.cohort):
            yield headed(heading, place)
        for warning in score.warnings:
            yield f"! {warning}"
        for reason in score.reasons[:_TOP]:
            yield f"  {number_format.decimal(reason.points, 2, signed=True):>6}  {pick(reason.label)}"
        for step in score.next_steps or ():
            yield f"→ {step.message}"
        yield from advice_lines(score.what_would_raise or ())
        if self.best is not None:
            yield _("Best-fitting board: %(board)s", board=self.best)
        for board in self.boards:
            gaps = joined([str(gap) for gap in board.gaps] or [_("nothing is missing")])
            heading = f"{pick(board.label)} · {board.nearest_in_words} · {_(board_tables.MEETS_NAMES[board.meets])}"
            yield f"{'★' if board.best else ' '} {headed(heading, gaps)}"


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


def as_on_the_dashboard(
    engine: Engine, models_dir: Path, firm_id: str, today: date, model_id: str | None = None
) -> FullExplanation:
    """What the firm's page shows today: the score of the current run, the boards by today's facts and rules. A firm
    without a score in that run, and a model asked for by name, are scored as of today; of such a firm a warning says
    that no list has this score. Raises as explained_firm."""
    now = firm_snapshot(engine, firm_id, today)
    if model_id:
        return full_explanation_of(models_dir, now, model_id)
    run = _run_with(engine, now)
    if run is None:
        anew = full_explanation_of(models_dir, now)
        warnings = (Message(_STORED_NOWHERE, {"day": today.isoformat()}), *anew.score.other_warnings)
        return replace(anew, score=replace(anew.score, other_warnings=warnings))
    return full_explanation_of(models_dir, firm_snapshot(engine, firm_id, run[0]), run[1], now)


def _run_with(engine: Engine, firm: FirmSnapshot) -> tuple[date, str] | None:
    """Day and model of the current run of the firm's cohort, where it has a score of this firm."""
    with Session(engine) as session:
        run = current_run(session, firm.cohort)
        if run is None:
            return None
        scored = session.scalar(select(Score.id).where(Score.run_id == run.id, Score.firm_id == firm.id))
        return None if scored is None else (run.as_of, run.model_id)


def full_explanation_of(
    models_dir: Path, firm: FirmSnapshot, model_id: str | None = None, now: FirmSnapshot | None = None
) -> FullExplanation:
    """As explained_firm, of a firm that has been read. With `now`, the same firm as known on a later day: the score as
    it was stored; boards, doubts and next steps by what is known `now`."""
    score = explain_firm(models_dir, firm, model_id, as_stored=now is not None)
    if now is not None:
        doubted = doubted_figures_of(now)
        steps = next_steps(now, [figure.label for figure in doubted])
        score = replace(score, figures_in_doubt=doubted, next_steps=steps)
    now = now or firm
    verdicts = evaluate.check(*now.for_rules, now.as_of)
    verdict = condition_table.of_firm(verdicts, now.id)
    columns = verdict.boards[[*BOARD_PARTS, "nearest", "met", "meets", "margin_class"]]
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
            meets=row["meets"],
            margin_class=row["margin_class"],
            gaps=tuple(verdict.gaps[str(board)]),
        )
        boards.append(standing)
    boards.sort(key=lambda standing: int(verdict.boards.at[standing.board, "fit"]))
    best = board_tables.best_text(nearest.best_boards(verdicts).loc[now.id])
    return FullExplanation(score, tuple(boards), now.as_of, best)
