"""From stated facts to the figures that features are made of, one row per firm and year.

In the flow: pipeline/facts.py -> **figures.py** -> feature_rows.py -> features.py. Firms of a city hand in
a full set of statements, firms of a reference cohort often only ratios; here each figure is computed from
its parts where they are known and otherwise taken as stated, so that one feature table serves both.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

#: More shares than this cannot be: the largest firm in China has 3.6e11, the largest on NEEQ about 7e9.
#: Profit divided by earnings per share beyond it means that yuan were written in a column of 万元.
MOST_SHARES = 1e10
DAYS = 365.0
#: The facts that figures are made of: all that needs to be read (a test holds the list against the formulas).
FACTS: tuple[str, ...] = (
    "class1_ip",
    "cost_cny",
    "current_assets_cny",
    "current_liabilities_cny",
    "current_ratio_stated",
    "debt_ratio_stated",
    "design_patents",
    "eps_cny_stated",
    "equity_rounds",
    "exports_cny",
    "government_grants_cny",
    "gross_margin_stated",
    "hitech_income_cny",
    "innovation_score",
    "invention_patents",
    "inventory_cny",
    "inventory_turns_stated",
    "main_business_revenue_cny",
    "net_assets_cny",
    "net_assets_per_share_cny_stated",
    "net_margin_stated",
    "net_profit_after_nonrecurring_cny",
    "net_profit_attributable_cny",
    "net_profit_cny",
    "operating_cash_flow_cny",
    "quick_ratio_stated",
    "rd_expense_cny",
    "rd_expense_hnte_cny",
    "rd_platforms",
    "rd_spend_cny",
    "rd_staff",
    "receivable_days_stated",
    "receivables_cny",
    "revenue_cny",
    "revenue_growth_stated",
    "roe_stated",
    "roe_weighted",
    "roe_weighted_after_nonrecurring",
    "scientific_staff",
    "share_capital_cny",
    "software_copyrights",
    "staff",
    "standards_led",
    "tax_paid_cny",
    "total_assets_cny",
    "total_equity_cny",
    "total_income_cny",
    "total_liabilities_cny",
    "utility_patents",
)


def yearly_figures(facts: pd.DataFrame) -> pd.DataFrame:
    """Figures per firm and year from the facts known on a day.

    `facts` as pipeline.facts.as_known_on gives it: index (firm_id, year), money in yuan, shares as fractions;
    a missing column counts as unknown throughout. Returns float64 columns on the same index, NaN unknown.
    Money whose unit cannot be right (see MOST_SHARES) is unknown here: the facts themselves stay as stated.
    """
    # Each column taken would take a copy of the index along: for one firm, most of the work.
    firm_years, facts = facts.index, facts.set_axis(pd.RangeIndex(len(facts)))

    def stated(*names: str) -> pd.Series:
        return _first_known(facts, names)

    revenue = stated("revenue_cny", "main_business_revenue_cny", "total_income_cny")
    profit = stated("net_profit_cny", "net_profit_attributable_cny")
    lower_profit = facts_minimum(facts, ("net_profit_attributable_cny", "net_profit_after_nonrecurring_cny"))
    lower_profit = lower_profit.fillna(profit)
    believable = ~((profit / stated("eps_cny_stated")).abs() > MOST_SHARES)
    revenue, profit, lower_profit = (money.where(believable) for money in (revenue, profit, lower_profit))
    revenue = revenue.where(revenue >= 0)  # a negative revenue is a correction booked late, not a size
    equity = stated("total_equity_cny", "net_assets_cny")
    assets, debts = stated("total_assets_cny"), stated("total_liabilities_cny")
    current_debts, inventory = stated("current_liabilities_cny"), stated("inventory_cny")
    current_assets, receivables = stated("current_assets_cny"), stated("receivables_cny")
    staff = stated("staff")
    patents = stated("invention_patents", "class1_ip")
    other_ip = facts_sum(facts, ("utility_patents", "design_patents", "software_copyrights"))
    rd_spend = stated("rd_spend_cny", "rd_expense_hnte_cny", "rd_expense_cny")
    cash_flow = stated("operating_cash_flow_cny")
    return (
        pd.DataFrame(
            {
                "revenue": revenue,
                "profit": profit,
                "lower_profit": lower_profit,
                "equity": equity,
                "assets": assets,
                "cash_flow": cash_flow,
                "gross_margin": _share(revenue - stated("cost_cny"), revenue).fillna(stated("gross_margin_stated")),
                "net_margin": _share(profit, revenue).fillna(stated("net_margin_stated")),
                "roe": facts_minimum(facts, ("roe_weighted", "roe_weighted_after_nonrecurring"))
                .fillna(stated("roe_stated"))
                .fillna(_share(profit, stated("net_assets_cny", "total_equity_cny"))),
                "cash_margin": _share(cash_flow, revenue),
                "asset_turns": _share(revenue, assets),
                "return_on_assets": _share(profit, assets),
                "debt_ratio": _share(debts, assets).fillna(stated("debt_ratio_stated")),
                "current_ratio": _share(current_assets, current_debts).fillna(stated("current_ratio_stated")),
                "quick_ratio": _share(current_assets - inventory, current_debts).fillna(stated("quick_ratio_stated")),
                "inventory_turns": _share(stated("cost_cny"), inventory).fillna(stated("inventory_turns_stated")),
                "receivable_days": (_share(receivables, revenue) * DAYS).fillna(stated("receivable_days_stated")),
                "eps": stated("eps_cny_stated"),
                "net_assets_per_share": _share(stated("net_assets_cny"), stated("share_capital_cny")).fillna(
                    stated("net_assets_per_share_cny_stated")
                ),
                "stated_growth": stated("revenue_growth_stated"),
                "rd_spend": rd_spend,
                "rd_share": _share(rd_spend, revenue),
                "staff": staff,
                "rd_staff_share": _share(stated("rd_staff", "scientific_staff"), staff),
                "revenue_per_head": _share(revenue, staff),
                "profit_per_head": _share(profit, staff),
                "inventions": patents,
                "other_ip": other_ip,
                "inventions_per_100": _share(patents * 100, staff),
                "hitech_share": _share(stated("hitech_income_cny"), stated("total_income_cny", "revenue_cny")),
                "export_share": _share(stated("exports_cny"), revenue),
                "grants_share": _share(stated("government_grants_cny"), revenue),
                "tax_share": _share(stated("tax_paid_cny"), revenue),
                "standards_led": stated("standards_led"),
                "rd_platforms": stated("rd_platforms"),
                "innovation_score": stated("innovation_score"),
                "equity_rounds": stated("equity_rounds"),
            },
            index=facts.index,
        )
        .replace([np.inf, -np.inf], np.nan)
        .set_axis(firm_years)
    )


def facts_minimum(facts: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """The lower of several facts that mean the same thing strictly and less strictly; NaN where none is known."""
    known = [name for name in names if name in facts]
    return facts[known].min(axis=1) if known else _nothing(facts)


def facts_sum(facts: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    """The sum of what is known; NaN where nothing is."""
    known = [name for name in names if name in facts]
    return facts[known].sum(axis=1, min_count=1) if known else _nothing(facts)


def _first_known(facts: pd.DataFrame, names: Iterable[str]) -> pd.Series:
    known = [name for name in names if name in facts]
    if not known:
        return _nothing(facts)
    series = facts[known[0]].astype("float64")
    for name in known[1:]:
        series = series.fillna(facts[name].astype("float64"))
    return series


def _nothing(facts: pd.DataFrame) -> pd.Series:
    return pd.Series(np.nan, index=facts.index, dtype="float64")


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """part / whole where the whole is above 0, else unknown."""
    return part / whole.where(whole > 0)
