"""The features themselves: a function each, whose docstring is the text that officers read beside its SHAP value.

A function says which figures of which years it needs, so that a firm with too short a history is "unknown" there and
nowhere else. Name, district, credit code, mentor and anything filled in only for firms that listed are not here and
never enter a model. What the law says is not written here either: see listing_lines.py.
"""

import numpy as np
import pandas as pd

from scoring.features.feature import feature
from scoring.features.history import History, count_scale, doublings_from, money_scale

#: Beyond so many times the gross profit a net profit or a loss says no more.
_MOST_OF_GROSS_PROFIT = 3


@feature("营业收入", group="scale", unit="money", direction=+1, actionable=True)
def revenue(h: History) -> pd.Series:
    """Revenue."""
    return money_scale(h.back("revenue"))


@feature("上年营业收入", group="scale", unit="money", direction=+1)
def revenue_year_before(h: History) -> pd.Series:
    """Revenue of the year before."""
    return money_scale(h.back("revenue", 1))


@feature("资产总额", group="scale", unit="money", direction=+1)
def assets(h: History) -> pd.Series:
    """Total assets."""
    return money_scale(h.back("assets"))


@feature("所有者权益", group="scale", unit="money", direction=+1)
def equity(h: History) -> pd.Series:
    """Equity."""
    return money_scale(h.back("equity"))


@feature("股本总额", group="scale", unit="money", direction=+1)
def share_capital(h: History) -> pd.Series:
    """Share capital."""
    return money_scale(h.back("share_capital"))


@feature("毛利", group="scale", unit="money", direction=+1)
def gross_profit(h: History) -> pd.Series:
    """Gross profit."""
    return money_scale(h.back("gross_profit"))


@feature("职工总数", group="scale", unit="count", counts="staff", direction=+1)
def staff(h: History) -> pd.Series:
    """Staff."""
    return count_scale(h.back("staff"))


@feature("净利润", group="profit", unit="money", direction=+1, actionable=True)
def net_profit(h: History) -> pd.Series:
    """Net profit."""
    return money_scale(h.back("profit"))


@feature("扣非前后孰低净利润", group="profit", unit="money", direction=+1)
def core_profit(h: History) -> pd.Series:
    """Net profit, the lower of before and after non-recurring items."""
    return money_scale(h.back("lower_profit"))


@feature("净利润占毛利比", group="profit", unit="ratio")
def profit_of_gross_profit(h: History) -> pd.Series:
    """Net profit to gross profit."""
    return h.back("profit_of_gross_profit").clip(-_MOST_OF_GROSS_PROFIT, _MOST_OF_GROSS_PROFIT)


@feature("上年净利润", group="profit", unit="money", direction=+1)
def net_profit_year_before(h: History) -> pd.Series:
    """Net profit of the year before."""
    return money_scale(h.back("profit", 1))


@feature("近两年较低净利润", group="profit", unit="money", direction=+1)
def worst_profit_2y(h: History) -> pd.Series:
    """Lower net profit of two years."""
    return money_scale(h.worst("lower_profit", 2))


@feature("近三年最低净利润", group="profit", unit="money", direction=+1)
def worst_profit_3y(h: History) -> pd.Series:
    """Lowest net profit of three years."""
    return money_scale(h.worst("lower_profit", 3))


@feature("近三年平均净利润", group="profit", unit="money", direction=+1)
def mean_profit_3y(h: History) -> pd.Series:
    """Average net profit of three years."""
    return money_scale(h.mean("profit", 3))


@feature("净资产收益率", group="profit", unit="ratio", direction=+1, actionable=True)
def roe(h: History) -> pd.Series:
    """Return on equity."""
    return h.back("roe")


@feature("近两年较低净资产收益率", group="profit", unit="ratio", direction=+1)
def worst_roe_2y(h: History) -> pd.Series:
    """Lower return on equity of two years."""
    return h.worst("roe", 2)


@feature("净利率", group="profit", unit="ratio", direction=+1, actionable=True)
def net_margin(h: History) -> pd.Series:
    """Net margin."""
    return h.back("net_margin")


@feature("上年净利率", group="profit", unit="ratio", direction=+1)
def net_margin_year_before(h: History) -> pd.Series:
    """Net margin of the year before."""
    return h.back("net_margin", 1)


@feature("毛利率", group="profit", unit="ratio", direction=+1, actionable=True)
def gross_margin(h: History) -> pd.Series:
    """Gross margin."""
    return h.back("gross_margin")


@feature("总资产收益率", group="profit", unit="ratio", direction=+1, actionable=True)
def return_on_assets(h: History) -> pd.Series:
    """Return on assets."""
    return h.back("return_on_assets")


@feature("经营现金流占收入比", group="profit", unit="ratio", direction=+1, actionable=True)
def cash_margin(h: History) -> pd.Series:
    """Operating cash flow to revenue."""
    return h.back("cash_margin")


@feature("净利率三年波动", group="profit", unit="spread")
def net_margin_swing(h: History) -> pd.Series:
    """Swing of the net margin over three years."""
    return h.swing("net_margin", 3)


@feature("毛利率变动", group="profit", unit="change")
def gross_margin_change(h: History) -> pd.Series:
    """Change of the gross margin."""
    return h.change("gross_margin")


@feature("北交所标准一完成度", group="profit", unit="doublings", direction=+1, actionable=True)
def bse_first_standard(h: History) -> pd.Series:
    """Degree to which the Beijing exchange's first standard is reached.

    How many doublings the weakest condition of one of its two ways is above (+) or below (-) its line: profit on
    average of two years with ROE on average, or profit of the last year with its ROE; the better way counts.
    """
    last, roe = h.back("lower_profit"), h.back("roe")
    two, two_roe = h.mean("lower_profit", 2), h.mean("roe", 2)
    one_year = np.minimum(doublings_from(last, h.lines.bse_profit_last_year), doublings_from(roe, h.lines.bse_roe))
    two_years = np.minimum(
        doublings_from(two, h.lines.bse_profit_each_of_two_years), doublings_from(two_roe, h.lines.bse_roe_two_years)
    )
    return pd.concat([one_year, two_years], axis=1).max(axis=1)


@feature("满足北交所财务条件数", group="profit", unit="conditions", direction=+1, actionable=True)
def bse_conditions(h: History) -> pd.Series:
    """Financial conditions of the Beijing exchange that are met.

    Of those of its four standards that returns can tell (market values they cannot); unknown counts as not met, and
    the whole is unknown where neither profit nor revenue is known, and before the exchange had rules.
    """
    profit, roe, revenue = h.back("lower_profit"), h.back("roe"), h.back("revenue")
    met = [
        h.worst("lower_profit", 2) >= h.lines.bse_profit_each_of_two_years,
        profit >= h.lines.bse_profit_last_year,
        roe >= h.lines.bse_roe,
        h.worst("roe", 2) >= h.lines.bse_roe_two_years,
        revenue >= h.lines.bse_revenue_two_years,
        revenue >= h.lines.bse_revenue_last_year,
        h.growth("revenue") >= h.lines.bse_revenue_growth,
        h.back("cash_margin") > h.lines.bse_cash_flow,
        h.back("rd_share") >= h.lines.bse_rd_share,
        h.back("rd_spend") >= h.lines.bse_rd_spend_of_two_years / 2,
    ]
    known = (profit.notna() | revenue.notna()) & h.lines.beijing_known
    return pd.concat(met, axis=1).sum(axis=1).astype(float).where(known)


@feature("创业板净利润标准完成度", group="profit", unit="doublings", direction=+1, actionable=True)
def chinext_profit(h: History) -> pd.Series:
    """Degree to which ChiNext's profit line is reached."""
    return doublings_from(h.back("lower_profit") + h.back("lower_profit", 1), h.lines.chinext_profit_of_two_years)


@feature("营业收入增长率", group="growth", unit="ratio", direction=+1, actionable=True)
def revenue_growth(h: History) -> pd.Series:
    """Revenue growth."""
    return h.growth("revenue")


@feature("营业收入两年平均增长率", group="growth", unit="ratio", direction=+1, actionable=True)
def revenue_growth_2y(h: History) -> pd.Series:
    """Average revenue growth over two years."""
    return h.growth("revenue", 2)


@feature("上年营业收入增长率", group="growth", unit="ratio", direction=+1)
def revenue_growth_year_before(h: History) -> pd.Series:
    """Revenue growth of the year before."""
    return h.back("stated_growth", 1).fillna(h.growth("revenue", 1, 1))


@feature("净利润增量占上年收入比", group="growth", unit="ratio", direction=+1, actionable=True)
def profit_growth(h: History) -> pd.Series:
    """Added profit to last year's revenue."""
    return h.profit_growth(1)


@feature("两年净利润增量占期初收入比", group="growth", unit="ratio", direction=+1, actionable=True)
def profit_growth_2y(h: History) -> pd.Series:
    """Added profit over two years to revenue."""
    return h.profit_growth(2)


@feature("收入增速三年波动", group="growth", unit="spread")
def revenue_growth_swing(h: History) -> pd.Series:
    """Swing of revenue growth over three years."""
    steps = pd.DataFrame({step: h.growth("revenue", 1, step) for step in (0, 1, 2)}).clip(-1, 3)
    return steps.std(axis=1, ddof=0).where(steps.notna().sum(axis=1) >= 2)


@feature("职工人数增长率", group="growth", unit="ratio", direction=+1, actionable=True)
def staff_growth(h: History) -> pd.Series:
    """Staff growth."""
    return h.growth("staff")


@feature("资产负债率", group="leverage", unit="ratio", actionable=True)
def debt_ratio(h: History) -> pd.Series:
    """Debt ratio."""
    return h.back("debt_ratio")


@feature("资产负债率变动", group="leverage", unit="change")
def debt_ratio_change(h: History) -> pd.Series:
    """Change of the debt ratio."""
    return h.change("debt_ratio")


@feature("流动比率", group="leverage", unit="times", actionable=True)
def current_ratio(h: History) -> pd.Series:
    """Current ratio."""
    return h.back("current_ratio")


@feature("速动比率", group="leverage", unit="times", actionable=True)
def quick_ratio(h: History) -> pd.Series:
    """Quick ratio."""
    return h.back("quick_ratio")


@feature("存货周转率", group="leverage", unit="turns", actionable=True)
def inventory_turns(h: History) -> pd.Series:
    """Inventory turns."""
    return h.back("inventory_turns")


@feature("应收账款周转天数", group="leverage", unit="days", actionable=True)
def receivable_days(h: History) -> pd.Series:
    """Receivable days."""
    return h.back("receivable_days").where(h.back("receivable_days") >= 0)


@feature("总资产周转率", group="leverage", unit="turns", actionable=True)
def asset_turns(h: History) -> pd.Series:
    """Asset turns."""
    return h.back("asset_turns")


@feature("每股净资产", group="leverage", unit="yuan", direction=+1)
def net_assets_per_share(h: History) -> pd.Series:
    """Net assets per share."""
    return h.back("net_assets_per_share")


@feature("每股收益", group="profit", unit="yuan", direction=+1)
def earnings_per_share(h: History) -> pd.Series:
    """Earnings per share."""
    return h.back("eps")


@feature("研发投入", group="rd", unit="money", direction=+1, actionable=True)
def rd_spend(h: History) -> pd.Series:
    """R&D spend."""
    return money_scale(h.back("rd_spend"))


@feature("研发投入占收入比", group="rd", unit="ratio", direction=+1, actionable=True)
def rd_share(h: History) -> pd.Series:
    """R&D spend to revenue."""
    return h.back("rd_share")


@feature("近两年较低研发占比", group="rd", unit="ratio", direction=+1)
def rd_share_worst_2y(h: History) -> pd.Series:
    """Lower R&D share of two years."""
    return h.worst("rd_share", 2)


@feature("研发投入增长率", group="rd", unit="ratio", direction=+1, actionable=True)
def rd_growth(h: History) -> pd.Series:
    """Growth of R&D spend."""
    return h.growth("rd_spend")


@feature("高新技术产品收入占比", group="rd", unit="ratio", direction=+1, actionable=True)
def hitech_share(h: History) -> pd.Series:
    """Share of high-tech income."""
    return h.back("hitech_share")


@feature("研发平台", group="rd", unit="count", counts="rd_platforms", direction=+1, actionable=True)
def rd_platforms(h: History) -> pd.Series:
    """R&D platforms."""
    return count_scale(h.reported("rd_platforms"))


@feature("创新能力评价得分", group="rd", unit="points", direction=+1, actionable=True)
def innovation_score(h: History) -> pd.Series:
    """Innovation capability score."""
    return h.reported("innovation_score")


@feature("有效发明专利", group="ip", unit="count", counts="invention_patents", direction=+1, actionable=True)
def inventions(h: History) -> pd.Series:
    """Invention patents in force."""
    return count_scale(h.back("inventions"))


@feature("每百人发明专利", group="ip", unit="patents", direction=+1, actionable=True)
def inventions_per_100(h: History) -> pd.Series:
    """Invention patents per 100 staff."""
    return h.back("inventions_per_100")


@feature("新增发明专利", group="ip", unit="count", counts="invention_patents", direction=+1, actionable=True)
def new_inventions(h: History) -> pd.Series:
    """Added invention patents."""
    return count_scale(h.change("inventions").clip(lower=0))


@feature("其他知识产权", group="ip", unit="count", counts="class2_ip", direction=+1, actionable=True)
def other_ip(h: History) -> pd.Series:
    """Other intellectual property."""
    return count_scale(h.back("other_ip"))


@feature("主导制定标准", group="ip", unit="count", counts="standards_led", direction=+1, actionable=True)
def standards_led(h: History) -> pd.Series:
    """Standards led."""
    return count_scale(h.reported("standards_led"))


@feature("研发人员占比", group="people", unit="ratio", direction=+1, actionable=True)
def rd_staff_share(h: History) -> pd.Series:
    """Share of R&D staff."""
    return h.back("rd_staff_share")


@feature("人均营业收入", group="people", unit="money", direction=+1, actionable=True)
def revenue_per_head(h: History) -> pd.Series:
    """Revenue per head."""
    return money_scale(h.back("revenue_per_head"))


@feature("人均净利润", group="people", unit="money", direction=+1, actionable=True)
def profit_per_head(h: History) -> pd.Series:
    """Profit per head."""
    return money_scale(h.back("profit_per_head"))


@feature("成立年限", group="governance", unit="years", calendar=True)
def years_since_founding(h: History) -> pd.Series:
    """Years since founding."""
    return h.years_since("registered_on")


@feature("获高企证书年限", group="governance", unit="years", calendar=True)
def years_since_certificate(h: History) -> pd.Series:
    """Years since the HNTE certificate."""
    return h.years_since("hnte_certified_on")


@feature("股权融资轮次", group="governance", unit="count", counts="equity_rounds", direction=+1, actionable=True)
def equity_rounds(h: History) -> pd.Series:
    """Equity rounds."""
    return count_scale(h.reported("equity_rounds"))


@feature("出口占收入比", group="scale", unit="ratio")
def export_share(h: History) -> pd.Series:
    """Exports to revenue."""
    return h.back("export_share")


@feature("纳税占收入比", group="governance", unit="ratio")
def tax_share(h: History) -> pd.Series:
    """Tax paid to revenue."""
    return h.back("tax_share")


@feature("政府补助占收入比", group="governance", unit="ratio")
def grants_share(h: History) -> pd.Series:
    """Government grants to revenue."""
    return h.back("grants_share")
