"""The markets that events are about, by id: names in both languages, and the words by which forms call them.

A form writes 北交所, 上交所科创板 or "bse"; one id is stored. A name that nobody here knows is kept as it was written.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language import Label, pick

BOARDS: Mapping[str, Label] = MappingProxyType(
    {
        "main": Label("主板", "Main board"),
        "star": Label("科创板", "STAR Market"),
        "chinext": Label("创业板", "ChiNext"),
        "bse": Label("北交所", "Beijing Stock Exchange"),
        "hkex": Label("港交所", "Hong Kong"),
        "neeq": Label("新三板", "NEEQ"),
        "neeq_basic": Label("新三板基础层", "NEEQ, basic tier"),
        "neeq_innovation": Label("新三板创新层", "NEEQ, innovation tier"),
        "regional": Label("区域性股权市场", "regional equity market"),
    }
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "main": ("上交所主板", "深交所主板", "上证主板", "深证主板", "沪市主板", "深市主板", "沪主板", "深主板", "中小板"),
    "star": ("上交所科创板", "科创", "star market"),
    "chinext": ("深交所创业板", "创业", "gem"),
    "bse": ("北京证券交易所", "北证", "beijing"),
    "hkex": ("香港联交所", "联交所", "香港交易所", "香港主板", "港股", "h股"),
    "neeq": ("全国股转系统", "全国股转", "股转系统", "全国中小企业股份转让系统"),
    "neeq_basic": ("基础层", "股转系统基础层"),
    "neeq_innovation": ("创新层", "股转系统创新层"),
    "regional": ("区域股权市场", "四板", "新四板"),
}
_ID_OF = {
    word.casefold(): board
    for board, label in BOARDS.items()
    for word in (board, label.zh, label.en, *_WORDS.get(board, ()))
}
#: How a regional market's operator is called: 安徽省股权托管交易中心.
_OPERATOR = ("股权交易中心", "股权托管交易中心", "股权交易所")


def board_id(written: str) -> str:
    """The id of a board as a form writes it; the words themselves where they name none that is known."""
    word = written.strip()
    if word.endswith(_OPERATOR):
        return "regional"
    return _ID_OF.get(word.casefold(), word)


def board_name(board: str) -> str:
    """The board's name in the reader's language; what is no id is shown as it was written."""
    return pick(BOARDS[board]) if board in BOARDS else board
