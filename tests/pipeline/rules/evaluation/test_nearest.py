"""The nearest standard of each board, the board that fits best, and the filters made of them."""

from datetime import date

import pandas as pd

from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import board_tables
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2024, 6, 1)
CITY = {
    # One condition short by a fifth and a bit: profit of the latest year 4,800 of 6,000 is exactly 20 % short.
    "Lotus": {"profit": {2022: 6000, 2023: 4800}, "revenue": {2022: 20000, 2023: 22000}},
    "Kapok": {"profit": {2022: 6000, 2023: 4799}, "revenue": {2022: 20000, 2023: 22000}},
    "Banyan": {
        "profit": {2021: 9000, 2022: 9000, 2023: 11000},
        "revenue": {2021: 40000, 2022: 50000, 2023: 70000},
        "cash": {2021: 9000, 2022: 9000, 2023: 9000},
    },
    "Silent": {"staff": {2023: 20}},
}


def city() -> Verdicts:
    return evaluate.check(*facts_and_firms(CITY), DAY)


def of(verdicts: Verdicts, firm: str, board: str) -> pd.Series:
    table = nearest.by_board(verdicts)
    return table[(table["firm_id"] == firm) & (table["board"] == board)].iloc[0]


def test_the_nearest_standard_is_the_one_with_the_fewest_conditions_not_met() -> None:
    lotus = of(city(), "Lotus", "chinext")
    assert (lotus["nearest"], lotus["conditions_missing"]) == ("chinext-2024-S1", 1)


def test_an_unknown_condition_counts_as_two_and_as_wholly_missing() -> None:
    verdicts = city()
    place = verdicts.place("star-S4")
    lotus = list(verdicts.firm_ids).index("Lotus")
    assert verdicts.conditions_missing[place, lotus] == 3  # value unknown (2), revenue 22,000 of 30,000 (1)
    assert verdicts.largest_gap_share[place, lotus] == 1.0


def test_among_standards_that_miss_as_many_conditions_the_smaller_gap_is_nearer() -> None:
    firm = {
        "profit": {2022: -100, 2023: 2400},
        "roe": {2022: -0.1, 2023: 0.2},
        "value": {2023: 30000},
        "revenue": {2022: 9000, 2023: 12000},
        "cash": {2023: 10},
    }
    found = evaluate.check(*facts_and_firms({"Lotus": firm}), DAY)
    # Standard 1 lacks 100 of 2,500 (4 %), standard 2 lacks 10,000 of 40,000 of value (25 %).
    assert of(found, "Lotus", "bse")["nearest"] == "bse-S1"


def test_within_twenty_per_cent_includes_exactly_twenty_and_not_a_yuan_more() -> None:
    passed = board_tables.filters(city())
    assert list(passed.index[passed["chinext within_20_percent"]]) == ["Lotus", "Banyan"]
    assert list(passed.index[passed["chinext meets"]]) == ["Banyan"]


def test_a_known_small_gap_comes_before_a_standard_that_lacks_only_a_market_value() -> None:
    # Standard 1 misses two profits by a tenth; standard 3 misses nothing that is known, but nobody knows the value.
    firm = {"profit": {2022: 3600, 2023: 5400}, "revenue": {2023: 35000}}
    assert (
        of(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY), "Lotus", "chinext")["nearest"] == "chinext-2024-S1"
    )


def test_nobody_is_within_twenty_per_cent_of_a_board_whose_standards_are_unknown() -> None:
    assert not board_tables.filters(city()).loc["Lotus", "star within_20_percent"]


def test_the_best_fitting_board_is_the_most_demanding_one_that_is_met() -> None:
    assert of(city(), "Banyan", "main")["best"]
    assert board_tables.cohort_table(city()).loc["Banyan", "best_board"] == "main"


def test_a_board_whose_positioning_is_refused_fits_no_firm_best() -> None:
    firm = {
        "profit": {2022: 7000, 2023: 7000},
        "industry_code": "H61",
        "fused_with_new_economy": 0,
        "revenue": {2021: 50000, 2022: 50000, 2023: 50000},
    }
    found = evaluate.check(*facts_and_firms({"Lotus": firm}), DAY)
    chinext = of(found, "Lotus", "chinext")
    assert (chinext["standard"], chinext["positioning"], chinext["best"]) == ("met", "not_met", False)


def test_a_firm_without_statements_fits_no_board() -> None:
    verdicts = city()
    assert not any(of(verdicts, "Silent", board)["best"] for board in verdicts.boards)
    assert pd.isna(board_tables.cohort_table(verdicts).loc["Silent", "best_board"])


def test_parts_that_a_board_does_not_have_are_not_asked() -> None:
    verdicts = city()
    assert of(verdicts, "Lotus", "hkex")["positioning"] == "not_asked"
    assert of(verdicts, "Lotus", "main")["precondition"] == "unknown"


def test_unknown_exceptional_routes_do_not_lift_a_refusal_and_a_confirmed_one_does() -> None:
    firm = {
        "profit": {2023: 100},
        "revenue": {2021: 1000, 2022: 1000, 2023: 1000},
        "rd": {2021: 1, 2022: 1, 2023: 1},
        "staff": {2023: 100},
        "rd_staff": {2023: 1},
        "invention_patents_main": {2023: 0},
        "industry_code": "C40",
    }
    facts, firms = facts_and_firms({"Lotus": firm, "Banyan": {**firm, "national_science_award": 1}})
    found = evaluate.check(facts, firms, DAY)
    assert of(found, "Lotus", "star")["positioning"] == "not_met"
    assert of(found, "Banyan", "star")["positioning"] == "met"


def test_filters_have_a_column_a_board_and_question() -> None:
    found = board_tables.filters(city())
    assert found.loc["Banyan", ["main meets", "chinext meets", "chinext within_20_percent"]].all()
    assert found.loc["Lotus", ["chinext within_20_percent", "chinext not_met"]].tolist() == [True, True]
    assert board_tables.filter_label("bse", "meets") == "满足北交所"
    assert board_tables.filter_label("chinext", "within_20_percent") == "距创业板 20% 以内"
