"""Facts of all firms as arrays: one place per firm, years counted back from each firm's own latest year.

A firm's latest year is the last full year for which revenue or a profit is known on the facts day. One that
ended more than two years before the facts day's own year is too old to judge by: its figures are unknown.
"""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.catalog import catalog
from pipeline.reference.industries import with_section

Floats = NDArray[np.float64]
#: A latest year earlier than the facts day's year less this is too old (reports of year t come out by 30 April
#: of t+1, so on any day the newest one is of the year before or the one before that).
OLDEST_YEARS_BACK = 2
#: Under what name the codes of industries, with their letter, are remembered: that of no fact.
_INDUSTRY = "industry with its section"
Coded: TypeAlias = tuple[NDArray[np.intp], list[object]]
#: Up to so many years of firms, all figures are taken out of pandas at once.
_FEW_YEARS = 500
#: What makes a year a fiscal year with statements.
_STATED = ("revenue_cny", "net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")


class FirmYears:
    """`facts`: index (firm_id, year), as pipeline.facts gives it. `firms`: index firm_id, facts that hold for the
    firm; a column named like a measure that nobody states (a person's judgement) is taken from it."""

    def __init__(self, facts: pd.DataFrame, firms: pd.DataFrame, day: date) -> None:
        """Raises ValueError where the facts have no index of firm_id and year."""
        if facts.index.nlevels != 2:
            raise ValueError(f"facts need the index (firm_id, year), not {list(facts.index.names)}")
        if not facts.index.is_monotonic_increasing:
            facts = facts.sort_index()
        self.day = day
        self.facts = facts
        self.firm_ids = _all_firms(facts, firms)
        self._count = len(self.firm_ids)
        self.firms = firms.reindex(self.firm_ids) if len(firms) != len(self.firm_ids) else firms
        self._row_firm = _places(facts.index, self.firm_ids)
        self._row_year = facts.index.get_level_values(1).to_numpy(dtype=np.int64)
        self._industry: pd.Series | None = None
        #: What measure_values.value has computed: measure and years back (None: as last stated) -> per firm.
        self.measure_values: dict[tuple[str, int | None], Floats] = {}
        # Hundreds of conditions ask for the same dozens of columns: pandas is asked once for each, and of a few firms
        # once for all.
        self._columns: dict[str, Floats] = _all_figures(facts) if len(facts) <= _FEW_YEARS else {}
        self._coded: dict[str, Coded] = {}
        self._fact_days: dict[str, NDArray[np.datetime64]] = {}
        self.last_stated = self._last_stated_year()
        self.too_old = (self.last_stated > 0) & (self.last_stated < day.year - OLDEST_YEARS_BACK)
        #: The latest fiscal year of each firm, 0 where there is none that is recent enough.
        self.latest = np.where(self.too_old, 0, self.last_stated)
        self._rows: dict[int, NDArray[np.int64]] = {}
        self._stocks: dict[str, NDArray[np.int32]] = {}
        self._days: dict[str, NDArray[np.datetime64]] = {}
        self._before_founding: dict[int, NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return self._count

    @cached_property
    def names(self) -> NDArray[np.object_]:
        """The ids of the firms as an array of plain texts."""
        return self.firm_ids.to_numpy(dtype=object)

    def _last_stated_year(self) -> NDArray[np.int64]:
        stated = np.zeros(len(self.facts), dtype=bool)
        for name in _STATED:
            if name in self.facts:
                stated |= self._is_stated(name)
        latest = np.zeros(len(self.firm_ids), dtype=np.int64)
        latest[self._row_firm[stated]] = self._row_year[stated]  # rows are sorted by year: the last one stays
        return latest

    def rows(self, lag: int) -> NDArray[np.int64]:
        """For each firm the row of its year `lag` before the latest, -1 where there is none."""
        if lag not in self._rows:
            of_firm = self.latest[self._row_firm]
            chosen = (of_firm > 0) & (self._row_year == of_firm - lag)
            rows = np.full(len(self), -1, dtype=np.int64)
            rows[self._row_firm[chosen]] = np.flatnonzero(chosen)
            self._rows[lag] = rows
        return self._rows[lag]

    def figure(self, fact: str, lag: int) -> Floats:
        """A fact of the year `lag` before the latest."""
        if fact not in self.facts:
            return self._unknown()
        rows = self.rows(lag)
        column = self._column(fact)
        if not len(column):
            return self._unknown()
        return np.where(rows >= 0, column[rows], np.nan)

    def _column(self, fact: str) -> Floats:
        if fact not in self._columns:
            self._columns[fact] = self.facts[fact].to_numpy(dtype=np.float64)
        return self._columns[fact]

    def _is_stated(self, fact: str) -> NDArray[np.bool_]:
        return ~np.isnan(self._column(fact)) if catalog()[fact].numeric else self.facts[fact].notna().to_numpy()

    def stock(self, fact: str) -> Floats:
        """A fact that is valid until the next statement of it: the latest one that is not too old."""
        if catalog()[fact].per_firm and fact in self.firms:
            return self.firms[fact].to_numpy(dtype=np.float64)
        rows = self._stock_rows(fact)
        if rows is None:
            return self._unknown()
        return np.where(rows >= 0, self._column(fact)[rows], np.nan)

    def stock_years(self, fact: str) -> NDArray[np.int64]:
        """The year whose return states the stock, 0 where none does."""
        rows = self._stock_rows(fact)
        if rows is None:
            return np.zeros(len(self), dtype=np.int64)
        return np.where(rows >= 0, self._row_year[rows], 0)

    def stock_days(self, fact: str, beside: str) -> NDArray[np.datetime64]:
        """A date that goes with a stock (the day of a valuation): that of the return which states the stock last."""
        rows = self._stock_rows(beside)
        if rows is None or fact not in self.facts:
            return np.full(len(self), np.datetime64("NaT", "s"))
        if fact not in self._fact_days:
            self._fact_days[fact] = pd.to_datetime(self.facts[fact]).to_numpy()
        return np.where(rows >= 0, self._fact_days[fact][rows], np.datetime64("NaT"))

    def _stock_rows(self, fact: str) -> NDArray[np.int32] | None:
        """For each firm the row that states the stock last, -1 where none does; None where no return has the fact."""
        if fact not in self.facts or not len(self.facts):
            return None
        if fact not in self._stocks:
            stated = self._is_stated(fact) & (self._row_year >= self.day.year - OLDEST_YEARS_BACK)
            rows = np.full(len(self), -1, dtype=np.int32)
            rows[self._row_firm[stated]] = np.flatnonzero(stated)
            self._stocks[fact] = rows
        return self._stocks[fact]

    def supplied(self, name: str) -> Floats:
        """What came with the firms under the name of a measure that no return states."""
        return self.firms[name].to_numpy(dtype=np.float64) if name in self.firms else self._unknown()

    def words(self, fact: str) -> pd.Series:
        """A fact in words, index firm_id, missing where not stated."""
        if fact in self.firms:
            return self.firms[fact]
        rows = self._stock_rows(fact)
        if rows is None:
            return pd.Series(None, index=self.firm_ids, dtype="object")
        stated = self.facts[fact].to_numpy(dtype=object)[rows]
        stated[rows < 0] = None
        return pd.Series(stated, index=self.firm_ids, dtype="object")

    def coded(self, fact: str) -> Coded:
        """A fact in words: each firm's place in the list of words beside it, -1 where nothing is stated."""
        if fact not in self._coded:
            self._coded[fact] = _coded(self.words(fact))
        return self._coded[fact]

    def coded_industry(self) -> Coded:
        """The industry in the same way."""
        if _INDUSTRY not in self._coded:
            self._coded[_INDUSTRY] = _coded(self.industry())
        return self._coded[_INDUSTRY]

    def industry(self) -> pd.Series:
        """Section letter and digits of GB/T 4754 (C3824), also where the return gives digits alone."""
        if self._industry is None:
            self._industry = with_section(self.words("industry_code"))
        return self._industry

    def _day(self, fact: str) -> NDArray[np.datetime64] | None:
        if fact not in self.firms:
            return None
        if fact not in self._days:
            self._days[fact] = pd.to_datetime(self.firms[fact]).to_numpy().astype("datetime64[D]")
        return self._days[fact]

    def day_of(self, fact: str, unknown: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """A date that holds for the firm, to the day; `unknown` where nobody states this fact of any firm."""
        day = self._day(fact)
        return unknown if day is None else day

    def days_since(self, fact: str) -> Floats:
        """Days from a date to the facts day; negative before it, NaN where the date is unknown."""
        day = self._day(fact)
        if day is None:
            return self._unknown()
        passed = (np.datetime64(self.day, "D") - day).astype(np.float64)
        return np.where(np.isnat(day), np.nan, passed)

    def months_since(self, fact: str) -> Floats:
        """Whole calendar months from a date to the facts day."""
        day = self._day(fact)
        if day is None:
            return self._unknown()
        months = day.astype("datetime64[M]")
        day_of_month = (day - months.astype("datetime64[D]")).astype(np.float64) + 1
        whole = (np.datetime64(self.day, "M") - months).astype(np.float64) - (day_of_month > self.day.day)
        return np.where(np.isnat(day), np.nan, whole)

    def year_before_founding(self, lag: int) -> NDArray[np.bool_]:
        """Of firms less than three years in operation: whether the year `lag` back ended before they were registered.

        A firm of three years has three fiscal years: what it does not report of them is missing.
        """
        if lag not in self._before_founding:
            self._before_founding[lag] = self._founded_after(lag)
        return self._before_founding[lag]

    def _founded_after(self, lag: int) -> NDArray[np.bool_]:
        registered = self._day("registered_on")
        if registered is None:
            return np.zeros(len(self), dtype=bool)
        young = self.months_since("registered_on") < 36
        year = registered.astype("datetime64[Y]").astype(np.float64) + 1970
        return young & (self.latest > 0) & (year <= self.latest) & (self.latest - lag < year)

    def name_ends_with(self, yes: str, no: str) -> Floats:
        """1 where the firm's name ends with `yes`, 0 where it ends with `no`, NaN otherwise."""
        if "name" not in self.firms:
            return self._unknown()
        names = self.firms["name"].astype("str").str
        return np.where(names.endswith(yes), 1.0, np.where(names.endswith(no), 0.0, np.nan))

    def _unknown(self) -> Floats:
        return np.full(len(self), np.nan)

    def only(self, firm_ids: Sequence[str]) -> "FirmYears":
        """The same for a few firms; unknown ids are left out."""
        places = self.firm_ids.get_indexer(pd.Index(list(firm_ids), dtype=object))
        places = places[places >= 0]
        if np.array_equal(places, np.arange(len(self))):
            return self  # with all that is remembered of them
        chosen = np.zeros(len(self.firm_ids), dtype=bool)
        chosen[places] = True
        return FirmYears(self.facts[chosen[self._row_firm]], self.firms.iloc[places], self.day)


def _coded(words: pd.Series) -> Coded:
    places, stated = pd.factorize(words)
    return places, list(stated)


def _all_figures(facts: pd.DataFrame) -> dict[str, Floats]:
    """Every column of figures, by its fact."""
    figures = facts.select_dtypes(np.float64)
    return dict(zip(map(str, figures), np.ascontiguousarray(figures.to_numpy().T), strict=True))


def _all_firms(facts: pd.DataFrame, firms: pd.DataFrame) -> pd.Index:
    """The firms in their order, then those that only the facts know."""
    assert isinstance(facts.index, pd.MultiIndex)
    used = np.unique(facts.index.codes[0])
    in_facts = facts.index.levels[0][used]
    extra = in_facts[firms.index.get_indexer(in_facts) < 0]
    return firms.index if not len(extra) else firms.index.append(extra)


def _places(index: pd.Index, firm_ids: pd.Index) -> NDArray[np.int64]:
    """The place of each row's firm."""
    assert isinstance(index, pd.MultiIndex)
    place_of_level = firm_ids.get_indexer(index.levels[0])
    return place_of_level[index.codes[0]].astype(np.int64)


def divided(part: Floats, whole: Floats) -> Floats:
    """part / whole; unknown where the whole is not above zero."""
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
