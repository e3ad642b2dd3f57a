"""A market value where a standard needs one: the stated one with its date, and apart from it an estimate.

Verdicts use only what was stated (the expected market value, else a latest round of the last 24 months). The value
implied by the multiples of the firm's industry is shown beside it as an estimate and never enters a verdict; a stated
value of more than three times the estimate is marked as one to check.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.reference import market_multiples
from pipeline.rules.definition.model import ResolvedCondition, RuleInForce
from pipeline.rules.evaluation import conditions, measure_values
from pipeline.rules.evaluation.verdicts import Verdicts

COLUMNS = (
    "stated_cny",
    "stated_on",
    "stated_as",
    "unused_cny",
    "unused_on",
    "unused_as",
    "implied_cny",
    "implied_by",
    "times_implied",
    "multiple",
    "industry",
    "industry_zh",
    "industry_en",
    "confidence",
    "multiples_of",
)


def market_values(verdicts: Verdicts, firm_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Stated and implied market value per firm, index firm_id.

    stated_cny, stated_on (NaT where the day was not stated), stated_as (expected | latest_round | ''): what verdicts
    use. unused_cny, unused_on, unused_as: where they use none, a stated value of more than 24 months ago, or a round
    without a day. implied_cny: an estimate from multiples of the facts day; implied_by: earnings | sales | '';
    times_implied: how many times the estimate the stated value is, NaN up to three times; multiple, industry,
    confidence, multiples_of: where the estimate comes from. NaN where neither profit nor revenue is known.
    """
    data = verdicts.data if firm_ids is None else verdicts.data.only(firm_ids)
    used = _first_stated(measure_values.usable_expected_value(data), measure_values.usable_round_value(data))
    kept = _first_stated(data.stock("expected_market_value_cny"), data.stock("latest_round_valuation_cny"))
    days = {
        "expected": data.stock_days("expected_market_value_on", beside="expected_market_value_cny"),
        "latest_round": data.stock_days("latest_round_on", beside="latest_round_valuation_cny"),
    }
    unused_as = np.where(used[1] == "", kept[1], "")
    estimate = measure_values.market_value_estimate(data)
    times = estimate.times(used[0])
    known = ~np.isnan(estimate.value)
    return pd.DataFrame(
        {
            "stated_cny": used[0],
            "stated_on": _day_of(used[1], days),
            "stated_as": used[1],
            "unused_cny": np.where(unused_as == "", np.nan, kept[0]),
            "unused_on": _day_of(unused_as, days),
            "unused_as": unused_as,
            "implied_cny": estimate.value,
            "implied_by": np.where(known, np.where(estimate.by_earnings, "earnings", "sales"), ""),
            "times_implied": np.where(times > market_multiples.DOUBTED_TIMES, times, np.nan),
            "multiple": estimate.multiple,
            "industry": estimate.rows["industry"].to_numpy(),
            "industry_zh": estimate.rows["zh"].to_numpy(),
            "industry_en": estimate.rows["en"].to_numpy(),
            "confidence": estimate.rows["confidence"].to_numpy(),
            "multiples_of": estimate.rows["on"].to_numpy(),
        },
        index=data.firm_ids,
    )


def _first_stated(expected: np.ndarray, round_value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The expected value, else that of the latest round, and which of the two it is ('' where neither is there)."""
    is_expected, is_round = ~np.isnan(expected), ~np.isnan(round_value)
    which = np.where(is_expected, "expected", np.where(is_round, "latest_round", ""))
    return np.where(is_expected, expected, round_value), which


def _day_of(which: np.ndarray, days: dict[str, NDArray[np.datetime64]]) -> NDArray[np.datetime64]:
    """The day that goes with each firm's value."""
    chosen = np.full(len(which), np.datetime64("NaT", "s"))
    for name, of_name in days.items():
        chosen = np.where(which == name, of_name, chosen)
    return chosen


def values_needed(verdicts: Verdicts) -> pd.DataFrame:
    """The market value that each standard in force needs: columns board, rule, needed_cny, needed, unit.

    Where a standard has several (for different routes), each has a row.
    """
    rates = conditions.rates_on(verdicts.facts_day)
    rows: list[dict[str, object]] = [
        {
            "board": rule.board,
            "rule": rule.id,
            "needed_cny": conditions.threshold_in_base(leaf, rates),
            "needed": leaf.threshold.value,
            "unit": leaf.threshold.unit.name,
        }
        for rule in verdicts.rules
        for leaf in _lines(rule)
    ]
    return pd.DataFrame(rows, columns=["board", "rule", "needed_cny", "needed", "unit"])


def needed_by(rule: RuleInForce, day: date) -> list[float]:
    """The market values that one standard needs, in yuan of a day; NaN where a currency has no rate."""
    rates = conditions.rates_on(day)
    lines = (conditions.threshold_in_base(leaf, rates) for leaf in _lines(rule))
    return [np.nan if line is None else line for line in lines]


def _lines(rule: RuleInForce) -> list[ResolvedCondition]:
    return [leaf for leaf in rule.conditions if isinstance(leaf, ResolvedCondition) and leaf.measure == "market_value"]
