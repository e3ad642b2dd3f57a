"""What a feature is computed from: the figures of every firm, counted back from its last year, and their scales."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from scoring.features.derived_figures import yearly_figures
from scoring.features.listing_lines import ListingLines

#: One step of the money scale: below 10,000 yuan it is linear, above it logarithmic (1.0 = 10 times).
MONEY_STEP = 1e4
#: A value is at most so many doublings above or below a line.
MOST_DOUBLINGS = 4
#: The furthest year before the last that a feature looks at.
YEARS_BACK = 3


class History:
    """Figures of every firm, counted back from the last year it reported: `back("revenue", 1)` is the year before.

    `facts`: index (firm_id, year), as pipeline.facts gives them; `firms`: index firm_id with days (registered_on …);
    `lines`: the listing lines that features measure against. Every answer has the index `ids` (firm_id).
    """

    def __init__(self, facts: pd.DataFrame, firms: pd.DataFrame, as_of: date, lines: ListingLines) -> None:
        firm = facts.index.get_level_values(0)
        year = pd.Series(facts.index.get_level_values(1), index=firm)
        self.last_year = year.groupby(level=0).max()
        self.ids = self.last_year.index
        self.firms = firms.reindex(self.ids)
        self.as_of = as_of
        self.lines = lines
        self._facts = facts
        self._age = self.last_year.reindex(firm).to_numpy() - year.to_numpy()
        figures = yearly_figures(facts)
        self._by_age: Mapping[int, pd.DataFrame] = {back: self._of_age(figures, back) for back in range(YEARS_BACK + 1)}
        #: Every fact that was requested by `reported`.
        self.requested: set[str] = set()

    def back(self, name: str, years: int = 0) -> pd.Series:
        """The figure of the year `years` before the firm's last; NaN where that year was not reported."""
        return self._by_age[years][name]

    def reported(self, fact: str, years: int = 0) -> pd.Series:
        """A fact of the catalogue as it was reported, `years` before the firm's last year; NaN unknown."""
        self.requested.add(fact)
        if fact not in self._facts:
            return pd.Series(np.nan, index=self.ids)
        return self._of_age(self._facts[[fact]], years)[fact].astype("float64")

    def _of_age(self, table: pd.DataFrame, years: int) -> pd.DataFrame:
        return table[self._age == years].droplevel(1).reindex(self.ids)

    def years(self, name: str, count: int) -> pd.DataFrame:
        """The last `count` years as columns 0 (last), 1, …"""
        return pd.DataFrame({back: self.back(name, back) for back in range(count)})

    def years_since(self, name: str) -> pd.Series:
        """Years from a day in the firm's own facts to the scoring date; NaN where unknown or still to come."""
        if name not in self.firms:
            return pd.Series(np.nan, index=self.ids)
        days = (pd.Timestamp(self.as_of) - pd.to_datetime(self.firms[name])).dt.days
        return (days / 365.25).where(days >= 0)

    def worst(self, name: str, count: int) -> pd.Series:
        """The lowest of the last `count` years; NaN unless the last two are known."""
        years = self.years(name, count)
        return years.min(axis=1).where(_last_two_known(years))

    def mean(self, name: str, count: int) -> pd.Series:
        """The average of the last `count` years; NaN unless the last two are known."""
        years = self.years(name, count)
        return years.mean(axis=1).where(_last_two_known(years))

    def swing(self, name: str, count: int) -> pd.Series:
        """The standard deviation over the last `count` years; NaN unless the last two are known."""
        years = self.years(name, count)
        return years.std(axis=1, ddof=0).where(_last_two_known(years))

    def change(self, name: str, years: int = 1) -> pd.Series:
        """The last year's figure less that of `years` before."""
        return self.back(name) - self.back(name, years)

    def growth(self, name: str, years: int = 1, start: int = 0) -> pd.Series:
        """Average yearly growth over `years`, up to `start` years before the last; NaN where it began at 0 or less."""
        now, before = self.back(name, start), self.back(name, start + years)
        ratio = (now / before.where(before > 0)).clip(lower=0)
        return ratio ** (1 / years) - 1

    def profit_growth(self, years: int) -> pd.Series:
        """Change of profit as a share of the revenue it started from: defined through losses as well."""
        base = self.back("revenue", years)
        return (self.back("profit") - self.back("profit", years)) / base.where(base > 0)


def _last_two_known(years: pd.DataFrame) -> pd.Series:
    """A figure over three years is formed from two where the form did not ask for the third yet."""
    return years[0].notna() & years[1].notna()


def money_scale(yuan: pd.Series) -> pd.Series:
    """Signed logarithm: 0 at 0, 1.0 at 90,000 yuan, 4.0 at 100 M, -4.0 at a loss of 100 M."""
    return np.sign(yuan) * np.log10(1 + yuan.abs() / MONEY_STEP)


def yuan_of(scaled: float) -> float:
    """The yuan behind a value of the money scale."""
    return float(np.sign(scaled) * (10 ** abs(scaled) - 1) * MONEY_STEP)


def count_scale(count: pd.Series) -> pd.Series:
    """log10(1 + count): patents and staff."""
    return np.log10(1 + count.where(count >= 0))


def doublings_from(value: pd.Series, line: float) -> pd.Series:
    """log2(value / line), limited to four doublings either way; a loss counts as four doublings below."""
    return np.log2((value / line).clip(2.0**-MOST_DOUBLINGS, 2.0**MOST_DOUBLINGS)).where(value.notna())
