"""The policy's conditions for every firm of a review, decided by the rules' own engine."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from pipeline.language import Label
from pipeline.pools.inputs import Inputs
from pipeline.pools.model import CONDITIONS, GOLDEN, POINTS, PartCount, Policy
from pipeline.rules.definition.model import (
    Edition,
    Evidence,
    Group,
    Node,
    ResolvedCondition,
    Rule,
    RuleInForce,
    leaves,
)
from pipeline.rules.evaluation import conditions
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN, Outcome, States
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation.condition_text import condition_label


class Evaluated:
    """The conditions of a policy for the firms of a review, each worked out once when it is asked for.

    `without_points`: as if every firm had all the points there are, so that no line in points decides: of those whom
    points take out of no pool, and of those who are in and only have to be renewed.
    """

    def __init__(self, inputs: Inputs, policy: Policy) -> None:
        firms = inputs.firms
        own = inputs.firm_facts.reindex(firms.index)
        brought = [name for name in firms if name not in own]
        self.index = firms.index
        self.policy = policy
        self._frame = pd.concat([own, firms[brought]], axis=1)
        self._facts = inputs.facts[inputs.facts.index.isin(firms.index, level=0)]
        self.day = inputs.day
        self._data: dict[bool, FirmYears] = {}
        self._outcomes: dict[tuple[str, bool], Outcome] = {}

    def with_measure(self, name: str, value: float) -> "Evaluated":
        """The same with one measure as given for every firm."""
        other = copy(self)
        other._frame, other._data, other._outcomes = self._frame.assign(**{name: value}), {}, {}
        return other

    def data(self, without_points: bool = False) -> FirmYears:
        if without_points not in self._data:
            frame = self._frame.assign(**{POINTS: np.inf}) if without_points else self._frame
            self._data[without_points] = FirmYears(self._facts, frame, self.day)
        return self._data[without_points]

    def outcome(self, name: str, without_points: bool = False) -> Outcome:
        """One of CONDITIONS, with all below it. Raises KeyError for one that the policy does without."""
        key = (name, without_points)
        if key not in self._outcomes:
            node = self.policy.conditions[name]
            data = self.data(without_points)
            self._outcomes[key] = conditions.evaluated(node, data, conditions.rates_on(self.day), {}, keep=True)
        return self._outcomes[key]

    def leaf_state(self, condition: ResolvedCondition) -> States:
        """NOT_MET, UNKNOWN or MET of one single condition, in the order of the firms."""
        return conditions.leaf(condition, self.data(), conditions.rates_on(self.day)).state

    def state(self, name: str, without_points: bool = False) -> pd.Series:
        """NOT_MET, UNKNOWN or MET of one of CONDITIONS; of one that the policy does without MET where it is what every
        candidate has to be, NOT_MET else."""
        if name not in self.policy.conditions:
            return pd.Series(MET if name == "candidate" else NOT_MET, index=self.index)
        return pd.Series(self.outcome(name, without_points).state, index=self.index)

    def enters(self, pool: str, without_points: bool = False) -> pd.Series:
        """The state of what lets a firm into a pool: a candidate that meets the entry conditions, or those of straight
        entry where the pool has any."""
        entry = self.state(f"{pool}_enter", without_points)
        if f"{pool}_straight" in self.policy.conditions:
            entry = np.maximum(entry, self.state(f"{pool}_straight", without_points))
        return np.minimum(self.state("candidate"), entry)

    def leaves(self, pool: str, held: pd.Series) -> pd.Series:
        """Whether the exit conditions are met; of those who are `held` whatever their points are."""
        name = f"{pool}_leave"
        met = self.state(name) == MET
        return met.where(~held, self.state(name, without_points=True) == MET) if held.any() else met

    def conditions_met(self, name: str, chosen: pd.Series) -> list[tuple[Label, ...]]:
        """For each chosen firm what of the condition is met: its named parts, and the single conditions of the rest."""
        places = np.flatnonzero(chosen.to_numpy())
        named = [(label, state[places] == MET) for label, state in _parts(self.outcome(name))]
        return [tuple(label for label, met in named if met[place]) for place in range(len(places))]

    def conditions_unknown(self, name: str, chosen: pd.Series) -> list[tuple[Label, ...]]:
        """For each chosen firm the single conditions that nobody knows and that could still decide."""
        places = np.flatnonzero(chosen.to_numpy())
        named = [(label, state[places]) for label, state in _undecided(self.outcome(name))]
        return [tuple(dict.fromkeys(label for label, open_ in named if open_[at])) for at in range(len(places))]


def _parts(outcome: Outcome, excluded: bool = False) -> Iterator[tuple[Label, States]]:
    """Each named part below a node with its state, and each single condition that is in none; below a `not` it is the
    opposite that counts."""
    node = outcome.node
    if isinstance(node, Group) and node.name is not None and not excluded:
        yield node.name, outcome.state
    elif isinstance(node, ResolvedCondition):
        yield condition_label(node, excluded), MET - outcome.state if excluded else outcome.state
    elif isinstance(node, Group):
        # Of an if-then only the second is asked for; the first says of whom.
        for child in outcome.children[1:] if node.kind == "if_then" else outcome.children:
            yield from _parts(child, excluded != (node.kind == "not"))


def _undecided(outcome: Outcome, asked: States | None = None) -> Iterator[tuple[Label, States]]:
    """Each single condition, and for whom it is unknown below nodes that are all unknown themselves."""
    open_ = (outcome.state == UNKNOWN) & (True if asked is None else asked)
    node = outcome.node
    if isinstance(node, ResolvedCondition):
        yield condition_label(node), open_
    for child in outcome.children:
        yield from _undecided(child, open_)


def verdicts(inputs: Inputs, policy: Policy, firm_ids: list[str]) -> Verdicts:
    """The policy's conditions for a few firms in the form of the rules': a board is one of CONDITIONS, a rule one of
    its named parts, or what is in none."""
    evaluated = Evaluated(Inputs(inputs.day, inputs.firms.reindex(firm_ids), inputs.facts, inputs.firm_facts), policy)
    rules = [rule for name, node in policy.conditions.items() for rule in _as_rules(name, node, policy)]
    data = evaluated.data()
    rates = conditions.rates_on(inputs.day)
    outcomes = [conditions.evaluated(rule.needs, data, rates, {}, keep=True) for rule in rules]
    return Verdicts(
        data,
        inputs.day,
        inputs.day,
        rules,
        state=np.stack([outcome.state for outcome in outcomes]),
        conditions_missing=np.stack([outcome.conditions_missing for outcome in outcomes]),
        total_gap_share=np.stack([outcome.total_gap_share for outcome in outcomes]),
        largest_gap_share=np.stack([outcome.largest_gap_share for outcome in outcomes]),
        reach=np.stack([outcome.reach for outcome in outcomes]),
        outcomes=outcomes,
    )


def _as_rules(name: str, node: Node, policy: Policy) -> Iterator[RuleInForce]:
    """The parts of a condition as rules: of an `all` or `any` each child, else the whole."""
    split = isinstance(node, Group) and node.kind in ("all", "any") and node.name is None
    for number, part in enumerate(node.nodes if split and isinstance(node, Group) else (node,), 1):
        yield _rule(name, number, part, policy.begins)


def _rule(name: str, number: int, node: Node, begins: date) -> RuleInForce:
    own = node.evidence if isinstance(node, Group) else None
    found = [leaf.threshold for leaf in leaves(node)]
    evidence = own or Evidence("", found[0].source, found[0].confidence)
    label = node.name if isinstance(node, Group) else None
    if label is None:
        label = condition_label(node) if isinstance(node, ResolvedCondition) else CONDITIONS[name]
    id_ = f"{name}-{number}"
    edition = Edition(id_, begins, None, "", evidence.source, evidence.confidence)
    rule = Rule(id_, name, "standard", label.zh, label.en, {id_: id_}, (edition,), node)
    return RuleInForce(id_, rule, edition, begins, node)


# --- of many firms at once --------------------------------------------------------------------------


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
