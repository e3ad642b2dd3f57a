"""The latent quality of each firm, which nobody sees: everything else of the synthetic city is drawn from it.

A firm has a lasting quality and a mood that changes slowly; size and margin follow both, with noise. Sizes
are brought to the same lognormal each year, so that any seed gives the city its statistics allow: median
revenue 39.4 M yuan and sigma 1.55, hence 66.9 % above 20 M (fitted to Zhongshan 2022, the neighbour with
the same industries: 2,630 high-tech enterprises).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.facts import public_on

YEARS_TOLD = 5
#: Years lived before the first that is told: firms begin with a past, and some are on their way already.
YEARS_BEFORE = 4

MEDIAN_REVENUE_CNY = 39.4e6
SIGMA = 1.55
NOMINAL_GROWTH = 0.05


@dataclass(frozen=True)
class Quality:
    """Arrays (firm, year) over `years`, the told ones last; everything about mean 0 and deviation 1.

    `lasting` and `ambition` are one number a firm; `ambition` decides about listing and shows in no figure.
    """

    years: np.ndarray
    lasting: np.ndarray
    ambition: np.ndarray
    now: np.ndarray
    size: np.ndarray
    margin: np.ndarray

    @property
    def firms(self) -> int:
        return len(self.lasting)

    @property
    def told(self) -> np.ndarray:
        """The fiscal years that returns tell about."""
        return self.years[-YEARS_TOLD:]

    @property
    def revenue_cny(self) -> np.ndarray:
        middle = self.told[YEARS_TOLD // 2]
        return MEDIAN_REVENUE_CNY * np.exp(NOMINAL_GROWTH * (self.years - middle) + SIGMA * self.size)


def last_year_known(until: date) -> int:
    """The last fiscal year whose figures are public by `until`."""
    return until.year - 1 if public_on(until.year - 1) <= until else until.year - 2


def day_of(years: np.ndarray) -> np.ndarray:
    """2023.5 -> the working day at or after the middle of 2023 (datetime64[D])."""
    whole = np.floor(years).astype(int)
    first = (whole - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    days = np.floor((years - whole) * 365).astype("timedelta64[D]")
    return np.busday_offset(first + days, 0, roll="forward")


def as_year(day: date) -> float:
    """A day as a number of years: 2023-07-02 -> 2023.498."""
    return day.year + (day - date(day.year, 1, 1)) / timedelta(days=365)


def draw_quality(firms: int, until: date, rng: np.random.Generator) -> Quality:
    last = last_year_known(until)
    years = np.arange(last - YEARS_TOLD - YEARS_BEFORE + 1, last + 1)
    shape = (firms, len(years))
    lasting = rng.standard_normal(firms)
    mood = _slow(rng.standard_normal(shape), 0.75)
    now = 0.85 * lasting[:, None] + 0.53 * mood

    noise = rng.standard_normal(shape)
    size = np.empty(shape)
    size[:, 0] = 0.5 * lasting + 0.866 * noise[:, 0]
    for year in range(1, len(years)):
        size[:, year] = 0.985 * size[:, year - 1] + 0.04 * now[:, year] + 0.15 * noise[:, year]
    size = _no_giants((size - size.mean(axis=0)) / size.std(axis=0))

    turns = _slow(rng.standard_normal(shape), 0.6)
    margin = 0.55 * now + 0.05 * size + 0.55 * turns + 0.45 * rng.standard_normal(shape)
    margin = (margin - margin.mean()) / margin.std()
    return Quality(years, lasting, rng.standard_normal(firms), now, size, margin)


def _no_giants(size: np.ndarray, begins: float = 2.4, most: float = 3.2) -> np.ndarray:
    """Sizes above 1.6 bn yuan drawn in, so that one firm of 30 bn does not make the totals of a city."""
    beyond = np.maximum(size - begins, 0)
    return np.minimum(size, begins) + (most - begins) * np.tanh(beyond / (most - begins))


def _slow(noise: np.ndarray, keeps: float) -> np.ndarray:
    """Noise that remembers: each year keeps this share of the one before, at deviation 1."""
    slow = noise.copy()
    for year in range(1, noise.shape[1]):
        slow[:, year] = keeps * slow[:, year - 1] + np.sqrt(1 - keeps**2) * noise[:, year]
    return slow
