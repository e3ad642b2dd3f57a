"""The figures of the whole city, kept in memory until what is known of it changes: read once, asked for by every page.

pipeline (facts, doubts, rules) -> **city_figures.py** -> firm_list.py, pages/comparison.py
They are the same for every reader: whoever shows them limits them to the firms of his reader (board_data.visible_ids).
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.intake.plausibility import doubted_figures
from pipeline.store.tables import CITY, Import

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
_facts: dict[Any, tuple["pd.DataFrame", "pd.DataFrame"]] = {}
_figures: dict[Any, "pd.DataFrame"] = {}
_verdicts: dict[Any, "Verdicts"] = {}
_doubts: dict[Any, "pd.DataFrame"] = {}
#: So many days of facts, and so many pairs of days of verdicts, are kept in memory; a comparison needs two.
_FACTS_KEPT, _VERDICTS_KEPT = 2, 4
_reading = threading.Lock()


def city_facts(session: Session, day: date) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Facts and firms of the whole city as known on a day, as pipeline.rules asks for them.

    Kept in memory until an import comes in or is undone; frames to read, never to change.
    """
    from pipeline.rules.reports import check

    key = (day, state_of(session))
    with _reading:  # the second reader of a cold board waits for the first instead of reading all again
        if key not in _facts:
            connection = session.connection()
            firms = facts.firms_as_known_on(connection, day, CITY)
            # What a return leaves blank (share reform, NEEQ) an event may state: rules read both.
            firms = check.with_events(firms, facts.events_as_known_on(connection, day, CITY))
            found = facts.as_known_on(connection, day, CITY), firms
            keep(_facts, key, found, _FACTS_KEPT)
        return _facts[key]


def latest_figures(session: Session, today: date) -> "pd.DataFrame":
    """LIST_FACTS of each city firm's latest known year, with `year`; index firm_id, NaN, NaT or None unknown."""
    key = (today, state_of(session))
    if key not in _figures:
        known = city_facts(session, today)[0][list(LIST_FACTS)]
        per_firm = known.groupby(level="firm_id").last()
        per_firm["year"] = known.reset_index("year").groupby(level="firm_id")["year"].last()
        keep(_figures, key, per_firm, 1)
    return _figures[key]


def figures_in_doubt(session: Session, today: date) -> Mapping[str, Sequence[str]]:
    """Per city firm, its figures known today that seem to stand in another unit and that nobody has explained."""
    key = (today, state_of(session))
    if key not in _doubts:
        keep(_doubts, key, doubted_figures.in_doubt(city_facts(session, today)[0]), 1)
    return doubted_figures.by_firm(doubted_figures.unexplained(session.connection(), _doubts[key], today))


def city_verdicts(session: Session, facts_day: date, rules_of: date | None = None) -> "Verdicts":
    """What the rules of a day say of every firm of the city; kept until an import changes what is known.

    For all firms alike: whoever shows it limits it to the firms of his reader (`visible_ids`).
    """
    from pipeline.rules.evaluation import evaluate

    key = (facts_day, rules_of or facts_day, state_of(session))
    if key not in _verdicts:
        keep(_verdicts, key, evaluate.check(*city_facts(session, facts_day), facts_day, rules_of), _VERDICTS_KEPT)
    return _verdicts[key]


def warm_up(session: Session, today: date) -> None:
    """Read the city once, so that the first officer of the morning does not wait for it."""
    latest_figures(session, today)
    city_verdicts(session, today)


def keep(kept: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Put a value beside the `most` - 1 that came last; the oldest goes."""
    while len(kept) >= most:
        kept.pop(next(iter(kept)), None)
    kept[key] = value


def state_of(session: Session) -> tuple[Any, ...]:
    """Which database, and its last import and how many were undone: changes whenever a stored return does."""
    undone = func.count().filter(Import.state != "stored")
    return str(session.get_bind().engine.url), *session.execute(select(func.max(Import.id), undone)).one()
