"""Returns of different firms that one agency prepared and that state the same figures for a year.

Two firms have the same revenue to the fen by accident, hardly ever three figures at once: told are pairs of firms with
FEWEST_EQUAL equal amounts of money or more in one year. Amounts of nought and round ones (whole ROUND yuan, such as a
registered capital) say nothing and are left out, and so is a figure that more than MOST_FIRMS firms state.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FEWEST_EQUAL = 3
ROUND = 10_000
MOST_FIRMS = 30


@dataclass(frozen=True)
class Copied:
    """`equal`: how many amounts the two firms' returns of the year have in common."""

    agency: str
    year: int
    firm_id: str
    other_firm_id: str
    equal: int


def copies(returns: "pd.DataFrame", amounts: "pd.DataFrame") -> list[Copied]:
    """The pairs, those with most in common first. `returns`: agency, firm_id, year of each return; `amounts`: its
    figures, in yuan, a column each (NaN: not stated), with the same index."""
    if returns.empty or amounts.empty:
        return []
    told = amounts.astype(float)
    told = told.where((told != 0) & (told % ROUND != 0))
    cells = returns[["agency", "firm_id", "year"]].join(told).melt(["agency", "firm_id", "year"], var_name="fact")
    same = ["agency", "year", "fact", "value"]
    cells = cells.dropna(subset=["value"]).drop_duplicates([*same, "firm_id"])
    firms = cells.groupby(same)["firm_id"].transform("size")
    cells = cells[(firms > 1) & (firms <= MOST_FIRMS)]
    pairs = cells.merge(cells, on=same, suffixes=("", "_other"))
    pairs = pairs[pairs["firm_id"] < pairs["firm_id_other"]]
    equal = pairs.groupby(["agency", "year", "firm_id", "firm_id_other"], as_index=False).agg(equal=("fact", "nunique"))
    found = [
        Copied(str(agency), int(year), str(firm), str(other), int(count))
        for agency, year, firm, other, count in equal[equal["equal"] >= FEWEST_EQUAL].itertuples(index=False)
    ]
    return sorted(found, key=lambda one: (-one.equal, one.agency, -one.year, one.firm_id, one.other_firm_id))
