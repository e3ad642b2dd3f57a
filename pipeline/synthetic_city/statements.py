"""Income statement, balance sheet and cash flow of each firm over the years, so that the parts give the whole.

Assets are liabilities plus equity to the yuan; equity grows by what the firm earns and keeps and by what
investors bring; a share reform turns net assets into share capital. Works on all years and returns the told ones.
"""

import numpy as np

from pipeline.synthetic_city.income import Income
from pipeline.synthetic_city.quality import YEARS_TOLD, Quality

Figures = dict[str, np.ndarray]
_CENT = 100.0  # forms ask for 万元 with two decimals: figures are whole hundreds of yuan
TAX_ON_PROFIT = 0.13  # 15 % of high-tech enterprises, after extra deductions for R&D


def draw_statements(quality: Quality, income: Income, reformed: np.ndarray, rng: np.random.Generator) -> Figures:
    """Facts of the catalogue in yuan and as shares, arrays (firm, told year).

    `reformed`: the year of each firm's share reform, as a float; nan: none.
    """
    flows = _flows(quality, income, rng)
    stocks = _stocks(quality, income, flows, reformed, rng)
    figures = {name: values[:, -YEARS_TOLD:] for name, values in (flows | stocks).items()}
    for name, values in figures.items():
        if name.endswith("_cny"):
            figures[name] = np.round(values / _CENT) * _CENT
    figures["total_assets_cny"] = figures["total_liabilities_cny"] + figures["total_equity_cny"]
    return figures


def _flows(quality: Quality, income: Income, rng: np.random.Generator) -> Figures:
    revenue, profit = income.revenue, income.net_profit
    shape = revenue.shape
    pretax = np.where(profit > 0, profit / (1 - TAX_ON_PROFIT), profit)
    grants = 0.004 * revenue * rng.lognormal(-0.2, 0.8, shape) + 0.06 * income.rd_spend * rng.random(shape)
    total_income = revenue + grants + 0.008 * revenue * rng.random(shape)
    total_cost = total_income - pretax
    rd_expense = income.rd_spend * np.where(rng.random(shape) < 0.8, 1.0, rng.uniform(0.75, 1.0, shape))
    overheads = revenue * 0.09 * rng.lognormal(0, 0.35, shape)
    cost = np.clip(total_cost - rd_expense - overheads, 0.15 * revenue, total_cost)

    with_minority = rng.random((quality.firms, 1)) < 0.12
    attributable = profit * (1 - with_minority * rng.uniform(0.005, 0.05, (quality.firms, 1)))
    one_off = 0.8 * grants + 0.004 * revenue * rng.standard_normal(shape)
    exporter = rng.random((quality.firms, 1)) < 0.38
    abroad = rng.beta(1.2, 2.5, (quality.firms, 1))
    hitech = np.where(rng.random(shape) < 0.95, 0.60 + 0.38 * rng.beta(1.6, 1.4, shape), rng.uniform(0.35, 0.6, shape))
    tax = 0.034 * revenue * rng.lognormal(-0.1, 0.4, shape) + np.maximum(pretax - profit, 0)
    cash = profit + 0.035 * revenue + 0.055 * revenue * rng.standard_normal(shape)
    return {
        "revenue_cny": revenue,
        "main_business_revenue_cny": revenue * rng.uniform(0.94, 1.0, shape),
        "total_income_cny": total_income,
        "hitech_income_cny": hitech * total_income,
        "exports_cny": exporter * abroad * rng.uniform(0.8, 1.0, shape) * revenue,
        "cost_cny": cost,
        "total_cost_cny": total_cost,
        "net_profit_cny": profit,
        "net_profit_attributable_cny": attributable,
        "net_profit_after_nonrecurring_cny": attributable - one_off,
        "operating_cash_flow_cny": cash,
        "government_grants_cny": grants,
        "tax_paid_cny": tax,
        "rd_spend_cny": income.rd_spend,
        "rd_expense_cny": rd_expense,
        "rd_expense_hnte_cny": income.rd_spend * rng.uniform(0.96, 1.02, shape),
        "rd_expense_domestic_cny": income.rd_spend * rng.uniform(0.9, 0.96, shape),
    }


def _stocks(
    quality: Quality, income: Income, flows: Figures, reformed: np.ndarray, rng: np.random.Generator
) -> Figures:
    firms, years = income.revenue.shape
    needed = income.revenue * rng.lognormal(0.12, 0.35, (firms, 1)) * rng.lognormal(0, 0.08, (firms, years))
    debt = np.clip(0.47 - 0.06 * quality.lasting + 0.17 * rng.standard_normal(firms), 0.07, 0.97)
    pays_out = rng.uniform(0.0, 0.6, (firms, 1))
    new_rounds = np.diff(income.rounds, axis=1, prepend=income.rounds[:, :1])
    raised = new_rounds * np.maximum(0.12 * income.revenue, 5e6) * rng.lognormal(0, 0.4, (firms, years))

    equity = np.empty((firms, years))
    equity[:, 0] = needed[:, 0] * (1 - debt)
    for year in range(1, years):
        earned = income.net_profit[:, year]
        kept = np.where(earned > 0, earned * (1 - pays_out[:, 0]), earned)
        equity[:, year] = equity[:, year - 1] + kept + raised[:, year]
        # Owners leave no firm below -15 % of its assets: they put in money, or it would not report any more.
        short = np.maximum(-0.15 * needed[:, year] - equity[:, year], 0)
        raised[:, year] += short
        equity[:, year] += short
    assets = np.maximum(needed, equity / 0.93)
    liabilities = assets - equity
    minority = flows["net_profit_attributable_cny"] / flows["net_profit_cny"]
    net_assets = np.where(equity > 0, equity * minority, equity)

    capital, retained = _capital(quality, equity, raised, reformed, rng)
    before = np.concatenate([net_assets[:, :1], net_assets[:, :-1]], axis=1)
    average = (before + net_assets) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        roe = np.where(average > 0.02 * assets, flows["net_profit_attributable_cny"] / average, np.nan)
        after = np.where(average > 0.02 * assets, flows["net_profit_after_nonrecurring_cny"] / average, np.nan)
    current = assets * rng.beta(6, 4, (firms, 1)) * rng.uniform(0.95, 1.05, (firms, years)).clip(max=1.0)
    unpaid = rng.beta(2.2, 6, (firms, 1)) * rng.lognormal(0, 0.15, (firms, years))
    unsold = rng.beta(2, 8, (firms, 1)) * rng.lognormal(0, 0.15, (firms, years))
    return {
        "total_equity_cny": equity,
        "net_assets_cny": net_assets,
        "total_liabilities_cny": liabilities,
        "current_liabilities_cny": liabilities * rng.uniform(0.7, 1.0, (firms, 1)),
        "current_assets_cny": current,
        "receivables_cny": np.minimum(unpaid * income.revenue, 0.5 * current),
        "inventory_cny": np.minimum(unsold * flows["cost_cny"], 0.4 * current),
        "intangible_assets_cny": assets * rng.beta(1.2, 30, (firms, 1)),
        "uncovered_loss_cny": np.maximum(-retained, 0),
        "share_capital_cny": capital,
        "roe_weighted": np.clip(roe, -5, 5),
        "roe_weighted_after_nonrecurring": np.clip(after, -5, 5),
        "gross_margin_stated": 1 - flows["cost_cny"] / income.revenue,
        "net_margin_stated": flows["net_profit_cny"] / income.revenue,
        "debt_ratio_stated": liabilities / assets,
        "new_equity_2y_cny": raised + np.concatenate([np.zeros((firms, 1)), raised[:, :-1]], axis=1),
    }


def _capital(
    quality: Quality, equity: np.ndarray, raised: np.ndarray, reformed: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The share capital, and what was earned and kept since the firm began or, later, since its share reform.

    At a reform the capital may not exceed net assets (公司法 art. 108).
    """
    years = quality.years[None, :]
    rows = np.arange(quality.firms)
    first = np.maximum(equity[:, :1], 2e6) * rng.uniform(0.25, 0.95, (quality.firms, 1))
    paid_in = first + raised.cumsum(axis=1)
    capital = first + 0.2 * raised.cumsum(axis=1)

    year = np.where(np.isnan(reformed), quality.years[-1] + 1, reformed).astype(int)
    at = np.clip(year - quality.years[0], 0, len(quality.years) - 1)
    worth = equity[rows, at][:, None]
    since = raised.cumsum(axis=1) - raised.cumsum(axis=1)[rows, at][:, None]
    done = (years >= year[:, None]) & (worth > 2e6)
    shares = np.floor(worth * rng.uniform(0.5, 0.95, (quality.firms, 1)) / 1e5) * 1e5
    capital = np.where(done, shares + 0.2 * np.maximum(since, 0), capital)
    paid_in = np.where(done, worth + since, paid_in)
    return capital, equity - paid_in
