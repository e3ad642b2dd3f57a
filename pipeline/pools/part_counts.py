"""How many of those in a pool meet each part of the golden-seed pool's entry conditions."""

from dataclasses import dataclass, replace

from pipeline.language import Label
from pipeline.pools.evaluating import verdicts
from pipeline.pools.inputs import Inputs
from pipeline.pools.model import GOLDEN, Policy
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN


@dataclass(frozen=True)
class PartCount:
    """How many firms meet a part of a condition, do not, or are unknown."""

    name: str
    label: Label
    met: int
    not_met: int
    unknown: int


def part_counts(inputs: Inputs, policy: Policy, pool: str) -> list[PartCount]:
    """Of the members of a pool: how many meet each part of the entry conditions of the golden-seed pool."""
    members = list(inputs.firms.index[inputs.firms["pool"] == pool])
    if not members:
        return []
    if pool == GOLDEN:
        inputs = with_its_place(inputs)
    found = verdicts(inputs, policy, members)
    return [
        PartCount(
            rule.board,
            Label(rule.rule.zh, rule.rule.en),
            *(int((found.state[place] == state).sum()) for state in (MET, NOT_MET, UNKNOWN)),
        )
        for place, rule in enumerate(found.rules)
        if rule.board in ("candidate", "golden_enter")
    ]


def with_its_place(inputs: Inputs) -> Inputs:
    """Who is in the upper pool is no member of the lower one any more, which is not held against it."""
    return replace(inputs, firms=inputs.firms.assign(seed_member=1.0))
