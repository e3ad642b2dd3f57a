"""The made-up city is a possible one: parts give wholes, days come in order, nothing is from tomorrow."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from stdnum.cn import uscc

from pipeline.catalog import catalog
from pipeline.facts import public_on
from pipeline.synthetic_city import City, draw
from pipeline.synthetic_city.names import brands
from tests.pipeline.synthetic_city.conftest import UNTIL

#: Brands of the region and of everyday life, and the listed firms of the real city: no coinage contains one.
REAL_BRANDS = """
    甘化 春晖 华铁 量子 睿智 江粉 领益 科恒 金莱特 小崧 特一 汉宇 道氏 世运 奇德 芳源 维达 华津 优巨 雅图 李锦记 大长江
    无限极 海信 美的 格力 华为 腾讯 比亚迪 小米 蔚来 理想 联想 海尔 万科 阿里 百度 京东 中兴 宁德 立讯 蓝思 德赛 亿纬
    欣旺达 恒大 中车
"""


def test_both_check_digits_of_every_credit_code_hold(city: City):
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    for code in city.facts.index.unique("firm_id"):
        assert uscc.is_valid(code), code
        values = [int(letter, 36) for letter in code[8:16]]
        check = (11 - sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11) % 11
        assert code[16] == "0123456789X"[check], code


def test_no_credit_code_can_be_that_of_a_real_firm(city: City):
    """A real organisation code begins with a digit or with MA."""
    codes = city.facts.index.unique("firm_id")
    assert all(code[8:10] == "XN" for code in codes)
    assert codes.is_unique


def test_a_code_carries_the_district_of_its_firm(city: City):
    codes = city.facts.index.get_level_values("firm_id")
    assert (codes.str[2:8] == city.facts["district_code"]).all()


def test_no_name_is_that_of_a_real_brand_and_no_two_firms_share_one(city: City):
    latest = city.facts["name"].groupby(level="firm_id").last()
    assert latest.is_unique
    assert not [name for name in latest for brand in REAL_BRANDS.split() if brand in name[:3]]
    every = "".join(brands(27_000, np.random.default_rng(0)))
    assert not [brand for brand in REAL_BRANDS.split() if set(brand) <= set(every)]


def test_assets_are_liabilities_and_equity_to_the_yuan(city: City):
    facts = city.facts
    assert (facts["total_assets_cny"] == facts["total_liabilities_cny"] + facts["total_equity_cny"]).all()


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("rd_staff", "staff"),
        ("scientific_staff", "staff"),
        ("rd_staff", "scientific_staff"),
        ("hitech_income_cny", "total_income_cny"),
        ("main_business_revenue_cny", "revenue_cny"),
        ("revenue_cny", "total_income_cny"),
        ("exports_cny", "revenue_cny"),
        ("cost_cny", "total_cost_cny"),
        ("rd_expense_cny", "rd_spend_cny"),
        ("rd_expense_domestic_cny", "rd_expense_hnte_cny"),
        ("current_assets_cny", "total_assets_cny"),
        ("receivables_cny", "current_assets_cny"),
        ("inventory_cny", "current_assets_cny"),
        ("current_liabilities_cny", "total_liabilities_cny"),
        ("invention_patents_main", "invention_patents"),
        ("share_capital_cny", "share_capital_post_issue_cny"),
    ],
)
def test_no_part_is_larger_than_its_whole(city: City, part: str, whole: str):
    assert not (city.facts[part] > city.facts[whole] + 100).any()


def test_share_capital_after_a_reform_is_within_net_assets_of_that_year(city: City):
    reformed = city.facts["share_reform_on"].dt.year
    at_reform = city.facts[reformed == city.facts.index.get_level_values("year")]
    able = at_reform[at_reform["total_equity_cny"] > 2e6]
    assert len(able) > 50
    assert (able["share_capital_cny"] <= able["total_equity_cny"]).all()


def test_every_figure_is_within_the_range_of_the_catalogue(city: City):
    for name, fact in catalog().items():
        if name in city.facts and fact.numeric:
            values = city.facts[name].dropna()
            assert fact.low is None or (values >= fact.low).all(), name
            assert fact.high is None or (values <= fact.high).all(), name
        if name in city.facts and fact.values:
            assert set(city.facts[name].dropna()) <= set(fact.values), name


def test_at_least_forty_facts_are_told(city: City):
    assert city.facts.shape[1] >= 60
    assert city.facts["revenue_cny"].notna().all()


def test_nothing_is_told_that_has_not_happened(city: City):
    years = city.facts.index.get_level_values("year")
    assert len(city.years) == 5
    assert public_on(city.years[-1]) <= UNTIL
    assert (city.events["occurred_on"] <= pd.Timestamp(UNTIL)).all()
    told_on = pd.to_datetime([public_on(year) for year in years])
    for name, fact in catalog().items():
        if fact.type == "date" and name in city.facts and name != "hnte_expires_on":
            later = city.facts[name].notna().to_numpy() & (city.facts[name].to_numpy() > told_on)
            assert not later.any(), name


def test_the_year_not_yet_public_is_not_told():
    assert draw(40, 0, until=date(2026, 4, 29)).years[-1] == 2024
    assert draw(40, 0, until=date(2026, 4, 30)).years[-1] == 2025


def test_certificates_last_three_years_and_the_last_one_is_told(city: City):
    facts = city.facts
    months = (facts["hnte_expires_on"] - facts["hnte_certified_on"]).dt.days
    assert months.between(1090, 1096).all()
    in_force = facts["hnte_expires_on"].dt.year >= facts.index.get_level_values("year")
    assert 0.88 < in_force.mean() < 0.99
    assert (facts["registered_on"] + pd.Timedelta(days=365) < facts["hnte_certified_on"]).all()


def test_the_stages_of_a_firm_come_in_their_order(city: City):
    order = [
        "tutoring_filed",
        "tutoring_accepted",
        "tutoring_passed",
        "filed",
        "accepted",
        "inquiry",
        "listing_committee_passed",
        "registration_submitted",
        "registered",
        "prospectus_signed",
        "listed",
    ]
    days = city.events.pivot_table(index="firm_id", columns="kind", values="occurred_on", aggfunc="min")
    for earlier, later in pairwise(order):
        reached = days[later].notna()
        assert days.loc[reached, earlier].notna().all(), later
        assert (days.loc[reached, earlier] <= days.loc[reached, later]).all(), later
    filed = days["tutoring_filed"].notna()
    assert (days.loc[filed, ["advisers_signed", "share_reform"]].max(axis=1) <= days.loc[filed, "tutoring_filed"]).all()
    waited = (days["tutoring_passed"] - days["tutoring_filed"]).dropna().dt.days
    assert waited.min() >= 90  # a tutoring lasts three months at least


def test_a_firm_lists_in_beijing_after_a_year_on_neeq(city: City):
    at = city.events.set_index("firm_id")
    listed = at[(at["kind"] == "listed") & (at["board"] == "北交所")]["occurred_on"]
    quoted = at[at["kind"] == "neeq_listed"]["occurred_on"].groupby(level=0).min()
    assert len(listed) > 3
    assert (listed - quoted.reindex(listed.index)).dt.days.min() >= 365


def test_a_reform_is_told_in_the_return_after_it_and_renames_the_firm(city: City):
    reform = city.events[city.events["kind"] == "share_reform"].groupby("firm_id")["occurred_on"].min()
    facts = city.facts.join(reform.rename("reform"), on="firm_id")
    told = facts["share_reform_on"].notna()
    assert (facts.loc[told, "share_reform_on"] == facts.loc[told, "reform"]).all()
    assert facts.loc[told, "name"].str.endswith("股份有限公司").all()
    assert not facts.loc[~told, "name"].str.endswith("股份有限公司").any()


def test_who_is_asked_by_the_survey_does_not_depend_on_who_lists(city: City):
    """Among firms of the same size and profit, those that list are asked as often as the others."""
    listed = city.events.loc[city.events["kind"] == "listed", "firm_id"].unique()
    strong = (city.facts["revenue_cny"] > 50e6) & (city.facts["net_profit_cny"] > 3e6)
    lists = city.facts.index.get_level_values("firm_id").isin(listed)
    assert city.asked[strong & ~lists].mean() == pytest.approx(0.9, abs=0.02)
    assert city.asked[strong & lists].mean() == pytest.approx(0.9, abs=0.1)


def test_the_same_seed_gives_the_same_city_and_another_seed_another():
    one, same, other = (draw(60, seed, until=UNTIL) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one.facts, same.facts)
    pd.testing.assert_frame_equal(one.events, same.events)
    assert set(one.facts.index.unique("firm_id")) != set(other.facts.index.unique("firm_id"))
