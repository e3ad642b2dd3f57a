"""Market values: the stated one decides, the estimate stands apart and never enters a verdict."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipeline.reference import market_multiples
from pipeline.rules.definition import exchange_rates
from pipeline.rules.evaluation import evaluate
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_table, market_value
from pipeline.rules.reports import board_tables
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2024, 6, 1)


def verdicts(firm: dict) -> Verdicts:  # type: ignore[type-arg]
    return evaluate.check(*facts_and_firms({"Lotus": firm}), DAY)


def test_the_value_implied_by_multiples_never_enters_a_verdict() -> None:
    found = verdicts(
        {"profit": {2022: 5000, 2023: 9000}, "revenue": {2022: 20000, 2023: 50000}, "industry_code": "I65"}
    )
    values = market_value.market_values(found).loc["Lotus"]
    assert values["implied_cny"] == pytest.approx(9000e4 * 35)  # above every line of ChiNext's standard 2
    assert found.verdict("chinext-2024-S2")["Lotus"] == "unknown"


def test_a_firm_without_profit_is_estimated_by_its_sales() -> None:
    values = market_value.market_values(
        verdicts({"profit": {2023: -100}, "revenue": {2023: 1000}, "industry_code": "C39"})
    ).loc["Lotus"]
    assert (values["implied_by"], values["multiple"]) == ("sales", 3.5)
    assert values["implied_cny"] == pytest.approx(1000e4 * 3.5)


def test_the_longest_beginning_of_an_industry_code_counts() -> None:
    by_code = {
        code: market_value.market_values(verdicts({"profit": {2023: 1}, "industry_code": code})).loc[
            "Lotus", "industry"
        ]
        for code in ("C3824", "C13", "38", "A01")
    }
    assert by_code == {"C3824": "C38", "C13": "C", "38": "C38", "A01": "*"}


def test_before_the_first_line_of_the_table_there_is_no_estimate() -> None:
    facts, firms = facts_and_firms({"Lotus": {"profit": {2021: 100}, "industry_code": "C38"}})
    values = market_value.market_values(evaluate.check(facts, firms, date(2022, 6, 1)))
    assert values["implied_cny"].isna().all()


def test_the_stated_value_comes_with_its_day() -> None:
    found = verdicts(
        {"profit": {2023: 100}, "latest_round_valuation_cny": {2023: 3e8}, "latest_round_on": {2023: date(2023, 11, 5)}}
    )
    values = market_value.market_values(found).loc["Lotus"]
    assert (values["stated_as"], values["stated_on"]) == ("latest_round", pd.Timestamp("2023-11-05"))
    star = next(row for row in board_tables.firm_boards(found, "Lotus") if row.standing.board == "star")
    assert star.market_value is not None
    assert str(star.market_value.stated) == (
        "最近一轮投后估值 3 亿元 2023-11-05，未填报预计市值（发行后总股本×发行价格），暂以此代替"
    )
    assert str(star.market_value.estimate).startswith("估算（不计入判定）")


def note(firm: dict) -> board_tables.MarketValueNote:  # type: ignore[type-arg]
    star = next(row for row in board_tables.firm_boards(verdicts(firm), "Lotus") if row.standing.board == "star")
    assert star.market_value is not None
    return star.market_value


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2022, 6, 1), "最近一轮投后估值 3 亿元 2022-06-01，未填报预计市值（发行后总股本×发行价格），暂以此代替"),
        (date(2022, 5, 31), "最近一轮投后估值 3 亿元 2022-05-31：不在近 24 个月内，不作为市值"),
        (None, "最近一轮投后估值 3 亿元：融资日期未填报，不作为市值"),
    ],
)
def test_a_round_that_is_too_old_is_said_to_be_no_market_value(day: date | None, said: str) -> None:
    firm = {"profit": {2023: 100}, "latest_round_valuation_cny": {2023: 3e8}, "latest_round_on": {2023: day}}
    assert str(note(firm).stated) == said


def test_an_expected_value_of_long_ago_is_said_to_be_none_either() -> None:
    firm = {"profit": {2023: 100}, "value": {2023: 30000}, "expected_market_value_on": {2023: date(2022, 5, 1)}}
    assert str(note(firm).stated) == "预计市值 3 亿元 2022-05-01：测算距今超过 24 个月，不作为市值"
    values = market_value.market_values(verdicts(firm)).loc["Lotus"]
    assert (values["stated_as"], values["unused_as"], values["unused_cny"]) == ("", "expected", 3e8)


def test_a_value_and_the_day_of_another_return_do_not_belong_together() -> None:
    firm = {
        "profit": {2022: 100, 2023: 100},
        "latest_round_valuation_cny": {2022: 3e8},
        "latest_round_on": {2022: date(2020, 1, 1), 2023: date(2024, 1, 1)},
    }
    assert str(note(firm).stated).endswith("2020-01-01：不在近 24 个月内，不作为市值")


@pytest.mark.parametrize(
    ("stated", "said"), [(6e8, None), (6.01e8, "为估算值的 3.0 倍，请核实"), (62e8, "为估算值的 31 倍，请核实")]
)
def test_a_value_of_more_than_three_times_the_estimate_is_said_to_be_one_to_check(
    stated: float, said: str | None
) -> None:
    # 10 million at 20 times earnings are 200 million.
    firm = {"profit": {2023: 1000}, "industry_code": "C26", "expected_market_value_cny": {2023: stated}}
    doubt = note(firm).doubt
    assert (None if doubt is None else str(doubt)) == said


@pytest.mark.parametrize(("profit", "by"), [(30, "earnings"), (29.99, "sales")])
def test_a_thin_profit_says_less_than_sales(profit: float, by: str) -> None:
    firm = {"profit": {2023: profit}, "revenue": {2023: 1000}, "industry_code": "C26"}
    assert market_value.market_values(verdicts(firm)).loc["Lotus", "implied_by"] == by


def test_each_standard_says_which_value_it_needs() -> None:
    needed = market_value.values_needed(verdicts({"profit": {2023: 1}})).set_index("rule")["needed_cny"]
    assert needed["star-S4"] == 30e8
    assert needed["hk-cap-rev"] == pytest.approx(40e8 * 0.9062)


def test_the_table_of_multiples_is_dated_and_marked_as_a_guess() -> None:
    table = market_multiples.multiples()
    assert set(table["source"]) == {"own"}
    assert set(table["confidence"]) == {"low"}


@pytest.mark.parametrize(
    ("day", "rate"),
    [(date(2023, 12, 30), 0.8933), (date(2023, 12, 31), 0.9062), (date(2030, 1, 1), None), (date(2010, 1, 1), None)],
)
def test_a_rate_holds_from_its_day_for_about_a_year(day: date, rate: float | None) -> None:
    assert exchange_rates.rate_on("HKD", day) == rate


def test_a_day_twice_in_a_reference_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(
        "currency,on,cny_per_unit,source,confidence\nHKD,2024-01-01,0.9,own,low\nHKD,2024-01-01,0.8,own,low\n"
    )
    with pytest.raises(ValueError, match="twice"):
        exchange_rates.rates(file)


def test_a_standard_that_hangs_on_an_old_round_says_so() -> None:
    old = {
        "profit": {2023: 100},
        "latest_round_valuation_cny": {2023: 3e8},
        "latest_round_on": {2023: date(2022, 5, 1)},
    }
    lacks = {}
    for name, firm in (("old", old), ("none", {"profit": {2023: 100}})):
        gaps = condition_table.of_firm(verdicts(firm), "Lotus").gaps["star"]
        lacks[name] = next(str(gap) for gap in gaps if "预计市值" in str(gap))
    assert lacks["old"].endswith("无法判断，没有预计市值，近 24 个月内也没有融资估值")
    assert lacks["none"].endswith("无法判断，缺：预计市值、最近一轮投后估值")


@pytest.mark.parametrize("known", ["before", "after"])
def test_an_estimate_goes_by_the_known_side_of_the_profit_where_a_standard_waits_for_the_other(known: str) -> None:
    found = verdicts({known: {2022: 5000, 2023: 9000}, "revenue": {2022: 20000, 2023: 50000}, "industry_code": "I65"})
    values = market_value.market_values(found).loc["Lotus"]
    assert (values["implied_by"], values["implied_cny"]) == ("earnings", pytest.approx(9000e4 * 35))
    assert found.verdict("chinext-2024-S1")["Lotus"] == "unknown"
