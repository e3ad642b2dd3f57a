"""What the reader refuses: a rule file that cannot be meant never becomes a rule."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import WrongFile
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import RuleBook
from pipeline.rules.definition.parse import read_folder

GOOD = """
board: main
zh: 示例板
en: Example Growth Board
rank: 1
reviewed_on: 2024-01-15
chapters:
  - editions:
      - {id: egb-1, begins: 2021-11-15, ends: 2024-07-01, law: Notice 2021-08, source: [own], confidence: high}
      - {id: egb-2, begins: 2024-07-01, ends: null, law: Notice 2024-19, source: [prospai], confidence: medium}
    rules:
      - name: egb-S1
        part: standard
        zh: 标准一
        en: Standard 1
        ids: {egb-1: egb-2021-S1, egb-2: egb-2024-S1}
        needs:
          all:
            - {fact: net_profit, window: latest, is: ">=", unit: 10k CNY, values: {2021-11-15: 1500, 2024-07-01: 2000}}
            - {fact: revenue, window: cagr_3, is: ">=", unit: ratio, values: {2021-11-15: 0.2, 2024-07-01: null}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("measures.yaml", "sources.yaml"):
        shutil.copy(RULES_FOLDER / name, tmp_path / name)
    return tmp_path


def book(folder: Path, text: str = GOOD) -> RuleBook:
    (folder / "example.yaml").write_text(text, encoding="utf-8")
    return read_folder(folder)[0]


def refusal(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(WrongFile) as refused:
        book(folder, GOOD.replace(old, new))
    assert refused.value.exit_code == 3
    return str(refused.value)


def test_the_example_is_read_and_its_line_rises_on_the_day_and_not_before(folder: Path) -> None:
    rule = book(folder).rules[0]
    before, after = rule.on(date(2024, 6, 30)), rule.on(date(2024, 7, 1))
    assert before is not None
    assert after is not None
    assert (before.id, after.id) == ("egb-2021-S1", "egb-2024-S1")
    assert [held.threshold.value for held in before.conditions] == [1500, 0.2]
    assert [held.threshold.value for held in after.conditions] == [2000]  # the growth line ended


def test_a_threshold_says_since_when_in_which_unit_by_which_law_and_how_sure(folder: Path) -> None:
    held = book(folder).rules[0].on(date(2025, 1, 1))
    assert held is not None
    threshold = held.conditions[0].threshold
    assert (threshold.begins, threshold.unit.name) == (date(2024, 7, 1), "10k CNY")
    assert (threshold.law, threshold.source, threshold.confidence) == ("Notice 2024-19", ("prospai",), "medium")
    assert threshold.confirmed


def test_what_rests_on_general_knowledge_alone_is_unconfirmed(folder: Path) -> None:
    held = book(folder).rules[0].on(date(2023, 1, 1))
    assert held is not None
    assert not held.confirmed
    assert not held.conditions[0].threshold.confirmed


def test_a_line_may_name_its_own_law_source_and_confidence(folder: Path) -> None:
    line = "2024-07-01: {value: 2000, law: Letter of the exchange, source: own, confidence: low}"
    held = book(folder, GOOD.replace("2024-07-01: 2000", line)).rules[0].on(date(2025, 1, 1))
    assert held is not None
    threshold = held.conditions[0].threshold
    assert (threshold.law, threshold.source, threshold.confidence) == ("Letter of the exchange", ("own",), "low")


def test_before_its_first_day_there_is_no_rule(folder: Path) -> None:
    books = (book(folder),)
    assert books[0].rules[0].on(date(2021, 11, 14)) is None
    with pytest.raises(rule_books.NoSuchRule, match="2021-11-15"):
        rule_books.in_force("main", date(2021, 11, 14), books)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reviewed_on: 2024-01-15", "reviewed_on: 2024-01-15\nowner: nobody", "owner"),
        ("part: standard", "part: standard\n        weight: 2", "weight"),
        ("window: latest,", "window: latest, since: 2020,", "since"),
        ("law: Notice 2021-08,", "law: Notice 2021-08, by: CSRC,", "by"),
        ("2024-07-01: 2000", "2024-07-01: {value: 2000, votes: 3}", "votes"),
        ("all:", "every:", "every"),
    ],
)
def test_an_unknown_key_is_refused_at_every_level(folder: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(folder, old, new)


def test_the_same_date_twice_is_refused(folder: Path) -> None:
    assert "2024-07-01 is given twice" in refusal(folder, "2024-07-01: 2000", "2024-07-01: 2000, 2024-07-01: 2500")


def test_the_same_key_twice_is_refused(folder: Path) -> None:
    assert "is given twice" in refusal(folder, "part: standard", "part: standard\n        part: structural")


def test_an_edition_that_begins_too_late_leaves_a_gap(folder: Path) -> None:
    text = GOOD.replace("begins: 2024-07-01", "begins: 2024-07-02")
    with pytest.raises(WrongFile, match="空档"):
        book(folder, text)


def test_an_edition_that_begins_too_early_overlaps(folder: Path) -> None:
    assert "重叠" in refusal(folder, "begins: 2024-07-01", "begins: 2024-06-30")


def test_only_the_last_edition_may_be_open_ended(folder: Path) -> None:
    assert "重叠" in refusal(folder, "ends: 2024-07-01", "ends: null")


@pytest.mark.parametrize("day", ["2024-02-30", "2021-13-01"])
def test_a_day_that_does_not_exist_is_refused(folder: Path, day: str) -> None:
    assert day in refusal(folder, "reviewed_on: 2024-01-15", f"reviewed_on: {day}")


@pytest.mark.parametrize("day", ["1885-01-01", "2204-07-01", "soon", "2024-07-01T10:00:00"])
def test_a_day_on_which_no_rule_can_begin_is_refused(folder: Path, day: str) -> None:
    refusal(folder, "begins: 2021-11-15", f"begins: {day}")


def test_an_edition_that_ends_before_it_begins_is_refused(folder: Path) -> None:
    assert "早于开始" in refusal(folder, "ends: 2024-07-01", "ends: 2020-07-01")


@pytest.mark.parametrize("unit", ["ratio", "count", "10k shares", "years", "wan"])
def test_a_unit_that_does_not_fit_money_is_refused(folder: Path, unit: str) -> None:
    assert unit in refusal(folder, "unit: 10k CNY", f"unit: {unit}")


def test_growth_is_a_ratio_whatever_it_is_the_growth_of(folder: Path) -> None:
    assert "10k CNY" in refusal(folder, "unit: ratio", "unit: 10k CNY")


def test_per_cent_written_as_a_whole_number_is_refused(folder: Path) -> None:
    assert "0.05" in refusal(folder, "2021-11-15: 0.2", "2021-11-15: 20")


def test_a_threshold_must_be_given_from_the_first_day_of_its_rule(folder: Path) -> None:
    assert "2021-11-15" in refusal(folder, "{2021-11-15: 1500, ", "{2022-01-01: 1500, ")


def test_a_threshold_dated_before_its_rule_is_refused(folder: Path) -> None:
    refusal(folder, "{2021-11-15: 1500, ", "{2020-01-01: 1500, ")


@pytest.mark.parametrize("value", ["true", "'1500'", "[1500]"])
def test_a_value_of_the_wrong_kind_is_refused(folder: Path, value: str) -> None:
    refusal(folder, "2021-11-15: 1500", f"2021-11-15: {value}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("fact: revenue", "fact: turnover"),
        ("window: cagr_3", "window: cagr_9"),
        ('is: ">="', 'is: "=>"'),
        ("source: [own]", "source: [hearsay]"),
        ("confidence: high", "confidence: certain"),
        ("board: main", "board: mars"),
    ],
)
def test_a_name_that_nobody_knows_is_refused(folder: Path, old: str, new: str) -> None:
    refusal(folder, old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("window: latest", "window: [latest]", "window"),
        ("{fact: net_profit,", "{fact: [net_profit],", "fact"),
        ("unit: 10k CNY", "unit: {a: 1}", "unit"),
        ("source: [own]", "source: 5", "source"),
        ("source: [own]", "source: [[own]]", "source"),
        ("source: [own]", "source: []", "source"),
        ("name: egb-S1", "name: 5", "name"),
        ("egb-1: egb-2021-S1,", "egb-1: '',", "ids"),
        ("rank: 1", "rank: first", "rank"),
        ("2021-11-15: 1500", "2021-11-15: .nan", "nan"),
        ("2021-11-15: 1500", "2021-11-15: .inf", "inf"),
        ("  - editions:", "  - boards: [mian]\n    editions:", "mian"),
        ("window: latest,", "window: latest, only: [mian],", "mian"),
    ],
)
def test_what_is_of_the_wrong_kind_is_a_letter_and_no_traceback(folder: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(folder, old, new)


def test_two_rules_may_not_share_an_id(folder: Path) -> None:
    second = GOOD.partition("    rules:\n")[2].replace("name: egb-S1", "name: egb-S2")
    with pytest.raises(WrongFile, match="egb-2021-S1"):
        book(folder, GOOD + second)


def test_a_reference_to_no_rule_is_refused(folder: Path) -> None:
    refusal(folder, "all:", "all:\n            - {rule: egb-S9}")


def test_every_fault_is_told_at_once(folder: Path) -> None:
    text = GOOD.replace("confidence: high", "confidence: certain").replace("fact: revenue", "fact: turnover")
    with pytest.raises(WrongFile) as refused:
        book(folder, text)
    assert len(refused.value.problems) == 2


def test_text_that_is_no_yaml_is_a_letter_and_no_traceback(folder: Path) -> None:
    refusal(folder, "chapters:", "chapters: [")


def test_a_file_reviewed_more_than_a_year_before_the_day_is_warned_about(folder: Path) -> None:
    found = book(folder)
    assert found.warning_on(date(2025, 1, 14)) is None
    warning = found.warning_on(date(2025, 1, 15))
    assert warning is not None
    assert "2024-01-15" in str(warning)


def test_the_warning_comes_with_the_verdicts() -> None:
    from pipeline.rules.evaluation import evaluate
    from tests.pipeline.rules.firms import facts_and_firms

    facts, firms = facts_and_firms({"Lotus": {"profit": {2026: 100}}})
    late = evaluate.check(facts, firms, date(2027, 12, 1), boards=["bse"])
    assert any("bse.yaml" in str(warning) for warning in late.warnings)
    assert not evaluate.check(facts, firms, date(2026, 12, 1), boards=["bse"]).warnings


def test_every_rule_book_of_the_project_is_read() -> None:
    files = {found.file for found in rule_books.rule_books()}
    assert {
        "main.yaml",
        "star.yaml",
        "chinext.yaml",
        "bse.yaml",
        "neeq.yaml",
        "hkex.yaml",
        "issuance.yaml",
        "hnte.yaml",
    } <= files
    assert all(rule.zh and rule.en for found in rule_books.rule_books() for rule in found.rules)


@pytest.mark.parametrize("said", ["bse", "北交所", " Beijing stock exchange "])
def test_a_board_goes_by_its_id_and_by_its_name_in_both_languages(said: str) -> None:
    assert rule_books.board_named(said) == "bse"


def test_a_board_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(rule_books.NoSuchRule, match="main, star, chinext, bse"):
        rule_books.board_named("北京")
