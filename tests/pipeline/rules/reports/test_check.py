"""From the database to the contract's rows: who is checked, on which two days, and what is written."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from pipeline.rules.definition import rule_books
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.explanation import condition_table, rule_text
from pipeline.rules.reports import board_tables, check, verdicts_json
from tests.cast import BANYAN, LOTUS, state
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2024, 6, 1)
CITY = {"Lotus": {"profit": {2022: 6000, 2023: 6000}}, "Kapok": {"profit": {2022: -1, 2023: 6000}}}


def test_rows_have_the_columns_of_the_contract(tmp_path: Path) -> None:
    verdicts = evaluate.check(*facts_and_firms(CITY), DAY, date(2023, 6, 1))
    check.summary([verdicts], tmp_path / "verdicts.csv")
    with (tmp_path / "verdicts.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * len(verdicts.rules)
    assert list(rows[0]) == ["firm_id", "as_of", "rules_of", "board", "part", "rule", "verdict"]
    assert {row["verdict"] for row in rows} <= {"met", "not_met", "unknown"}
    assert {row["part"] for row in rows} == {"standard", "structural", "precondition", "positioning"}
    line = next(row for row in rows if row["firm_id"] == "Lotus" and row["rule"] == "chinext-2020-S1")
    assert line == {
        "firm_id": "Lotus",
        "as_of": "2024-06-01",
        "rules_of": "2023-06-01",
        "board": "chinext",
        "part": "standard",
        "rule": "chinext-2020-S1",
        "verdict": "met",
    }


def test_the_document_has_every_condition_with_value_threshold_unit_and_gap() -> None:
    whole = json.loads(json.dumps(verdicts_json.as_json(evaluate.check(*facts_and_firms(CITY), DAY))))
    rows = [row for row in whole["rows"] if row["firm_id"] == "Kapok" and row["rule"] == "chinext-2024-S1"]
    each, total, latest = rows[0]["conditions"]
    assert (each["value"], each["threshold"], each["gap"], each["verdict"]) == (-1, 0, 1, "not_met")
    assert (total["value"], total["threshold"], total["unit"], total["gap"]) == (5999, 10000, "10k CNY", 4001)
    assert total["gap_share"] == pytest.approx(0.4001)
    assert (latest["verdict"], latest["gap"], latest["years"]) == ("met", 0, [2023])
    assert total["years"] == [2022, 2023]


def test_a_missing_figure_is_named_with_its_year_in_the_document() -> None:
    whole = verdicts_json.as_json(evaluate.check(*facts_and_firms({"Lotus": {"profit": {2023: 6000}}}), DAY))
    row = next(row for row in whole["rows"] if row["rule"] == "chinext-2024-S1")  # type: ignore[attr-defined]
    assert row["conditions"][1]["missing"] == (
        "net_profit_attributable_cny@2022, net_profit_after_nonrecurring_cny@2022"
    )
    assert row["conditions"][1]["value"] is None


def test_facts_of_one_day_meet_the_rules_of_another(sqlite_engine: Engine) -> None:
    for year, profit in ((2021, 5e7), (2022, 5.5e7), (2023, 1e8)):
        state(sqlite_engine, BANYAN, year, net_profit_attributable_cny=profit, net_profit_after_nonrecurring_cny=profit)
    before_the_report = check.check(sqlite_engine, date(2024, 4, 29), rules_of=date(2024, 4, 30))
    assert before_the_report.verdict("chinext-2024-S1")[BANYAN] == "not_met"  # 5,500 of 6,000 in 2022
    assert check.check(sqlite_engine, date(2024, 4, 29)).verdict("chinext-2020-S1")[BANYAN] == "met"
    assert check.check(sqlite_engine, date(2024, 4, 30)).verdict("chinext-2024-S1")[BANYAN] == "met"


def test_a_half_year_is_never_taken_for_a_year(sqlite_engine: Engine) -> None:
    for year, profit in ((2022, 4e7), (2023, 6e7)):
        state(sqlite_engine, BANYAN, year, net_profit_attributable_cny=profit, net_profit_after_nonrecurring_cny=profit)
    state(
        sqlite_engine,
        BANYAN,
        2024,
        months=6,
        known_on=date(2024, 5, 1),
        net_profit_attributable_cny=-1e8,
        revenue_cny=1.0,
    )
    assert check.check(sqlite_engine, DAY).verdict("chinext-2024-S1")[BANYAN] == "met"


def test_a_board_asked_for_by_name_must_exist_and_have_rules_on_the_day() -> None:
    inputs = facts_and_firms(CITY)
    with pytest.raises(rule_books.NoSuchRule, match="nasdaq"):
        evaluate.check(*inputs, DAY, boards=["nasdaq"])
    with pytest.raises(rule_books.NoSuchRule, match="2021-11-15"):
        evaluate.check(*inputs, DAY, date(2021, 11, 14), boards=["bse"])


def test_asked_for_all_boards_the_ones_without_rules_are_left_out_and_said() -> None:
    verdicts = evaluate.check(*facts_and_firms(CITY), DAY, date(2021, 11, 14))
    assert "bse" not in verdicts.boards
    assert any("北交所" in str(message) for message in verdicts.not_recorded)
    assert any("北交所" in message for message in board_tables.warnings(verdicts))


def test_a_firm_of_which_nothing_was_known_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(rule_books.NoSuchRule, match=LOTUS):
        check.check(sqlite_engine, DAY, firms=[LOTUS])


def test_events_fill_what_returns_leave_blank_and_nothing_else() -> None:
    firms = pd.DataFrame({"share_reform_on": pd.to_datetime([None, "2020-01-01"])}, index=["Lotus", "Kapok"])
    events = pd.DataFrame(
        {
            "firm_id": ["Lotus", "Kapok", "Lotus", "Lotus"],
            "kind": ["share_reform", "share_reform", "neeq_listed", "listed"],
            "occurred_on": pd.to_datetime(["2022-03-01", "2022-03-01", "2023-05-05", "2024-01-01"]),
        }
    )
    filled = check.with_events(firms, events)
    assert filled["share_reform_on"].dt.year.tolist() == [2022, 2020]
    assert filled["neeq_listed_on"].notna().tolist() == [True, False]
    assert filled["is_listed"].tolist() == [1.0, 0.0]


def test_the_summary_counts_firms_by_board() -> None:
    counts = check.summary([evaluate.check(*facts_and_firms(CITY), DAY)]).set_index("board").loc["chinext"]
    # One meets the financial standard and nobody knows the rest; one states nothing.
    assert counts.drop("board", errors="ignore").to_dict() == {
        "meets_all": 0,
        "standard_only": 1,
        "within_20_percent": 0,
        "not_met": 0,
        "unknown": 1,
    }


def test_each_firm_is_judged_by_its_own_latest_year() -> None:
    facts, firms = facts_and_firms(
        {"Lotus": {"profit": {2022: 6000, 2023: 6000}}, "Kapok": {"profit": {2021: 6000, 2022: 6000}}}
    )
    verdicts = evaluate.check(facts, firms, DAY)
    assert verdicts.verdict("chinext-2024-S1").to_dict() == {"Lotus": "met", "Kapok": "met"}
    years = condition_table.conditions_of(verdicts, ["Kapok"]).query("rule == 'chinext-2024-S1' and window == 'sum_2'")[
        "years"
    ]
    assert years.tolist() == ["2021,2022"]


def test_a_year_that_states_only_staff_is_no_latest_fiscal_year() -> None:
    firm = {"profit": {2021: 6000, 2022: 6000}, "staff": {2023: 50}}
    assert evaluate.check(*facts_and_firms({"Lotus": firm}), DAY).verdict("chinext-2024-S1")["Lotus"] == "met"


def test_the_order_of_the_rows_and_other_firms_change_nothing() -> None:
    facts, firms = facts_and_firms(CITY)
    whole = evaluate.check(facts, firms, DAY).verdict("chinext-2024-S1")
    turned = evaluate.check(facts.iloc[::-1], firms.iloc[::-1], DAY).verdict("chinext-2024-S1")
    alone = evaluate.check(*facts_and_firms({"Kapok": CITY["Kapok"]}), DAY).verdict("chinext-2024-S1")
    assert turned.sort_index().to_dict() == whole.sort_index().to_dict()
    assert alone["Kapok"] == whole["Kapok"]


def test_no_facts_at_all_are_no_verdicts_and_no_error() -> None:
    facts, firms = facts_and_firms(CITY)
    verdicts = evaluate.check(facts.iloc[:0], firms.iloc[:0], DAY)
    assert verdicts.rows.empty
    assert nearest.by_board(verdicts).empty


def test_showing_a_rule_says_its_law_its_evidence_and_what_is_unconfirmed() -> None:
    text = rule_text.as_text("neeq", DAY)
    assert "未核实" in text
    assert "可信度中" in text
    blocks = rule_text.as_text("bse", DAY).split("\n\n")
    marked = {block.partition("[")[2].partition("]")[0] for block in blocks if "未核实：未见公开文本" in block}
    assert marked == {"bse-bars", "bse-positioning"}


def test_showing_without_a_board_shows_all_that_is_in_force() -> None:
    shown = {rule.id for rule in rule_text.rules_on(None, date(2026, 11, 22))}
    assert {
        "main-2024-S1",
        "star-S5",
        "chinext-2026-S4",
        "bse-S1",
        "hk-profit",
        "hnte-2016",
        "little_giant_2026",
    } <= shown


def test_showing_a_board_before_its_first_rule_is_a_mistake() -> None:
    with pytest.raises(rule_books.NoSuchRule):
        rule_text.rules_on("bse", date(2021, 11, 14))


def test_the_document_written_some_firms_at_a_time_is_the_whole_document(monkeypatch):
    verdicts = evaluate.check(*facts_and_firms(CITY), DAY)
    monkeypatch.setattr(verdicts_json, "_FIRMS_AT_ONCE", 1)
    written = io.StringIO()
    verdicts_json.write([verdicts], written)
    monkeypatch.undo()
    assert written.getvalue().count("\n") == 1
    assert json.loads(written.getvalue()) == json.loads(json.dumps(verdicts_json.as_json(verdicts)))


def test_a_document_about_nobody_is_still_a_document():
    facts, firms = facts_and_firms(CITY)
    written = io.StringIO()
    verdicts_json.write([evaluate.check(facts.iloc[:0], firms.iloc[:0], DAY)], written)
    assert json.loads(written.getvalue())["rows"] == []
