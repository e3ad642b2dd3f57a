"""Reported facts -> the figures that features are computed from, one row per firm and year.

Firms of a city hand in a full set of statements, firms of a reference cohort often only ratios; here each figure is
computed from its parts where they are known and otherwise taken as reported, so that one feature table serves both.
"""

import numpy as np
import pandas as pd

#: More shares than this cannot be: the largest firm in China has 3.6e11, the largest on NEEQ about 7e9.
#: Profit divided by earnings per share beyond it means that yuan were written in a column of 万元.
MOST_SHARES = 1e10
DAYS = 365.0


class ReportedFacts:
    """The facts of some firm-years, requested by name; a fact without any report is unknown throughout.

    `requested`: every name that was requested; what has to be read from the database follows from it.
    """

    def __init__(self, facts: pd.DataFrame) -> None:
        self._facts = facts
        self.requested: set[str] = set()

    @property
    def index(self) -> pd.Index:
        return self._facts.index

    def first_known(self, *names: str) -> pd.Series:
        """Row by row the first of these facts that is known."""
        columns = self._columns(names)
        if not columns:
            return self._unknown()
        series = self._facts[columns[0]].astype("float64")
        for name in columns[1:]:
            series = series.fillna(self._facts[name].astype("float64"))
        return series

    def lowest(self, *names: str) -> pd.Series:
        """The lower of several facts that mean the same thing strictly and less strictly; NaN where none is known."""
        columns = self._columns(names)
        return self._facts[columns].min(axis=1) if columns else self._unknown()

    def total(self, *names: str) -> pd.Series:
        """The sum of what is known; NaN where nothing is."""
        columns = self._columns(names)
        return self._facts[columns].sum(axis=1, min_count=1) if columns else self._unknown()

    def _columns(self, names: tuple[str, ...]) -> list[str]:
        self.requested.update(names)
        return [name for name in names if name in self._facts]

    def _unknown(self) -> pd.Series:
        return pd.Series(np.nan, index=self._facts.index, dtype="float64")


def yearly_figures(facts: pd.DataFrame) -> pd.DataFrame:
    """Figures per firm and year from the facts known on a day.

    `facts` as pipeline.facts.as_known_on gives it: index (firm_id, year), money in yuan, shares as fractions;
    a missing column counts as unknown throughout. Returns float64 columns on the same index, NaN unknown.
    Money whose unit cannot be right (see MOST_SHARES) is unknown here: the facts themselves stay as reported.
    """
    # Each column taken would take a copy of the index along: for one firm, most of the work.
    return _figures(ReportedFacts(facts.set_axis(pd.RangeIndex(len(facts))))).set_axis(facts.index)


def _figures(reported: ReportedFacts) -> pd.DataFrame:
    known = reported.first_known
    revenue = known("revenue_cny", "main_business_revenue_cny", "total_income_cny")
    profit = known("net_profit_cny", "net_profit_attributable_cny")
    lower_profit = reported.lowest("net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
    lower_profit = lower_profit.fillna(profit)
    believable = ~((profit / known("eps_cny_stated")).abs() > MOST_SHARES)
    revenue, profit, lower_profit = (money.where(believable) for money in (revenue, profit, lower_profit))
    revenue = revenue.where(revenue >= 0)  # a negative revenue is a correction booked late, not a size
    equity = known("total_equity_cny", "net_assets_cny")
    assets, debts = known("total_assets_cny"), known("total_liabilities_cny")
    current_debts, inventory = known("current_liabilities_cny"), known("inventory_cny")
    current_assets, receivables = known("current_assets_cny"), known("receivables_cny")
    staff = known("staff")
    patents = known("invention_patents", "class1_ip")
    other_ip = reported.total("utility_patents", "design_patents", "software_copyrights")
    rd_spend = known("rd_spend_cny", "rd_expense_hnte_cny", "rd_expense_cny")
    cash_flow = known("operating_cash_flow_cny")
    gross_margin = _share(revenue - known("cost_cny"), revenue).fillna(known("gross_margin_stated"))
    figures = pd.DataFrame(
        {
            "revenue": revenue,
            "profit": profit,
            "lower_profit": lower_profit,
            "equity": equity,
            "assets": assets,
            "cash_flow": cash_flow,
            "gross_margin": gross_margin,
            "gross_profit": gross_margin * revenue,
            "profit_of_gross_profit": _share(profit, gross_margin * revenue),
            "share_capital": known("share_capital_cny"),
            "net_margin": _share(profit, revenue).fillna(known("net_margin_stated")),
            "roe": reported.lowest("roe_weighted", "roe_weighted_after_nonrecurring")
            .fillna(known("roe_stated"))
            .fillna(_share(profit, known("net_assets_cny", "total_equity_cny"))),
            "cash_margin": _share(cash_flow, revenue),
            "asset_turns": _share(revenue, assets),
            "return_on_assets": _share(profit, assets),
            "debt_ratio": _share(debts, assets).fillna(known("debt_ratio_stated")),
            "current_ratio": _share(current_assets, current_debts).fillna(known("current_ratio_stated")),
            "quick_ratio": _share(current_assets - inventory, current_debts).fillna(known("quick_ratio_stated")),
            "inventory_turns": _share(known("cost_cny"), inventory).fillna(known("inventory_turns_stated")),
            "receivable_days": (_share(receivables, revenue) * DAYS).fillna(known("receivable_days_stated")),
            "eps": known("eps_cny_stated"),
            "net_assets_per_share": _share(known("net_assets_cny"), known("share_capital_cny")).fillna(
                known("net_assets_per_share_cny_stated")
            ),
            "stated_growth": known("revenue_growth_stated"),
            "rd_spend": rd_spend,
            "rd_share": _share(rd_spend, revenue),
            "staff": staff,
            "rd_staff_share": _share(known("rd_staff", "scientific_staff"), staff),
            "revenue_per_head": _share(revenue, staff),
            "profit_per_head": _share(profit, staff),
            "inventions": patents,
            "other_ip": other_ip,
            "inventions_per_100": _share(patents * 100, staff),
            "hitech_share": _share(known("hitech_income_cny"), known("total_income_cny", "revenue_cny")),
            "export_share": _share(known("exports_cny"), revenue),
            "grants_share": _share(known("government_grants_cny"), revenue),
            "tax_share": _share(known("tax_paid_cny"), revenue),
        },
        index=reported.index,
    )
    return figures.replace([np.inf, -np.inf], np.nan)


def facts_of_figures() -> set[str]:
    """The facts that yearly_figures asks for."""
    reported = ReportedFacts(pd.DataFrame(index=pd.RangeIndex(0)))
    _figures(reported)
    return reported.requested


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """part / whole where the whole is above 0, else unknown."""
    return part / whole.where(whole > 0)
