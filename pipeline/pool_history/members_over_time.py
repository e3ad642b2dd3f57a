"""The pools over time: who was in which pool on a day, entries and exits a year, how long firms stay, and how many went
on to the market, beside firms that scored alike and were not chosen.

    store ──► history_of ──► in_pools_on, changes_by_year, stay_of ──► over_time
                        └──► matched ──► outcomes_of ──► over_time

All but `history_of` and `over_time` are pure functions of frames. A day is the first day in a pool or the first day out
of it: whoever left on a day was not in that day. Only what was known on the day counts: later entries, exits and events
do not. None of it proves a cause, since firms are chosen for a reason.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_
from pipeline.pool_history.proportions import FEW_EVENTS, PairedDifference, Share, paired_difference, wilson
from pipeline.pools.model import GOLDEN, SEED
from pipeline.store.many_rows import frame_of
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY, Event, Firm, Import, Score, ScoreRun
from pipeline.tutoring.counts.way import stages_from
from pipeline.tutoring.stages import STAGE_OF
from pipeline.tutoring.stated import of_its_cohort

if TYPE_CHECKING:
    import pandas as pd

#: The steps of the way to the market that are followed, and the years after the entry within which they count.
STEPS = ("tutoring_filed", "filed", "listed")
YEARS = (1, 2, 3)
#: Points by which a firm that was not chosen may differ from the one that it is held against.
NEAR_POINTS = 1.0
#: A stay in either pool, whichever; and in one of the two.
ANY = "any"
#: Stands before every figure about what became of firms.
NO_PROOF = N_(
    "No proof of cause: firms are chosen for a reason. That more of the chosen firms went on may come from what they "
    "were chosen for, and not from having been in a pool."
)
_DAYS_A_MONTH = 365.2425 / 12


@dataclass(frozen=True)
class Year:
    """One calendar year, or what of it has passed. `entries`, `exits`: into and out of both pools together; `seed`,
    `golden`: in it at the end of the last day counted."""

    year: int
    entries: int
    promotions: int
    demotions: int
    exits: int
    seed: int
    golden: int


@dataclass(frozen=True)
class Stay:
    """How long firms stay, by Kaplan and Meier: who is still in counts as having stayed at least so long.

    `median_months` None: fewer than half have left; `low_months`, `high_months`: where the 95 % band of the curve
    (log-log, Greenwood's variance) crosses one half, None where it does not. `curve`: months, share still in, low and
    high of its band (None: not known), a step each.
    """

    pool: str
    stays: int
    ended: int
    median_months: float | None
    low_months: float | None
    high_months: float | None
    curve: Sequence[tuple[float, float, float | None, float | None]]

    @property
    def few(self) -> bool:
        return self.ended < FEW_EVENTS


@dataclass(frozen=True)
class Outcome:
    """How many came to a step within so many years after they entered, of the firms that had not come to it before and
    whose years are over. `too_recent`: those whose years are not.

    `pairs`: those of them for whom a firm was found that scored alike and was not chosen, and had not come to the step
    either; `chosen`, `others`: what became of the two of each pair; `difference`: of the first from the second.
    """

    step: str
    years: int
    all_chosen: Share
    too_recent: int
    pairs: int
    chosen: Share
    others: Share
    difference: PairedDifference

    @property
    def few(self) -> bool:
        """Whether too few events are behind the comparison."""
        return self.chosen.events + self.others.events < FEW_EVENTS


@dataclass(frozen=True)
class OverTime:
    """What is known of the pools on a day. `matched` of `entered` firms have one that scored alike."""

    on: date
    years: Sequence[Year]
    stays: Sequence[Stay]
    outcomes: Sequence[Outcome]
    entered: int
    matched: int

    def as_json(self) -> dict[str, Any]:
        def few(record: Stay | Outcome) -> dict[str, Any]:
            return {"fewer_than_ten_events": record.few, **asdict(record)}

        return {
            "warning": NO_PROOF,
            "on": self.on,
            "years": [asdict(year) for year in self.years],
            "stays": [few(stay) for stay in self.stays],
            "outcomes": [few(outcome) for outcome in self.outcomes],
            "entered": self.entered,
            "matched": self.matched,
        }


@dataclass(frozen=True)
class History:
    """What the figures rest on, as known on a day; days as datetime64, NaT none.

    memberships: columns firm_id, pool, entered_on, left_on, run_id (the score run that the entry rested on, NaN none).
    scores: columns run_id, firm_id, points, of the runs that entries rested on. reached: columns firm_id, step, day,
    the first day on which the firm had come to the step or further.
    """

    memberships: "pd.DataFrame"
    scores: "pd.DataFrame"
    reached: "pd.DataFrame"


# --- what is read ----------------------------------------------------------------------------------


def over_time(session: Session, on: date, person: Person) -> OverTime:
    """The figures of a day about the firms that this person reaches; raises NotAllowed for one who sees no list of
    them."""
    people.require(person, Action.SEE_PROPOSALS)
    history = history_of(session, on, person)
    entered = stays_of(history.memberships).drop_duplicates("firm_id")
    pairs = matched(history, entered)
    return OverTime(
        on,
        changes_by_year(history.memberships, on),
        [stay_of(history.memberships, pool, on) for pool in (ANY, SEED, GOLDEN)],
        [outcomes_of(entered, pairs, history.reached, step, years, on) for step in STEPS for years in YEARS],
        len(entered),
        len(pairs),
    )


def history_of(session: Session, on: date, person: Person) -> History:
    """The memberships begun by a day, the scores that they rested on and the steps reached, of the city's firms that
    this person reaches. What ended after the day has not ended yet."""
    import pandas as pd

    reach = and_(people.visible_firms(person, Action.SEE_PROPOSALS), Firm.cohort == CITY)
    statement = (
        select(
            PoolMembership.firm_id,
            PoolMembership.pool,
            PoolMembership.entered_on,
            PoolMembership.left_on,
            PoolProposal.run_id,
        )
        .join(Firm, Firm.id == PoolMembership.firm_id)
        .join(PoolProposal, PoolProposal.id == PoolMembership.entered_by_id)
        .where(PoolMembership.entered_on <= on, reach)
        .order_by(PoolMembership.firm_id, PoolMembership.entered_on, PoolMembership.id)
    )
    names = ["firm_id", "pool", "entered_on", "left_on", "run_id"]
    memberships = frame_of(session, statement, names)
    memberships["entered_on"] = _days(memberships["entered_on"])
    left = _days(memberships["left_on"])
    memberships["left_on"] = left.where(left <= pd.Timestamp(on))
    memberships["run_id"] = memberships["run_id"].astype("float64")
    runs = [int(run) for run in memberships["run_id"].dropna().unique()]
    scores = (
        select(Score.run_id, Score.firm_id, Score.points)
        .join(ScoreRun, ScoreRun.id == Score.run_id)
        .join(Firm, Firm.id == Score.firm_id)
        .where(Score.run_id.in_(runs), ScoreRun.as_of <= on, people.visible_firms(person, Action.SEE_SCORES), reach)
    )
    scored = frame_of(session, scores, ["run_id", "firm_id", "points"])
    return History(memberships, scored, _reached(session, on, reach))


def _reached(session: Session, on: date, reach: Any) -> "pd.DataFrame":
    import pandas as pd

    parts = []
    for step in STEPS:
        kinds = {kind for kind, stage in STAGE_OF.items() if stage in stages_from(step)}
        statement = (
            select(Event.firm_id, func.min(Event.occurred_on))
            .join(Firm, Firm.id == Event.firm_id)
            .outerjoin(Import, Import.id == Event.import_id)
            .where(
                Event.in_force,
                Event.known_on <= on,
                Event.occurred_on <= on,
                Event.kind.in_(kinds),
                of_its_cohort(),
                reach,
            )
            .group_by(Event.firm_id)
        )
        part = frame_of(session, statement, ["firm_id", "day"])
        parts.append(part.assign(step=step, day=_days(part["day"])))
    return pd.concat(parts, ignore_index=True)[["firm_id", "step", "day"]]


def _days(days: "pd.Series") -> "pd.Series":
    import pandas as pd

    return pd.to_datetime(days).astype("datetime64[s]")


# --- who was in, who came and went -----------------------------------------------------------------


def in_pools_on(memberships: "pd.DataFrame", on: date) -> "pd.Series":
    """The pool by firm_id of those in one on a day; who left on that day is out."""
    import pandas as pd

    day = pd.Timestamp(on)
    inside = (memberships["entered_on"] <= day) & ~(memberships["left_on"] <= day)
    return memberships[inside].set_index("firm_id")["pool"].sort_index()


def stays_of(memberships: "pd.DataFrame") -> "pd.DataFrame":
    """Unbroken stays in the pools, whichever: who moves from one to the other on the same day has stayed.

    Columns firm_id, entered_on, left_on (NaT: still in), run_id (of the entry); by firm and day.
    """
    rows = memberships.sort_values(["firm_id", "entered_on"], kind="stable")
    same = rows["firm_id"].eq(rows["firm_id"].shift()) & rows["entered_on"].eq(rows["left_on"].shift())
    rows = rows.assign(stay=(~same).cumsum())
    first = rows.drop_duplicates("stay", keep="first").set_index("stay")
    last = rows.drop_duplicates("stay", keep="last").set_index("stay")
    return first[["firm_id", "entered_on", "run_id"]].assign(left_on=last["left_on"]).reset_index(drop=True)


def changes_by_year(memberships: "pd.DataFrame", on: date) -> list[Year]:
    """Every year from the first entry to that of the day, the latest first."""
    if memberships.empty:
        return []
    stays = stays_of(memberships)
    rows = memberships.sort_values(["firm_id", "entered_on"], kind="stable")
    moved = rows["firm_id"].eq(rows["firm_id"].shift()) & rows["entered_on"].eq(rows["left_on"].shift())
    before = rows["pool"].shift()
    counts = {
        "entries": stays["entered_on"],
        "promotions": rows["entered_on"][moved & (before == SEED) & (rows["pool"] == GOLDEN)],
        "demotions": rows["entered_on"][moved & (before == GOLDEN) & (rows["pool"] == SEED)],
        "exits": stays["left_on"].dropna(),
    }
    by_year = {name: days.dt.year.value_counts() for name, days in counts.items()}
    years = []
    for year in range(on.year, int(rows["entered_on"].dt.year.min()) - 1, -1):
        inside = in_pools_on(memberships, min(on, date(year, 12, 31))).value_counts()
        of_year = {name: int(found.get(year, 0)) for name, found in by_year.items()}
        years.append(Year(year, **of_year, seed=int(inside.get(SEED, 0)), golden=int(inside.get(GOLDEN, 0))))
    return years


# --- how long they stay ----------------------------------------------------------------------------


def stay_of(memberships: "pd.DataFrame", pool: str, on: date) -> Stay:
    """How long firms stay in a pool, or (ANY) in the two together, as of a day."""
    import numpy as np
    import pandas as pd

    rows = stays_of(memberships) if pool == ANY else memberships[memberships["pool"] == pool]
    if rows.empty:
        return Stay(pool, 0, 0, None, None, None, [])
    ended = rows["left_on"].notna().to_numpy()
    until = rows["left_on"].fillna(pd.Timestamp(on))
    days = (until - rows["entered_on"]).dt.days.to_numpy().astype(float)
    months = days / _DAYS_A_MONTH
    if not ended.any():
        return Stay(
            pool, len(rows), 0, None, None, None, [(0.0, 1.0, None, None), (float(months.max()), 1.0, None, None)]
        )
    times, share, low, high = kaplan_meier(months, ended)
    curve = [(0.0, 1.0, 1.0, 1.0)] + [
        (float(time), float(value), _known(below), _known(above))
        for time, value, below, above in zip(times, share, low, high, strict=True)
    ]

    def crosses(values: np.ndarray) -> float | None:
        under = np.flatnonzero(values <= 0.5)
        return float(times[under[0]]) if len(under) else None

    return Stay(pool, len(rows), int(ended.sum()), crosses(share), crosses(low), crosses(high), curve)


def kaplan_meier(times: Any, ended: Any) -> tuple[Any, Any, Any, Any]:
    """Kaplan and Meier's estimate by scipy.stats.ecdf: sorted different times, the share still in after each, and its
    95 % interval (log-log; NaN where it is not defined, once all or none have left).

    `times`: how long each was followed; `ended` False: it was still in then. At least one must have ended.
    """
    import numpy as np
    from scipy.stats import CensoredData, ecdf

    still_in = ecdf(CensoredData(uncensored=times[ended], right=times[~ended])).sf
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # it warns where the interval is not defined
        band = still_in.confidence_interval(method="log-log")
    return still_in.quantiles, still_in.probabilities, band.low.probabilities, band.high.probabilities


def _known(value: float) -> float | None:
    return float(value) if value == value else None


# --- what became of them ---------------------------------------------------------------------------


def matched(history: History, entered: "pd.DataFrame") -> "pd.DataFrame":
    """For each firm that entered the one with the nearest points in the same run that was not chosen: in no pool on the
    day and not let in on the same run, at most NEAR_POINTS away, and held against one firm only.

    Columns firm_id, other_id, entered_on. Firms are taken by the day they entered and their id; of two that are
    equally near the lower id is taken: the same data give the same pairs.
    """
    import numpy as np
    import pandas as pd

    taken: set[str] = set()
    pairs: list[tuple[str, str, Any]] = []
    of_runs = dict(iter(history.scores.groupby("run_id")))
    let_in = history.memberships.groupby("run_id")["firm_id"].agg(set)
    order = entered.dropna(subset=["run_id"]).sort_values(["entered_on", "firm_id"], kind="stable")
    for (day, run), chosen in order.groupby(["entered_on", "run_id"], sort=True):
        if run not in of_runs:
            continue
        scored = of_runs[run].sort_values(["points", "firm_id"], kind="stable")
        points = scored.set_index("firm_id")["points"]
        barred = set(in_pools_on(history.memberships, day).index) | let_in.get(run, set())
        free = scored[~scored["firm_id"].isin(barred | taken)]
        others, theirs = free["firm_id"].to_numpy(dtype=object), free["points"].to_numpy()
        open_ = np.ones(len(others), dtype=bool)
        for firm in chosen["firm_id"]:
            if firm not in points.index:
                continue
            low = np.searchsorted(theirs, points[firm] - NEAR_POINTS, side="left")
            high = np.searchsorted(theirs, points[firm] + NEAR_POINTS, side="right")
            near = low + np.flatnonzero(open_[low:high])
            if len(near) == 0:
                continue
            best = min(near, key=lambda place: (abs(theirs[place] - points[firm]), others[place]))
            open_[best] = False
            taken.add(others[best])
            pairs.append((firm, others[best], day))
    found = pd.DataFrame(pairs, columns=["firm_id", "other_id", "entered_on"])
    return found.assign(entered_on=_days(found["entered_on"]))


def outcomes_of(
    entered: "pd.DataFrame", pairs: "pd.DataFrame", reached: "pd.DataFrame", step: str, years: int, on: date
) -> Outcome:
    """What became of the firms that entered, and of their pairs, as of a day. `entered`: a row a firm, with entered_on;
    a step on the day of the entry itself was there before."""
    import pandas as pd

    first = reached[reached["step"] == step].set_index("firm_id")["day"]

    def within(firms: "pd.Series", since: "pd.Series") -> tuple["pd.Series", "pd.Series"]:
        """Whether each had come to the step by the day it entered; and whether it came to it within the years."""
        day = pd.Series(first.reindex(firms).to_numpy(), firms.index)
        return day <= since, (day > since) & (day <= since + pd.DateOffset(years=years))

    over = entered["entered_on"] + pd.DateOffset(years=years) <= pd.Timestamp(on)
    before, came = within(entered["firm_id"], entered["entered_on"])
    followed = over & ~before
    both_over = pairs["entered_on"] + pd.DateOffset(years=years) <= pd.Timestamp(on)
    chosen_before, chosen = within(pairs["firm_id"], pairs["entered_on"])
    other_before, other = within(pairs["other_id"], pairs["entered_on"])
    both = both_over & ~chosen_before & ~other_before
    chosen, other = chosen[both], other[both]
    count = len(chosen)
    return Outcome(
        step=step,
        years=years,
        all_chosen=wilson(int(came[followed].sum()), int(followed.sum())),
        too_recent=int((~over & ~before).sum()),
        pairs=count,
        chosen=wilson(int(chosen.sum()), count),
        others=wilson(int(other.sum()), count),
        difference=paired_difference(
            int((chosen & other).sum()),
            int((chosen & ~other).sum()),
            int((~chosen & other).sum()),
            int((~chosen & ~other).sum()),
        ),
    )
