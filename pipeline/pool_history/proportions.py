"""Intervals of shares of few firms: one share, and the difference of two shares of matched pairs or of two groups."""

from dataclasses import dataclass
from math import sqrt

#: Fewer events than this behind a figure: whoever shows it says so first.
FEW_EVENTS = 10
#: The two-sided 95 % point of the normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """`events` of `firms`, with Wilson's 95 % interval; all of share, low and high None where there is no firm."""

    events: int
    firms: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def few(self) -> bool:
        return self.events < FEW_EVENTS

    def as_json(self) -> dict[str, float | int | None]:
        return {"events": self.events, "of": self.firms, "share": self.share, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class PairedDifference:
    """The share among the first of each pair less that among the second, with Newcombe's 95 % interval for matched
    pairs (of `difference_of`: for two groups); all three None where there is no pair."""

    difference: float | None
    low: float | None
    high: float | None


def wilson(events: int, firms: int) -> Share:
    """Wilson's score interval (1927). Raises ValueError where there are more events than firms, or fewer than none."""
    if not 0 <= events <= firms:
        raise ValueError(f"{events} events of {firms} firms")
    if firms == 0:
        return Share(0, 0, None, None, None)
    return Share(events, firms, *_wilson(events, firms))


def paired_difference(both: int, first: int, second: int, neither: int) -> PairedDifference:
    """Newcombe's method 10 (Statistics in Medicine 17, 1998, 2635-2650) from the pairs in which both, the first alone,
    the second alone or neither had the event."""
    pairs = both + first + second + neither
    if pairs == 0:
        return PairedDifference(None, None, None)
    share, low, high = _wilson(both + first, pairs)
    other, other_low, other_high = _wilson(both + second, pairs)
    phi = _correlation(both, first, second, neither)
    down = _joined(share - low, other_high - other, phi)
    up = _joined(high - share, other - other_low, phi)
    difference = (first - second) / pairs
    return PairedDifference(difference, difference - down, difference + up)


@dataclass(frozen=True)
class GroupShare:
    """A share of a group with Wilson's 95 % interval for as many observations as `firms` says, which need not be
    whole."""

    share: float
    low: float
    high: float
    firms: float


def share_of(share: float, firms: float) -> GroupShare:
    """Wilson's interval of a share that rests on so many observations."""
    return GroupShare(*_wilson(share * firms, firms), firms)


def difference_of(one: GroupShare, other: GroupShare) -> PairedDifference:
    """The first share less the second, with Newcombe's 95 % interval for two groups (Statistics in Medicine 17, 1998,
    873-890, method 10)."""
    difference = one.share - other.share
    down = _joined(one.share - one.low, other.high - other.share, 0.0)
    up = _joined(one.high - one.share, other.share - other.low, 0.0)
    return PairedDifference(difference, difference - down, difference + up)


def _wilson(events: float, firms: float) -> tuple[float, float, float]:
    share, z2 = events / firms, _Z**2
    centre = (share + z2 / (2 * firms)) / (1 + z2 / firms)
    half = _Z * sqrt(share * (1 - share) / firms + z2 / (4 * firms**2)) / (1 + z2 / firms)
    # The interval reaches 0 and 1 exactly, which rounding would miss.
    return share, 0.0 if events == 0 else centre - half, 1.0 if events == firms else centre + half


def _joined(one: float, other: float, phi: float) -> float:
    """How far an interval of a difference reaches, from how far those of the two shares do."""
    return sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))


def _correlation(both: int, first: int, second: int, neither: int) -> float:
    """Newcombe's phi, with his correction for continuity; 0 where a margin is empty."""
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if margins == 0:
        return 0.0
    product = both * neither - first * second
    corrected = max(product - (both + first + second + neither) / 2, 0.0) if product > 0 else float(product)
    return corrected / sqrt(margins)
