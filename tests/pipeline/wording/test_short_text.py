"""Texts for paper: never wider than the room, whole where they fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import language
from pipeline.wording.short_text import few_of, shortened, width


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("莲芯", 4), ("莲芯（虚构）", 12), ("", 0)])
def test_a_chinese_letter_takes_the_room_of_two(text, wide):
    assert width(text) == wide


@pytest.mark.parametrize(("most", "told"), [(10, "莲芯传感器"), (9, "莲芯传…"), (8, "莲芯传…")])
def test_a_text_is_whole_where_it_just_fits_and_ends_with_dots_where_it_does_not(most, told):
    assert shortened("莲芯传感器", most) == told


@given(st.text(max_size=60), st.integers(3, 40))
def test_no_text_is_wider_than_its_room_and_none_has_a_second_line(text, most):
    short = shortened(text, most)
    assert width(short) <= most
    assert "\n" not in short


def test_few_names_are_told_and_the_others_counted():
    assert few_of(["甲", "乙"], 2) == "甲、乙"
    assert few_of(["甲", "乙", "丙", "丁"], 2) == "甲、乙，另有 2 家"
    with language.speaking("en"):
        assert few_of(["A", "B", "C"], 2) == "A, B and 1 more"
