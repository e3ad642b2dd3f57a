"""Incubators with their firms: who is there now, who has left, and what became of all who ever were."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipeline.activities.known import standing_on
from pipeline.json_values import JsonObject
from pipeline.ladder.records import first_days

if TYPE_CHECKING:
    import pandas as pd

INCUBATED = "incubated"
#: Of fewer firms a share would tell nothing.
FEW_FIRMS = 10


@dataclass(frozen=True)
class Incubator:
    """`level`: maker_space, incubator or accelerator, "" where not stated; `ever`: firms that were ever there; of these
    `now` are, `graduated` are no longer; `tech_sme`, `hnte`: stood on that rung for the first time on or after the day
    on which they came."""

    name: str
    level: str
    now: int
    graduated: int
    ever: int
    tech_sme: int
    hnte: int

    @property
    def few(self) -> bool:
        return self.ever < FEW_FIRMS

    def as_json(self) -> JsonObject:
        return {**vars(self), "few": self.few}


def incubators(activities: "pd.DataFrame", records: "pd.DataFrame", day: date) -> list[Incubator]:
    """Each incubator of which any firm is known by `day`, the one with most firms first. `activities`: those of the
    kind `incubated` as known on the day; `records`: as records_as_known_on."""
    import pandas as pd

    begun = activities[activities["occurred_on"] <= pd.Timestamp(day)]
    if begun.empty:
        return []
    stays = begun.groupby(["counterpart", "firm_id"], as_index=False).agg(came=("occurred_on", "min"))
    here = standing_on(begun, day)[["counterpart", "firm_id"]].drop_duplicates().assign(now=True)
    stays = stays.merge(here, how="left", on=["counterpart", "firm_id"])
    stays["now"] = stays["now"].eq(True)
    for rung in ("tech_sme", "hnte"):
        stays[rung] = first_days(records, rung).reindex(stays["firm_id"]).to_numpy() >= stays["came"].to_numpy()
    counts = (
        stays.groupby("counterpart")[["now", "tech_sme", "hnte"]].sum().assign(ever=stays.groupby("counterpart").size())
    )
    levels = begun.dropna(subset="level").groupby("counterpart")["level"].last()
    found = [
        Incubator(
            name=str(name),
            level=str(levels.get(name, "")),
            now=int(row["now"]),
            graduated=int(row["ever"] - row["now"]),
            ever=int(row["ever"]),
            tech_sme=int(row["tech_sme"]),
            hnte=int(row["hnte"]),
        )
        for name, row in counts.iterrows()
    ]
    return sorted(found, key=lambda each: (-each.ever, each.name))
