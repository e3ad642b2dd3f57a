"""The policy of the two pools: dated lines and conditions, what is in force on a day, and the actions it asks for."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Condition, Evidence, Group, Node, ResolvedCondition, leaves, resolved

SEED, GOLDEN = "seed", "golden"
#: What a review can propose, in the order in which it is decided: places are freed before they are given away.
ACTIONS = ("exit", "demote", "promote", "enter")
#: What only the conditions of a pool can ask for, beside every measure of the rules.
POINTS, OPEN_FINDINGS = "points", "open_findings"
#: Each condition of the file and how people call it.
CONDITIONS: Mapping[str, Label] = {
    "seed_enter": Label("种子库入库条件", "the entry conditions of the seed pool"),
    "seed_leave": Label("种子库出库条件", "the exit conditions of the seed pool"),
    "golden_enter": Label("金种子库入库条件", "the entry conditions of the golden-seed pool"),
    "golden_leave": Label("金种子库出库条件", "the exit conditions of the golden-seed pool"),
}


class NoPolicy(ShownToPeople):
    """A day before the first line of the pools' policy: an unknown line is not a met one."""


@dataclass(frozen=True)
class PolicyLine:
    """One value of the policy as it is in force on a day, and who says so."""

    name: str
    zh: str
    en: str
    unit: str
    value: object
    begins: date
    source: str
    confidence: str


@dataclass(frozen=True)
class Pool:
    """A firm may enter where `enter` is met and is to leave where `leave` is met; at most `cap` firms.

    Both are conditions of the rules' own form, with the thresholds of the day.
    """

    enter: Node
    leave: Node
    cap: int

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
    """What is in force on a day. `fingerprint`: of the values alone, whatever is said about them."""

    seed: Pool
    golden: Pool
    scores_valid_days: int
    held_from_stage: str
    begins: date
    lines: tuple[PolicyLine, ...]
    fingerprint: str

    @property
    def measures(self) -> frozenset[str]:
        """Everything that its conditions ask for: points, open findings, and measures of the rules."""
        conditions = (node for pool in (self.seed, self.golden) for node in (pool.enter, pool.leave))
        return frozenset(leaf.measure for node in conditions for leaf in leaves(node))


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

    def days(self) -> list[date]:
        """The days on which anything changes."""
        of_lines = {line.begins for dated in self.lines.values() for line in dated}
        return sorted(of_lines.union(*(days_of(node) for node in self.conditions.values())))

    def on(self, day: date) -> Policy:
        """The policy in force on `day`. Raises NoPolicy before the first day of any of its lines or conditions."""
        current = {name: self._line_on(name, day) for name in self.lines}
        nodes = {name: self._condition_on(name, day) for name in self.conditions}
        value: dict[str, object] = {name: line.value for name, line in current.items()}
        for name, node in nodes.items():
            line = points_line(node, ">=" if name.endswith("enter") else "<")
            # A condition of nothing but points has the fingerprint that it had before it could ask for more.
            value[f"{name}_points" if line else name] = line.threshold.value if line else _canonical(node)
        whole = {name: line.value for name, line in current.items() if isinstance(line.value, int)}
        lines = (*current.values(), *(line for name, node in nodes.items() for line in _lines_of(name, node)))
        return Policy(
            seed=Pool(nodes["seed_enter"], nodes["seed_leave"], whole["seed_cap"]),
            golden=Pool(nodes["golden_enter"], nodes["golden_leave"], whole["golden_cap"]),
            scores_valid_days=whole["scores_valid_days"],
            held_from_stage=str(current["held_from_stage"].value),
            begins=max(line.begins for line in lines),
            lines=lines,
            fingerprint=hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest(),
        )

    def _line_on(self, name: str, day: date) -> PolicyLine:
        begun = [line for line in self.lines[name] if line.begins <= day]
        if not begun:
            first = self.lines[name][0]
            raise _no_policy(Label(first.zh, first.en), day, first.begins)
        return begun[-1]

    def _condition_on(self, name: str, day: date) -> Node:
        node = resolved(self.conditions[name], day, self.evidence)
        if node is None:
            raise _no_policy(CONDITIONS[name], day, min(days_of(self.conditions[name])))
        return node


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
