"""Which years a condition looks at, counted back from a firm's own latest full year, and how they are called."""

import re
from dataclasses import dataclass

_NUMBERS_ZH = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五"}
_PATTERN = re.compile(r"(each|sum|mean|ratio|ratio_upto|cagr|ago|growth_mean|growth_each|prior_sum)_([1-5])")


@dataclass(frozen=True)
class Window:
    """`kind`: now (latest statement of a stock), latest, each, two_of (in two of the years at least), sum, mean, ratio,
    ratio_upto (as ratio, over fewer years where the firm has been in operation for fewer), cagr, ago, growth,
    growth_mean, growth_each (grown in each year), prior_sum (the years before the latest). `years`: how many fiscal
    years; cagr over 3 has two growth periods."""

    name: str
    kind: str
    years: int

    @property
    def reach(self) -> int:
        """How many years back from the latest it reads: 0 is the latest alone."""
        return {
            "now": 0,
            "latest": 0,
            "ago": self.years,
            "growth": 1,
            "growth_mean": self.years,
            "growth_each": self.years,
            "prior_sum": self.years,
        }.get(self.kind, self.years - 1)

    @property
    def is_growth(self) -> bool:
        return self.kind in ("cagr", "growth", "growth_mean", "growth_each")

    def zh(self, measure: str) -> str:
        """最近三年营业收入复合增长率: the measure over this window, in Chinese."""
        n = _NUMBERS_ZH.get(self.years, "")
        before, after = {
            "now": ("", ""),
            "latest": ("最近一年", ""),
            "each": (f"最近{n}年每年", ""),
            "sum": (f"最近{n}年累计", ""),
            "mean": (f"最近{n}年平均", ""),
            "two_of": (f"最近{n}年中至少两年", ""),
            "ratio": (f"最近{n}年累计", ""),
            "ratio_upto": (f"最近{n}年（实际经营不满{n}年的按实际经营年度）累计", ""),
            "cagr": (f"最近{n}年", "复合增长率"),
            "ago": (f"{n}年前", ""),
            "growth": ("最近一年", "同比增长率"),
            "growth_mean": (f"最近{n}年", "平均增长率"),
            "growth_each": (f"最近{n}年每年", "同比增长率"),
            "prior_sum": (f"最近一年之前{n}年累计", ""),
        }[self.kind]
        return f"{before}{measure}{after}"

    def en(self, measure: str) -> str:
        """yearly growth of revenue over 3 fiscal years: the measure over this window, in English."""
        n = self.years
        return {
            "now": measure,
            "latest": f"{measure} of the latest year",
            "each": f"{measure} in each of the last {n} years",
            "sum": f"{measure}, sum of the last {n} years",
            "mean": f"{measure}, average of the last {n} years",
            "two_of": f"{measure} in at least two of the last {n} years",
            "ratio": f"{measure} over the last {n} years",
            "ratio_upto": f"{measure} over the last {n} years (or the years in operation, where fewer)",
            "cagr": f"yearly growth of {measure} over {n} fiscal years",
            "ago": f"{measure} {n} years ago",
            "growth": f"growth of {measure} in the latest year",
            "growth_mean": f"average growth of {measure} over {n} years",
            "growth_each": f"growth of {measure} in each of the last {n} years",
            "prior_sum": f"{measure}, sum of the {n} years before the latest",
        }[self.kind]


def window(name: str) -> Window | None:
    """The window of this name, or None where there is no such window."""
    if name in ("now", "latest"):
        return Window(name, name, 0)
    if name == "growth_1":
        return Window(name, "growth", 1)
    if name == "two_of_3":
        return Window(name, "two_of", 3)
    match = _PATTERN.fullmatch(name)
    return Window(name, match[1], int(match[2])) if match else None
