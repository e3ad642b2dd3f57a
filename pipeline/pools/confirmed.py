"""What is known of the firms of a review once everything that it asks for has been confirmed, on the same day."""

from dataclasses import replace

import pandas as pd

from pipeline.pools.inputs import Inputs
from pipeline.pools.model import SEED, Policy


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
