"""The derivations: which figure follows from which, by what formula, and where it does not.

Money in yuan, shares as fractions, growth as a fraction of the year before; NaN where it does not follow. Each formula
was held against figures that are stated as well (tests/pipeline/derived_facts/test_on_real_returns.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.language import Label

Floats = NDArray[np.float64]

#: A par value of one yuan a share, as 公司法 and the exchanges' forms have it but for few firms.
PAR_CNY = 1.0
LEAST_SHARES, MOST_SHARES = 1e6, 1e10
#: Below these a figure that is rounded to two decimals tells too little of what it is the quotient of.
_LEAST_EPS_CNY, _LEAST_ROE = 0.02, 0.02
#: What is left of a gross profit after the 15 % of a high-tech enterprise (企业所得税法 第28条), if all else is free.
AFTER_TAX = 0.85
#: The return on equity of a firm without any.
NO_EQUITY = -1.0

_REVENUES = ("revenue_cny", "main_business_revenue_cny", "total_income_cny")
_PROFITS = ("net_profit_cny", "net_profit_attributable_cny")
_EQUITIES = ("total_equity_cny", "net_assets_cny")


@dataclass(frozen=True)
class Derivation:
    """`fact` of the year `years_back` before follows from the facts `of` one year; not where any of `unless` is stated
    there. `values`: of each of `of` the figures of some rows, in that order, NaN unknown."""

    id: str
    fact: str
    of: tuple[str, ...]
    values: Callable[..., Floats]
    formula: Label
    unless: tuple[str, ...]
    years_back: int = 0


def _prior_revenue(revenue: Floats, growth: Floats) -> Floats:
    return np.where((growth > -1) & (revenue > 0), revenue / (1 + growth), np.nan)


def _prior_profit(profit: Floats, growth: Floats) -> Floats:
    """Growth is told against the size of last year's profit or loss: (p - q) / |q|. So q = p / (1 + growth) for a
    profit, p / (1 - growth) for a loss; where both may be, it is not known which."""
    of_profit, of_loss = profit / (1 + growth), profit / (1 - growth)
    may_profit, may_loss = of_profit > 0, of_loss < 0
    return np.where(may_profit & ~may_loss, of_profit, np.where(may_loss & ~may_profit, of_loss, np.nan))


def _shares(profit: Floats, eps: Floats) -> Floats:
    shares = np.where(np.abs(eps) >= _LEAST_EPS_CNY, profit / eps, np.nan)
    return np.where((shares >= LEAST_SHARES) & (shares <= MOST_SHARES), shares, np.nan)


def _share_capital(profit: Floats, eps: Floats) -> Floats:
    return _shares(profit, eps) * PAR_CNY


def _equity_by_shares(profit: Floats, eps: Floats, net_assets_per_share: Floats) -> Floats:
    return _shares(profit, eps) * net_assets_per_share


def _equity_by_roe(profit: Floats, roe: Floats) -> Floats:
    return np.where((np.abs(roe) >= _LEAST_ROE) & (profit / roe > 0), profit / roe, np.nan)


def _assets(equity: Floats, debt_ratio: Floats) -> Floats:
    return np.where((equity > 0) & (debt_ratio >= 0) & (debt_ratio < 1), equity / (1 - debt_ratio), np.nan)


def _core_profit(profit: Floats, gross_margin: Floats, revenue: Floats) -> Floats:
    """At most what sales can have left: more came from elsewhere, once."""
    return np.minimum(profit, AFTER_TAX * gross_margin * revenue)


def _core_roe(roe: Floats, profit: Floats, core: Floats) -> Floats:
    return np.where(profit > 0, roe * core / profit, roe)


def _roe_without_equity(roe: Floats, per_share: Floats) -> Floats:
    return np.where((per_share <= 0) & ~np.isnan(roe), NO_EQUITY, np.nan)


def _roe_of_overindebted(roe: Floats, debt_ratio: Floats) -> Floats:
    return np.where((debt_ratio >= 1) & ~np.isnan(roe), NO_EQUITY, np.nan)


_CORE = "net_profit_after_nonrecurring_cny"
_CORE_ROE = "roe_weighted_after_nonrecurring"
_LESS_THAN_NOTHING = Label("净资产不为正，按 -100% 计", "no positive net assets: counted as -100 %")
#: In their order: of two that give the same figure the first counts, and a later one may rest on an earlier one.
DERIVATIONS: tuple[Derivation, ...] = (
    Derivation(
        "share_capital",
        "share_capital_cny",
        ("net_profit_cny", "eps_cny_stated"),
        _share_capital,
        Label("净利润 ÷ 每股收益，每股面值 1 元", "net profit / earnings per share, at a par value of one a share"),
        ("share_capital_cny",),
    ),
    Derivation(
        "equity_by_shares",
        "net_assets_cny",
        ("net_profit_cny", "eps_cny_stated", "net_assets_per_share_cny_stated"),
        _equity_by_shares,
        Label("净利润 ÷ 每股收益 × 每股净资产", "net profit / earnings per share x net assets per share"),
        _EQUITIES,
    ),
    Derivation(
        "equity_by_roe",
        "net_assets_cny",
        ("net_profit_cny", "roe_stated"),
        _equity_by_roe,
        Label("净利润 ÷ 净资产收益率", "net profit / return on equity"),
        _EQUITIES,
    ),
    Derivation(
        "assets",
        "total_assets_cny",
        ("net_assets_cny", "debt_ratio_stated"),
        _assets,
        Label("净资产 ÷ (1 - 资产负债率)", "net assets / (1 - debt ratio)"),
        ("total_assets_cny",),
    ),
    Derivation(
        "core_profit",
        _CORE,
        ("net_profit_cny", "gross_margin_stated", "revenue_cny"),
        _core_profit,
        Label(
            "净利润与 0.85 × 毛利率 × 营业收入 孰低，代替未填报的扣非净利润",
            "the lower of net profit and 0.85 x gross margin x revenue, in place of a profit after non-recurring items "
            "that is not stated",
        ),
        (_CORE,),
    ),
    Derivation(
        "roe_without_equity",
        _CORE_ROE,
        ("roe_stated", "net_assets_per_share_cny_stated"),
        _roe_without_equity,
        _LESS_THAN_NOTHING,
        (_CORE_ROE, "roe_weighted"),
    ),
    Derivation(
        "roe_overindebted",
        _CORE_ROE,
        ("roe_stated", "debt_ratio_stated"),
        _roe_of_overindebted,
        _LESS_THAN_NOTHING,
        (_CORE_ROE, "roe_weighted"),
    ),
    Derivation(
        "core_roe",
        _CORE_ROE,
        ("roe_stated", "net_profit_cny", _CORE),
        _core_roe,
        Label("净资产收益率 × 扣非净利润 ÷ 净利润", "return on equity x profit after non-recurring items / net profit"),
        (_CORE_ROE, "roe_weighted"),
    ),
    Derivation(
        "prior_revenue",
        "revenue_cny",
        ("revenue_cny", "revenue_growth_stated"),
        _prior_revenue,
        Label("次年营业收入 ÷ (1 + 次年增长率)", "the next year's revenue / (1 + its growth)"),
        _REVENUES,
        1,
    ),
    Derivation(
        "prior_profit",
        "net_profit_cny",
        ("net_profit_cny", "net_profit_growth_stated"),
        _prior_profit,
        Label(
            "次年净利润 ÷ (1 + 次年增长率)；上年亏损的 ÷ (1 - 次年增长率)",
            "the next year's net profit / (1 + its growth), after a loss / (1 - its growth)",
        ),
        (*_PROFITS, _CORE),
        1,
    ),
)
BY_ID: Mapping[str, Derivation] = {each.id: each for each in DERIVATIONS}
#: What has to be read for all of it to be derived.
FACTS_READ: tuple[str, ...] = tuple(
    dict.fromkeys(name for each in DERIVATIONS for name in (*each.of, *each.unless, each.fact))
)
