"""Find ratios given as percentages (119 for 1.19), and shares a hundred times too large or too small.

The evidence about a current ratio is liquidity: current assets cannot be many times total assets, so current ratio x
debt ratio has a ceiling. The evidence about a share are the figures that it is made of; about a return on equity only
roughly, for the average equity is weighted by the days of the year.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from pipeline.intake.plausibility.panel import OddCells, Panel
from pipeline.intake.reading.problems import Finding
from pipeline.language import N_

#: CR x DR = (current assets / assets) x (liabilities / current liabilities): 1 is usual, 8.2 the most seen
#: among 5,200 real firm-years; a percentage taken for the ratio gives 30 to 250.
MOST_LIQUIDITY = 10.0
#: A return on equity that profit over average equity gives is 0.3 to 3 times the stated one: capital raised late in
#: the year, a year before that is not there. A hundredth lies far outside.
_ROUGHLY = 0.5
#: Below this a return on equity is nearly nought, and what remains of it after rounding is no evidence.
_LEAST_RETURN = 0.01
_LIQUIDITY = ("current_ratio_stated", "quick_ratio_stated")

_PERCENT = N_(
    "%(field)s: %(found)s looks like a percentage; as a ratio it would be %(instead)s. Check it against the accounts."
)
_FRACTION = N_(
    "%(field)s: %(found)s and the figures it comes from differ by a factor of 100. Should it be %(instead)s?"
)


def odd_cells(panel: Panel) -> list[OddCells]:
    """The cells of the file that seem to hold a percentage for a ratio, or a share out by a hundred."""
    return [
        OddCells(
            fact,
            np.flatnonzero(rows & panel.new & panel.stated_here(fact)),
            partial(_finding, panel, fact, power),
        )
        for fact, rows, power in flagged(panel)
    ]


def _finding(panel: Panel, fact: str, power: int, at: int) -> Finding:
    stated = panel.get(fact)[at]
    if fact in _LIQUIDITY:
        return panel.finding(at, fact, "unit_percent", _PERCENT, instead=f"{stated / 100:.4g}")
    kind = "unit_percent" if power > 0 else "unit_fraction"
    instead = stated / panel.form_units[fact].factor / 10.0**power
    return panel.finding(at, fact, kind, _FRACTION, instead=f"{instead:.4g}")


def flagged(panel: Panel) -> Iterator[tuple[str, np.ndarray, int]]:
    """(fact, the rows that are wrong, by which power of ten they are too large), of every row of the panel."""
    debt = _debt_ratio(panel)
    for fact, other in (_LIQUIDITY, reversed(_LIQUIDITY)):
        ratio = panel.get(fact)
        liquid = ratio * debt
        beside = ratio / panel.get(other)
        wrong = (liquid > MOST_LIQUIDITY) & (ratio > MOST_LIQUIDITY)
        # Quick ratio above current ratio cannot be: fifty times and more is a percentage.
        wrong |= (beside > 40) & (fact == "quick_ratio_stated")
        others = panel.others(fact)
        wrong |= (np.abs(np.log10(ratio / others) - 2) < 0.3) & (ratio > 20) & (liquid > 3)
        mostly = panel.firm_median(np.where(np.isnan(liquid), np.nan, wrong.astype(float))) >= 0.5
        wrong |= mostly & (ratio > MOST_LIQUIDITY) & ~(liquid < 3)
        yield fact, wrong, 2
    for fact, expected in _expected_shares(panel).items():
        stated = panel.get(fact)
        gap = np.log10(stated / expected)
        weighs = np.abs(expected) >= 0.002
        yield fact, (np.abs(gap - 2) < 0.03) & (np.abs(stated) >= 0.002) & weighs, 2
        # 0.27 for 26.52 % is rounded to a hundredth, debt over equity as well; growth may well be nearly nought.
        width, least = (0.03, 0.0005) if fact == "revenue_growth_stated" else (0.1, 0.0001)
        yield fact, (np.abs(gap + 2) < width) & (np.abs(stated) >= least), -2
    for fact, expected in _expected_returns(panel).items():
        stated = panel.get(fact)
        gap = np.log10(stated / expected)
        for power in (2, -2):
            yield fact, (np.abs(gap - power) < _ROUGHLY) & (np.abs(expected) >= _LEAST_RETURN), power


def _debt_ratio(panel: Panel) -> np.ndarray:
    """Liabilities over assets as a fraction: from the parts, as stated, or from debt over equity."""
    parts = panel.get("total_liabilities_cny") / panel.get("total_assets_cny")
    stated = panel.get("debt_ratio_stated")
    to_equity = panel.get("debt_to_equity_stated")
    by_equity = np.where(to_equity > 0, to_equity / (1 + to_equity), np.nan)
    ratio = np.where(np.isnan(parts), stated, parts)
    ratio = np.where(np.isnan(ratio), by_equity, ratio)
    return np.asarray(np.clip(ratio, 0, 3))


def _expected_shares(panel: Panel) -> dict[str, np.ndarray]:
    """What stated shares should be, by fact, from the figures they are made of."""
    revenue = panel.get("revenue_cny")
    expected = {
        "net_margin_stated": panel.get("net_profit_cny") / revenue,
        "gross_margin_stated": 1 - panel.get("cost_cny") / revenue,
        "revenue_growth_stated": revenue / panel.before("revenue_cny") - 1,
    }
    to_equity = panel.get("debt_to_equity_stated")
    parts = panel.get("total_liabilities_cny") / panel.get("total_assets_cny")
    expected["debt_ratio_stated"] = np.where(
        np.isnan(parts), np.where(to_equity > 0, to_equity / (1 + to_equity), np.nan), parts
    )
    return {fact: values for fact, values in expected.items() if panel.has(fact) and fact in panel.form_units}


def _expected_returns(panel: Panel) -> dict[str, np.ndarray]:
    """What stated returns on equity should roughly be, by fact: profit over mean equity of this year and the last."""
    profit = _first(panel, "net_profit_attributable_cny", "net_profit_cny")
    after = _first(panel, "net_profit_after_nonrecurring_cny")
    equity = _over_year(panel, "net_assets_cny")
    equity = np.where(np.isnan(equity), _over_year(panel, "total_equity_cny"), equity)
    per_share, eps = _over_year(panel, "net_assets_per_share_cny_stated"), panel.get("eps_cny_stated")
    by_share = np.where(np.abs(eps) >= 0.03, eps / per_share, np.nan)  # EPS is rounded to a fen
    expected = {
        "roe_weighted": profit / equity,
        "roe_weighted_after_nonrecurring": after / equity,
        "roe_stated": np.where(np.isnan(equity), by_share, profit / equity),
    }
    return {fact: values for fact, values in expected.items() if panel.has(fact) and fact in panel.form_units}


def _first(panel: Panel, *facts: str) -> np.ndarray:
    """The first of the facts that a row has."""
    values = panel.get(facts[0])
    for fact in facts[1:]:
        values = np.where(np.isnan(values), panel.get(fact), values)
    return values


def _over_year(panel: Panel, fact: str) -> np.ndarray:
    """The mean of a stock at the end of the year and of the year before; its end alone where that is not known."""
    end, start = panel.get(fact), panel.before(fact)
    mean = np.where(np.isnan(start), end, (end + start) / 2)
    return np.where(mean > 0, mean, np.nan)
