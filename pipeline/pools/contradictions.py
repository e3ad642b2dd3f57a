"""Conditions that no firm can ever meet, found without looking at any firm."""

import math
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.language import Label
from pipeline.pools.model import Policy
from pipeline.rules.definition.model import Group, Node, ResolvedCondition
from pipeline.rules.explanation.condition_text import condition_label

_Key = tuple[str, str, str]


@dataclass(frozen=True)
class _Asked:
    """What is left of one measure over one window: numbers from `low` to `high`, or the words and yes/no of `among`.
    `by`: the conditions that set the ends."""

    low: float = -math.inf
    high: float = math.inf
    low_counts: bool = True
    high_counts: bool = True
    among: frozenset[Hashable] | None = None
    by_low: ResolvedCondition | None = None
    by_high: ResolvedCondition | None = None

    @property
    def empty(self) -> bool:
        at_once = self.low == self.high and not (self.low_counts and self.high_counts)
        return self.low > self.high or at_once or self.among == frozenset()


#: Two conditions that cannot both be met.
Pair = tuple[Label, Label]


def contradictions(policy: Policy) -> dict[str, Pair]:
    """Each of the entry conditions that can never be met, with two conditions that exclude each other: by name in
    CONDITIONS. What every candidate has to be is asked for together with each."""
    found = {}
    for name, node in policy.conditions.items():
        if name.endswith(("enter", "straight")):
            whole = node if policy.candidate is None else Group("all", (policy.candidate, node))
            if (pair := _excluded(whole, {})) is not None:
                found[name] = pair
    return found


def _excluded(node: Node, asked: Mapping[_Key, _Asked]) -> Pair | None:
    """Why a node can never be met beside what is asked already; None where it can, as far as can be told."""
    asked = dict(asked)
    for leaf in _all_of(node):
        key = (leaf.measure, leaf.window.name, leaf.threshold.unit.currency)
        before = asked.get(key, _Asked())
        narrowed = _narrowed(before, leaf)
        if narrowed.empty:
            other = _other(before, narrowed, leaf)
            return condition_label(other), condition_label(leaf)
        asked[key] = narrowed
    for group in _anys_of(node):
        reasons = [_excluded(child, asked) for child in group.nodes]
        if all(reason is not None for reason in reasons):
            return reasons[0]
    return None


def _all_of(node: Node) -> Iterator[ResolvedCondition]:
    """The conditions that have to be met, whichever way is taken."""
    if isinstance(node, ResolvedCondition):
        yield node
    elif isinstance(node, Group) and (node.kind == "all" or (node.kind == "any" and len(node.nodes) == 1)):
        for child in node.nodes:
            yield from _all_of(child)


def _anys_of(node: Node) -> Iterator[Group]:
    """The choices that have to be made, whichever way is taken."""
    if isinstance(node, Group):
        if node.kind == "any" and len(node.nodes) > 1:
            yield node
        elif node.kind in ("all", "any"):
            for child in node.nodes:
                yield from _anys_of(child)


def _narrowed(asked: _Asked, leaf: ResolvedCondition) -> _Asked:
    value = leaf.threshold.value
    if leaf.op in ("==", "in") and (isinstance(value, bool | str) or not isinstance(value, int | float)):
        words = frozenset(value) if isinstance(value, list | tuple | set | frozenset) else frozenset({value})
        among = words if asked.among is None else asked.among & words
        return replace(asked, among=among, by_low=asked.by_low or leaf)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return asked
    line = float(value) * leaf.threshold.unit.factor
    if leaf.op in (">=", ">", "==") and (line > asked.low or (line == asked.low and leaf.op == ">")):
        asked = replace(asked, low=line, low_counts=leaf.op != ">", by_low=leaf)
    if leaf.op in ("<=", "<", "==") and (line < asked.high or (line == asked.high and leaf.op == "<")):
        asked = replace(asked, high=line, high_counts=leaf.op != "<", by_high=leaf)
    return asked


def _other(before: _Asked, narrowed: _Asked, leaf: ResolvedCondition) -> ResolvedCondition:
    """The earlier condition that this one excludes."""
    other = before.by_high if narrowed.by_low is leaf and before.by_high is not None else before.by_low
    return other or before.by_high or leaf
