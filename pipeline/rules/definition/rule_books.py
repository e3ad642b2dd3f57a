"""The rule books of data/rules, read once, and the rules in force on a day.

A rule asked for before its first day raises: an unknown rule is not a met one.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import BOARDS, LABEL_PART, PARTS, RECOGNITION, RuleBook, RuleInForce
from pipeline.rules.definition.parse import read_folder


class NoSuchRule(ShownToPeople):
    """A board, rule or day for which nothing is recorded."""


@cache
def rule_books(folder: Path = RULES_FOLDER) -> tuple[RuleBook, ...]:
    """Every rule book of the folder. Raises WrongFile with every fault of a file that cannot be meant."""
    return read_folder(folder)


def book_of(board: str, books: Sequence[RuleBook] | None = None) -> RuleBook:
    """The book that describes a board (its labels and rank). Raises NoSuchRule for an unknown board."""
    for book in rule_books() if books is None else books:
        if book.board == board and book.rank:
            return book
    raise _no_such_board(board)


def board_named(text: str) -> str:
    """The id of the board that goes by this id or name, in Chinese or English, as a person types it.

    Raises NoSuchRule where no board is called so.
    """
    said = text.strip().casefold()
    for book in rule_books():
        if book.rank and book.board and said in (name.casefold() for name in (book.board, book.zh, book.en)):
            return book.board
    raise _no_such_board(text)


def _no_such_board(board: str) -> NoSuchRule:
    return NoSuchRule(
        Message(
            N_("There is no board %(board)r. Ask for one of %(boards)s."),
            {"board": board, "boards": ", ".join((*BOARDS, RECOGNITION))},
        )
    )


def in_force(board: str, day: date, books: Sequence[RuleBook] | None = None) -> list[RuleInForce]:
    """Every rule of a board on `day`: standards first, then structural, preconditions, positioning, labels.

    Raises NoSuchRule for an unknown board, or for a day before its first recorded rule.
    """
    return list(_shipped_in_force(board, day)) if books is None else _in_force(board, day, books)


@lru_cache(maxsize=256)  # every page of a firm and every list asks the same few boards of the same day
def _shipped_in_force(board: str, day: date) -> tuple[RuleInForce, ...]:
    return tuple(_in_force(board, day, rule_books()))


def _in_force(board: str, day: date, books: Sequence[RuleBook]) -> list[RuleInForce]:
    book_of(board, books)
    rules = [rule for book in books for rule in book.rules if rule.board == board]
    rules_of_day = [in_force for rule in rules if (in_force := rule.on(day)) is not None]
    if not any(rule.part in ("standard", LABEL_PART) for rule in rules_of_day):
        first = min(edition.begins for rule in rules for edition in rule.editions)
        raise NoSuchRule(
            Message(
                N_("No rule of %(board)s is recorded for %(day)s; the first begins on %(first)s."),
                {"board": book_of(board, books), "day": day.isoformat(), "first": first.isoformat()},
            )
        )
    return sorted(rules_of_day, key=lambda rule: PARTS.index(rule.part))


def warnings_on(day: date, boards: Sequence[str], books: Sequence[RuleBook] | None = None) -> list[Message]:
    """One warning a file of these boards that was reviewed too long before `day`."""
    chosen = [
        book for book in (rule_books() if books is None else books) if any(rule.board in boards for rule in book.rules)
    ]
    return [warning for book in chosen if (warning := book.warning_on(day)) is not None]
