"""The panel: firms on days with features and, where known, outcomes. Models are trained and evaluated on it."""

import hashlib
from dataclasses import dataclass
from datetime import date

import pandas as pd

from scoring.dataset.labels import event_within, risk_set
from scoring.dataset.snapshot import END_OF_TIME, Snapshots
from scoring.dataset.time_splits import check_split, training_days
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import FEATURES

#: A feature that fewer than this share of the training rows know is left out of a model.
LEAST_KNOWN = 0.3
#: A day with fewer than this share of the firms of the fullest day is an odd sample, not a year.
_LEAST_FIRMS = 0.05


@dataclass(frozen=True)
class Panel:
    """Rows of firms on days: `features` (all of FEATURES), `label` (0/1), `firm`, `when` on one plain index."""

    features: pd.DataFrame
    label: pd.Series
    firm: pd.Series
    when: pd.Series

    @property
    def fingerprint(self) -> str:
        """sha256 over features, labels, firms and days: the same data give the same fingerprint."""
        digest = hashlib.sha256()
        for part in (
            self.features.assign(label=self.label),
            pd.DataFrame({"firm": self.firm, "when": self.when.astype(str)}),
        ):
            digest.update("\x1f".join(part.columns).encode())
            digest.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Panels:
    """The panels of one question: which firms have `event` within `within_months`; features measured against `lines`,
    those of the model that asks."""

    snapshots: Snapshots
    event: str
    within_months: int
    lines: ListingLines

    def known_events(self, known_by: date = END_OF_TIME) -> pd.DataFrame:
        """What decides who could still have the event, and who had it, as known by a day."""
        return self.snapshots.events_of(self.event, known_by)

    def eligible(self, day: date, known_by: date | None = None) -> pd.DataFrame:
        """Features of the firms that could still have the event on the day, by the events known by then."""
        snapshot = self.snapshots.on(day)
        return snapshot.eligible(self.lines, self.event, self.known_events(known_by or day))

    def evaluated(self, day: date, known_by: date = END_OF_TIME) -> Panel:
        """The eligible firms of the day with their outcomes within the horizon, as known by `known_by`."""
        return _panel([self._with_outcomes(day, known_by)])

    def training(self, as_of: date) -> Panel:
        """What a model of `as_of` may be trained on; checked a second time before it is returned."""
        parts = [self._with_outcomes(day, as_of) for day in self._days(as_of)]
        fullest = max((len(features) for _, features, _ in parts), default=0)
        panel = _panel([part for part in parts if len(part[1]) >= max(1, _LEAST_FIRMS * fullest)])
        keys = pd.DataFrame({"firm_id": panel.firm, "when": panel.when})
        events = self.known_events(as_of)
        check_split(keys, panel.label, events, self.event, as_of, self.within_months, self._newest_used(keys))
        return panel

    def known_rates(self, as_of: date, last: int | None = None) -> dict[date, tuple[int, int]]:
        """day -> (events within the horizon, eligible firms) of the `last` days whose outcome is known on `as_of`."""
        events = self.known_events(as_of)
        rates = {}
        for day in self._days(as_of)[-last if last else None :]:
            firms = risk_set(self.snapshots.recent(day), events, self.event, day)
            label = event_within(firms, events, self.event, day, self.within_months)
            rates[day] = (int(label.sum()), len(firms))
        fullest = max((firms for _, firms in rates.values()), default=0)
        return {day: rate for day, rate in rates.items() if rate[1] >= max(1, _LEAST_FIRMS * fullest)}

    def _with_outcomes(self, day: date, known_by: date) -> tuple[date, pd.DataFrame, pd.Series]:
        features = self.eligible(day, known_by)
        events = self.known_events(known_by)
        return day, features, event_within(features.index, events, self.event, day, self.within_months)

    def _days(self, as_of: date) -> list[date]:
        """The days that may train a model of `as_of` and on which anything was known."""
        first = self.snapshots.first_day
        return [day for day in training_days(as_of, self.within_months) if first is not None and day >= first]

    def _newest_used(self, keys: pd.DataFrame) -> pd.DataFrame:
        """Per training row the day on which its newest year was first known: columns firm_id, when, known_on."""
        newest = []
        for day, rows in keys.groupby("when"):
            years = self.snapshots.on(pd.Timestamp(day).date()).last_years
            newest_year = pd.MultiIndex.from_arrays([rows["firm_id"], years.reindex(rows["firm_id"])])
            newest.append(rows.assign(known_on=self.snapshots.first_known.reindex(newest_year).to_numpy()))
        return pd.concat(newest) if newest else keys.assign(known_on=keys["when"])


def useful_features(panel: Panel) -> list[str]:
    """The features that can be used with these data: known often enough, and with more than one value."""
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
