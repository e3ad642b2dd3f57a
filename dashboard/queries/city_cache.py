"""Facts of the whole city, cached in memory until an import changes what is known; those of a province are not kept.

They are the same for every reader: whoever shows them limits them to the firms that the reader may see
(firm.visible_ids). Frames to read, never to change.
"""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.bounded_cache import BoundedCache
from pipeline.rules.reports import check
from pipeline.store.data_version import DataVersion, data_version
from pipeline.store.tables import CITY, Firm

if TYPE_CHECKING:
    import pandas as pd

#: The facts of so many firms take some 25 MB; of a province they would take more than all else in a worker.
MOST_FIRMS = 5_000
#: A comparison is tried with one day's facts and several days of rules.
_facts: BoundedCache[tuple["pd.DataFrame", "pd.DataFrame"]] = BoundedCache(1, lambda read: len(read[1]) <= MOST_FIRMS)


def city_facts(session: Session, day: date) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Facts and firms of the whole city as known on a day, in the form that pipeline.rules reads."""
    return _facts.get((day, version(session)), lambda: check.inputs(session.connection(), day))


def is_small(session: Session) -> bool:
    """Whether the city has so few firms that a request may work out something about all of them."""
    some = select(Firm.id).where(Firm.cohort == CITY).limit(MOST_FIRMS + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= MOST_FIRMS


def version(session: Session) -> tuple[str, DataVersion]:
    """Which database, and the version of what it holds."""
    return str(session.get_bind().engine.url), data_version(session)
