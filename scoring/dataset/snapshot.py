"""What was known of the firms of some cohorts on a day, read once and handed on.

Everything is read through pipeline/facts.py as known on the day: what was not known then is never read. Scoring a day,
anchoring a model to it, comparing it with peers and evaluating it by later outcomes all work on the same snapshot.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, select

from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS, events_as_known_on, facts_and_firms, last_years_known_on
from pipeline.ladder.certificates import HNTE_RECOGNISED, recognitions_as_known_on
from pipeline.store.data_version import DataVersion, data_version
from pipeline.store.firm_selection import FirmRange, FirmSelection, ranges_of
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import Firm, Return, ReturnRow
from pipeline.workers.workers import Here, Workers
from scoring.dataset.labels import risk_set, terminal_events
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import facts_used, features_on, is_recent

#: Events as known at any time: for evaluating by final outcomes.
END_OF_TIME = date(9999, 12, 31)


#: What stays at hand of what a firm states about itself, once its features are made.
_LABELS = ("name", "district_code", "industry_code")


@dataclass(frozen=True)
class DayPart:
    """Some of the firms of a day. `facts`: index (firm_id, year); `firms`: what holds for each firm (registered_on,
    district_code, industry_code, …), index firm_id; both as known on the day. `which`: the firms they were read of."""

    facts: pd.DataFrame
    firms: pd.DataFrame
    which: FirmSelection = None


#: Makes a frame or series of a part's firms. It may be sent to workers: a function of a module, or a partial one.
Maker = Callable[[Engine | Connection, DayPart], Any]


class Parts(Protocol):
    """The firms of a day, some at a time."""

    def made(self, makers: Sequence[Maker]) -> Iterator[list[Any]]:
        """What each maker makes of a part, part by part."""


@dataclass(frozen=True)
class AtHand:
    """Parts that are in memory."""

    database: Engine
    parts: Sequence[DayPart]

    def made(self, makers: Sequence[Maker]) -> Iterator[list[Any]]:
        for part in self.parts:
            yield [maker(self.database, part) for maker in makers]


class DaySnapshot:
    """The firms of a day in parts, and their stage events, all as known on `day`.

    A city is one part, which stays in memory. Of more firms only what is made of them stays: their features, by the
    lines that these measure against, their labels and last years; the facts are read again where something else is
    made of them, so whoever makes several things asks for them together (`each_part`). `was_read`: whether that was
    done before.
    """

    def __init__(self, day: date, parts: Parts, events: pd.DataFrame) -> None:
        self.day, self.events = day, events
        self._parts = parts
        self._features: dict[ListingLines, pd.DataFrame] = {}
        self._labels = pd.DataFrame()
        self._last_years = pd.Series(dtype="int64")
        self.was_read = False

    def each_part(self, lines: ListingLines | None, *makers: Maker) -> list[pd.DataFrame]:
        """What each maker makes of the parts, one below the other, in one reading of them; on the way the features are
        made, measured against `lines`, where they are not there yet."""
        own: list[Maker] = [] if self.was_read else [_labels_of, _last_years_of]
        wanted = [lines] if lines is not None and lines not in self._features else []
        by_lines: list[Maker] = [partial(_features_of, day=self.day, lines=each) for each in wanted]
        every = [*own, *by_lines, *makers]
        if not every:
            return []
        of_parts = zip(*self._parts.made(every), strict=True)
        together = [pd.concat(made) if len(made) > 1 else made[0] for made in of_parts]
        if not self.was_read:
            self._labels, self._last_years = together[0], together[1].sort_index()
            self.was_read = True
        for each, features in zip(wanted, together[len(own) :], strict=False):
            self._features[each] = features.sort_index()
        return together[len(own) + len(wanted) :]

    def features(self, lines: ListingLines) -> pd.DataFrame:
        """Features of every firm with recent figures, also of those that listed already; measured against `lines`."""
        self.each_part(lines)
        return self._features[lines]

    def eligible(self, lines: ListingLines, event: str, events: pd.DataFrame | None = None) -> pd.DataFrame:
        """Features of the firms that could still have the event on the day (the risk set); `events`: those that decide
        it, where more is known than on the day."""
        table = self.features(lines)
        return table.loc[risk_set(table.index, self.events if events is None else events, event, self.day)]

    @property
    def labels(self) -> pd.DataFrame:
        """name, district_code and industry_code of every firm, index firm_id."""
        if not self.was_read:
            self.each_part(None)
        return self._labels

    @property
    def last_years(self) -> pd.Series:
        """The last year of which anything was known of each firm, index firm_id sorted."""
        if not self.was_read:
            self.each_part(None)
        return self._last_years


def _features_of(_database: Engine | Connection, part: DayPart, day: date, lines: ListingLines) -> pd.DataFrame:
    return features_on(part.facts, part.firms, day, lines)


def _labels_of(_database: Engine | Connection, part: DayPart) -> pd.DataFrame:
    return part.firms[[name for name in _LABELS if name in part.firms]]


def _last_years_of(_database: Engine | Connection, part: DayPart) -> pd.Series:
    statements = part.facts.index
    years = pd.Series(statements.get_level_values(1), index=statements.get_level_values(0))
    return years.groupby(level=0).max()


@dataclass(frozen=True)
class _Ranges:
    """The parts of a day, read from the database wherever something is made of them, each time anew."""

    workers: Workers
    day: date
    ranges: Sequence[tuple[str, FirmRange]]
    facts: Sequence[str]

    def made(self, makers: Sequence[Maker]) -> Iterator[list[Any]]:
        return self.workers.each(_made_of_range, self.ranges, self.day, list(self.facts), list(makers))


def _made_of_range(
    database: Engine, of: tuple[str, FirmRange], day: date, facts: Sequence[str], makers: Sequence[Maker]
) -> Iterator[list[Any]]:
    cohort, firms = of
    known, labels = facts_and_firms(database, day, cohort, firms, facts)
    part = DayPart(known[[*facts]], labels, firms)
    yield [maker(database, part) for maker in makers]


class Snapshots:
    """Reads the days of some cohorts; a day that has been read is cached.

    `version`: the state of the database before anything was read, None where nothing is to be cached by it. `also`:
    facts that are read beside those of the features. `workers`: who reads the firms of a large cohort, or of any where
    they are elsewhere; None: this process.
    """

    def __init__(
        self,
        engine: Engine,
        cohorts: Sequence[str],
        version: DataVersion | None = None,
        also: Collection[str] = (),
        workers: Workers | None = None,
    ) -> None:
        self.engine = engine
        self.workers = Here(engine) if workers is None else workers
        self._wanted = {*facts_used(), *also}
        self.cohorts = list(cohorts)
        self.version = version
        self._days: dict[date, DaySnapshot] = {}
        self._events: dict[date, pd.DataFrame] = {}
        self._recognitions: dict[date, pd.DataFrame] = {}
        self._last_years: dict[date, pd.Series] = {}

    def versioned(self, event: str) -> "Snapshots":
        """New ones of the same cohorts that know the state of the database, as far as models of `event` rest on it."""
        version = data_version(self.engine, terminal_events(event))
        return Snapshots(self.engine, self.cohorts, version, self._wanted, self.workers)

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to a worker: no database, and nothing that was read of it."""
        return {"cohorts": self.cohorts, "version": self.version, "_wanted": self._wanted}

    def read_from(self, engine: Engine) -> "Snapshots":
        """These; where they were sent to a worker, such as read its own `engine`, by itself."""
        if getattr(self, "engine", None) is engine:
            return self
        return Snapshots(engine, self.cohorts, self.version, self._wanted)

    def of(self, cohorts: Sequence[str]) -> "Snapshots":
        """These, where they are of just these cohorts; else new ones of the same state of the database."""
        if list(cohorts) == self.cohorts:
            return self
        return Snapshots(self.engine, cohorts, self.version, self._wanted, self.workers)

    def on(self, day: date) -> DaySnapshot:
        """The snapshot of a day: one reading a cohort."""
        if day not in self._days:
            self._days[day] = self._read(day)
        return self._days[day]

    def _read(self, day: date) -> DaySnapshot:
        facts = [name for name in catalog() if name in self._wanted]
        with self.engine.connect() as connection:
            ranges = {cohort: ranges_of(connection, cohort, self.workers.firms_at_once) for cohort in self.cohorts}
        most = max(map(len, ranges.values()), default=0)
        if most == 0 or (most == 1 and not self.workers.elsewhere):
            read = [facts_and_firms(self.engine, day, cohort, None, facts) for cohort in self.cohorts]
            parts = [DayPart(known[facts], labels) for known, labels in read]
            return DaySnapshot(day, AtHand(self.engine, parts), self.events(day))
        each = [(cohort, firms) for cohort, of_cohort in ranges.items() for firms in of_cohort]
        return DaySnapshot(day, _Ranges(self.workers, day, each, facts), self.events(day))

    def events(self, known_by: date = END_OF_TIME) -> pd.DataFrame:
        """Stage events as known by a day."""
        if known_by not in self._events:
            read = [events_as_known_on(self.engine, known_by, cohort) for cohort in self.cohorts]
            self._events[known_by] = pd.concat(read, ignore_index=True)
        return self._events[known_by]

    def events_of(self, event: str, known_by: date = END_OF_TIME) -> pd.DataFrame:
        """`events`, with those of a kind that follows from what returns state, where `event` is such a kind: they are
        no stage events, and nothing else asks for them."""
        if event != HNTE_RECOGNISED:
            return self.events(known_by)
        if known_by not in self._recognitions:
            read = [recognitions_as_known_on(self.engine, known_by, cohort) for cohort in self.cohorts]
            self._recognitions[known_by] = pd.concat([self.events(known_by), *read], ignore_index=True)
        return self._recognitions[known_by]

    def recent(self, day: date) -> pd.Index:
        """The firms that could be scored on the day, sorted, without reading their features."""
        last_years = self.last_years(day)
        return last_years.index[is_recent(last_years, day)]

    def last_years(self, day: date) -> pd.Series:
        """The last year of which anything was known on the day of each firm, index firm_id sorted."""
        if day in self._days and self._days[day].was_read:
            return self._days[day].last_years
        if day not in self._last_years:
            read = [last_years_known_on(self.engine, day, cohort) for cohort in self.cohorts]
            self._last_years[day] = pd.concat(read).sort_index()
        return self._last_years[day]

    @cached_property
    def cohorts_stored(self) -> list[str]:
        """Every cohort that has firms in the database, by name."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(Firm.cohort).distinct().order_by(Firm.cohort)))

    @cached_property
    def first_day(self) -> date | None:
        """The day on which anything of a full year was first known, for checks; None where nothing is."""
        with self.engine.connect() as connection:
            return connection.scalar(self._full_years(func.min(ReturnRow.known_on)))

    @cached_property
    def first_known(self) -> pd.Series:
        """(firm_id, year) -> the day on which anything about that year was first known; for checks, not by facts.py."""
        year = (ReturnRow.firm_id, ReturnRow.year)
        statement = self._full_years(*year, func.min(ReturnRow.known_on)).group_by(*year)
        with self.engine.connect() as connection:
            rows = frame_of(connection, statement, ["firm_id", "year", "known_on"])
        return pd.to_datetime(rows.set_index(["firm_id", "year"])["known_on"])

    def _full_years(self, *columns: Any) -> Select[Any]:
        """These columns of every row in force of the cohorts that is about a full year."""
        rows = select(*columns).join(Return, Return.id == ReturnRow.return_id).join(Firm, Firm.id == ReturnRow.firm_id)
        return rows.where(Return.in_force, ReturnRow.months == FULL_YEAR_MONTHS, Firm.cohort.in_(self.cohorts))
