"""How far two rates of differences are apart, for counts that vary more than chance alone has them.

The comparison is the exact conditional one of two Poisson counts (Przyborowski and Wilenski, Biometrika 31, 1940): of
all differences together, how many are the agency's is binomial, and the interval of that share is Clopper and Pearson's
(Biometrika 26, 1934). Differences of one firm come together: counts are divided first by how many times firms vary more
than chance (quasi-likelihood: McCullagh and Nelder, Generalized Linear Models, 1989, chapter 9). Many agencies are
compared at once: the chances are raised as Holm does (Scandinavian Journal of Statistics 6, 1979), which needs nothing
of how they hang together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """How many times one rate is another, with the ends of its interval (`high` None: no end), and the chance of one
    that is as far apart where there is nothing to it. `times` None: the other rate is nought."""

    times: float | None
    low: float
    high: float | None
    chance: float


def ratio(count: int, exposure: float, others: int, others_exposure: float, spread: float = 1.0) -> Ratio:
    """Of count / exposure to others / others_exposure, for counts that vary `spread` times as much as chance alone.

    Both exposures are above nought. Where nothing was counted at all the interval is everything, the chance 1.
    """
    from scipy.stats import beta

    mine, theirs, tail = count / spread, others / spread, (1 - CONFIDENCE) / 2
    if count + others == 0:
        return Ratio(None, 0.0, None, 1.0)
    even = exposure / (exposure + others_exposure)

    def times(share: float) -> float | None:
        return None if share >= 1 else share / (1 - share) * others_exposure / exposure

    low = 0.0 if count == 0 else float(beta.ppf(tail, mine, theirs + 1))
    high = 1.0 if others == 0 else float(beta.ppf(1 - tail, mine + 1, theirs))
    at_least = 1.0 if count == 0 else float(beta.cdf(even, mine, theirs + 1))
    at_most = 1.0 if others == 0 else float(beta.sf(even, mine + 1, theirs))
    rate = None if others == 0 else count / exposure / (others / others_exposure)
    return Ratio(rate, times(low) or 0.0, times(high), min(1.0, 2 * min(at_least, at_most)))


def holm(chances: Sequence[float]) -> list[float]:
    """Each chance raised for how many are looked at: the smallest times all of them, the next times one fewer, and so
    on, none below one before it, none above 1."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    raised, highest = [1.0] * len(chances), 0.0
    for place, which in enumerate(order):
        highest = max(highest, min(1.0, chances[which] * (len(chances) - place)))
        raised[which] = highest
    return raised


def spread_of(counts: Sequence[float], expected: Sequence[float], groups: int) -> float:
    """How many times counts vary more than chance would have them: Pearson's sum over firms, divided by how many there
    are above the groups that have a rate of their own; at least 1. Firms of which nothing is expected are left out."""
    pairs = [(count, mean) for count, mean in zip(counts, expected, strict=True) if mean > 0]
    free = len(pairs) - groups
    if free < 1:
        return 1.0
    return max(1.0, sum((count - mean) ** 2 / mean for count, mean in pairs) / free)
