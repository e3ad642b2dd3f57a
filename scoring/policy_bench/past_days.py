"""What a policy would have chosen on past days from the whole city, and what became of those firms.

Points of a day are those of a stored run whose model was trained by then, else of a model fitted on what was known
then; facts, events and declarations are those known on the day. The pools are empty at first: the seed pool is filled,
then the golden-seed pool from it. Beside it stand two lists of the same length: the highest net profits, the highest
points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.pool_history.proportions import FEW_EVENTS, Share, wilson
from pipeline.pools.inputs import Inputs, members_now, read_inputs
from pipeline.pools.model import GOLDEN, Policy
from pipeline.pools.policy import policy_book_of
from pipeline.pools.proposing import confirmed, proposals
from pipeline.pools.reviews import basis_of, points_of
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.store.tables import CITY, Model, ScoreRun
from pipeline.tutoring.stages import EVENTS
from scoring.dataset.labels import event_within, plus_months, risk_set
from scoring.dataset.panel import Panel, Panels
from scoring.dataset.snapshot import Snapshots
from scoring.engine.hyperparameter_search import SMALL
from scoring.errors import CannotTrain
from scoring.features.listing_lines import lines_on
from scoring.training.baselines import net_profit
from scoring.training.fitting import fitted

#: What becomes of firms: the events that are looked for, and how long after the day.
OUTCOMES = ("tutoring_filed", "filed", "listed")
HORIZONS = (12, 24, 36)
LISTS: Mapping[str, Label] = {
    "policy": Label("本政策", "this policy"),
    "points": Label("仅凭评分", "points alone"),
    "net_profit": Label("仅凭净利润", "net profit alone"),
}
DAYS_UNLESS_GIVEN = 5
#: What a day is chosen by where no model scores the city.
BY_RULES_ALONE = N_("by the rules alone, no model scores the city")


@dataclass(frozen=True)
class Chosen:
    """One list of a past day: `which` of LISTS, `pool` "all" or golden; `shares`: (event, months) -> who had it, of
    those who had not had it by the day."""

    which: str
    pool: str
    firms: tuple[str, ...]
    shares: Mapping[tuple[str, int], Share]

    @property
    def few(self) -> bool:
        """Whether no outcome of the list has so many events that its share says much."""
        return all(each.events < FEW_EVENTS for each in self.shares.values())

    def as_json(self) -> JsonObject:
        outcomes = [
            {"event": event, "within_months": months, **each.as_json()} for (event, months), each in self.shares.items()
        ]
        return {"list": self.which, "pool": self.pool, "firms": len(self.firms), "outcomes": outcomes}


@dataclass(frozen=True)
class PastDay:
    """`points_from`: which model the points of the day are of, or that there are none (`scored` 0); `why_not`: why
    nothing could be chosen."""

    day: date
    scored: int = 0
    points_from: Message | None = None
    lists: Sequence[Chosen] = field(default_factory=tuple)
    why_not: Message | None = None

    def as_json(self) -> JsonObject:
        return {
            "day": self.day.isoformat(),
            "scored": self.scored,
            "points_from": None if self.points_from is None else str(self.points_from),
            "why_not": None if self.why_not is None else str(self.why_not),
            "lists": [each.as_json() for each in self.lists],
        }


def last_first_of_may(as_of: date, count: int = DAYS_UNLESS_GIVEN) -> list[date]:
    """The last so many 1 Mays before a day, the latest first: what firms state of a year is known by then."""
    last = as_of.year if date(as_of.year, 5, 1) < as_of else as_of.year - 1
    return [date(year, 5, 1) for year in range(last, last - count, -1)]


def past_days(
    engine: Engine, days: Sequence[date], policy: Policy, as_of: date, event: str | None, within_months: int | None
) -> list[PastDay]:
    """Each of the days, with what is known by `as_of` of the time after it. `event`, `within_months`: what a model that
    is fitted for a day foresees; where its horizon is too long for what was known then, half of it is tried. None: no
    model scores the city, and each day is chosen by the rules alone."""
    snapshots = Snapshots(engine, [CITY])
    with Session(engine) as session:
        return [_past_day(session, snapshots, day, policy, as_of, event, within_months) for day in days]


def past_days_of_text(
    engine: Engine,
    days: Sequence[date],
    text: str,
    name: str,
    as_of: date,
    event: str | None,
    within_months: int | None,
) -> list[PastDay]:
    """past_days of the policy that a text says, as of a day: what can be sent to another process."""
    return past_days(engine, days, policy_book_of(text, name).on(as_of), as_of, event, within_months)


def _past_day(
    session: Session,
    snapshots: Snapshots,
    day: date,
    policy: Policy,
    as_of: date,
    event: str | None,
    within_months: int | None,
) -> PastDay:
    if day > as_of:
        text = N_("%(day)s lies after %(as_of)s: nothing has become of anybody yet.")
        return PastDay(day, why_not=Message(text, {"day": day.isoformat(), "as_of": as_of.isoformat()}))
    if event is None or within_months is None:
        found: tuple[pd.Series, Message] | Message = (basis_of(session, day, policy)[1], Message(BY_RULES_ALONE))
    else:
        found = _points(session, snapshots, day, event, within_months)
    if isinstance(found, Message):
        return PastDay(day, why_not=found)
    points, points_from = found
    nobody = members_now(session).iloc[:0]
    first = read_inputs(session, day, policy, points, members=nobody)
    seed_filled = confirmed(first, proposals(first, policy).changes, policy)
    # A firm moves once a day: as if the seed pool had been filled the day before.
    before = seed_filled.firms.assign(entered_on=None)
    second = replace(seed_filled, firms=before)
    last = confirmed(second, proposals(second, policy).changes, policy)
    chosen = last.firms[last.firms["pool"].notna()]
    rows = []
    events = snapshots.events(as_of)
    events = events[pd.to_datetime(events["occurred_on"]) <= pd.Timestamp(as_of)]
    horizons = [months for months in HORIZONS if plus_months(day, months) <= as_of]
    firms = first.firms.index
    outcomes = _outcomes(firms, events, day, horizons)
    unlisted = last.firms.index[~last.firms["listed"]]
    by = {"net_profit": _net_profit(first, snapshots).reindex(unlisted).fillna(0.0)}
    if points.notna().any():
        by["points"] = points.reindex(unlisted)
    by = {name: values.dropna().sort_index().sort_values(ascending=False, kind="stable") for name, values in by.items()}
    for pool in ("all", GOLDEN):
        own = chosen.index if pool == "all" else chosen.index[chosen["pool"] == GOLDEN]
        lists = {"policy": own, **{name: values.index[: len(own)] for name, values in by.items()}}
        rows += [
            Chosen(name, pool, tuple(lists[name]), _shares(firms.get_indexer(lists[name]), outcomes))
            for name in LISTS
            if name in lists
        ]
    return PastDay(day, int(points.notna().sum()), points_from, rows)


def _points(
    session: Session, snapshots: Snapshots, day: date, event: str, within_months: int
) -> tuple[pd.Series, Message] | Message:
    """The points of the city's firms on a day by a model that knew nothing later, or why there are none."""
    run = session.execute(
        select(ScoreRun.id, Model.id, Model.as_of)
        .join(Model, Model.id == ScoreRun.model_id)
        .where(ScoreRun.cohort == CITY, ScoreRun.as_of == day, Model.as_of <= day)
        .order_by(ScoreRun.id.desc())
        .limit(1)
    ).first()
    if run is not None:
        text = N_("stored scores of %(model)s, trained as of %(day)s")
        return points_of(session, run[0]), Message(text, {"model": run[1], "day": run[2].isoformat()})
    why = None
    for months in dict.fromkeys((within_months, max(within_months // 2, 1))):
        panels = Panels(snapshots, event, months, lines_on(day))
        try:
            training = panels.training(day)
            if training.label.empty:
                continue
            model = fitted(panels, training, day, seed=0, hyperparameters=SMALL)
        except CannotTrain as error:
            why = error.message
            continue
        firms = panels.eligible(day)
        points = model.score(firms[model.features]).points
        text = N_("a model fitted on what was known then, of %(event)s within %(months)s months")
        return (
            pd.Series(points, index=firms.index, name="points").astype("float64").sort_index(),
            Message(text, {"event": EVENTS.get(event, event), "months": months}),
        )
    nothing = Message(N_("no outcome was known by then from which points could be learned"))
    return Message(N_("%(day)s: %(why)s"), {"day": day.isoformat(), "why": why or nothing})


def _net_profit(inputs: Inputs, snapshots: Snapshots) -> pd.Series:
    """The last known year's net profit by firm_id: of the facts that the policy has had read, if it asks for any."""
    day = inputs.day
    if not inputs.facts.empty:
        data = FirmYears(inputs.facts, inputs.firm_facts, day)
        return pd.Series(measure_values.at_most(data, "net_profit", 0), index=data.firm_ids)
    features = snapshots.on(day).features(lines_on(day))
    nothing = pd.Series(dtype="float64")
    panel = Panel(features.iloc[:0], nothing, nothing, nothing)
    return pd.Series(net_profit(panel, features, []), index=features.index)


def _outcomes(
    firms: pd.Index, events: pd.DataFrame, day: date, horizons: Sequence[int]
) -> dict[tuple[str, int], np.ndarray]:
    """By event and months, whether each firm had it within: 0 or 1 in the order of the firms, NaN for those that had
    had it by the day."""
    found = {}
    for event in OUTCOMES:
        could = firms.get_indexer(risk_set(firms, events, event, day))
        for months in horizons:
            within = np.full(len(firms), np.nan)
            within[could] = event_within(firms[could], events, event, day, months)
            found[event, months] = within
    return found


def _shares(places: np.ndarray, outcomes: Mapping[tuple[str, int], np.ndarray]) -> dict[tuple[str, int], Share]:
    """What became of the firms at these places: of each event only those count that had not had it by the day."""
    own = {key: within[places] for key, within in outcomes.items()}
    return {key: wilson(int(np.nansum(within)), int(np.isfinite(within).sum())) for key, within in own.items()}
