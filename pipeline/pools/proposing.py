"""Who is proposed to enter, rise, fall, leave or be renewed: one pass over all firms at once.

A pure function of what is known of the firms and of the policy: the same input gives the same proposals in the same
order. Nothing here reads a database or a clock, and no firm is looked at by itself. Who meets the conditions is decided
by the rules' own engine (evaluating.py); places, floors, ties and the order are decided here. Where no firm has points,
because no model scores the city, the rules decide alone, and the order is that of the latest net profit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.language import Label
from pipeline.pools.evaluating import Evaluated
from pipeline.pools.inputs import Inputs
from pipeline.pools.model import GOLDEN, SEED, Policy, Pool, points_line
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN

COLUMNS = ["action", "from_pool", "to_pool", "points", "line_points", "reason", "rank", "of", "conditions"]
FOUND_COLUMNS = ["firm_id", "pool", "standing", "place", "points", "conditions"]
_NUMBERS = ("points", "line_points", "rank", "of")
_NOBODY = pd.DataFrame(
    {name: pd.Series(dtype="float64" if name in _NUMBERS else object) for name in COLUMNS},
    index=pd.Index([], name="firm_id", dtype=object),
)
#: How little may be missing of every line for a firm to be near, as a share of the line.
NEAR_GAP = 0.05
#: At most so many firms of one pool are named as near, or as held up by what nobody knows: those with most points.
_MOST_NAMED = 100


@dataclass(frozen=True)
class Proposed:
    """What a policy asks for. `changes`: index firm_id, sorted as they are to be decided, COLUMNS."""

    changes: pd.DataFrame
    find: Callable[[], pd.DataFrame]

    @cached_property
    def found(self) -> pd.DataFrame:
        """What else is worth saying, FOUND_COLUMNS, by pool and standing; `place` is that on the waiting list. Worked
        out where somebody asks."""
        return self.find()

    @property
    def waiting(self) -> pd.Series:
        """The firms that qualify for the seed pool and find no place: their points by firm_id, the highest first."""
        own = self.found[(self.found["standing"] == "waiting") & (self.found["pool"] == SEED)]
        return own.set_index("firm_id")["points"]


def proposals(inputs: Inputs, policy: Policy) -> Proposed:
    """The changes that the policy asks for, and whom they leave waiting, warned, unknown or near.

    A condition that is unknown for a firm moves it nowhere: a member without points is unknown, not low, and stays.
    Who came into its pool on the day stays for the day, unless it is listed: what was confirmed is not proposed anew.
    Columns of the changes: action (exit, demote, renew, promote, enter), from_pool, to_pool (None: no pool), points
    (NaN unknown), line_points (NaN where there is no single line in points), reason (a key of REASONS), rank and of
    among the scored firms that are not listed (rank 0: not scored), conditions (Labels of those that are met, where the
    reason names them). Ties in points go by firm_id.
    """
    # A stable sort keeps the order of ties: by firm_id.
    firms = inputs.firms.sort_index()
    by_rules_alone = bool(firms["points"].isna().all())
    order = _latest_profit(inputs).reindex(firms.index) if by_rules_alone else firms["points"]
    firms = firms.loc[order.sort_values(ascending=False, na_position="last", kind="stable").index]
    ranked = firms["points"].notna() & ~firms["listed"]
    firms["rank"] = ranked.cumsum().where(ranked, 0)
    firms["of"] = int(ranked.sum())
    may_enter = ~firms["listed"] if by_rules_alone else ranked
    by = Evaluated(Inputs(inputs.day, firms, inputs.facts, inputs.firm_facts), policy)
    in_seed, in_golden = firms["pool"] == SEED, firms["pool"] == GOLDEN
    held = firms["held"]
    settled = pd.to_datetime(firms["entered_on"].astype(object)) >= pd.Timestamp(inputs.day)

    graduate = (in_seed | in_golden) & firms["listed"]
    in_seed, in_golden = in_seed & ~graduate, in_golden & ~graduate
    often_enough = firms["warned"] + 1 >= policy.reviews_to_leave
    to_leave = (in_seed | in_golden) & ~settled & by.leaves(SEED, held)
    to_fall = in_golden & ~settled & ~to_leave & by.leaves(GOLDEN, held)
    fall_out, fall_back = to_leave & often_enough, to_fall & often_enough
    warned = (to_leave | to_fall) & ~often_enough

    run_out = _run_out(firms, inputs) & ~fall_out & ~fall_back & ~warned
    still = {pool: by.enters(pool, without_points=True) for pool in (SEED, GOLDEN)}
    # Who is in the upper pool is no member of the lower one; that condition is not asked again.
    still[GOLDEN] = _renewed_golden(by, still[GOLDEN])
    expired_out = run_out & in_seed & (still[SEED] == NOT_MET) & ~held
    expired_back = run_out & in_golden & (still[GOLDEN] == NOT_MET) & ~held
    renewed = run_out & ((in_seed & (still[SEED] == MET)) | (in_golden & (still[GOLDEN] == MET)) | held)
    unsettled = run_out & ~renewed & ~expired_out & ~expired_back

    golden_stay = in_golden & ~fall_out & ~fall_back & ~expired_back
    crowded_back = _lowest(golden_stay & ~held & ~settled & ranked, int(golden_stay.sum()) - policy.golden.cap)
    golden_stay &= ~crowded_back

    seed_stay = in_seed & ~fall_out & ~expired_out
    enters_golden = by.enters(GOLDEN)
    by_conditions = np.minimum(by.state("candidate"), by.state("golden_enter")) == MET
    straight = np.minimum(by.state("candidate"), by.state("golden_straight")) == MET
    outside = firms["pool"].isna() & may_enter
    # Whoever meets an exit condition as well would have to leave in the next review, and is not let in.
    out_of_seed, out_of_golden = by.leaves(SEED, held), by.leaves(GOLDEN, held)
    worthy = may_enter & ((seed_stay & ~settled & ~warned & (enters_golden == MET)) | (outside & straight))
    worthy &= ~out_of_seed & ~out_of_golden
    rise = _highest(worthy, firms["district_code"], policy.golden, golden_stay)
    seed_stay &= ~rise

    falls = fall_back | crowded_back | expired_back
    seed_size = int(seed_stay.sum()) + int(falls.sum())
    crowded_out = _lowest(seed_stay & ~held & ~settled & ranked, seed_size - policy.seed.cap)
    seed_stay &= ~crowded_out
    enters_seed = by.enters(SEED)
    fit_for_seed = outside & ~rise & (enters_seed == MET) & ~out_of_seed
    come_in = _highest(fit_for_seed, firms["district_code"], policy.seed, seed_stay | falls)

    parts = [
        _changes(firms, graduate, "exit", None, "listed"),
        _by_condition(firms, fall_out, "exit", None, "seed_leave", by),
        _changes(firms, expired_out, "exit", None, "exit_expired"),
        _changes(firms, crowded_out, "exit", None, "exit_cap"),
        _by_condition(firms, fall_back, "demote", SEED, "golden_leave", by),
        _changes(firms, expired_back, "demote", SEED, "demote_expired"),
        _changes(firms, crowded_back, "demote", SEED, "demote_cap"),
        _renewals(firms, renewed & ~crowded_back & ~crowded_out & ~rise, by),
        _by_condition(firms, rise & ~outside & by_conditions, "promote", GOLDEN, "golden_enter", by),
        _by_condition(firms, rise & ~outside & ~by_conditions, "promote", GOLDEN, "golden_straight", by),
        _by_condition(firms, rise & outside, "enter", GOLDEN, "golden_straight", by),
        _by_condition(firms, come_in, "enter", SEED, "seed_enter", by),
    ]
    changes = pd.concat([part for part in parts if len(part)] or [_NOBODY])[COLUMNS]
    pools = changes[["from_pool", "to_pool"]].astype(object)
    changes = changes.assign(**pools.where(pools.notna(), None))

    def find() -> pd.DataFrame:
        members_below = seed_stay & ~warned & ~unsettled & may_enter
        found = [
            _found(firms, worthy & ~rise, GOLDEN, "waiting"),
            _found(firms, fit_for_seed & ~come_in, SEED, "waiting"),
            _found(firms, warned & in_golden & to_fall, GOLDEN, "warned", by.conditions_met, "golden_leave"),
            _found(firms, warned & ~to_fall, SEED, "warned", by.conditions_met, "seed_leave"),
            _found(firms, unsettled & in_golden, GOLDEN, "renewal_unknown", by.conditions_unknown, "golden_enter"),
            _found(firms, unsettled & in_seed, SEED, "renewal_unknown", by.conditions_unknown, "seed_enter"),
            _found(
                firms,
                _first(members_below & (enters_golden == UNKNOWN)),
                GOLDEN,
                "unknown",
                by.conditions_unknown,
                "golden_enter",
            ),
            _found(
                firms,
                _first(outside & (enters_seed == UNKNOWN) & ~rise),
                SEED,
                "unknown",
                by.conditions_unknown,
                "seed_enter",
            ),
            _found(firms, _first(members_below & _is_near(by, "golden_enter")), GOLDEN, "near"),
            _found(firms, _first(outside & ~rise & _is_near(by, "seed_enter")), SEED, "near"),
        ]
        return pd.concat(found, ignore_index=True)[FOUND_COLUMNS]

    return Proposed(changes, find)


def _latest_profit(inputs: Inputs) -> pd.Series:
    """The net profit of each firm's latest year that states one, by firm_id; empty where the policy asks for no
    figures."""
    if "net_profit_cny" not in inputs.facts:
        return pd.Series(dtype="float64")
    stated = inputs.facts["net_profit_cny"].dropna().sort_index()
    return stated.groupby(level=0).last()


def _run_out(firms: pd.DataFrame, inputs: Inputs) -> pd.Series:
    """Whose membership holds no longer on the day."""
    until = pd.to_datetime(firms["valid_until"].astype(object))
    return firms["pool"].notna() & ~firms["listed"] & (until <= pd.Timestamp(inputs.day))


def _renewed_golden(by: Evaluated, otherwise: pd.Series) -> pd.Series:
    """The entry conditions of the golden-seed pool for those who are in it: with their place in the seed pool given."""
    if "seed_member" not in by.policy.measures:
        return otherwise
    again = by.with_measure("seed_member", 1.0)
    return again.enters(GOLDEN, without_points=True)


def _is_near(by: Evaluated, name: str) -> pd.Series:
    """Who lacks little: one line is not reached, and of it at most NEAR_GAP is missing."""
    outcome = by.outcome(name)
    near = (outcome.state == NOT_MET) & (outcome.conditions_missing == 1) & (outcome.largest_gap_share <= NEAR_GAP)
    return pd.Series(near, index=by.index)


def _first(chosen: pd.Series) -> pd.Series:
    """The first of them, in the order of the frame: so many as are worth naming."""
    return chosen & (chosen.cumsum() <= _MOST_NAMED)


def _highest(worthy: pd.Series, districts: pd.Series, pool: Pool, inside: pd.Series) -> pd.Series:
    """Those of the worthy who get one of the places that are left, in the order of the frame: highest points first.

    Before the order counts, each district is given what is missing of its floor, as far as it has worthy firms and
    there are places; between districts these go to the highest as well.
    """
    places = max(pool.cap - int(inside.sum()), 0)
    if pool.floors:
        districts = districts.astype(object)
        owed = districts.map(pool.floors).fillna(0) - districts.map(districts[inside].value_counts()).fillna(0)
        within = worthy.groupby(districts, dropna=False).cumsum()
        first = worthy & (within <= owed)
        first &= first.cumsum() <= places
        rest = worthy & ~first
        return first | (rest & (rest.cumsum() <= places - int(first.sum())))
    return worthy & (worthy.cumsum() <= places)


def _lowest(movable: pd.Series, count: int) -> pd.Series:
    """The last `count` of those who may be moved."""
    return movable & (movable[::-1].cumsum()[::-1] <= max(count, 0))


def _by_condition(
    firms: pd.DataFrame, chosen: pd.Series, action: str, to_pool: str | None, name: str, by: Evaluated
) -> pd.DataFrame:
    """Changes because a condition is met; the reason names its line, or each condition where there are more."""
    if not chosen.any():
        return _changes(firms, chosen, action, to_pool, action)
    node = by.policy.conditions[name]
    line = points_line(node, "<" if name.endswith("leave") else ">=")
    if line is not None:
        changed = _changes(firms, chosen, action, to_pool, action)
        return changed.assign(line_points=float(str(line.threshold.value)))
    reason = "straight" if name.endswith("straight") else action
    by_rules_alone = action in ("enter", "promote") and bool(firms["points"].isna().all())
    changed = _changes(firms, chosen, action, to_pool, f"{reason}_{'rules' if by_rules_alone else 'conditions'}")
    return changed.assign(conditions=_as_column(by.conditions_met(name, chosen), changed.index))


def _renewals(firms: pd.DataFrame, chosen: pd.Series, by: Evaluated) -> pd.DataFrame:
    changed = _changes(firms, chosen, "renew", None, "renew")
    met: dict[str, tuple[Label, ...]] = {}
    for pool in (SEED, GOLDEN):
        own = chosen & (firms["pool"] == pool)
        met |= dict(zip(firms.index[own], by.conditions_met(f"{pool}_enter", own), strict=True))
    conditions = _as_column([met[firm] for firm in changed.index], changed.index)
    return changed.assign(to_pool=changed["from_pool"], conditions=conditions)


def _as_column(values: Iterable[tuple[Label, ...]], index: pd.Index) -> pd.Series:
    return pd.Series(list(values), index=index, dtype=object)


def _changes(firms: pd.DataFrame, chosen: pd.Series, action: str, to_pool: str | None, reason: str) -> pd.DataFrame:
    if not chosen.any():
        return _NOBODY
    changed = firms.loc[chosen, ["points", "pool", "rank", "of"]].rename(columns={"pool": "from_pool"})
    return changed.assign(
        action=action,
        to_pool=pd.Series(to_pool, changed.index, dtype=object),
        reason=reason,
        line_points=float("nan"),
        conditions=_as_column([()] * len(changed), changed.index),
    )


def _found(
    firms: pd.DataFrame, chosen: pd.Series, pool: str, standing: str, said: object = None, name: str = ""
) -> pd.DataFrame:
    """Firms of one standing; `said`: what names the conditions behind it, of the condition `name`."""
    own = firms.loc[chosen, ["points"]].rename_axis("firm_id").reset_index()
    labels = said(name, chosen) if callable(said) and len(own) else [()] * len(own)
    return own.assign(
        pool=pool,
        standing=standing,
        place=np.arange(1, len(own) + 1) if standing == "waiting" else pd.Series(pd.NA, own.index, dtype="Int64"),
        conditions=_as_column(labels, own.index),
    )


# --- once it is confirmed ---------------------------------------------------------------------------


def confirmed(inputs: Inputs, changes: pd.DataFrame, policy: Policy) -> Inputs:
    """The inputs after these changes (proposing.COLUMNS), each confirmed on the day of the inputs.

    Who enters is in since that day; who rises or falls keeps the day of the first entry; a membership that begins or is
    renewed holds for the policy's months. What rests on membership (seed_member, pool_months) follows.
    """
    firms = inputs.firms.copy()
    moved = changes.index
    pools = changes["to_pool"].astype(object)
    pools = pools.where(pools.notna(), None)
    was_in = firms.loc[moved, "pool"].notna()
    inside = pools.notna()
    day = pd.Series(inputs.day, index=moved, dtype=object)
    nothing = pd.Series(None, index=moved, dtype=object)
    until = None
    if policy.valid_months is not None:
        until = (pd.Timestamp(inputs.day) + pd.DateOffset(months=policy.valid_months)).date()
    stays = changes["action"] == "renew"
    entered = firms.loc[moved, "entered_on"].astype(object).where(stays, day)
    since = firms.loc[moved, "in_since"].astype(object).where(was_in, day)
    firms.loc[moved, "pool"] = pools
    firms.loc[moved, "entered_on"] = entered.where(inside, nothing)
    firms.loc[moved, "in_since"] = since.where(inside, nothing)
    firms.loc[moved, "valid_until"] = pd.Series(until, index=moved, dtype=object).where(inside, nothing)
    for name in ("pool", "entered_on", "in_since", "valid_until"):
        column = firms[name].astype(object)
        firms[name] = column.where(column.notna(), None)
    firms.loc[moved, "warned"] = 0
    if "seed_member" in firms:
        firms["seed_member"] = (firms["pool"] == SEED).astype(float)
    if "pool_months" in firms:
        firms.loc[moved[~was_in.to_numpy() | ~inside.to_numpy()], "pool_months"] = 0.0
    return replace(inputs, firms=firms)
