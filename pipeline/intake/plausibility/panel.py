"""A checked file as one table of full years, with what is known of the same firms already.

The checks compare a firm with its own other years and with its peers, so they need the rows of all sheets side by
side, and know which cell each came from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline import facts as stored_facts
from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.reading.problems import Finding, shown_in
from pipeline.intake.storing import store
from pipeline.intake.storing.checked_rows import ReadSheet

KEY = ["firm_id", "year"]
#: What a market value is compared with, from the database where the file does not have it.
VALUED_BY = ("revenue_cny", "net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")


@dataclass(frozen=True)
class FormUnit:
    """The unit in which a form asks for a fact, and what one of it is worth in base units."""

    unit: str
    factor: float


class Panel:
    """`years`: index (firm_id, year), sorted; float64 columns, one per numeric fact. `new`: the rows of the file.

    Rows that are not new come from the database: what was known of the same firms before. `beside`: further figures
    from there, index as `years`, that no check asks about; `industries`: index firm_id, codes of GB/T 4754.
    """

    def __init__(
        self,
        years: pd.DataFrame,
        new: np.ndarray,
        places: Mapping[str, pd.Series],
        sheets: Sequence[ReadSheet],
        form_units: Mapping[str, FormUnit],
        beside: pd.DataFrame | None = None,
        industries: pd.Series | None = None,
    ) -> None:
        self.years = years
        self.new = new
        self.form_units = form_units
        # Per fact and row: number of the sheet * 2**32 + row of the sheet; -1 where the file does not state it.
        self._places = {fact: where.to_numpy() for fact, where in places.items()}
        self._sheets = sheets
        self._values: dict[str, np.ndarray] = {}
        self._others: dict[str, np.ndarray] = {}
        self._beside = beside
        self._industries = industries
        self.firm = years.index.get_level_values("firm_id").to_numpy()
        self.year = years.index.get_level_values("year").to_numpy()
        self.firm_number = pd.factorize(self.firm)[0]

    def __len__(self) -> int:
        return len(self.years)

    def has(self, *facts: str) -> bool:
        return all(fact in self.years for fact in facts)

    def get(self, fact: str) -> np.ndarray:
        """The fact's values, NaN throughout where the file and the database do not have it."""
        if fact not in self._values:
            known = fact in self.years
            self._values[fact] = self.years[fact].to_numpy() if known else np.full(len(self.years), np.nan)
        return self._values[fact]

    def known(self, fact: str) -> np.ndarray:
        """The fact's values, also where only the database has it."""
        if fact in self.years or self._beside is None or fact not in self._beside:
            return self.get(fact)
        return self._beside[fact].to_numpy(dtype=np.float64)

    def industry(self) -> pd.Series:
        """The industry code of each row's firm, missing where it is not known."""
        if self._industries is None:
            return pd.Series(None, range(len(self)), dtype="object")
        return pd.Series(self.firm).map(self._industries)

    def before(self, fact: str, years: int = 1) -> np.ndarray:
        """The value that many years earlier, NaN where that year is not there."""
        values = np.full(len(self.years), np.nan)
        rows = np.arange(years, len(self.years))
        same = self.firm_number[rows] == self.firm_number[rows - years]
        same &= self.year[rows] == self.year[rows - years] + years
        values[rows[same]] = self.get(fact)[rows[same] - years]
        return values

    def others(self, fact: str) -> np.ndarray:
        """The median size of the fact in the firm's other years (blank and nought left out); NaN without one."""
        if fact not in self._others:
            self._others[fact] = _median_of_others(np.abs(self.get(fact)), self.firm_number)
        return self._others[fact]

    def years_of_firm(self) -> np.ndarray:
        """Of each row's firm: how many years are here."""
        return np.bincount(self.firm_number)[self.firm_number]

    def firm_median(self, values: np.ndarray) -> np.ndarray:
        """Of each row's firm: the median of `values` over its years."""
        return pd.Series(values).groupby(self.firm_number).transform("median").to_numpy()

    def finding(self, at: int, fact: str, kind: str, msgid: str, **params: object) -> Finding:
        """A finding about one cell of the file."""
        sheet, row = divmod(int(self._places[fact][at]), 2**32) if fact in self._places else (0, 0)
        place = self._sheets[sheet]
        value = self.get(fact)[at]
        form_unit = self.form_units.get(fact)
        found = None if np.isnan(value) else shown_in(value, form_unit.factor if form_unit else 1)
        return Finding(
            kind,
            str(self.firm[at]),
            int(self.year[at]),
            fact,
            place.name,
            row,
            place.columns.get(fact),
            found,
            msgid,
            {"field": fact, "found": found, "unit": form_unit.unit if form_unit else "", **params},
        )

    def stated_here(self, fact: str) -> np.ndarray:
        """In which rows the file itself states this fact (and not only the database)."""
        return self._places[fact] >= 0 if fact in self._places else np.zeros(len(self), dtype=bool)


@dataclass(frozen=True)
class OddCells:
    """What one check asks about one fact: the rows of its panel, sorted, and the finding about each of them."""

    fact: str
    rows: np.ndarray
    finding: Callable[[int], Finding]


def form_units(map_: ColumnMap) -> dict[str, FormUnit]:
    """The unit in which a form asks for each of its figures."""
    return {
        rule.fact.name: FormUnit(rule.unit or "", abs(rule.factor))
        for sheet in map_.sheets
        for rule in sheet.columns
        if rule.fact and rule.fact.numeric
    }


def panel_of(connection: Connection, sheets: Sequence[ReadSheet], map_: ColumnMap, cohort: str, today: date) -> Panel:
    """The full years of some firms of a checked file, with those that the database has of these firms."""
    units = form_units(map_)
    numeric = [fact for fact in units if any(fact in sheet.rows for sheet in sheets)]
    parts, places = [], []
    for number, sheet in enumerate(sheets):
        rows = sheet.rows[sheet.rows["months"] == FULL_YEAR_MONTHS]
        here = [fact for fact in numeric if fact in rows]
        indexed = rows.set_index(KEY)
        parts.append(indexed[here])
        where = indexed["row"].to_numpy(dtype=np.int64) + number * 2**32
        stated = indexed[here].notna().to_numpy()
        places.append(pd.DataFrame(np.where(stated, where[:, None], -1), indexed.index, here))
    here, where = _side_by_side(parts, np.nan), _side_by_side(places, -1)
    before = _known_before(connection, here, numeric, cohort, today)
    figures = before[[name for name in before if name in numeric]]
    years = here if before.empty else here.combine_first(figures)
    years = years.reindex(columns=numeric).sort_index()
    new = years.index.isin(here.index)
    where = where.reindex(years.index, fill_value=-1).fillna(-1).astype(np.int64)
    beside = before.reindex(years.index)[[name for name in VALUED_BY if name in before]]
    place_of = {fact: where[fact] for fact in where}
    return Panel(years, new, place_of, sheets, units, beside, _industries(sheets, before))


def _industries(sheets: Sequence[ReadSheet], before: pd.DataFrame) -> pd.Series:
    """Each firm's industry: as the file states it, else as it was known."""
    stated = [sheet.rows.set_index("firm_id")["industry_code"] for sheet in sheets if "industry_code" in sheet.rows]
    known = [before["industry_code"].droplevel("year")] if "industry_code" in before else []
    codes = pd.concat([*known, *stated]).dropna() if known or stated else pd.Series(dtype="object")
    return codes[~codes.index.duplicated(keep="last")]


def _side_by_side(parts: list[pd.DataFrame], blank: float) -> pd.DataFrame:
    """One row a firm and year: sheets of several subjects stand beside each other, districts below each other."""
    if len(parts) == 1:
        return parts[0]
    merged: pd.DataFrame | None = None
    for columns in {tuple(part.columns): None for part in parts}:
        below = pd.concat([part for part in parts if tuple(part.columns) == columns])
        merged = below if merged is None else merged.join(below, how="outer")
    assert merged is not None
    return merged.fillna(blank)


def _known_before(
    connection: Connection, here: pd.DataFrame, numeric: list[str], cohort: str, today: date
) -> pd.DataFrame:
    firms = here.index.get_level_values("firm_id").unique().tolist()
    if not store.known_firms(connection, firms):
        return pd.DataFrame()
    wanted = dict.fromkeys([*numeric, "staff", "total_assets_cny", *VALUED_BY, "industry_code"])
    return stored_facts.as_known_on(connection, today, None, firms, [name for name in wanted if name in catalog()])


def _median_of_others(size: np.ndarray, firm: np.ndarray) -> np.ndarray:
    """For each row the median of `size` over the other rows of its firm that have one."""
    found = np.full(len(size), np.nan)
    rows = np.flatnonzero(~np.isnan(size) & (size != 0))
    if not len(rows):
        return found
    rows = rows[np.lexsort((size[rows], firm[rows]))]
    ordered, firms = size[rows], firm[rows]
    first = np.flatnonzero(np.concatenate([[True], firms[1:] != firms[:-1]]))
    count = np.diff(np.concatenate([first, [len(rows)]]))
    start, own = np.repeat(first, count), np.arange(len(rows)) - np.repeat(first, count)
    left = np.repeat(count, count) - 1
    # Of the others, sorted, the two in the middle; the row's own place is stepped over.
    low, high = (left - 1) // 2, left // 2
    low, high = low + (low >= own), high + (high >= own)
    last = len(rows) - 1
    middle = (ordered[np.clip(start + low, 0, last)] + ordered[np.clip(start + high, 0, last)]) / 2
    found[rows] = np.where(left > 0, middle, np.nan)
    return found
