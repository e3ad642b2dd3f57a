"""The value of every measure for every firm, from the facts that definition/measures.py says it is made of.

A measure is asked for per year back from each firm's own latest year, or as a stock: as it was last stated.
"""

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from pipeline.catalog import catalog
from pipeline.reference import market_multiples
from pipeline.rules.definition import measures
from pipeline.rules.evaluation import tech_sme_score
from pipeline.rules.evaluation.firm_years import FirmYears, Floats, divided

#: What market_value_estimate has worked out, as long as its firms are in use.
_ESTIMATES: WeakKeyDictionary[FirmYears, market_multiples.Estimate] = WeakKeyDictionary()


def part_value(data: FirmYears, part: str, lag: int | None) -> Floats:
    """A part of a measure: a fact of the catalogue, or another measure."""
    if part in catalog():
        return data.stock(part) if lag is None else data.figure(part, lag)
    return value(data, part, lag)


def value(data: FirmYears, name: str, lag: int | None) -> Floats:
    """A measure of every firm, `lag` years before its latest year, or (None) as last stated. NaN: unknown.

    Computed once for each FirmYears and remembered there, because several conditions ask for the same one.
    """
    key = (name, lag)
    if key not in data.measure_values:
        data.measure_values[key] = _computed(data, name, lag)
    return data.measure_values[key]


def market_value_estimate(data: FirmYears) -> market_multiples.Estimate:
    """What the multiples of the facts day give from profit (its known side) and revenue of the latest year; NaN where
    neither is known. Computed once for each FirmYears."""
    if data not in _ESTIMATES:
        profit, revenue = at_most(data, "net_profit", 0), value(data, "revenue", 0)
        multiples = market_multiples.multiples_on(data.day)
        _ESTIMATES[data] = market_multiples.estimated(profit, revenue, data.industry(), multiples)
    return _ESTIMATES[data]


def _computed(data: FirmYears, name: str, lag: int | None) -> Floats:
    measure = measures.measures()[name]
    if measure.how == "computed":
        return COMPUTED[name](data)
    if measure.is_brought:
        return data.supplied(name)
    if measure.is_share:
        part, whole = (part_value(data, part, lag or 0) for part in measure.parts)
        return divided(part, whole)
    parts = [part_value(data, part, lag) for part in measure.parts]
    if measure.how == "lower_of":
        return np.minimum.reduce(parts)
    if measure.how == "sum_of":
        return np.add.reduce(parts)
    first_stated = parts[0]
    for other in parts[1:]:
        first_stated = np.where(np.isnan(first_stated), other, first_stated)
    return first_stated


def at_most(data: FirmYears, name: str, lag: int | None) -> Floats:
    """What a measure is at most: of a lower_of that lacks a side the lowest known one, else the value itself."""
    measure = measures.measures()[name]
    if measure.how != "lower_of":
        return value(data, name, lag)
    return np.fmin.reduce([part_value(data, part, lag) for part in measure.parts])


#: A valuation of more months ago says nothing of what the firm is worth now.
OLDEST_VALUE_MONTHS = 24


def usable_expected_value(data: FirmYears) -> Floats:
    """The expected market value as last stated; NaN where its own day is more than 24 months before the facts day."""
    days = data.stock_days("expected_market_value_on", beside="expected_market_value_cny")
    return np.where(days < _oldest_day(data), np.nan, data.stock("expected_market_value_cny"))


def usable_round_value(data: FirmYears) -> Floats:
    """The valuation after the latest round; NaN where the round was more than 24 months before the facts day, where it
    is still to come, or where its day was not stated."""
    days = data.stock_days("latest_round_on", beside="latest_round_valuation_cny")
    usable = (days >= _oldest_day(data)) & (days <= np.datetime64(data.day))
    return np.where(usable, data.stock("latest_round_valuation_cny"), np.nan)


def _oldest_day(data: FirmYears) -> np.datetime64:
    return (pd.Timestamp(data.day) - pd.DateOffset(months=OLDEST_VALUE_MONTHS)).to_datetime64()


def _market_value(data: FirmYears) -> Floats:
    expected = usable_expected_value(data)
    return np.where(np.isnan(expected), usable_round_value(data), expected)


def _rd_institutions(data: FirmYears) -> Floats:
    """Those of any level; provincial ones count, and that there are none of these says nothing of the others."""
    stated, provincial = data.stock("rd_institutions"), data.stock("rd_platforms")
    return np.where(np.isnan(stated), np.where(provincial > 0, provincial, np.nan), np.fmax(stated, provincial))


def _no_incident_3y(data: FirmYears) -> Floats:
    """Stated; else no where a return of the last three years reports an incident or a major violation, and yes where
    each of the three reports none."""
    stated, violation = data.stock("incident_36m"), data.stock("major_violation_36m")
    years = [data.figure("major_incident_12m", lag) for lag in range(3)]
    any_known = np.fmax.reduce([*years, data.stock("major_incident_12m"), violation]) > 0
    none_known = np.add.reduce([*years, violation]) == 0
    derived = np.where(any_known, 0.0, np.where(none_known, 1.0, np.nan))
    return np.where(np.isnan(stated), derived, 1.0 - stated)


def _is_joint_stock(data: FirmYears) -> Floats:
    """A completed share reform, or the legal form that the law wants in the name (公司法 第7条)."""
    reformed = data.days_since("share_reform_on")
    by_name = data.name_ends_with("股份有限公司", "有限公司")
    return np.where(reformed >= 0, 1.0, np.where(reformed < 0, 0.0, by_name))


def _neeq_quoted(data: FirmYears) -> Floats:
    """Only a joint-stock company can be quoted, and quotations are public: one without a recorded quotation is none.

    Unknown where the legal form is, or where a tier is stated without the day.
    """
    since = data.days_since("neeq_listed_on")
    in_a_tier = data.words("neeq_tier").notna().to_numpy()
    not_quoted = ~np.isnan(value(data, "is_joint_stock", None)) & ~in_a_tier
    return np.where(since >= 0, 1.0, np.where((since < 0) | not_quoted, 0.0, np.nan))


def _unless_clean(data: FirmYears, fact: str) -> Floats:
    """A blot as stated; else none where the compliance record of two years is clean."""
    stated = data.stock(fact)
    return np.where(np.isnan(stated) & (data.stock("compliance_clean_2y") == 1), 0.0, stated)


def _excluded_trade_stated(data: FirmYears) -> Floats:
    return np.nan_to_num(data.stock("excluded_trade"), nan=0.0)


def _star_field_refused(data: FirmYears) -> Floats:
    """Whether a person has said that the firm is in no field of the STAR Market (fintech, a new business model)."""
    return (data.stock("star_supported_field") == 0).astype(np.float64)


def _hnte_valid(data: FirmYears) -> Floats:
    since, past = data.days_since("hnte_certified_on"), data.days_since("hnte_expires_on")
    valid = np.where((past > 0) | (since < 0), 0.0, 1.0)
    return np.where(np.isnan(past), np.where(since > 3 * 366, 0.0, np.nan), valid)


def _hnte_held_years(data: FirmYears) -> Floats:
    """Whole years since the certificate was issued; a renewal starts again from zero."""
    return np.floor(data.months_since("hnte_certified_on") / 12)


def _rd_years(data: FirmYears) -> Floats:
    """Fiscal years in a row with R&D spend, or with a share of it in operating expenditure, over the last three."""
    spends = [data.figure("rd_spend_cny", lag) for lag in range(3)]
    shares = [data.figure("rd_over_operating_spend", lag) for lag in range(3)]
    years = [np.where(np.isnan(spend), share, spend) for spend, share in zip(spends, shares, strict=True)]
    unknown = np.isnan(years).any(axis=0)
    spent = np.cumprod([year > 0 for year in years], axis=0).sum(axis=0)
    return np.where(unknown, np.nan, spent.astype(np.float64))


def _tech_sme_score(data: FirmYears) -> Floats:
    return tech_sme_score.score(
        data, value(data, "scientific_staff_share", 0), value(data, "class1_ip", None), value(data, "class2_ip", None)
    )


def _tech_sme_staff_points(data: FirmYears) -> Floats:
    return tech_sme_score.staff_points(data, value(data, "scientific_staff_share", 0))


COMPUTED = {
    "market_value": _market_value,
    "rd_institutions": _rd_institutions,
    "no_incident_3y": _no_incident_3y,
    "is_joint_stock": _is_joint_stock,
    "neeq_quoted": _neeq_quoted,
    "dishonest_debtor": lambda data: _unless_clean(data, "dishonest_debtor"),
    "public_censure_12m": lambda data: _unless_clean(data, "public_censure_12m"),
    "excluded_trade_stated": _excluded_trade_stated,
    "star_field_refused": _star_field_refused,
    "operating_years": lambda data: data.months_since("registered_on") / 12,
    "days_since_registration": lambda data: data.days_since("registered_on"),
    "neeq_listed_months": lambda data: data.months_since("neeq_listed_on"),
    "hnte_valid": _hnte_valid,
    "hnte_held_years": _hnte_held_years,
    "rd_years": _rd_years,
    "tech_sme_score": _tech_sme_score,
    "tech_sme_staff_points": _tech_sme_staff_points,
}
