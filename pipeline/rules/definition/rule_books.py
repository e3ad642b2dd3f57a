"""Rules by date: the rule books of data/rules, and what each of them says on a day.

reading.py -> **dated.py** -> conditions.py
A threshold holds from its day until the next line; `null` ends it. Its law, evidence and confidence are those of
the edition in force on the day, unless the line or the rule names its own. A rule asked for before its first day
raises: an unknown rule is not a met one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.rules.definition.units import Unit
from pipeline.rules.definition.windows import Window
from pipeline.settings import ROOT

RULES_FOLDER = ROOT / "data" / "rules"
#: Files of the folder that are no rule books.
NOT_RULE_BOOKS = frozenset({"measures.yaml", "sources.yaml", "tech_sme_score.yaml", "pools.yaml"})
PARTS = ("standard", "structural", "precondition", "positioning", "label")
#: In the order in which screens show them.
BOARDS = ("main", "star", "chinext", "bse", "neeq", "hkex")
RECOGNITION = "recognition"
UNCONFIRMED = "own"
REVIEW_DAYS = 365


class NoSuchRule(ShownToPeople):
    """A board, rule or day for which nothing is recorded."""


@dataclass(frozen=True)
class Edition:
    """One version of a law: in force from `begins` until the day before `ends` (None: as far as known)."""

    id: str
    begins: date
    ends: date | None
    law: str
    source: tuple[str, ...]
    confidence: str
    note_zh: str = ""
    note_en: str = ""

    def covers(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class Line:
    """One dated line of a threshold. value None: the condition ended."""

    begins: date
    value: object
    source: tuple[str, ...] | None = None
    confidence: str | None = None
    law: str | None = None


@dataclass(frozen=True)
class Threshold:
    """A threshold as it stands on a day, with who says so. `value` in `unit`; base units: value * unit.factor."""

    value: object
    begins: date
    unit: Unit
    law: str
    source: tuple[str, ...]
    confidence: str

    @property
    def confirmed(self) -> bool:
        """Whether anything beside general knowledge supports it."""
        return any(source != UNCONFIRMED for source in self.source)


@dataclass(frozen=True)
class Condition:
    """A leaf: one measure over one window against one dated threshold. `only`: the boards that it is limited to."""

    measure: str
    window: Window
    op: str
    unit: Unit
    lines: tuple[Line, ...]
    only: tuple[str, ...] = ()

    def line_on(self, day: date) -> Line | None:
        """The line in force, None where the condition has not begun or has ended."""
        begun = [line for line in self.lines if line.begins <= day]
        return begun[-1] if begun and begun[-1].value is not None else None


@dataclass(frozen=True)
class Group:
    """all | any | not | if_then of nodes; if_then has two: what it depends on, and what is then required."""

    kind: str
    nodes: tuple["Node", ...]


@dataclass(frozen=True)
class Meets:
    """That another rule is met (科创属性's growth limb falls away for firms of standard 5)."""

    rule: str


@dataclass(frozen=True)
class Held:
    """A condition with the threshold of a day."""

    measure: str
    window: Window
    op: str
    threshold: Threshold


Node = Condition | Group | Meets | Held


@dataclass(frozen=True)
class Rule:
    """One rule through its editions. `ids`: edition id -> the id that the rule has in it."""

    name: str
    board: str
    part: str
    zh: str
    en: str
    ids: dict[str, str]
    editions: tuple[Edition, ...]
    needs: Node
    route: str = "regular"
    opens: date | None = None
    source: tuple[str, ...] | None = None
    confidence: str | None = None
    note_zh: str = ""
    note_en: str = ""
    file: str = ""

    def on(self, day: date) -> "RuleInForce | None":
        """The rule as it stands on `day`; None where it is not in force."""
        edition = next((e for e in self.editions if e.covers(day) and e.id in self.ids), None)
        if edition is None or (self.opens is not None and day < self.opens):
            return None
        needs = self._held(self.needs, day, edition)
        return None if needs is None else RuleInForce(self.ids[edition.id], self, edition, day, needs)

    def _held(self, node: Node, day: date, edition: Edition) -> Node | None:
        """The tree with the thresholds of the day, without conditions that ended or are another board's."""
        if isinstance(node, Condition):
            line = node.line_on(day)
            if line is None or (node.only and self.board not in node.only):
                return None
            return Held(node.measure, node.window, node.op, self._threshold(node, line, edition))
        if isinstance(node, Group):
            kept = tuple(held for child in node.nodes if (held := self._held(child, day, edition)) is not None)
            if not kept or (node.kind == "if_then" and len(kept) < 2):
                return None
            return replace(node, nodes=kept)
        return node

    def _threshold(self, node: Condition, line: Line, edition: Edition) -> Threshold:
        return Threshold(
            value=line.value,
            begins=line.begins,
            unit=node.unit,
            law=line.law or edition.law,
            source=line.source or self.source or edition.source,
            confidence=line.confidence or self.confidence or edition.confidence,
        )


@dataclass(frozen=True)
class RuleInForce:
    """A rule on a day: its id of that day and its conditions with their thresholds."""

    id: str
    rule: Rule
    edition: Edition
    day: date
    needs: Node

    @property
    def source(self) -> tuple[str, ...]:
        return self.rule.source or self.edition.source

    @property
    def confidence(self) -> str:
        return self.rule.confidence or self.edition.confidence

    @property
    def confirmed(self) -> bool:
        return any(source != UNCONFIRMED for source in self.source)

    @property
    def conditions(self) -> list[Held]:
        return list(leaves(self.needs))


@dataclass(frozen=True)
class RuleBook:
    """One file: its rules in the order of the file, and when a person last held it against the law."""

    file: str
    zh: str
    en: str
    reviewed_on: date
    board: str | None
    rank: int
    rules: tuple[Rule, ...]

    def warning_on(self, day: date) -> Message | None:
        """What to say where the file was last reviewed more than a year before `day`."""
        if (day - self.reviewed_on).days <= REVIEW_DAYS:
            return None
        return Message(
            N_(
                "%(file)s was last reviewed on %(reviewed)s, more than a year before %(day)s: check it against the law."
            ),
            {"file": self.file, "reviewed": self.reviewed_on.isoformat(), "day": day.isoformat()},
        )


def leaves(node: Node) -> Iterator[Held]:
    """Every condition below a node, in the order of the file."""
    if isinstance(node, Held):
        yield node
    elif isinstance(node, Group):
        for child in node.nodes:
            yield from leaves(child)


@cache
def rule_books(folder: Path = RULES_FOLDER) -> tuple[RuleBook, ...]:
    """Every rule book of the folder. Raises WrongFile with every fault of a file that cannot be meant."""
    from pipeline.rules.definition.parse import read_folder

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
    book_of(board, books)
    rules = [rule for book in (rule_books() if books is None else books) for rule in book.rules if rule.board == board]
    found = [held for rule in rules if (held := rule.on(day)) is not None]
    if not any(held.rule.part in ("standard", "label") for held in found):
        first = min(edition.begins for rule in rules for edition in rule.editions)
        raise NoSuchRule(
            Message(
                N_("No rule of %(board)s is recorded for %(day)s; the first begins on %(first)s."),
                {"board": book_of(board, books), "day": day.isoformat(), "first": first.isoformat()},
            )
        )
    return sorted(found, key=lambda held: PARTS.index(held.rule.part))


def warnings_on(day: date, boards: Sequence[str], books: Sequence[RuleBook] | None = None) -> list[Message]:
    """One warning a file of these boards that was reviewed too long before `day`."""
    chosen = [
        book for book in (rule_books() if books is None else books) if any(rule.board in boards for rule in book.rules)
    ]
    return [warning for book in chosen if (warning := book.warning_on(day)) is not None]
