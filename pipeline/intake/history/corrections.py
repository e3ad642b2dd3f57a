"""What a later return of the same source corrects: the open findings about figures that it states anew.

A finding rests on what its source had said. The check is made twice: on what the source said last without the new
import, and with it; what other sources say is the same both times. The finding is corrected by the import

- where its own figure was changed and the check finds nothing now, or where the new import has a finding about that
  figure itself: one cell has one finding, and the later one has the later figure;
- where another figure was changed with which the check compares it, and the check found something before and nothing
  now.

A blank, the same figure once more, and another source change nothing. What a person explained stays explained. All of
it happens in the transaction of the import; imports.py opens again what an undone import had closed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, bindparam, func, select, true, union, update
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit
from pipeline.catalog import catalog
from pipeline.intake.mapping import column_maps
from pipeline.intake.plausibility import cross_checks, plausibility
from pipeline.intake.plausibility.panel import KEY, VALUED_BY, FormUnit, Panel, form_units
from pipeline.intake.reading.problems import shown, shown_in
from pipeline.intake.storing.findings import ANEW, Change, named
from pipeline.intake.storing.store import chunks
from pipeline.language import N_
from pipeline.store.firm_selection import FIRMS_OF_A_RANGE
from pipeline.store.many_ids import without_index
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import Base, CrossCheck, Import, ImportFinding, Return, ReturnRow

_ASKED_AGAIN = N_("Import %(id)s states it anew: %(changes)s. What is odd about that is asked there.")
_AGREED = N_("Import %(id)s states it anew: %(changes)s. The two sources agree.")
_APART = N_("Import %(id)s states it anew: %(changes)s. The sources still differ; that stands as a line of its own.")
#: Nobody restates a figure for the sake of a yuan in a billion.
_SAME = 1e-9
_MOST_CHANGES = 3
#: Kinds that concern a row and no figure of it; a code cannot be stated anew, only another firm can.
_ABOUT_ROWS = ("other_name", "year_not_over", "code_organisation")
_COPIED = "copied_firm"
_TABLES = (ImportFinding, CrossCheck)


@dataclass(frozen=True)
class _Closed:
    """One line that the import closes: why, and the figures that changed."""

    number: int
    firm: str
    why: str
    changes: list[Change]


class _Restated:
    """What the source of an import says of some firms: `before` without the import and `after` with it.

    Index (firm_id, year), alike in all, sorted; a column a fact. `beside`: what other sources say. `changed`: the
    figures that the source had stated and now states differently.
    """

    def __init__(self, connection: Connection, one: Row[Any], firms: Sequence[str], names: Sequence[str]) -> None:
        own, new = Return.source == one.source, Return.import_id == one.id
        stated = facts.last_stated(connection, firms, names, own & ~new, own & new, ~own)
        self.import_id = int(one.id)
        self.before, self.after, self.beside = stated(0), stated(0, 1), stated(2)
        self.changed = np.column_stack([self._differs(name) for name in self.after])
        self._units = _form_units(one.map_name)
        codes = facts.last_stated(connection, firms, ["industry_code"], true())(0)["industry_code"].dropna()
        self._industries = codes.groupby(level="firm_id").last()
        self._firm = self.after.index.get_level_values("firm_id").to_numpy(dtype=object)
        self._year = self.after.index.get_level_values("year").to_numpy()
        self.firms = set(self._firm[self.changed.any(axis=1)])

    def _differs(self, name: str) -> np.ndarray:
        old, new = self.before[name], self.after[name]
        if catalog()[name].numeric:
            apart = ~np.isclose(old.to_numpy(float), new.to_numpy(float), rtol=_SAME, atol=0)
        else:
            apart = (old != new).to_numpy(dtype=bool, na_value=False)
        return np.asarray(apart & (old.notna() & new.notna()).to_numpy())

    def places(self, lines: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Where the figure of each line stands in `changed`: row and column, -1 where it does not; `name`: its fact."""
        return _place(self.after.index, lines["firm_id"], lines["year"]), self.after.columns.get_indexer(lines[name])

    def own_changed(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Whether the figures at these places were changed."""
        return (rows >= 0) & (columns >= 0) & self.changed[rows, columns]

    def of_firm(self, firm: str, year: int, names: Sequence[str] | None) -> list[Change]:
        """The firm's changed figures, those of `names` alone where these are given, the nearest year first."""
        first, last = (int(np.searchsorted(self._firm, firm, side)) for side in ("left", "right"))
        rows, columns = np.nonzero(self.changed[first:last])
        chosen = [
            (first + row, column)
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if names is None or self.after.columns[column] in names
        ]
        nearest = sorted(chosen, key=lambda each: abs(int(self._year[each[0]]) - year))
        return [self.change_at(*each) for each in nearest[:_MOST_CHANGES]]

    def of_year(self, row: int) -> list[Change]:
        """What changed of one firm's year, the first few figures of it."""
        figures = [at for at in np.flatnonzero(self.changed[row]).tolist() if catalog()[self.after.columns[at]].numeric]
        return [self.change_at(row, at) for at in figures[:_MOST_CHANGES]]

    def change_at(self, row: int, column: int) -> Change:
        """What became of a figure, as the form of the import writes it."""
        name = str(self.after.columns[column])
        form_unit = self._units.get(name, FormUnit("", 1.0))
        values = (self.before.iat[row, column], self.after.iat[row, column])
        if catalog()[name].numeric:
            old, new = (shown_in(value, form_unit.factor) for value in values)
        else:
            old, new = (shown(value.date() if isinstance(value, pd.Timestamp) else value) for value in values)
        return Change(name, int(self._year[row]), old, new, form_unit.unit)

    def panel(self, stated: pd.DataFrame, map_name: str) -> Panel:
        """The figures of one form, as its import saw them: what the source says, other sources where it is silent."""
        units = {
            name: each for name, each in _form_units(map_name).items() if name in stated and catalog()[name].numeric
        }
        years = stated[list(units)].astype(float)
        years = years.where(years.notna(), self.beside[list(units)].astype(float)).dropna(how="all")
        return Panel(years, np.ones(len(years), dtype=bool), {}, [], units, industries=self._industries)


def close(connection: Connection, import_id: int, now: datetime) -> int:
    """Close what a stored import corrects, with entries in the audit log; returns how many. Called after its checks."""
    one = connection.execute(select(Import).where(Import.id == import_id)).one()
    findings = _open_findings(connection, one)
    contradictions = cross_checks.standing(connection, import_id)
    if findings.empty and not (contradictions["state"] == "open").any():
        return 0
    names = _facts_of(findings, contradictions)
    corrected, agreed = list[_Closed](), list[_Closed]()
    firms = sorted({*findings["firm_id"], *contradictions["firm_id"]})
    for some in chunks(firms, FIRMS_OF_A_RANGE):
        asked = findings[findings["firm_id"].isin(some)].reset_index(drop=True)
        apart = contradictions[contradictions["firm_id"].isin(some)].reset_index(drop=True)
        restated = _Restated(connection, one, sorted({*some, *asked["other_firm"]}), names)
        if restated.firms:
            corrected += _corrected(connection, restated, asked)
            agreed += _agreed(restated, apart)
    if not corrected and not agreed:
        return 0
    for table, lines in zip(_TABLES, (corrected, agreed), strict=True):
        _write(connection, table, one, lines, now)
    with Session(connection) as session:
        for table in _TABLES:
            audit.touch(session, table, table.settled_by_import == one.id)
        numbers = [[(line.firm, line.number) for line in lines] for lines in (corrected, agreed)]
        _record(session, named(one.imported_by), "findings_corrected", one, numbers, now)
    return len(corrected) + len(agreed)


def reopen(session: Session, import_id: int, *, by: Any, now: datetime) -> int:
    """Open again what the import had closed and nobody settled since, with entries in the audit log; how many."""
    one = session.get_one(Import, import_id)
    opened = dict.fromkeys(("settled_by", "settled_at", "settled_why", "settled_by_import", "settled_params"))
    numbers = []
    for table in _TABLES:
        closed = table.settled_by_import == import_id
        numbers.append(
            [(firm, number) for firm, number in session.execute(select(table.firm_id, table.id).where(closed))]
        )
        session.execute(update(table).where(closed).values(state="open", **opened))
    _record(session, by, "findings_reopened", one, numbers, now)
    return sum(map(len, numbers))


def _open_findings(connection: Connection, one: Row[Any]) -> pd.DataFrame:
    """Open findings of the source's other imports, about firms of which the new one speaks (or their twins).

    `other_firm` and `other_year`: whose copy the row seems to be; the row's own where it is none.
    """
    here = select(ReturnRow.firm_id).join(Return, Return.id == ReturnRow.return_id).where(Return.import_id == one.id)
    twin = ImportFinding.params["other"].as_string()  # a firm's id, a space and the year
    of_twins = select(ImportFinding.id).where(
        ImportFinding.kind == _COPIED, func.substr(twin, 1, func.length(twin) - 5).in_(here)
    )
    of_firms = select(ImportFinding.id).where(ImportFinding.firm_id.in_(here))
    about = (ImportFinding.id, ImportFinding.firm_id, ImportFinding.year, ImportFinding.kind, ImportFinding.field)
    statement = (
        select(*about, ImportFinding.params, Import.map_name)
        .join(Import, Import.id == without_index(ImportFinding.import_id))
        .where(ImportFinding.state == "open", ImportFinding.import_id != one.id, ImportFinding.year.is_not(None))
        .where(Import.state == "stored", Import.source == one.source)
        .where(ImportFinding.id.in_(union(of_firms, of_twins)))
        .order_by(ImportFinding.id)
    )
    columns = ["id", "firm_id", "year", "kind", "field", "params", "map"]
    found = frame_of(connection, statement, columns)
    found["kind"] = found["kind"].where(~found["kind"].str.startswith("unit_"), "unit")
    found["whole"] = [str(params.get("whole", "")) for params in found["params"]]
    found["other_firm"], found["other_year"] = found["firm_id"], found["year"]
    copied = found["kind"].isin(("copied_year", _COPIED))
    other = found.loc[copied, "params"].map(lambda params: str(params["other"]))
    found.loc[copied, "other_year"] = other.str[-4:].astype("int64")
    found.loc[copied, "other_firm"] = other.str[:-5].where(other.str.len() > 4, found["firm_id"])
    return found


def _facts_of(findings: pd.DataFrame, contradictions: pd.DataFrame) -> list[str]:
    wanted = {*contradictions["fact"], *findings["field"]}
    for map_name in findings["map"].unique():
        wanted.update(_form_units(map_name))
    return [name for name in catalog() if name in wanted]


def _form_units(map_name: str) -> dict[str, FormUnit]:
    """The units of a form; nothing where the form is no longer there."""
    try:
        return form_units(column_maps.load(map_name))
    except column_maps.WrongMap:
        return {}


def _corrected(connection: Connection, restated: _Restated, findings: pd.DataFrame) -> list[_Closed]:
    if findings.empty:
        return []
    asked = select(ImportFinding.firm_id, ImportFinding.year, ImportFinding.field)
    again = set(map(tuple, connection.execute(asked.where(ImportFinding.import_id == restated.import_id))))
    rows, columns = restated.places(findings, "field")
    changed = restated.own_changed(rows, columns)
    odd_before, odd_now = np.ones(len(findings), dtype=bool), np.ones(len(findings), dtype=bool)
    for map_name, at in findings.groupby("map", sort=False).indices.items():
        group = findings.iloc[at]
        odd_before[at] = _still_odd(restated.panel(restated.before, str(map_name)), group)
        odd_now[at] = _still_odd(restated.panel(restated.after, str(map_name)), group)
    closed = []
    for at, one in enumerate(findings.itertuples(index=False)):
        in_again = (one.firm_id, one.year, one.field) in again
        changes: list[Change] = []
        if one.kind in _ABOUT_ROWS:
            changes = _row_corrected(restated, one, rows[at], columns[at], in_again)
        elif changed[at]:
            changes = [restated.change_at(rows[at], columns[at])] if in_again or not odd_now[at] else []
        elif odd_before[at] and not odd_now[at]:
            changes = _compared(restated, one)
        if changes:
            closed.append(_Closed(one.id, one.firm_id, _ASKED_AGAIN if in_again else ANEW, changes))
    return closed


def _row_corrected(restated: _Restated, one: Any, row: int, column: int, again: bool) -> list[Change]:
    """What corrects a finding about a row: its name is the known one now, or its year was over when it came anew."""
    if row < 0:
        return []
    if one.kind == "other_name" and restated.changed[row, column]:
        change = restated.change_at(row, column)
        return [change] if again or change.new == one.params.get("known") else []
    return restated.of_year(row) if one.kind == "year_not_over" else []


def _compared(restated: _Restated, one: Any) -> list[Change]:
    """The changed figures that ended a finding about a figure that is as it was; none: something else did."""
    if one.kind == _COPIED and one.other_firm in restated.firms:
        return restated.of_firm(one.other_firm, int(one.other_year), None)
    compared = {
        "growth": [one.field],
        "part_over_whole": [one.whole],
        "balance": ["total_liabilities_cny", "total_equity_cny", "net_assets_cny"],
        "stated_ratio": plausibility.RATIO_PARTS.get(one.field, ()),
        "market_value": VALUED_BY,
    }
    return restated.of_firm(one.firm_id, int(one.year), compared.get(one.kind))


def _still_odd(panel: Panel, findings: pd.DataFrame) -> np.ndarray:
    """Which of the findings the figures still give; yes where that cannot be told."""
    odd_now = np.ones(len(findings), dtype=bool)
    at = _place(panel.years.index, findings["firm_id"], findings["year"])
    odd_rows = plausibility.odd_rows(panel) if len(panel) else {}
    keys = findings[["kind", "field", "whole"]].reset_index(drop=True)
    for key, rows in keys.groupby(list(keys), sort=False).indices.items():
        if key in odd_rows:
            there = rows[at[rows] >= 0]
            odd_now[there] = odd_rows[key][at[there]]
    other = _place(panel.years.index, findings["other_firm"], findings["other_year"])
    copied = np.flatnonzero(findings["kind"].isin(("copied_year", _COPIED)) & (at >= 0) & (other >= 0))
    content = plausibility.content_keys(panel)
    odd_now[copied] = (content[at[copied]] == content[other[copied]]) & (content[other[copied]] != 0)
    return odd_now


def _place(index: pd.Index, firms: Iterable[str], years: Iterable[int]) -> np.ndarray:
    """Where each firm's year stands in an index (firm_id, year); -1 where it does not."""
    return index.get_indexer(pd.MultiIndex.from_arrays([list(firms), [int(year) for year in years]], names=KEY))


def _agreed(restated: _Restated, contradictions: pd.DataFrame) -> list[_Closed]:
    """Contradictions whose two sources agree now, or of which another line has the new figure."""
    rows, columns = restated.places(contradictions, "fact")
    old = restated.own_changed(rows, columns) & (contradictions["state"] == "open").to_numpy()
    lines, rows, columns = contradictions[old], rows[old], columns[old]
    new = np.array([restated.after.iat[row, column] for row, column in zip(rows, columns, strict=True)], dtype=float)
    apart = cross_checks.apart(lines["fact"].tolist(), new, lines["other_value"].to_numpy(float))
    elsewhere = set(contradictions[cross_checks.PAIR].itertuples(index=False, name=None))
    there = [
        pair in elsewhere for pair in lines.assign(value=new)[cross_checks.PAIR].itertuples(index=False, name=None)
    ]
    # A line with the new figure is of the import itself, or as old as the figure.
    stays = (lines["value"].to_numpy(float) == new) | (apart & ~np.array(there, dtype=bool))
    return [
        _Closed(one.id, one.firm_id, _APART if apart[at] else _AGREED, [restated.change_at(rows[at], columns[at])])
        for at, one in enumerate(lines.itertuples(index=False))
        if not stays[at]
    ]


def _write(connection: Connection, table: type[Base], one: Row[Any], lines: Sequence[_Closed], now: datetime) -> None:
    if not lines:
        return
    # Of the table, not the class: so that the driver takes all lines as one statement.
    of = Base.metadata.tables[table.__tablename__]
    settled = {
        "state": "corrected",
        "settled_by": one.imported_by,
        "settled_at": now,
        "settled_by_import": one.id,
        "settled_why": bindparam("why"),
        "settled_params": bindparam("filled", type_=of.c.settled_params.type),
    }
    params = [
        {
            "number": line.number,
            "why": line.why,
            "filled": {"id": one.id, "changes": [astuple(change) for change in line.changes]},
        }
        for line in lines
    ]
    connection.execute(update(of).where(of.c.id == bindparam("number")).values(**settled), params)


def _record(
    session: Session, by: Any, action: str, one: Any, numbers: Sequence[Sequence[tuple[str, int]]], now: datetime
) -> None:
    """Which lines of which firms; `numbers`: of findings and of contradictions, (firm, number).

    The audit log is searched by firm, so each is named; an entry names some hundreds, and a province takes several
    entries.
    """
    for firms in chunks(sorted({firm for lines in numbers for firm, _number in lines})):
        chosen = set(firms)
        findings, contradictions = ([number for firm, number in lines if firm in chosen] for lines in numbers)
        details = {
            "file": one.file_name,
            "findings": len(findings),
            "finding_numbers": _ranges(findings),
            "contradictions": len(contradictions),
            "contradiction_numbers": _ranges(contradictions),
            "firms": list(firms),
        }
        audit.record(session, by, action, f"import:{one.id}", details, now)


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as "12-40, 55"."""
    ends: list[list[int]] = []
    for number in sorted(numbers):
        if ends and number == ends[-1][1] + 1:
            ends[-1][1] = number
        else:
            ends.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)
