"""A share with its interval."""

import math
from dataclasses import dataclass

_Z = 1.959963984540054
#: With fewer events a share says little, and whoever shows it says so first.
FEW_EVENTS = 10


@dataclass(frozen=True)
class Share:
    """`events` of `of`; `low`, `high`: the 95 % interval (Wilson, 1927), None without any."""

    events: int
    of: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        return self.events / self.of if self.of else None

    def as_json(self) -> dict[str, float | int | None]:
        return {"events": self.events, "of": self.of, "share": self.value, "low": self.low, "high": self.high}


def share(events: int, of: int) -> Share:
    """So many of so many. Raises ValueError where there are more events than cases."""
    if not 0 <= events <= of:
        raise ValueError(f"{events} of {of} is no share")
    if of == 0:
        return Share(0, 0, None, None)
    p, n = events / of, float(of)
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    # At the ends the bounds are exact; adding them up in floats leaves a last digit.
    return Share(events, of, 0.0 if events == 0 else middle - half, 1.0 if events == of else middle + half)
