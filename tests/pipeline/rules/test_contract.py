"""`from pipeline.rules import check`: two frames in, one row a firm and rule out, and no database."""

from datetime import date

import pandas as pd
import pytest

from pipeline.rules import check
from pipeline.rules.definition.rule_books import NoSuchRule
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2024, 6, 1)
COLUMNS = ["firm_id", "board", "part", "name", "rule", "verdict"]
YEARS = pd.MultiIndex.from_product([["Lotus", "Kapok"], [2022, 2023]], names=["firm_id", "year"])
#: ChiNext, standard 1 of 2024: profit above zero in both years, 100m yuan together, 60m in the latest.
PROFITS = [40e6, 60e6, 40e6, 59_999_999.0]
FACTS = pd.DataFrame({"net_profit_attributable_cny": PROFITS, "net_profit_after_nonrecurring_cny": PROFITS}, YEARS)
NOBODY = pd.DataFrame(index=pd.Index([], name="firm_id"))


def verdicts(frame: pd.DataFrame, rule: str) -> dict[str, str]:
    return frame[frame["rule"] == rule].set_index("firm_id")["verdict"].to_dict()


def test_a_firm_on_the_line_meets_the_standard_and_one_yuan_below_it_does_not() -> None:
    frame = check(FACTS, NOBODY, DAY).frame()
    assert list(frame.columns) == COLUMNS
    assert verdicts(frame, "chinext-2024-S1") == {"Lotus": "met", "Kapok": "not_met"}
    lotus = frame[(frame["firm_id"] == "Lotus") & (frame["name"] == "chinext-S1")].to_dict("records")
    assert lotus == [
        {
            "firm_id": "Lotus",
            "board": "chinext",
            "part": "standard",
            "name": "chinext-S1",
            "rule": "chinext-2024-S1",
            "verdict": "met",
        }
    ]


@pytest.mark.parametrize(
    ("day", "rule"), [(date(2024, 4, 29), "chinext-2020-S1"), (date(2024, 4, 30), "chinext-2024-S1")]
)
def test_the_name_stays_where_the_rule_in_force_changes(day: date, rule: str) -> None:
    frame = check(FACTS, NOBODY, DAY, rules_of=day).frame()
    assert set(frame.loc[frame["name"] == "chinext-S1", "rule"]) == {rule}
    assert verdicts(frame, rule)["Kapok"] == ("met" if rule == "chinext-2020-S1" else "not_met")  # 50m in 2020


def test_labels_stand_beside_the_boards_as_the_part_recognition() -> None:
    firms = pd.DataFrame({"registered_on": pd.to_datetime(["2015-01-01"])}, index=pd.Index(["Lotus"], name="firm_id"))
    frame = check(FACTS, firms, DAY).frame()
    assert set(frame["board"]) == {"main", "star", "chinext", "bse", "neeq", "hkex", "recognition"}
    assert set(frame["part"]) == {"standard", "structural", "precondition", "positioning", "recognition"}
    assert (frame["board"] == "recognition").equals(frame["part"] == "recognition")
    assert {"main-S1", "star-attributes", "hnte"} <= set(frame["name"])
    assert set(frame["verdict"]) <= {"met", "not_met", "unknown"}
    assert not frame.duplicated(["firm_id", "board", "name"]).any()


def test_boards_asked_together_say_what_each_says_alone() -> None:
    facts, firms = facts_and_firms({"Lotus": {"profit": {2022: 6000, 2023: 6000}, "staff": {2023: 90}}})
    together = check(facts, firms, DAY).frame()
    alone = pd.concat([check(facts, firms, DAY, boards=[board]).frame() for board in together["board"].unique()])
    pd.testing.assert_frame_equal(together, alone.reset_index(drop=True))


def test_only_the_boards_asked_for_are_checked_and_an_unknown_one_is_refused() -> None:
    assert set(check(FACTS, NOBODY, DAY, boards=["bse"]).frame()["board"]) == {"bse"}
    with pytest.raises(NoSuchRule, match="nasdaq"):
        check(FACTS, NOBODY, DAY, boards=["nasdaq"])


def test_a_board_without_rules_on_the_day_is_left_out_unless_it_is_asked_for() -> None:
    assert "bse" not in set(check(FACTS, NOBODY, DAY, date(2021, 11, 14)).frame()["board"])
    with pytest.raises(NoSuchRule):
        check(FACTS, NOBODY, DAY, date(2021, 11, 14), boards=["bse"])


@pytest.mark.parametrize(
    "firms",
    [
        pd.DataFrame(index=pd.Index([], name="firm_id")),
        pd.DataFrame(),
        pd.DataFrame(index=["Kapok", "Lotus"]),
        pd.DataFrame({"name": ["木棉股份有限公司", None]}, index=["Kapok", "Lotus"]),
        pd.DataFrame({"is_listed": pd.array([True, None], "boolean")}, index=["Kapok", "Lotus"]),
    ],
    ids=["no rows", "nothing", "no columns", "one column", "a flag that may be missing"],
)
def test_firms_of_which_little_is_said_are_checked_all_the_same(firms: pd.DataFrame) -> None:
    frame = check(FACTS, firms, DAY).frame()
    assert set(frame["firm_id"]) == {"Lotus", "Kapok"}
    assert verdicts(frame, "chinext-2024-S1") == {"Lotus": "met", "Kapok": "not_met"}
    assert set(verdicts(frame, "star-S4").values()) == {"unknown"}  # revenue and market value


def test_a_firm_that_only_the_labels_know_is_unknown_and_the_order_of_rows_changes_nothing() -> None:
    firms = pd.DataFrame(index=pd.Index(["Silent", "Lotus", "Kapok"], name="firm_id"))
    found = verdicts(check(FACTS.iloc[::-1], firms, DAY).frame(), "chinext-2024-S1")
    assert found == {"Silent": "unknown", "Lotus": "met", "Kapok": "not_met"}


def test_no_facts_at_all_are_no_rows() -> None:
    assert check(FACTS.iloc[:0], NOBODY, DAY).frame().empty


def test_facts_without_years_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="firm_id, year"):
        check(FACTS.reset_index("year", drop=True), NOBODY, DAY)
