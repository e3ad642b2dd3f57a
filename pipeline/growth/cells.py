"""The rank of a firm's growth among firms like it: of its industry and its size, where those are enough.

From the finest cell to the coarsest: division and size, section and size, section, city. A firm is ranked in the first
that has enough firms whose growth is known.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.growth.terms import SizeClass

#: The cells, the finest first.
CELLS = ("division_size", "section_size", "section", "city")


@dataclass(frozen=True, eq=False)
class Ranks:
    """Per firm: `place` (1 grows fastest; equal growth, equal place) of `of` firms in the `cell` (a word of CELLS);
    place and of 0 and the cell "" where its growth is unknown."""

    place: NDArray[np.int64]
    of: NDArray[np.int64]
    cell: NDArray[np.object_]


def size_class(staff: NDArray[np.float64], classes: tuple[SizeClass, ...]) -> NDArray[np.object_]:
    """The class of each number of people; "" where it is unknown."""
    begins = np.array([each.begins for each in classes], dtype=np.float64)
    names = np.array([*(each.id for each in classes), ""], dtype=object)
    place = np.searchsorted(begins, np.nan_to_num(staff, nan=0.0), side="right") - 1
    found: NDArray[np.object_] = names[np.where(np.isnan(staff), len(classes), place)]
    return found


def ranked(growth: NDArray[np.float64], industry: pd.Series, size: NDArray[np.object_], least: int) -> Ranks:
    """`industry`: letter and digits (C3824) of each firm, missing where unknown; `least`: firms that a cell needs. In
    the city itself everybody is ranked, however few there are."""
    code = industry.astype("object").where(industry.notna(), "").to_numpy(dtype=object)
    section = np.array([str(one)[:1] for one in code], dtype=object)
    division = np.array([str(one)[:3] if len(str(one)) > 2 else "" for one in code], dtype=object)
    known = ~np.isnan(growth)
    place, of = np.zeros(len(growth), np.int64), np.zeros(len(growth), np.int64)
    cell = np.full(len(growth), "", dtype=object)
    keys = {
        "division_size": _key(division, size),
        "section_size": _key(section, size),
        "section": section,
        "city": np.full(len(growth), "city", dtype=object),
    }
    open_ = known.copy()
    values = pd.Series(np.where(known, growth, np.nan))
    for name in CELLS:
        key = pd.Series(keys[name])
        there = (key != "").to_numpy() & known
        count = values.groupby(key).transform("count").to_numpy(dtype=np.int64)
        rank = values.groupby(key).rank(method="min", ascending=False).to_numpy()
        taken = open_ & there & ((count >= least) | (name == "city"))
        place[taken], of[taken], cell[taken] = rank[taken].astype(np.int64), count[taken], name
        open_ &= ~taken
    return Ranks(place, of, cell)


def _key(industry: NDArray[np.object_], size: NDArray[np.object_]) -> NDArray[np.object_]:
    """Both joined; "" where one of them is unknown."""
    return np.where((industry == "") | (size == ""), "", industry + "|" + size)
