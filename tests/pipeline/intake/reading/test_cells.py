"""A written figure in any spelling is that figure; with anything else about it, it is never another one."""

import math
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.reading import cells

WIDE = str.maketrans("0123456789.-+,%()", "０１２３４５６７８９．－＋，％（）")
#: Letters that mean something in a figure: digits, signs, units and their full-width forms.
MEANING = set(string.digits + ".,+-eE%‰()¥￥元千百十万亿人名件项个家年天次倍分股轮位" + "−") | {
    chr(wide) for wide in WIDE.values() if isinstance(wide, int)
}


def read(written: object, kind: str = "money", factor: float = 1e4) -> float:
    values, wrong = cells.numbers(np.array([written], dtype=object), kind, factor)
    assert not (wrong and not math.isnan(values[0]))
    return float(values[0])


amounts = st.integers(-(10**13), 10**13).map(lambda cents: cents / 100)


@given(
    amounts, st.sampled_from(["plain", "commas", "spaces", "万元", "元", "亿元", "wide", "brackets", "yuan", "hidden"])
)
def test_a_figure_is_the_same_in_every_spelling(amount: float, how: str):
    written = {
        "plain": f"{amount:.2f}",
        "commas": f"{amount:,.2f}",
        "spaces": f"  {amount:,.2f}".replace(",", "\u202f"),
        "万元": f"{amount:.2f} 万元",
        "元": f"{amount * 1e4:.0f}元",
        "亿元": f"{amount / 1e4:.6f}亿元",
        "wide": f"{amount:,.2f}".translate(WIDE),
        "brackets": f"({-amount:,.2f})" if amount < 0 else f"+{amount:.2f}",
        "yuan": f"-￥{-amount:,.2f}" if amount < 0 else f"￥{amount:,.2f}",
        "hidden": "\u200e".join(f"{amount:.2f}"),
    }[how]
    assert read(written) == pytest.approx(amount * 1e4, rel=1e-12, abs=0.01)


@given(
    st.sampled_from(["3200.5", "41", "3,200", "-35.5", "0.12", "1.2亿", "３２００"]),
    st.text(st.characters(exclude_characters=MEANING, exclude_categories=["Cs"]), min_size=1, max_size=3),
    st.integers(0, 8),
)
def test_whatever_else_stands_in_a_figure_it_is_that_figure_or_none(figure: str, junk: str, place: int):
    found = read(figure[:place] + junk + figure[place:])
    assert math.isnan(found) or found == read(figure)


@given(st.text(max_size=12))
def test_no_text_becomes_a_figure_without_a_digit_of_its_own(written: str):
    found = read(written)
    wide = written.translate({wide: letter for letter, wide in WIDE.items()})
    assert math.isnan(found) or any(letter in string.digits for letter in wide)


@pytest.mark.parametrize(
    ("written", "kind", "base"),
    [("1.2万人", "count", 12_000), ("12.5‰", "ratio", 0.0125), ("5年", "years", 5), ("3200千元", "money", 3_200_000)],
)
def test_a_unit_in_the_cell_goes_before_the_unit_of_the_column(written: str, kind: str, base: float):
    assert read(written, kind, {"ratio": 0.01, "money": 1e4}.get(kind, 1.0)) == pytest.approx(base)
