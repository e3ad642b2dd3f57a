"""Who has handed in a year's return, who has mistakes in it, who has not, and whom to call: a line a firm, a count a
district.

progress.py ──► asking.py

Expected is a firm that is in a pool or handed in the year before; one that hands in for the first time is listed beside
them. Everything is as it stood at the end of the day asked for: what came in later, was taken back, settled or asked
later is not read. One statement lists and counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.audit import end_of
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES, Scope
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.storing.findings import about_firms_of
from pipeline.language import Label
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


def firm_lines(
    session: Session,
    person: Person,
    chosen: Conditions,
    *,
    limit: int | None = None,
    firms: Sequence[str] | None = None,
) -> list[FirmLine]:
    """A line a firm of those that this person imports for: those not handed in first, then those with findings, of each
    the pools first. Raises NotAllowed."""
    people.require(person, Action.IMPORT)
    listed = _listed(person, chosen)
    rank = case((listed.c.pool == "golden", 0), (listed.c.pool == "seed", 1), else_=2)
    waiting = case((listed.c.state == MISSING, 0), (listed.c.state == ODD, 1), else_=2)
    statement = select(listed).order_by(waiting, rank, listed.c.name, listed.c.firm_id)
    if chosen.state is not None:
        statement = statement.where(listed.c.state == chosen.state)
    if firms is not None:
        statement = statement.where(listed.c.firm_id.in_(firms))
    return [FirmLine(*row) for row in session.execute(statement if limit is None else statement.limit(limit))]


def district_lines(session: Session, person: Person, chosen: Conditions) -> list[DistrictLine]:
    """A count a district that this person imports for, in the order of their codes, whatever state and district the
    firms are narrowed to. Raises NotAllowed."""
    people.require(person, Action.IMPORT)
    listed = _listed(person, replace(chosen, district=None), counted=True)
    here, expected = listed.c.state != MISSING, listed.c.expected
    counts = (
        _count(expected),
        _count(and_(expected, here)),
        _count(listed.c.state == ODD),
        _count(and_(here, ~expected)),
        _count(and_(~here, listed.c.asked_at.is_not(None))),
    )
    statement = select(listed.c.district_code, *counts).group_by(listed.c.district_code)
    lines = [DistrictLine(*row) for row in session.execute(statement)]
    return sorted(lines, key=lambda line: (line.district_code is None, line.district_code))


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


def _member_on(on: date) -> tuple[ColumnElement[bool], ...]:
    return PoolMembership.entered_on <= on, or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > on)


def _handed_in(year: int, end: datetime) -> Any:
    """By firm: the last import and the first moment of the year's return, null where it has none, and whether there is
    one of the year before; in one reading of the returns."""
    of_year = ReturnRow.year == year
    return (
        select(
            ReturnRow.firm_id,
            func.max(case((of_year, Import.id))).label("import_id"),
            func.min(case((of_year, Import.imported_at))).label("first_at"),
            func.max(case((of_year, 0), else_=1)).label("before"),
        )
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Import, Import.id == Return.import_id)
        .where(ReturnRow.year.in_([year - 1, year]), ReturnRow.months == FULL_YEAR_MONTHS)
        .where(Return.source.in_(RETURN_SOURCES), _in_force(end))
        .group_by(ReturnRow.firm_id)
    )


def _is_stated(row_id: Any) -> ColumnElement[bool]:
    """Whether the return of a row is in force."""
    stated = select(ReturnRow.id).join(Return, Return.id == ReturnRow.return_id)
    return stated.where(ReturnRow.id == row_id, Return.in_force).exists()


def _still_open(kind: type[ImportFinding] | type[CrossCheck], year: int, end: datetime) -> Any:
    """How many lines of a kind about the year waited then, by firm."""
    return (
        select(kind.firm_id, func.count(kind.id).label("count"))
        .where(kind.year == year, or_(kind.state == "open", kind.settled_at >= end))
        .group_by(kind.firm_id)
    )


def _listed(person: Person, chosen: Conditions, counted: bool = False) -> Any:
    """The columns of FirmLine, a row a firm; `counted`: those that are counted alone."""
    year, on, end = chosen.year, chosen.on, end_of(chosen.on)
    here = _handed_in(year, end).subquery("here")
    member = select(PoolMembership.firm_id, PoolMembership.pool).where(*_member_on(on)).subquery("member")
    odd_cells = (
        _still_open(ImportFinding, year, end)
        .join(Import, Import.id == ImportFinding.import_id)
        .where(_in_force(end), about_firms_of(person))
        .subquery("odd_cells")
    )
    contradictions = (
        _still_open(CrossCheck, year, end)
        .where(CrossCheck.found_at < end, _is_stated(CrossCheck.row_id), _is_stated(CrossCheck.other_row_id))
        .subquery("contradictions")
    )
    asked = (
        select(ReturnAsked.firm_id, func.max(ReturnAsked.asked_at).label("at"))
        .where(ReturnAsked.year == year, ReturnAsked.asked_at < end)
        .group_by(ReturnAsked.firm_id)
        .subquery("asked")
    )
    open_findings = func.coalesce(odd_cells.c.count, 0) + func.coalesce(contradictions.c.count, 0)
    state = case((here.c.import_id.is_(None), MISSING), (open_findings > 0, ODD), else_=CLEAN)
    expected = or_(func.coalesce(here.c.before, 0) == 1, member.c.firm_id.is_not(None))
    columns: list[Any] = [
        Firm.id.label("firm_id"),
        Firm.name.label("name"),
        Firm.district_code.label("district_code"),
        member.c.pool.label("pool"),
        expected.label("expected"),
        state.label("state"),
        here.c.first_at.label("handed_in_at"),
    ]
    if counted:
        columns.append(asked.c.at.label("asked_at"))
    else:
        columns += [here.c.import_id.label("import_id"), _known_name(person), open_findings.label("open_findings")]
    statement = select(*columns).select_from(Firm)
    for each in (here, member, odd_cells, contradictions, asked):
        statement = statement.outerjoin(each, each.c.firm_id == Firm.id)
    if not counted:
        statement = _with_contacts(statement, here, on, end).add_columns(asked.c.at.label("asked_at"))
    statement = statement.where(
        Firm.cohort == CITY,
        people.visible_firms(person, Action.IMPORT),
        or_(expected, here.c.import_id.is_not(None)),
    )
    if chosen.district is not None:
        statement = statement.where(Firm.district_code == chosen.district)
    return statement.subquery("listed")


def _known_name(person: Person) -> Any:
    """The name of the file, where it is the city's or the reader's own district's."""
    if person.district_code is None:
        return Import.file_name.label("file")
    known = or_(Import.district_code.is_(None), Import.district_code == person.district_code)
    return case((known, Import.file_name), else_=literal(None)).label("file")


def _with_contacts(statement: Any, here: Any, on: date, end: datetime) -> Any:
    """The statement with who speaks for the firm, and who looks after it: of several accounts the first."""
    speaker, mentor = aliased(Account), aliased(Account)
    first = (
        select(Account.firm_id, func.min(Account.id).label("id"))
        .where(Account.role.in_(_SPEAKING), Account.disabled.is_(False), Account.created_at < end)
        .group_by(Account.firm_id)
        .subquery("first")
    )
    on_day = and_(Case.firm_id == Firm.id, Case.opened_on <= on, or_(Case.closed_on.is_(None), Case.closed_on > on))
    return (
        statement.outerjoin(Import, Import.id == here.c.import_id)
        .outerjoin(first, first.c.firm_id == Firm.id)
        .outerjoin(speaker, speaker.id == first.c.id)
        .outerjoin(Case, on_day)
        .outerjoin(mentor, mentor.id == Case.mentor_id)
        .add_columns(
            speaker.name.label("account"),
            speaker.person_name.label("contact"),
            speaker.unit.label("unit"),
            speaker.phone.label("phone"),
            func.coalesce(mentor.person_name, mentor.name).label("mentor"),
            mentor.phone.label("mentor_phone"),
        )
    )
