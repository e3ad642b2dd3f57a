"""Who is proposed to enter, rise, fall or leave: one pass over all firms at once.

policy.py -> **proposing.py** -> reviews.py
A pure function of the latest points, who is in which pool, and the policy: the same input gives the same
proposals in the same order. Nothing here reads a database or a clock, and no firm is looked at by itself.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.language import N_
from pipeline.pools.policy import GOLDEN, SEED, Policy

#: In the order in which they are decided: places are freed before they are given away.
ACTIONS = ("exit", "demote", "promote", "enter")
COLUMNS = ["action", "from_pool", "to_pool", "points", "line_points", "reason", "rank", "of"]

GRADUATES = N_("The firm is listed: it leaves the pool as a graduate.")
REASONS: Mapping[str, str] = {
    "enter": N_("%(points).1f points reach the seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."),
    "promote": N_(
        "%(points).1f points reach the golden-seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."
    ),
    "demote": N_("%(points).1f points are below the golden-seed pool's exit line of %(line).1f."),
    "exit": N_("%(points).1f points are below the seed pool's exit line of %(line).1f."),
    "demote_cap": N_(
        "The golden-seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."
    ),
    "exit_cap": N_("The seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."),
    "listed": GRADUATES,
}


def proposals(
    points: pd.Series, members: pd.Series, held: Sequence[str], listed: Sequence[str], policy: Policy
) -> pd.DataFrame:
    """The changes that the policy asks for, index firm_id, sorted as they are to be decided.

    `points`: points by firm_id of every scored firm; `members`: "seed" or "golden" by firm_id of those in a
    pool; `held`: firms that points take out of no pool (their tutoring is under way); `listed`: firms that
    have been listed. A member without points is unknown, not low: it stays.
    Columns: action (exit, demote, promote, enter), from_pool, to_pool (None: no pool), points (NaN unknown),
    line_points (NaN where no line was asked), reason (a key of REASONS), rank and of among the scored firms
    that are not listed (rank 0: not scored). Ties in points go by firm_id.
    """
    firms = pd.DataFrame({"points": points, "pool": members.astype(object)})
    firms.index.name = "firm_id"
    # A stable sort keeps the order of ties: by firm_id.
    firms = firms.sort_index().sort_values("points", ascending=False, na_position="last", kind="stable")
    firms["listed"] = firms.index.isin(listed)
    firms["held"] = firms.index.isin(held)
    ranked = firms["points"].notna() & ~firms["listed"]
    firms["rank"] = ranked.cumsum().where(ranked, 0)
    firms["of"] = int(ranked.sum())
    scored = firms["points"]
    in_seed, in_golden = firms["pool"] == SEED, firms["pool"] == GOLDEN

    graduate = (in_seed | in_golden) & firms["listed"]
    in_seed, in_golden = in_seed & ~graduate, in_golden & ~graduate
    can_fall = ranked & ~firms["held"]

    fall_out = (in_seed | in_golden) & can_fall & (scored < policy.seed.leave_points)
    fall_back = in_golden & can_fall & ~fall_out & (scored < policy.golden.leave_points)
    golden_stay = in_golden & ~fall_out & ~fall_back
    crowded_back = _lowest(golden_stay & can_fall, int(golden_stay.sum()) - policy.golden.cap)
    golden_stay &= ~crowded_back

    seed_stay = in_seed & ~fall_out
    worthy = seed_stay & ranked & (scored >= policy.golden.enter_points)
    rise = _highest(worthy, policy.golden.cap - int(golden_stay.sum()))
    seed_stay &= ~rise

    seed_size = int(seed_stay.sum()) + int(fall_back.sum()) + int(crowded_back.sum())
    crowded_out = _lowest(seed_stay & can_fall, seed_size - policy.seed.cap)
    outside = firms["pool"].isna() & ranked & (scored >= policy.seed.enter_points)
    come_in = _highest(outside, policy.seed.cap - seed_size)

    parts = [
        _changes(firms, graduate, "exit", None, "listed", None),
        _changes(firms, fall_out, "exit", None, "exit", policy.seed.leave_points),
        _changes(firms, crowded_out, "exit", None, "exit_cap", None),
        _changes(firms, fall_back, "demote", SEED, "demote", policy.golden.leave_points),
        _changes(firms, crowded_back, "demote", SEED, "demote_cap", None),
        _changes(firms, rise, "promote", GOLDEN, "promote", policy.golden.enter_points),
        _changes(firms, come_in, "enter", SEED, "enter", policy.seed.enter_points),
    ]
    changes = pd.concat(parts)[COLUMNS]
    pools = changes[["from_pool", "to_pool"]].astype(object)
    return changes.assign(**pools.where(pools.notna(), None))


def waiting(
    points: pd.Series, members: pd.Series, proposed: pd.DataFrame, listed: Sequence[str], policy: Policy
) -> int:
    """How many firms reach the seed pool's entry line and find no place."""
    outside = points[~points.index.isin(members.index) & ~points.index.isin(listed)]
    return int((outside >= policy.seed.enter_points).sum()) - int((proposed["action"] == "enter").sum())


def _highest(those: pd.Series, places: int) -> pd.Series:
    """The first `places` of those, in the order of the frame: highest points first."""
    return those & (those.cumsum() <= max(places, 0))


def _lowest(those: pd.Series, count: int) -> pd.Series:
    """The last `count` of those."""
    return those & (those[::-1].cumsum()[::-1] <= max(count, 0))


def _changes(
    firms: pd.DataFrame, those: pd.Series, action: str, to_pool: str | None, reason: str, line: float | None
) -> pd.DataFrame:
    changed = firms.loc[those, ["points", "pool", "rank", "of"]].rename(columns={"pool": "from_pool"})
    return changed.assign(
        action=action,
        to_pool=pd.Series(to_pool, changed.index, dtype=object),
        reason=reason,
        line_points=float("nan") if line is None else float(line),
    )
