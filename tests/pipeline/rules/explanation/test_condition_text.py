"""Gaps as sentences, in Chinese and English."""

from datetime import date

import pandas as pd
import pytest

from pipeline.rules.definition.model import BOARDS, RECOGNITION
from pipeline.rules.definition.units import UNITS
from pipeline.rules.evaluation import evaluate
from pipeline.rules.explanation import condition_table, condition_text, recognition
from pipeline.rules.reports import board_tables
from tests.pipeline.rules.firms import facts_and_firms

DAY = date(2025, 6, 1)
KAPOK = {"profit": {2022: 3000, 2023: 3900, 2024: 4760}, "revenue": {2022: 20000, 2023: 24000, 2024: 30000}}


def gaps(firm: dict, board: str, day: date = DAY) -> list[str]:  # type: ignore[type-arg]
    facts, firms = facts_and_firms({"Kapok": firm})
    return [str(gap) for gap in condition_table.of_firm(evaluate.check(facts, firms, day), "Kapok").gaps[board]]


def test_a_gap_says_how_much_is_missing_of_what_and_how_long_it_may_take() -> None:
    # Profit 3,000 -> 4,760 in two years: 25.96 % a year; next year 5,996, the year after 7,552.
    assert "创业板标准一：最近一年净利润还差 1,240 万元（4,760 / 6,000 万元），按近两年增速约需 2 年" in gaps(
        KAPOK, "chinext"
    )


def test_the_estimate_is_that_of_steady_growth_worked_out_by_hand() -> None:
    # Profit 4,000 -> 4,760 in two years: 9.1 % a year; 4,760 * 1.091 ** 2 = 5,664, ** 3 = 6,179.
    firm = {**KAPOK, "profit": {2022: 4000, 2023: 4300, 2024: 4760}}
    assert any(
        "最近一年净利润还差 1,240 万元（4,760 / 6,000 万元），按近两年增速约需 3 年" in gap
        for gap in gaps(firm, "chinext")
    )


def test_a_sum_over_years_is_projected_year_by_year() -> None:
    # Two years 3,900 + 4,760 = 8,660 of 10,000; next year 4,760 * 1.2596 = 5,996, so 10,756.
    firm = {**KAPOK, "profit": {2022: 3000, 2023: 3900, 2024: 4760}}
    assert "创业板标准一：最近两年累计净利润还差 1,340 万元（8,660 / 10,000 万元），按近两年增速约需 1 年" in gaps(
        firm, "chinext"
    )


@pytest.mark.parametrize("earlier", [4760, 6000])
def test_without_growth_no_time_is_promised(earlier: int) -> None:
    found = gaps({**KAPOK, "profit": {2022: earlier, 2023: 4760, 2024: 4760}}, "chinext")
    assert any("最近一年净利润还差 1,240 万元（4,760 / 6,000 万元）" in gap and "约需" not in gap for gap in found)


def test_after_a_loss_two_years_ago_growth_is_unknown_and_no_time_is_promised() -> None:
    found = gaps({**KAPOK, "profit": {2022: -100, 2023: 4760, 2024: 4760}}, "chinext")
    assert not any("约需" in gap for gap in found)


def test_more_than_ten_years_is_no_estimate() -> None:
    found = gaps({**KAPOK, "profit": {2022: 990, 2023: 995, 2024: 1000}}, "chinext")
    assert found
    assert not any("净利润" in gap and "约需" in gap for gap in found)


def test_english_readers_read_english() -> None:
    facts, firms = facts_and_firms({"Kapok": KAPOK})
    found = [
        gap.in_language("en")
        for gap in condition_table.of_firm(evaluate.check(facts, firms, DAY), "Kapok").gaps["chinext"]
    ]
    assert (
        "ChiNext, Standard 1: net profit of the latest year lacks ¥12.4 m (47.6 / ¥60 m), "
        "about 2 year(s) at the pace of two years"
    ) in found


def test_what_is_missing_is_named_with_its_year() -> None:
    found = gaps({"profit": {2024: 7000}}, "chinext")
    assert any("无法判断，缺：归母净利润 2023" in gap for gap in found)


def test_figures_that_are_too_old_are_called_so() -> None:
    assert any(
        "最近的财务数据过旧" in gap
        for gap in gaps({**KAPOK, "registered_on": date(2010, 1, 1)}, "chinext", date(2028, 6, 1))
    )


def test_a_standard_that_is_met_has_one_short_sentence_and_what_the_other_parts_lack_follows() -> None:
    firm = {"profit": {2023: 6000, 2024: 6000}, "internal_control_opinion": "qualified"}
    met, *others = gaps(firm, "chinext")
    assert met == "创业板标准一：满足"
    failing = [gap for gap in others if "不满足" in gap]
    assert any("内部控制鉴证意见 ＝ 无保留意见" in gap for gap in failing)
    unknown = [gap for gap in others if gap not in failing]
    assert all("无法判断，缺：" in gap for gap in unknown)
    rules = [gap.split("：")[0] for gap in unknown]
    assert len(rules) == len(set(rules))  # one sentence a rule for all that is unknown


def test_what_must_not_be_exceeded_is_said_to_be_too_high() -> None:
    from pipeline.rules.explanation import recognition

    facts, firms = facts_and_firms({"Kapok": {"revenue": {2024: 30000}, "staff": {2024: 100}, "industry_code": "C39"}})
    labels = {label.rule: label for label in recognition.of_firm(recognition.check(facts, firms, DAY), "Kapok")}
    assert "科技型中小企业：最近一年营业收入高出 10,000 万元（30,000 / 20,000 万元）" in [
        str(gap) for gap in labels["tech_sme"].gaps
    ]


def test_a_count_stands_with_its_own_word_in_the_line_the_value_and_the_gap() -> None:
    from pipeline.rules.explanation import recognition

    facts, firms = facts_and_firms({"Kapok": {"revenue": {2024: 100}, "staff": {2024: 627}, "industry_code": "C39"}})
    label = next(
        label
        for label in recognition.of_firm(recognition.check(facts, firms, DAY), "Kapok")
        if label.rule == "tech_sme"
    )
    assert "科技型中小企业：最近一年职工总数高出 127 人（627 / 500 人）" in [str(gap) for gap in label.gaps]
    assert any("127 people too high (627 / 500 people)" in gap.in_language("en") for gap in label.gaps)


@pytest.mark.parametrize(
    ("measure", "value", "zh", "en"),
    [
        ("staff", 1, "1 人", "1 person"),
        ("invention_patents_main", 50, "50 件", "50 patents"),
        ("rd_institutions", 1, "1 个", "1 institution"),
        ("class2_ip_counted", 5, "5 件", "5 rights"),
        ("niche_market_rank", 3, "第 3 位", "No. 3"),
        ("public_shareholders", 1200, "1,200 人", "1,200 shareholders"),
    ],
)
def test_each_count_has_its_word(measure: str, value: float, zh: str, en: str) -> None:
    unit = condition_text.unit_of_row({"measure": measure, "window": "latest", "unit": "count"})
    assert (condition_text.amount(value, unit, "zh_CN"), condition_text.amount(value, unit, "en")) == (zh, en)


def test_every_count_that_a_rule_names_has_a_word_and_a_growth_of_one_is_a_share() -> None:
    from pipeline.rules.definition.measures import measures

    assert [name for name, one in measures().items() if one.kind == "count" and one.counting is None] == []
    growth = condition_text.unit_of_row({"measure": "staff", "window": "cagr_3", "unit": "ratio"})
    assert condition_text.amount(0.125, growth, "zh_CN") == "12.5%"


@pytest.mark.parametrize(
    ("rank", "zh", "en"),
    [
        (12, "还差 9 位（第 12 位 / 第 3 位）", "lacks 9 places (No. 12 / No. 3)"),
        (4, "还差 1 位（第 4 位 / 第 3 位）", "lacks 1 place ("),
    ],
)
def test_a_place_in_an_order_that_is_not_reached_lacks_places(rank: float, zh: str, en: str) -> None:
    row = {
        "measure": "niche_market_rank",
        "window": "latest",
        "unit": "count",
        "op": "<=",
        "zh": "",
        "en": "",
        "verdict": "not_met",
        "missing": "",
        "value": rank,
        "threshold": 3,
        "gap": rank - 3,
    }
    facts, firms = facts_and_firms({"Kapok": KAPOK})
    told = condition_text.gap_of(row, evaluate.check(facts, firms, DAY).data)
    assert zh in str(told)
    assert en in told.in_language("en")


@pytest.mark.parametrize(("value", "text"), [(1, "1 year"), (2, "2 years"), (1.5, "1.5 years"), (-1, "−1 year")])
def test_one_is_singular_in_english(value: float, text: str) -> None:
    assert condition_text.amount(value, UNITS["years"], "en") == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4760, "10k CNY", "4,760"),
        (5999.8, "10k CNY", "6,000"),
        (707.1, "10k CNY", "707"),
        (0.125, "ratio", "12.5%"),
        (0.04999, "ratio", "4.99%"),
        (0.08, "ratio", "8%"),
        (-1240.5, "10k CNY", "−1,241"),
        (-0.00001, "ratio", "0%"),
        (0, "10k CNY", "0"),
        (7, "count", "7"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, unit: str, text: str) -> None:
    assert condition_text.number(value, UNITS[unit]) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4760, "10k CNY", "¥47.6 m"),
        (5999.8, "10k CNY", "¥60 m"),
        (707.1, "10k CNY", "¥7.07 m"),
        (12.5, "100m CNY", "¥1,250 m"),
        (3500, "10k HKD", "HK$35 m"),
        (3000, "10k shares", "30 million shares"),
        (0.125, "ratio", "12.5%"),
    ],
)
def test_english_readers_count_in_millions_and_no_gap_is_rounded_away(value: float, unit: str, text: str) -> None:
    assert condition_text.amount(value, UNITS[unit], "en") == text


def test_bars_show_how_much_of_each_threshold_is_there() -> None:
    facts, firms = facts_and_firms({"Kapok": KAPOK})
    chinext = next(
        row
        for row in board_tables.firm_boards(evaluate.check(facts, firms, DAY), "Kapok")
        if row.standing.board == "chinext"
    )
    bar = next(bar for bar in chinext.bars if "最近一年净利润" in bar.label.zh)
    assert bar.share == pytest.approx(4760 / 6000)
    assert (bar.value, bar.threshold, bar.verdict) == (4760, 6000, "not_met")


def test_every_condition_in_force_can_be_said_in_both_languages() -> None:
    from pipeline.rules.definition import rule_books

    for board in (*BOARDS, RECOGNITION):
        for rule in rule_books.in_force(board, date(2026, 11, 22)):
            for held in rule.conditions:
                label = condition_text.condition_label(held)
                assert label.zh
                assert not any("一" <= char <= "鿿" for char in label.en.replace("、", "")) or held.measure in (
                    "hnte_field",
                )


@pytest.mark.parametrize(("board", "name"), [("main", "沪深主板"), ("star", "科创板"), ("chinext", "创业板")])
def test_a_rule_that_several_boards_share_is_called_after_the_board_that_is_asked(board: str, name: str) -> None:
    facts, firms = facts_and_firms({"Kapok": {**KAPOK, "registered_on": date(2024, 1, 1)}})
    rows = condition_table.conditions_of(evaluate.check(facts, firms, DAY), None)
    rows = rows[(rows["board"] == board) & (rows["rule"] == "csrc-205")].to_dict("records")
    found = condition_text.gaps(rows, evaluate.check(facts, firms, DAY).data, "csrc-205")["Kapok"]
    assert found
    assert all(str(gap).startswith(f"{name}注册制发行条件：") for gap in found)


@pytest.mark.parametrize(
    ("firm", "sentence"),
    [
        (
            {"before": {2022: 3000, 2023: 3900, 2024: 4760}},
            "创业板标准一：最近一年净利润还差 1,240 万元（4,760 / 6,000 万元）"
            "（按已知一项计；缺：扣非归母净利润 2024）",
        ),
        (
            {"after": {2022: 3000, 2023: 3900, 2024: 6500}},
            "创业板标准一：最近一年净利润 ≥ 6,000 万元：无法判断，缺：归母净利润 2024",
        ),
    ],
)
def test_a_gap_says_which_side_of_the_lower_profit_is_missing(firm: dict, sentence: str) -> None:  # type: ignore[type-arg]
    facts, firms = facts_and_firms({"Kapok": firm})
    verdicts = evaluate.check(facts, firms, DAY)
    rows = condition_table.conditions_of(verdicts, None)
    rows = rows[rows["rule"] == "chinext-2024-S1"].to_dict("records")
    assert sentence in [str(gap) for gap in condition_text.gaps(rows, verdicts.data, "chinext-2024-S1")["Kapok"]]


def test_the_conditions_of_one_firm_are_its_rows_of_the_conditions_of_many() -> None:
    facts, firms = facts_and_firms({"Kapok": KAPOK, "Lotus": {"before": {2024: 4760}}, "Fern": {"staff": {2024: 9}}})
    for verdicts in (evaluate.check(facts, firms, DAY), recognition.check(facts, firms, DAY)):
        every = condition_table.conditions_of(verdicts, None)
        for firm in verdicts.firm_ids:
            alone = condition_table.conditions_of(verdicts, [firm])
            among = every[every["firm_id"] == firm].reset_index(drop=True)
            pd.testing.assert_frame_equal(alone, among)


def test_a_rule_that_several_boards_share_is_called_after_the_board_asked_for_or_after_all() -> None:
    assert condition_text.title("csrc-205", "star").zh == "科创板注册制发行条件"
    assert condition_text.title("csrc-205").zh == "沪深主板、科创板、创业板注册制发行条件"
    assert condition_text.title("csrc-205", "bse").zh == "csrc-205"  # it is none of that board
    assert condition_text.title("chinext-2024-S1").zh == condition_text.title("chinext-2024-S1", "chinext").zh
