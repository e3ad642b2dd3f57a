"""Log-odds of the trees -> calibrated log-odds -> points and probability.

Platt scaling is fitted on out-of-fold rows. Its slope is stable from year to year, its intercept is not (the yearly
rate of listings moves tenfold with policy): points therefore do not use the intercept, and a probability takes its
level from an expected base rate that is shown.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

AVERAGE_POINTS = 50.0
#: Points to double the odds: the scorecard's PDO.
PDO = 5.0
#: Points per unit of natural log-odds.
POINTS_PER_LOG_ODD = PDO / math.log(2)
#: With a handful of positives the fitted slope is mostly noise: it is clipped to these.
_SLOPES = (0.2, 2.0)


@dataclass(frozen=True)
class Calibration:
    """calibrated = slope * raw + intercept; `average`: the mean calibrated log-odds of the risk set (50 points)."""

    slope: float
    intercept: float
    average: float

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        return self.slope * raw + self.intercept

    def points(self, raw: np.ndarray) -> np.ndarray:
        """50 is the average eligible firm (the risk set); 5 points double the odds (PDO)."""
        return AVERAGE_POINTS + POINTS_PER_LOG_ODD * (self.log_odds(raw) - self.average)

    def points_of_base(self, raw_base: float) -> float:
        return float(self.points(np.asarray(raw_base, float)))

    def points_of_reasons(self, raw_reasons: np.ndarray) -> np.ndarray:
        """SHAP values of the raw score in points: the same line without its constant."""
        return raw_reasons * (self.slope * POINTS_PER_LOG_ODD)

    def centred_on(self, raw: np.ndarray) -> "Calibration":
        """The same line with 50 points at the mean of these firms."""
        return replace(self, average=float(np.mean(self.log_odds(raw))))

    def as_json(self) -> dict[str, float]:
        return {
            "slope": self.slope,
            "intercept": self.intercept,
            "average_log_odds": self.average,
            "average_points": AVERAGE_POINTS,
            "points_per_doubling": PDO,
        }

    @staticmethod
    def from_json(stored: Mapping[str, float]) -> "Calibration":
        return Calibration(stored["slope"], stored["intercept"], stored["average_log_odds"])


def above_average(points: np.ndarray) -> np.ndarray:
    """The log-odds of these points above those of the average firm: the inverse of the line of `Calibration.points`."""
    return (points - AVERAGE_POINTS) / POINTS_PER_LOG_ODD


def platt(raw: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Slope and intercept of Platt's line on out-of-fold raw scores; `weight`: how many rows each stands for (None: 1).

    Targets are smoothed as Platt did ((n+1)/(n+2) and 1/(n+2)), so that a few rows cannot ask for certainty.
    Source: J. Platt, Probabilistic outputs for support vector machines, 1999; Lin, Lin and Weng, 2007.
    """
    stands_for = np.ones(len(label)) if weight is None else weight
    positives = float(stands_for[label > 0].sum())
    negatives = float(stands_for[label <= 0].sum())
    target = np.where(label > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = 1.0, math.log((positives + 1) / (negatives + 1)) - float(np.average(raw, weights=stands_for))
    for _ in range(100):
        probability = sigmoid(slope * raw + intercept)
        bend = stands_for * (probability * (1 - probability) + 1e-12)
        error = stands_for * (probability - target)
        gradient = np.array([(error * raw).sum(), error.sum()])
        curve = np.array([[(bend * raw * raw).sum(), (bend * raw).sum()], [(bend * raw).sum(), bend.sum()]])
        step = np.linalg.solve(curve + 1e-9 * np.eye(2), gradient)
        step = np.clip(step, -2, 2)
        slope, intercept = slope - step[0], intercept - step[1]
        if np.abs(step).max() < 1e-10:
            break
    bounded = float(np.clip(slope, *_SLOPES))
    if bounded != slope:  # the intercept that keeps the mean probability, given the slope that is allowed
        intercept = offset_to(bounded * raw, positives / (positives + negatives), weight)
    return bounded, float(intercept)


def offset_to(log_odds: np.ndarray, rate: float, weight: np.ndarray | None = None) -> float:
    """What to add to these log-odds so that the mean probability (weighted by `weight`) is `rate` (0 < rate < 1)."""
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        if np.average(sigmoid(log_odds + middle), weights=weight) < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
