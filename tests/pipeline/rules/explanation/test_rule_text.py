"""What is said beside a rule: its note, that of its edition, and what its board's file leaves out of the law."""

from datetime import date

from pipeline.language import ENGLISH, speaking
from pipeline.rules.definition import rule_books
from pipeline.rules.explanation import rule_text

DAY = date(2026, 11, 28)


def rule(board: str, name: str):
    return next(rule for rule in rule_books.in_force(board, DAY) if rule.name == name)


def test_what_a_board_does_not_model_is_said_beside_each_of_its_rules():
    for name in ("hk-profit", "hk-18a-S", "csrc-overseas"):
        shown = rule_text.notes_shown(rule("hkex", name))
        for left_out in ("红筹", "不同投票权架构", "GEM", "公众持股量", "2023-03-31 前 H 股"):
            assert left_out in shown.zh
        for left_out in ("red chips", "weighted voting rights", "GEM", "public float", "H shares"):
            assert left_out in shown.en


def test_the_rules_own_note_comes_first():
    shown = rule_text.notes_shown(rule("hkex", "hk-structural"))
    assert shown.zh.startswith("按所走通道分别要求")
    assert "未建模：红筹" in shown.zh
    assert rule_text.note_of(rule("hkex", "hk-profit")).zh == ""


def test_a_text_of_all_rules_says_once_what_a_board_leaves_out():
    for language, left_out in (("zh", "未建模：红筹"), (ENGLISH, "Not modelled: special rules for red chips")):
        with speaking(language):
            assert rule_text.as_text("hkex", DAY).count(left_out) == 1


def test_what_only_general_knowledge_supports_is_marked():
    filing = rule("hkex", "csrc-overseas")
    assert not filing.confirmed
    assert filing.confidence == "medium"
    assert "未经公开文本核实" in rule_text.evidence(filing)
