"""Who came up, went down and left between the ends of two years: counts that add up, of the states on two days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.json_values import JsonObject
from pipeline.ladder.rungs import Rung

if TYPE_CHECKING:
    import pandas as pd

#: A firm that stands on no rung.
NONE = "none"


@dataclass(frozen=True)
class RungFlow:
    """One rung in a year: begin + entered - left = end. `skipped`: entered without having stood on the rung below at
    either end of the year; `moved_up`: of those who left, who stand higher at the end than at the beginning."""

    rung: str
    begin: int
    entered: int
    left: int
    end: int
    skipped: int
    moved_up: int


@dataclass(frozen=True)
class Flows:
    """A year by the highest rung of each firm. `begins`, `ends`: the two days compared; `up`, `down`: between rungs;
    `came`: from no rung onto one; `out`: from a rung onto none. `matrix`: firms by highest rung at the beginning (a
    row) and at the end (a column), in the order of `states`."""

    year: int
    begins: str
    ends: str
    firms: int
    on_ladder_begin: int
    on_ladder_end: int
    came: int
    up: int
    down: int
    out: int
    states: Sequence[str]
    matrix: Sequence[Sequence[int]]
    rungs: Sequence[RungFlow]

    def as_json(self) -> JsonObject:
        return {
            "year": self.year,
            "begins": self.begins,
            "ends": self.ends,
            "firms": self.firms,
            "on_ladder_begin": self.on_ladder_begin,
            "came": self.came,
            "up": self.up,
            "down": self.down,
            "out": self.out,
            "on_ladder_end": self.on_ladder_end,
            "states": list(self.states),
            "matrix": [list(row) for row in self.matrix],
            "rungs": [vars(each) | {} for each in self.rungs],
        }


def highest(held: "pd.DataFrame") -> "pd.Series":
    """The place of the highest rung of each firm, counted from 1; 0: it stands on none."""
    import numpy as np
    import pandas as pd

    places = np.arange(1, held.shape[1] + 1)
    return pd.Series(np.where(held.to_numpy(), places, 0).max(axis=1, initial=0), index=held.index)


def flows_between(
    before: "pd.DataFrame", after: "pd.DataFrame", ladder: Mapping[str, Rung], year: int, begins: str, ends: str
) -> Flows:
    """What became of the same firms from one day to another. `before`, `after`: as records.held_on, same index."""
    import numpy as np

    was, now = highest(before).to_numpy(), highest(after).to_numpy()
    states = [NONE, *ladder]
    matrix = np.zeros((len(states), len(states)), dtype=int)
    np.add.at(matrix, (was, now), 1)
    had, has = before.to_numpy(), after.to_numpy()
    rungs = []
    for place, rung in enumerate(ladder):
        entered, left = ~had[:, place] & has[:, place], had[:, place] & ~has[:, place]
        below = had[:, place - 1] | has[:, place - 1] if place else np.ones(len(had), dtype=bool)
        rungs.append(
            RungFlow(
                rung=rung,
                begin=int(had[:, place].sum()),
                entered=int(entered.sum()),
                left=int(left.sum()),
                end=int(has[:, place].sum()),
                skipped=int((entered & ~below).sum()),
                moved_up=int((left & (now > was)).sum()),
            )
        )
    return Flows(
        year=year,
        begins=begins,
        ends=ends,
        firms=len(was),
        on_ladder_begin=int((was > 0).sum()),
        on_ladder_end=int((now > 0).sum()),
        came=int(((was == 0) & (now > 0)).sum()),
        up=int(((was > 0) & (now > was)).sum()),
        down=int(((now > 0) & (now < was)).sum()),
        out=int(((was > 0) & (now == 0)).sum()),
        states=states,
        matrix=[[int(count) for count in row] for row in matrix],
        rungs=rungs,
    )
