"""Average annualised growth of every firm over some years, with the interval that so few yearly rates allow.

The logarithm of the average rate is the mean of the yearly logarithmic rates, so that their spread gives an interval of
Student's t: of three rates with two degrees of freedom, which multiplies the standard error by 4.30. It asks whether
another such row of years would look the same, and takes the years as alike and unconnected.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: The share of intervals made so that hold the true rate, were the years alike.
CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Rates:
    """Per firm, as fractions a year: `rate` NaN where the first or the last year is unknown or the first is not above
    zero; `low` and `high` NaN too where a year between is unknown, a figure is not above zero, or there is one yearly
    rate alone."""

    rate: Floats
    low: Floats
    high: Floats


def annualised(figures: Floats) -> Rates:
    """`figures`: a row a year, the earliest first, a column a firm; at least two rows."""
    years = len(figures) - 1
    first, last = figures[0], figures[-1]
    ratio = np.divide(last, first, out=np.full(first.shape, np.nan), where=(first > 0) & (last >= 0))
    rate = np.power(ratio, 1 / years) - 1
    whole = (figures > 0).all(axis=0)
    unknown = np.full(first.shape, np.nan)
    if years < 2 or not whole.any():
        return Rates(rate, unknown, unknown.copy())
    from scipy.special import stdtrit

    yearly = np.diff(np.log(np.where(whole, figures, 1.0)), axis=0)
    middle, spread = yearly.mean(axis=0), yearly.std(axis=0, ddof=1)
    half = float(stdtrit(years - 1, 0.5 + CONFIDENCE / 2)) * spread / np.sqrt(years)
    low, high = np.expm1(middle - half), np.expm1(middle + half)
    return Rates(rate, np.where(whole, low, np.nan), np.where(whole, high, np.nan))
