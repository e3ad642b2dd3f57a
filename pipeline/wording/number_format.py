"""Numbers as people read them, in the current language: the one place where signs, shares, amounts and counts are
written, for the board, the commands, reports and the reasons of a score alike.

A half is rounded away from nought (四舍五入), as the grids and a person do, never to the even digit as Python does. One
minus sign (−), never in front of a nought; thousands marks from 1,000; money in 万元 or 亿元; a change of a share
in percentage points; a part of a line in per cent below twice the line. Every function takes a value in base units,
None or NaN for unknown, and gives a text; unknown is "—".
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipeline.catalog import Counting, Fact
from pipeline.language import CHINESE, language
from pipeline.language import gettext as _

UNKNOWN = "—"
MINUS = "−"
_WAN, _YI, _MILLION = 1e4, 1e8, 1e6
#: From here on, 万元 are written whole.
WHOLE_WAN_FROM = 100 * _WAN
#: In English, less is told in yuan.
_PART_OF_A_MILLION = 1e5
#: From here on, a float is whole.
_NO_HALVES_FROM = 2.0**52
_YEARS = Counting("{} 年", "{} year", "{} years")
_DAYS = Counting("{} 天", "{} day", "{} days")
_POINTS = Counting("{} 分", "{} point", "{} points")
#: Below this, a multiple of a line is told as a share of it.
_TIMES_FROM = 2.0


def known(value: object) -> bool:
    """False for None, NaN and NaT."""
    return value is not None and value == value


def decimal(value: float | None, digits: int = 0, signed: bool = False) -> str:
    """1,234.5; −3.2; with `signed` +3.2 too. What is rounded to nought has no sign."""
    if value is None or not known(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{rounded(abs(value), digits):,.{digits}f}"
    if not text.strip("0.,"):
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def rounded(value: float, digits: int = 0) -> float:
    """A finite number to so many decimals, a half away from nought: 20.5 is 21, −0.25 with one decimal −0.3."""
    number = float(value)
    if abs(number) >= _NO_HALVES_FROM:
        return number
    written = repr(number)
    if written[-1] != "5" or digits < 0 or "e" in written or len(written) - written.index(".") - 2 != digits:
        # No half as it is written. It is the shortest text that means this float, and of those of its length the
        # nearest, so that no half lies between the two: what Python makes of the float holds of the text.
        return round(number, digits)
    return float(Decimal(written).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def signed_text(text: str) -> str:
    """A number written with a hyphen for its minus, as everything here writes it: −3, and 0 for -0."""
    if not text.startswith("-"):
        return text
    return MINUS + text[1:] if any(digit in "123456789" for digit in text) else text[1:]


def plain(value: float | None) -> str:
    """A number of no unit: whole where it is whole, else with two decimals at most."""
    text = decimal(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: float | None, digits: int = 1, signed: bool = False) -> str:
    """A fraction as per cent."""
    return UNKNOWN if fraction is None or not known(fraction) else f"{decimal(100 * fraction, digits, signed)}%"


def percentage_points(fraction: float | None, digits: int = 1, signed: bool = True) -> str:
    """A difference of two shares: +6.6 percentage points."""
    if fraction is None or not known(fraction):
        return UNKNOWN
    return _("%(points)s percentage points", points=decimal(100 * fraction, digits, signed))


def money(yuan: float | None) -> str:
    """Yuan as 万元 or 亿元; in English as millions, below 100,000 as they are."""
    if yuan is None or not known(yuan):
        return UNKNOWN
    if language() == CHINESE and abs(yuan) >= _YI:
        return f"{decimal(yuan / _YI, 2)} 亿元"
    return money_in_wan(yuan)


def money_in_wan(yuan: float | None) -> str:
    """Yuan as 万元 however many, where two amounts are set beside each other; in English as millions."""
    if yuan is None or not known(yuan):
        return UNKNOWN
    if language() != CHINESE:
        text = decimal(yuan / _MILLION, 2) if abs(yuan) >= _PART_OF_A_MILLION else decimal(yuan)
        unit = " m" if abs(yuan) >= _PART_OF_A_MILLION else ""
        return f"{MINUS}¥{text[1:]}{unit}" if text.startswith(MINUS) else f"¥{text}{unit}"
    return f"{decimal(yuan / _WAN, 0 if abs(yuan) >= WHOLE_WAN_FROM else 2)} 万元"


def per_share(yuan: float | None) -> str:
    """Yuan a share, to the fen: 1.23 元, ¥1.23."""
    if yuan is None or not known(yuan):
        return UNKNOWN
    return _in_yuan(decimal(yuan, 2))


def exact_money(yuan: float | None) -> str:
    """A sum to the fen, where statements are held against each other: 893,305,800 元, ¥893,305,800."""
    return UNKNOWN if yuan is None or not known(yuan) else _in_yuan(plain(yuan))


def _in_yuan(text: str) -> str:
    if language() == CHINESE:
        return f"{text} 元"
    return f"{MINUS}¥{text[1:]}" if text.startswith(MINUS) else f"¥{text}"


@dataclass(frozen=True)
class MoneyUnit:
    """The unit of a column or an axis of amounts: so many yuan, its name, and with how many decimals it is written."""

    yuan: float
    name: str
    decimals: int


def money_unit() -> MoneyUnit:
    """万元, whole; in English millions with two decimals, which say the same."""
    return MoneyUnit(_WAN, "万元", 0) if language() == CHINESE else MoneyUnit(_MILLION, "¥\u00a0m", 2)


def counted(value: float | None, counting: Counting | None) -> str:
    """A count with its counting word: 203 人, 203 people, 1 person."""
    number = decimal(value)
    return number if value is None or not known(value) or counting is None else _worded(number, counting)


def _worded(number: str, counting: Counting) -> str:
    if language() == CHINESE:
        return counting.zh.format(number)
    return (counting.one if number in ("1", f"{MINUS}1") else counting.many).format(number)


def part_of_line(times: float | None) -> str:
    """A value as a multiple of a line: 98% of the line; 3.1 times the line from twice on."""
    if times is None or not known(times):
        return UNKNOWN
    if times >= _TIMES_FROM:
        return _("%(times)s times the line", times=decimal(times, 0 if times >= 10 else 1))
    return _("%(share)s of the line", share=percent(times, 0 if times >= 0.1 else 1))


def share_below(rank: float | None) -> str:
    """The share of firms below a rank (0 to 1): at most 99.9%, since nobody stands above himself."""
    if rank is None or not known(rank):
        return UNKNOWN
    rank = min(max(rank, 0.0), 0.999)
    if 0.01 <= rank < 0.99:
        return percent(rank, 0)
    # Cut, not rounded: 0.9899 must not become more than it is.
    return percent(math.floor(rank * 1000 + 1e-9) / 1000, 1)


def fact_value(fact: Fact, value: float | None) -> str:
    """A numeric value of the catalogue with its unit."""
    if value is None or not known(value):
        return UNKNOWN
    if fact.type == "money":
        return money(value)
    if fact.type == "ratio":
        return percent(value)
    if fact.type == "count":
        return counted(value, fact.counting)
    if fact.type == "years":
        return _worded(plain(value), _YEARS)
    if fact.type == "days":
        return _worded(decimal(value), _DAYS)
    if fact.type == "points":
        return _worded(plain(value), _POINTS)
    return decimal(value, 2)
