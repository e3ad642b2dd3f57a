"""How many of some firms to expect an event of, with an interval, from their probabilities."""

from dataclasses import dataclass

import numpy as np

#: Of two sides: an event count outside is seen once in twenty times.
_OUTSIDE = 0.05
#: Fewer events than this behind a figure: whoever shows it says so first.
FEW_EVENTS = 10


@dataclass(frozen=True)
class Expected:
    """`mean` events of `firms` within `within_months`, 95 times of 100 between `low` and `high` if the probabilities
    are right and the firms independent; that the model may be wrong is not in it. `unknown`: firms without a
    probability, which count nothing."""

    firms: int
    mean: float
    low: int
    high: int
    unknown: int
    event: str
    within_months: int


def expected(probabilities: np.ndarray, event: str, within_months: int) -> Expected:
    """From the probability of each firm (NaN: none)."""
    known = probabilities[~np.isnan(probabilities)]
    low, high = interval(known)
    missing = len(probabilities) - len(known)
    return Expected(len(probabilities), float(known.sum()), low, high, missing, event, within_months)


def interval(probabilities: np.ndarray) -> tuple[int, int]:
    """The 2.5 and 97.5 % points of the number of events: the exact distribution of a sum of unlike coins
    (Poisson-binomial), coin by coin."""
    distribution = np.ones(1)
    for probability in probabilities:
        distribution = np.convolve(distribution, (1 - probability, probability))
    reached = np.cumsum(distribution)
    low = int(np.searchsorted(reached, _OUTSIDE / 2))
    high = int(np.searchsorted(reached, 1 - _OUTSIDE / 2))
    return low, min(high, len(probabilities))
