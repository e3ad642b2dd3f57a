"""The file of support: what the shipped one says of each rule, and the letter for everything that cannot be meant."""

from datetime import date
from fractions import Fraction

import pytest

from pipeline.city.city_file import SHIPPED, read_city
from pipeline.errors import WrongFile
from pipeline.language import speaking
from pipeline.support.in_force import DEMO_FILE
from pipeline.support.model import EXAMPLE, IN_FORCE, LAPSED
from pipeline.support.rules_file import read_support
from tests.pipeline.support.made_up import RULES

ON_SQLITE_ALONE = True


def shipped():
    file = read_city(SHIPPED).support
    assert file is not None
    return read_support(file)


def test_the_plan_of_2021_stands_there_to_the_yuan_and_none_of_it_is_in_force():
    book = shipped()
    fixed = {
        rule: book.rules[rule].formula.cny_fen
        for rule in ("hnte_first", "hnte_again", "hnte_first_talent_island", "hnte_again_talent_island")
    }
    assert list(fixed.values()) == [30_000_000, 10_000_000, 50_000_000, 20_000_000]
    periods = {name: [one.amount_fen for one in pot.periods] for name, pot in book.pots.items()}
    assert periods["hnte_three_years"] == [50_000_000_000], "five hundred million in three years"
    assert periods["rd_subsidy"] == [1_000_000_000] * 3
    assert periods["pacesetters"] == [200_000_000] * 3
    shares = [rule.formula.share for rule in book.rules.values() if rule.pot == "rd_subsidy"]
    assert shares == [Fraction(1, 4)]
    assert IN_FORCE not in {rule.state for rule in book.rules.values()}
    for rule in book.rules.values():
        assert not rule.holds_on(date(2022, 5, 1))
        assert (rule.place is not None) == (rule.state == EXAMPLE)
        assert rule.state != LAPSED or rule.until == date(2023, 12, 31)


def test_the_rules_of_the_made_up_city_are_marked_as_made_up_and_no_others():
    assert read_support(DEMO_FILE).made_up
    assert not shipped().made_up


@pytest.mark.parametrize(
    ("right", "wrong", "letter"),
    [
        ("order: rank", "order: by_size", "by_size is none of: first_come, rank, pro_rata"),
        ("    empty: refused\n", "    empty: maybe\n", "maybe is none of: reduced, next, refused"),
        ("    order: pro_rata\n    empty: reduced", "    order: pro_rata\n    empty: next", "pro rata is reduced"),
        ("amount_cny: 450000", "amount_cny: 450000.001", "450000.001 is no amount"),
        ("amount_cny: 450000", "amount_cny: -1", "-1 is no amount"),
        ("2024-01-01: {until: 2024-12-31, amount_cny: 450000}", "2024-01-01: 450000", "a mapping was expected"),
        ("2025-01-01: {until: 2025-12-31", "2024-12-31: {until: 2025-12-31", "while the one of 2024-01-01 lasts"),
        (
            "2024-01-01: {until: 2024-12-31, amount_cny: 450000}",
            "2024-01-01: {until: 2023-12-31, amount_cny: 1}",
            "before it has begun",
        ),
        (
            "amount: {share: 0.25, of: super_deduction_cny",
            "amount: {share: 25, of: super_deduction_cny",
            "25 is not a fraction",
        ),
        ("of: super_deduction_cny", "of: staff", "staff is no sum of money"),
        (
            "    per: {year: returns}\n    needs: {fact: revenue",
            "    per: {event: listed}\n    needs: {fact: revenue",
            "a share of a figure is of a year",
        ),
        ("per: {activity: technology_loan}", "per: {year: returns}", "interest is of a loan"),
        ("amount: {fixed_cny: 500000}", "amount: {fixed_cny: 500000, up_to_cny: 1}", "write one way to work it out"),
        ("pot: prizes", "pot: nobody", "there is no pot nobody in this file"),
        ("place: {zh: 佛山市, en: Foshan}", "pot: awards", "an example says whose it is"),
        (
            "    state: lapsed\n    from: 2021-01-01\n    until: 2022-12-31\n",
            "    state: lapsed\n    from: 2021-01-01\n",
            "what has lapsed has a last day",
        ),
        ("dated: 2023-05-20", "dated: someday", "write the day of the paper, or its year"),
        ("per: {event: tutoring_filed}", "per: {event: rained}", "rained is none of: "),
        ("most_days: 360", "most_days: -1", "-1 is no number of days"),
        ('fact: first_hnte_certificate, is: "=="', 'fact: nothing_known, is: "=="', "nothing_known"),
        ("    zh: 拟议奖励\n", "    zh: 拟议奖励\n    colour: red\n", "colour"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_place_and_says_what_to_write(tmp_path, right, wrong, letter):
    assert RULES.count(right) >= 1, right
    file = tmp_path / "support.yaml"
    file.write_text(RULES.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(WrongFile) as refused, speaking("en"):
        read_support(file)
    with speaking("en"):
        said = str(refused.value)
    assert "support.yaml" in said
    assert letter in said


def test_everything_that_is_wrong_stands_in_one_letter(tmp_path):
    file = tmp_path / "support.yaml"
    file.write_text(RULES.replace("pot: prizes", "pot: nobody").replace("order: rank", "order: size"), "utf-8")
    with pytest.raises(WrongFile) as refused:
        read_support(file)
    assert "nobody" in str(refused.value)
    assert "size" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WrongFile, match=r"none\.yaml"):
        read_support(tmp_path / "none.yaml")
