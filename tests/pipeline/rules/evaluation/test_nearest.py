"""The nearest standard of each board, the board that fits best, and the filters made of them."""

from datetime import date

import pandas as pd
import pytest

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
    assert list(passed.index[passed["chinext within_20_percent"]]) == ["Lotus"]  # who meets it is not counted again
    assert list(passed.index[passed["chinext standard_only"]]) == ["Banyan"]


def test_a_known_small_gap_comes_before_a_standard_that_lacks_only_a_market_value() -> None:
    # Standard 1 misses two profits by a tenth; standard 3 misses nothing that is known, but nobody knows the value.
    firm = {"profit": {2022: 3600, 2023: 5400}, "revenue": {2023: 35000}}
    assert (
        of(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY), "Lotus", "chinext")["nearest"] == "chinext-2024-S1"
    )


def test_nobody_is_within_twenty_per_cent_of_a_board_whose_standards_are_unknown() -> None:
    assert not board_tables.filters(city()).loc["Lotus", "star within_20_percent"]


def test_a_board_that_fits_comes_before_a_more_demanding_one_that_is_met_narrowly() -> None:
    # 11,000 of 10,000 on the main board is a margin of 1.1; ChiNext asks for 6,000 and 10,000 in two years.
    main, chinext = of(city(), "Banyan", "main"), of(city(), "Banyan", "chinext")
    assert (main["margin_class"], chinext["margin_class"]) == ("narrow", "fits")
    assert main["margin"] == pytest.approx(1.1)
    assert chinext["best"]
    assert board_tables.cohort_table(city()).loc["Banyan", "best_board"] == "chinext"


@pytest.mark.parametrize(("profit", "margin_class"), [(12000, "fits"), (11999, "narrow"), (10000, "narrow")])
def test_a_met_standard_fits_from_a_fifth_above_its_line(profit: int, margin_class: str) -> None:
    firm = {**CITY["Banyan"], "profit": {2021: 9000, 2022: 9000, 2023: profit}}
    assert of(evaluate.check(*facts_and_firms({"Banyan": firm}), DAY), "Banyan", "main")["margin_class"] == margin_class


def test_where_margins_are_alike_the_more_demanding_board_comes_first() -> None:
    firm = {**CITY["Banyan"], "profit": {2021: 30000, 2022: 30000, 2023: 30000}}
    assert of(evaluate.check(*facts_and_firms({"Banyan": firm}), DAY), "Banyan", "main")["best"]


def test_a_small_firm_that_makes_a_loss_is_told_no_board_and_never_hong_kong() -> None:
    firm = {"profit": {2022: -100, 2023: -200}, "revenue": {2021: 900, 2022: 1000, 2023: 1100}, "rd": {2023: 60}}
    verdicts = evaluate.check(*facts_and_firms({"Lotus": firm}), DAY)
    assert not nearest.by_board(verdicts)["best"].any()
    found = nearest.best_boards(verdicts).loc["Lotus"]
    assert (found["board"], found["next_rung"]) == (None, "srdi")
    text = board_tables.best_text(found)
    assert text is not None
    assert text.in_language("zh_CN") == "尚无合适板块；下一步：认定省级专精特新中小企业"


@pytest.mark.parametrize("day", [date(2019, 6, 1), DAY, date(2026, 5, 1)])
def test_a_firm_that_is_old_and_small_is_no_nearer_to_hong_kong_while_all_else_there_is_unknown(day: date) -> None:
    # Two years in operation (18A), three years with R&D and revenue below HK$250 million (18C) are all that is known.
    year = day.year - 1
    years = [year - 2, year - 1, year]
    firm = {
        "profit": dict.fromkeys(years, 90),
        "revenue": dict.fromkeys(years, 4000),
        "rd": dict.fromkeys(years, 200),
        "registered_on": "2001-03-01",
    }
    verdicts = evaluate.check(*facts_and_firms({"Lotus": firm}), day)
    hong_kong = of(verdicts, "Lotus", "hkex")
    assert (hong_kong["margin_class"], hong_kong["best"]) == ("far", False)


def test_known_revenue_beyond_half_of_hong_kongs_line_is_near_though_the_value_is_unknown() -> None:
    firm = {"profit": {2022: 90, 2023: 90}, "revenue": {2022: 50000, 2023: 50000}}
    assert of(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY), "Lotus", "hkex")["margin_class"] == "near"


@pytest.mark.parametrize(
    ("more", "rung"),
    [
        ({"revenue": {2023: 900}}, "regional_market"),
        ({"srdi_provincial": {2023: 1}}, "regional_market"),
        ({"neeq_tier": "基础层"}, "neeq_innovation"),
        ({"neeq_tier": "创新层"}, "srdi"),
        ({"neeq_tier": "创新层", "srdi_provincial": {2023: 1}}, "little_giant"),
    ],
)
def test_the_next_rung_is_one_that_the_firm_has_not_reached_yet(more: dict[str, object], rung: str) -> None:
    firm = {"profit": {2022: -100, 2023: -200}, "revenue": {2023: 1100}, **more}
    found = nearest.best_boards(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY))
    assert found.loc["Lotus", "next_rung"] == rung


@pytest.mark.parametrize(("profit", "near"), [(3000, True), (2999, False)])
def test_a_board_is_near_from_half_of_its_line(profit: int, near: bool) -> None:
    firm = {"profit": {2022: 5000, 2023: profit}, "revenue": {2022: 9000, 2023: 9000}}
    found = of(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY, boards=["chinext"]), "Lotus", "chinext")
    assert (found["margin_class"] == "near", found["best"]) == (near, near)


def test_of_a_standard_that_lacks_a_market_value_the_known_figures_decide_whether_it_is_near() -> None:
    good = {"profit": {2022: 3000, 2023: 3200}, "roe": {2022: 0.1, 2023: 0.1}, "revenue": {2022: 9000, 2023: 9500}}
    found = of(evaluate.check(*facts_and_firms({"Lotus": good}), DAY), "Lotus", "bse")
    assert (found["standard"], found["margin_class"]) == ("unknown", "near")
    poor = {**good, "profit": {2022: 100, 2023: 120}}
    assert of(evaluate.check(*facts_and_firms({"Lotus": poor}), DAY), "Lotus", "bse")["margin_class"] == "far"


def test_of_a_standard_whose_way_nobody_has_judged_no_age_and_no_count_makes_a_board_near() -> None:
    # Ten years in operation are five times what a biotech firm needs; that it is one, nobody has said.
    firm = {"profit": {2022: 10, 2023: 20}, "revenue": {2022: 900, 2023: 1000}, "registered_on": "2014-01-01"}
    verdicts = evaluate.check(*facts_and_firms({"Lotus": firm}), DAY, boards=["hkex"])
    assert (of(verdicts, "Lotus", "hkex")["standard"], of(verdicts, "Lotus", "hkex")["margin_class"]) == (
        "unknown",
        "far",
    )


def test_where_nobody_states_a_market_value_its_estimate_says_whether_a_board_is_near() -> None:
    # Revenue of 47,000 reaches HKEX's 500 million Hong Kong dollars; four billion of value would take far more sales.
    firm = {"profit": {2022: -500, 2023: -500}, "revenue": {2022: 46000, 2023: 47000}, "industry_code": "C36"}
    verdicts = evaluate.check(*facts_and_firms({"Lotus": firm}), DAY, boards=["hkex"])
    assert of(verdicts, "Lotus", "hkex")["margin_class"] == "far"


def test_a_board_that_only_shuts_trades_out_is_no_better_place_than_one_that_nobody_has_judged() -> None:
    firm = {**CITY["Banyan"], "profit": {2021: 30000, 2022: 30000, 2023: 30000}, "industry_code": "C15"}
    verdicts = evaluate.check(
        *facts_and_firms({"Banyan": {**firm, "value": {2023: 900000}}}), DAY, boards=["main", "bse"]
    )
    assert of(verdicts, "Banyan", "bse")["positioning"] == "met"
    assert of(verdicts, "Banyan", "main")["best"]


def test_a_firm_list_row_has_no_best_board_and_no_next_rung_and_a_quoted_one_may_have() -> None:
    facts, firms = facts_and_firms({"Banyan": CITY["Banyan"], "Kapok": {**CITY["Banyan"], "neeq_tier": "创新层"}})
    firms["is_listed"] = [1.0, 0.0]
    found = nearest.best_boards(evaluate.check(facts, firms, DAY))
    assert found.loc["Banyan", ["board", "next_rung"]].tolist() == [None, None]
    assert found.loc["Kapok", "board"] == "chinext"


def test_among_met_standards_the_nearest_has_the_largest_margin() -> None:
    # Standard 1 is met by 1.2, standard 2 asks for a value that is stated five times over and revenue four times.
    firm = {"profit": {2022: 6000, 2023: 7200}, "revenue": {2023: 160000}, "value": {2023: 750000}}
    found = of(evaluate.check(*facts_and_firms({"Lotus": firm}), DAY, boards=["chinext"]), "Lotus", "chinext")
    assert found["nearest"] != "chinext-2024-S1"
    assert found["margin"] >= 3


def test_each_firm_and_board_is_one_of_the_five_and_all_is_never_more_than_the_standard() -> None:
    table = nearest.by_board(city())
    assert set(table["meets"]) <= set(nearest.MEETS)
    standard = table["standard"] == "met"
    assert (table["meets"].isin(["meets_all", "standard_only"]) == standard).all()
    counts = board_tables.filters(city())
    for board in city().boards:
        assert (counts[[name for name in counts if name.startswith(f"{board} ")]].sum(axis=1) == 1).all()


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
    assert found.loc["Banyan", ["main standard_only", "chinext standard_only"]].all()
    assert found.loc["Lotus", ["chinext within_20_percent", "chinext not_met"]].tolist() == [True, False]
    assert board_tables.filter_label("bse", "meets_all") == "满足北交所全部要求"
    assert board_tables.filter_label("bse", "standard_only") == "仅北交所财务标准达标"
    assert board_tables.filter_label("chinext", "within_20_percent") == "距创业板 20% 以内且未达标"
