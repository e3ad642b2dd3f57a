"""Facts known on a day, and the same with what follows from them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.derived_facts.derivations import DERIVATIONS, MOST_SHARES, Derivation, Floats

SOURCE = "derived"


@dataclass(frozen=True)
class Derived:
    """Figures that one derivation gives. `rows`: the numbers of the rows that state what they rest on; `firm_id`,
    `year`: whose and of which year they are."""

    by: Derivation
    rows: NDArray[np.int64]
    firm_id: NDArray[np.object_]
    year: NDArray[np.int64]
    values: Floats


def with_derived(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts with every figure that follows from them and that nobody stated.

    `facts`: index (firm_id, year), sorted, as pipeline.facts.as_known_on gives them; a missing column is unknown
    throughout. Returns the same columns and those that are derived, a row more for each prior year that nobody
    reported; what is stated stays. Where nothing follows, `facts` itself.
    """
    found = list(derived_from(facts))
    if not found:
        return facts
    keys = facts.index
    for each in found:
        if each.by.years_back:
            keys = keys.union(_keys(each, facts.index.names))
    filled = facts if keys is facts.index else facts.reindex(keys)
    filled = filled.copy()
    for each in found:
        places = filled.index.get_indexer(_keys(each, facts.index.names))
        column = _figures(filled, each.by.fact)
        column[places] = each.values
        filled[each.by.fact] = column
    return filled


def derived_from(facts: pd.DataFrame) -> Iterator[Derived]:
    """What `with_derived` adds, derivation by derivation, in their order; those that give nothing are left out."""
    if not isinstance(facts.index, pd.MultiIndex) or facts.empty:
        return
    known: dict[str, Floats] = {}

    def of(name: str) -> Floats:
        if name not in known:
            known[name] = _figures(facts, name)
        return known[name]

    believable = _in_yuan(of("net_profit_cny"), of("eps_cny_stated"))
    firm = facts.index.get_level_values(0).to_numpy(dtype=object)
    year = facts.index.get_level_values(1).to_numpy(dtype=np.int64)
    for each in DERIVATIONS:
        if any(np.isnan(of(name)).all() for name in each.of):
            continue
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            values = each.values(*(of(name) for name in each.of))
        rows = np.flatnonzero(np.isfinite(values) & believable)
        places = rows if not each.years_back else _places_before(facts.index, firm[rows], year[rows] - each.years_back)
        free = np.ones(len(rows), dtype=bool)
        there = places >= 0
        for name in each.unless:
            free[there] &= np.isnan(of(name)[places[there]])
        rows, places = rows[free], places[free]
        if not len(rows):
            continue
        if not each.years_back:
            known[each.fact] = of(each.fact).copy()
            known[each.fact][rows] = values[rows]
        yield Derived(each, rows, firm[rows], year[rows] - each.years_back, values[rows])


def _in_yuan(profit: Floats, eps: Floats) -> NDArray[np.bool_]:
    """False where profit and earnings per share tell that yuan stand in a column of 万元: nothing follows from it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return ~(np.abs(profit / eps) > MOST_SHARES)


def _places_before(index: pd.MultiIndex, firm: NDArray[np.object_], year: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(index.get_indexer(pd.MultiIndex.from_arrays([firm, year])))


def _keys(derived: Derived, names: object) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([derived.firm_id, derived.year], names=names)


def _figures(facts: pd.DataFrame, name: str) -> Floats:
    if name not in facts:
        return np.full(len(facts), np.nan)
    return facts[name].to_numpy(dtype=np.float64, copy=True)
