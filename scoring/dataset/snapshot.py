"""What was known of the firms of some cohorts on a day, read once and handed on.

Everything is read through pipeline/facts.py as known on the day: what was not known then is never read. Scoring a day,
anchoring a model to it, comparing it with peers and evaluating it by later outcomes all work on the same snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, select

from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS, as_known_on, events_as_known_on, facts_and_firms
from pipeline.store.data_version import DataVersion, data_version
from pipeline.store.tables import Firm, Return, ReturnRow
from scoring.dataset.labels import risk_set, terminal_events
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import facts_used, features_on, recent_firms

#: Events as known at any time: for evaluating by final outcomes.
END_OF_TIME = date(9999, 12, 31)


@dataclass(frozen=True)
class DaySnapshot:
    """`facts`: those that features rest on, index (firm_id, year); `firms`: what holds for each firm (registered_on,
    district_code, industry_code, …), index firm_id; `events`: stage events; all as known on `day`."""

    day: date
    facts: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    _features: dict[ListingLines, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def features(self, lines: ListingLines) -> pd.DataFrame:
        """Features of every firm with recent figures, also of those that listed already; measured against `lines`."""
        if lines not in self._features:
            self._features[lines] = features_on(self.facts, self.firms, self.day, lines)
        return self._features[lines]

    def eligible(self, lines: ListingLines, event: str, events: pd.DataFrame | None = None) -> pd.DataFrame:
        """Features of the firms that could still have the event on the day (the risk set); `events`: those that decide
        it, where more is known than on the day."""
        table = self.features(lines)
        return table.loc[risk_set(table.index, self.events if events is None else events, event, self.day)]


class Snapshots:
    """Reads the days of some cohorts; a day that has been read is cached.

    `version`: the state of the database before anything was read, None where nothing is to be cached by it.
    """

    def __init__(self, engine: Engine, cohorts: Sequence[str], version: DataVersion | None = None) -> None:
        self.engine = engine
        self.cohorts = list(cohorts)
        self.version = version
        self._days: dict[date, DaySnapshot] = {}
        self._events: dict[date, pd.DataFrame] = {}
        self._recent: dict[date, pd.Index] = {}

    def versioned(self, event: str) -> "Snapshots":
        """New ones of the same cohorts that know the state of the database, as far as models of `event` rest on it."""
        return Snapshots(self.engine, self.cohorts, data_version(self.engine, terminal_events(event)))

    def of(self, cohorts: Sequence[str]) -> "Snapshots":
        """These, where they are of just these cohorts; else new ones of the same state of the database."""
        return self if list(cohorts) == self.cohorts else Snapshots(self.engine, cohorts, self.version)

    def on(self, day: date) -> DaySnapshot:
        """The snapshot of a day: one reading a cohort."""
        if day not in self._days:
            self._days[day] = self._read(day)
        return self._days[day]

    def _read(self, day: date) -> DaySnapshot:
        read = [facts_and_firms(self.engine, day, cohort, None, facts_used()) for cohort in self.cohorts]
        used = [name for name in catalog() if name in set(facts_used())]
        facts = pd.concat([known[used] for known, _firms in read])
        return DaySnapshot(day, facts, pd.concat([firms for _known, firms in read]), self.events(day))

    def events(self, known_by: date = END_OF_TIME) -> pd.DataFrame:
        """Stage events as known by a day."""
        if known_by not in self._events:
            read = [events_as_known_on(self.engine, known_by, cohort) for cohort in self.cohorts]
            self._events[known_by] = pd.concat(read, ignore_index=True)
        return self._events[known_by]

    def recent(self, day: date) -> pd.Index:
        """The firms that could be scored on the day, without reading their features."""
        if day in self._days:
            return recent_firms(self._days[day].facts.index, day)
        if day not in self._recent:
            read = [as_known_on(self.engine, day, cohort, columns=["revenue_cny"]).index for cohort in self.cohorts]
            self._recent[day] = pd.Index(np.concatenate([recent_firms(index, day) for index in read]))
        return self._recent[day]

    @cached_property
    def cohorts_stored(self) -> list[str]:
        """Every cohort that has firms in the database, by name."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(Firm.cohort).distinct().order_by(Firm.cohort)))

    @cached_property
    def first_known(self) -> pd.Series:
        """(firm_id, year) -> the day on which anything about that year was first known; for checks, not by facts.py."""
        statement = (
            select(ReturnRow.firm_id, ReturnRow.year, func.min(ReturnRow.known_on).label("known_on"))
            .join(Return, Return.id == ReturnRow.return_id)
            .join(Firm, Firm.id == ReturnRow.firm_id)
            .where(Return.in_force, ReturnRow.months == FULL_YEAR_MONTHS, Firm.cohort.in_(self.cohorts))
            .group_by(ReturnRow.firm_id, ReturnRow.year)
        )
        with self.engine.connect() as connection:
            rows = pd.read_sql(statement, connection)
        return pd.to_datetime(rows.set_index(["firm_id", "year"])["known_on"])
