"""What each source says about the synthetic city: returns, the tax office, auditors, a survey, corrections.

Blanks come at random and more often from weak firms; sources agree but for small differences, some real
contradictions, and an agency that rounds R&D up; a few rows stand in yuan where the form asks for 万元.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipeline.catalog import catalog
from pipeline.facts import public_on
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.synthetic_city.city import City
from pipeline.synthetic_city.identity import SAYS_TOO_MUCH

#: Never left blank: without them nobody would take the form.
_ALWAYS = frozenset(
    {"name", "district_code", "registered_on", "revenue_cny", "net_profit_cny", "total_assets_cny", "staff"}
)
#: The high-tech form does not insist on these: blank at this chance, more for weak firms, less for strong ones.
_SELDOM = {
    "net_profit_after_nonrecurring_cny": 0.35,
    "operating_cash_flow_cny": 0.25,
    "roe_weighted": 0.4,
    "roe_weighted_after_nonrecurring": 0.5,
    "intangible_assets_cny": 0.3,
    "uncovered_loss_cny": 0.2,
    "gross_margin_stated": 0.5,
    "net_margin_stated": 0.5,
    "debt_ratio_stated": 0.5,
    "tech_sme_score": 0.5,
    "tech_sme_staff_points": 0.5,
    "srdi_quality_score": 0.6,
    "class1_ip": 0.3,
    "class2_ip": 0.3,
    "invention_patents_main": 0.3,
    "innovation_score": 0.1,
}
_RD = ("rd_spend_cny", "rd_expense_cny", "rd_expense_hnte_cny", "rd_expense_domestic_cny")
_TAX = (
    "revenue_cny",
    "total_income_cny",
    "net_profit_cny",
    "total_assets_cny",
    "total_liabilities_cny",
    "tax_paid_cny",
    "staff",
    "rd_spend_cny",
)
_SURVEY_SHEET = "融资与治理"
_FINANCE_SHEET = "年度财务"
_RD_SHEET = "人员与研发"


@dataclass(frozen=True)
class WrongUnit:
    """A row, or one cell of it, that stands in another unit than its heading says."""

    firm_id: str
    year: int
    kind: str  # yuan_for_wan, fraction_for_percent
    facts: tuple[str, ...]
    corrected: bool  # a later return puts it right


@dataclass(frozen=True)
class Sources:
    """What each source states, in base units, index (firm_id, year); a column missing: it is not asked."""

    returns: pd.DataFrame
    tax: pd.DataFrame
    audited: pd.DataFrame
    survey: pd.DataFrame
    corrections: tuple[tuple[date, pd.DataFrame], ...]  # known on that day
    wrong_units: tuple[WrongUnit, ...]


def draw_sources(city: City, form: ColumnMap, seed: int) -> Sources:
    """Everything that is handed in about the city, on the form whose column map is `form`."""
    rng = np.random.default_rng([seed, 20])
    fields = {sheet.name: [rule.fact.name for rule in sheet.columns if rule.fact] for sheet in form.sheets}
    survey_facts = [name for name in fields[_SURVEY_SHEET] if name in city.facts]
    asked_of_all = [
        name for sheet, names in fields.items() if sheet != _SURVEY_SHEET for name in names if name in city.facts
    ]
    finance = [name for name in fields[_FINANCE_SHEET] if name in city.facts]
    truth = city.facts
    weakness = _weakness(truth)

    returns = _rounded_up(truth[asked_of_all], rng)
    returns = _contradicting(returns, rng)
    returns = _with_blanks(returns, weakness, rng)
    returns, wrong_units = _in_wrong_units(returns, finance, rng)
    audited_ones = ((truth["revenue_cny"] > 30e6) & (truth["net_profit_cny"] > 2e6)) | truth["share_reform_on"].notna()
    audited_ones &= rng.random(len(truth)) < 0.85
    survey = truth.loc[city.asked, survey_facts]
    return Sources(
        returns=_with_super_deduction(returns, truth, np.random.default_rng([seed, 21])),
        tax=_tax(truth, rng),
        audited=truth.loc[audited_ones, [name for name in finance if not name.endswith("_stated")]],
        survey=_with_blanks(survey, weakness[city.asked], rng),
        corrections=_corrections(city, returns, wrong_units, finance, rng),
        wrong_units=tuple(wrong_units),
    )


def _weakness(truth: pd.DataFrame) -> pd.Series:
    """From 0 (the strongest firm of the year) to 1, by size and margin."""
    margin = truth["net_profit_cny"] / truth["revenue_cny"]
    ranks = [values.groupby(level="year").rank(pct=True) for values in (truth["revenue_cny"], margin)]
    return 1 - (ranks[0] + ranks[1]) / 2


def _with_blanks(stated: pd.DataFrame, weakness: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    chance = (0.004 + 0.05 * weakness**2).to_numpy()
    columns = {}
    for name in stated.columns:
        if name in _ALWAYS:
            columns[name] = stated[name]
            continue
        seldom = _SELDOM.get(name, 0.0) * np.clip(0.3 + 1.2 * weakness.to_numpy(), 0, 1)
        columns[name] = stated[name].mask(rng.random(len(stated)) < np.maximum(chance, seldom))
    return pd.DataFrame(columns)


def _rounded_up(stated: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """R&D as one agency writes it: a third of its returns state 12 to 35 % more than was spent."""
    some = (stated["prepared_by"] == SAYS_TOO_MUCH).to_numpy() & (rng.random(len(stated)) < 0.35)
    factor = np.where(some, rng.uniform(1.12, 1.35, len(stated)), 1.0)
    return stated.assign(**{name: (stated[name] * factor).round(-2) for name in _RD})


def _with_super_deduction(stated: pd.DataFrame, truth: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What firms deducted once more of their R&D expense, to the fen; three in four to all of it qualifies, and one
    return in twelve leaves it blank. Drawn last, from a stream of its own: nothing else of the city changes by it."""
    share = rng.uniform(0.75, 1.0, len(stated))
    blank = rng.random(len(stated)) < 1 / 12
    deducted = (truth["rd_expense_hnte_cny"].reindex(stated.index) * share).round(2)
    return stated.assign(super_deduction_cny=deducted.mask(blank))


def _contradicting(stated: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One return in a hundred states another revenue than the tax office was told."""
    some = rng.random(len(stated)) < 0.01
    revenue = stated["revenue_cny"]
    return stated.assign(revenue_cny=revenue.mask(some, (revenue * rng.uniform(1.04, 1.2, len(stated))).round(-2)))


def _tax(truth: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """All firms but three in a hundred; a year's figures differ by at most 1 % here and there, staff by two people."""
    told = truth.loc[rng.random(len(truth)) < 0.97, list(_TAX)].copy()
    differs = rng.random(len(told)) < 0.08
    revenue = told["revenue_cny"] * np.where(differs, rng.uniform(0.99, 1.01, len(told)), 1.0)
    told["revenue_cny"] = revenue.round(-2)
    told["staff"] = (told["staff"] + rng.integers(-2, 3, len(told)) * (rng.random(len(told)) < 0.3)).clip(lower=3)
    told["rd_spend_cny"] = told["rd_spend_cny"].mask(rng.random(len(told)) < 0.15)
    return told


def _in_wrong_units(
    stated: pd.DataFrame, finance: list[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, list[WrongUnit]]:
    """Rows in yuan under headings in 万元, and shares as fractions under %; mostly in the latest year."""
    stated = stated.copy()
    latest = int(stated.index.get_level_values("year").max())
    years = stated.index.get_level_values("year")
    plain = stated["revenue_cny"].between(15e6, 400e6) & stated["total_liabilities_cny"].notna()
    four_years = stated.groupby(level="firm_id")["revenue_cny"].transform("size") >= 4
    this_year = stated.index[plain & four_years & (years == latest)]
    before = stated.index[plain & four_years & (years == latest - 2)]
    many = max(1, round(len(this_year) * 0.004))
    rows = [*_some(this_year, many, rng), *_some(before, max(1, many // 3), rng)]
    money = [name for name in finance if name.endswith("_cny")]
    stated.loc[stated.index.isin(rows), money] *= 1e4
    wrong_units = [
        WrongUnit(firm, year, "yuan_for_wan", tuple(money), corrected=number % 2 == 0)
        for number, (firm, year) in enumerate(rows)
    ]
    share = "debt_ratio_stated"
    others = stated.index[plain & (years == latest) & stated[share].notna() & ~stated.index.isin(rows)]
    rows = _some(others, max(1, many // 2), rng)
    stated.loc[stated.index.isin(rows), share] /= 100
    wrong_units += [WrongUnit(firm, year, "fraction_for_percent", (share,), corrected=False) for firm, year in rows]
    return stated, wrong_units


def _some(rows: pd.Index, count: int, rng: np.random.Generator) -> list[tuple[str, int]]:
    """A few different rows, of different firms."""
    chosen = rng.choice(len(rows), size=min(count, len(rows)), replace=False)
    return [(str(firm), int(year)) for firm, year in rows[chosen]]


def _corrections(
    city: City, returns: pd.DataFrame, wrong_units: list[WrongUnit], finance: list[str], rng: np.random.Generator
) -> tuple[tuple[date, pd.DataFrame], ...]:
    """Returns handed in again: of the third year in the autumn after it, and of the latest year some time ago."""
    years = city.years
    found = []
    for year, share in ((years[len(years) // 2], 0.015), (years[-1], 0.012)):
        on = date(year + 1, 9, 16)
        if on > city.until:
            on = max(public_on(year), city.until - timedelta(days=60))
        of_year = city.facts.index[city.facts.index.get_level_values("year") == year]
        in_wrong_units = {(wrong.firm_id, wrong.year) for wrong in wrong_units}
        corrected = [(wrong.firm_id, wrong.year) for wrong in wrong_units if wrong.corrected and wrong.year == year]
        free = of_year[~of_year.isin(list(in_wrong_units))]
        again = _some(free, max(2, round(share * len(of_year))), rng)
        rows = pd.MultiIndex.from_tuples(sorted({*corrected, *again}), names=city.facts.index.names)
        found.append((on, city.facts.loc[rows, finance]))
    return tuple(found)


def sheets_told(stated: pd.DataFrame, form: ColumnMap) -> list[str]:
    """The sheets of the form on which this source has anything to say."""
    told = set(stated.columns)
    return [
        str(sheet.name)
        for sheet in form.sheets
        if any(rule.fact and rule.fact.name in told and rule.fact.name in catalog() for rule in sheet.columns)
    ]
