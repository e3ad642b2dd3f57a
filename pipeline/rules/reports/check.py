"""The bodies of `goldseed rules check` and of the pages' rule tables: facts from the database, verdicts out.

Stage events fill what a return leaves blank (share reform, NEEQ quotation and tier, listing).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from pipeline import facts as known
from pipeline.language import N_, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import RECOGNITION, VERDICT_NAMES
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import compare_regimes
from pipeline.store.firm_selection import FirmRange, FirmSelection, ranges_of
from pipeline.store.tables import CITY
from pipeline.workers.workers import Here, Workers

_DAYS_FROM_EVENTS = {"share_reform_on": "share_reform", "neeq_listed_on": "neeq_listed", "registered_on": "established"}
_NO_DAY = np.datetime64("NaT", "s")
_Made = TypeVar("_Made")
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
        raise _nothing_known(cohort, as_of)
    return evaluate.check(facts, labels, as_of, rules_of, None if board is None else [board])


@dataclass(frozen=True)
class CohortVerdicts:
    """The verdicts of a cohort, range of firms by range of firms; each time that they are gone through they are worked
    out anew, so that memory does not grow with the cohort. Gone through as they are, they are worked out here;
    `made_of` has the workers make something of each."""

    engine: Engine | Connection
    as_of: date
    rules_of: date | None
    board: str | None
    cohort: str
    ranges: Sequence[FirmRange]
    workers: Workers

    def __iter__(self) -> Iterator[Verdicts]:
        return self._each(Here(self.engine), _as_they_are)

    def each(self, function: Callable[[Verdicts], Iterable[_Made]]) -> Iterator[_Made]:
        """What the function yields of the verdicts of each range."""
        return self._each(self.workers, function)

    def _each(self, workers: Workers, function: Callable[[Verdicts], Iterable[_Made]]) -> Iterator[_Made]:
        asked = (self.as_of, self.rules_of, self.board, self.cohort)
        known = False
        for made in workers.each(_made_of_range, self.ranges, asked, function):
            known = True
            yield made
        if not known:
            raise _nothing_known(self.cohort, self.as_of)


def _as_they_are(verdicts: Verdicts) -> Iterator[Verdicts]:
    yield verdicts


def _made_of_range(
    database: Engine | Connection,
    firms: FirmRange,
    asked: tuple[date, date | None, str | None, str],
    function: Callable[[Verdicts], Iterable[_Made]],
) -> Iterator[_Made]:
    """What is made of the verdicts of a range of firms; nothing where nothing is known of any."""
    as_of, rules_of, board, cohort = asked
    facts, labels = inputs(database, as_of, cohort=cohort, firms=firms)
    if not labels.empty:
        yield from function(evaluate.check(facts, labels, as_of, rules_of, board and [board]))


def made_of(parts: Iterable[Verdicts], function: Callable[[Verdicts], Iterable[_Made]]) -> Iterator[_Made]:
    """What the function yields of each part, in their order; of a cohort's parts wherever its workers are. `function`
    is sent there: one of a module, or a partial one."""
    if isinstance(parts, CohortVerdicts):
        yield from parts.each(function)
        return
    for verdicts in parts:
        yield from function(verdicts)


def check_in_parts(
    engine: Engine | Connection,
    as_of: date,
    *,
    rules_of: date | None = None,
    board: str | None = None,
    cohort: str = CITY,
    firms: Sequence[str] | None = None,
    workers: Workers | None = None,
) -> Iterable[Verdicts]:
    """As check, in one part or, of the firms of a large cohort, in several; NoSuchRule may then be raised only when
    they are gone through. `workers`: who works out the parts of a cohort (None: this process); firms that are named are
    checked here."""
    workers = Here(engine) if workers is None else workers
    with known.connected(engine) as connection:
        ranges = [] if firms else ranges_of(connection, cohort, workers.firms_at_once)
    if len(ranges) > 1 or (ranges and workers.elsewhere):
        return CohortVerdicts(engine, as_of, rules_of, board, cohort, ranges, workers)
    return [check(engine, as_of, rules_of=rules_of, board=board, cohort=cohort, firms=firms)]


def _nothing_known(cohort: str, day: date) -> NoSuchRule:
    text = N_("Nothing of any firm of cohort %(cohort)s was known on %(day)s.")
    return NoSuchRule(Message(text, {"cohort": cohort, "day": day.isoformat()}))


def inputs(
    engine: Engine | Connection, as_of: date, *, cohort: str | None = CITY, firms: FirmSelection = None
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
    first = _first_days(events, firms.index)
    for fact, kind in _DAYS_FROM_EVENTS.items():
        if kind in first:
            stated = pd.to_datetime(filled[fact]).to_numpy() if fact in filled else np.full(len(filled), _NO_DAY)
            filled[fact] = np.where(np.isnat(stated), first[kind], stated)
    if "neeq_innovation_tier" in first:
        in_tier = ~np.isnat(first["neeq_innovation_tier"])
        stated = (
            filled["neeq_tier"].astype("object") if "neeq_tier" in filled else pd.Series(None, filled.index, "object")
        )
        filled["neeq_tier"] = stated.where(stated.notna() | ~in_tier, "创新层")
    listed = ~np.isnat(first["listed"]) if "listed" in first else np.zeros(len(filled), dtype=bool)
    filled["is_listed"] = listed.astype("float64")
    return filled


def _first_days(events: pd.DataFrame, firms: pd.Index) -> dict[str, NDArray[np.datetime64]]:
    """Of each kind that there is an event of, the day of every firm's first one, blank where it has none."""
    place, kind = firms.get_indexer(pd.Index(events["firm_id"])), events["kind"].to_numpy(dtype=object)
    day = events["occurred_on"].to_numpy()
    first: dict[str, NDArray[np.datetime64]] = {}
    for wanted in dict.fromkeys(kind):
        of_kind = np.flatnonzero((kind == wanted) & (place >= 0))
        latest_first = of_kind[np.argsort(-day[of_kind].astype(np.int64), kind="stable")]
        first[wanted] = np.full(len(firms), _NO_DAY, dtype=day.dtype)
        first[wanted][place[latest_first]] = day[latest_first]  # the last one assigned stays
    return first


def rows(verdicts: Verdicts) -> pd.DataFrame:
    """The verdicts as the contract's table: firm_id, as_of, rules_of, board, part, rule, verdict."""
    table = verdicts.rows.copy()
    table.insert(1, "as_of", verdicts.facts_day.isoformat())
    table.insert(2, "rules_of", verdicts.rules_of.isoformat())
    return table[list(OUT_COLUMNS)]


def summary(parts: Iterable[Verdicts], out: Path | None = None) -> pd.DataFrame:
    """One row a board: board, and how many firms are each of nearest.MEETS; a row adds up to all firms. Of labels one
    row a label: how many firms meet its conditions, do not, are unknown.

    `out`: the rows are written there on the way. Raises OSError where that cannot be.
    """
    counts: list[pd.DataFrame] = []
    with _csv(out) as write:
        for own, lines in made_of(parts, partial(_counts_and_lines, with_lines=out is not None)):
            write(lines)
            counts.append(own)
    return sum(counts[1:], start=counts[0]).astype(int).reset_index()


@contextmanager
def _csv(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """What adds lines to a CSV file; to nothing where `out` is None."""
    if out is None:
        yield len
        return
    with out.open("wb") as stream:
        stream.write((",".join(OUT_COLUMNS) + "\n").encode())
        yield stream.write


def _counts_and_lines(verdicts: Verdicts, with_lines: bool) -> Iterator[tuple[pd.DataFrame, bytes]]:
    """The counts of a part, and its rows as lines of CSV."""
    lines = BytesIO()
    if with_lines:
        _add_rows(verdicts, lines)
    yield _counts(verdicts), lines.getvalue()


def _add_rows(verdicts: Verdicts, stream: BinaryIO) -> None:
    import pyarrow as pa
    from pyarrow import csv

    # Arrow writes the millions of rows of a province twenty times faster than pandas.
    table = pa.Table.from_pandas(rows(verdicts), preserve_index=False)
    plain = not verdicts.firm_ids.astype("str").str.contains('[",\r\n]', regex=True).any()
    style = "none" if plain else "needed"
    csv.write_csv(table, stream, csv.WriteOptions(include_header=False, quoting_style=style))


def _counts(verdicts: Verdicts) -> pd.DataFrame:
    """Of one part, index board (or label), a column a state."""
    if verdicts.boards == [RECOGNITION]:
        states = verdicts.rows.groupby("rule", observed=True, sort=False)["verdict"].value_counts()
        return states.unstack(fill_value=0).reindex(columns=list(VERDICT_NAMES), fill_value=0)
    table = nearest.by_board(verdicts)
    states = table.groupby("board", observed=True)["meets"].value_counts()
    counts = states.unstack(fill_value=0).reindex(columns=list(nearest.MEETS), fill_value=0)
    return counts.set_index(counts.index.astype("str"))


def compare(
    engine: Engine | Connection, as_of: date, before: date, after: date, *, cohort: str = CITY, board: str | None = None
) -> compare_regimes.Comparison:
    """What the rules of `after` change against those of `before`, for a cohort's facts as known on `as_of`."""
    facts, labels = inputs(engine, as_of, cohort=cohort)
    return compare_regimes.compare(facts, labels, as_of, before, after, None if board is None else [board])
