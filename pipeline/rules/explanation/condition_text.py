"""Conditions and gaps in words, Chinese and English.

"最近一年净利润还差 1,240 万元（4,760 / 6,000 万元），按近两年增速约需 2 年". The estimate of time assumes that the
measure goes on growing as in the last two periods; it is left out where that growth is unknown or not positive, or
where it would take more than ten years.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from pipeline.catalog import catalog
from pipeline.language import CHINESE, ENGLISH, N_, Label, Message, gettext, language, listed, pick, speaking
from pipeline.rules.definition import measures, rule_books
from pipeline.rules.definition.model import RECOGNITION, Meets, ResolvedCondition
from pipeline.rules.definition.units import MONEY, UNITS, Unit, unit_of
from pipeline.rules.definition.windows import Window, window
from pipeline.rules.evaluation import conditions, measure_values
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.wording import number_format

#: A condition of one firm, by the names of condition_table.COLUMNS.
ConditionRow: TypeAlias = Mapping[Any, Any]
LONGEST_YEARS = 10
#: More conditions and rules than the books have: what each is called is put together once, as they are read once.
_LABELS = 4096
_SYMBOLS = {"CNY": "¥", "HKD": "HK$"}
_WAN = 10_000
_OPS = {">=": "≥", ">": "＞", "<=": "≤", "<": "＜", "==": "＝", "in": "∈"}
#: The tiers of NEEQ, which returns write freely; the words of other facts stand in the catalogue.
_TIERS = {word: Label("创新层", "innovation tier") for word in ("innovation", "创新层")} | {
    word: Label("基础层", "basic tier") for word in ("basic", "基础层")
}
_WHY = {
    "too_old": N_("the latest statements are too old"),
    "no_statements": N_("no statements of a full year"),
    "no_rate": N_("no exchange rate for the day"),
    "value_too_old": N_("no expected market value, and no round of the last 24 months"),
    "base_not_positive": N_("the figure divided by is not above zero"),
}


def number(value: float, unit: Unit, lang: str | None = None) -> str:
    """4,760 or 12.5%: as people write it, without the unit's name, and rounded as everywhere on the board (money whole
    from a million yuan on, else two decimals). English counts 4,760 万元 as 47.6 million. Shares are cut: 4.999 % is
    not yet 5 %.
    """
    if unit.kind == "ratio":
        share = math.trunc(round(value * 1e4, 6)) / 100
        return f"{number_format.plain(share)}%"
    english = (lang or language()) == ENGLISH
    if english:
        return number_format.plain(float(Decimal(repr(float(value))) * Decimal(unit.en_scale)))
    whole = (abs(value) * unit.factor >= number_format.WHOLE_WAN_FROM and unit.factor == _WAN) or abs(value) >= 1000
    return number_format.plain(number_format.rounded(value) if whole else value)


def amount(value: float, unit: Unit, lang: str | None = None) -> str:
    """With the unit's name: 4,760 万元 (¥47.6 m), 12.5%, 3 年."""
    text, english = number(value, unit, lang), (lang or language()) == ENGLISH
    if english and unit.kind == MONEY:
        sign, figure = (number_format.MINUS, text[1:]) if text.startswith(number_format.MINUS) else ("", text)
        text = f"{sign}{_SYMBOLS[unit.currency]}{figure}"
    if unit.counting is not None:
        counted = unit.counting.zh if not english else unit.counting.one if _is_one(text) else unit.counting.many
        return counted.format(text)
    name = unit.zh if not english else unit.one if _is_one(text) else unit.en
    return f"{text} {name}".rstrip()


def _is_one(text: str) -> bool:
    return text in ("1", f"{number_format.MINUS}1")


def yi(cny: float) -> str:
    """12.3 亿元 or 4,760 万元: a sum of yuan in the larger unit that leaves a number above one."""
    unit = UNITS["100m CNY"] if abs(cny) >= UNITS["100m CNY"].factor else UNITS["10k CNY"]
    return amount(cny / unit.factor, unit)


def threshold_text(condition: ResolvedCondition, lang: str) -> str:
    """The right-hand side of a condition."""
    return _line_text(condition.threshold.value, condition.threshold.unit, lang)


def _line_text(value: object, unit: Unit, lang: str) -> str:
    if isinstance(value, bool):
        return ("yes" if value else "no") if lang == ENGLISH else ("是" if value else "否")
    if isinstance(value, int | float):
        return amount(float(value), unit, lang)
    choices = [said(str(choice), lang) for choice in (value if isinstance(value, list | tuple) else [value])]
    with speaking(lang):
        return listed(dict.fromkeys(choices))


def said(word: str, lang: str | None = None) -> str:
    """A word of the law or of the catalogue as people say it: 有保留意见, not qualified."""
    label = _words().get(word) or Label(word, word)
    return label.en if (lang or language()) == ENGLISH else label.zh


@cache
def _words() -> dict[str, Label]:
    return {word: label for fact in catalog().values() for word, label in fact.values.items()} | _TIERS


def condition_label(condition: ResolvedCondition, excluded: bool = False) -> Label:
    """最近一年净利润 ≥ 6,000 万元 / latest year's net profit ≥ ¥60 m."""
    line = condition.threshold
    value: Any = tuple(line.value) if isinstance(line.value, list) else line.value
    # True is 1 to a cache, and not to a reader.
    return _label(condition.measure, condition.window, condition.op, value, type(value).__name__, line.unit, excluded)


@lru_cache(maxsize=_LABELS)
def _label(
    measure_name: str, over: Window, op_name: str, value: object, _kind: str, unit: Unit, excluded: bool
) -> Label:
    measure = measures.measures()[measure_name]
    op = "∉" if excluded and op_name == "in" else "≠" if excluded else _OPS[op_name]
    return Label(
        f"{over.zh(measure.zh)} {op} {_line_text(value, unit, CHINESE)}",
        f"{over.en(measure.en)} {op} {_line_text(value, unit, ENGLISH)}",
    )


@lru_cache(maxsize=_LABELS)
def rule_reference(node: Meets) -> Label:
    """适用 科创板标准五 / meets STAR Market, Standard 5."""
    for book in rule_books.rule_books():
        for rule in book.rules:
            if rule.name == node.rule:
                if rule.board == RECOGNITION:
                    return Label(f"属于{rule.zh}", f"is a {rule.en}")
                board = rule_books.book_of(rule.board)
                return Label(f"满足{board.zh}{rule.zh}", f"meets {board.en}, {rule.en}")
    return Label(node.rule, node.rule)


@lru_cache(maxsize=_LABELS)
def title(rule_id: str, of_board: str | None = None) -> Label:
    """创业板标准一 / ChiNext, Standard 1: board and label of a rule by its id. A rule that several boards share is
    called after `of_board`, or after all of them."""
    found = [
        (rule, rule_books.book_of(rule.board))
        for book in rule_books.rule_books()
        for rule in book.rules
        if rule_id in rule.ids.values() and of_board in (None, rule.board)
    ]
    if not found:
        return Label(rule_id, rule_id)
    rule = found[0][0]
    if rule.board == RECOGNITION:
        return Label(rule.zh, rule.en)
    boards = [board for _rule, board in found]
    return Label(
        "、".join(board.zh for board in boards) + rule.zh, f"{', '.join(board.en for board in boards)}, {rule.en}"
    )


#: What `gaps` says of a rule of which nothing is open.
MET = N_("%(rule)s: met")


def met(rule_id: str, board: str | None) -> Message:
    """The sentence of `gaps` of a rule of which nothing is open."""
    return Message(MET, {"rule": title(rule_id, board)})


def gaps(rows: Sequence[ConditionRow], data: FirmYears, rule_id: str) -> dict[str, list[Message]]:
    """For each firm a sentence for each open condition on the cheapest way to one rule; one sentence where it is met.

    `rows`: the rule's conditions of one or many firms; `data`: the years of these firms, among others.
    """
    named = {"rule": title(rule_id, str(rows[0]["board"]) if rows else None)}
    on_way = [row for row in rows if row["on_way"]]
    left = [row for row in on_way if row["role"] != "when" and row["verdict"] != "met"]
    doubtful: dict[tuple[str, str], ConditionRow] = {}
    for row in on_way:
        if row["role"] == "when" and row["verdict"] == "unknown":
            doubtful.setdefault((row["firm_id"], row["missing"]), row)
    sentences: dict[str, list[Message]] = {str(row["firm_id"]): [] for row in rows}
    for row in (*left, *doubtful.values()):
        sentences[row["firm_id"]].append(Message(N_("%(rule)s: %(gap)s"), {**named, "gap": gap_of(row, data)}))
    return {firm: open_ones or [Message(MET, named)] for firm, open_ones in sentences.items()}


def failures(rows: Sequence[ConditionRow], data: FirmYears, rule_id: str) -> list[Message]:
    """As gaps, for one firm and one rule, with all that is unknown in one sentence: a rule of many conditions of which
    nothing is known would bury what fails."""
    named = {"rule": title(rule_id, str(rows[0]["board"]) if rows else None)}
    open_ones = [row for row in rows if row["on_way"] and row["verdict"] != "met"]
    failing = [row for row in open_ones if row["role"] != "when" and row["verdict"] == "not_met"]
    sentences = [Message(N_("%(rule)s: %(gap)s"), {**named, "gap": gap_of(row, data)}) for row in failing]
    tokens = [row["missing"] for row in open_ones if row["verdict"] == "unknown"]
    if tokens:
        lacking = list(dict.fromkeys(token for each in tokens for token in str(each).split(", ") if token))
        facts = [token for token in lacking if token not in _WHY] or lacking[:1]
        sentences.append(Message(N_("%(rule)s: unknown, %(why)s"), {**named, "why": Missing(", ".join(facts))}))
    return sentences


def gap_of(row: ConditionRow, data: FirmYears) -> Message:
    """One open condition in words, with how long it may take; of the lower of two figures, which side is missing."""
    gap = _gap_of(row, data)
    if row["verdict"] == "unknown" or not row["missing"]:
        return gap
    return Message(N_("%(gap)s (by the known side; %(missing)s)"), {"gap": gap, "missing": Missing(row["missing"])})


def _gap_of(row: ConditionRow, data: FirmYears) -> Message:
    label = Label(row["zh"], row["en"])
    if row["verdict"] == "unknown":
        return Message(N_("%(condition)s: unknown, %(why)s"), {"condition": label, "why": Missing(row["missing"])})
    if row["unit"] == "none" or pd.isna(row["gap"]):
        return Message(N_("%(condition)s: not met"), {"condition": label})
    measure = measures.measures()[row["measure"]]
    over, unit = _window(row["window"]), unit_of_row(row)
    name = Label(over.zh(measure.zh), over.en(measure.en))
    params = {
        "what": name,
        "gap": Difference(row["gap"], unit),
        "value": Beside(row["value"], row["threshold"], unit),
        "threshold": Amount(row["threshold"], unit),
    }
    if unit.is_place:  # a better place is a smaller number
        params["value"] = Amount(row["value"], unit)
        return Message(N_("%(what)s lacks %(gap)s (%(value)s / %(threshold)s)"), params)
    if row["op"] in ("<=", "<"):
        return Message(N_("%(what)s is %(gap)s too high (%(value)s / %(threshold)s)"), params)
    if row["gap"] == 0:
        return Message(N_("%(what)s must be more than %(threshold)s"), params)
    years = years_to_go(row, data)
    if years is None:
        return Message(N_("%(what)s lacks %(gap)s (%(value)s / %(threshold)s)"), params)
    return Message(
        N_("%(what)s lacks %(gap)s (%(value)s / %(threshold)s), about %(years)s year(s) at the pace of two years"),
        {**params, "years": years},
    )


def years_to_go(row: ConditionRow, data: FirmYears) -> int | None:
    """Years until a money condition holds if its measure keeps growing as over its last two periods.

    None where it is no sum of money, where growth is unknown or not positive, or where it takes over ten years.
    """
    measure, over = measures.measures()[row["measure"]], _window(row["window"])
    place = data.firm_ids.get_loc(row["firm_id"])
    if measure.kind != "money" or over.kind not in ("latest", "sum", "mean", "each") or row["op"] not in (">=", ">"):
        return None
    pace = float(conditions.growth(data, row["measure"], 0, 2)[place])
    last = float(measure_values.value(data, row["measure"], 0)[place])
    if not (np.isfinite(pace) and pace > 0 and last > 0):
        return None
    known = [float(measure_values.value(data, row["measure"], lag)[place]) for lag in range(over.reach, -1, -1)]
    wanted = float(row["threshold"]) * UNITS[row["unit"]].factor * _rate(row["unit"], data)
    for years in range(1, LONGEST_YEARS + 1):
        known = [*known[1:], last * (1 + pace) ** years] if over.reach else [last * (1 + pace) ** years]
        reached = {"sum": sum(known), "mean": sum(known) / len(known), "each": min(known)}.get(over.kind, known[-1])
        if reached > wanted or (reached >= wanted and row["op"] == ">="):
            return years
    return None


def unit_of_row(row: ConditionRow) -> Unit:
    """The unit of a row of conditions or of changed lines, with the counting word of what it counts."""
    measure = measures.measures()[row["measure"]]
    kind = "ratio" if _window(row["window"]).is_growth else measure.kind
    return unit_of(row["unit"], kind, measure.counting)


def _rate(unit: str, data: FirmYears) -> float:
    currency = UNITS[unit].currency
    return 1.0 if currency == "CNY" else (conditions.rates_on(data.day)[currency] or np.nan)


def _window(name: str) -> Window:
    known = window(name)
    assert known is not None
    return known


@dataclass(frozen=True)
class Amount:
    """A number with its unit, in the language of the reader."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        return amount(float(self.value), self.unit)


@dataclass(frozen=True)
class LargeSum:
    """A sum of yuan in 亿元 or 万元, in the language of the reader."""

    cny: float

    def __str__(self) -> str:
        return yi(self.cny)


@dataclass(frozen=True)
class Difference:
    """What lies between two numbers: an amount, or percentage points between two shares."""

    value: float
    unit: Unit

    def __str__(self) -> str:
        if self.unit.is_place:
            places = number(float(self.value), self.unit)
            return gettext(N_("%(places)s place") if _is_one(places) else N_("%(places)s places"), places=places)
        if self.unit.kind != "ratio":
            return amount(float(self.value), self.unit)
        points = f"{math.ceil(round(float(self.value) * 1e4, 6)) / 100:,.2f}".rstrip("0").rstrip(".")
        return gettext(N_("%(points)s percentage points"), points=points)


@dataclass(frozen=True)
class Beside:
    """A number without its unit, set beside the line that it misses: with as many decimals as tell the two apart, so
    that 5,999.8 of 6,000 does not read as 6,000 of 6,000."""

    value: float
    line: float
    unit: Unit

    def __str__(self) -> str:
        value, line = float(self.value), float(self.line)
        text = number(value, self.unit)
        if text != number(line, self.unit) or self.unit.kind == "ratio":
            return text
        scale = float(self.unit.en_scale) if language() == ENGLISH else 1.0
        for digits in range(1, 7):
            text = number_format.decimal(value * scale, digits)
            if text != number_format.decimal(line * scale, digits):
                break
        return text


@dataclass(frozen=True)
class Missing:
    """What an unknown condition lacks, from the tokens of the `missing` column."""

    tokens: str

    def __str__(self) -> str:
        if self.tokens in _WHY:
            return gettext(_WHY[self.tokens])
        facts: dict[str, list[str]] = {}
        for token in filter(None, self.tokens.split(", ")):
            name, _, year = token.partition("@")
            facts.setdefault(name, []).extend([year] if year else [])
        return gettext(
            N_("missing: %(facts)s"),
            facts=listed(f"{fact_name(name)} {'/'.join(years)}".rstrip() for name, years in facts.items()),
        )


def fact_name(name: str) -> str:
    """The label of a fact of the catalogue, of a measure or of a rule (rule:name), in the current language."""
    if name.startswith("rule:"):
        return pick(rule_reference(Meets(name.removeprefix("rule:"))))
    labelled = catalog().get(name) or measures.measures().get(name)
    return pick(labelled) if labelled is not None else name
