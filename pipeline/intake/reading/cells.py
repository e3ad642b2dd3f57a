"""What clerks write in cells, as numbers, words and answers (days and years: days.py); or why it is none.

Called with one column of one block at a time. Understood, not refused:
full-width digits, thousands separators, 1.2亿, 3,500万, 12.5%, (1,200) for a loss. A figure with anything else about
it (a note mark, another currency, a comma in the wrong place) is refused: it is never read as another figure.
Blank (unknown) are an empty cell and the marks in BLANKS. 无 is a blank as well, not a zero: a clerk who
has nothing to state has not stated nought.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

import numpy as np

from pipeline.intake.reading import casts, credit_codes
from pipeline.intake.reading.characters import TURNED_ROUND, folded, is_note_mark, visible
from pipeline.language import N_, Message

BLANKS = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "–",
        "－",
        "/",
        "\\",
        "无",
        "暂无",
        "未填",
        "不适用",
        "空",
        "n/a",
        "na",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        ".",
    }
)
YES = frozenset({"是", "有", "对", "y", "yes", "true", "1", "1.0", "√", "✓", "✔"})
NO = frozenset({"否", "无", "没有", "不是", "n", "no", "false", "0", "0.0", "×", "✗", "x"})
_EDGES = " \t\r\n\u3000'"
LONGEST_TEXT = 200

_SCALES = {
    "": 1.0,
    "十": 1e1,
    "百": 1e2,
    "千": 1e3,
    "万": 1e4,
    "十万": 1e5,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "十亿": 1e9,
    "百亿": 1e10,
}
_PLAIN_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*")
#: A space or comma stands at the thousands or nowhere: 0,5 and 32,00 are decimal commas, 3200 1 is two figures.
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<yuan>¥?)"
    r"(?P<digits>[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<power>e[-+]?\d{1,3})?"
    r"(?P<scale>[十百千万亿]*)(?P<unit>元人民币|人民币元|元|%|‰|人次|人|名|件|项|个|家|年|天|次|倍|分|股|轮|位)?",
    re.ASCII,
)
_LOOSE_SPACES = re.compile(r"(?<![0-9.,])[ \t\r\n]+|[ \t\r\n]+(?![0-9.,])")
_FOREIGN = re.compile(
    r"[$€£₩₽₹฿₫₱¢]|[美港欧日韩澳加]元|港币|欧元|英镑|日圆|円|jp¥|usd|hkd|eur|gbp|jpy|krw|sgd|aud|cad|us\$|hk\$"
)
_MONEY_WORDS = frozenset({"元", "元人民币", "人民币元"})
_SHARE_WORDS = {"%": 0.01, "‰": 0.001}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be understood: where in its block, why, and what to write instead."""

    at: int
    kind: str
    what: Message
    instead: Message


Read = tuple[np.ndarray, list[Wrong]]


def is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and (not value or tidy(value).casefold() in BLANKS))


def blanks(values: np.ndarray) -> np.ndarray:
    """Which cells of a column are blank."""
    return np.fromiter((is_blank(value) for value in values), dtype=bool, count=len(values))


def numbers(values: np.ndarray, kind: str, factor: float, percent_cells: np.ndarray | None = None) -> Read:
    """A column of figures as float64 in base units, NaN for blanks.

    `kind`: the fact's type. `factor`: what one of the column's unit is worth in base units (and its sign).
    A unit written in the cell itself (1.2亿, 12.5%) goes before the column's. `percent_cells`: those that
    Excel shows as a percentage and keeps as a fraction.
    """
    read = casts.numbers(values) * factor
    wrong: list[Wrong] = []
    others = np.flatnonzero(np.isnan(read) & (values != ""))
    kept = np.fromiter((type(value) is float or type(value) is int for value in values[others]), bool, len(others))
    floats = np.zeros(len(values), dtype=bool)
    floats[others[kept]] = True
    if kept.any():
        read[floats] = values[floats].astype(np.float64) * factor
        if percent_cells is not None:
            shown = floats & percent_cells
            read[shown] = values[shown].astype(np.float64) * np.sign(factor)
            if kind in ("money", "count"):
                for at in np.flatnonzero(shown):
                    what = Message(N_("%(found)s is a percentage."), {"found": quoted(f"{values[at]:.6%}")})
                    wrong.append(Wrong(int(at), "not_a_number", what, _instead(kind, factor)))
                    read[at] = np.nan
    seen: dict[object, tuple[float, Message | None]] = {}
    for at in others[~kept].tolist():
        value = values[at]
        if value not in seen:
            seen[value] = _written_number(value, kind, factor)
        read[at], why = seen[value]
        if why is not None:
            wrong.append(Wrong(at, "not_a_number", why, _instead(kind, factor)))
    if factor != 1:
        read = np.round(read, 4 if kind == "money" else 10)
    for at in np.flatnonzero(np.isinf(read)):
        wrong.append(Wrong(int(at), "not_a_number", Message(N_("the number has no end.")), _instead(kind, factor)))
        read[at] = np.nan
    if kind in ("count",):
        _whole(read, values, wrong)
    return read, wrong


def _whole(read: np.ndarray, values: np.ndarray, wrong: list[Wrong]) -> None:
    known = ~np.isnan(read)
    for at in np.flatnonzero(known & (read != np.round(np.where(known, read, 0)))):
        wrong.append(
            Wrong(
                int(at),
                "not_whole",
                Message(N_("%(found)s is no whole number."), {"found": quoted(values[at])}),
                Message(N_("Write how many there are, without a fraction.")),
            )
        )
        read[at] = np.nan
    for at in np.flatnonzero(known & (read < 0)):
        wrong.append(
            Wrong(
                int(at),
                "below_zero",
                Message(N_("%(found)s is below 0."), {"found": quoted(values[at])}),
                Message(N_("Write 0 if there was none that year, or leave the cell blank if it is not known.")),
            )
        )
        read[at] = np.nan
    for at in np.flatnonzero(known & (read > 2_000_000_000)):
        wrong.append(
            Wrong(
                int(at),
                "too_large",
                Message(N_("%(found)s is more than there can be."), {"found": quoted(values[at])}),
                Message(N_("Write how many there are; this is no amount of money.")),
            )
        )
        read[at] = np.nan


def _written_number(value: object, kind: str, factor: float) -> tuple[float, Message | None]:
    """One cell that is no number of the workbook: its value in base units, or why there is none."""
    if is_blank(value):
        return float("nan"), None
    if type(value) is str and _PLAIN_NUMBER.fullmatch(value) and math.isfinite(plain := float(value)):
        return plain * factor, None
    if isinstance(value, bool):
        return float("nan"), Message(N_("%(found)s is an answer, not a number."), {"found": quoted(value)})
    if isinstance(value, date | datetime | time | timedelta):
        return float("nan"), Message(
            N_("the cell is formatted as a date or time: %(found)s."), {"found": quoted(value)}
        )
    text = _figure(value)
    in_brackets = text.startswith("(") and text.endswith(")")
    if in_brackets:
        text = text[1:-1]
    match = _NUMBER.fullmatch(text)
    if match is None or match["scale"] not in _SCALES or (in_brackets and match["sign"]):
        return float("nan"), Message(_not_a_number(text), {"found": quoted(value)})
    number = float(re.sub("[, ]", "", match["digits"]) + (match["power"] or ""))
    number = -number if match["sign"] == "-" or in_brackets else number
    unit, scale = match["unit"] or "", _SCALES[match["scale"]]
    if unit in _SHARE_WORDS:
        if kind not in ("ratio", "number") or match["yuan"]:
            return float("nan"), Message(N_("%(found)s is a percentage."), {"found": quoted(value)})
        return number * _SHARE_WORDS[unit] * np.sign(factor), None
    if (unit in _MONEY_WORDS or match["yuan"]) and kind not in ("money", "number"):
        return float("nan"), Message(N_("%(found)s is an amount of money."), {"found": quoted(value)})
    if kind == "money" and unit and unit not in _MONEY_WORDS:
        return float("nan"), Message(N_("%(found)s is no amount of money."), {"found": quoted(value)})
    if kind == "money" and (match["scale"] or unit):
        return number * scale * np.sign(factor), None
    if kind == "ratio" and (match["scale"] or unit not in ("", "倍")):
        return float("nan"), Message(N_("%(found)s is no share."), {"found": quoted(value)})
    return number * scale * factor, None


def is_figure(value: object) -> bool:
    """Whether a cell holds a number, as Excel keeps it or as a clerk writes it."""
    if isinstance(value, bool) or value is None:
        return False
    return isinstance(value, int | float) or _NUMBER.fullmatch(_figure(value).strip("()")) is not None


def _figure(value: object) -> str:
    """What is written, half-width, with spaces only between digits."""
    return _LOOSE_SPACES.sub("", tidy(str(value))).casefold().replace("−", "-")


def _not_a_number(text: str) -> str:
    if TURNED_ROUND in text or _CONTROL.search(text):
        return N_("%(found)s is not a number: invisible signs stand in the cell, and what is shown may not be kept.")
    if _FOREIGN.search(text):
        return N_("%(found)s is an amount in another currency.")
    if re.search("[0-9]", text) and (any(map(is_note_mark, text)) or re.search(r"注|\[[0-9]+\]|\([0-9]+\)$", text)):
        return N_("%(found)s is not a number: it carries the mark of a note.")
    if re.search(r"[0-9]\s+[0-9]", text):
        return N_("%(found)s is not a number: it may be two.")
    if re.fullmatch(r"[-+\d.,oOlI]+", text) and re.search("[oOlI]", text):
        return N_("%(found)s is not a number (a letter for a digit?).")
    if re.fullmatch(r"[-+]?\d+(,\d+)+(\.\d+)?", text):
        return N_("%(found)s is not a number: its commas do not stand at the thousands.")
    if re.fullmatch(r"[-+]?[\d.,]+(?:-|~|至|到)[\d.,]+.*", text):
        return N_("%(found)s is a range, not a number.")
    return N_("%(found)s is not a number.")


def _instead(kind: str, factor: float) -> Message:
    if kind == "money":
        units = {1.0: "元", 1e3: "千元", 1e4: "万元", 1e6: "百万元", 1e8: "亿元"}
        return Message(
            N_(
                "Write the amount in %(unit)s with digits, for example %(example)s, "
                "or leave the cell blank if it is not known."
            ),
            {"unit": units.get(abs(factor), "元"), "example": "12500000" if abs(factor) == 1 else "1250.5"},
        )
    if kind == "ratio":
        return Message(
            N_("Write the share with digits, for example %(example)s, or leave the cell blank if it is not known."),
            {"example": {0.01: "12.5", 0.001: "125"}.get(abs(factor), "0.125")},
        )
    return Message(
        N_("Write digits, for example %(example)s, or leave the cell blank if it is not known."), {"example": "12"}
    )


def answers(values: np.ndarray) -> Read:
    """A column of yes and no as 1.0, 0.0, NaN for blanks."""
    read = np.full(len(values), np.nan)
    wrong: list[Wrong] = []
    seen: dict[object, float | None] = {}
    for at, value in enumerate(values):
        if value not in seen:
            seen[value] = _written_answer(value)
        answer = seen[value]
        if answer is not None:
            read[at] = answer
        else:
            what = Message(N_("%(found)s is neither yes nor no."), {"found": quoted(value)})
            wrong.append(Wrong(at, "not_an_answer", what, Message(N_("Write 是 or 否, or leave the cell blank."))))
    return read, wrong


def _written_answer(value: object) -> float | None:
    """1.0, 0.0, NaN of a blank; None of what is no answer."""
    text = tidy(str(value)).casefold() if value is not None else ""
    if text in YES:
        return 1.0
    if text in NO:
        return 0.0
    return float("nan") if is_blank(value) else None


def words(
    values: np.ndarray,
    kept_as: Mapping[str, str],
    allowed: tuple[str, ...] = (),
    longest: int = LONGEST_TEXT,
    *,
    understood: Mapping[str, str] = MappingProxyType({}),
) -> Read:
    """A column of words, None for blanks. With `kept_as` (or `allowed`) only its words are taken, and those of
    `understood`, which no letter offers."""
    read = np.empty(len(values), dtype=object)
    wrong: list[Wrong] = []
    known = {tidy(word).casefold(): kept for word, kept in (*understood.items(), *kept_as.items())}
    known |= {kept.casefold(): kept for kept in (*kept_as.values(), *allowed)}
    seen: dict[object, tuple[str | None, Wrong | None]] = {}
    for at, value in enumerate(values):
        if value not in seen:
            seen[value] = _written_word(value, known, tuple(kept_as) or allowed, longest)
        read[at], why = seen[value]
        if why is not None:
            wrong.append(Wrong(at, why.kind, why.what, why.instead))
    return read, wrong


def _written_word(
    value: object, known: Mapping[str, str], choices: tuple[str, ...], longest: int
) -> tuple[str | None, Wrong | None]:
    if value is None or (isinstance(value, str) and (not value or (not known and is_blank(value)))):
        return None, None
    text = text_of(value)
    if known:
        if (word := tidy(text).casefold()) in known:
            return known[word], None
        if is_blank(value):
            return None, None
        what = Message(N_("%(found)s is none of the words of this column."), {"found": quoted(value)})
        return None, Wrong(0, "unknown_word", what, Message(N_("Write one of: %(words)s."), {"words": list(choices)}))
    if "\n" in text and credit_codes.IN_A_TEXT.search(text):
        what = Message(N_("the cell holds whole rows of the table: was a quotation mark not closed?"))
        return None, Wrong(
            0,
            "rows_in_a_cell",
            what,
            Message(N_("Give each firm its row, and the cell only what belongs there.")),
        )
    if len(text) > longest:
        what = Message(N_("the text has %(count)s letters."), {"count": len(text)})
        return None, Wrong(0, "too_long", what, Message(N_("Write at most %(most)s letters."), {"most": longest}))
    return text or None, None


def text_of(value: object) -> str:
    """A cell as text, without spaces at the ends, control characters and signs that nobody sees: 3562.0 is 3562, a day
    is 2024-03-05."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return visible(_CONTROL.sub("", str(value))).strip(_EDGES)


def code_of(value: object) -> str:
    """A cell as a code: half-width capitals and digits without spaces or hyphens, "" for a blank."""
    return "" if is_blank(value) else "".join(tidy(text_of(value)).split()).replace("-", "").upper()


def column_of(values: np.ndarray, read: Callable[[object], object]) -> list[object]:
    """Read each distinct value once."""
    seen: dict[object, object] = {}
    return [seen[value] if value in seen else seen.setdefault(value, read(value)) for value in values]


def tidy(text: str) -> str:
    """A text as it is compared: half-width, without invisible signs and spaces at the ends; ① and ² stay themselves."""
    return folded(text).strip(_EDGES)


def quoted(value: object) -> str:
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    text = " ".join(visible(_CONTROL.sub("�", text).replace(TURNED_ROUND, "�")).split())
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"
