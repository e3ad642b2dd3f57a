"""Whom a policy moves, beside the policy in force, on the same firms and the same day. Nothing is written.

Where no model scores the city both go by the rules alone: conditions on points are unknown, and confirm nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.facts import as_known_on
from pipeline.language import N_, Label, Message
from pipeline.pools.evaluating import verdicts
from pipeline.pools.inputs import Inputs, members_now, read_inputs
from pipeline.pools.model import ACTIONS, GOLDEN, SEED, Policy
from pipeline.pools.policy import policy_book_of
from pipeline.pools.proposing import Proposed, confirmed, proposals
from pipeline.pools.reasons import REASONS
from pipeline.pools.reviews import NoScores, basis_of, points_told_of, warned_of
from pipeline.reference.industries import with_section
from pipeline.rules.definition.model import Group
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import CITY, Firm, ScoreRun
from scoring.policy_bench.checks import Letter, check_policy

#: How a firm fares by the policy that is tried, beside the one in force.
DIFFERENCES: Mapping[str, Label] = {
    "only": Label("仅试算政策", "by the tried policy alone"),
    "other": Label("两者不同", "differently by the two"),
    "same": Label("两者相同", "the same by both"),
    "not": Label("仅现行政策", "by the policy in force alone"),
}
FIRM_COLUMNS = [
    "name",
    "district_code",
    "section",
    "points",
    "from_pool",
    "action",
    "to_pool",
    "reason",
    "action_in_force",
    "to_pool_in_force",
    "reason_in_force",
    "difference",
]


@dataclass(frozen=True)
class WhatIf:
    """What a policy asks for on a day. `firms`: index firm_id, FIRM_COLUMNS, of every firm that either policy moves
    (the `reason`s are Messages, None where nothing moves it), sorted by action and points. `sizes`: pool -> firms in it
    now, after the policy in force and after the tried one; `waiting`: firms that qualify and find no place, by pool.
    `pools_after`: pool -> the firms in it once all is confirmed; `entering`: those that enter a pool or rise.
    `conditions`: how the firms that are then in a pool, or are moved, stand to each part of the tried policy: columns
    firm_id, pool, condition (a Label), verdict (met, not_met, unknown). `run`: None, no model scores the city, and all
    is by the rules alone; `told`: what the tried policy's lines in points mean for the city."""

    day: date
    policy: Policy
    in_force: Policy
    run: ScoreRun | None
    firms: pd.DataFrame
    sizes: Mapping[str, tuple[int, int, int]]
    waiting: Mapping[str, int]
    pools_after: Mapping[str, pd.Index]
    entering: pd.Index
    conditions: pd.DataFrame
    letter: Letter
    told: Sequence[Message] = ()

    def counts(self, by: str) -> pd.DataFrame:
        """Firms by group and what becomes of them: index the values of `by` (district_code or section; "" unknown),
        columns ACTIONS by the tried policy, and `<action>_in_force`."""
        groups = self.firms[by].fillna("")
        columns = {
            f"{name}{suffix}": groups[self.firms[f"action{suffix}"] == name].value_counts()
            for suffix in ("", "_in_force")
            for name in ACTIONS
        }
        return pd.DataFrame(columns).fillna(0).astype(int).sort_index()


def what_if(
    session: Session, as_of: date, tried: Policy, in_force: Policy, members: pd.DataFrame | None = None
) -> WhatIf:
    """What a review of the day would ask for by a policy, and by the one in force.

    `members`: who is in a pool, as inputs.members_now gives it (None: who is now). Raises NoScores.
    """
    run, points = basis_of(session, as_of, tried)
    members = members_now(session) if members is None else members
    own, of_force = _inputs(session, as_of, tried, in_force, points, members)
    found, now = proposals(own, tried), proposals(of_force, in_force)
    after, after_force = confirmed(own, found.changes, tried), confirmed(of_force, now.changes, in_force)
    members_after = after.firms.index[after.firms["pool"].notna()]
    standing = found.found[found.found["standing"] == "waiting"]
    enters = found.changes["action"].isin(["enter", "promote"])
    return WhatIf(
        day=as_of,
        policy=tried,
        in_force=in_force,
        run=run,
        firms=_firms(session, found, now, own, (tried, in_force)),
        sizes={pool: (_size(own, pool), _size(after_force, pool), _size(after, pool)) for pool in (SEED, GOLDEN)},
        waiting={pool: int((standing["pool"] == pool).sum()) for pool in (SEED, GOLDEN)},
        pools_after={pool: after.firms.index[after.firms["pool"] == pool] for pool in (SEED, GOLDEN)},
        entering=found.changes.index[enters],
        conditions=_conditions(own, tried, sorted(found.changes.index.union(members_after))),
        letter=check_policy(tried, own),
        told=points_told_of(session, tried, run, own.firms),
    )


def _size(inputs: Inputs, pool: str) -> int:
    return int((inputs.firms["pool"] == pool).sum())


def _conditions(inputs: Inputs, policy: Policy, firm_ids: list[str]) -> pd.DataFrame:
    """The table of WhatIf."""
    found = verdicts(inputs, policy, firm_ids)
    parts = [
        pd.DataFrame(
            {
                "firm_id": firm_ids,
                "pool": GOLDEN if rule.board.startswith(GOLDEN) else SEED,
                "condition": [Label(rule.rule.zh, rule.rule.en)] * len(firm_ids),
                "verdict": [WORDS[state] for state in states],
            }
        )
        for rule, states in zip(found.rules, found.state, strict=True)
    ]
    return pd.concat(parts, ignore_index=True).sort_values("firm_id", kind="stable", ignore_index=True)


def letter_of(session: Session, as_of: date, text: str, name: str, begins: date | None = None) -> Letter:
    """What is wrong with the text of a policy, as it holds from `begins` on (None: from the day on), held against the
    firms of the city as of a day. Without scores of the day nothing but the text can be looked at, which is warned of.

    Raises WrongFile with everything that cannot be meant, NoPolicy.
    """
    policy = policy_book_of(text, name).on(begins or as_of)
    try:
        _run, points = basis_of(session, as_of, policy)
    except NoScores as error:
        return Letter(warned=(Message(N_("Not held against the city: %(why)s"), {"why": str(error)}),))
    return check_policy(policy, read_inputs(session, as_of, policy, points))


def _inputs(
    session: Session, as_of: date, tried: Policy, in_force: Policy, points: pd.Series, members: pd.DataFrame
) -> tuple[Inputs, Inputs]:
    """What both look at, read once; twice only where they hold firms from another stage on."""

    def read(policy: Policy, warned_by: Policy) -> Inputs:
        return read_inputs(session, as_of, policy, points, members=members, warned=warned_of(session, warned_by))

    both = Group("any", tuple(node for policy in (tried, in_force) for node in policy.conditions.values()))
    own = read(replace(tried, candidate=both), tried)
    if tried.held_from_stage != in_force.held_from_stage:
        return own, read(in_force, in_force)
    if (tried.reviews_to_leave == 1) != (in_force.reviews_to_leave == 1):
        warned = warned_of(session, in_force).reindex(own.firms.index).fillna(0).astype(int)
        return own, replace(own, firms=own.firms.assign(warned=warned))
    return own, own


def _firms(
    session: Session, found: Proposed, now: Proposed, inputs: Inputs, policies: tuple[Policy, Policy]
) -> pd.DataFrame:
    """The table of WhatIf."""
    index = found.changes.index.union(now.changes.index).rename("firm_id")
    of_city = select(Firm.id, Firm.name, Firm.district_code).where(Firm.cohort == CITY)
    table = frame_of(session, of_city, ["firm_id", "name", "district_code"]).set_index("firm_id").reindex(index)
    stated = as_known_on(session.connection(), inputs.day, CITY, list(index), ["industry_code"])["industry_code"]
    table["section"] = with_section(stated.groupby(level="firm_id").last().reindex(index)).str[:1]
    table["points"] = inputs.firms["points"].reindex(index)
    table["from_pool"] = inputs.firms["pool"].reindex(index)
    for suffix, proposed, policy in (("", found, policies[0]), ("_in_force", now, policies[1])):
        table[f"action{suffix}"] = proposed.changes["action"].reindex(index)
        table[f"to_pool{suffix}"] = proposed.changes["to_pool"].reindex(index)
        reasons = pd.Series(list(_reasons(proposed.changes, policy)), proposed.changes.index, dtype=object)
        table[f"reason{suffix}"] = reasons.reindex(index)
    moves = table[["action", "to_pool", "action_in_force", "to_pool_in_force"]].fillna("")
    same = (moves["action"] == moves["action_in_force"]) & (moves["to_pool"] == moves["to_pool_in_force"])
    difference = pd.Series("other", index=index).mask(same, "same")
    table["difference"] = difference.mask(moves["action_in_force"] == "", "only").mask(moves["action"] == "", "not")
    order = pd.Categorical(moves["action"].replace("", None), categories=list(ACTIONS), ordered=True)
    objects = table.select_dtypes(exclude="number").columns
    table[objects] = table[objects].astype(object).where(table[objects].notna(), None)
    table = table.assign(_order=order).sort_values(["_order", "points"], ascending=[True, False], kind="stable")
    return table[FIRM_COLUMNS]


def _reasons(changes: pd.DataFrame, policy: Policy) -> Iterator[Message]:
    """Why, in the words of a proposal; a few hundred at most."""
    caps = {"demote_cap": policy.golden.cap, "exit_cap": policy.seed.cap}
    for row in changes.to_dict("records"):
        params = {"points": row["points"], "line": row["line_points"], "rank": row["rank"], "of": row["of"]}
        conditions = list(row["conditions"])
        yield Message(REASONS[row["reason"]], {**params, "cap": caps.get(row["reason"]), "conditions": conditions})
