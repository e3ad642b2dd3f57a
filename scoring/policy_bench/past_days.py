"""What a policy would have chosen on past days, from the whole city with empty pools, and what became of those firms.

Points, facts, events and declarations are those known on the day; what came afterwards is only counted, never read to
choose. Beside it stand two lists of the same length: the largest net profits alone, and points alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from pipeline import facts as known
from pipeline.language import Message
from pipeline.pool_history.proportions import Share, wilson
from pipeline.pools.inputs import Inputs, about_firms, read_inputs
from pipeline.pools.model import GOLDEN, SEED, NoPolicy, Policy, PolicyBook
from pipeline.pools.proposing import proposals
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.tutoring.stages import LAST
from scoring.dataset.labels import first_event, plus_months
from scoring.policy_bench.past_points import PastPoints, past_points

#: What may have become of a firm, and within how many months it is looked for.
OUTCOMES = ("tutoring_filed", "filed", LAST)
MONTHS = (12, 24, 36)
POLICY, PROFIT, POINTS_ALONE = "policy", "net_profit", "points"


@dataclass(frozen=True)
class ChosenList:
    """A list of firms of a day and what became of it: (event, months) -> share of its firms, of those months alone that
    are over."""

    name: str
    firms: Sequence[str]
    became: Mapping[tuple[str, int], Share]


@dataclass(frozen=True)
class PastDay:
    """What would have been chosen on a day. `how`: where its points come from; without points nothing is chosen."""

    day: date
    how: Message
    seed: int
    golden: int
    lists: Sequence[ChosenList]


def past_days(
    session: Session,
    book: PolicyBook,
    sized: Callable[[Policy], Policy],
    days: Sequence[date],
    as_of: date,
    event: str,
) -> list[PastDay]:
    """Try a policy on past days. `sized` changes the policy of a day (places, floors); what became of the firms is
    counted by the events known on `as_of`."""
    engine = session.connection().engine
    events = known.events_as_known_on(session.connection(), as_of)
    return [_one_day(session, book, sized, found, events, as_of) for found in past_points(engine, days, event)]


def usual_days(as_of: date, count: int = 5) -> list[date]:
    """The last May Days (1 May, when the figures of the year before are public) that lie a year back or more, the
    earliest first."""
    last = as_of.year - 1 if (as_of.month, as_of.day) >= (5, 1) else as_of.year - 2
    return [date(year, 5, 1) for year in range(last - count + 1, last + 1)]


def _one_day(
    session: Session,
    book: PolicyBook,
    sized: Callable[[Policy], Policy],
    found: PastPoints,
    events: pd.DataFrame,
    as_of: date,
) -> PastDay:
    if found.points is None:
        return PastDay(found.day, found.how, 0, 0, [])
    try:
        policy = sized(book.on(found.day))
    except NoPolicy as error:
        return PastDay(found.day, error.message if isinstance(error.message, Message) else found.how, 0, 0, [])
    inputs = read_inputs(session, found.day, policy, found.points, members=about_firms(found.points.iloc[:0]))
    seed, golden = chosen(inputs, policy)
    unlisted = found.points[~found.points.index.isin(inputs.firms.index[inputs.firms["listed"]])]
    count = len(golden)
    by_points = unlisted.sort_index().sort_values(ascending=False, kind="stable").index[:count]
    lists = [
        (POLICY, golden),
        (PROFIT, list(_by_profit(inputs).index[:count])),
        (POINTS_ALONE, list(by_points)),
    ]
    return PastDay(
        found.day,
        found.how,
        len(seed),
        count,
        [ChosenList(name, firms, became(firms, events, found.day, as_of)) for name, firms in lists],
    )


def chosen(inputs: Inputs, policy: Policy) -> tuple[list[str], list[str]]:
    """Whom a policy takes into empty pools: the seed pool first, then from it, or straight in, the golden-seed pool."""
    first = proposals(inputs, policy).changes
    pools = first["to_pool"]
    firms = inputs.firms.copy()
    firms["pool"] = pools.reindex(firms.index).where(lambda column: column.notna(), None)
    firms["in_since"] = firms["entered_on"] = inputs.day
    if "seed_member" in firms:
        firms["seed_member"] = (firms["pool"] == SEED).astype(float)
    second = proposals(Inputs(inputs.day, firms, inputs.facts, inputs.firm_facts), policy).changes
    after = firms["pool"].copy()
    rise = second[second["action"] == "promote"]
    after.loc[rise.index] = rise["to_pool"]
    return list(after.index[after == SEED]), list(after.index[after == GOLDEN])


def became(firms: Sequence[str], events: pd.DataFrame, day: date, as_of: date) -> dict[tuple[str, int], Share]:
    """How many of these firms came to each event within the months after the day; only months that are over."""
    shares: dict[tuple[str, int], Share] = {}
    for event in OUTCOMES:
        first = first_event(events, event).reindex(list(firms))
        # Who had come so far before the day can come no more: it is not among those who could.
        could = first[~(first <= pd.Timestamp(day))]
        for months in MONTHS:
            end = plus_months(day, months)
            if end <= as_of:
                shares[event, months] = wilson(int((could <= pd.Timestamp(end)).sum()), len(could))
    return shares


def _by_profit(inputs: Inputs) -> pd.Series:
    """The net profit of the latest year known (the known side of the lower one), of unlisted firms, highest first."""
    data = FirmYears(inputs.facts, inputs.firm_facts.reindex(inputs.firms.index), inputs.day)
    profit = pd.Series(measure_values.at_most(data, "net_profit", 0), index=data.firm_ids)
    profit = profit[~profit.index.isin(inputs.firms.index[inputs.firms["listed"]])].dropna()
    return profit.sort_index().sort_values(ascending=False, kind="stable")
