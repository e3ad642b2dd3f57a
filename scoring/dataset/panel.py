"""Firms on days, with features, and with outcomes where they are known: what models learn from and are judged on.

In the flow: features.py, labels.py, time_splits.py -> **panel.py** -> training.py, backtest.py, score.py. Everything
is read through pipeline/facts.py as known on the day of the row; a Panels object keeps what was read, so that a
backtest over several days reads each day once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, select

from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS, as_known_on, events_as_known_on, facts_and_firms
from pipeline.store.tables import Firm, Return, ReturnRow
from scoring.dataset.labels import at_risk, event_within
from scoring.dataset.time_splits import check_split, training_days
from scoring.features.derived_figures import FACTS
from scoring.features.matrix import FEATURES, features_on, recent_firms

#: A feature that fewer than this share of the training rows know is left out of a model.
LEAST_KNOWN = 0.3
#: A day with fewer than this share of the firms of the fullest day is an odd sample, not a year.
_LEAST_FIRMS = 0.05
END_OF_TIME = date(9999, 12, 31)


@dataclass(frozen=True)
class Panel:
    """Rows of firms on days: `features` (all of FEATURES), `label` (0/1), `firm`, `when` on one plain index."""

    features: pd.DataFrame
    label: pd.Series
    firm: pd.Series
    when: pd.Series

    @property
    def fingerprint(self) -> str:
        """sha256 over features, labels, firms and days: the same data give the same mark."""
        mark = hashlib.sha256()
        for part in (
            self.features.assign(label=self.label),
            pd.DataFrame({"firm": self.firm, "when": self.when.astype(str)}),
        ):
            mark.update("\x1f".join(part.columns).encode())
            mark.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        return mark.hexdigest()


class Panels:
    """Reads firms and outcomes of some cohorts; keeps each day it has read.

    `read_by`: other panels; where they are of the same cohorts, what either has read both have.
    """

    def __init__(
        self,
        engine: Engine,
        cohorts: Sequence[str],
        event: str,
        within_months: int,
        read_by: "Panels | None" = None,
    ) -> None:
        self.engine = engine
        self.cohorts = list(cohorts)
        self.event = event
        self.within_months = within_months
        self._features: dict[date, pd.DataFrame] = {}
        self._firms: dict[date, pd.DataFrame] = {}
        self._facts: dict[date, pd.DataFrame] = {}
        self._events: dict[date, pd.DataFrame] = {}
        self._recent_on: dict[date, pd.Index] = {}
        if read_by is not None and read_by.cohorts == self.cohorts:
            self._features, self._firms, self._facts = read_by._features, read_by._firms, read_by._facts
            self._events, self._recent_on = read_by._events, read_by._recent_on

    def facts(self, day: date) -> pd.DataFrame:
        """The facts that features are made of, of all cohorts, as known on the day."""
        if day not in self._facts:
            self._read(day)
        return self._facts[day]

    def _read(self, day: date) -> None:
        """Facts and firms of a day, in one reading a cohort."""
        read = [facts_and_firms(self.engine, day, cohort, None, FACTS) for cohort in self.cohorts]
        used = [name for name in catalog() if name in set(FACTS)]
        self._facts[day] = pd.concat([facts[used] for facts, _firms in read])
        self._firms[day] = pd.concat([firms for _facts, firms in read])

    def features(self, day: date) -> pd.DataFrame:
        """Features of every firm with recent figures on the day, also of those that listed already."""
        if day not in self._features:
            self._features[day] = features_on(self.facts(day), self.firms(day), day)
        return self._features[day]

    def firms(self, day: date) -> pd.DataFrame:
        """What holds for each firm as known on the day: registered_on, district_code, industry_code, …"""
        if day not in self._firms:
            self._read(day)
        return self._firms[day]

    def events(self, known_by: date = END_OF_TIME) -> pd.DataFrame:
        if known_by not in self._events:
            read = [events_as_known_on(self.engine, known_by, cohort) for cohort in self.cohorts]
            self._events[known_by] = pd.concat(read, ignore_index=True)
        return self._events[known_by]

    def at_risk(self, day: date, known_by: date | None = None) -> pd.DataFrame:
        """Features of the firms that could still have the event on the day, by the events known by then."""
        table = self.features(day)
        return table.loc[at_risk(table.index, self.events(known_by or day), self.event, day)]

    def judged(self, day: date, known_by: date = END_OF_TIME) -> Panel:
        """The firms at risk on the day with what came within the horizon, as far as known by `known_by`."""
        features = self.at_risk(day, known_by)
        label = event_within(features.index, self.events(known_by), self.event, day, self.within_months)
        return _panel([(day, features, label)])

    def training(self, as_of: date) -> Panel:
        """What a model of `as_of` may learn from; checked a second time before it is handed out."""
        parts = []
        for day in self._days(as_of):
            features = self.at_risk(day, as_of)
            label = event_within(features.index, self.events(as_of), self.event, day, self.within_months)
            parts.append((day, features, label))
        fullest = max((len(features) for _, features, _ in parts), default=0)
        panel = _panel([part for part in parts if len(part[1]) >= max(1, _LEAST_FIRMS * fullest)])
        keys = pd.DataFrame({"firm_id": panel.firm, "when": panel.when})
        check_split(
            keys, panel.label, self.events(as_of), self.event, as_of, self.within_months, self._newest_used(keys)
        )
        return panel

    def known_rates(self, as_of: date, last: int | None = None) -> dict[date, tuple[int, int]]:
        """day -> (events within the horizon, firms at risk) of the `last` days whose outcome is known on `as_of`."""
        found = {}
        for day in self._days(as_of)[-last if last else None :]:
            firms = at_risk(self._recent(day), self.events(as_of), self.event, day)
            came = event_within(firms, self.events(as_of), self.event, day, self.within_months)
            found[day] = (int(came.sum()), len(firms))
        fullest = max((firms for _, firms in found.values()), default=0)
        return {day: rate for day, rate in found.items() if rate[1] >= max(1, _LEAST_FIRMS * fullest)}

    def _days(self, as_of: date) -> list[date]:
        """The days that may teach a model of `as_of` and on which anything was known."""
        first = self._first_known.min()
        return [day for day in training_days(as_of, self.within_months) if pd.Timestamp(day) >= first]

    def _recent(self, day: date) -> pd.Index:
        """The firms that could be scored on the day, without their features."""
        if day in self._features:
            return self._features[day].index
        if day not in self._recent_on:
            read = [as_known_on(self.engine, day, cohort, columns=["revenue_cny"]).index for cohort in self.cohorts]
            self._recent_on[day] = pd.Index(np.concatenate([recent_firms(one, day) for one in read]))
        return self._recent_on[day]

    @cached_property
    def _first_known(self) -> pd.Series:
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

    def _newest_used(self, keys: pd.DataFrame) -> pd.DataFrame:
        """Per training row the day on which its newest year was first known: columns firm_id, when, known_on."""
        newest = []
        for day, rows in keys.groupby("when"):
            index = self.facts(pd.Timestamp(day).date()).index
            years = pd.Series(index.get_level_values(1), index=index.get_level_values(0)).groupby(level=0).max()
            asked = pd.MultiIndex.from_arrays([rows["firm_id"], years.reindex(rows["firm_id"])])
            newest.append(rows.assign(known_on=self._first_known.reindex(asked).to_numpy()))
        return pd.concat(newest) if newest else keys.assign(known_on=keys["when"])


def useful_features(panel: Panel) -> list[str]:
    """The features that these data carry: known often enough, and with more than one value."""
    known = panel.features.notna().mean() >= LEAST_KNOWN
    varies = panel.features.nunique() > 1
    return [name for name in panel.features if known[name] and varies[name]]


def _panel(parts: list[tuple[date, pd.DataFrame, pd.Series]]) -> Panel:
    if not parts:
        empty = pd.Series([], dtype="float64")
        days = pd.Series([], dtype="datetime64[s]")
        return Panel(pd.DataFrame(columns=list(FEATURES), dtype="float64"), empty, empty.astype("object"), days)
    features = pd.concat([part for _, part, _ in parts])
    firm = pd.Series(features.index, name="firm_id").reset_index(drop=True)
    when = pd.concat([pd.Series(pd.Timestamp(day), index=part.index) for day, part, _ in parts], ignore_index=True)
    label = pd.concat([label for _, _, label in parts], ignore_index=True)
    return Panel(features.reset_index(drop=True), label, firm, when.astype("datetime64[s]"))
