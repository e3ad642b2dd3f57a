"""Figures that seem to be in another unit, judged by what was known on a day and by nothing later.

Scores and the dashboard name these figures beside what rests on them. A finding of an import cannot serve here: it
compares with whatever the database held when the file came, figures of later years among them. So the same checks
(unit_errors.py) are made again on the facts as known on the day, each firm by itself.
"""

from collections.abc import Iterable
from datetime import date, datetime, time

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select

from pipeline.catalog import catalog
from pipeline.facts import as_known_on, connected
from pipeline.intake.plausibility import unit_errors
from pipeline.intake.plausibility.panel import FormUnit, Panel
from pipeline.store.tables import CITY, Import, ImportFinding

COLUMNS = ("firm_id", "year", "fact")


def facts_compared() -> list[str]:
    """The facts that the checks compare: money, what the form states as a ratio or per share, and staff."""
    return [
        name
        for name, fact in catalog().items()
        if fact.numeric and (name.endswith(("_cny", "_stated")) or name == "staff")
    ]


def figures_in_doubt(
    engine: Engine | Connection, day: date, cohort: str | None = CITY, firms: Iterable[str] | None = None
) -> pd.DataFrame:
    """Which figures, as known on `day`, seem to be out by a power of ten: columns firm_id, year, fact, sorted.

    A figure that somebody had explained by that day, with a reason, is in doubt no longer.
    """
    chosen = None if firms is None else list(firms)
    return unexplained(engine, in_doubt(as_known_on(engine, day, cohort, chosen, facts_compared())), day)


def in_doubt(facts: pd.DataFrame) -> pd.DataFrame:
    """As figures_in_doubt, of a frame of facts: index (firm_id, year), sorted; the columns of `facts_compared`."""
    numeric = facts[[name for name in facts_compared() if name in facts]]
    panel = Panel(numeric, np.ones(len(facts), dtype=bool), {}, [], {name: FormUnit("", 1.0) for name in numeric})
    suspect = unit_errors.suspect_figures(panel, peers=False) if len(facts) else {}
    parts = [
        pd.DataFrame({"firm_id": panel.firm[rows], "year": panel.year[rows], "fact": fact})
        for fact, rows in suspect.items()
    ]
    if not parts:
        return pd.DataFrame({"firm_id": [], "year": np.empty(0, dtype=np.int64), "fact": []})
    return pd.concat(parts).sort_values(list(COLUMNS), ignore_index=True)


def by_firm(doubts: pd.DataFrame, facts: Iterable[str] | None = None) -> dict[str, list[str]]:
    """Per firm its figures in doubt as `fact year`, e.g. "revenue_cny 2023"; only these `facts`, where given."""
    wanted = None if facts is None else set(facts)
    figures: dict[str, list[str]] = {}
    for firm, year, fact in doubts[list(COLUMNS)].itertuples(index=False, name=None):
        if wanted is None or fact in wanted:
            figures.setdefault(firm, []).append(f"{fact} {year}")
    return figures


def unexplained(engine: Engine | Connection, doubts: pd.DataFrame, day: date) -> pd.DataFrame:
    """Without the figures that somebody had explained by the end of `day`."""
    statement = (
        select(ImportFinding.firm_id, ImportFinding.year, ImportFinding.field)
        .join(Import, Import.id == ImportFinding.import_id)
        .where(Import.state == "stored", ImportFinding.state == "explained", ImportFinding.kind.startswith("unit_"))
        .where(ImportFinding.settled_at <= datetime.combine(day, time.max))
    )
    if doubts.empty:
        return doubts
    with connected(engine) as connection:
        explained = {tuple(key) for key in connection.execute(statement)}
    keep = [key not in explained for key in doubts[list(COLUMNS)].itertuples(index=False, name=None)]
    return doubts[keep].reset_index(drop=True)
