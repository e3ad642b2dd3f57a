"""Keeps `firm_list_row` and `firm_board_row` true: in the transaction of whatever changes them, on a new day, under
new rules.

    an entry of the audit log ──► touched.py ──► rows.py ──► firm_list_row, firm_board_row
    a new day, other rules or code ─────────► rows.py ──► firm_list_row, firm_board_row

Every change of the database leaves an entry in the log, so a transaction that is about to commit is asked whether it
brought one (`keep_lists`); what came by a program that does not keep the lists, or with a new day, is caught up before
they are read (`make_current`).
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, delete, event, func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipeline.language import N_, Message
from pipeline.settings import ROOT
from pipeline.store.engines.full_disk import disk_trouble
from pipeline.store.engines.search_index import make_search_index
from pipeline.store.firm_selection import FirmRange, FirmSelection, ranges_of
from pipeline.store.many_ids import one_of
from pipeline.store.tables import CITY, AuditEntry, Firm, FirmBoardRow, FirmListRow, FirmListState
from pipeline.store.trail.chain import ADDED
from pipeline.store.trail.touched import FIGURES, PARTS, SCORES, last_entry, touched_since
from pipeline.store.write_lock import SomebodyElseSaved, lock_writes
from scoring.firm_list.stored_boards import differing_boards, stored_boards, write_boards
from scoring.firm_list.stored_counts import COUNTED_PARTS, counts_follow, differing_counts, recount
from scoring.firm_list.stored_rows import (
    SEARCHED,
    differing,
    insert_listed,
    stored_rows,
    update_listed,
    update_search,
    wrong_searches,
)

if TYPE_CHECKING:
    import pandas as pd

    from scoring.firm_list.rows import Worked

#: So many firms are worked out together: the memory that it takes does not grow with the city.
_FIRMS_AT_ONCE = 5_000
#: Differences that are named; all are counted.
_MOST_NAMED = 5
#: What decides the content of a row, below ROOT.
_MADE_BY = (
    "data/catalog.yaml",
    "data/sources.yaml",
    "data/rules",
    "pipeline/facts.py",
    "pipeline/fact_columns",
    "pipeline/store/firm_selection.py",
    "pipeline/intake/plausibility",
    "pipeline/reference",
    "pipeline/rules",
    "pipeline/store/current.py",
    "pipeline/tutoring",
    "pipeline/wording/spelling.py",
    "scoring/features",
    "scoring/firm_list",
    "scoring/scores/doubts.py",
)
#: The day of the lists, whether the trail has gone on since, and what they were made by; asked before every page.
_STATE_NOW = select(
    FirmListState.day,
    FirmListState.audit_id == select(func.coalesce(func.max(AuditEntry.id), 0)).scalar_subquery(),
    FirmListState.made_by,
)
_log = logging.getLogger(__name__)
_kept: "WeakSet[Engine]" = WeakSet()


def keep_lists(engine: Engine, today: Callable[[], date]) -> Engine:
    """From now on every transaction of this engine leaves the lists true of `today()` when it commits."""
    if engine not in _kept:
        _kept.add(engine)
        event.listen(engine, "commit", lambda connection: _before_commit(connection, today))
        event.listen(engine, "rollback", lambda connection: connection.info.pop(ADDED, None))
    return engine


def _before_commit(connection: Connection, today: Callable[[], date]) -> None:
    """Only a transaction that has changed something, and so holds the write lock, writes the lists."""
    if connection.info.pop(ADDED, False):
        _refresh(connection, today())


def are_current(engine: Engine, today: date) -> bool:
    """Whether the lists are those of today and of all that has happened: one question to the database."""
    with engine.connect() as connection:
        return is_true(connection, today)


def make_current(engine: Engine, today: date) -> None:
    """Bring the lists to today where they are not: after a night, or after a program that does not keep them.

    To be called before a transaction begins that reads them. On a disk that takes nothing more, and where somebody else
    goes on writing, they stay as they are, and the log says so: a page is shown all the same.
    """
    if are_current(engine, today):
        return
    try:
        with Session(engine) as session, session.begin():
            lock_writes(session)
            _refresh(session.connection(), today)
    except SomebodyElseSaved as error:
        _log.warning("The lists are not those of %s yet: %s", today, error)
    except OperationalError as error:
        if disk_trouble(error) is None:
            raise
        _log.warning("The lists are not those of %s: %s", today, error.orig)


def rebuild(engine: Engine, today: date) -> int:
    """Work out every row anew; returns how many there are."""
    with Session(engine) as session, session.begin():
        lock_writes(session)
        count = _write_all(session.connection(), today)
        make_search_index(session.connection())
        return count


@dataclass(frozen=True)
class Proof:
    """`rows`: how many stored rows were compared with rows worked out anew; `differences`: firm and column of the first
    that differ, of `differing` altogether (of a count that is not that of the rows no firm and the table); `day`: what
    the stored ones are true of, None where there are none."""

    rows: int
    differing: int
    differences: tuple[tuple[str, str], ...]
    day: date | None

    @property
    def message(self) -> Message:
        if self.day is None:
            return Message(N_("No lists are stored yet: the first import makes them."), {})
        if not self.differing:
            return Message(N_("%(rows)s rows of the lists equal those worked out anew."), {"rows": self.rows})
        named = "; ".join(f"{firm} {column}" for firm, column in self.differences)
        return Message(
            N_("%(count)s cells of the lists differ from those worked out anew: %(named)s. `goldseed lists rebuild`."),
            {"count": self.differing, "named": named},
        )

    def as_json(self) -> dict[str, Any]:
        named = [{"firm_id": firm, "column": column} for firm, column in self.differences]
        day = None if self.day is None else self.day.isoformat()
        return {"rows": self.rows, "differing": self.differing, "differences": named, "day": day}


def prove(engine: Engine) -> Proof:
    """Hold every stored row against one worked out anew, for the day of the stored ones."""
    rows, wrong_cells, named = 0, 0, []
    with engine.connect() as connection:
        state = _state(connection)
        if state is None:
            return Proof(0, 0, (), None)
        for firms, anew in _every_row(connection, state.day):
            stored = stored_rows(connection, firms, PARTS)
            wrong = differing(stored.reindex(anew.rows.index), anew.rows)
            wrong["firm_id"] = ~anew.rows.index.isin(stored.index)
            boards = stored_boards(connection, firms)
            wrong_boards = differing_boards(boards, anew.boards)
            misspelt = wrong_searches(connection, firms)
            rows += len(stored) + len(boards)
            wrong_cells += int(wrong.to_numpy().sum()) + int(wrong_boards.to_numpy().sum()) + len(misspelt)
            named += [*_named(wrong), *_named(wrong_boards), *((firm, "search") for firm in misspelt[:_MOST_NAMED])]
        stray = _strays(connection)
        if wrong_counts := differing_counts(connection):
            wrong_cells += wrong_counts
            named.append(("", "firm_list_count"))
    named += [(firm, "firm_id") for firm in stray[:_MOST_NAMED]]
    return Proof(rows + len(stray), wrong_cells + len(stray), tuple(named[:_MOST_NAMED]), state.day)


def _named(wrong: "pd.DataFrame") -> list[tuple[str, str]]:
    """Firm and column of the first cells that are wrong; of a board its name stands before the column."""
    cells = wrong.stack()
    return [(str(key[0]), " ".join(map(str, key[1:]))) for key in cells[cells].index[:_MOST_NAMED]]


def _strays(connection: Connection) -> list[str]:
    """Firms that have a row and should have none."""
    firms = select(Firm.id).where(Firm.cohort == CITY)
    found = (select(table.firm_id).where(table.firm_id.not_in(firms)) for table in (FirmListRow, FirmBoardRow))
    return [firm for statement in found for firm in connection.scalars(statement.distinct())]


def _in_parts(firms: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(firms), _FIRMS_AT_ONCE):
        yield firms[at : at + _FIRMS_AT_ONCE]


# --- what they are true of -------------------------------------------------------------------------


def _state(connection: Connection) -> Any:
    return connection.execute(select(FirmListState.day, FirmListState.audit_id, FirmListState.made_by)).first()


def is_true(connection: Connection, day: date) -> bool:
    """Whether the lists are those of this day, of all that is stored, by the rules and the code of now."""
    state = connection.execute(_STATE_NOW).first()
    return state is not None and tuple(state) == (day, True, made_by())


@cache
def made_by() -> str:
    """Fingerprint of everything that decides what a row says, beside the database and the day."""
    digest = hashlib.sha256()
    for place in _MADE_BY:
        path = Path(ROOT) / place
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in (file for file in files if file.suffix in (".py", ".yaml")):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


# --- writing ---------------------------------------------------------------------------------------


def _refresh(connection: Connection, day: date) -> None:
    """Write what is no longer so; nothing is read but the state where nothing happened."""
    state, last = _state(connection), last_entry(connection)
    if state is not None and tuple(state) == (day, last, made_by()):
        return
    touched = None
    if state is not None and state.made_by == made_by() and state.audit_id <= last:
        touched = touched_since(connection, state.audit_id, last)
    if touched is None:
        _write_all(connection, day)
        return
    new_day = state.day != day
    new = _unlisted(connection, None if new_day else touched.named())
    for unlisted in _in_parts(sorted(new)):
        _write_new(connection, day, unlisted)
    for part in PARTS:
        firms = None if new_day else touched.firms.get(part, set())
        for some in _everybody(connection, part) if firms is None else _in_parts(sorted(firms - new)):
            _write_part(connection, day, part, some)
    connection.execute(update(FirmListState).values(day=day, audit_id=last))


def _unlisted(connection: Connection, firms: Collection[str] | None) -> set[str]:
    """The firms of the city, or those of these firms, that have no row yet."""
    if firms is None:
        listed = select(FirmListRow.firm_id).where(FirmListRow.firm_id == Firm.id)
        return set(connection.scalars(select(Firm.id).where(Firm.cohort == CITY, ~listed.exists())))
    listed = select(FirmListRow.firm_id).where(one_of(FirmListRow.firm_id, firms))
    return set(firms).difference(connection.scalars(listed))


def _everybody(connection: Connection, part: str) -> Sequence[FirmSelection]:
    """All firms, as the part is worked out of them: ranks are those among all, whichever firms are asked for."""
    return [None] if part == SCORES else ranges_of(connection, CITY, _FIRMS_AT_ONCE)


def _every_row(connection: Connection, day: date) -> "Iterator[tuple[FirmRange, Worked]]":
    """Every row worked out anew, range of firms by range of firms."""
    from scoring.firm_list.rows import Worked, rows_of

    scores = rows_of(connection, day, None, [SCORES]).rows
    others = [part for part in PARTS if part != SCORES]
    for firms in ranges_of(connection, CITY, _FIRMS_AT_ONCE):
        worked = rows_of(connection, day, firms, others)
        yield firms, Worked(worked.rows.join(scores), worked.boards)


def _write_all(connection: Connection, day: date) -> int:
    connection.execute(delete(FirmListRow))
    connection.execute(
        delete(FirmBoardRow).where(FirmBoardRow.firm_id.not_in(select(Firm.id).where(Firm.cohort == CITY)))
    )
    count = 0
    for firms, worked in _every_row(connection, day):
        insert_listed(connection, worked.rows)
        write_boards(connection, firms, worked.boards)  # a night moves few
        count += len(worked.rows)
    recount(connection)
    connection.execute(delete(FirmListState))
    state = {"id": 1, "day": day, "audit_id": last_entry(connection), "made_by": made_by()}
    connection.execute(insert(FirmListState).values(**state))
    return count


def _write_new(connection: Connection, day: date, firms: Sequence[str]) -> None:
    """Whole rows of firms that have none yet; those among them that are not of the city get none."""
    from scoring.firm_list.rows import rows_of

    worked = rows_of(connection, day, firms)
    with counts_follow(connection, list(worked.rows.index)):
        insert_listed(connection, worked.rows)
        write_boards(connection, firms, worked.boards)


def _write_part(connection: Connection, day: date, part: str, firms: FirmSelection) -> None:
    """Of firms that have a row, what of this part differs."""
    from scoring.firm_list.rows import COLUMNS, rows_of

    stored = stored_rows(connection, firms, [part])
    worked = rows_of(connection, day, firms, [part])
    if part == FIGURES:
        write_boards(connection, firms, worked.boards)
    table = worked.rows.loc[worked.rows.index.intersection(stored.index)]
    wrong = differing(stored.loc[table.index], table)
    moved = list(table.index[wrong.any(axis=1).to_numpy()])
    with counts_follow(connection, moved if part in COUNTED_PARTS else []):
        update_listed(connection, table.loc[moved], COLUMNS[part])
    respelt = wrong[[name for name in SEARCHED if name in wrong]].any(axis=1)
    update_search(connection, list(table.index[respelt.to_numpy()]))
