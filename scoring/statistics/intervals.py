"""Intervals of single figures in closed form, which hold where few events stand behind them."""

from collections.abc import Callable
from math import sqrt

#: The two-sided 95 % point of the normal distribution.
_Z = 1.959963984540054
_STEPS = 80


def newcombe_auc(area: float, positives: int, negatives: int) -> tuple[float, float]:
    """The 95 % interval of an AUC of so many firms with the event and so many without; NaN where a class is empty.

    The areas whose own standard error lets the observed one be: both bounds solve |area - A| = z SE(A), with Hanley and
    McNeil's variance, the two class sizes in its small terms replaced by their mean. Where three events stand behind an
    area a percentile bootstrap covers two draws of three, and this nineteen of twenty.
    Source: R. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2,
    Statistics in Medicine 25 (2006), 559-573, method 5.
    """
    if not (positives and negatives) or area != area:
        return float("nan"), float("nan")
    middle = (positives + negatives) / 2 - 1

    def too_far(bound: float) -> bool:
        spread = bound * (1 - bound) / (positives * negatives)
        error = sqrt(spread * (1 + middle * (1 - bound) / (2 - bound) + middle * bound / (1 + bound)))
        return abs(area - bound) > _Z * error

    return _bound(area, 0.0, too_far), _bound(area, 1.0, too_far)


def _bound(area: float, end: float, too_far: Callable[[float], bool]) -> float:
    """Between the area and an end of the scale the last value that is not too far."""
    near, far = area, end
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if too_far(middle):
            far = middle
        else:
            near = middle
    return near


def poisson_ratio(observed: int, expected: float) -> tuple[float, float, float]:
    """Observed over expected events with its exact 95 % interval; NaN where none was expected.

    Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936), 437-442.
    """
    from scipy.stats import chi2

    if not expected > 0:
        return float("nan"), float("nan"), float("nan")
    low = chi2.ppf(0.025, 2 * observed) / 2 if observed else 0.0
    high = chi2.ppf(0.975, 2 * observed + 2) / 2
    return observed / expected, float(low) / expected, float(high) / expected
