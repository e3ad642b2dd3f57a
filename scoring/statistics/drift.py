"""Has a feature drifted more than its sample size explains? Population stability index with its own null distribution.

The usual thresholds of 0.1 and 0.25 for the PSI ignore the sample size: with 200 firms a PSI of 0.1 is chance, with
200,000 one of 0.02 is not. Here the threshold is a quantile of what resampling from the earlier firms alone gives.
"""

from dataclasses import dataclass

import numpy as np

_BINS, _DRAWS, _LINE = 10, 300, 0.99


@dataclass(frozen=True)
class Drift:
    """`psi` of the known values; `line`: its threshold, which chance alone exceeds once in a hundred; shares missing;
    share out of range."""

    psi: float
    line: float
    missing_before: float
    missing_now: float
    missing_line: float
    out_of_range: float

    @property
    def moved(self) -> bool:
        return self.psi > self.line

    @property
    def missing_moved(self) -> bool:
        return abs(self.missing_now - self.missing_before) > self.missing_line


def drift_of(before: np.ndarray, now: np.ndarray, seed: int = 0) -> Drift:
    """From the values of a feature on two days (NaN unknown). NaN psi where either has fewer than 20 known values."""
    known_before, known_now = before[np.isfinite(before)], now[np.isfinite(now)]
    shares = [1 - len(known) / max(1, len(all_)) for known, all_ in ((known_before, before), (known_now, now))]
    pooled = (shares[0] * len(before) + shares[1] * len(now)) / max(1, len(before) + len(now))
    missing_line = (
        2.576 * float(np.sqrt(pooled * (1 - pooled) * (1 / max(1, len(before)) + 1 / max(1, len(now))))) + 1e-9
    )
    if len(known_before) < 20 or len(known_now) < 20:
        return Drift(float("nan"), float("nan"), shares[0], shares[1], missing_line, 0.0)
    edges = np.unique(np.quantile(known_before, np.linspace(0, 1, _BINS + 1)[1:-1]))
    expected = _counts(known_before, edges)
    psi = float(_psi(expected[None, :], _counts(known_now, edges)[None, :])[0])
    chance = np.random.default_rng(seed)
    share = expected / expected.sum()
    first = chance.multinomial(len(known_before), share, size=_DRAWS)
    second = chance.multinomial(len(known_now), share, size=_DRAWS)
    line = float(np.quantile(_psi(first, second), _LINE))
    outside = float(((known_now < known_before.min()) | (known_now > known_before.max())).mean())
    return Drift(psi, line, shares[0], shares[1], missing_line, outside)


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1).astype(float)


def _psi(expected: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """One value a row; half a firm is added to each bin, so that an empty one stays finite."""
    a = (expected + 0.5) / (expected + 0.5).sum(axis=1, keepdims=True)
    b = (observed + 0.5) / (observed + 0.5).sum(axis=1, keepdims=True)
    return ((b - a) * np.log(b / a)).sum(axis=1)
