"""Amounts to the fen, exact: whole numbers and fractions, a half rounded up; a pot shared out without a fen left over.

Step 2 of the flow: **amounts.py** -> entitlements.py, granting.py
Everything is worked out in whole fen and exact
fractions for many firms at once; a float is met only where a figure comes in, which is taken to the fen first, as
statements are.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.support.model import FIXED, INTEREST, SHARE, Formula

#: Whole numbers of any size, as objects; what is not known is None.
Fen = NDArray[np.object_]


def fen_of(yuan: NDArray[np.float64]) -> Fen:
    """Figures in yuan as whole fen; NaN is None."""
    found = np.full(len(yuan), None, dtype=object)
    known = ~np.isnan(yuan)
    found[known] = np.rint(yuan[known] * 100).astype(np.int64).astype(object)
    return found


def half_up(numerator: Fen, denominator: int) -> Fen:
    """Whole numbers, each divided and rounded, a half up; of nought or more. None stays None."""
    found = np.full(len(numerator), None, dtype=object)
    known = numerator != None  # noqa: E711 - cell by cell
    found[known] = (2 * numerator[known] + denominator) // (2 * denominator)
    return found


def amounts(formula: Formula, base: Fen, days: Fen) -> Fen:
    """The amount of each, in fen; None where it cannot be worked out. `base`: the figure or the amount of the activity,
    `days`: for how many days a loan runs; both None where not known, and below nought as nought."""
    if formula.kind == FIXED:
        return np.full(len(base), formula.cny_fen, dtype=object)
    if formula.kind not in (SHARE, INTEREST):
        return np.full(len(base), None, dtype=object)
    assert formula.share is not None
    factor, figures = formula.share, _at_least_nought(base)
    if formula.kind == INTEREST:
        assert formula.rate is not None
        factor = factor * formula.rate / formula.days_a_year
        run = _at_least_nought(days)
        if formula.most_days is not None:
            run = _at_most(run, formula.most_days)
        both = (figures != None) & (run != None)  # noqa: E711 - cell by cell
        product = np.full(len(base), None, dtype=object)
        product[both] = figures[both] * run[both]
        figures = product
    scaled = np.full(len(base), None, dtype=object)
    known = figures != None  # noqa: E711 - cell by cell
    scaled[known] = figures[known] * factor.numerator
    found = half_up(scaled, factor.denominator)
    return found if formula.cny_fen is None else _at_most(found, formula.cny_fen)


def shared_out(asked: Sequence[int], room: int) -> list[int]:
    """`asked` where it fits into `room`, else the room in proportion: each the whole fen below its share, and the fen
    left over to the largest remainders, of equal ones to the first. The sum is the smaller of the two, to the fen."""
    total = sum(asked)
    if total <= room:
        return list(asked)
    exact = [Fraction(one * room, total) for one in asked]
    given = [int(share) for share in exact]
    rest = room - sum(given)
    by_remainder = sorted(range(len(asked)), key=lambda place: (given[place] - exact[place], place))
    for place in by_remainder[:rest]:
        given[place] += 1
    return given


def _at_least_nought(values: Fen) -> Fen:
    found = values.copy()
    known = found != None  # noqa: E711 - cell by cell
    found[known] = np.maximum(found[known], 0)
    return found


def _at_most(values: Fen, most: int) -> Fen:
    found = values.copy()
    known = found != None  # noqa: E711 - cell by cell
    found[known] = np.minimum(found[known], most)
    return found
