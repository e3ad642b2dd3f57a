"""The formulas against figures that real returns state as well."""

import numpy as np
import pandas as pd
import pytest

from pipeline.derived_facts.derivations import FACTS_READ
from pipeline.derived_facts.deriving import with_derived

_HEADINGS = {
    "证券代码": "firm_id",
    "会计年度": "year",
    "营业收入(万元)": "revenue_cny",
    "净利润(万元)": "net_profit_cny",
    "营业收入增长率(%)": "revenue_growth_stated",
    "净利润增长率(%)": "net_profit_growth_stated",
}


@pytest.fixture(scope="module")
def stated(real_data):
    table = pd.read_csv(real_data / "neeq" / "returns.csv")[list(_HEADINGS)].rename(columns=_HEADINGS)
    table["revenue_cny"] *= 1e4
    table["net_profit_cny"] *= 1e4
    table[["revenue_growth_stated", "net_profit_growth_stated"]] /= 100
    return table.set_index(["firm_id", "year"]).sort_index().reindex(columns=list(FACTS_READ)).astype("float64")


@pytest.mark.parametrize(("fact", "within", "share"), [("revenue_cny", 0.02, 0.985), ("net_profit_cny", 0.05, 0.99)])
def test_a_prior_year_out_of_growth_is_the_one_that_was_reported(stated, fact, within, share):
    """Each year alone, so that what it gives for the year before can be held against what that year states."""
    firms, years = (stated.index.get_level_values(level) for level in (0, 1))
    apart = stated.set_axis(pd.MultiIndex.from_arrays([range(len(stated)), years], names=["firm_id", "year"]))
    filled = with_derived(apart)[fact]
    before = filled[filled.index.get_level_values(1) < years[filled.index.get_level_values(0)]].dropna()
    keys = pd.MultiIndex.from_arrays([firms[before.index.get_level_values(0)], before.index.get_level_values(1)])
    reported = stated[fact].reindex(keys).to_numpy()
    known = np.isfinite(reported)
    close = np.abs(before.to_numpy()[known] / reported[known] - 1) < within
    assert known.sum() > 2_000
    assert close.mean() > share
