"""Who is proposed to enter, rise, fall or leave: one pass over all firms at once.

A pure function of the latest points, what else is known of the firms, who is in which pool, and the policy: the same
input gives the same proposals in the same order. Nothing here reads a database or a clock, and no firm is looked at by
itself. Who meets the conditions is decided by the rules' own engine; places, ties and the order are decided here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from pipeline.language import N_, Label
from pipeline.pools.model import GOLDEN, OPEN_FINDINGS, POINTS, SEED, Policy, points_line
from pipeline.rules.definition.model import Group, Node, ResolvedCondition
from pipeline.rules.evaluation import conditions
from pipeline.rules.evaluation.conditions import MET, Outcome, States
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.explanation.condition_text import condition_label

COLUMNS = ["action", "from_pool", "to_pool", "points", "line_points", "reason", "rank", "of", "conditions"]

GRADUATES = N_("The firm is listed: it leaves the pool as a graduate.")
#: Those that end in _conditions are for conditions that ask for more than one line in points.
REASONS: Mapping[str, str] = {
    "enter": N_("%(points).1f points reach the seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."),
    "promote": N_(
        "%(points).1f points reach the golden-seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."
    ),
    "demote": N_("%(points).1f points are below the golden-seed pool's exit line of %(line).1f."),
    "exit": N_("%(points).1f points are below the seed pool's exit line of %(line).1f."),
    "enter_conditions": N_(
        "The seed pool's entry conditions are met: %(conditions)s. %(points).1f points: rank %(rank)s of %(of)s firms."
    ),
    "promote_conditions": N_(
        "The golden-seed pool's entry conditions are met: %(conditions)s. "
        "%(points).1f points: rank %(rank)s of %(of)s firms."
    ),
    "demote_conditions": N_("The golden-seed pool's exit conditions are met: %(conditions)s."),
    "exit_conditions": N_("The seed pool's exit conditions are met: %(conditions)s."),
    "demote_cap": N_(
        "The golden-seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."
    ),
    "exit_cap": N_("The seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."),
    "listed": GRADUATES,
}

_NO_YEARS = pd.MultiIndex.from_arrays([[], []], names=["firm_id", "year"])


@dataclass(frozen=True)
class KnownFacts:
    """What is known of the firms on `day`, for conditions that ask for more than points.

    `open_findings`: how many by firm_id; a firm that is not in it has none. `facts`: index (firm_id, year), `firms`:
    index firm_id, both as the rules read them; empty where no condition asks for a fact.
    """

    day: date
    open_findings: pd.Series
    facts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(index=_NO_YEARS))
    firms: pd.DataFrame = field(default_factory=pd.DataFrame)


def proposals(
    points: pd.Series,
    members: pd.Series,
    protected: Sequence[str],
    listed: Sequence[str],
    policy: Policy,
    known: KnownFacts | None = None,
) -> pd.DataFrame:
    """The changes that the policy asks for, index firm_id, sorted as they are to be decided.

    `points`: points by firm_id of every scored firm; `members`: "seed" or "golden" by firm_id of those in a
    pool; `protected`: firms that no condition takes out of a pool (their tutoring is under way); `listed`: firms that
    have been listed; `known`: what conditions beyond points are decided by, unknown without it. A condition that is
    unknown for a firm moves it nowhere: a member without points is unknown, not low, and stays.
    Columns: action (exit, demote, promote, enter), from_pool, to_pool (None: no pool), points (NaN unknown),
    line_points (NaN where there is no single line in points), reason (a key of REASONS), rank and of among the scored
    firms that are not listed (rank 0: not scored), conditions (Labels of those that are met, where the reason names
    them). Ties in points go by firm_id.
    """
    firms = pd.DataFrame({"points": points, "pool": members.astype(object)})
    firms.index.name = "firm_id"
    # A stable sort keeps the order of ties: by firm_id.
    firms = firms.sort_index().sort_values("points", ascending=False, na_position="last", kind="stable")
    firms["listed"] = firms.index.isin(listed)
    ranked = firms["points"].notna() & ~firms["listed"]
    firms["rank"] = ranked.cumsum().where(ranked, 0)
    firms["of"] = int(ranked.sum())
    in_seed, in_golden = firms["pool"] == SEED, firms["pool"] == GOLDEN
    evaluated = _Evaluated(firms["points"], policy, known)

    graduate = (in_seed | in_golden) & firms["listed"]
    in_seed, in_golden = in_seed & ~graduate, in_golden & ~graduate
    may_fall = ~firms["listed"] & ~firms.index.isin(protected)

    fall_out = (in_seed | in_golden) & may_fall & evaluated.met(policy.seed.leave)
    fall_back = in_golden & may_fall & ~fall_out & evaluated.met(policy.golden.leave)
    golden_stay = in_golden & ~fall_out & ~fall_back
    crowded_back = _lowest(golden_stay & may_fall & ranked, int(golden_stay.sum()) - policy.golden.cap)
    golden_stay &= ~crowded_back

    seed_stay = in_seed & ~fall_out
    worthy = seed_stay & ranked & evaluated.met(policy.golden.enter)
    rise = _highest(worthy, policy.golden.cap - int(golden_stay.sum()))
    seed_stay &= ~rise

    seed_size = int(seed_stay.sum()) + int(fall_back.sum()) + int(crowded_back.sum())
    crowded_out = _lowest(seed_stay & may_fall & ranked, seed_size - policy.seed.cap)
    outside = firms["pool"].isna() & ranked & evaluated.met(policy.seed.enter)
    come_in = _highest(outside, policy.seed.cap - seed_size)

    parts = [
        _changes(firms, graduate, "exit", None, "listed"),
        _by_condition(firms, fall_out, "exit", None, policy.seed.leave, evaluated),
        _changes(firms, crowded_out, "exit", None, "exit_cap"),
        _by_condition(firms, fall_back, "demote", SEED, policy.golden.leave, evaluated),
        _changes(firms, crowded_back, "demote", SEED, "demote_cap"),
        _by_condition(firms, rise, "promote", GOLDEN, policy.golden.enter, evaluated),
        _by_condition(firms, come_in, "enter", SEED, policy.seed.enter, evaluated),
    ]
    changes = pd.concat(parts)[COLUMNS]
    pools = changes[["from_pool", "to_pool"]].astype(object)
    return changes.assign(**pools.where(pools.notna(), None))


def waiting(
    points: pd.Series,
    members: pd.Series,
    proposed: pd.DataFrame,
    listed: Sequence[str],
    policy: Policy,
    known: KnownFacts | None = None,
) -> pd.Series:
    """The firms that meet the seed pool's entry conditions and find no place: their points by firm_id, the highest
    first."""
    outside = points[~points.index.isin(members.index) & ~points.index.isin(listed) & points.notna()]
    worthy = outside[_Evaluated(outside, policy, known).met(policy.seed.enter)]
    entering = proposed.index[proposed["action"] == "enter"]
    # As in `proposals`: ties go by firm_id.
    return worthy[~worthy.index.isin(entering)].sort_index().sort_values(ascending=False, kind="stable")


class _Evaluated:
    """The policy's conditions for these firms, each worked out once."""

    def __init__(self, points: pd.Series, policy: Policy, known: KnownFacts | None) -> None:
        if known is None:
            facts, firms, day = pd.DataFrame(index=_NO_YEARS), pd.DataFrame(index=points.index), policy.begins
        else:
            facts = known.facts[known.facts.index.isin(points.index, level=0)]
            open_findings = known.open_findings.reindex(points.index, fill_value=0)
            firms, day = known.firms.reindex(points.index).assign(**{OPEN_FINDINGS: open_findings}), known.day
        self.index = points.index
        self.data = FirmYears(facts, firms.assign(**{POINTS: points}), day)
        self.rates = conditions.rates_on(day)
        self.outcomes: dict[int, Outcome] = {}

    def outcome(self, node: Node) -> Outcome:
        if id(node) not in self.outcomes:  # a node with a list of words has no hash
            self.outcomes[id(node)] = conditions.evaluated(node, self.data, self.rates, {}, keep=True)
        return self.outcomes[id(node)]

    def met(self, node: Node) -> pd.Series:
        """Whether a condition is met, per firm; unknown is not."""
        return pd.Series(self.outcome(node).state == MET, index=self.index)

    def conditions_met(self, node: Node, chosen: pd.Series) -> list[tuple[Label, ...]]:
        """For each chosen firm the single conditions below a node that are met."""
        places = np.flatnonzero(chosen.to_numpy())
        named = [(label, state[places] == MET) for label, state in _single_conditions(self.outcome(node))]
        return [tuple(label for label, met in named if met[place]) for place in range(len(places))]


def _single_conditions(outcome: Outcome, excluded: bool = False) -> Iterator[tuple[Label, States]]:
    """Each condition below a node with its state; below a `not` it is the opposite that counts."""
    node = outcome.node
    if isinstance(node, ResolvedCondition):
        yield condition_label(node, excluded), MET - outcome.state if excluded else outcome.state
    elif isinstance(node, Group):
        # Of an if-then only the second is asked for; the first says of whom.
        for child in outcome.children[1:] if node.kind == "if_then" else outcome.children:
            yield from _single_conditions(child, excluded != (node.kind == "not"))


def _highest(worthy: pd.Series, places: int) -> pd.Series:
    """The first `places` of those who are worthy, in the order of the frame: highest points first."""
    return worthy & (worthy.cumsum() <= max(places, 0))


def _lowest(movable: pd.Series, count: int) -> pd.Series:
    """The last `count` of those who may be moved."""
    return movable & (movable[::-1].cumsum()[::-1] <= max(count, 0))


def _by_condition(
    firms: pd.DataFrame, chosen: pd.Series, action: str, to_pool: str | None, node: Node, evaluated: _Evaluated
) -> pd.DataFrame:
    """Changes because a condition is met; the reason names its line, or each condition where there are more."""
    line = points_line(node, ">=" if action in ("enter", "promote") else "<")
    if line is not None:
        changed = _changes(firms, chosen, action, to_pool, action)
        return changed.assign(line_points=float(str(line.threshold.value)))
    changed = _changes(firms, chosen, action, to_pool, f"{action}_conditions")
    return changed.assign(
        conditions=pd.Series(evaluated.conditions_met(node, chosen), index=changed.index, dtype=object)
    )


def _changes(firms: pd.DataFrame, chosen: pd.Series, action: str, to_pool: str | None, reason: str) -> pd.DataFrame:
    changed = firms.loc[chosen, ["points", "pool", "rank", "of"]].rename(columns={"pool": "from_pool"})
    return changed.assign(
        action=action,
        to_pool=pd.Series(to_pool, changed.index, dtype=object),
        reason=reason,
        line_points=float("nan"),
        conditions=pd.Series([()] * len(changed), index=changed.index, dtype=object),
    )
