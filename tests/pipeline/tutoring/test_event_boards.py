"""The boards of events: one id for whatever a form calls them."""

import pytest

from pipeline import language
from pipeline.tutoring.event_boards import BOARDS, board_id, board_name


@pytest.mark.parametrize(
    ("written", "board"),
    [
        ("北交所", "bse"),
        ("北京证券交易所", "bse"),
        ("上交所科创板", "star"),
        (" 创业板 ", "chinext"),
        ("深交所主板", "main"),
        ("BSE", "bse"),
        ("安徽省股权托管交易中心", "regional"),
        ("区域性股权市场", "regional"),
        ("新三板创新层", "neeq_innovation"),
        ("月球交易所", "月球交易所"),
    ],
)
def test_a_board_has_one_id_whatever_a_form_calls_it(written, board):
    assert board_id(written) == board


def test_every_board_has_a_name_in_both_languages_and_stands_for_itself():
    for board, label in BOARDS.items():
        assert label.zh != label.en
        assert board_id(board) == board_id(label.zh) == board_id(label.en) == board
    with language.speaking("en"):
        assert board_name("bse") == "Beijing Stock Exchange"
        assert board_name("月球交易所") == "月球交易所"
