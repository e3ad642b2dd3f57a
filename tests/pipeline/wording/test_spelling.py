"""Names as whoever looks for them types them."""

import pytest

from pipeline.wording.spelling import folded, pinyin_of, words_of


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("江门海洋", ("jiangmenhaiyang", "jmhy")),
        # How a character is read depends on its neighbours.
        ("重庆银行", ("chongqingyinhang", "cqyh")),
        ("重型机械", ("zhongxingjixie", "zxjx")),
        ("长优董事长", ("changyoudongshizhang", "cydsz")),
        ("绿行", ("lvxing", "lx")),
        ("a1 光电(江门)", ("a1guangdian(jiangmen)", "a1gdjm")),
        ("lotus sensors", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_name_has_its_syllables_and_their_first_letters(name: str, spelt: tuple[str, str]):
    assert pinyin_of(name) == spelt


def test_capitals_and_full_width_letters_are_folded_and_what_is_no_letter_parts_words():
    assert folded("ＡBc（江门）") == "abc(江门)"
    assert words_of("江\x00门\ud800\n光电　ＡＢ") == ["江", "门", "光电", "ab"]
    assert words_of(" \x00 ") == []
