"""What is wrong with a policy before it is in force: everything in one letter, what is refused and what is warned of.

The reader of the file (pipeline/pools/policy.py) refuses what cannot be meant at all; here the policy is held against
the firms of the city.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.pools.evaluating import Evaluated
from pipeline.pools.inputs import Inputs
from pipeline.pools.model import CONDITIONS, GOLDEN, SEED, Policy
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import leaves
from pipeline.rules.evaluation import conditions
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN
from pipeline.rules.explanation.condition_text import condition_label

_MOST_OF_ALL, _MOST_TIMES_PLACES, _MOST_UNKNOWN, _MOST_CAUGHT = 0.9, 3, 0.5, 0.1
#: So many firms are named.
_NAMED = 3
POOLS = {SEED: Label("种子库", "the seed pool"), GOLDEN: Label("金种子库", "the golden-seed pool")}
_OF_DISTRICTS = frozenset({"nominated"})
_OF_THE_BUREAU = frozenset({"in_city", "unlisted", "seed_member", "pool_months", "open_findings", "points"})
#: Whom to ask about what nobody knows.
_DISTRICT = N_("the districts, which nominate")
_FIRMS = N_("the firms, in their yearly returns")
_APPLICANTS = N_("the firms, when they apply")
_PERSON = N_("an officer, who has to judge it")
_RETURNS = N_("whoever imports the returns and scores the city")


@dataclass(frozen=True)
class Letter:
    """`refused`: why the policy cannot be in force; `warned`: what whoever adopts it should know."""

    refused: tuple[Message, ...] = ()
    warned: tuple[Message, ...] = ()

    def raise_refused(self, name: str) -> None:
        """Raises WrongFile with everything that is refused, and below it what is warned of."""
        if self.refused:
            raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": name}), [*self.refused, *self.warned])

    def as_json(self) -> dict[str, list[str]]:
        return {"refused": [str(each) for each in self.refused], "warned": [str(each) for each in self.warned]}


def check_policy(policy: Policy, inputs: Inputs) -> Letter:
    """What the city's firms say of a policy, whoever is in a pool now: as if each were looked at for the first time."""
    # Who is in no pool has been in it for no month; who could rise is a member of the pool below.
    by = Evaluated(inputs, policy)
    if "pool_months" in inputs.firms:
        by = by.with_measure("pool_months", 0.0)
    of_golden = by.with_measure("seed_member", 1.0) if "seed_member" in inputs.firms else by
    scored = inputs.firms["points"].notna()
    by_rules_alone = not scored.any()
    outside = (scored | by_rules_alone) & ~inputs.firms["listed"]
    candidates = outside & (by.state("candidate") != NOT_MET)
    qualify = {SEED: outside & (by.enters(SEED) == MET), GOLDEN: outside & (of_golden.enters(GOLDEN) == MET)}
    refused: list[Message] = []
    warned: list[Message] = []
    if not outside.any():
        warned.append(Message(N_("The city has no firm yet: the policy could not be held against the city.")))
        return Letter((), tuple(warned))
    straight = (of_golden.state("golden_straight") == MET) & candidates
    if by_rules_alone and not qualify[SEED].any() and policy.seed.enter_points is not None:
        text = N_(
            "Nobody is known to meet %(condition)s: it asks for points, and no model scores the city. Where points are "
            "unknown nobody is let in."
        )
        warned.append(Message(text, {"condition": CONDITIONS["seed_enter"]}))
    elif not qualify[SEED].any() and not straight.any():
        text = N_("It admits nobody: of %(firms)s firms of the city none meets %(condition)s.")
        refused.append(Message(text, {"firms": int(outside.sum()), "condition": CONDITIONS["seed_enter"]}))
    elif not qualify[GOLDEN].any():
        text = N_("Nobody of the city meets %(condition)s today.")
        warned.append(Message(text, {"condition": CONDITIONS["golden_enter"]}))
    nobody = pd.Series(False, index=inputs.firms.index)
    for pool, at in ((SEED, by), (GOLDEN, of_golden)):
        leave = at.leaves(SEED, nobody) | (at.leaves(GOLDEN, nobody) if pool == GOLDEN else nobody)
        caught = qualify[pool] & leave
        if caught.any():
            text = N_(
                "Its exit conditions catch those who enter: %(count)s firms of the city meet the entry and the exit "
                "conditions of %(pool)s at once, for example %(firms)s."
            )
            named = list(caught.index[caught][:_NAMED])
            word = Message(text, {"count": int(caught.sum()), "pool": POOLS[pool], "firms": named})
            # A few are single cases, which a review does not let in; with more the policy is at odds with itself.
            of_all = caught.sum() / qualify[pool].sum()
            (refused if of_all > _MOST_CAUGHT else warned).append(word)
    warned += _too_many(policy, qualify, candidates)
    warned += _unknown(policy, by, candidates)
    return Letter(tuple(refused), tuple(warned))


def _too_many(policy: Policy, qualify: dict[str, pd.Series], candidates: pd.Series) -> Iterator[Message]:
    for pool, places in ((SEED, policy.seed.cap), (GOLDEN, policy.golden.cap)):
        count = int(qualify[pool].sum())
        params = {"count": count, "pool": POOLS[pool], "of": int(candidates.sum()), "places": places}
        if count > _MOST_OF_ALL * int(candidates.sum()):
            text = N_("It admits everybody: %(count)s of %(of)s candidates meet the entry conditions of %(pool)s.")
            yield Message(text, params)
        if count > _MOST_TIMES_PLACES * places:
            text = N_(
                "%(count)s firms qualify for the %(places)s places of %(pool)s, more than three times as many: it is "
                "the order by points that chooses, not the conditions."
            )
            yield Message(text, params)


def _unknown(policy: Policy, by: Evaluated, candidates: pd.Series) -> Iterator[Message]:
    """Each condition that nobody knows of more than half of the candidates, with whom to ask."""
    if not candidates.any():
        return
    data, rates = by.data(), conditions.rates_on(by.day)
    said = set()
    for node in policy.conditions.values():
        for leaf in leaves(node):
            label = condition_label(leaf)
            if label in said:
                continue
            said.add(label)
            unknown = (conditions.leaf(leaf, data, rates).state == UNKNOWN) & candidates.to_numpy()
            share = unknown.sum() / candidates.sum()
            if share > _MOST_UNKNOWN:
                text = N_("%(condition)s: unknown of %(count)s of %(of)s candidates. Ask %(whom)s.")
                params = {"condition": label, "count": int(unknown.sum()), "of": int(candidates.sum())}
                yield Message(text, {**params, "whom": Message(_whom(leaf.measure))})


def _whom(name: str) -> str:
    measure = measures.measures()[name]
    if name in _OF_DISTRICTS:
        return _DISTRICT
    if name in _OF_THE_BUREAU:
        return _RETURNS
    if measure.how == "nobody_states":
        return _PERSON
    return _APPLICANTS if measure.how == "of_pools" else _FIRMS
