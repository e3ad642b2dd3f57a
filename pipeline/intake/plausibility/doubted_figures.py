"""Figures that seem to be in another unit, judged by what was known on a day and by nothing later; and figures that an
open finding asks about.

A finding of an import alone cannot serve: it compares with whatever the database held when the file came, figures of
later years among them. So the same checks (unit_errors.py) are made again on the facts as known on the day, each firm
by itself. Which of both are used, and so in doubt, is scoring's to say (scoring/scores/doubts.py).
"""

from collections.abc import Iterable
from datetime import date, datetime, time

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, and_, or_, select

from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS, connected
from pipeline.intake.plausibility import unit_errors
from pipeline.intake.plausibility.panel import FormUnit, Panel
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.many_ids import without_index
from pipeline.store.tables import Import, ImportFinding, Return, ReturnRow

COLUMNS = ("firm_id", "year", "fact")
#: Findings about a firm, not about what it states of a year.
_ABOUT_NO_FIGURE = ("other_name", "code_organisation")


def facts_compared() -> list[str]:
    """The facts that the checks compare: money, what the form states as a ratio or per share, and staff."""
    return [
        name
        for name, fact in catalog().items()
        if fact.numeric and (name.endswith(("_cny", "_stated")) or name == "staff")
    ]


def in_doubt(facts: pd.DataFrame) -> pd.DataFrame:
    """Which figures seem to be out by a power of ten: columns firm_id, year, fact, sorted.

    `facts`: as known on a day, index (firm_id, year), sorted; of its columns those of `facts_compared` are looked at.
    """
    numeric = facts[[name for name in facts_compared() if name in facts]]
    panel = Panel(numeric, np.ones(len(facts), dtype=bool), {}, [], {name: FormUnit("", 1.0) for name in numeric})
    suspect = unit_errors.suspect_figures(panel) if len(facts) else {}
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


def asked_about(
    engine: Engine | Connection, facts: pd.DataFrame, day: date, firms: FirmSelection = None
) -> pd.DataFrame:
    """Open findings about figures that are believed: columns firm_id, year, fact, finding (its number).

    A finding counts from the day on which its statement is known, until it is settled, and only where the figure of
    `facts` (as known on `day`, index (firm_id, year)) is the one that this statement gives: a figure of another
    source, or a later one, is not the one that was asked about. `firms`: those of `facts`, where these are many.
    """
    columns = [*COLUMNS, "finding"]
    stated = [name for name in facts if name in catalog() and catalog()[name].numeric]
    if firms is None:
        firms = facts.index.get_level_values(0).unique().tolist()
    open_then = or_(ImportFinding.state == "open", ImportFinding.settled_at > datetime.combine(day, time.max))
    statement = (
        select(
            ImportFinding.id,
            ImportFinding.firm_id,
            ImportFinding.year,
            ImportFinding.kind,
            ImportFinding.field,
            *(getattr(ReturnRow, name) for name in stated),
        )
        .join(Import, Import.id == without_index(ImportFinding.import_id))
        .join(Return, Return.import_id == Import.id)
        .join(
            ReturnRow,
            and_(
                without_index(ReturnRow.return_id) == Return.id,
                ReturnRow.firm_id == ImportFinding.firm_id,
                ReturnRow.year == ImportFinding.year,
            ),
        )
        .where(Import.state == "stored", Return.in_force, ImportFinding.kind.not_in(_ABOUT_NO_FIGURE), open_then)
        .where(ReturnRow.months == FULL_YEAR_MONTHS, ReturnRow.known_on <= day)
        .order_by(ImportFinding.id)
    )
    with connected(engine) as connection:
        rows = pd.read_sql(limited(statement, ImportFinding.firm_id, firms), connection)
    if rows.empty or not stated:
        return pd.DataFrame({name: [] for name in columns})
    rows["fact"] = [fact_of(kind, field) for kind, field in zip(rows["kind"], rows["field"], strict=True)]
    place = facts.index.get_indexer(pd.MultiIndex.from_arrays([rows["firm_id"], rows["year"]]))
    column = pd.Index(stated).get_indexer(rows["fact"])
    rows, place, column = (part[(place >= 0) & (column >= 0)] for part in (rows, place, column))
    said = rows[stated].to_numpy(dtype=float)[np.arange(len(rows)), column]
    believed = facts[stated].to_numpy(dtype=float)[place, column]
    rows = rows.rename(columns={"id": "finding"})[np.isclose(said, believed, rtol=1e-9, atol=0)]
    return rows[columns].drop_duplicates(ignore_index=True)


def fact_of(kind: str, field: str) -> str:
    """The figure that a finding is about; of a year that is not over, its revenue stands for all of them."""
    return "revenue_cny" if kind == "year_not_over" else field


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
