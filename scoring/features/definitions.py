"""The features themselves: a table row each, with its formula and its text for officers.

In the flow: figures.py -> **feature_rows.py** -> features.py. A row says which figures of which years it
needs, so that a firm with too short a history is "unknown" there and nowhere else. Name, district, credit
code, mentor and anything filled in only for firms that listed are not here and never enter a model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

#: Profit lines of the exchanges' first standards, in yuan: the yardsticks of the distance features. The rules
#: in force on a day stand in data/rules; a yardstick only fixes where zero lies, no score depends on it.
BSE_PROFIT_YARDSTICK, CHINEXT_PROFIT_YARDSTICK, BSE_ROE_YARDSTICK = 15e6, 50e6, 0.08
#: One step of the money scale: below 10,000 yuan it is linear, above it logarithmic (1.0 = 10 times).
MONEY_STEP = 1e4


class History:
    """Figures of every firm, counted back from the last year it has stated: `back("revenue", 1)` is the year before.

    `figures` index (firm_id, year); `firms` index firm_id with days (registered_on …); index of all answers: `ids`.
    """

    def __init__(self, figures: pd.DataFrame, firms: pd.DataFrame, as_of: date) -> None:
        firm = figures.index.get_level_values(0)
        year = pd.Series(figures.index.get_level_values(1), index=firm)
        self.last_year = year.groupby(level=0).max()
        self.ids = self.last_year.index
        self.firms = firms.reindex(self.ids)
        self.as_of = as_of
        age = self.last_year.reindex(firm).to_numpy() - year.to_numpy()
        self._by_age = {back: figures[age == back].droplevel(1).reindex(self.ids) for back in range(4)}

    def back(self, name: str, years: int = 0) -> pd.Series:
        """The figure of the year `years` before the firm's last; NaN where that year was not stated."""
        return self._by_age[years][name]

    def years(self, name: str, count: int) -> pd.DataFrame:
        """The last `count` years as columns 0 (last), 1, …"""
        return pd.DataFrame({back: self.back(name, back) for back in range(count)})

    def years_since(self, name: str) -> pd.Series:
        """Years from a day in the firm's own facts to the scoring date; NaN where unknown or still to come."""
        if name not in self.firms:
            return pd.Series(np.nan, index=self.ids)
        days = (pd.Timestamp(self.as_of) - pd.to_datetime(self.firms[name])).dt.days
        return (days / 365.25).where(days >= 0)


@dataclass(frozen=True)
class Feature:
    """One feature. `direction`: +1 more is better by policy, -1 less is, 0 the data decide; `actionable`: a firm
    can change it by what it does in a year (not what rests on past years); `unit`: money (on the log scale, see
    money_scale), ratio, count (log), times, days, years, points.
    """

    name: str
    zh: str
    en: str
    group: str
    unit: str
    direction: int
    actionable: bool
    formula: Callable[[History], pd.Series]


def money_scale(yuan: pd.Series) -> pd.Series:
    """Signed logarithm: 0 at 0, 1.0 at 90,000 yuan, 4.0 at 100 M, -4.0 at a loss of 100 M."""
    return np.sign(yuan) * np.log10(1 + yuan.abs() / MONEY_STEP)


def yuan_of(scaled: float) -> float:
    """The yuan behind a value of the money scale."""
    return float(np.sign(scaled) * (10 ** abs(scaled) - 1) * MONEY_STEP)


def count_scale(count: pd.Series) -> pd.Series:
    """log10(1 + count): patents and staff."""
    return np.log10(1 + count.where(count >= 0))


def _enough(years: pd.DataFrame) -> pd.Series:
    """The last two years at least: a figure over three years is formed from two where the third was not asked yet."""
    return years[0].notna() & years[1].notna()


def _worst(history: History, name: str, count: int) -> pd.Series:
    years = history.years(name, count)
    return years.min(axis=1).where(_enough(years))


def _mean(history: History, name: str, count: int) -> pd.Series:
    years = history.years(name, count)
    return years.mean(axis=1).where(_enough(years))


def _growth(history: History, name: str, years: int = 1, start: int = 0) -> pd.Series:
    """Average yearly growth over `years`, unknown where the earlier figure is 0 or less."""
    now, before = history.back(name, start), history.back(name, start + years)
    ratio = (now / before.where(before > 0)).clip(lower=0)
    return ratio ** (1 / years) - 1


def _change(history: History, name: str, years: int = 1) -> pd.Series:
    return history.back(name) - history.back(name, years)


def _profit_growth(history: History, years: int) -> pd.Series:
    """Change of profit as a share of the revenue it started from: defined through losses as well."""
    base = history.back("revenue", years)
    return (history.back("profit") - history.back("profit", years)) / base.where(base > 0)


def _swing(history: History, name: str, count: int) -> pd.Series:
    years = history.years(name, count)
    return years.std(axis=1, ddof=0).where(_enough(years))


def _growth_swing(history: History) -> pd.Series:
    steps = pd.DataFrame({step: _growth(history, "revenue", 1, step) for step in (0, 1, 2)}).clip(-1, 3)
    return steps.std(axis=1, ddof=0).where(steps.notna().sum(axis=1) >= 2)


def _log_distance(value: pd.Series, line: float) -> pd.Series:
    """log2(value / line), limited to four doublings either way; a loss counts as four doublings below."""
    return np.log2((value / line).clip(1 / 16, 16)).where(value.notna())


def _bse_first_standard(history: History) -> pd.Series:
    """How far the weakest condition of the Beijing exchange's first standard is above (+) or below (-) its line.

    Two ways: 15 M profit on average of two years with ROE 8 % on average, or 25 M in the last with ROE 8 %.
    """
    last, roe = history.back("lower_profit"), history.back("roe")
    two, two_roe = _mean(history, "lower_profit", 2), _mean(history, "roe", 2)
    one_year = np.minimum(_log_distance(last, 25e6), _log_distance(roe, BSE_ROE_YARDSTICK))
    two_years = np.minimum(_log_distance(two, BSE_PROFIT_YARDSTICK), _log_distance(two_roe, BSE_ROE_YARDSTICK))
    return pd.concat([one_year, two_years], axis=1).max(axis=1)


def _conditions(history: History) -> pd.Series:
    """How many financial conditions of the Beijing exchange's four standards the figures meet (of those that can be
    told)."""
    profit, roe, revenue = history.back("lower_profit"), history.back("roe"), history.back("revenue")
    met = [
        _worst(history, "lower_profit", 2) >= 15e6,
        profit >= 25e6,
        roe >= BSE_ROE_YARDSTICK,
        _worst(history, "roe", 2) >= BSE_ROE_YARDSTICK,
        revenue >= 100e6,
        revenue >= 200e6,
        _growth(history, "revenue") >= 0.30,
        history.back("cash_margin") > 0,
        history.back("rd_share") >= 0.08,
        history.back("rd_spend") >= 25e6,
    ]
    return pd.concat(met, axis=1).sum(axis=1).astype(float).where(profit.notna() | revenue.notna())


_ROWS: list[tuple[str, str, str, str, str, int, bool, Callable[[History], pd.Series]]] = [
    # name, zh, en, group, unit, direction, actionable, formula
    ("revenue", "营业收入", "Revenue", "scale", "money", 1, True, lambda h: money_scale(h.back("revenue"))),
    (
        "revenue_year_before",
        "上年营业收入",
        "Revenue of the year before",
        "scale",
        "money",
        1,
        False,
        lambda h: money_scale(h.back("revenue", 1)),
    ),
    ("assets", "资产总额", "Total assets", "scale", "money", 1, False, lambda h: money_scale(h.back("assets"))),
    ("equity", "所有者权益", "Equity", "scale", "money", 1, False, lambda h: money_scale(h.back("equity"))),
    ("staff", "职工总数", "Staff", "scale", "count", 1, False, lambda h: count_scale(h.back("staff"))),
    ("net_profit", "净利润", "Net profit", "profit", "money", 1, True, lambda h: money_scale(h.back("profit"))),
    (
        "net_profit_year_before",
        "上年净利润",
        "Net profit of the year before",
        "profit",
        "money",
        1,
        False,
        lambda h: money_scale(h.back("profit", 1)),
    ),
    (
        "worst_profit_2y",
        "近两年较低净利润",
        "Lower net profit of two years",
        "profit",
        "money",
        1,
        False,
        lambda h: money_scale(_worst(h, "lower_profit", 2)),
    ),
    (
        "worst_profit_3y",
        "近三年最低净利润",
        "Lowest net profit of three years",
        "profit",
        "money",
        1,
        False,
        lambda h: money_scale(_worst(h, "lower_profit", 3)),
    ),
    (
        "mean_profit_3y",
        "近三年平均净利润",
        "Average net profit of three years",
        "profit",
        "money",
        1,
        False,
        lambda h: money_scale(_mean(h, "profit", 3)),
    ),
    ("roe", "净资产收益率", "Return on equity", "profit", "ratio", 1, True, lambda h: h.back("roe")),
    (
        "worst_roe_2y",
        "近两年较低净资产收益率",
        "Lower return on equity of two years",
        "profit",
        "ratio",
        1,
        False,
        lambda h: _worst(h, "roe", 2),
    ),
    ("net_margin", "净利率", "Net margin", "profit", "ratio", 1, True, lambda h: h.back("net_margin")),
    (
        "net_margin_year_before",
        "上年净利率",
        "Net margin of the year before",
        "profit",
        "ratio",
        1,
        False,
        lambda h: h.back("net_margin", 1),
    ),
    ("gross_margin", "毛利率", "Gross margin", "profit", "ratio", 1, True, lambda h: h.back("gross_margin")),
    (
        "return_on_assets",
        "总资产收益率",
        "Return on assets",
        "profit",
        "ratio",
        1,
        True,
        lambda h: h.back("return_on_assets"),
    ),
    (
        "cash_margin",
        "经营现金流占收入比",
        "Operating cash flow to revenue",
        "profit",
        "ratio",
        1,
        True,
        lambda h: h.back("cash_margin"),
    ),
    (
        "net_margin_swing",
        "净利率三年波动",
        "Swing of the net margin over three years",
        "profit",
        "ratio",
        0,
        False,
        lambda h: _swing(h, "net_margin", 3),
    ),
    (
        "gross_margin_change",
        "毛利率变动",
        "Change of the gross margin",
        "profit",
        "ratio",
        0,
        False,
        lambda h: _change(h, "gross_margin"),
    ),
    (
        "bse_first_standard",
        "距北交所标准一的倍数",
        "Distance to the Beijing exchange's first standard",
        "profit",
        "doublings",
        1,
        True,
        _bse_first_standard,
    ),
    (
        "bse_conditions",
        "满足北交所财务条件数",
        "Financial conditions of the Beijing exchange that are met",
        "profit",
        "number",
        1,
        True,
        _conditions,
    ),
    (
        "chinext_profit",
        "距创业板净利润线的倍数",
        "Distance to ChiNext's profit line",
        "profit",
        "doublings",
        1,
        True,
        lambda h: _log_distance(h.back("lower_profit") + h.back("lower_profit", 1), 2 * CHINEXT_PROFIT_YARDSTICK),
    ),
    ("revenue_growth", "营业收入增长率", "Revenue growth", "growth", "ratio", 1, True, lambda h: _growth(h, "revenue")),
    (
        "revenue_growth_2y",
        "营业收入两年平均增长率",
        "Average revenue growth over two years",
        "growth",
        "ratio",
        1,
        True,
        lambda h: _growth(h, "revenue", 2),
    ),
    (
        "revenue_growth_year_before",
        "上年营业收入增长率",
        "Revenue growth of the year before",
        "growth",
        "ratio",
        1,
        False,
        lambda h: h.back("stated_growth", 1).fillna(_growth(h, "revenue", 1, 1)),
    ),
    (
        "profit_growth",
        "净利润增量占上年收入比",
        "Added profit to last year's revenue",
        "growth",
        "ratio",
        1,
        True,
        lambda h: _profit_growth(h, 1),
    ),
    (
        "profit_growth_2y",
        "两年净利润增量占期初收入比",
        "Added profit over two years to revenue",
        "growth",
        "ratio",
        1,
        True,
        lambda h: _profit_growth(h, 2),
    ),
    (
        "revenue_growth_swing",
        "收入增速三年波动",
        "Swing of revenue growth over three years",
        "growth",
        "ratio",
        0,
        False,
        _growth_swing,
    ),
    ("staff_growth", "职工人数增长率", "Staff growth", "growth", "ratio", 1, True, lambda h: _growth(h, "staff")),
    ("debt_ratio", "资产负债率", "Debt ratio", "leverage", "ratio", 0, True, lambda h: h.back("debt_ratio")),
    (
        "debt_ratio_change",
        "资产负债率变动",
        "Change of the debt ratio",
        "leverage",
        "ratio",
        0,
        False,
        lambda h: _change(h, "debt_ratio"),
    ),
    ("current_ratio", "流动比率", "Current ratio", "leverage", "times", 0, True, lambda h: h.back("current_ratio")),
    ("quick_ratio", "速动比率", "Quick ratio", "leverage", "times", 0, True, lambda h: h.back("quick_ratio")),
    (
        "inventory_turns",
        "存货周转率",
        "Inventory turns",
        "leverage",
        "times",
        0,
        True,
        lambda h: h.back("inventory_turns"),
    ),
    (
        "receivable_days",
        "应收账款周转天数",
        "Receivable days",
        "leverage",
        "days",
        0,
        True,
        lambda h: h.back("receivable_days").where(h.back("receivable_days") >= 0),
    ),
    ("asset_turns", "总资产周转率", "Asset turns", "leverage", "times", 0, True, lambda h: h.back("asset_turns")),
    (
        "net_assets_per_share",
        "每股净资产",
        "Net assets per share",
        "leverage",
        "yuan",
        1,
        False,
        lambda h: h.back("net_assets_per_share"),
    ),
    ("earnings_per_share", "每股收益", "Earnings per share", "profit", "yuan", 1, False, lambda h: h.back("eps")),
    ("rd_spend", "研发投入", "R&D spend", "rd", "money", 1, True, lambda h: money_scale(h.back("rd_spend"))),
    ("rd_share", "研发投入占收入比", "R&D spend to revenue", "rd", "ratio", 1, True, lambda h: h.back("rd_share")),
    (
        "rd_share_worst_2y",
        "近两年较低研发占比",
        "Lower R&D share of two years",
        "rd",
        "ratio",
        1,
        False,
        lambda h: _worst(h, "rd_share", 2),
    ),
    ("rd_growth", "研发投入增长率", "Growth of R&D spend", "rd", "ratio", 1, True, lambda h: _growth(h, "rd_spend")),
    (
        "hitech_share",
        "高新技术产品收入占比",
        "Share of high-tech income",
        "rd",
        "ratio",
        1,
        True,
        lambda h: h.back("hitech_share"),
    ),
    (
        "rd_platforms",
        "研发平台",
        "R&D platforms",
        "rd",
        "count",
        1,
        True,
        lambda h: count_scale(h.back("rd_platforms")),
    ),
    (
        "innovation_score",
        "创新能力评价得分",
        "Innovation capability score",
        "rd",
        "points",
        1,
        True,
        lambda h: h.back("innovation_score"),
    ),
    (
        "inventions",
        "有效发明专利",
        "Invention patents in force",
        "ip",
        "count",
        1,
        True,
        lambda h: count_scale(h.back("inventions")),
    ),
    (
        "inventions_per_100",
        "每百人发明专利",
        "Invention patents per 100 staff",
        "ip",
        "times",
        1,
        True,
        lambda h: h.back("inventions_per_100"),
    ),
    (
        "new_inventions",
        "新增发明专利",
        "Added invention patents",
        "ip",
        "count",
        1,
        True,
        lambda h: count_scale(_change(h, "inventions").clip(lower=0)),
    ),
    (
        "other_ip",
        "其他知识产权",
        "Other intellectual property",
        "ip",
        "count",
        1,
        True,
        lambda h: count_scale(h.back("other_ip")),
    ),
    (
        "standards_led",
        "主导制定标准",
        "Standards led",
        "ip",
        "count",
        1,
        True,
        lambda h: count_scale(h.back("standards_led")),
    ),
    (
        "rd_staff_share",
        "研发人员占比",
        "Share of R&D staff",
        "people",
        "ratio",
        1,
        True,
        lambda h: h.back("rd_staff_share"),
    ),
    (
        "revenue_per_head",
        "人均营业收入",
        "Revenue per head",
        "people",
        "money",
        1,
        True,
        lambda h: money_scale(h.back("revenue_per_head")),
    ),
    (
        "profit_per_head",
        "人均净利润",
        "Profit per head",
        "people",
        "money",
        1,
        True,
        lambda h: money_scale(h.back("profit_per_head")),
    ),
    (
        "years_since_founding",
        "成立年限",
        "Years since founding",
        "governance",
        "years",
        0,
        False,
        lambda h: h.years_since("registered_on"),
    ),
    (
        "years_since_certificate",
        "获高企证书年限",
        "Years since the HNTE certificate",
        "governance",
        "years",
        0,
        False,
        lambda h: h.years_since("hnte_certified_on"),
    ),
    (
        "equity_rounds",
        "股权融资轮次",
        "Equity rounds",
        "governance",
        "count",
        1,
        True,
        lambda h: count_scale(h.back("equity_rounds")),
    ),
    (
        "export_share",
        "出口占收入比",
        "Exports to revenue",
        "scale",
        "ratio",
        0,
        False,
        lambda h: h.back("export_share"),
    ),
    (
        "tax_share",
        "纳税占收入比",
        "Tax paid to revenue",
        "governance",
        "ratio",
        0,
        False,
        lambda h: h.back("tax_share"),
    ),
    (
        "grants_share",
        "政府补助占收入比",
        "Government grants to revenue",
        "governance",
        "ratio",
        0,
        False,
        lambda h: h.back("grants_share"),
    ),
]

ROWS: tuple[Feature, ...] = tuple(Feature(*row) for row in _ROWS)
