"""Finance and capital markets on a day: what firms seek and got, whom they met, who stands on the regional board.

Nothing that became known later is read; every query keeps to the firms within reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, extract, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.activities.kinds import activity_kinds
from pipeline.finance.fitting import Asked, BoardFit, InstrumentFit, fitting
from pipeline.finance.instruments import SOUGHT
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import CITY, Event, Firm

_ON, _OFF = "regional_board_listed", "regional_board_delisted"


@dataclass(frozen=True)
class Seeking:
    """What one firm seeks, with no end before the day and no outcome. `form`: a level of financing_sought."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    form: str
    amount_fen: int | None
    since: date
    until: date | None
    boards: Sequence[BoardFit]
    instruments: Sequence[InstrumentFit]


@dataclass(frozen=True)
class YearTotal:
    """So many of one kind that began in a year, and what they come to together; `stated`: of how many the amount is
    known."""

    kind: str
    year: int
    number: int
    stated: int
    sum_fen: int


@dataclass(frozen=True)
class Meeting:
    """A road show or a meeting with investors."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    kind: str
    name: str | None
    counterpart: str | None
    outcome: str | None
    occurred_on: date


@dataclass(frozen=True)
class Quoted:
    """A firm that stands on the regional board, and since when."""

    firm_id: str
    firm_name: str | None
    district_code: str | None
    since: date


@dataclass(frozen=True)
class Finance:
    """As known on `on`. `sought`: the largest amount first; `totals`: the latest year first; `meetings`: the latest
    first; `left_board`: how many firms were on the regional board and are no more."""

    on: date
    sought: Sequence[Seeking]
    totals: Sequence[YearTotal]
    meetings: Sequence[Meeting]
    quoted: Sequence[Quoted]
    left_board: int


def finance(session: Session, person: Person, on: date) -> Finance:
    """Everything above for the firms within reach. Raises NotAllowed."""
    people.require(person, Action.SEE_PLAN)
    quoted, left = _regional_board(session, person, on)
    return Finance(
        on, _sought(session, person, on), _totals(session, person, on), _meetings(session, person, on), quoted, left
    )


# --- within ----------------------------------------------------------------------------------------


def _happened(person: Person, on: date, kinds: Sequence[str], *columns: Any) -> Select:
    """Activities of these kinds that were known by the day and have begun."""
    return (
        select(*columns)
        .select_from(FirmActivity)
        .join(Firm, Firm.id == FirmActivity.firm_id)
        .where(FirmActivity.in_force, FirmActivity.known_on <= on, FirmActivity.occurred_on <= on)
        .where(FirmActivity.kind.in_(kinds), Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN))
    )


_FIRM = (FirmActivity.firm_id, Firm.name, Firm.district_code)


def _sought(session: Session, person: Person, on: date) -> list[Seeking]:
    about = (FirmActivity.level, FirmActivity.amount_fen, FirmActivity.occurred_on, FirmActivity.ended_on)
    statement = _happened(person, on, [SOUGHT], FirmActivity.id, *_FIRM, *about)
    statement = statement.where(
        or_(FirmActivity.ended_on.is_(None), FirmActivity.ended_on >= on),
        or_(FirmActivity.outcome.is_(None), FirmActivity.outcome == ""),
    )
    rows: Sequence[Any] = session.execute(statement.order_by(FirmActivity.amount_fen.desc(), FirmActivity.id)).all()
    asked = [Asked(row.firm_id, row.level, row.amount_fen) for row in rows]
    boards, fits = fitting(session.connection(), asked, on)
    return [
        Seeking(*(*row, boards.get(row.firm_id, []), fit))  # one star: how long a row is, is not typed
        for row, fit in zip(rows, fits, strict=True)
    ]


def _totals(session: Session, person: Person, on: date) -> list[YearTotal]:
    kinds = [kind.id for kind in activity_kinds().of_group("finance") if kind.id != SOUGHT]
    year = extract("year", FirmActivity.occurred_on).label("year")
    counts = (func.count(), func.count(FirmActivity.amount_fen), func.coalesce(func.sum(FirmActivity.amount_fen), 0))
    statement = _happened(person, on, kinds, FirmActivity.kind, year, *counts).group_by(FirmActivity.kind, year)
    found = [
        YearTotal(kind, int(of), number, stated, int(fen))
        for kind, of, number, stated, fen in session.execute(statement)
    ]
    return sorted(found, key=lambda one: (-one.year, kinds.index(one.kind)))


def _meetings(session: Session, person: Person, on: date) -> list[Meeting]:
    kinds = [kind.id for kind in activity_kinds().of_group("markets")]
    about = (FirmActivity.kind, FirmActivity.name, FirmActivity.counterpart, FirmActivity.outcome)
    columns = (FirmActivity.id, FirmActivity.firm_id, Firm.name.label("firm_name"), Firm.district_code, *about)
    statement = _happened(person, on, kinds, *columns, FirmActivity.occurred_on)
    statement = statement.order_by(FirmActivity.occurred_on.desc(), FirmActivity.id.desc())
    return [Meeting(*row) for row in session.execute(statement)]


def _regional_board(session: Session, person: Person, on: date) -> tuple[list[Quoted], int]:
    """Who stands there by the last event of each firm, and how many have left."""
    statement = (
        select(Event.firm_id, Firm.name, Firm.district_code, Event.kind, Event.occurred_on)
        .join(Firm, Firm.id == Event.firm_id)
        .where(Event.in_force, Event.known_on <= on, Event.occurred_on <= on, Event.kind.in_((_ON, _OFF)))
        .where(Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN))
        # Of a day that has both the firm came back.
        .order_by(Event.occurred_on, Event.kind, Event.id)
    )
    last = {row.firm_id: row for row in session.execute(statement)}
    there = [
        Quoted(row.firm_id, row.name, row.district_code, row.occurred_on) for row in last.values() if row.kind == _ON
    ]
    return sorted(there, key=lambda one: (one.since, one.firm_id), reverse=True), len(last) - len(there)
