"""Whether a policy can be meant, held against the firms that there are: all in one letter, before it is in force.

What cannot be read at all is refused by the reader (pipeline/pools/policy.py), also in one letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.language import N_, Label, Message
from pipeline.pools.evaluating import Evaluated
from pipeline.pools.inputs import Inputs
from pipeline.pools.model import CONDITIONS, GOLDEN, SEED, Policy
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Group, Node, ResolvedCondition, leaves
from pipeline.rules.evaluation.conditions import MET, UNKNOWN
from pipeline.rules.explanation.condition_text import condition_label

#: A pool that more than this share of the candidates may enter chooses nobody.
_EVERYBODY = 0.9
#: So many times as many as there are places: who gets one is no longer said by the conditions.
_CROWDED = 3
#: A condition that is unknown for more than this share decides little.
_UNKNOWN = 0.5
_ABOVE, _BELOW = (">=", ">"), ("<=", "<")
_POOLS = {SEED: Label("种子库", "the seed pool"), GOLDEN: Label("金种子库", "the golden-seed pool")}


@dataclass(frozen=True)
class PolicyLetter:
    """`refused`: what keeps a policy from being adopted; `warned`: what to look at before."""

    refused: list[Message]
    warned: list[Message]


def check_policy(policy: Policy, inputs: Inputs) -> PolicyLetter:
    """Everything that is wrong, or odd, about a policy for these firms."""
    by = Evaluated(inputs, policy)
    refused = [
        *_contradictions(policy),
        *_admits_nobody(by, policy),
        *_catches_its_own(by),
    ]
    return PolicyLetter(refused, [*_admits_everybody(by, policy), *_mostly_unknown(by, policy)])


def _contradictions(policy: Policy) -> Iterator[Message]:
    """Two conditions of an `all` that no figure can meet together: at least so much, and less than that."""
    for name, node in policy.conditions.items():
        if name.endswith("leave"):
            continue
        for one, other in combinations(list(_required(node)), 2):
            if (one.measure, one.window.name) != (other.measure, other.window.name):
                continue
            low, high = (one, other) if one.op in _ABOVE else (other, one)
            if low.op in _ABOVE and high.op in _BELOW and _base(low) > _base(high):
                yield _both(name, low, high)
            elif one.op == other.op == "==" and one.threshold.value != other.threshold.value:
                yield _both(name, one, other)


def _both(name: str, one: ResolvedCondition, other: ResolvedCondition) -> Message:
    text = N_("%(conditions)s contradict themselves: nobody can meet %(one)s and %(other)s.")
    labels = {"one": condition_label(one), "other": condition_label(other)}
    return Message(text, {"conditions": CONDITIONS[name], **labels})


def _required(node: Node) -> Iterator[ResolvedCondition]:
    """Every condition that has to be met whatever else is."""
    if isinstance(node, ResolvedCondition):
        yield node
    elif isinstance(node, Group) and (node.kind == "all" or (node.kind == "any" and len(node.nodes) == 1)):
        for child in node.nodes:
            yield from _required(child)


def _base(condition: ResolvedCondition) -> float:
    return float(str(condition.threshold.value)) * condition.threshold.unit.factor


def _admits_nobody(by: Evaluated, policy: Policy) -> Iterator[Message]:
    """The seed pool is entered from outside; the golden-seed pool as if every firm were in the seed pool."""
    for pool, firms in ((SEED, by), (GOLDEN, by.with_measure("seed_member", 1.0))):
        if not (firms.enters(pool) == UNKNOWN).any() and not (firms.enters(pool) == MET).any():
            yield Message(N_("No firm of the city meets the entry conditions of %(pool)s."), {"pool": _POOLS[pool]})


def _catches_its_own(by: Evaluated) -> Iterator[Message]:
    """Who would enter and leave again at the next review."""
    nobody = by.state("candidate") != by.state("candidate")
    for pool, firms in ((SEED, by), (GOLDEN, by.with_measure("seed_member", 1.0))):
        caught = (firms.enters(pool) == MET) & firms.leaves(pool, nobody)
        if caught.any():
            first = list(caught.index[caught])[:3]
            text = N_(
                "%(count)s firms meet the entry conditions of %(pool)s and its exit conditions at once: %(firms)s …"
            )
            yield Message(text, {"count": int(caught.sum()), "pool": _POOLS[pool], "firms": ", ".join(first)})


def _admits_everybody(by: Evaluated, policy: Policy) -> Iterator[Message]:
    candidates = by.state("candidate") == MET
    for pool, cap, firms in (
        (SEED, policy.seed.cap, by),
        (GOLDEN, policy.golden.cap, by.with_measure("seed_member", 1.0)),
    ):
        enter = int((firms.enters(pool) == MET).sum())
        of = max(int(candidates.sum()), 1)
        if enter > _EVERYBODY * of:
            text = N_("%(count)s of %(of)s candidates meet the entry conditions of %(pool)s: they choose nobody.")
            yield Message(text, {"count": enter, "of": of, "pool": _POOLS[pool]})
        elif enter > _CROWDED * cap:
            text = N_("%(count)s firms meet the entry conditions of %(pool)s, which has %(cap)s places: points decide.")
            yield Message(text, {"count": enter, "cap": cap, "pool": _POOLS[pool]})


def _mostly_unknown(by: Evaluated, policy: Policy) -> Iterator[Message]:
    """Conditions of entry that are unknown for most candidates: they hold firms back for want of an answer."""
    candidates = (by.state("candidate") == MET).to_numpy()
    seen: set[str] = set()
    for name in ("seed_enter", "golden_enter", "golden_straight"):
        if name not in policy.conditions:
            continue
        for leaf in leaves(policy.conditions[name]):
            if leaf.measure in seen or not candidates.any():
                continue
            seen.add(leaf.measure)
            unknown = float(np.mean(by.leaf_state(leaf)[candidates] == UNKNOWN))
            if unknown > _UNKNOWN:
                text = N_("%(measure)s is unknown of %(share)s%% of the candidates: it confirms nobody of them.")
                measure = measures.measures()[leaf.measure]
                label = Label(measure.zh, measure.en)
                yield Message(text, {"measure": label, "share": round(100 * unknown)})
