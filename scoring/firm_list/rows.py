"""The rows of `firm_list_row` and `firm_board_row`, worked out anew: of every firm of the city, or of some.

In parts, since most changes touch one: a visit moves no verdict, and a run of scores no figure. Each part is a
frame with index firm_id and the columns of its part, None or NaN where nothing is known; a firm's row rests on that
firm alone, but for its ranks. How firms stand to the boards comes with their figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import BOARD_PARTS, BOARDS
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import board_tables, check
from pipeline.store.current import current_run, members_on, open_cases, places_in
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import CITY, Account, Firm, Return, ReturnRow
from pipeline.store.trail.touched import ABOUT, FIGURES, PARTS, SCORES, TUTORING, WAY
from pipeline.tutoring.counts.way import way_of_firms
from pipeline.wording.spelling import folded
from scoring.scores import doubts

#: The figures of a list, of each firm's latest year; the columns have their names.
LIST_FACTS = (
    "revenue_cny",
    "net_profit_cny",
    "rd_spend_cny",
    "staff",
    "invention_patents",
    "industry_code",
    "hnte_expires_on",
)
#: How a firm stands to a board, as columns.
BOARD_COLUMNS = (
    *BOARD_PARTS,
    "meets",
    "nearest",
    "margin_class",
    "margin",
    "gap_share",
    "fit",
    "best",
)


@dataclass(frozen=True)
class Worked:
    """`rows`: index firm_id sorted, the columns of the parts asked for; `boards`: index firm_id and board, the columns
    BOARD_COLUMNS, empty where the figures were not asked for."""

    rows: pd.DataFrame
    boards: pd.DataFrame


def rows_of(connection: Connection, day: date, firms: FirmSelection = None, parts: Sequence[str] = PARTS) -> Worked:
    """These parts as they are on `day`, of these firms of the city (None: all)."""
    made, boards = [], _no_boards()
    for part in parts:
        if part == FIGURES:
            table, verdicts = _figures(connection, day, firms)
            boards = standings_of(verdicts)
        else:
            table = _MAKERS[part](connection, day, firms)
        made.append(table)
    index = pd.Index(_ids(connection, firms), name="firm_id", dtype=object)
    return Worked(pd.concat([part.reindex(index) for part in made], axis=1), boards)


def _ids(connection: Connection, firms: FirmSelection) -> list[str]:
    return list(
        connection.scalars(limited(select(Firm.id), Firm.id, firms).where(Firm.cohort == CITY).order_by(Firm.id))
    )


def _read(connection: Connection, statement: Any, columns: Sequence[str]) -> pd.DataFrame:
    return frame_of(connection, statement, ["firm_id", *columns]).set_index("firm_id")


def _about(connection: Connection, _day: date, firms: FirmSelection) -> pd.DataFrame:
    """name, district_code, as the firm's latest statement has them."""
    names = ("name", "district_code")
    return _read(connection, limited(select(Firm.id, Firm.name, Firm.district_code), Firm.id, firms), names)


def _scores(connection: Connection, _day: date, firms: FirmSelection) -> pd.DataFrame:
    """points, rank, district_rank, thin_data of the current run."""
    run = current_run(Session(connection))
    places = places_in(-1 if run is None else run.id).subquery().c
    names = ("points", "rank", "district_rank", "thin_data")
    statement = limited(select(places.firm_id, *(places[name] for name in names)), places.firm_id, firms)
    return _read(connection, statement, names)


def _tutoring(connection: Connection, day: date, firms: FirmSelection) -> pd.DataFrame:
    """pool of the day; stage and mentor of the open case."""
    pool, case = members_on(day).subquery(), open_cases().subquery()
    statement = (
        select(Firm.id, pool.c.pool, case.c.stage, Account.name)
        .outerjoin(pool, pool.c.firm_id == Firm.id)
        .outerjoin(case, case.c.firm_id == Firm.id)
        .outerjoin(Account, Account.id == case.c.mentor_id)
        .where(pool.c.pool.is_not(None) | case.c.stage.is_not(None))
    )
    return _read(connection, limited(statement, Firm.id, firms), ("pool", "stage", "mentor"))


def _way(connection: Connection, day: date, firms: FirmSelection) -> pd.DataFrame:
    """How far the firm has come on the way to the market by the events known on `day`."""
    which = limited(select(Firm.id).where(Firm.cohort == CITY), Firm.id, firms)
    way = way_of_firms(Session(connection), day, Firm.id.in_(which))
    names = {"since": "furthest_on", "left": "left_by"}
    return way.rename(columns=names)[list(COLUMNS[WAY])]


def _figures(connection: Connection, day: date, firms: FirmSelection) -> tuple[pd.DataFrame, Verdicts]:
    """The figures of the latest year, what is in doubt, and what the boards' rules say, all as known on `day`."""
    read = [*{*measures.facts_needed(), *doubts.facts_read(), *LIST_FACTS}]
    known, labels = facts.facts_and_firms(connection, day, CITY, firms, read)
    labels = check.with_events(labels, facts.events_as_known_on(connection, day, CITY, firms))
    table = known[list(LIST_FACTS)].groupby(level="firm_id").last()
    table["year"] = known.reset_index("year").groupby(level="firm_id")["year"].last()
    doubted = doubts.doubts_in(connection, known, day, firms=firms)["firm_id"].unique()
    table["in_doubt"] = table.index.isin(doubted)
    verdicts = evaluate.check(known, labels, day)
    return pd.concat([table, _former_names(connection, day, firms), boards_of(verdicts)], axis=1), verdicts


def _former_names(connection: Connection, day: date, firms: FirmSelection) -> pd.DataFrame:
    """former_names: what else a firm is called in returns in force that were known on `day`, a line each."""
    stated = getattr(ReturnRow, "name")  # noqa: B009 - the columns are made from the catalogue
    statement = (
        select(Firm.id, Firm.name, stated)
        .join(ReturnRow, ReturnRow.firm_id == Firm.id)
        .join(Return, Return.id == ReturnRow.return_id)
        .where(Firm.cohort == CITY, Return.in_force, ReturnRow.known_on <= day, stated != func.coalesce(Firm.name, ""))
        .distinct()
        .order_by(Firm.id, stated)
    )
    former: dict[str, dict[str, str]] = {}
    for firm, name, other in connection.execute(limited(statement, Firm.id, firms)):
        line = " ".join(other.split())
        if line and (spelt := folded(line)) != folded(name or ""):  # brackets of another width are no other name
            former.setdefault(firm, {}).setdefault(spelt, line)
    joined = {firm: "\n".join(names.values()) for firm, names in former.items()}
    return pd.DataFrame({"former_names": pd.Series(joined, dtype=object)})


def standings_of(verdicts: Verdicts) -> pd.DataFrame:
    """How every firm stands to every board: index firm_id and board, columns BOARD_COLUMNS, of nearest.by_board."""
    table = nearest.by_board(verdicts)
    if table.empty:
        return _no_boards()
    words = ["firm_id", "board", *BOARD_PARTS, "meets", "nearest", "margin_class"]
    plain = table[[*words, "margin", "fit", "best"]].astype(dict.fromkeys(words, object))
    plain["gap_share"] = board_tables.gap_shares(table)
    return plain.set_index(["firm_id", "board"])[list(BOARD_COLUMNS)].sort_index()


def _no_boards() -> pd.DataFrame:
    index = pd.MultiIndex.from_arrays([[], []], names=["firm_id", "board"])
    return pd.DataFrame(columns=list(BOARD_COLUMNS), index=index)


def boards_of(verdicts: Verdicts) -> pd.DataFrame:
    """best_board (or none:rung), best_state, gap_share of the best board, and boards: "bse meets_all;star not_met;…",
    what holds of each board; index firm_id."""
    cohort = board_tables.cohort_table(verdicts)
    table = pd.DataFrame(index=cohort.index)
    if "next_rung" not in cohort:  # nobody has stated anything yet
        return table.assign(best_board=None, best_state=None, gap_share=np.nan, boards=None)
    table["best_board"] = cohort["best_board"].fillna("none:" + cohort["next_rung"])
    table["best_state"] = cohort["best_state"]
    table["gap_share"] = np.nan
    for board in BOARDS:
        if board in cohort:
            own = (cohort["best_board"] == board).to_numpy()
            table["gap_share"] = table["gap_share"].where(~own, cohort[f"{board}_gap_share"])
    table["boards"] = ""
    for board in (board for board in BOARDS if board in cohort):
        table["boards"] += board + " " + cohort[board].astype(object) + ";"
    return table


_MAKERS: Mapping[str, Callable[[Connection, date, FirmSelection], pd.DataFrame]] = {
    ABOUT: _about,
    SCORES: _scores,
    TUTORING: _tutoring,
    WAY: _way,
}
#: The columns of each part.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    ABOUT: ("name", "district_code"),
    SCORES: ("points", "rank", "district_rank", "thin_data"),
    TUTORING: ("pool", "stage", "mentor"),
    FIGURES: ("year", *LIST_FACTS, "former_names", "in_doubt", "best_board", "best_state", "gap_share", "boards"),
    WAY: ("furthest", "furthest_on", "stands", "left_by", "left_on"),
}
