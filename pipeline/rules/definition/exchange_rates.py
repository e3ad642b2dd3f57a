"""Yuan for one unit of a foreign currency on a day, from the dated, editable table in data/reference.

A rate is valid from its day until the next one; one that is older than about a year is no rate: what needs it is
unknown, with that reason.
"""

from datetime import date
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd

from pipeline.settings import ROOT

RATES_FILE = ROOT / "data" / "reference" / "exchange_rates.csv"
OLDEST_DAYS = 400


@cache
def rates(path: Path = RATES_FILE) -> pd.DataFrame:
    """Columns currency, on (datetime64), cny_per_unit, source, confidence; sorted by day.

    Raises ValueError where a day is listed twice or a rate is not above zero: the table is ours to keep right.
    """
    table = pd.read_csv(path, comment="#", parse_dates=["on"]).sort_values("on")
    if table.duplicated(["currency", "on"]).any() or not (table["cny_per_unit"] > 0).all():
        raise ValueError(f"{path.name}: a day is listed twice, or a rate is not above zero")
    return table


@lru_cache(maxsize=256)
def rate_on(currency: str, day: date, path: Path = RATES_FILE) -> float | None:
    """Yuan for one unit on `day`; None where the latest rate is missing or more than 400 days old."""
    table = rates(path)
    past = pd.Timestamp(day) - table["on"]
    usable = table[
        (table["currency"] == currency) & (past >= pd.Timedelta(0)) & (past <= pd.Timedelta(days=OLDEST_DAYS))
    ]
    return None if usable.empty else float(usable["cny_per_unit"].iloc[-1])
