"""What a policy would do to the pools of today, beside the one in force: who would come in and go, and why.

Reads and reckons; nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.language import N_, Label, Message
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.inputs import Inputs, read_inputs
from pipeline.pools.model import GOLDEN, SEED, Policy, PolicyBook
from pipeline.pools.proposing import Proposed, proposals
from pipeline.pools.reasons import REASONS
from pipeline.pools.reviews import NoScores, points_of, run_for
from pipeline.reference.industries import with_section
from pipeline.rules.definition.model import Group
from pipeline.store.tables import Firm, FirmListRow, Model, Score
from scoring.policy_bench.checks import PolicyLetter, check_policy
from scoring.policy_bench.expected import Expected, expected

#: Whom a change is of: how the policy in force and the one that is tried would have it.
COLUMNS = ("firm_id", "name", "district_code", "industry", "points", "pool", "in_force", "tried", "reason")


@dataclass(frozen=True)
class Sizes:
    """How a policy is changed for a trial; None: as it says itself. mentors x firms each: no more seed firms than
    mentors can look after."""

    places: int | None = None
    seed_places: int | None = None
    mentors: int | None = None
    firms_each: int | None = None
    floors: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Pools:
    """What becomes of the pools once everything that a policy proposes is confirmed. `changes`: action -> how many;
    `waiting`: who would wait for a place, by pool."""

    seed: int
    golden: int
    changes: Mapping[str, int]
    waiting: Mapping[str, int]
    expected: Expected


@dataclass(frozen=True)
class WhatIf:
    """A policy tried on a day, beside the one in force.

    `moved`: index none, COLUMNS: every firm that is in another pool, or in none, by the one policy than by the other
    or than today. `by_district`, `by_industry`: firms in each pool by the tried policy. `letter`: what is wrong or odd.
    """

    as_of: date
    in_force: Pools
    tried: Pools
    moved: pd.DataFrame
    by_district: pd.DataFrame
    by_industry: pd.DataFrame
    letter: PolicyLetter
    caps: tuple[int, int] = field(default=(0, 0))


def what_if(session: Session, as_of: date, book: PolicyBook | None, sizes: Sizes | None = None) -> WhatIf:
    """Try a policy (None: the one in force) on the scores, facts and members of a day.

    Raises NoPolicy where it says nothing of the day, NoScores where the city has no scores that are recent enough.
    """
    current = policy_in_force(session, as_of)
    policy = sized(current if book is None else book.on(as_of), sizes or Sizes())
    run = run_for(session, as_of, current)
    if run is None:
        raise NoScores(_no_scores(as_of))
    points = points_of(session, run.id)
    inputs = read_inputs(session, as_of, _asking_both(current, policy), points)
    chances = dict(session.execute(select(Score.firm_id, Score.probability).where(Score.run_id == run.id)).all())
    model = session.get_one(Model, run.model_id)

    def pools(of: Policy) -> tuple[Pools, pd.Series, Proposed]:
        found = proposals(inputs, of)
        after = after_all(inputs, found)
        golden = after.index[after == GOLDEN]
        chance = np.array([chances.get(firm, np.nan) for firm in golden], dtype=float)
        counts = found.changes["action"].value_counts()
        waiting = found.found[found.found["standing"] == "waiting"]["pool"].value_counts()
        made = Pools(
            seed=int((after == SEED).sum()),
            golden=len(golden),
            changes={str(name): int(count) for name, count in counts.items()},
            waiting={pool: int(waiting.get(pool, 0)) for pool in (SEED, GOLDEN)},
            expected=expected(chance, model.event, model.within_months),
        )
        return made, after, found

    now, after_now, _found_now = pools(current)
    then, after_then, found_then = pools(policy)
    about = _about(session)
    moved = _moved(inputs, after_now, after_then, found_then, about)
    return WhatIf(
        as_of=as_of,
        in_force=now,
        tried=then,
        moved=moved,
        by_district=_counted(after_then, about["district_code"]),
        by_industry=_counted(after_then, about["industry"]),
        letter=check_policy(policy, inputs),
        caps=(policy.seed.cap, policy.golden.cap),
    )


def sized(policy: Policy, sizes: Sizes) -> Policy:
    """The policy with other places and floors."""
    seed_cap = policy.seed.cap if sizes.seed_places is None else sizes.seed_places
    if sizes.mentors is not None and sizes.firms_each is not None:
        seed_cap = min(seed_cap, sizes.mentors * sizes.firms_each)
    golden_cap = policy.golden.cap if sizes.places is None else sizes.places
    floors = policy.seed.floors if sizes.floors is None else sizes.floors
    return replace(
        policy,
        seed=replace(policy.seed, cap=seed_cap, floors=floors),
        golden=replace(policy.golden, cap=golden_cap),
    )


def after_all(inputs: Inputs, found: Proposed) -> pd.Series:
    """Who is in which pool once everything that was proposed is confirmed: seed or golden by firm_id."""
    pools = inputs.firms["pool"].copy()
    pools.loc[found.changes.index] = found.changes["to_pool"]
    return pools[pools.notna()]


def _asking_both(current: Policy, policy: Policy) -> Policy:
    """One policy that asks for all that either does, so that the firms are read once."""
    both = Group("all", (*current.conditions.values(), *policy.conditions.values()))
    return replace(current, candidate=both)


def _about(session: Session) -> pd.DataFrame:
    """Name, district and section of industry of every firm of the stored list, and of firms that it lacks the name."""
    rows = session.execute(
        select(FirmListRow.firm_id, FirmListRow.name, FirmListRow.district_code, FirmListRow.industry_code)
    ).all()
    about = pd.DataFrame(rows, columns=["firm_id", "name", "district_code", "industry"]).set_index("firm_id")
    if about.empty:
        firms = session.execute(select(Firm.id, Firm.name, Firm.district_code)).all()
        about = pd.DataFrame(firms, columns=["firm_id", "name", "district_code"]).set_index("firm_id")
        about["industry"] = None
    about["industry"] = with_section(about["industry"].astype(object)).str[:1]
    return about


def _moved(inputs: Inputs, now: pd.Series, then: pd.Series, found: Proposed, about: pd.DataFrame) -> pd.DataFrame:
    index = inputs.firms.index
    table = pd.DataFrame(
        {
            "points": inputs.firms["points"],
            "pool": inputs.firms["pool"],
            "in_force": now.reindex(index),
            "tried": then.reindex(index),
        }
    ).join(about)
    words = table[["pool", "in_force", "tried"]].astype(object)
    words = words.where(words.notna(), "")
    differs = (words["tried"] != words["in_force"]) | (words["tried"] != words["pool"])
    table[["pool", "in_force", "tried"]] = words
    moved = table[differs].sort_values("points", ascending=False, kind="stable")
    reasons = {str(firm): str(_reason(row)) for firm, row in found.changes.iterrows()}
    moved = moved.rename_axis("firm_id").reset_index()
    moved["reason"] = [reasons.get(firm, "") for firm in moved["firm_id"]]
    return moved[list(COLUMNS)]


def _reason(row: pd.Series) -> Message:
    params = {name: row[name] for name in ("points", "rank", "of")} | {"line": row["line_points"]}
    labels: tuple[Label, ...] = row["conditions"]
    return Message(REASONS[row["reason"]], {**params, "conditions": list(labels), "cap": ""})


def _counted(after: pd.Series, by: pd.Series) -> pd.DataFrame:
    """Index of the group, columns seed and golden; firms of which it is not known under an empty name."""
    group = by.reindex(after.index).astype(object)
    counts = pd.crosstab(group.where(group.notna(), ""), after)
    return counts.reindex(columns=[SEED, GOLDEN], fill_value=0).astype(int)


def _no_scores(as_of: date) -> Message:
    text = N_("The city has no scores to try a policy on. Score it first: goldseed score --as-of %(as_of)s")
    return Message(text, {"as_of": as_of.isoformat()})
