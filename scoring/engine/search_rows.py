"""The rows that hyperparameters are searched on: a panel as arrays, and the sample of it that carries a search.

What is scarce in a panel of a million rows are the events, and they are kept whole; past ten rows without the event for
each of them, more of those hardly tell candidates apart. The final model is trained on every row.
"""

from dataclasses import dataclass, replace

import numpy as np

#: A search works on so many rows at most.
MOST_ROWS = 60_000


@dataclass(frozen=True)
class Rows:
    """A panel as arrays: `values` (rows, columns) float64, `label` 0/1; `day` and `firm` as whole numbers or None.

    `weight`: how many rows of the panel each stands for; None: itself alone.
    """

    values: np.ndarray
    label: np.ndarray
    day: np.ndarray | None = None
    firm: np.ndarray | None = None
    weight: np.ndarray | None = None

    def at(self, places: np.ndarray) -> "Rows":
        """The rows of these numbers, in their order."""
        day, firm, weight = (None if part is None else part[places] for part in (self.day, self.firm, self.weight))
        return Rows(self.values[places], self.label[places], day, firm, weight)


def rows_to_search(rows: Rows, seed: int, most: int = MOST_ROWS) -> tuple[Rows, np.ndarray]:
    """At most `most` of the rows, and their row numbers (ascending): all of them, untouched, where they are no more.

    Every row of the rarer class is kept (up to half of `most`), and of the other class a seeded draw, each with the
    weight 1 / share drawn: the weighted base rate and the expected loss are those of all rows. Within a class all
    weights are equal, so that an AUC needs none. Rows are drawn, not firms; the folds keep a firm's together.
    """
    count = len(rows.label)
    if count <= most:
        return rows, np.arange(count)
    chance = np.random.default_rng(seed)
    positive = rows.label > 0
    classes = sorted((np.flatnonzero(positive), np.flatnonzero(~positive)), key=len)
    rarer = min(len(classes[0]), most // 2)
    weight = np.ones(count)
    drawn = []
    for members, size in zip(classes, (rarer, most - rarer), strict=True):
        drawn.append(chance.choice(members, size, replace=False) if size < len(members) else members)
        weight[members] = len(members) / max(size, 1)
    places = np.sort(np.concatenate(drawn))
    return replace(rows.at(places), weight=weight[places]), places
