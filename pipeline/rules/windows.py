"""Which years a condition looks at, counted back from a firm's own latest full year.

Used by reading.py (which names exist), conditions.py (what to compute) and words.py (how to say it).
"""

import re
from dataclasses import dataclass

_NUMBERS_ZH = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五"}
_PATTERN = re.compile(r"(each|sum|mean|ratio|cagr|ago|growth_mean|prior_sum)_([1-5])")


@dataclass(frozen=True)
class Window:
    """`kind`: now (latest statement of a stock), latest, each, sum, mean, ratio, cagr, ago, growth, growth_mean,
    prior_sum (the years before the latest). `years`: how many fiscal years; cagr over 3 has two growth periods."""

    name: str
    kind: str
    years: int

    @property
    def reach(self) -> int:
        """How many years back from the latest it reads: 0 is the latest alone."""
        return {
            "now": 0, "latest": 0, "ago": self.years, "growth": 1, "growth_mean": self.years, "prior_sum": self.years,
        }.get(self.kind, self.years - 1)  # fmt: skip

    @property
    def is_growth(self) -> bool:
        return self.kind in ("cagr", "growth", "growth_mean")

    @property
    def zh(self) -> str:
        n = _NUMBERS_ZH[self.years] if self.years else ""
        return {
            "now": "", "latest": "最近一年", "each": f"最近{n}年每年", "sum": f"最近{n}年累计", "mean": f"最近{n}年平均",
            "ratio": f"最近{n}年累计", "cagr": f"最近{n}年复合增长率：", "ago": f"{n}年前", "growth": "最近一年同比增长率：",
            "growth_mean": f"最近{n}年平均增长率：", "prior_sum": f"最近一年之前{n}年累计",
        }[self.kind]  # fmt: skip

    @property
    def en(self) -> str:
        n = self.years
        return {
            "now": "", "latest": "latest year's", "each": f"in each of the last {n} years,", "sum": f"sum of {n} years of",
            "mean": f"average of {n} years of", "ratio": f"over {n} years,", "cagr": f"yearly growth over {n} fiscal years of",
            "ago": f"{n} years ago,", "growth": "growth in the latest year of", "growth_mean": f"average growth of {n} years of",
            "prior_sum": f"sum of the {n} years before the latest of",
        }[self.kind]  # fmt: skip


def window(name: str) -> Window | None:
    """The window of this name, or None where there is no such window."""
    if name in ("now", "latest"):
        return Window(name, name, 0)
    if name == "growth_1":
        return Window(name, "growth", 1)
    found = _PATTERN.fullmatch(name)
    return Window(name, found[1], int(found[2])) if found else None
