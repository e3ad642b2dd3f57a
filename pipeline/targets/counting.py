"""What a target counts on a day, by what was known on another: firms, or activities, district by district.

Facts, events and activities are read once, as known on one day; each day asked about is looked at within what is known
by then. Nothing later is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from pipeline import facts as known
from pipeline.activities.known import activities_as_known_on, standing_on
from pipeline.districts import DISTRICTS
from pipeline.facts import public_on
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import RECOGNITION, Evidence, resolved
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation import conditions, evaluate
from pipeline.rules.evaluation.conditions import MET, UNKNOWN, States
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.reports.check import with_events
from pipeline.store.firm_selection import FirmSelection
from pipeline.store.tables import CITY
from pipeline.targets.model import ACTIVITIES, Target

#: The name of firms whose district is none of the city's, or unknown.
ELSEWHERE = ""
CERTIFIED, EXPIRES = "hnte_certified_on", "hnte_expires_on"
#: Of a year that fewer than this share of the firms state, or are certified before, too little is known to count.
_COVERED = 0.5


@dataclass(frozen=True)
class Count:
    """`found`: how many there are; None where too little is known of that day; `by_district`: adds up to it;
    `undecided`: firms of which it is not known whether they count."""

    day: date
    found: int | None
    by_district: Mapping[str, int] = field(default_factory=dict)
    undecided: int = 0


@dataclass(frozen=True)
class Known:
    """What was known on `as_of` of some firms. `facts`: index (firm_id, year), what rules read and the certificates;
    `firms`: index firm_id; `events`, `activities`: as their readers give them."""

    as_of: date
    facts: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    activities: pd.DataFrame

    @property
    def districts(self) -> pd.Series:
        """The district of each firm, index firm_id; ELSEWHERE where it is none of the city's."""
        code = self.firms["district_code"].astype(object)
        return code.where(code.isin(list(DISTRICTS)), ELSEWHERE)

    @property
    def certificates(self) -> pd.DataFrame:
        """Every HNTE certificate that any return states: firm_id, certified_on, expires_on, the earliest first."""
        rows = self.facts[[CERTIFIED, EXPIRES]].dropna().reset_index(level=1, drop=True).reset_index()
        rows = rows.rename(columns={CERTIFIED: "certified_on", EXPIRES: "expires_on"})
        return rows.drop_duplicates().sort_values(["certified_on", "firm_id"], ignore_index=True)


def known_on(database: Engine | Connection, as_of: date, firms: FirmSelection = None) -> Known:
    """Everything that targets look at, as known on a day; `firms`: of these alone, None: of all of the city."""
    facts, labels = known.facts_and_firms(database, as_of, CITY, firms, measures.facts_needed())
    events = known.events_as_known_on(database, as_of, CITY, firms)
    return Known(as_of, facts, labels, events, activities_as_known_on(database, as_of, CITY, firms))


class OnDay:
    """The known as things stood on a day, evaluated once for all targets that ask about it."""

    def __init__(self, what: Known, day: date) -> None:
        self.known, self.day = what, day
        year = day.year if (day.month, day.day) == (12, 31) else day.year - 1
        years = what.facts.index.get_level_values(1)
        self._facts = what.facts[years <= year]
        moment = pd.Timestamp(day)
        firms = what.firms.copy()
        in_force = what.certificates[what.certificates["certified_on"] <= moment].groupby("firm_id").last()
        firms[CERTIFIED] = in_force["certified_on"].reindex(firms.index).astype("datetime64[s]")
        firms[EXPIRES] = in_force["expires_on"].reindex(firms.index).astype("datetime64[s]")
        self._firms = with_events(firms, what.events[what.events["occurred_on"] <= moment])
        stated = what.facts.index.get_level_values(0)[years == year]
        self._states_the_year = firms.index.isin(stated)
        self.covered = len(firms) > 0 and self._states_the_year.mean() >= _COVERED
        self._data: FirmYears | None = None
        self._labels: dict[str, States] | None = None

    def count(self, target: Target) -> Count:
        """Raises nothing: where too little is known of the day, the count is unknown."""
        if target.activity and not self.known.activities["kind"].isin(list(target.activity)).any():
            return Count(self.day, None)  # nobody has entered any yet, which does not say that there are none
        if target.counts == ACTIVITIES:
            return self._counted(self._activities(target)["firm_id"], 0)
        if not self.covered and (target.needs is not None or target.labels):
            return Count(self.day, None)
        state = self.state(target)
        return self._counted(self.index[state == MET], int((state == UNKNOWN).sum()))

    def firms(self, target: Target) -> pd.Index:
        """The firms that count, in their order; of activities those that have any."""
        if target.counts == ACTIVITIES:
            return pd.Index(self._activities(target)["firm_id"].unique())
        return self.index[self.state(target) == MET]

    @property
    def index(self) -> pd.Index:
        return self._evaluated().firm_ids

    def state(self, target: Target) -> States:
        """NOT_MET, UNKNOWN or MET of every firm: as bad as the worst of what is asked for."""
        data = self._evaluated()
        state: NDArray[np.uint8] = np.full(len(data), MET)
        if target.needs is not None:
            node = resolved(target.needs, self.day, Evidence("", (), ""))
            assert node is not None, "conditions of targets have lines from the first day on"
            state = np.minimum(state, conditions.evaluated(node, data, conditions.rates_on(self.day), {}).state)
        for label in target.labels:
            state = np.minimum(state, self._label(label))
        if target.event is not None:
            state = np.where(self.index.isin(self._with_event(target)), state, 0).astype(np.uint8)
        if target.activity:
            state = np.where(self.index.isin(self._activities(target)["firm_id"]), state, 0).astype(np.uint8)
        if target.by_figures:
            # Whoever has stated no figures of the year may or may not belong there.
            state = np.where(self._states_the_year[: len(state)], state, np.minimum(state, UNKNOWN)).astype(np.uint8)
        return state

    def _counted(self, firm_ids: pd.Index | pd.Series, undecided: int) -> Count:
        districts = self.known.districts.reindex(firm_ids).fillna(ELSEWHERE)
        counts = districts.value_counts()
        every = {code: int(counts.get(code, 0)) for code in (*DISTRICTS, ELSEWHERE)}
        if not every[ELSEWHERE]:
            del every[ELSEWHERE]
        return Count(self.day, len(firm_ids), every, undecided)

    def _evaluated(self) -> FirmYears:
        if self._data is None:
            self._data = FirmYears(self._facts, self._firms, self.day)
        return self._data

    def _label(self, name: str) -> States:
        if self._labels is None:
            try:
                verdicts = evaluate.check(self._facts, self._firms, self.day, boards=[RECOGNITION])
            except NoSuchRule:
                self._labels = {}
            else:
                self._labels = {rule.name: verdicts.state[place] for place, rule in enumerate(verdicts.rules)}
        unknown: States = np.full(len(self._evaluated()), UNKNOWN)
        return self._labels.get(name, unknown)

    def _with_event(self, target: Target) -> pd.Series:
        events = self.known.events
        there = (events["kind"] == target.event) & (events["occurred_on"] <= pd.Timestamp(self.day))
        if target.boards:
            there &= events["board"].isin(list(target.boards))
        return events.loc[there, "firm_id"]

    def _activities(self, target: Target) -> pd.DataFrame:
        rows = standing_on(self.known.activities, self.day)
        rows = rows[rows["kind"].isin(list(target.activity))]
        return rows[rows["level"].isin(list(target.levels))] if target.levels else rows


def last_year_with_figures(as_of: date) -> int:
    """The last fiscal year whose figures count as known on a day."""
    return as_of.year - 1 if as_of >= public_on(as_of.year - 1) else as_of.year - 2


def days_of(target: Target, begins: date, as_of: date, ends: date) -> Sequence[date]:
    """The year ends from the baseline until the goal, of which something can be known on a day; of figures those that
    count as known."""
    last = date(last_year_with_figures(as_of), 12, 31) if target.by_figures else as_of
    every = [date(year, 12, 31) for year in range(begins.year, ends.year + 1)]
    return [day for day in every if begins <= day <= min(ends, last)]
