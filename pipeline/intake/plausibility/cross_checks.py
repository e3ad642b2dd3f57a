"""Sources compared with each other (大数据比对): what one states of a firm's year and another contradicts.

Each pair of latest statements beyond the tolerance of data/sources.yaml is one row that waits for a person:
open, explained or corrected. The same two figures are one row, however often a return states them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    bindparam,
    case,
    false,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.catalog import catalog
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.mapping import column_maps
from pipeline.intake.storing.findings import Settled, check_settlement, named, settle_by_hand, why_settled
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message, pick
from pipeline.sources import trust
from pipeline.store.many_ids import one_of, without_index
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import CrossCheck, Firm, Import, Return, ReturnRow
from pipeline.store.write_lock import lock_writes

_ROWS_AT_ONCE = 5_000
#: Compared at once: some 25,000 years of a source, each beside every sheet of every other source.
_COMPARED_AT_ONCE = 5_000
_PAIRS_AT_ONCE = 20_000
#: A share of the larger figure says less and less: at 100 % a hundred times are like a million.
_TIMES_ABOVE = 2.0
#: So many times apart, by type of fact: what a clerk may have taken for what.
_UNIT_SLIPS = {
    "money": {1e3: "元/千元", 1e4: "元/万元", 1e6: "元/百万元", 1e8: "元/亿元"},
    "ratio": {100.0: "%/1", 1000.0: "‰/1"},
}
_SLIP_SLACK = 0.05
_TIMES = N_("%(times)s times")
_TIMES_UNITS = N_("%(times)s times (%(units)s?)")
_SIGNS = N_("opposite signs")
_NOUGHT = N_("0 on one side")
#: What two lines about the same two figures have in common.
PAIR = ["firm_id", "year", "fact", "other_source", "value", "other_value"]


def units_confused(pairs: pd.DataFrame) -> pd.Series:
    """Whether the figures of each row (fact, value, other_value) are as many times apart as two units of that fact."""
    known = catalog()
    kinds = pairs["fact"].map(lambda fact: known[fact].type if fact in known else "")
    sizes = pairs[["value", "other_value"]].astype(float)
    same_sign = sizes.prod(axis=1) > 0
    times = (sizes.abs().max(axis=1) / sizes.abs().min(axis=1).where(same_sign)).astype(float)
    slipped = pd.Series(False, index=pairs.index)
    for kind, slips in _UNIT_SLIPS.items():
        for size in slips:
            slipped |= (kinds == kind) & ((times / size - 1).abs() <= _SLIP_SLACK)
    return slipped


def compare(connection: Connection, import_id: int, now: datetime) -> int:
    """Compare the rows of an import with the latest rows of other sources; returns how many contradictions are new."""
    others = select(Return.id).where(
        Return.in_force, Return.source.not_in(select(Return.source).where(Return.import_id == import_id))
    )
    if connection.scalar(others.limit(1)) is None:
        return 0
    here = select(ReturnRow.firm_id).join(Return, Return.id == ReturnRow.return_id).where(Return.import_id == import_id)
    firms = sorted(connection.scalars(here.distinct()))
    facts = _comparable(connection, import_id)
    some = (firms[at : at + _COMPARED_AT_ONCE] for at in range(0, len(firms), _COMPARED_AT_ONCE))
    return sum(_compare_firms(connection, import_id, now, each, facts) for each in some)


def _comparable(connection: Connection, import_id: int) -> list[str]:
    """The facts that an import states and that sources are compared in; all of these where it is not known what it
    states."""
    compared = [fact.name for fact in catalog().values() if fact.type in trust().tolerance]
    stated = connection.scalars(select(Return.stated).where(Return.import_id == import_id)).all()
    if any(names is None for names in stated):
        return compared
    said = {name for names in stated for name in names or ()}
    return [name for name in compared if name in said]


def _compare_firms(
    connection: Connection, import_id: int, now: datetime, firms: Sequence[str], facts: Sequence[str]
) -> int:
    pairs = _pairs(connection, import_id, firms)
    if pairs.empty:
        return 0
    # About these figures somebody is asked already, or has explained them.
    asked = set(standing(connection, import_id, firms)[PAIR].itertuples(index=False, name=None))
    some = (pairs.iloc[at : at + _PAIRS_AT_ONCE] for at in range(0, len(pairs), _PAIRS_AT_ONCE))
    return sum(_compare_pairs(connection, each.reset_index(drop=True), facts, asked, now) for each in some)


def _compare_pairs(
    connection: Connection,
    pairs: pd.DataFrame,
    facts: Sequence[str],
    asked: Collection[tuple[Any, ...]],
    now: datetime,
) -> int:
    values = _values(connection, sorted({*pairs["row_id"], *pairs["other_row_id"]}), facts)
    mine = values.reindex(pairs["row_id"]).to_numpy(dtype=np.float64)
    theirs = values.reindex(pairs["other_row_id"]).to_numpy(dtype=np.float64)
    gap, beyond = _gaps(facts, mine, theirs)
    where, which = np.nonzero(beyond)
    if not len(where):
        return 0
    prepared = _prepared_by(connection, pairs.iloc[np.unique(where)])
    keys = pairs[["firm_id", "year", "row_id", "other_row_id", "source"]].to_numpy(dtype=object)
    rows = []
    for at, fact in zip(where.tolist(), which.tolist(), strict=True):
        firm, year, row_id, other_id, other = keys[at]
        if (firm, int(year), facts[fact], other, float(mine[at, fact]), float(theirs[at, fact])) in asked:
            continue
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


def _gaps(facts: Sequence[str], mine: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gap of two statements as a share of the larger, and whether it is beyond the tolerance; a column a fact."""
    largest = np.maximum(np.abs(mine), np.abs(theirs))
    with np.errstate(all="ignore"):
        gap = np.abs(mine - theirs) / np.where(largest > 0, largest, 1)
    tolerance = np.array([trust().tolerance[catalog()[fact].type] for fact in facts])
    counted = np.array([catalog()[fact].type == "count" for fact in facts], dtype=bool)
    # A headcount may differ by one without anybody being wrong; NaN compares as false: a blank contradicts nobody.
    return gap, (gap > tolerance) & ~(counted & (np.abs(mine - theirs) <= 1))


def apart(facts: Sequence[str], values: np.ndarray, other_values: np.ndarray) -> np.ndarray:
    """Which statements of facts contradict each other; all three of one length."""
    return _gaps(facts, values, other_values)[1]


def standing(connection: Connection, import_id: int, firms: Sequence[str] | None = None) -> pd.DataFrame:
    """What is open or explained about statements in force of an import's source, of firms of which the import speaks,
    or of these among them.

    Columns id, firm_id, year, fact, state, value (the source's own), other_value, other_source.
    """
    return _lines(connection, import_id, in_force=True, firms=firms)


def _lines(
    connection: Connection, import_id: int, *, in_force: bool, firms: Sequence[str] | None = None
) -> pd.DataFrame:
    """Lines that are open or explained about the firms of an import, as its source sees them: its own side first."""
    here = select(ReturnRow.firm_id).join(Return, Return.id == ReturnRow.return_id).where(Return.import_id == import_id)
    mine, theirs, my_return, their_return = aliased(ReturnRow), aliased(ReturnRow), aliased(Return), aliased(Return)
    source = connection.scalar(select(Import.source).where(Import.id == import_id))
    about = ["id", "firm_id", "year", "fact", "state"]
    sides = [
        ["row_id", "value", "source", "import_id"],
        ["other_row_id", "other_value", "other_source", "other_import_id"],
    ]
    statement = (
        select(*(getattr(CrossCheck, name) for name in about))
        .add_columns(CrossCheck.row_id, CrossCheck.value, my_return.source, my_return.import_id)
        .add_columns(CrossCheck.other_row_id, CrossCheck.other_value, their_return.source, their_return.import_id)
        .join(mine, mine.id == CrossCheck.row_id)
        .join(my_return, my_return.id == mine.return_id)
        .join(theirs, theirs.id == CrossCheck.other_row_id)
        .join(their_return, their_return.id == theirs.return_id)
        .where(
            CrossCheck.state.in_(("open", "explained")), or_(my_return.source == source, their_return.source == source)
        )
        .where(CrossCheck.firm_id.in_(here) if firms is None else one_of(CrossCheck.firm_id, firms))
        .order_by(CrossCheck.id)
    )
    if in_force:
        statement = statement.where(my_return.in_force, their_return.in_force)
    lines = frame_of(connection, statement, [*about, *sides[0], *sides[1]])
    lines["turned"] = lines["source"] != source
    for own, other in zip(*sides, strict=True):
        turned = lines[own].where(~lines["turned"], lines[other]), lines[other].where(~lines["turned"], lines[own])
        lines[own], lines[other] = turned
    return lines


@dataclass(frozen=True)
class Statement:
    """What one source states: the figure, in base units, and where its file has it."""

    source: str
    value: float
    file: str
    sheet: str
    sheet_row: int

    @property
    def source_label(self) -> Label:
        source = trust().sources[self.source]
        return Label(source.zh, source.en)


@dataclass(frozen=True)
class ListedCrossCheck:
    """Two statements of one figure that contradict each other, as the contradiction stands now."""

    id: int
    firm_id: str
    firm_name: str | None
    year: int
    fact: str
    own: Statement
    other: Statement
    gap_share: float
    prepared_by: str | None
    found_at: datetime
    state: str
    settled_by: str | None
    settled_at: datetime | None
    settled_why: Message | str | None
    settled_by_import: int | None
    settled_by_file: str | None

    @classmethod
    def of(cls, row: Any) -> Self:
        check, firm_name, source, other_source, file, other_file, sheet, other_sheet, at, other_at, by_file = row
        return cls(
            id=check.id,
            firm_id=check.firm_id,
            firm_name=firm_name,
            year=check.year,
            fact=check.fact,
            own=Statement(source, check.value, file, sheet, at),
            other=Statement(other_source, check.other_value, other_file, other_sheet, other_at),
            gap_share=check.gap_share,
            prepared_by=check.prepared_by,
            found_at=check.found_at,
            state=check.state,
            settled_by=check.settled_by,
            settled_at=check.settled_at,
            settled_why=why_settled(check),
            settled_by_import=check.settled_by_import,
            settled_by_file=by_file,
        )

    @property
    def label(self) -> Label:
        """The name of the fact."""
        fact = catalog()[self.fact]
        return Label(fact.zh, fact.en)

    @property
    def times(self) -> float | None:
        """How many times the larger figure is the smaller; None where one is nought or their signs differ."""
        one, other = self.own.value, self.other.value
        if one * other <= 0:
            return None
        return max(abs(one), abs(other)) / min(abs(one), abs(other))

    @property
    def units(self) -> str | None:
        """The two units that seem to be confused, where the figures are as many times apart."""
        slips = _UNIT_SLIPS.get(catalog()[self.fact].type, {})
        if self.times is None:
            return None
        return next((units for size, units in slips.items() if abs(self.times / size - 1) <= _SLIP_SLACK), None)

    @property
    def gap(self) -> Message | str:
        """How far the two are apart: a share up to twice, then how many times, with the units that may be confused."""
        times = self.times
        if times is None:
            return Message(_SIGNS if self.own.value * self.other.value < 0 else _NOUGHT)
        if times <= _TIMES_ABOVE:
            return f"{self.gap_share:.1%}"
        params = {"times": f"{times:,.0f}" if times >= 10 else f"{times:.1f}", "units": self.units}
        return Message(_TIMES_UNITS if self.units else _TIMES, params)

    @property
    def message(self) -> Message:
        params = {
            "fact": self.label,
            "year": self.year,
            "source": self.own.source_label,
            "other": self.other.source_label,
            "gap": self.gap,
        }
        return Message(N_("%(fact)s of %(year)s: %(source)s and %(other)s are apart: %(gap)s."), params)

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "firm_id": self.firm_id,
            "firm_name": self.firm_name,
            "year": self.year,
            "fact": self.fact,
            "label": pick(self.label),
            "value": self.own.value,
            "other_value": self.other.value,
            "gap_share": self.gap_share,
            "times": self.times,
            "gap": str(self.gap),
            "source": self.own.source,
            "source_label": pick(self.own.source_label),
            "other_source": self.other.source,
            "other_source_label": pick(self.other.source_label),
            "file": self.own.file,
            "sheet": self.own.sheet,
            "sheet_row": self.own.sheet_row,
            "other_file": self.other.file,
            "other_sheet": self.other.sheet,
            "other_sheet_row": self.other.sheet_row,
            "prepared_by": self.prepared_by,
            "found_at": self.found_at,
            "message": str(self.message),
            "state": self.state,
            "settled_by": self.settled_by,
            "settled_at": self.settled_at,
            "settled_why": None if self.settled_why is None else str(self.settled_why),
            "settled_by_import": self.settled_by_import,
            "settled_by_file": self.settled_by_file,
        }


def list_cross_checks(
    engine: Engine,
    *,
    state: str | None = "open",
    firm_id: str | None = None,
    import_id: int | None = None,
    limit: int | None = None,
    person: Person | None = None,
) -> list[ListedCrossCheck]:
    """Contradictions whose both statements are in force, the largest gap first; `person`: as far as they may settle
    them, with the files' names as far as they may know those."""
    mine, theirs = aliased(ReturnRow), aliased(ReturnRow)
    my_return, their_return = aliased(Return), aliased(Return)
    my_import, their_import, corrected_by = aliased(Import), aliased(Import), aliased(Import)
    statement = (
        select(
            CrossCheck,
            Firm.name.label("firm_name"),
            my_return.source,
            their_return.source,
            _name_of(my_import, person),
            _name_of(their_import, person),
            my_return.sheet,
            their_return.sheet,
            mine.sheet_row,
            theirs.sheet_row,
            _name_of(corrected_by, person),
        )
        .join(Firm, Firm.id == CrossCheck.firm_id)
        .join(mine, mine.id == CrossCheck.row_id)
        .join(my_return, my_return.id == mine.return_id)
        .join(my_import, my_import.id == my_return.import_id)
        .join(theirs, theirs.id == CrossCheck.other_row_id)
        .join(their_return, their_return.id == theirs.return_id)
        .join(their_import, their_import.id == their_return.import_id)
        .outerjoin(corrected_by, corrected_by.id == CrossCheck.settled_by_import)
        .where(my_return.in_force, their_return.in_force)
        .order_by(CrossCheck.gap_share.desc(), CrossCheck.id)
    )
    if state is not None:
        statement = statement.where(CrossCheck.state == state)
    if firm_id is not None:
        statement = statement.where(CrossCheck.firm_id == firm_id)
    if import_id is not None:
        statement = statement.where(my_return.import_id == import_id)
    if person is not None:
        statement = statement.where(_about_firms_of(person))
    if limit is not None:
        statement = statement.limit(limit)
    with Session(engine) as session:
        return [ListedCrossCheck.of(row) for row in session.execute(statement)]


def _about_firms_of(person: Person) -> ColumnElement[bool]:
    """The condition on `Firm` that this person settles what is about it."""
    if person.district_code is None:
        return true() if people.may(person, Action.IMPORT) else false()
    return people.visible_firms(person, Action.IMPORT)


def _name_of(brought: type[Import], person: Person | None) -> Any:
    """The name of a file; null where another district than the person's handed it in."""
    if person is None or person.district_code is None:
        return brought.file_name
    known = or_(brought.district_code.is_(None), brought.district_code == person.district_code)
    return case((known, brought.file_name))


def settle_cross_check(session: Session, number: int, state: str, why: str, *, by: Any, now: datetime) -> Settled:
    """Close a contradiction as explained or corrected, or open it again, with a reason; the audit log keeps who.

    `by`: a Person, or the name of whoever may settle any. Raises NotFound, also for one that is not the person's to
    settle, or WrongSettlement without a reason or for an unknown state.
    """
    clerk = named(by)
    lock_writes(session)
    wanted = select(CrossCheck).join(Firm, Firm.id == CrossCheck.firm_id).where(CrossCheck.id == number)
    if isinstance(by, Person):
        wanted = wanted.where(_about_firms_of(by))
    check = check_settlement(session.scalar(wanted), number, state, why)
    settle_by_hand(check, clerk.name, state, why, now)
    details = {"firm": check.firm_id, "year": check.year, "fact": check.fact, "state": state, "why": why.strip()}
    audit.record(session, clerk, "cross_check_settled", f"cross_check:{number}", details, now)
    return Settled(number, state)


def _pairs(connection: Connection, import_id: int, firms: Sequence[str]) -> pd.DataFrame:
    """New rows of these firms beside the latest row in force of every other source, of the same firm, period and kind
    of sheet; firm by firm."""
    new, other = aliased(ReturnRow), aliased(ReturnRow)
    new_return, other_return = aliased(Return), aliased(Return)
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
        .join(new_return, new_return.id == without_index(new.return_id))
        .join(other, and_(other.firm_id == new.firm_id, other.year == new.year, other.months == new.months))
        .join(other_return, other_return.id == other.return_id)
        .join(Import, Import.id == other_return.import_id)
        .where(new_return.import_id == import_id, other_return.in_force, other_return.source != new_return.source)
        .where(new.months == FULL_YEAR_MONTHS, one_of(new.firm_id, firms))
    )
    columns = ["firm_id", "year", "row_id", "other_row_id", "source", "known_on", "sheet", "map"]
    pairs = frame_of(connection, statement, columns)
    latest = pairs.sort_values(["firm_id", "known_on", "other_row_id"])
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


def _values(connection: Connection, ids: Sequence[int], facts: Sequence[str]) -> pd.DataFrame:
    columns = [getattr(ReturnRow, fact) for fact in facts]
    parts = []
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        statement = select(ReturnRow.id, *columns).where(ReturnRow.id.in_(ids[at : at + _ROWS_AT_ONCE]))
        rows = frame_of(connection, statement, ["id", *facts])
        parts.append(rows.set_index("id").astype("float64"))
    return pd.concat(parts)


def _prepared_by(connection: Connection, pairs: pd.DataFrame) -> dict[tuple[str, int], str]:
    """The agency that prepared the firm's return of that year, where any return in force names one."""
    statement = (
        select(ReturnRow.firm_id, ReturnRow.year, ReturnRow.__table__.c.prepared_by)
        .join(Return, and_(Return.id == ReturnRow.return_id, Return.in_force))
        .where(one_of(ReturnRow.firm_id, pairs["firm_id"].unique()), ReturnRow.__table__.c.prepared_by.is_not(None))
        .order_by(ReturnRow.known_on, ReturnRow.id)
    )
    return {(firm, year): agency for firm, year, agency in connection.execute(statement) if agency}


def carry_over(connection: Connection, import_id: int) -> None:
    """After an undo: a line whose figure another return of the same source states last rests on that one."""
    lines = _lines(connection, import_id, in_force=False)
    lines = lines[lines["import_id"] == import_id]
    if lines.empty:
        return
    last = _last_rows(connection, lines["source"].iloc[0], lines["firm_id"].unique().tolist(), lines["fact"].unique())
    moved = lines.merge(last, on=["firm_id", "year", "fact"])
    moved = moved[moved["value"] == moved["stated"]]
    table = CrossCheck.metadata.tables[CrossCheck.__tablename__]
    for column, some in (("row_id", moved[~moved["turned"]]), ("other_row_id", moved[moved["turned"]])):
        if len(some):
            rests = update(table).where(table.c.id == bindparam("line")).values({column: bindparam("row")})
            connection.execute(rests, some[["id", "row"]].set_axis(["line", "row"], axis=1).to_dict("records"))


def _last_rows(connection: Connection, source: str, firms: Sequence[str], facts: Sequence[str]) -> pd.DataFrame:
    """For each firm, year and fact the figure that a source `stated` last, and the `row` in force that has it."""
    key = ["firm_id", "year"]
    columns = [getattr(ReturnRow, name) for name in (*key, "id", *facts)]
    statement = (
        select(*columns)
        .join(Return, and_(Return.id == ReturnRow.return_id, Return.in_force, Return.source == source))
        .where(ReturnRow.months == FULL_YEAR_MONTHS, one_of(ReturnRow.firm_id, firms))
        .order_by(ReturnRow.known_on, ReturnRow.id)
    )
    rows = frame_of(connection, statement, [*key, "row", *facts]).astype(dict.fromkeys(facts, "float64"))
    tall = rows.melt([*key, "row"], var_name="fact", value_name="stated").dropna(subset="stated")
    return tall.drop_duplicates([*key, "fact"], keep="last")
