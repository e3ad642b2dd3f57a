"""Units of thresholds: what each is in base units, which kind of measure it fits, and how it is written.

Facts are kept in yuan and fractions; laws speak of 万元 and per cent.
"""

from dataclasses import dataclass, replace

from pipeline.catalog import Counting

MONEY, RATIO = "money", "ratio"

KINDS = frozenset(
    {MONEY, RATIO, "count", "years", "months", "days", "points", "shares", "per_share", "yes_no", "text", "industry"}
)


@dataclass(frozen=True)
class Unit:
    """`factor`: how many base units one of it is, before any exchange rate; `currency` of money.

    `en_scale`: how many of what English readers count by (`en`) one of it is: 10k CNY are 0.01 million.
    `counting`: how so many are written where people count them with a word of their own: 203 人.
    """

    name: str
    kind: str
    factor: float
    zh: str
    en: str
    currency: str = "CNY"
    en_scale: str = "1"
    counting: Counting | None = None

    @property
    def one(self) -> str:
        """The English name behind a one: years, months, days and points have a singular."""
        return self.en.removesuffix("s") if self.en in ("years", "months", "days", "points") else self.en

    @property
    def is_place(self) -> bool:
        """Whether a number of it is a place in an order, 第 3 位, and not so many things."""
        return self.counting is not None and not self.counting.zh.startswith("{}")


UNITS = {
    unit.name: unit
    for unit in (
        Unit("CNY", MONEY, 1, "元", ""),
        Unit("10k CNY", MONEY, 10_000, "万元", "m", en_scale="0.01"),
        Unit("100m CNY", MONEY, 100_000_000, "亿元", "m", en_scale="100"),
        Unit("10k HKD", MONEY, 10_000, "万港元", "m", currency="HKD", en_scale="0.01"),
        Unit("ratio", RATIO, 1, "", ""),
        Unit("count", "count", 1, "", ""),
        Unit("years", "years", 1, "年", "years"),
        Unit("months", "months", 1, "个月", "months"),
        Unit("days", "days", 1, "天", "days"),
        Unit("points", "points", 1, "分", "points"),
        Unit("10k shares", "shares", 10_000, "万股", "million shares", en_scale="0.01"),
        Unit("none", "yes_no", 1, "", ""),
    )
}
#: The unit of a share price: yuan a share.
PER_SHARE = Unit("CNY", "per_share", 1, "元", "")


def fits(unit: str | None, kind: str) -> bool:
    """Whether a threshold in `unit` can be compared with a measure of this kind."""
    if kind in ("yes_no", "text", "industry"):
        return unit is None
    if kind == "per_share":
        return unit == "CNY"
    return unit in UNITS and UNITS[unit].kind == kind


def unit_of(name: str | None, kind: str, counting: Counting | None = None) -> Unit:
    """The unit of a threshold; words and yes/no have none. `counting`: the counting word of what is counted."""
    if kind == "per_share":
        return PER_SHARE
    unit = UNITS[name or "none"]
    return replace(unit, counting=counting) if unit.kind == "count" else unit
