"""Who has handed in a year's return, who has mistakes in it, who has not, and whom to call: a line a firm, a count a
district.

progress.py ──► asking.py

Expected is a firm that is in a pool or handed in the year before; one that hands in for the first time is listed beside
them. Everything is as it stood at the end of the day asked for: what came in later, was taken back, settled or asked
later is not read. One statement lists and counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.audit import end_of
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES, Scope
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.storing.findings import about_firms_of
from pipeline.language import Label
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those, without_index
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Account, Case, CrossCheck, Firm, Import, ImportFinding, Return, ReturnRow
from pipeline.store.tutoring_tables import ReturnAsked, ReturnDue

#: What firms themselves hand in every year; what offices, exchanges and surveys say of them is no return.
RETURN_SOURCES = ("hnte_annual",)
MISSING, ODD, CLEAN = "missing", "odd", "clean"
STATES: Mapping[str, Label] = MappingProxyType(
    {
        MISSING: Label("未报", "missing"),
        ODD: Label("已报有疑点", "with findings"),
        CLEAN: Label("已报", "handed in"),
    }
)
_SPEAKING = [role for role, policy in ROLES.items() if policy.may.get(Action.WRITE_MESSAGES) is Scope.OWN_FIRM]
#: What every statement here is given when it is executed.
_YEAR, _YEAR_BEFORE = bindparam("year", type_=Integer), bindparam("year_before", type_=Integer)
_ON, _END = bindparam("on", type_=Date), bindparam("end", type_=DateTime)


@dataclass(frozen=True)
class Conditions:
    """What a list is narrowed to. `year`: whose returns; `on`: as of the end of this day."""

    year: int
    on: date
    district: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class FirmLine:
    """One firm's return of the year. `expected`: it was to hand in; `handed_in_at`: first; `import_id`, `file`: by
    which it came last, the file where the reader may know it; `open_findings`: that wait about this year; `account`,
    `contact`: who speaks for the firm, and what is said of the person; `mentor`: who looks after it."""

    firm_id: str
    name: str | None
    district_code: str | None
    pool: str | None
    expected: bool
    state: str
    handed_in_at: datetime | None
    import_id: int | None
    file: str | None
    open_findings: int
    account: str | None
    contact: str | None
    unit: str | None
    phone: str | None
    mentor: str | None
    mentor_phone: str | None
    asked_at: datetime | None


@dataclass(frozen=True)
class DistrictLine:
    """How far a district is; `district_code` None: firms whose district nobody has said. `handed_in`: of those
    expected, `odd`: of those handed in; `more`: not expected, handed in all the same."""

    district_code: str | None
    expected: int
    handed_in: int
    odd: int
    more: int
    asked: int

    @property
    def missing(self) -> int:
        return self.expected - self.handed_in

    @property
    def share(self) -> float | None:
        """Handed in of expected; None where nobody is."""
        return self.handed_in / self.expected if self.expected else None

    def as_json(self) -> dict[str, object]:
        return {**vars(self), "missing": self.missing, "share": self.share}


_COUNTED = len(fields(DistrictLine))


def progress(
    session: Session, person: Person, chosen: Conditions, *, limit: int
) -> tuple[list[DistrictLine], list[FirmLine]]:
    """`district_lines` and the first `firm_lines`, from one reading. Raises NotAllowed."""
    people.require(person, Action.IMPORT)
    given = _given(chosen) | {"limit": limit}
    districts: dict[str | None, DistrictLine] = {}
    lines = []
    for row in session.execute(_together(person, chosen.district is not None, chosen.state is not None), given):
        counted, line = row[:_COUNTED], row[_COUNTED:]
        if counted[0] not in districts:
            districts[counted[0]] = DistrictLine(*counted)
        if line[0] is not None:
            lines.append(FirmLine(*line))
    return sorted(districts.values(), key=lambda line: (line.district_code is None, line.district_code)), lines


def firm_lines(
    session: Session, person: Person, chosen: Conditions, *, firms: Sequence[str] | None = None
) -> list[FirmLine]:
    """A line a firm of those that this person imports for: those not handed in first, then those with findings, of each
    the pools first. Raises NotAllowed."""
    people.require(person, Action.IMPORT)
    statement = _lines_alone(person, chosen.district is not None, chosen.state is not None, firms is not None)
    given = _given(chosen) | ({} if firms is None else {"firms": list(firms)})
    return [FirmLine(*row) for row in session.execute(statement, given)]


def district_lines(session: Session, person: Person, chosen: Conditions) -> list[DistrictLine]:
    """A count a district that this person imports for, in the order of their codes, whatever state and district the
    firms are narrowed to. Raises NotAllowed."""
    return progress(session, person, chosen, limit=0)[0]


def all_together(lines: Sequence[DistrictLine]) -> DistrictLine:
    """The sum of the districts."""
    names = ("expected", "handed_in", "odd", "more", "asked")
    return DistrictLine(None, *(sum(getattr(line, name) for line in lines) for name in names))


def missing_count(person: Person, on: date) -> Any:
    """How many returns of the year of a `ReturnDue` have not come in by the end of a day, of the firms that this person
    imports for: an expression for a statement over that table."""
    before, here = _reported(ReturnDue.year - 1, end_of(on)).exists(), _reported(ReturnDue.year, end_of(on)).exists()
    member = select(PoolMembership.id).where(PoolMembership.firm_id == Firm.id, *_member_on(on)).correlate(Firm)
    wanted = select(func.count(Firm.id)).where(Firm.cohort == CITY, people.visible_firms(person, Action.IMPORT))
    return wanted.where(or_(before, member.exists()), ~here).correlate(ReturnDue).scalar_subquery()


# --- within ----------------------------------------------------------------------------------------


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _in_force(end: Any) -> ColumnElement[bool]:
    """Imports that had come in by then and were not taken back."""
    return and_(Import.imported_at < end, or_(Import.undone_at.is_(None), Import.undone_at >= end))


def _reported(year: Any, end: Any) -> Select[Any]:
    """The returns of the firm of the statement around it."""
    return (
        select(ReturnRow.id)
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Import, Import.id == Return.import_id)
        .where(ReturnRow.firm_id == Firm.id, ReturnRow.year == year, ReturnRow.months == FULL_YEAR_MONTHS)
        .where(Return.source.in_(RETURN_SOURCES), _in_force(end))
        .correlate(Firm, ReturnDue)
    )


def _member_on(on: Any) -> tuple[ColumnElement[bool], ...]:
    return PoolMembership.entered_on <= on, or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > on)


def _is_stated(row_id: Any) -> ColumnElement[bool]:
    """Whether the return of a row is in force."""
    stated = select(ReturnRow.id).join(Return, Return.id == ReturnRow.return_id)
    return stated.where(ReturnRow.id == row_id, Return.in_force).exists()


def _still_open(kind: type[ImportFinding] | type[CrossCheck]) -> Any:
    """How many lines of a kind about the year waited then, by firm."""
    return (
        select(kind.firm_id, func.count(kind.id).label("count"))
        .where(kind.year == _YEAR, or_(kind.state == "open", kind.settled_at >= _END))
        .group_by(kind.firm_id)
    )


def _given(chosen: Conditions) -> dict[str, Any]:
    """What the statements below are given."""
    return {
        "year": chosen.year,
        "year_before": chosen.year - 1,
        "on": chosen.on,
        "end": end_of(chosen.on),
        "district": chosen.district,
        "state": chosen.state,
    }


@lru_cache(maxsize=KEPT_STATEMENTS)
def _together(person: Person, of_district: bool, of_state: bool) -> Select[Any]:
    """The counts of a district with each of its first lines; a district without any once, beside a blank line."""
    listed = _Listed(_firms(person))
    here = listed.state != MISSING
    counts = (
        select(
            listed.c.district_code,
            _count(listed.expected).label("expected"),
            _count(and_(listed.expected, here)).label("handed_in"),
            _count(listed.state == ODD).label("odd"),
            _count(and_(here, ~listed.expected)).label("more"),
            _count(and_(~here, listed.c.asked_at.is_not(None))).label("asked"),
        )
        .where(listed.is_one)
        .group_by(listed.c.district_code)
        .subquery("counts")
    )
    chosen = listed.narrowed(select(*listed.c), of_district, of_state)
    first = _Listed(chosen.order_by(*listed.waiting_first).limit(bindparam("limit", type_=Integer)))
    of_its_district = first.c.district_code.is_not_distinct_from(counts.c.district_code)
    statement = select(*counts.c).select_from(counts).outerjoin(first.rows, of_its_district)
    return _with_the_rest(statement, person, first).order_by(*first.waiting_first)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _lines_alone(person: Person, of_district: bool, of_state: bool, of_firms: bool) -> Select[Any]:
    """Every line."""
    firms = _firms(person)
    listed = _Listed(firms.where(one_of_those(Firm.id, "firms")) if of_firms else firms)
    lines = listed.narrowed(select().select_from(listed.rows), of_district, of_state)
    return _with_the_rest(lines, person, listed).order_by(*listed.waiting_first)


class _Listed:
    """Firms as `_firms` reads them, and what is said of each.

    They stand for themselves in the statement (WITH …): whoever reads them twice has the database look at each once.
    """

    def __init__(self, firms: Select[Any]) -> None:
        self.rows = firms.cte()
        self.c = self.rows.c
        self.expected = or_(self.c.is_member, self.c.before)
        self.is_one = or_(self.expected, self.c.here)
        self.state = case((~self.c.here, MISSING), (self.c.open_findings > 0, ODD), else_=CLEAN)

    def narrowed(self, statement: Select[Any], of_district: bool, of_state: bool) -> Select[Any]:
        statement = statement.where(self.is_one)
        if of_district:
            statement = statement.where(self.c.district_code == bindparam("district"))
        return statement.where(self.state == bindparam("state")) if of_state else statement

    @property
    def waiting_first(self) -> tuple[Any, ...]:
        rank = case((self.c.pool == "golden", 0), (self.c.pool == "seed", 1), else_=2)
        waiting = case((self.state == MISSING, 0), (self.state == ODD, 1), else_=2)
        return waiting, rank, self.c.name, self.c.firm_id


def _firms(person: Person) -> Select[Any]:
    """Every firm that this person imports for, with what its line is made of."""
    sent = select(Return.id).join(Import, Import.id == Return.import_id)
    sent = sent.where(Return.source.in_(RETURN_SOURCES), _in_force(_END))

    def has_sent(year: Any) -> ColumnElement[bool]:
        # The first row that is one ends the search: a return has many forms, and all of them are far more to read.
        of_year = (ReturnRow.firm_id == Firm.id, ReturnRow.year == year, ReturnRow.months == FULL_YEAR_MONTHS)
        rows = select(ReturnRow.id).where(*of_year, without_index(ReturnRow.return_id).in_(sent))
        return rows.correlate(Firm).exists()

    member = select(PoolMembership.firm_id, PoolMembership.pool).where(*_member_on(_ON)).subquery("member")
    odd_cells = (
        _still_open(ImportFinding)
        .join(Import, Import.id == ImportFinding.import_id)
        .where(_in_force(_END), about_firms_of(person))
        .subquery("odd_cells")
    )
    contradictions = (
        _still_open(CrossCheck)
        .where(CrossCheck.found_at < _END, _is_stated(CrossCheck.row_id), _is_stated(CrossCheck.other_row_id))
        .subquery("contradictions")
    )
    asked = (
        select(ReturnAsked.firm_id, func.max(ReturnAsked.asked_at).label("at"))
        .where(ReturnAsked.year == _YEAR, ReturnAsked.asked_at < _END)
        .group_by(ReturnAsked.firm_id)
        .subquery("asked")
    )
    statement = select(
        Firm.id.label("firm_id"),
        Firm.name.label("name"),
        Firm.district_code.label("district_code"),
        member.c.pool.label("pool"),
        member.c.firm_id.is_not(None).label("is_member"),
        has_sent(_YEAR_BEFORE).label("before"),
        has_sent(_YEAR).label("here"),
        (func.coalesce(odd_cells.c.count, 0) + func.coalesce(contradictions.c.count, 0)).label("open_findings"),
        asked.c.at.label("asked_at"),
    ).select_from(Firm)
    for each in (member, odd_cells, contradictions, asked):
        statement = statement.outerjoin(each, each.c.firm_id == Firm.id)
    return statement.where(Firm.cohort == CITY, people.visible_firms(person, Action.IMPORT))


def _known_name(person: Person) -> Any:
    """The name of the file, where it is the city's or the reader's own district's."""
    if person.district_code is None:
        return Import.file_name
    known = or_(Import.district_code.is_(None), Import.district_code == person.district_code)
    return case((known, Import.file_name), else_=literal(None))


def _with_the_rest(statement: Select[Any], person: Person, listed: _Listed) -> Any:
    """The statement with the columns of FirmLine for each row of `listed`: by which import the return came last and
    when first, who speaks for the firm and who looks after it; of several accounts the first."""
    speaker, mentor = aliased(Account), aliased(Account)
    sent = (
        select(ReturnRow.firm_id, func.max(Import.id).label("last"), func.min(Import.imported_at).label("first_at"))
        .join(Return, Return.id == without_index(ReturnRow.return_id))
        .join(Import, Import.id == Return.import_id)
        .where(ReturnRow.firm_id.in_(select(listed.c.firm_id)), ReturnRow.year == _YEAR)
        .where(ReturnRow.months == FULL_YEAR_MONTHS, Return.source.in_(RETURN_SOURCES), _in_force(_END))
        .group_by(ReturnRow.firm_id)
        .subquery("sent")
    )
    speaks = (
        select(Account.firm_id, func.min(Account.id).label("id"))
        .where(Account.role.in_(_SPEAKING), Account.disabled.is_(False), Account.created_at < _END)
        .group_by(Account.firm_id)
        .subquery("speaks")
    )
    on_day = and_(
        Case.firm_id == listed.c.firm_id, Case.opened_on <= _ON, or_(Case.closed_on.is_(None), Case.closed_on > _ON)
    )
    return (
        statement.outerjoin(sent, sent.c.firm_id == listed.c.firm_id)
        .outerjoin(Import, Import.id == sent.c.last)
        .outerjoin(speaks, speaks.c.firm_id == listed.c.firm_id)
        .outerjoin(speaker, speaker.id == speaks.c.id)
        .outerjoin(Case, on_day)
        .outerjoin(mentor, mentor.id == Case.mentor_id)
        .add_columns(
            listed.c.firm_id,
            listed.c.name,
            listed.c.district_code,
            listed.c.pool,
            listed.expected,
            listed.state,
            sent.c.first_at,
            Import.id,
            _known_name(person),
            listed.c.open_findings,
            speaker.name,
            speaker.person_name,
            speaker.unit,
            speaker.phone,
            func.coalesce(mentor.person_name, mentor.name),
            mentor.phone,
            listed.c.asked_at,
        )
    )
