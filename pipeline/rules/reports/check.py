"""The bodies of `goldseed rules check` and of the pages' rule tables: facts from the database, verdicts out.

Stage events fill what a return leaves blank (share reform, NEEQ quotation and tier, listing).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline import facts as known
from pipeline.language import N_, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import RECOGNITION, VERDICT_NAMES
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import compare_regimes
from pipeline.store.tables import CITY

_DAYS_FROM_EVENTS = {"share_reform_on": "share_reform", "neeq_listed_on": "neeq_listed", "registered_on": "established"}
OUT_COLUMNS = ("firm_id", "as_of", "rules_of", "board", "part", "rule", "verdict")


def check(
    engine: Engine | Connection,
    as_of: date,
    *,
    rules_of: date | None = None,
    board: str | None = None,
    cohort: str = CITY,
    firms: Sequence[str] | None = None,
) -> Verdicts:
    """Facts of a cohort (or of a few firms) as known on `as_of` against the rules of `rules_of`.

    Raises NoSuchRule for an unknown board, one without rules on the day, or a firm or cohort of which nothing was
    known.
    """
    # A firm asked for by name may be of any cohort.
    facts, labels = inputs(engine, as_of, cohort=None if firms else cohort, firms=firms)
    if firms and (strangers := [firm for firm in firms if firm not in labels.index]):
        raise NoSuchRule(
            Message(
                N_("Nothing of firm %(firm)s was known on %(day)s."),
                {"firm": ", ".join(strangers), "day": as_of.isoformat()},
            )
        )
    if labels.empty:
        raise NoSuchRule(
            Message(
                N_("Nothing of any firm of cohort %(cohort)s was known on %(day)s."),
                {"cohort": cohort, "day": as_of.isoformat()},
            )
        )
    return evaluate.check(facts, labels, as_of, rules_of, None if board is None else [board])


def inputs(
    engine: Engine | Connection, as_of: date, *, cohort: str | None = CITY, firms: Sequence[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The facts frame (only columns that rules read) and the firms frame, both as known on `as_of`."""
    needed = set(measures.facts_needed())
    facts, labels = known.facts_and_firms(engine, as_of, cohort, firms, list(needed))
    facts = facts[[name for name in facts if name in needed]]
    return facts, with_events(labels, known.events_as_known_on(engine, as_of, cohort, firms))


def with_events(firms: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The firms with blanks filled from stage events: share reform, NEEQ quotation and tier, and whether listed.

    `firms`: index firm_id; `events`: columns firm_id, kind, occurred_on. What a return states stays.
    """
    filled = firms.copy()
    first = (
        events.sort_values("occurred_on")
        .drop_duplicates(["firm_id", "kind"])
        .pivot(index="firm_id", columns="kind", values="occurred_on")
    )
    for fact, kind in _DAYS_FROM_EVENTS.items():
        if kind in first:
            days = first[kind].reindex(filled.index)
            filled[fact] = pd.to_datetime(filled[fact]).fillna(days) if fact in filled else days
    if "neeq_innovation_tier" in first:
        tier = first["neeq_innovation_tier"].reindex(filled.index).notna()
        stated = (
            filled["neeq_tier"].astype("object") if "neeq_tier" in filled else pd.Series(None, filled.index, "object")
        )
        filled["neeq_tier"] = stated.where(stated.notna() | ~tier, "创新层")
    listed = first["listed"].reindex(filled.index).notna() if "listed" in first else pd.Series(False, filled.index)
    filled["is_listed"] = listed.astype("float64")
    return filled


def rows(verdicts: Verdicts) -> pd.DataFrame:
    """The verdicts as the contract's table: firm_id, as_of, rules_of, board, part, rule, verdict."""
    table = verdicts.rows.copy()
    table.insert(1, "as_of", verdicts.facts_day.isoformat())
    table.insert(2, "rules_of", verdicts.rules_of.isoformat())
    return table[list(OUT_COLUMNS)]


def write_rows(verdicts: Verdicts, path: Path) -> int:
    """Write rows() as CSV; returns how many rows. Raises OSError where the file cannot be written."""
    import pyarrow as pa
    from pyarrow import csv

    # Arrow writes the millions of rows of a province twenty times faster than pandas.
    table = pa.Table.from_pandas(rows(verdicts), preserve_index=False)
    plain = not verdicts.firm_ids.astype("str").str.contains('[",\r\n]', regex=True).any()
    with path.open("wb") as stream:
        stream.write((",".join(OUT_COLUMNS) + "\n").encode())
        style = "none" if plain else "needed"
        csv.write_csv(table, stream, csv.WriteOptions(include_header=False, quoting_style=style))
    return len(table)


def summary(verdicts: Verdicts) -> pd.DataFrame:
    """One row a board: board, and how many firms are each of nearest.MEETS; a row adds up to all firms."""
    if verdicts.boards == [RECOGNITION]:
        return _labels_summary(verdicts)
    table = nearest.by_board(verdicts)
    counts = table.groupby("board", observed=True)["meets"].value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=list(nearest.MEETS), fill_value=0).astype(int).reset_index()
    return counts.assign(board=counts["board"].astype("str"))


def _labels_summary(verdicts: Verdicts) -> pd.DataFrame:
    """One row a label: how many firms meet its conditions, do not, are unknown."""
    counts = verdicts.rows.groupby("rule", observed=True, sort=False)["verdict"].value_counts().unstack(fill_value=0)
    return counts.reindex(columns=list(VERDICT_NAMES), fill_value=0).reset_index()


def compare(
    engine: Engine | Connection, as_of: date, before: date, after: date, *, cohort: str = CITY, board: str | None = None
) -> compare_regimes.Comparison:
    """What the rules of `after` change against those of `before`, for a cohort's facts as known on `as_of`."""
    facts, labels = inputs(engine, as_of, cohort=cohort)
    return compare_regimes.compare(facts, labels, as_of, before, after, None if board is None else [board])
