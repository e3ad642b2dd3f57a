"""Store a checked file whole, in one transaction, in bulk.

Rows are added and never changed. Everything of one file is written on one connection, in one transaction
that its caller opens: when the process dies half way, the database has nothing of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, insert, or_, select, text, update

from pipeline.catalog import Fact, catalog
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.reading.problems import Finding
from pipeline.intake.storing.activity_rows import KEY
from pipeline.intake.storing.checked_rows import CheckedSheet, ReadSheet
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.many_ids import one_of
from pipeline.store.many_rows import frame_of, insert_rows
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Event, Firm, Import, ImportFinding, Return, ReturnRow

_ROWS_AT_ONCE = 20_000
_KEYS_AT_ONCE = 500
_Item = TypeVar("_Item")
_KEY = ["firm_id", "year", "months"]


def earlier_import(connection: Connection, sha256: str, map_name: str, cohort: str, source: str) -> int | None:
    """The import that already brought this very file, if it is in force."""
    return connection.scalar(
        select(Import.id)
        .where(Import.sha256 == sha256, Import.map_name == map_name, Import.cohort == cohort)
        .where(Import.source == source, Import.state == "stored")
        .order_by(Import.id)
        .limit(1)
    )


def has_stated(connection: Connection, map_: ColumnMap, source: str) -> bool:
    """Whether the source has stated anything through the map."""
    statement = select(Return.id).join(Import, Import.id == Return.import_id)
    statement = statement.where(Return.in_force, Import.map_name == map_.name, Return.source == source)
    return connection.scalar(statement.limit(1)) is not None


def restated(connection: Connection, sheets: Sequence[ReadSheet], map_: ColumnMap, source: str) -> list[np.ndarray]:
    """For each sheet, which rows restate a firm and period that the same source stated through the same map.

    In a form of several sheets a row restates only what a return stated that has a fact of its own sheet, whatever that
    return's sheet or file was called.
    """
    firms = pd.unique(pd.concat([sheet.rows["firm_id"] for sheet in sheets], ignore_index=True)).tolist()
    years = sorted({int(year) for sheet in sheets for year in pd.unique(sheet.rows["year"])})
    statement = (
        select(ReturnRow.firm_id, ReturnRow.year, ReturnRow.months, ReturnRow.return_id)
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Import, Import.id == Return.import_id)
        .where(Return.in_force, Import.map_name == map_.name, Return.source == source)
        .where(one_of(ReturnRow.firm_id, firms), ReturnRow.year.in_(years))
    )
    if not map_.many_sheets:
        stated = frame_of(connection, statement, [*_KEY, "return_id"])
        return [_are_among(sheet, stated) for sheet in sheets]
    alike = _alike(connection, sheets, map_, source)
    asked = [statement.where(Return.id.in_(some)) for some in chunks(sorted(set().union(*alike)))]
    found = [frame_of(connection, of_some, [*_KEY, "return_id"]) for of_some in asked]
    stated = pd.concat(found) if found else pd.DataFrame(columns=[*_KEY, "return_id"])
    return [_are_among(sheet, stated[stated["return_id"].isin(own)]) for sheet, own in zip(sheets, alike, strict=True)]


def _are_among(sheet: ReadSheet, stated: pd.DataFrame) -> np.ndarray:
    """Which rows are of a firm and period that is stated already."""
    return pd.MultiIndex.from_frame(sheet.rows[_KEY]).isin(pd.MultiIndex.from_frame(stated[_KEY]))


def _alike(connection: Connection, sheets: Sequence[ReadSheet], map_: ColumnMap, source: str) -> list[set[int]]:
    """For each sheet the returns in force of the source and map that its rows may restate."""
    statement = select(Return.id, Return.stated).join(Import, Import.id == Return.import_id)
    statement = statement.where(Return.in_force, Import.map_name == map_.name, Return.source == source)
    returns = connection.execute(statement).all()
    facts = [{fact.name for fact in sheet.facts} for sheet in sheets]
    # Of a return that does not say what it states, anything may be restated.
    return [{number for number, stated in returns if stated is None or own & set(stated)} for own in facts]


def add_import(connection: Connection, request: ImportRequest, sha256: str, rows: int) -> int:
    """Record that a file of this content came in with so many rows; gives its number."""
    done = connection.execute(
        insert(Import).values(
            kind=request.map_.kind,
            file_name=request.file,
            sha256=sha256,
            map_name=request.map_.name,
            cohort=request.cohort,
            source=request.source,
            rows=rows,
            state="stored",
            imported_at=request.now,
            imported_by=request.by,
            district_code=request.district,
        )
    )
    return int(done.inserted_primary_key[0])  # type: ignore[index]


def add_firms(connection: Connection, firms: pd.DataFrame, cohort: str, district: str | None = None) -> list[str]:
    """Firms that are not known yet, of this district until a return says which: `firms` has firm_id and name (may be
    missing). Returns the ids of the new ones."""
    latest = firms.dropna(subset="firm_id").groupby("firm_id", sort=False)["name"].last()
    known = known_firms(connection, latest.index)
    new = [
        (str(firm), cohort, None if pd.isna(name) else str(name), district)
        for firm, name in latest.items()
        if firm not in known
    ]
    insert_rows(connection, Firm, ["id", "cohort", "name", "district_code"], new)
    return [one[0] for one in new]


def known_firms(connection: Connection, firms: Iterable[str]) -> set[str]:
    """Those of these firms that are on record."""
    return set(connection.scalars(select(Firm.id).where(one_of(Firm.id, firms))))


def known_names(connection: Connection, firms: Iterable[str], district: str | None = None) -> dict[str, str]:
    """The names of those of these firms (of the district) that have one."""
    wanted = select(Firm.id, Firm.name).where(one_of(Firm.id, firms))
    rows = connection.execute(wanted if district is None else wanted.where(Firm.district_code == district))
    return {firm: name for firm, name in rows if name}


def add_return(connection: Connection, import_id: int, source: str, sheet: CheckedSheet) -> int:
    """Store one sheet as a return, without its rows; gives its id."""
    stated = [fact.name for fact in sheet.facts if fact.name in sheet.stated]
    done = connection.execute(
        insert(Return).values(import_id=import_id, source=source, sheet=sheet.name[:120], in_force=True, stated=stated)
    )
    return int(done.inserted_primary_key[0])  # type: ignore[index]


def add_rows(connection: Connection, return_id: int, sheet: ReadSheet) -> None:
    """Store rows of a return."""
    rows = sheet.rows
    names = ["firm_id", "return_id", "sheet_row", "year", "months", "known_on", *(fact.name for fact in sheet.facts)]
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows.iloc[at : at + _ROWS_AT_ONCE]
        columns: list[Sequence[object]] = [
            part["firm_id"].to_numpy(dtype=object).tolist(),
            [return_id] * len(part),
            (part["row"] + 1).tolist(),
            part["year"].tolist(),
            part["months"].tolist(),
            _days(part["known_on"]),
        ]
        columns += [_stored(part[fact.name], fact) for fact in sheet.facts]
        insert_rows(connection, ReturnRow, names, zip(*columns, strict=True))


def _stored(column: pd.Series, fact: Fact) -> Sequence[object]:
    """A column as the database keeps it, None for blanks."""
    if fact.type == "date":
        return _days(column)
    if not fact.numeric:
        return _or_none(column.to_numpy(dtype=object), column.notna().to_numpy())
    values = column.to_numpy(dtype=np.float64)
    known = ~np.isnan(values)
    if fact.type == "count":
        values = np.where(known, values, 0).astype(np.int64)
    elif fact.type == "yes_no":
        values = values != 0
    return _or_none(values, known)


def _days(column: pd.Series) -> list[object]:
    days = pd.to_datetime(column).to_numpy().astype("datetime64[D]")
    return _or_none(np.datetime_as_string(days), ~np.isnat(days))


def _or_none(values: np.ndarray, known: np.ndarray) -> list[object]:
    """The values as Python's own, None where they are not known."""
    kept = values.astype(object)
    kept[~known] = None
    return kept.tolist()


def add_findings(connection: Connection, import_id: int, findings: Iterable[Finding]) -> None:
    """What looks wrong about this import, each waiting for a person."""
    rows = [
        {
            "import_id": import_id,
            "firm_id": one.firm_id,
            "year": one.year,
            "kind": one.kind,
            "field": one.field,
            "sheet": one.sheet[:120],
            "cell": one.cell,
            "found": one.found,
            "msgid": one.msgid,
            "params": dict(one.params),
            "state": "open",
        }
        for one in findings
    ]
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(ImportFinding), rows[at : at + _ROWS_AT_ONCE])


def new_events(connection: Connection, events: pd.DataFrame, cohort: str) -> np.ndarray:
    """Which events are not on record yet: same firm, stage, board and day, in force, of the same cohort or an
    officer's."""
    statement = (
        select(Event.firm_id, Event.kind, Event.board, Event.occurred_on)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.in_force, or_(Event.import_id.is_(None), Import.cohort == cohort))
        .where(one_of(Event.firm_id, events["firm_id"].unique()))
    )
    there = set(connection.execute(statement).all())
    keys = zip(
        events["firm_id"], events["kind"], events["board"], pd.to_datetime(events["occurred_on"]).dt.date, strict=True
    )
    return np.array([key not in there for key in keys], dtype=bool)


def add_events(connection: Connection, import_id: int, events: pd.DataFrame, new: np.ndarray) -> None:
    """Store every event of a file; one that is on record already is kept out of force, behind the first.

    So an undo of the first can put the second in its place (`revive_events`).
    """
    names = ["firm_id", "import_id", "kind", "board", "occurred_on", "known_on", "in_force"]
    columns: list[Sequence[object]] = [
        events["firm_id"].to_numpy(dtype=object).tolist(),
        [import_id] * len(events),
        events["kind"].tolist(),
        events["board"].tolist(),
        _days(events["occurred_on"]),
        _days(events["known_on"]),
        new.tolist(),
    ]
    insert_rows(connection, Event, names, zip(*columns, strict=True))


def revive_events(connection: Connection, import_id: int) -> list[int]:
    """After an undo: events that another import of the cohort, in force, states as well come into force by that one;
    their ids."""
    cohort = connection.scalar(select(Import.cohort).where(Import.id == import_id))
    key = (Event.firm_id, Event.kind, Event.board, Event.occurred_on)
    gone = set(connection.execute(select(*key).where(Event.import_id == import_id)).all())
    of_its_firms = one_of(Event.firm_id, {firm for firm, *_rest in gone})
    behind = (
        select(Event.id, *key)
        .join(Import, Import.id == Event.import_id)
        .where(
            Import.state == "stored",
            Import.cohort == cohort,
            Event.in_force.is_(False),
            Event.import_id != import_id,
            of_its_firms,
        )
        .order_by(Event.id)
    )
    first: dict[tuple[object, ...], int] = {}
    for number, *rest in connection.execute(behind):
        if tuple(rest) in gone:
            first.setdefault(tuple(rest), number)
    there = (
        select(*key)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.in_force, or_(Event.import_id.is_(None), Import.cohort == cohort), of_its_firms)
    )
    for one in set(connection.execute(there).all()) & set(first) if first else ():
        first.pop(tuple(one))
    for some in chunks([*first.values()]):
        connection.execute(update(Event).where(Event.id.in_(some)).values(in_force=True))
    return [*first.values()]


def new_activities(connection: Connection, activities: pd.DataFrame, cohort: str) -> np.ndarray:
    """Which activities are not on record yet: same firm and KEY, in force, of the same cohort or an
    officer's."""
    there = (
        select(*_activity_key())
        .outerjoin(Import, Import.id == FirmActivity.import_id)
        .where(FirmActivity.in_force, or_(FirmActivity.import_id.is_(None), Import.cohort == cohort))
        .where(one_of(FirmActivity.firm_id, activities["firm_id"].unique()))
    )
    known = set(map(tuple, connection.execute(there).all()))
    keys = zip(*_activity_columns(activities, ("firm_id", *KEY)), strict=True)
    return np.array([(firm, *key[:-1], date.fromisoformat(key[-1])) not in known for firm, *key in keys], dtype=bool)


def add_activities(connection: Connection, import_id: int, activities: pd.DataFrame, new: np.ndarray) -> None:
    """Store every activity of a file; one that is on record already is kept out of force, behind the first."""
    stated = ("firm_id", *KEY, "outcome", "ended_on", "known_on")
    names = ["name" if name == "title" else name for name in stated]
    columns = _activity_columns(activities, stated)
    columns += [[import_id] * len(activities), new.tolist()]
    insert_rows(connection, FirmActivity, [*names, "import_id", "in_force"], zip(*columns, strict=True))


def revive_activities(connection: Connection, import_id: int) -> list[int]:
    """After an undo: activities that another import of the cohort, in force, states as well come into force by that
    one; their ids. What a person withdrew stays withdrawn."""
    cohort = connection.scalar(select(Import.cohort).where(Import.id == import_id))
    key = _activity_key()
    gone_rows = select(*key).where(FirmActivity.import_id == import_id, FirmActivity.withdrawn_at.is_(None))
    gone = set(map(tuple, connection.execute(gone_rows).all()))
    of_its_firms = one_of(FirmActivity.firm_id, {firm for firm, *_rest in gone})
    with_import = select(FirmActivity.id, FirmActivity.in_force, *key).outerjoin(
        Import, Import.id == FirmActivity.import_id
    )
    behind = with_import.where(
        FirmActivity.in_force
        | ((Import.state == "stored") & (Import.id != import_id) & FirmActivity.withdrawn_at.is_(None)),
        or_(FirmActivity.import_id.is_(None), Import.cohort == cohort),
        of_its_firms,
    ).order_by(FirmActivity.in_force.desc(), FirmActivity.id)
    first: dict[tuple[object, ...], int] = {}
    standing: set[tuple[object, ...]] = set()
    for number, in_force, *rest in connection.execute(behind) if gone else ():
        if in_force:
            standing.add(tuple(rest))
        elif tuple(rest) in gone - standing:
            first.setdefault(tuple(rest), number)
    for some in chunks([*first.values()]):
        connection.execute(update(FirmActivity).where(FirmActivity.id.in_(some)).values(in_force=True))
    return [*first.values()]


def _activity_key() -> list[Any]:
    """The columns of what makes two statements the same activity."""
    names = ["name" if name == "title" else name for name in KEY]
    return [FirmActivity.firm_id, *(getattr(FirmActivity, name) for name in names)]


def _activity_columns(activities: pd.DataFrame, names: Sequence[str]) -> list[list[object]]:
    """Columns as the database keeps them: days, whole fen, texts; None for blanks."""
    found: list[list[object]] = []
    for name in names:
        column = activities[name]
        if name.endswith("_on"):
            found.append(_days(column))
        elif name == "amount_fen":
            known = column.notna().to_numpy()
            found.append(_or_none(column.fillna(0).to_numpy().astype(np.int64), known))
        else:
            found.append(_or_none(column.to_numpy(dtype=object), column.notna().to_numpy()))
    return found


def refresh_firms(connection: Connection, import_id: int) -> list[str]:
    """Name and district of the firms of an import, as their latest statement in force says; gives the ids of those
    whose row has changed."""
    of_import = select(ReturnRow.firm_id).join(Return, Return.id == ReturnRow.return_id)
    of_import = of_import.where(Return.import_id == import_id)
    as_it_stands = select(Firm.id, Firm.name, Firm.district_code).where(Firm.id.in_(of_import))
    before = {tuple(one) for one in connection.execute(as_it_stands)}
    for field in ("name", "district_code"):
        assert field in catalog()
        connection.execute(
            text(
                f"""
                UPDATE firm SET {field} = COALESCE((
                    SELECT r.{field} FROM return_row AS r JOIN returns AS t ON t.id = r.return_id
                    WHERE r.firm_id = firm.id AND r.{field} IS NOT NULL AND t.in_force = :yes
                    ORDER BY r.year DESC, r.known_on DESC, r.id DESC LIMIT 1), {field})
                WHERE id IN (SELECT r.firm_id FROM return_row AS r JOIN returns AS t ON t.id = r.return_id
                             WHERE t.import_id = :import_id AND r.{field} IS NOT NULL)
                """
            ).bindparams(bindparam("yes", True), bindparam("import_id", import_id))
        )
    return [one.id for one in connection.execute(as_it_stands) if tuple(one) not in before]


def chunks(items: Sequence[_Item], size: int = _KEYS_AT_ONCE) -> Iterator[Sequence[_Item]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
