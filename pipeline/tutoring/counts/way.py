"""How far firms have come on the way to the market: one pass over the events of all of them.

Each step counts the firms that have come so far or further, so that a step never counts more than the one before. Who
has come to a step and stands before it now has left: tutoring or examination ended, and the firm has not come so far
again.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from pipeline.store.many_rows import frame_of
from pipeline.store.tables import Event, Firm, Import
from pipeline.tutoring.stages import BUILT, LAST, STAGE_OF, STAGES, WAYS_OUT
from pipeline.tutoring.stated import of_its_cohort

if TYPE_CHECKING:
    import pandas as pd

#: The steps of the way that are counted, and the stage that each begins with.
WAY: Mapping[str, str] = {
    "share_reform": "share_reform",
    "tutoring_filed": "tutoring_filed",
    "filed": "filed",
    "listed": LAST,
}
_PLACES = {stage: place for place, stage in enumerate(STAGES)}


def way_of_firms(session: Session, on: date, which: ColumnElement[bool]) -> "pd.DataFrame":
    """How far the firms that `which` selects had come by the events known on the day; firms without any are left out.

    Index firm_id. Columns: furthest (id of the furthest stage ever reached), since (the day it was first reached),
    stands (id of the stage where the events put the firm now, as `stages.stage_after`), left and left_on (kind and day
    of the last way out, None where the firm stands where it has come to).
    """
    import pandas as pd

    statement = (
        select(Event.firm_id, Event.kind, Event.occurred_on)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(
            Event.in_force,
            Event.known_on <= on,
            Event.occurred_on <= on,
            Event.kind.in_({*STAGE_OF, *WAYS_OUT}),
            of_its_cohort(),
            which,
        )
        .order_by(Event.occurred_on, Event.id)
    )
    events = frame_of(session, statement, ["firm_id", "kind", "day"])
    events["stage"] = events["kind"].map(STAGE_OF)
    events["place"] = events["stage"].map(_PLACES).fillna(0).astype(int)
    events["order"] = range(len(events))
    out = events[events["kind"].isin(WAYS_OUT)].drop_duplicates("firm_id", keep="last").set_index("firm_id")
    last_out = events["firm_id"].map(out["order"]).fillna(-1)
    counts = (events["order"] > last_out) | events["stage"].isin(BUILT)
    stands = events["place"].where(counts, 0).groupby(events["firm_id"]).max()
    # A stable sort: of several events of the furthest stage the earliest says since when.
    furthest = events.sort_values("place", ascending=False, kind="stable").drop_duplicates("firm_id")
    furthest, out = furthest.set_index("firm_id").reindex(stands.index), out.reindex(stands.index)
    left = (furthest["place"] > stands) & out["kind"].notna()
    return pd.DataFrame(
        {
            "furthest": _stages(furthest["place"]),
            "since": furthest["day"],
            "stands": _stages(stands),
            "left": out["kind"].astype(object).where(left, None),
            "left_on": out["day"].astype(object).where(left, None),
        }
    )


def stages_from(step: str) -> list[str]:
    """The stages that are at a step of WAY, or further."""
    return [stage for stage, place in _PLACES.items() if place >= _PLACES[WAY[step]]]


def _stages(places: "pd.Series") -> "pd.Series":
    return places.map(dict(enumerate(STAGES)))
