"""A market value where a standard needs one: the stated one with its date, and apart from it an estimate.

Verdicts use only what was stated (the expected market value, else the latest round). The value implied by the multiples
of data/reference/market_value_multiples.csv is shown beside it as an estimate and never enters a verdict.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.rules.definition.model import ResolvedCondition
from pipeline.rules.evaluation import conditions, measure_values
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.settings import ROOT

MULTIPLES_FILE = ROOT / "data" / "reference" / "market_value_multiples.csv"
EVERY_OTHER = "*"
COLUMNS = (
    "stated_cny",
    "stated_on",
    "stated_as",
    "implied_cny",
    "implied_by",
    "multiple",
    "industry",
    "industry_zh",
    "industry_en",
    "confidence",
    "multiples_of",
)


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


def multiples_on(day: date, path: Path = MULTIPLES_FILE) -> pd.DataFrame:
    """The multiples in force on `day`, index industry; empty before the first."""
    table = multiples(path)
    return table[table["on"] <= pd.Timestamp(day)].drop_duplicates("industry", keep="last").set_index("industry")


def market_values(verdicts: Verdicts, firm_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Stated and implied market value per firm, index firm_id.

    stated_cny, stated_on (NaT where the day was not stated), stated_as (expected | latest_round | ''): what verdicts
    use. implied_cny: an estimate from multiples of the facts day; implied_by: earnings | sales | ''; multiple,
    industry, confidence, multiples_of: where it comes from. NaN where neither profit nor revenue is known.
    """
    data = verdicts.data if firm_ids is None else verdicts.data.only(firm_ids)
    expected, round_value = data.stock("expected_market_value_cny"), data.stock("latest_round_valuation_cny")
    is_expected, is_round = ~np.isnan(expected), ~np.isnan(round_value)
    stated_on = data.stock_days("expected_market_value_on").where(is_expected, data.stock_days("latest_round_on"))
    rows = _multiples_of_firms(data.industry(), multiples_on(data.day))
    profit, revenue = measure_values.value(data, "net_profit", 0), measure_values.value(data, "revenue", 0)
    by_earnings = profit > 0
    multiple = np.where(by_earnings, rows["price_earnings"], rows["price_sales"])
    implied = np.where(by_earnings, profit, revenue) * multiple
    known = ~np.isnan(implied)
    return pd.DataFrame(
        {
            "stated_cny": np.where(is_expected, expected, round_value),
            "stated_on": stated_on.where(is_expected | is_round),
            "stated_as": np.where(is_expected, "expected", np.where(is_round, "latest_round", "")),
            "implied_cny": implied,
            "implied_by": np.where(known, np.where(by_earnings, "earnings", "sales"), ""),
            "multiple": multiple,
            "industry": rows["industry"].to_numpy(),
            "industry_zh": rows["zh"].to_numpy(),
            "industry_en": rows["en"].to_numpy(),
            "confidence": rows["confidence"].to_numpy(),
            "multiples_of": rows["on"].to_numpy(),
        },
        index=data.firm_ids,
    )[list(COLUMNS)]


def _multiples_of_firms(industry: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    """One row of multiples a firm: the longest beginning of its industry code that the table has."""
    places, stated = pd.factorize(industry)
    keys = [_longest(str(code), table.index) for code in stated] + [EVERY_OTHER]
    return table.reset_index().set_index("industry", drop=False).reindex(np.array(keys, dtype=object)[places])


def _longest(code: str, industries: pd.Index) -> str:
    fitting = [name for name in industries if name != EVERY_OTHER and code.startswith(name)]
    return max(fitting, key=len, default=EVERY_OTHER)


def values_needed(verdicts: Verdicts) -> pd.DataFrame:
    """The market value that each standard in force needs: columns board, rule, needed_cny, needed, unit.

    Where a standard has several (for different routes), each has a row.
    """
    rates = conditions.rates_on(verdicts.facts_day)
    rows = [
        {
            "board": rule.board,
            "rule": rule.id,
            "needed_cny": conditions.threshold_in_base(leaf, rates),
            "needed": leaf.threshold.value,
            "unit": leaf.threshold.unit.name,
        }
        for rule in verdicts.rules
        for leaf in rule.conditions
        if isinstance(leaf, ResolvedCondition) and leaf.measure == "market_value"
    ]
    return pd.DataFrame(rows, columns=["board", "rule", "needed_cny", "needed", "unit"])
