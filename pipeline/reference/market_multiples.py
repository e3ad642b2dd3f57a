"""A rough market value from the multiples of data/reference/market_value_multiples.csv: an estimate, never a verdict.

Earnings times the industry's price-earnings ratio, or sales times its price-sales ratio where there is no profit or
only a thin one: of a margin below 3 % a multiple of earnings says little (the two would differ by the factor at which a
stated value is doubted).
"""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.reference.industries import with_section
from pipeline.settings import ROOT

MULTIPLES_FILE = ROOT / "data" / "reference" / "market_value_multiples.csv"
EVERY_OTHER = "*"
#: A profit of less than this share of revenue is too thin to be multiplied.
THIN_MARGIN = 0.03
#: A stated value of more than this many times the estimate is doubted.
DOUBTED_TIMES = 3.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """Per firm: `value` in yuan (NaN where neither profit nor revenue is known), `multiple`, whether it is one of
    earnings, and the `rows` of the table that were used."""

    value: Floats
    multiple: Floats
    by_earnings: NDArray[np.bool_]
    rows: pd.DataFrame

    def times(self, stated: Floats) -> Floats:
        """How many times the estimate a stated value is; NaN where either is unknown or the estimate not above zero."""
        return np.divide(stated, self.value, out=np.full(len(stated), np.nan), where=self.value > 0)


@cache
def multiples(path: Path = MULTIPLES_FILE) -> pd.DataFrame:
    """Columns on, industry, zh, en, price_earnings, price_sales, source, confidence.

    Raises ValueError where an industry has two lines of one day or a multiple is not above zero.
    """
    table = pd.read_csv(path, comment="#", parse_dates=["on"])
    twice = table.duplicated(["on", "industry"]).any()
    if twice or not (table[["price_earnings", "price_sales"]] > 0).all(axis=None):
        raise ValueError(f"{path.name}: an industry has two lines of one day, or a multiple is not above zero")
    return table.sort_values("on")


@lru_cache(maxsize=64)
def multiples_on(day: date, path: Path = MULTIPLES_FILE) -> pd.DataFrame:
    """The multiples in force on `day`, by industry as index and as column; empty before the first. To be read only."""
    table = multiples(path)
    of_day = table[table["on"] <= pd.Timestamp(day)].drop_duplicates("industry", keep="last")
    return of_day.set_index("industry", drop=False)


def estimated(profit: Floats, revenue: Floats, industry: pd.Series, table: pd.DataFrame) -> Estimate:
    """The estimate of every firm: `profit` (the lower of before and after non-recurring items) and `revenue` of one
    year in yuan, `industry`: codes of GB/T 4754, `table`: as multiples_on gives it."""
    rows = _of_industries(with_section(industry), table)
    by_earnings = (profit > 0) & ~(profit < THIN_MARGIN * revenue)
    multiple = np.where(by_earnings, rows["price_earnings"], rows["price_sales"])
    return Estimate(np.where(by_earnings, profit, revenue) * multiple, multiple, by_earnings, rows)


def _of_industries(industry: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    """One row of multiples a firm: the longest beginning of its industry code that the table has."""
    places, stated = pd.factorize(industry)
    keys = [_longest(str(code), table.index) for code in stated] + [EVERY_OTHER]
    return table.reindex(np.array(keys, dtype=object)[places])


def _longest(code: str, industries: pd.Index) -> str:
    fitting = [name for name in industries if name != EVERY_OTHER and code.startswith(name)]
    return max(fitting, key=len, default=EVERY_OTHER)
