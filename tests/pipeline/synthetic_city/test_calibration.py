"""The made-up city has the statistics of the real ones around it, whatever the seed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.synthetic_city import City, draw
from tests.pipeline.synthetic_city.conftest import UNTIL

FIVE_YEARS_AGO = pd.Timestamp(date(UNTIL.year - 5, UNTIL.month, UNTIL.day))


@pytest.fixture(scope="module", params=[0, 1, 2])
def any_city(request: pytest.FixtureRequest, city: City) -> City:
    return city if request.param == 0 else draw(2200, request.param, until=UNTIL)


def test_revenue_is_lognormal_about_39_million_yuan(any_city: City):
    logs = np.log(any_city.facts["revenue_cny"])
    assert np.exp(logs.median()) == pytest.approx(39.4e6, rel=0.08)
    assert logs.std() == pytest.approx(1.55, abs=0.06)
    assert (any_city.facts["revenue_cny"] > 20e6).mean() == pytest.approx(0.669, abs=0.02)


def test_one_firm_in_fifty_has_a_billion_and_none_is_a_giant(any_city: City):
    revenue = any_city.facts["revenue_cny"]
    assert 0.012 < (revenue > 1e9).mean() < 0.028
    assert revenue.max() < 8e9


def test_research_is_about_a_twenty_fourth_of_revenue_and_bunches_just_above_what_recognition_asks(any_city: City):
    facts = any_city.facts
    assert facts["rd_spend_cny"].sum() / facts["revenue_cny"].sum() == pytest.approx(0.041, abs=0.003)
    small = facts[facts["revenue_cny"] <= 50e6]
    share = small["rd_spend_cny"] / small["revenue_cny"]
    just_above, just_below = share.between(0.05, 0.055).mean(), share.between(0.045, 0.05, inclusive="left").mean()
    assert just_above > 5 * just_below


def test_a_quarter_to_a_third_of_firms_lose_money_and_the_city_earns_six_per_cent(any_city: City):
    facts = any_city.facts
    assert 0.25 <= (facts["net_profit_cny"] < 0).mean() <= 0.30
    assert facts["net_profit_cny"].sum() / facts["revenue_cny"].sum() == pytest.approx(0.06, abs=0.008)


def test_staff_and_patents_have_the_means_of_the_statistics(any_city: City):
    facts = any_city.facts
    assert 124 < facts["staff"].mean() < 140
    patents = facts[["invention_patents", "utility_patents", "design_patents"]].sum(axis=1)
    assert patents.mean() == pytest.approx(31.6, rel=0.06)
    assert facts["invention_patents"].mean() == pytest.approx(3.7, rel=0.08)


def test_the_seven_districts_have_their_shares(any_city: City):
    firms = any_city.facts.groupby(level="firm_id").last()
    shares = firms["district_code"].value_counts(normalize=True)
    assert set(shares.index) == {"440703", "440704", "440705", "440781", "440783", "440784", "440785"}
    assert shares["440704"] == pytest.approx(0.27, abs=0.03)
    assert shares["440785"] == pytest.approx(0.03, abs=0.015)


def test_at_least_eighty_firms_file_for_tutoring_in_five_years_and_a_dozen_or_so_list(any_city: City):
    recent = any_city.events[any_city.events["occurred_on"] >= FIVE_YEARS_AGO]
    kinds = recent["kind"].value_counts()
    assert 80 <= kinds["tutoring_filed"] <= 150
    assert 8 <= kinds["listed"] <= 26
    assert kinds["tutoring_terminated"] > 20
    assert kinds["withdrawn"] > 15


@pytest.mark.parametrize("until", [date(2025, 5, 1), date(2026, 5, 1), date(2028, 1, 15)])
def test_there_are_filings_enough_to_learn_from_on_other_days_too(until: date):
    events = draw(2200, 0, until=until).events
    recent = events["occurred_on"] >= pd.Timestamp(until) - pd.DateOffset(years=5)
    assert (events["kind"] == "tutoring_filed")[recent].sum() >= 80


def test_a_firm_of_last_year_is_much_the_same_this_year(any_city: City):
    margin = (any_city.facts["net_profit_cny"] / any_city.facts["revenue_cny"]).unstack("year")
    revenue = np.log(any_city.facts["revenue_cny"]).unstack("year")
    first, second = margin.columns[0], margin.columns[1]
    assert 0.45 < margin[first].corr(margin[second]) < 0.8
    assert revenue[first].corr(revenue[second]) > 0.97


def test_profit_tells_who_will_file_within_two_years_but_not_surely(any_city: City):
    """Area under the curve of one figure, on each of three scoring dates: something to learn, and noise."""
    filed = any_city.events[any_city.events["kind"] == "tutoring_filed"].groupby("firm_id")["occurred_on"].min()
    areas = []
    for year in (2022, 2023, 2024):
        day = pd.Timestamp(year, 5, 1)
        profit = any_city.facts["net_profit_cny"].xs(year - 1, level="year")
        when = filed.reindex(profit.index)
        at_risk = ~(when <= day)
        ranks = profit[at_risk].rank()
        files = (when[at_risk] <= day + pd.DateOffset(months=24)).to_numpy()
        wins = ranks[files].sum() - files.sum() * (files.sum() + 1) / 2
        areas.append(wins / (files.sum() * (~files).sum()))
    assert 0.75 < np.mean(areas) < 0.93
