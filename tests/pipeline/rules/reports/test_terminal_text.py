"""What `goldseed rules` prints for people: every part of a verdict, in their own language."""

from datetime import date

from pipeline import language
from pipeline.rules.evaluation import evaluate
from pipeline.rules.reports import check, compare_regimes, terminal_text
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2025, 6, 1)
KAPOK = {"profit": {2022: 3000, 2023: 3900, 2024: 4760}, "revenue": {2022: 20000, 2023: 24000, 2024: 30000}}


def test_a_firms_text_tells_the_state_of_each_part_and_the_gap_below_it() -> None:
    lines = terminal_text.of_firm(evaluate.check(*facts_and_firms({"Kapok": KAPOK}), DAY), "Kapok")
    at = next(i for i, line in enumerate(lines) if line.startswith("创业板"))
    # Standard 2 asks for a market value that nobody stated: none is met, and one may be.
    assert "上市标准：未知；结构要求：未知" in lines[at]
    assert lines[at + 1].startswith("  - 创业板标准一：最近两年累计净利润还差 1,340 万元")
    assert lines[at + 2].startswith("  - 创业板标准一：最近一年净利润还差 1,240 万元")
    assert lines[0] == "Kapok"
    assert sum("（最匹配）" in line for line in lines) == 1
    assert lines[1].startswith("最匹配板块：")


def test_a_board_without_a_rule_of_positioning_says_nothing_of_it() -> None:
    lines = terminal_text.of_firm(evaluate.check(*facts_and_firms({"Kapok": KAPOK}), DAY), "Kapok")
    assert not any("定位" in line for line in lines if line.startswith("港交所"))
    assert any("定位" in line for line in lines if line.startswith("创业板"))


def test_counts_stand_under_each_other_in_chinese_and_in_english() -> None:
    verdicts = evaluate.check(*facts_and_firms({"Kapok": KAPOK}), DAY, boards=["main", "bse"])
    head, main, bse = terminal_text.table(check.summary([verdicts]))
    assert head.split() == ["板块", "全部满足", "仅财务标准达标", "差距", "20%", "以内，未达标", "未达标", "未知"]
    assert main.startswith("沪深主板")
    # A Chinese letter takes two places: the lines end in the same one.
    assert terminal_text._width(main) == terminal_text._width(bse) == terminal_text._width(head)
    with language.speaking("en"):
        head, *_rows = terminal_text.table(check.summary([verdicts]))
    assert head.split("  ")[0] == "Board"


def test_a_comparison_names_the_district_and_a_firm_without_one() -> None:
    facts, firms = facts_and_firms({"Kapok": {**KAPOK, "district_code": "440703"}, "Cassia": KAPOK})
    compared = compare_regimes.compare(facts, firms, DAY, date(2024, 4, 29), date(2024, 4, 30), ["bse"])
    assert [line.split()[1] for line in terminal_text.table(compared.by_district)[1:]] == ["—", "蓬江区"]


def test_labels_have_a_line_each() -> None:
    verdicts = evaluate.check(*facts_and_firms({"Kapok": KAPOK}), DAY, boards=["recognition"])
    lines = terminal_text.of_firm(verdicts, "Kapok")
    assert any(line.startswith("  - 高新技术企业") for line in lines)
