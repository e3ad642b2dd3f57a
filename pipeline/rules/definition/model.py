"""The records of a rule book: editions, dated thresholds, conditions, and a rule with the thresholds of a day.

A threshold holds from its day until the next line; `null` ends it. Its law, evidence and confidence are those of
the edition in force on the day, unless the line or the rule names its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from pipeline.language import N_, Label, Message
from pipeline.rules.definition.units import Unit
from pipeline.rules.definition.windows import Window

#: The parts of a board's rules, in the order in which they are shown.
BOARD_PARTS = ("standard", "structural", "precondition", "positioning")
#: The part of a rule about a label that the state gives, which is no exchange's.
LABEL_PART = "label"
PARTS = (*BOARD_PARTS, LABEL_PART)
#: What a rule can say of a firm, in the order in which tables show it, and how people say it.
VERDICT_NAMES = {"met": N_("met"), "not_met": N_("not met"), "unknown": N_("unknown")}
#: In the order in which screens show them.
BOARDS = ("main", "star", "chinext", "bse", "neeq", "hkex")
RECOGNITION = "recognition"
UNCONFIRMED = "own"
REVIEW_DAYS = 365


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
    """A threshold on one day, with who says so. `value` in `unit`; base units: value * unit.factor."""

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
class Evidence:
    """Who says so, and how sure it is: what a dated line has where it names nothing of its own."""

    law: str
    source: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class Group:
    """all | any | not | if_then of nodes; if_then has two: what it depends on, and what is then required.

    `name`: how people call what it asks for as a whole (资金条件), with `evidence` of its own; rules have neither.
    """

    kind: str
    nodes: tuple["Node", ...]
    name: Label | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Meets:
    """That another rule is met (科创属性's growth limb falls away for firms of standard 5)."""

    rule: str


@dataclass(frozen=True)
class ResolvedCondition:
    """A condition with the threshold of a day."""

    measure: str
    window: Window
    op: str
    threshold: Threshold


Node = Condition | Group | Meets | ResolvedCondition


def resolved(node: Node, day: date, evidence: Evidence, board: str | None = None) -> Node | None:
    """The tree with the thresholds of a day, without conditions that have ended, have not begun, or are limited to
    other boards; None where nothing of it is left."""
    if isinstance(node, Condition):
        line = node.line_on(day)
        if line is None or (node.only and board not in node.only):
            return None
        threshold = Threshold(
            value=line.value,
            begins=line.begins,
            unit=node.unit,
            law=line.law or evidence.law,
            source=line.source or evidence.source,
            confidence=line.confidence or evidence.confidence,
        )
        return ResolvedCondition(node.measure, node.window, node.op, threshold)
    if isinstance(node, Group):
        evidence = node.evidence or evidence
        nodes = tuple(kept for child in node.nodes if (kept := resolved(child, day, evidence, board)) is not None)
        if not nodes or (node.kind == "if_then" and len(nodes) < 2):
            return None
        return replace(node, nodes=nodes)
    return node


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
    #: The districts (six digits) whose firms it is for; empty: all. A neighbour's label is not told of other firms.
    districts: tuple[str, ...] = ()

    def on(self, day: date) -> "RuleInForce | None":
        """The rule with the thresholds of `day`; None where it is not in force."""
        edition = next((e for e in self.editions if e.covers(day) and e.id in self.ids), None)
        if edition is None or (self.opens is not None and day < self.opens):
            return None
        evidence = Evidence(edition.law, self.source or edition.source, self.confidence or edition.confidence)
        needs = resolved(self.needs, day, evidence, self.board)
        return None if needs is None else RuleInForce(self.ids[edition.id], self, edition, day, needs)


@dataclass(frozen=True)
class RuleInForce:
    """A rule on a day: its id of that day and its conditions with their thresholds."""

    id: str
    rule: Rule
    edition: Edition
    day: date
    needs: Node

    @property
    def board(self) -> str:
        return self.rule.board

    @property
    def part(self) -> str:
        return self.rule.part

    @property
    def name(self) -> str:
        return self.rule.name

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
    def conditions(self) -> list[ResolvedCondition]:
        return list(leaves(self.needs))


@dataclass(frozen=True)
class RuleBook:
    """One file: its rules in the order of the file, and when a person last held it against the law.

    `note_zh`, `note_en`: what of the law it leaves out.
    """

    file: str
    zh: str
    en: str
    reviewed_on: date
    board: str | None
    rank: int
    rules: tuple[Rule, ...]
    note_zh: str = ""
    note_en: str = ""

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


def leaves(node: Node) -> Iterator[ResolvedCondition]:
    """Every condition below a node, in the order of the file."""
    if isinstance(node, ResolvedCondition):
        yield node
    elif isinstance(node, Group):
        for child in node.nodes:
            yield from leaves(child)
