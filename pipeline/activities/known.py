"""Activities as known on a day: the one door through which counts, targets, support and pages read them."""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, Select, select

from pipeline.facts import connected
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import CITY, Firm

if TYPE_CHECKING:
    import pandas as pd

_DAYS = ("occurred_on", "ended_on", "known_on")
_COLUMNS = ("id", "firm_id", "kind", "level", "name", "counterpart", "outcome", "amount_fen", *_DAYS)


def activities_as_known_on(
    database: Engine | Connection,
    day: date,
    cohort: str | None = CITY,
    firms: FirmSelection = None,
    kinds: Collection[str] | None = None,
) -> "pd.DataFrame":
    """Activities in force that were known by `day`, in the order in which they happened.

    Columns id, firm_id, kind, level, name, counterpart, outcome (str, None where not stated), amount_fen (Int64, NA),
    occurred_on, ended_on, known_on (datetime64, NaT). An end after `day` is there as it was stated. `kinds`: those
    alone; cohort None: all cohorts.
    """
    import pandas as pd

    with connected(database) as connection:
        rows = connection.execute(_known(day, cohort, firms, kinds)).all()
    found = pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(_COLUMNS))
    for column in _DAYS:
        found[column] = pd.to_datetime(found[column])
    return found.astype({"amount_fen": "Int64"})


def standing_on(known: "pd.DataFrame", day: date) -> "pd.DataFrame":
    """Those of `activities_as_known_on` that have begun by `day` and have not ended before it."""
    import pandas as pd

    moment = pd.Timestamp(day)
    return known[(known["occurred_on"] <= moment) & (known["ended_on"].isna() | (known["ended_on"] >= moment))]


def _known(day: date, cohort: str | None, firms: FirmSelection, kinds: Collection[str] | None) -> Select:
    statement = (
        select(*(getattr(FirmActivity, name) for name in _COLUMNS))
        .join(Firm, Firm.id == FirmActivity.firm_id)
        .where(FirmActivity.in_force, FirmActivity.known_on <= day)
        .order_by(FirmActivity.occurred_on, FirmActivity.id)
    )
    if cohort is not None:
        statement = statement.where(Firm.cohort == cohort)
    if kinds is not None:
        statement = statement.where(FirmActivity.kind.in_(list(kinds)))
    return limited(statement, FirmActivity.firm_id, firms)
