"""A goal over districts and years, where the plan does not split it: largest remainders, and equal steps a year."""

from collections.abc import Mapping, Sequence
from datetime import date


def shared_out(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """`total` in proportion to the weights, whole and adding up to it: each gets the whole part of its share, and what
    is left goes one by one to the largest remainders (of equal ones to the first name). Of no weight all get alike.

    Source: Hare's quota with largest remainders.
    """
    if not weights:
        return {}
    whole = sum(weights.values())
    shares = weights if whole else dict.fromkeys(weights, 1)
    whole = whole or len(shares)
    found = {name: total * weight // whole for name, weight in shares.items()}
    rest = sorted(shares, key=lambda name: (-(total * shares[name] % whole), name))
    for name in rest[: total - sum(found.values())]:
        found[name] += 1
    return found


def equal_steps(baseline: int, goal: int, begins: date, ends: date) -> dict[date, int]:
    """The count that each year's end until the last day asks for, on a straight line from the baseline to the goal,
    rounded up where it rises."""
    days = (ends - begins).days
    ends_of_years = [date(year, 12, 31) for year in range(begins.year, ends.year + 1)]
    return {
        day: baseline + -(-(goal - baseline) * (day - begins).days // days)
        for day in (*(each for each in ends_of_years if begins < each < ends), ends)
    }


def on_the_line(baseline: int, goal: int, begins: date, ends: date, day: date) -> float:
    """What the straight line asks for on a day; the goal from its last day on."""
    share = min(1.0, max(0.0, (day - begins).days / (ends - begins).days))
    return baseline + share * (goal - baseline)


def quarter_ends(begins: date, ends: date) -> Sequence[date]:
    """The last days of quarters from the one to the other, both counted."""
    every = [
        date(year, month, 31 if month in (3, 12) else 30)
        for year in range(begins.year, ends.year + 1)
        for month in (3, 6, 9, 12)
    ]
    return [day for day in every if begins <= day <= ends]
