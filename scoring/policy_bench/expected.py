"""How many events to expect among some firms, by the calibrated probabilities of a run."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pipeline.json_values import JsonObject

#: With more firms the sum is as good as normal, and the convolution grows with their square.
_MOST_EXACT = 2_000


@dataclass(frozen=True)
class Expected:
    """`expected` events among `firms`, of which `known` have a probability; between `low` and `high` in 95 of 100 cases
    if the probabilities are right: an error of the calibration is not in the interval."""

    firms: int
    known: int
    expected: float
    low: int
    high: int

    def as_json(self) -> JsonObject:
        return asdict(self)


def expected_of(chosen: pd.Index, chances: pd.Series) -> Expected:
    """The events to expect among the chosen firms. `chances`: probabilities by firm_id; who has none counts nothing."""
    known = chances.reindex(chosen).dropna().to_numpy(dtype=float)
    low, high = interval_of(known)
    return Expected(len(chosen), len(known), float(known.sum()), low, high)


def interval_of(chances: np.ndarray) -> tuple[int, int]:
    """The 2.5th and the 97.5th percentile of the number of events, each with its own probability (Poisson-binomial)."""
    if len(chances) == 0:
        return 0, 0
    if len(chances) > _MOST_EXACT:
        middle, half = chances.sum(), 1.959964 * np.sqrt((chances * (1 - chances)).sum())
        return max(int(np.floor(middle - half)), 0), min(int(np.ceil(middle + half)), len(chances))
    reached = np.cumsum(distribution(chances))
    last = len(chances)
    return min(int(np.searchsorted(reached, 0.025)), last), min(int(np.searchsorted(reached, 0.975)), last)


def distribution(chances: np.ndarray) -> np.ndarray:
    """The probability of 0, 1, … events: the convolution of all, halved again and again."""
    if len(chances) == 0:
        return np.ones(1)
    if len(chances) == 1:
        return np.array([1 - chances[0], chances[0]])
    middle = len(chances) // 2
    return np.convolve(distribution(chances[:middle]), distribution(chances[middle:]))
