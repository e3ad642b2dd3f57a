"""Builds facts and firms frames from what a test says of a firm, money in 10k yuan where the short names are used."""

from typing import Any

import pandas as pd

from pipeline.catalog import catalog

#: Short name -> facts that it sets. All money, in 10k yuan, but roe.
SHORT = {
    "profit": ("net_profit_attributable_cny", "net_profit_after_nonrecurring_cny"),
    "before": ("net_profit_attributable_cny",),
    "after": ("net_profit_after_nonrecurring_cny",),
    "revenue": ("revenue_cny",),
    "cash": ("operating_cash_flow_cny",),
    "rd": ("rd_spend_cny",),
    "value": ("expected_market_value_cny",),
    "roe": ("roe_weighted", "roe_weighted_after_nonrecurring"),
}


def facts_and_firms(said: dict[str, dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`said`: firm id -> {fact or short name: {year: value}, or one value}.

    One value holds for the firm, or for its latest year where the fact is one of a year.
    """
    figures: dict[tuple[str, int], dict[str, Any]] = {}
    labels: dict[str, dict[str, Any]] = {firm: {} for firm in said}
    for firm, facts in said.items():
        latest = max((year for value in facts.values() if isinstance(value, dict) for year in value), default=2023)
        for name, value in facts.items():
            if not isinstance(value, dict) and name in catalog() and not catalog()[name].per_firm:
                value = {latest: value}
            if not isinstance(value, dict):
                labels[firm][name] = value
                continue
            factor = 10_000 if name in SHORT and name != "roe" else 1
            for year, figure in value.items():
                row = figures.setdefault((firm, year), {})
                row |= dict.fromkeys(
                    SHORT.get(name, (name,)), None if figure is None else figure * factor if factor > 1 else figure
                )
    index = pd.MultiIndex.from_tuples(list(figures), names=["firm_id", "year"])
    columns = {fact for row in figures.values() for fact in row}
    frame = pd.DataFrame(
        {name: _typed(name, [row.get(name) for row in figures.values()], index) for name in sorted(columns)}, index
    )
    firms = pd.DataFrame.from_dict(labels, orient="index")
    firms.index.name = "firm_id"
    for name in firms:
        firms[name] = _typed(str(name), list(firms[name]), firms.index)
    return frame.sort_index(), firms


def _typed(name: str, values: list[Any], index: pd.Index) -> pd.Series:
    fact = catalog().get(name)
    if fact is None or fact.numeric:
        return pd.Series(values, index, dtype="float64")
    if fact.type == "date":
        return pd.Series(pd.to_datetime(values), index).astype("datetime64[s]")
    return pd.Series(values, index, dtype=pd.StringDtype(na_value=float("nan")))
