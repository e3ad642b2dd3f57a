"""The policy of the two pools: dated lines and conditions, what is in force on a day, and the actions it asks for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Condition, Evidence, Group, Node, ResolvedCondition, leaves, resolved

SEED, GOLDEN = "seed", "golden"
#: What a review can propose, in the order in which it is decided: places are freed before they are given away.
ACTIONS = ("exit", "demote", "renew", "promote", "enter")
#: What the order within those who qualify goes by, and the places; every other measure is of the rules or of a review.
POINTS, OPEN_FINDINGS = "points", "open_findings"
#: Each condition of the file and how people call it.
CONDITIONS: Mapping[str, Label] = {
    "candidate": Label("入库前提", "what every candidate has to be"),
    "seed_enter": Label("种子库入库条件", "the entry conditions of the seed pool"),
    "seed_leave": Label("种子库出库条件", "the exit conditions of the seed pool"),
    "golden_enter": Label("金种子库入库条件", "the entry conditions of the golden-seed pool"),
    "golden_straight": Label("金种子库直接入库条件", "the conditions of straight entry to the golden-seed pool"),
    "golden_leave": Label("金种子库出库条件", "the exit conditions of the golden-seed pool"),
}
#: Those that a policy may do without.
OPTIONAL_CONDITIONS = frozenset({"candidate", "golden_straight"})


#: The single values without which no review can be made; the others are asked from their first day on.
NEEDED_LINES = frozenset({"seed_cap", "golden_cap", "scores_valid_days", "held_from_stage"})


class NoPolicy(ShownToPeople):
    """A day before the first line of the pools' policy: an unknown line is not a met one."""


@dataclass(frozen=True)
class PolicyLine:
    """One value of the policy as it is in force on a day, and who says so. `op`: of a condition, how it is compared."""

    name: str
    zh: str
    en: str
    unit: str
    value: object
    begins: date
    source: str
    confidence: str
    op: str = ""


@dataclass(frozen=True)
class Pool:
    """A firm may enter where `enter` is met and is to leave where `leave` is met; at most `cap` firms.

    All are conditions of the rules' own form, with the thresholds of the day. `straight`: what lets a firm in from
    outside, and from the pool below beside `enter`; None: nothing does. `floors`: district -> so many places are given
    to its firms first, as far as they qualify.
    """

    enter: Node
    leave: Node
    cap: int
    straight: Node | None = None
    floors: Mapping[str, int] = field(default_factory=dict)

    @property
    def enter_points(self) -> float | None:
        """The lowest points from which a firm may enter; None where no condition asks for points."""
        return min(_lines_in_points(self.enter, (">=", ">")), default=None)

    @property
    def leave_points(self) -> float | None:
        """The highest points below which a firm is to leave; None where no condition asks for points."""
        return max(_lines_in_points(self.leave, ("<", "<=")), default=None)


@dataclass(frozen=True)
class Policy:
    """What is in force on a day. `fingerprint`: of the values alone, whatever is said about them.

    candidate: what a firm has to be to enter either pool; None: anything. valid_months: how long a membership holds
    before it has to be renewed (None: without end). reviews_to_leave: in so many reviews in a row a firm has to meet
    an exit condition before it is proposed to leave. reporting_days: (month, day) on which districts report, in order.
    opinions: the departments that are asked about who is to enter the golden-seed pool, each with `opinion_days`
    working days to answer; notice_days: the working days of the public notice before it (0: none).
    """

    seed: Pool
    golden: Pool
    scores_valid_days: int
    held_from_stage: str
    begins: date
    lines: tuple[PolicyLine, ...]
    fingerprint: str
    candidate: Node | None = None
    valid_months: int | None = None
    reviews_to_leave: int = 1
    reporting_days: tuple[tuple[int, int], ...] = ()
    opinions: tuple[str, ...] = ()
    opinion_days: int = 10
    notice_days: int = 0

    @property
    def conditions(self) -> Mapping[str, Node]:
        """Its conditions by their name in CONDITIONS, in that order; those that it does without are left out."""
        nodes = {
            "candidate": self.candidate,
            "seed_enter": self.seed.enter,
            "seed_leave": self.seed.leave,
            "golden_enter": self.golden.enter,
            "golden_straight": self.golden.straight,
            "golden_leave": self.golden.leave,
        }
        return {name: node for name, node in nodes.items() if node is not None}

    @property
    def measures(self) -> frozenset[str]:
        """Everything that its conditions ask for: points, what reviews bring, and measures of the rules."""
        return frozenset(leaf.measure for node in self.conditions.values() for leaf in leaves(node))


@dataclass(frozen=True)
class PartCount:
    """How many firms meet a part of a condition, do not, or are unknown."""

    name: str
    label: Label
    met: int
    not_met: int
    unknown: int


@dataclass(frozen=True)
class PolicyBook:
    """The whole file: conditions by their name in CONDITIONS, and every other dated line, oldest first.

    `evidence`: what a line of a condition rests on that names nothing of its own.
    """

    zh: str
    en: str
    conditions: Mapping[str, Node]
    lines: Mapping[str, tuple[PolicyLine, ...]]
    evidence: Evidence
    note_zh: str = ""
    note_en: str = ""

    def days(self) -> list[date]:
        """The days on which anything changes."""
        of_lines = {line.begins for dated in self.lines.values() for line in dated}
        return sorted(of_lines.union(*(days_of(node) for node in self.conditions.values())))

    def on(self, day: date) -> Policy:
        """The policy in force on `day`. Raises NoPolicy before the first day of any of its lines or conditions."""
        current = {name: line for name in self.lines if (line := self._line_on(name, day)) is not None}
        nodes = {name: node for name in self.conditions if (node := self._condition_on(name, day)) is not None}
        value: dict[str, object] = {name: line.value for name, line in current.items()}
        for name, node in nodes.items():
            in_points = points_line(node, ">=" if name.endswith("enter") else "<")
            # A condition of nothing but points has the fingerprint that it had before it could ask for more.
            value[f"{name}_points" if in_points else name] = (
                in_points.threshold.value if in_points else _canonical(node)
            )
        whole = {name: line.value for name, line in current.items() if isinstance(line.value, int)}
        floors = {name: line.value for name, line in current.items() if isinstance(line.value, dict)}
        words = {name: tuple(line.value) for name, line in current.items() if isinstance(line.value, list)}
        lines = (*current.values(), *(line for name, node in nodes.items() for line in _lines_of(name, node)))
        return Policy(
            seed=Pool(
                nodes["seed_enter"], nodes["seed_leave"], whole["seed_cap"], floors=floors.get("seed_floors", {})
            ),
            golden=Pool(
                nodes["golden_enter"],
                nodes["golden_leave"],
                whole["golden_cap"],
                nodes.get("golden_straight"),
                floors.get("golden_floors", {}),
            ),
            scores_valid_days=whole["scores_valid_days"],
            held_from_stage=str(current["held_from_stage"].value),
            begins=max(line.begins for line in lines),
            lines=lines,
            fingerprint=hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest(),
            candidate=nodes.get("candidate"),
            valid_months=whole.get("valid_months"),
            reviews_to_leave=whole.get("reviews_to_leave", 1),
            reporting_days=tuple(sorted(month_and_day(word) for word in words.get("reporting_days", ()))),
            opinions=words.get("opinions", ()),
            opinion_days=whole.get("opinion_days", 10),
            notice_days=whole.get("notice_days", 0),
        )

    def _line_on(self, name: str, day: date) -> PolicyLine | None:
        begun = [line for line in self.lines[name] if line.begins <= day]
        if not begun:
            if name not in NEEDED_LINES:
                return None
            first = self.lines[name][0]
            raise _no_policy(Label(first.zh, first.en), day, first.begins)
        return begun[-1]

    def _condition_on(self, name: str, day: date) -> Node | None:
        node = resolved(self.conditions[name], day, self.evidence)
        if node is None and name not in OPTIONAL_CONDITIONS:
            raise _no_policy(CONDITIONS[name], day, min(days_of(self.conditions[name])))
        return node


def month_and_day(word: str) -> tuple[int, int]:
    """06-30 -> (6, 30). Raises ValueError where that is no day of a year."""
    day = date.fromisoformat(f"2023-{word}")
    return day.month, day.day


def points_line(node: Node, op: str) -> ResolvedCondition | None:
    """The condition that a tree comes to where it is nothing but one line in points; None where it asks for more."""
    while isinstance(node, Group) and node.kind in ("all", "any") and len(node.nodes) == 1:
        node = node.nodes[0]
    return node if isinstance(node, ResolvedCondition) and (node.measure, node.op) == (POINTS, op) else None


def days_of(node: Node) -> set[date]:
    """The days on which a condition below a node changes."""
    if isinstance(node, Condition):
        return {line.begins for line in node.lines}
    return {day for child in node.nodes for day in days_of(child)} if isinstance(node, Group) else set()


def _no_policy(label: Label, day: date, begins: date) -> NoPolicy:
    return NoPolicy(
        Message(
            N_("The pools' policy has no line on %(day)s: %(line)s begins on %(begins)s."),
            {"line": label, "day": day.isoformat(), "begins": begins.isoformat()},
        )
    )


def _lines_in_points(node: Node, operators: tuple[str, ...]) -> Iterator[float]:
    for leaf in leaves(node):
        if leaf.measure == POINTS and leaf.op in operators and isinstance(leaf.threshold.value, int | float):
            yield float(leaf.threshold.value)


def _lines_of(name: str, node: Node) -> Iterator[PolicyLine]:
    for leaf in leaves(node):
        measure, threshold = measures.measures()[leaf.measure], leaf.threshold
        yield PolicyLine(
            name,
            leaf.window.zh(measure.zh),
            leaf.window.en(measure.en),
            threshold.unit.name,
            threshold.value,
            threshold.begins,
            ", ".join(threshold.source),
            threshold.confidence,
            leaf.op,
        )


def _canonical(node: Node) -> object:
    """A condition as plain values, for its fingerprint."""
    if isinstance(node, Group):
        return {node.kind: [_canonical(child) for child in node.nodes]}
    assert isinstance(node, ResolvedCondition)
    unit = node.threshold.unit.name
    return {
        "fact": node.measure,
        "window": node.window.name,
        "is": node.op,
        "unit": unit,
        "value": node.threshold.value,
    }
