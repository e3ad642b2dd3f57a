"""What a firm can do, and what follows from it: the facts behind the features, one action each.

An action is told in a fact of the catalogue that a firm can act on; applying it moves every fact that follows by the
statements' own identities, and all features are then computed anew from the facts. Vectorised: in a frame called
`versions` a row is one version of a firm's last year and a column a fact; it is changed in place.

What follows, and why so:
- Profit that is earned stays in the firm: equity, assets, current assets and operating cash flow rise with it, tax by
  the 15 % of a high-tech enterprise (企业所得税法 第28条); a weighted ROE counts half of it in the average equity.
- Sales grow at the same margins: cost, high-tech income, exports, receivables and stock in proportion, and profit at
  the firm's own net margin; where any of its profits is a loss, at that loss (then it is never told:
  counterfactuals.py).
- A better price leaves the cost of sales as it is: what comes in more is profit, less the 15 %.
- R&D is an expense of its year: it takes 85 % of itself from the profit (the super-deduction is left out, so that the
  price of R&D is never understated).
Left out: staff (the catalogue holds headcount to be no effort of its own), the count of the Beijing exchange's
conditions (it follows from the actions and is no fact), and what policy gives no good direction (debt, turnover).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.language import Label
from scoring.features.history import yuan_of
from scoring.features.listing_lines import ListingLines

#: What is left of a yuan earned more: income tax of a high-tech enterprise is 15 %.
AFTER_TAX = 0.85
PROFITS = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
_KEPT_IN_THE_FIRM = (
    "total_equity_cny",
    "net_assets_cny",
    "total_assets_cny",
    "current_assets_cny",
    "operating_cash_flow_cny",
)
#: A stated return on equity -> the profit it is about, first what is known.
_ROES = {
    "roe_weighted": ("net_profit_attributable_cny", "net_profit_cny"),
    "roe_weighted_after_nonrecurring": ("net_profit_after_nonrecurring_cny", "net_profit_attributable_cny"),
    "roe_stated": ("net_profit_cny", "net_profit_attributable_cny"),
}
_REVENUES = ("revenue_cny", "main_business_revenue_cny", "total_income_cny")
_WITH_SALES = ("cost_cny", "hitech_income_cny", "exports_cny", "receivables_cny", "inventory_cny")
_RD = ("rd_spend_cny", "rd_expense_hnte_cny", "rd_expense_cny", "rd_expense_domestic_cny")


@dataclass(frozen=True)
class FirmAction:
    """`facts`: those it is told in, the first that is known counts; `apply(versions, more)` moves that fact by `more`
    (one number a row) and what follows; `step`: the value is rounded up to whole steps; `note`: what stays, told
    beside it; `upper_bound`: a fact it cannot exceed."""

    facts: tuple[str, ...]
    apply: Callable[[pd.DataFrame, np.ndarray], None]
    step: float
    note: Label | None = None
    upper_bound: tuple[str, ...] = ()


def _add(versions: pd.DataFrame, facts: tuple[str, ...], more: np.ndarray) -> None:
    """Raise what is stated; what nobody stated stays unknown."""
    for fact in facts:
        if fact in versions:
            versions[fact] = versions[fact] + more


def first_known(versions: pd.DataFrame, facts: tuple[str, ...]) -> np.ndarray:
    """Row by row the first of these facts that is known; NaN where none is."""
    found = np.full(len(versions), np.nan)
    for fact in facts:
        if fact in versions:
            found = np.where(np.isnan(found), versions[fact].to_numpy(float), found)
    return found


def _earn(versions: pd.DataFrame, more: np.ndarray) -> None:
    """Profit rises by `more` yuan (or falls), and what follows from it."""
    more = np.where(np.isnan(more), 0.0, more)
    for roe, profits in _ROES.items():
        if roe in versions:
            profit, old = first_known(versions, profits), versions[roe].to_numpy(float)
            average = average_equity(profit, old, first_known(versions, ("net_assets_cny", "total_equity_cny")))
            with np.errstate(invalid="ignore", divide="ignore"):
                raised = old + (profit + more) / (average + more / 2) - profit / average
            versions[roe] = np.where(np.isfinite(raised), raised, old)
    if "eps_cny_stated" in versions:
        profit, eps = first_known(versions, PROFITS[:2]), versions["eps_cny_stated"].to_numpy(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            a_share = np.where(profit != 0, more * eps / profit, 0.0)
        a_share = np.where(np.isfinite(a_share), a_share, 0.0)
        _add(versions, ("eps_cny_stated", "net_assets_per_share_cny_stated"), a_share)
    _add(versions, PROFITS, more)
    _add(versions, _KEPT_IN_THE_FIRM, more)
    _add(versions, ("tax_paid_cny",), more * (1 - AFTER_TAX) / AFTER_TAX)


def average_equity(profit: np.ndarray, roe: np.ndarray, equity: np.ndarray) -> np.ndarray:
    """The average equity behind a stated ROE: profit / ROE where that is above 0, else the equity at the year's end."""
    with np.errstate(invalid="ignore", divide="ignore"):
        implied = profit / roe
    return np.where(np.isfinite(implied) & (implied > 0), implied, np.where(equity > 0, equity, np.nan))


def _sell(versions: pd.DataFrame, more: np.ndarray) -> None:
    revenue, profit = first_known(versions, _REVENUES), first_known(versions, PROFITS)
    lowest = versions[[fact for fact in PROFITS if fact in versions]].min(axis=1).to_numpy(float)
    profit = np.where(lowest < 0, lowest, profit)
    _add(versions, _REVENUES, more)
    for fact in _WITH_SALES:
        if fact in versions:
            versions[fact] = versions[fact] * (1 + more / revenue)
    _earn(versions, profit / revenue * more)


def _charge(versions: pd.DataFrame, more: np.ndarray) -> None:
    _add(versions, _REVENUES, more)
    _earn(versions, AFTER_TAX * more)


def _research(versions: pd.DataFrame, more: np.ndarray) -> None:
    _add(versions, _RD, more)
    _earn(versions, -AFTER_TAX * more)


def _only(*facts: str) -> Callable[[pd.DataFrame, np.ndarray], None]:
    return lambda versions, more: _add(versions, facts, more)


def _first(*facts: str) -> Callable[[pd.DataFrame, np.ndarray], None]:
    """Moves the first that is known alone: kinds that are added up."""

    def apply(versions: pd.DataFrame, more: np.ndarray) -> None:
        free = np.ones(len(versions), dtype=bool)
        for fact in facts:
            if fact in versions:
                known = versions[fact].notna().to_numpy() & free
                versions[fact] = versions[fact] + np.where(known, more, 0.0)
                free &= ~known

    return apply


#: Money is told in whole 万元, and what is told is what was scored.
_YUAN, _ONE = 10_000.0, 1.0
#: In the order in which two are applied together: profit last, so that it is what the sentence says.
ACTIONS: Mapping[str, FirmAction] = {
    "revenue": FirmAction(_REVENUES[:2], _sell, _YUAN, Label("利润率不变", "at the same margins")),
    "price": FirmAction(_REVENUES[:1], _charge, _YUAN, Label("营业成本不变", "at the same cost of sales")),
    "rd": FirmAction(_RD[:3], _research, _YUAN, Label("计入当年费用", "as an expense of the year")),
    "cash": FirmAction(("operating_cash_flow_cny",), _only("operating_cash_flow_cny"), _YUAN),
    "hitech": FirmAction(
        ("hitech_income_cny",), _only("hitech_income_cny"), _YUAN, upper_bound=("total_income_cny", "revenue_cny")
    ),
    "inventions": FirmAction(
        ("invention_patents", "class1_ip"), _only("invention_patents", "invention_patents_main", "class1_ip"), _ONE
    ),
    "other_ip": FirmAction(
        ("utility_patents", "software_copyrights", "design_patents"),
        _first("utility_patents", "software_copyrights", "design_patents"),
        _ONE,
    ),
    "standards": FirmAction(("standards_led",), _only("standards_led"), _ONE),
    "platforms": FirmAction(("rd_platforms",), _only("rd_platforms"), _ONE),
    "innovation_score": FirmAction(("innovation_score",), _only("innovation_score"), 0.1),
    "rd_staff": FirmAction(
        ("rd_staff", "scientific_staff"), _only("rd_staff", "scientific_staff"), _ONE, upper_bound=("staff",)
    ),
    "rounds": FirmAction(("equity_rounds",), _only("equity_rounds"), _ONE),
    "profit": FirmAction(PROFITS[:2], _earn, _YUAN),
}
#: Pairs of actions that promise the same yuan twice.
SAME_MONEY = ({"price", "profit"}, {"revenue", "price"}, {"revenue", "profit"})


@dataclass(frozen=True)
class Past:
    """One firm's figures (derived_figures.py) counted back from its last year, the facts of that year as reported, and
    the listing lines that features measure against."""

    figures: pd.DataFrame
    last: pd.Series
    lines: ListingLines

    def back(self, name: str, years: int = 0) -> float:
        """The figure of the year so many before the last; NaN where that year is not stated."""
        year = self.figures.index.get_level_values(1).max() - years
        found = self.figures[name][self.figures.index.get_level_values(1) == year]
        return float(found.iloc[0]) if len(found) else float("nan")

    def stated(self, *facts: str) -> float:
        return next((float(self.last[fact]) for fact in facts if pd.notna(self.last.get(fact))), float("nan"))


def _above(log_count: np.ndarray) -> np.ndarray:
    """The least whole count whose log10(1 + count) is above this."""
    return np.floor(10**log_count - 1 + 1e-9) + 1


def _yuan(scaled: np.ndarray) -> np.ndarray:
    return np.array([yuan_of(one) for one in scaled])


def _to_roe(wanted: np.ndarray, past: Past) -> np.ndarray:
    """Profit to be added for a return on equity: of every stated one, where none is stated of profit to equity."""
    equity = np.array([past.stated("net_assets_cny", "total_equity_cny")])
    needs = []
    stated = [name for name in list(_ROES)[:2] if not np.isnan(past.stated(name))] or [
        name for name in ("roe_stated",) if not np.isnan(past.stated(name))
    ]
    for name in stated:
        profit = past.stated(*_ROES[name])
        roe = past.stated(name)
        average = float(average_equity(np.array([profit]), np.array([roe]), equity)[0])
        gap = wanted - roe + profit / average
        needs.append((gap * average - profit) / (1 - gap / 2))
    if not stated:
        needs.append((wanted * equity[0] - past.back("profit")) / (1 - wanted))
    return np.max(needs, axis=0)


def _to_bse_first_standard(doublings: np.ndarray, past: Past) -> np.ndarray:
    """Profit to be added until the weakest condition of one of its two ways is so many doublings above its line."""
    times, lines = 2**doublings, past.lines
    last, before, roe_before = past.back("lower_profit"), past.back("lower_profit", 1), past.back("roe", 1)
    one_year = np.maximum(lines.bse_profit_last_year * times - last, _to_roe(lines.bse_roe * times, past))
    two_years = np.maximum(
        2 * lines.bse_profit_each_of_two_years * times - last - before,
        _to_roe(2 * lines.bse_roe_two_years * times - roe_before, past),
    )
    return np.fmin(one_year, two_years)


def _whole_income(past: Past) -> float:
    return past.stated("total_income_cny", "revenue_cny")


#: feature -> (action, what has to be added to the action's fact for the feature to come to a value).
TARGETS: Mapping[str, tuple[str, Callable[[np.ndarray, Past], np.ndarray]]] = {
    "revenue": ("revenue", lambda to, past: _yuan(to) - past.back("revenue")),
    "revenue_growth": ("revenue", lambda to, past: past.back("revenue", 1) * (1 + to) - past.back("revenue")),
    "revenue_growth_2y": ("revenue", lambda to, past: past.back("revenue", 2) * (1 + to) ** 2 - past.back("revenue")),
    "revenue_per_head": ("revenue", lambda to, past: _yuan(to) * past.back("staff") - past.back("revenue")),
    "gross_margin": ("price", lambda to, past: past.stated("cost_cny") / (1 - to) - past.back("revenue")),
    "net_profit": ("profit", lambda to, past: _yuan(to) - past.back("profit")),
    "net_margin": ("profit", lambda to, past: to * past.back("revenue") - past.back("profit")),
    "roe": ("profit", _to_roe),
    "return_on_assets": ("profit", lambda to, past: (to * past.back("assets") - past.back("profit")) / (1 - to)),
    "bse_first_standard": ("profit", _to_bse_first_standard),
    "chinext_profit": (
        "profit",
        lambda to, past: (
            past.lines.chinext_profit_of_two_years * 2**to - past.back("lower_profit") - past.back("lower_profit", 1)
        ),
    ),
    "profit_growth": (
        "profit",
        lambda to, past: past.back("profit", 1) + to * past.back("revenue", 1) - past.back("profit"),
    ),
    "profit_growth_2y": (
        "profit",
        lambda to, past: past.back("profit", 2) + to * past.back("revenue", 2) - past.back("profit"),
    ),
    "profit_per_head": ("profit", lambda to, past: _yuan(to) * past.back("staff") - past.back("profit")),
    "cash_margin": ("cash", lambda to, past: to * past.back("revenue") - past.back("cash_flow")),
    "rd_spend": ("rd", lambda to, past: _yuan(to) - past.back("rd_spend")),
    "rd_share": ("rd", lambda to, past: to * past.back("revenue") - past.back("rd_spend")),
    "rd_growth": ("rd", lambda to, past: past.back("rd_spend", 1) * (1 + to) - past.back("rd_spend")),
    "hitech_share": ("hitech", lambda to, past: to * _whole_income(past) - past.stated("hitech_income_cny")),
    "rd_platforms": ("platforms", lambda to, past: _above(to) - past.stated("rd_platforms")),
    "innovation_score": ("innovation_score", lambda to, past: to - past.stated("innovation_score")),
    "inventions": ("inventions", lambda to, past: _above(to) - past.back("inventions")),
    "inventions_per_100": (
        "inventions",
        lambda to, past: np.floor(to * past.back("staff") / 100) + 1 - past.back("inventions"),
    ),
    "new_inventions": (
        "inventions",
        lambda to, past: _above(to) + past.back("inventions", 1) - past.back("inventions"),
    ),
    "other_ip": ("other_ip", lambda to, past: _above(to) - past.back("other_ip")),
    "standards_led": ("standards", lambda to, past: _above(to) - past.stated("standards_led")),
    "rd_staff_share": (
        "rd_staff",
        lambda to, past: np.floor(to * past.back("staff")) + 1 - past.stated("rd_staff", "scientific_staff"),
    ),
    "equity_rounds": ("rounds", lambda to, past: _above(to) - past.stated("equity_rounds")),
}
#: Features a firm acts on that no action aims at, and why.
NOT_AIMED_AT: Mapping[str, str] = {
    "staff_growth": "headcount is no effort of its own in the catalogue",
    "bse_conditions": "a count of conditions that the actions move; no fact is behind it",
}
