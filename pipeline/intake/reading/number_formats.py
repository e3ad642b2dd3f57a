"""What a spreadsheet program shows for a number, where its format shows another size than the cell keeps.

A cell keeps 0.125 and shows 12.5 %, keeps 8765432 and shows 876.5万, keeps -35 and shows 35. The formats are those of
ECMA-376, part 1, 18.8.31: up to three sections for numbers (positive, negative, zero, or by conditions) and one for
text. A clerk writes what is shown under a heading; `NumberFormat.meant` says which figure that is, where one can be
sure.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: The formats that a number alone stands for. 5 to 8 and 41 to 44 show the currency of the reader's own country.
_BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
_DAYS_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(50, 59)})  # 27 to 36 and 50 to 58: East Asian ones
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\[(?P<bracket>[^\]]*)\]?|[\\!](?P<escaped>.)|_.?|\*.?'
    r"|(?P<general>general|g/通用格式)|(?P<noon>am/pm|a/p|上午/下午)|(?P<power>e[-+])|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?)", re.IGNORECASE)
_COLOR = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+|颜色\s*\d+|[黑蓝青绿洋红白黄]+色?", re.I
)
_RED = frozenset({"red", "红", "红色"})
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_HOME_CURRENCY = frozenset({"¥", "￥", "rmb", "cny", "cn¥"})
_CHINESE = frozenset({0x0804, 0x0004, 0x7804})
_JAPANESE = 0x0411
_FOREIGN = re.compile(
    r"usd|us\$|hkd|hk\$|eur|gbp|jpy|krw|twd|nt\$|mop|sgd|aud|cad|chf|rub|thb|nzd|inr|"
    r"美元|美金|港元|港币|欧元|日元|日圆|英镑|韩元|台币|澳元|加元|新元|瑞士法郎|法郎|卢布|泰铢|卢比|澳门元"
)
_SCALES = {
    "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8,
    "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12, "萬": 1e4, "億": 1e8,
    "k": 1e3, "w": 1e4, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "bn": 1e9, "b": 1e9,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "thousands": 1e3, "millions": 1e6,
}  # fmt: skip
_SHARES = {
    "%": 1e-2,
    "个百分点": 1e-2,
    "百分点": 1e-2,
    "‰": 1e-3,
    "bp": 1e-4,
    "bps": 1e-4,
    "个基点": 1e-4,
    "基点": 1e-4,
}
_SCALE_WORD = re.compile(r"[十百千万亿萬億]+")
_SIGN = re.compile(r"[-−(△▲]|^\s*负\s*$")
_IN_BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class _Section:
    """One section: `scale` is what a kept number is divided by to be shown, `words` the text around its digits."""

    kind: str  # number, day, text, words (no digit at all)
    scale: float = 1.0
    percents: int = 0
    decimals: int | None = None  # None: as many as the number has
    before: str = ""
    after: str = ""
    condition: tuple[str, float] | None = None
    red: bool = False
    misleads: bool = False  # digits or points among its words: what is shown is no number that can be trusted
    foreign: bool = False

    @property
    def signed(self) -> bool:
        return self.red or self.minus

    @property
    def minus(self) -> bool:
        """Whether a sign of loss stands before its digits; (含税) is none."""
        return _SIGN.search(_IN_BRACKETS.sub("", self.before)) is not None

    def holds(self, value: float) -> bool:
        assert self.condition is not None
        sign, limit = self.condition
        return {
            "<": value < limit,
            "<=": value <= limit,
            ">": value > limit,
            ">=": value >= limit,
            "=": value == limit,
            "<>": value != limit,
        }[sign]


@dataclass(frozen=True)
class Meant:
    """What a number means by its format: `figure` in the unit of its column, None where that is not sure.

    `percent`: shown as a percentage, kept as the fraction. `foreign`: an amount in another country's money.
    """

    figure: float | None
    shown: str
    percent: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class NumberFormat:
    code: str
    sections: tuple[_Section, ...]

    @property
    def plain(self) -> bool:
        """Whether every number is shown as it is kept, in whatever column it stands (a nought may be left out)."""
        return not self._loses_sign and all(
            _shows_what_is_kept(one) or (place == 2 and one.kind == "words") for place, one in enumerate(self.sections)
        )

    @property
    def always_percent(self) -> bool:
        """Whether it shows every number as a percentage and says nothing besides, as nearly all that have a % do."""
        return not self._loses_sign and all(
            one.percents == 1 and one.scale == 1 and one.condition is None and not one.misleads and not one.foreign
            and _unit_of(one) is None
            for one in self.sections
        )  # fmt: skip

    @property
    def _scales(self) -> bool:
        return any(one.scale != 1 for one in self.sections)

    @property
    def _loses_sign(self) -> bool:
        if any(one.condition for one in self.sections):
            return False
        bad_minus = len(self.sections) > 1 and not self.sections[1].signed
        return bad_minus or self.sections[0].minus

    def is_day(self, value: float) -> bool:
        """Whether this number is shown as a day or a time."""
        section = self._section(value)
        return section is not None and section.kind == "day"

    @property
    def elapsed(self) -> bool:
        return re.search(r"\[(h+|m+|s+)\]", self.code, re.IGNORECASE) is not None

    def hides_number(self, value: float) -> bool:
        """Whether something else than this number is seen: words, nothing, or another size. For columns of words."""
        section = self._section(value)
        if section is None or section.kind == "words":
            return value != 0
        return section.kind == "number" and (section.scale != 1 or section.percents > 0 or section.misleads)

    def meant(self, kept: float, kind: str, factor: float) -> Meant:
        """The figure that people see, in the column's unit.

        `kind`: the fact's type. `factor`: what one of the column's unit is worth in base units. Sure are two things:
        the format adds no more than the unit that the column has anyway, or it scales a figure in base units into the
        unit that it shows.
        """
        factor = abs(factor)
        section = self._section(kept)
        if section is None or section.kind == "words":
            words = section.before if section is not None else ""
            return Meant(kept if kept == 0 else None, words)
        if section.kind == "day":
            return Meant(None, self.code)
        shown = kept / section.scale * 100**section.percents
        seen = _as_seen(section, shown)
        if section.foreign and kind == "money":
            return Meant(None, seen, foreign=True)
        if not math.isfinite(kept) or section.kind == "text":
            return Meant(kept, seen)
        if section.misleads or self._wrong_sign(section, kept):
            return Meant(None, seen)
        unit = _unit_of(section)
        if section.percents:
            if section.percents > 1 or section.scale != 1 or unit not in (None, 1.0):
                return Meant(None, seen)
            return Meant(kept, seen, percent=True)
        if unit is not None and ((unit < 1 and kind in ("money", "count")) or (unit > 1 and kind == "ratio")):
            return Meant(None, seen)
        if unit is None and section.scale == 1 and factor != 1 and kept != 0 and self._scales:
            return Meant(None, seen)  # its neighbours are scaled, it is not: which unit it is kept in nobody can tell
        amount = shown * (factor if unit is None else unit)
        if math.isclose(amount, kept * factor, rel_tol=1e-9):
            return Meant(kept, seen)
        if math.isclose(amount, kept, rel_tol=1e-9):
            return Meant(kept / factor, seen)
        return Meant(None, seen)

    def _wrong_sign(self, section: _Section, value: float) -> bool:
        if any(one.condition for one in self.sections):
            return False
        if len(self.sections) > 1 and section is self.sections[1] and value < 0:
            return not section.signed
        return value > 0 and section.minus

    def _section(self, value: float) -> _Section | None:
        """The section that shows this number; None: nothing but ##### is seen."""
        sections = self.sections
        if len(sections) == 1 and sections[0].condition is None:
            return sections[0]
        if not any(one.condition for one in sections):
            if value < 0:
                return sections[1]
            return sections[2] if value == 0 and len(sections) > 2 else sections[0]
        for place, one in enumerate(sections):
            if one.condition is not None:
                if one.holds(value):
                    return one
            elif place == len(sections) - 1 or (value > 0 if place == 0 else value < 0):
                return one
        return None


def built_in(number: int) -> NumberFormat | None:
    """The format of a number below 164 that the workbook does not spell out; None: General."""
    return of_code("yyyy/m/d") if number in _DAYS_BUILT_IN else of_code(_BUILT_IN.get(number, "General"))


@lru_cache(maxsize=4096)
def of_code(code: str) -> NumberFormat | None:
    """A format by its code; None where it shows every number as it is kept."""
    sections = [_section_of(text) for text in _split(code)[:4]]
    if len(sections) > 1 and (sections[-1].kind == "text" or len(sections) == 4):
        sections.pop()
    read = NumberFormat(code, tuple(sections[:3]))
    return None if read.plain else read


def _split(code: str) -> list[str]:
    """The sections: what stands between semicolons that are neither quoted nor escaped nor in brackets."""
    parts, begin = [], 0
    for token in _TOKEN.finditer(code):
        if token["plain"] == ";":
            parts.append(code[begin : token.start()])
            begin = token.end()
    return [*parts, code[begin:]]


def _section_of(text: str) -> _Section:
    condition, red, day, is_text, general, foreign, misleads = None, False, False, False, False, False, False
    marks = ""  # 0 digit, . point, , comma, ! a point among the words, % percent
    before, after = "", ""
    for token in _TOKEN.finditer(text):
        words, plain = token["quoted"] or token["escaped"] or "", token["plain"] or ""
        if token["bracket"] is not None:
            bracket = token["bracket"].strip()
            if found := _CONDITION.fullmatch(bracket):
                condition = (found[1], float(found[2]))
            elif bracket.startswith("$"):
                words, abroad = _currency(bracket[1:])
                foreign |= abroad
            elif _ELAPSED.fullmatch(bracket):
                day = True
            elif _COLOR.fullmatch(bracket):
                red |= bracket.casefold() in _RED
        elif token["general"]:
            general = True
            marks += "0"
        elif token["power"]:
            marks += "E"
        elif token["noon"]:
            day = True
        elif plain in ("0", "#", "?"):
            marks += "0"
        elif plain in (".", ",", "%"):
            marks += plain
        elif plain == "@":
            is_text = True
        elif plain and plain.casefold() in "ymdhsegba" and plain.isascii():
            day = True
        elif plain and not plain.isspace() and plain not in "/:":
            words = plain
        if words:
            if "0" in marks:
                if words.strip() == "." and "." not in marks:
                    marks += "!"
                    continue
                after += words
            else:
                before += words
            misleads |= any(letter.isdecimal() for letter in words)
    words = unicodedata.normalize("NFKC", before + after).casefold()
    foreign |= bool(_FOREIGN.search(words)) or any(
        unicodedata.category(letter) == "Sc" and letter not in "¥￥" for letter in before + after
    )
    if day:
        return _Section("day", condition=condition)
    if is_text and "0" not in marks:
        return _Section("text", condition=condition, before=before, after=after)
    if "0" not in marks:
        return _Section("words", condition=condition, before=before + after)
    scale, decimals, odd = _scale(marks)
    return _Section(
        "number",
        scale,
        marks.count("%"),
        None if general or "E" in marks else decimals,
        before,
        after,
        condition,
        red,
        misleads or odd,
        foreign,
    )


def _scale(marks: str) -> tuple[float, int, bool]:
    """What a number is divided by to be shown, how many decimals are seen, and whether that cannot be told."""
    body = marks.partition("E")[0].replace("%", "")
    if "0" not in body.rpartition("!")[2]:
        body = body.replace("!", "")  # a full stop at the end
    digits = body.rfind("0") + 1
    scaling = body[digits:].count(",")
    whole = body[:digits].partition(".")[0]
    if "." in body[:digits]:
        scaling += len(whole) - len(whole.rstrip(","))  # 0,.00
    if "!" in body:
        behind = body[body.rfind("!") :].count("0")
        odd = body.count("!") > 1 or "." in body or "E" in marks
        return 1000.0**scaling * 10.0**behind, behind, odd
    return 1000.0**scaling, body.partition(".")[2].count("0"), body.count(".") > 1


def _currency(inside: str) -> tuple[str, bool]:
    """The words of [$€-407], and whether they name another country's money."""
    symbol, _dash, place = inside.partition("-")
    try:
        language = int(place, 16) & 0xFFFF if place else 0
    except ValueError:
        language = 0
    name = symbol.strip().casefold()
    if not name:
        return "", False
    if name in _HOME_CURRENCY:
        return symbol, language == _JAPANESE
    abroad = language not in _CHINESE and language != 0 and unicodedata.category(symbol.strip()[0]) == "Sc"
    return symbol, abroad or bool(_FOREIGN.search(unicodedata.normalize("NFKC", name)))


def _shows_what_is_kept(section: _Section) -> bool:
    if section.condition is not None or section.misleads or section.foreign or section.percents or section.scale != 1:
        return False
    return section.kind in ("number", "text") and _unit_of(section) is None


def _unit_of(section: _Section) -> float | None:
    """What one is worth by the words of a format: 1e4 for 万元, 1 for 元, 0.01 for a quoted %; None: they say nothing.

    NaN: they say a size that is not known, e.g. 千克.
    """
    words = "".join(unicodedata.normalize("NFKC", section.before + section.after).casefold().split()).strip("()[].-+")
    if not words:
        return None
    for word in ("人民币", "rmb", "cny", "¥", "￥", "整"):
        words = words.replace(word, "")
    if words in _SHARES:
        return _SHARES[words]
    money = words.removesuffix("元").removesuffix("圆")
    if money in _SCALES:
        return _SCALES[money]
    if money == "" and words:
        return 1.0
    if "%" in words or "‰" in words:
        return math.nan
    if found := _SCALE_WORD.search(words):
        return (
            _SCALES.get(found[0], math.nan)
            if words.startswith(found[0]) and len(words) - len(found[0]) <= 1
            else math.nan
        )
    return None


def _as_seen(section: _Section, shown: float) -> str:
    digits = (
        f"{shown:.15g}" if section.decimals is None or not math.isfinite(shown) else f"{shown:.{section.decimals}f}"
    )
    return f"{section.before}{digits}{'%' * section.percents}{section.after}".strip()
