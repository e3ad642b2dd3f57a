"""Sources held against each other (大数据比对): what one states of a firm's year and another contradicts.

Step 5 of the flow: storing.py -> **cross_checks.py**
Each pair of latest statements beyond the tolerance of data/sources.yaml is one row that waits for a person:
open, explained or corrected. A corrected return closes the contradictions that it mends; undone, they are open
again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, and_, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from pipeline import audit
from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake import column_maps
from pipeline.intake.findings import Settled, check_settlement, named
from pipeline.intake.storing import chunks
from pipeline.language import N_, Message, pick
from pipeline.sources import trust
from pipeline.store.tables import CrossCheck, Firm, Import, ImportFinding, Return, ReturnRow

_ROWS_AT_ONCE = 5_000


def compare(connection: Connection, import_id: int, now: datetime) -> int:
    """Hold the rows of an import against the latest rows of other sources; returns how many contradictions are new.

    Contradictions of statements that this import supersedes are closed first, as corrected by it.
    """
    _close_superseded(connection, import_id, now)
    pairs = _pairs(connection, import_id)
    if pairs.empty:
        return 0
    facts = [fact.name for fact in catalog().values() if fact.type in trust().tolerance]
    values = _values(connection, sorted({*pairs["row_id"], *pairs["other_row_id"]}), facts)
    mine = values.reindex(pairs["row_id"]).to_numpy(dtype=np.float64)
    theirs = values.reindex(pairs["other_row_id"]).to_numpy(dtype=np.float64)
    largest = np.maximum(np.abs(mine), np.abs(theirs))
    with np.errstate(all="ignore"):
        gap = np.abs(mine - theirs) / np.where(largest > 0, largest, 1)
    tolerance = np.array([trust().tolerance[catalog()[fact].type] for fact in facts])
    counted = np.array([catalog()[fact].type == "count" for fact in facts])
    # A headcount may differ by one without anybody being wrong; NaN compares as false: a blank contradicts nobody.
    apart = (gap > tolerance) & ~(counted & (np.abs(mine - theirs) <= 1))
    where, which = np.nonzero(apart)
    if not len(where):
        return 0
    prepared = _prepared_by(connection, pairs.iloc[np.unique(where)])
    keys = pairs[["firm_id", "year", "row_id", "other_row_id"]].to_numpy(dtype=object)
    rows = []
    for at, fact in zip(where.tolist(), which.tolist(), strict=True):
        firm, year, row_id, other_id = keys[at]
        rows.append(
            {
                "firm_id": firm,
                "year": int(year),
                "fact": facts[fact],
                "row_id": int(row_id),
                "other_row_id": int(other_id),
                "value": float(mine[at, fact]),
                "other_value": float(theirs[at, fact]),
                "gap_share": float(gap[at, fact]),
                "prepared_by": prepared.get((firm, int(year))),
                "found_at": now,
                "state": "open",
            }
        )
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(CrossCheck), rows[at : at + _ROWS_AT_ONCE])
    return len(rows)


def list_cross_checks(
    engine: Engine,
    *,
    state: str | None = "open",
    firm_id: str | None = None,
    import_id: int | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Contradictions whose both statements are in force, the largest gap first, as rows for a page or an export."""
    mine, theirs = aliased(ReturnRow), aliased(ReturnRow)
    my_return, their_return = aliased(Return), aliased(Return)
    my_import, their_import = aliased(Import), aliased(Import)
    statement = (
        select(
            CrossCheck,
            Firm.name.label("firm_name"),
            my_return.source,
            their_return.source,
            my_import.file_name,
            their_import.file_name,
            my_return.sheet,
            their_return.sheet,
            mine.sheet_row,
            theirs.sheet_row,
        )
        .join(Firm, Firm.id == CrossCheck.firm_id)
        .join(mine, mine.id == CrossCheck.row_id)
        .join(my_return, my_return.id == mine.return_id)
        .join(my_import, my_import.id == my_return.import_id)
        .join(theirs, theirs.id == CrossCheck.other_row_id)
        .join(their_return, their_return.id == theirs.return_id)
        .join(their_import, their_import.id == their_return.import_id)
        .where(my_return.in_force, their_return.in_force)
        .order_by(CrossCheck.gap_share.desc(), CrossCheck.id)
    )
    if state is not None:
        statement = statement.where(CrossCheck.state == state)
    if firm_id is not None:
        statement = statement.where(CrossCheck.firm_id == firm_id)
    if import_id is not None:
        statement = statement.where(my_return.import_id == import_id)
    if limit is not None:
        statement = statement.limit(limit)
    with Session(engine) as session:
        return [_as_json(row) for row in session.execute(statement)]


def settle_cross_check(session: Session, number: int, state: str, why: str, *, by: Any, now: datetime) -> Settled:
    """Close a contradiction as explained or corrected, or open it again, with a reason; the trail keeps who.

    Raises NotFound, or WrongSettlement without a reason or for an unknown state.
    """
    clerk = named(by)
    audit.take_turn(session)
    check = check_settlement(session.get(CrossCheck, number), number, state, why)
    check.state, check.settled_by, check.settled_at, check.settled_why = (
        state,
        clerk.name[:80],
        audit.utc(now),
        why.strip(),
    )
    details = {"firm": check.firm_id, "year": check.year, "fact": check.fact, "state": state, "why": why.strip()}
    audit.record(session, clerk, "cross_check_settled", f"cross_check:{number}", details, now)
    return Settled(number, state)


def _as_json(row: Any) -> dict[str, Any]:
    check, firm_name, source, other_source, file, other_file, sheet, other_sheet, sheet_row, other_row = row
    sources = trust().sources
    params = {
        "fact": catalog()[check.fact],
        "year": check.year,
        "source": sources[source],
        "other": sources[other_source],
        "gap": f"{check.gap_share:.0%}",
    }
    message = Message(N_("%(fact)s of %(year)s: %(source)s and %(other)s differ by %(gap)s."), params)
    return {
        "id": check.id,
        "firm_id": check.firm_id,
        "firm_name": firm_name,
        "year": check.year,
        "fact": check.fact,
        "label": pick(catalog()[check.fact]),
        "value": check.value,
        "other_value": check.other_value,
        "gap_share": check.gap_share,
        "source": source,
        "source_label": pick(sources[source]),
        "other_source": other_source,
        "other_source_label": pick(sources[other_source]),
        "file": file,
        "sheet": sheet,
        "sheet_row": sheet_row,
        "other_file": other_file,
        "other_sheet": other_sheet,
        "other_sheet_row": other_row,
        "prepared_by": check.prepared_by,
        "found_at": check.found_at,
        "message": str(message),
        "state": check.state,
        "settled_by": check.settled_by,
        "settled_at": check.settled_at,
        "settled_why": check.settled_why,
    }


def _pairs(connection: Connection, import_id: int) -> pd.DataFrame:
    """New rows beside the latest row in force of every other source, of the same firm, period and kind of sheet."""
    new, other = aliased(ReturnRow), aliased(ReturnRow)
    new_return, other_return = aliased(Return), aliased(Return)
    others = connection.scalar(
        select(func.count())
        .select_from(Return)
        .where(Return.in_force, Return.source.not_in(select(Return.source).where(Return.import_id == import_id)))
    )
    if not others:
        return pd.DataFrame()
    statement = (
        select(
            new.firm_id,
            new.year,
            new.id,
            other.id,
            other_return.source,
            other.known_on,
            other_return.sheet,
            Import.map_name,
        )
        .join(new_return, new_return.id == new.return_id)
        .join(other, and_(other.firm_id == new.firm_id, other.year == new.year, other.months == new.months))
        .join(other_return, other_return.id == other.return_id)
        .join(Import, Import.id == other_return.import_id)
        .where(new_return.import_id == import_id, other_return.in_force, other_return.source != new_return.source)
        .where(new.months == FULL_YEAR_MONTHS)
    )
    columns = ["firm_id", "year", "row_id", "other_row_id", "source", "known_on", "sheet", "map"]
    pairs = pd.DataFrame(connection.execute(statement).all(), columns=columns)
    latest = pairs.sort_values(["known_on", "other_row_id"])
    # A source that has corrected itself is held to its last word.
    subject = latest["sheet"].where(
        latest["map"].map({name: has_subjects(name) for name in latest["map"].unique()}), ""
    )
    return latest.loc[
        ~latest.assign(sheet=subject).duplicated(["row_id", "source", "sheet", "map"], keep="last")
    ].reset_index(drop=True)


def has_subjects(map_name: str | None) -> bool:
    """Whether each sheet of the form is a subject of its own, which only the sheet of the same name restates."""
    return map_name in column_maps.names() and column_maps.load(str(map_name)).many_sheets


def _values(connection: Connection, ids: Sequence[int], facts: list[str]) -> pd.DataFrame:
    columns = [getattr(ReturnRow, fact) for fact in facts]
    parts = []
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        statement = select(ReturnRow.id, *columns).where(ReturnRow.id.in_(ids[at : at + _ROWS_AT_ONCE]))
        parts.append(pd.DataFrame(connection.execute(statement).all(), columns=["id", *facts]))
    return pd.concat(parts, ignore_index=True).set_index("id").astype("float64")


def _prepared_by(connection: Connection, pairs: pd.DataFrame) -> dict[tuple[str, int], str]:
    """The agency that prepared the firm's return of that year, where any return in force names one."""
    firms = pairs["firm_id"].unique().tolist()
    agencies: dict[tuple[str, int], str] = {}
    for some in chunks(firms):
        statement = (
            select(ReturnRow.firm_id, ReturnRow.year, ReturnRow.prepared_by)
            .join(Return, and_(Return.id == ReturnRow.return_id, Return.in_force))
            .where(ReturnRow.firm_id.in_(some), ReturnRow.prepared_by.is_not(None))
            .order_by(ReturnRow.known_on, ReturnRow.id)
        )
        agencies.update({(firm, year): agency for firm, year, agency in connection.execute(statement) if agency})
    return agencies


def _close_superseded(connection: Connection, import_id: int, now: datetime) -> None:
    """What was open about statements that this import restates is corrected by it."""
    new, old = aliased(ReturnRow), aliased(ReturnRow)
    new_return, old_return = aliased(Return), aliased(Return)
    new_import, old_import = aliased(Import), aliased(Import)
    restated = (
        select(old.id, old.firm_id, old.year, old_return.import_id)
        .join(old_return, old_return.id == old.return_id)
        .join(old_import, old_import.id == old_return.import_id)
        .join(new, and_(new.firm_id == old.firm_id, new.year == old.year, new.months == old.months))
        .join(new_return, new_return.id == new.return_id)
        .join(new_import, new_import.id == new_return.import_id)
        .where(new_return.import_id == import_id, old_return.import_id != import_id, old_return.in_force)
        .where(old_return.source == new_return.source, old_import.map_name == new_import.map_name)
    )
    if has_subjects(connection.scalar(select(Import.map_name).where(Import.id == import_id))):
        restated = restated.where(old_return.sheet == new_return.sheet)
    if connection.scalar(select(func.count()).select_from(restated.limit(1).subquery())) == 0:
        return
    settled = {
        "state": "corrected",
        "settled_by": _marker(import_id),
        "settled_at": now,
        "settled_why": _marker(import_id),
    }
    rows = restated.subquery()
    connection.execute(
        update(CrossCheck)
        .where(CrossCheck.state == "open")
        .where(CrossCheck.row_id.in_(select(rows.c.id)) | CrossCheck.other_row_id.in_(select(rows.c.id)))
        .values(**settled)
    )
    same = (rows.c.firm_id == ImportFinding.firm_id) & (rows.c.year == ImportFinding.year)
    same &= rows.c.import_id == ImportFinding.import_id
    connection.execute(
        update(ImportFinding)
        .where(ImportFinding.state == "open", ImportFinding.import_id != import_id)
        .where(select(rows.c.id).where(same).exists())
        .values(**settled)
    )


def _marker(import_id: int) -> str:
    return f"import:{import_id}"


def reopen(session: Session, import_id: int) -> None:
    """Undo what `compare` closed: an import taken back has corrected nothing."""
    opened = {"state": "open", "settled_by": None, "settled_at": None, "settled_why": None}
    for table in (CrossCheck, ImportFinding):
        session.execute(update(table).where(table.settled_why == _marker(import_id)).values(**opened))
