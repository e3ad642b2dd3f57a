"""Facts, doubts and verdicts of the whole city, cached in memory until an import changes what is known.

They are the same for every reader: whoever shows them limits them to the firms that the reader may see
(firm.visible_ids). Frames to read, never to change.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from dashboard.queries.bounded_cache import BoundedCache
from pipeline import facts
from pipeline.intake.plausibility import doubted_figures
from pipeline.rules.reports import check
from pipeline.store.data_version import DataVersion, data_version
from pipeline.store.tables import CITY
from scoring.scores import doubts

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.rules.evaluation.verdicts import Verdicts

#: The figures that the list of firms shows, of each firm's latest year.
LIST_FACTS = (
    "revenue_cny",
    "net_profit_cny",
    "rd_spend_cny",
    "staff",
    "invention_patents",
    "industry_code",
    "hnte_expires_on",
    "share_reform_on",
)
#: A comparison needs the facts of two days, and the verdicts of two pairs of days beside those of today.
_facts: BoundedCache[tuple["pd.DataFrame", "pd.DataFrame"]] = BoundedCache(2)
_verdicts: BoundedCache["Verdicts"] = BoundedCache(4)
_figures: BoundedCache["pd.DataFrame"] = BoundedCache(1)
_doubts: BoundedCache["pd.DataFrame"] = BoundedCache(1)


def city_facts(session: Session, day: date) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Facts and firms of the whole city as known on a day, in the form that pipeline.rules reads."""

    def read() -> tuple["pd.DataFrame", "pd.DataFrame"]:
        connection = session.connection()
        firms = facts.firms_as_known_on(connection, day, CITY)
        # What a return leaves blank (share reform, NEEQ) an event may state: rules read both.
        firms = check.with_events(firms, facts.events_as_known_on(connection, day, CITY))
        return facts.as_known_on(connection, day, CITY), firms

    return _facts.get((day, version(session)), read)


def latest_figures(session: Session, today: date) -> "pd.DataFrame":
    """LIST_FACTS of each city firm's latest known year, with `year`; index firm_id, NaN, NaT or None unknown."""

    def compute() -> "pd.DataFrame":
        known = city_facts(session, today)[0][list(LIST_FACTS)]
        per_firm = known.groupby(level="firm_id").last()
        per_firm["year"] = known.reset_index("year").groupby(level="firm_id")["year"].last()
        return per_firm

    return _figures.get((today, version(session)), compute)


def figures_in_doubt(session: Session, today: date) -> Mapping[str, Sequence[str]]:
    """Per city firm, its figures in doubt today, as doubts.py defines them."""
    key = (today, version(session))
    facts_today = city_facts(session, today)[0]
    in_another_unit = _doubts.get(key, lambda: doubted_figures.in_doubt(facts_today))
    return doubts.by_firm(doubts.doubts_in(session.connection(), facts_today, today, in_another_unit))


def city_verdicts(session: Session, facts_day: date, rules_of: date | None = None) -> "Verdicts":
    """What the rules of a day say of every firm of the city."""
    from pipeline.rules.evaluation import evaluate

    key = (facts_day, rules_of or facts_day, version(session))
    return _verdicts.get(key, lambda: evaluate.check(*city_facts(session, facts_day), facts_day, rules_of))


def warm_up(session: Session, today: date) -> None:
    """Fill the caches, so that the first officer of the morning does not wait for them."""
    latest_figures(session, today)
    city_verdicts(session, today)


def version(session: Session) -> tuple[str, DataVersion]:
    """Which database, and the version of what it holds."""
    return str(session.get_bind().engine.url), data_version(session)
