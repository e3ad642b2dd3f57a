"""Activities as people look through them: a block of lines, and how many of each kind, level and district there are.

Both are asked of the database and read what was known on the day alone. Every query keeps to the firms that an action
reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.activities.conditions import ENDED, STANDING, ActivityConditions
from pipeline.json_values import JsonObject
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import CITY, Firm

_EVERYTHING = ActivityConditions()
FEN = 100


@dataclass(frozen=True)
class ActivityLine:
    """One activity with its firm. `standing`: begun and not ended on the day of the list; `by_hand`: an officer entered
    it, no file."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    kind: str
    level: str | None
    name: str | None
    counterpart: str | None
    outcome: str | None
    amount_fen: int | None
    occurred_on: date
    ended_on: date | None
    known_on: date
    standing: bool
    by_hand: bool

    @property
    def amount_cny(self) -> float | None:
        """In yuan."""
        return None if self.amount_fen is None else self.amount_fen / FEN

    def as_json(self) -> JsonObject:
        about = {name: value for name, value in vars(self).items() if name != "amount_fen"}
        return {**about, "amount_cny": self.amount_cny}


@dataclass(frozen=True)
class Counted:
    """So many activities of one kind, level and district that stand, or (`standing` False) have ended; `firms`: of so
    many firms."""

    kind: str
    level: str | None
    district_code: str | None
    standing: bool
    activities: int
    firms: int


@dataclass(frozen=True)
class ActivityCounts:
    """Everything that was known by `on`, counted. Sums over levels and districts are all activities; `firms` cannot be
    summed, since a firm has several."""

    on: date
    rows: Sequence[Counted]
    #: How many firms have one that stands, of each kind.
    firms_standing: dict[str, int]


def activity_lines(
    session: Session,
    person: Person,
    on: date,
    chosen: ActivityConditions = _EVERYTHING,
    *,
    action: Action = Action.SEE_PLAN,
    limit: int | None = None,
    offset: int = 0,
) -> list[ActivityLine]:
    """Activities known by a day that fit, the latest first. Raises NotAllowed for who may not do `action` at all."""
    people.require(person, action)
    columns = (
        FirmActivity.id,
        FirmActivity.firm_id,
        Firm.name.label("firm_name"),
        Firm.district_code,
        *(getattr(FirmActivity, name) for name in _STATED),
        _standing(on).label("standing"),
        FirmActivity.import_id.is_(None).label("by_hand"),
    )
    statement = _known(select(*columns), person, on, chosen, action)
    statement = statement.order_by(FirmActivity.occurred_on.desc(), FirmActivity.id.desc()).limit(limit).offset(offset)
    return [ActivityLine(**_line(row._mapping)) for row in session.execute(statement)]


def count_lines(
    session: Session,
    person: Person,
    on: date,
    chosen: ActivityConditions = _EVERYTHING,
    *,
    action: Action = Action.SEE_PLAN,
) -> int:
    """How many `activity_lines` there are."""
    people.require(person, action)
    return session.scalar(_known(select(func.count()), person, on, chosen, action)) or 0


def counted(session: Session, person: Person, on: date) -> ActivityCounts:
    """How many activities of each kind, level and district were known by a day, of the firms within reach."""
    people.require(person, Action.SEE_PLAN)
    standing = case((_standing(on), 1), else_=0).label("standing")
    key: tuple[Any, ...] = (FirmActivity.kind, FirmActivity.level, Firm.district_code, standing)
    firms = func.count(FirmActivity.firm_id.distinct())
    statement = _known(select(*key, func.count(), firms), person, on, _EVERYTHING, Action.SEE_PLAN)
    rows = session.execute(statement.group_by(*key).order_by(*key)).all()
    of_kind = _known(
        select(FirmActivity.kind, firms), person, on, ActivityConditions(state=STANDING), Action.SEE_PLAN
    ).group_by(FirmActivity.kind)
    return ActivityCounts(
        on,
        [Counted(kind, level, district, bool(stands), *more) for kind, level, district, stands, *more in rows],
        {kind: count for kind, count in session.execute(of_kind)},  # noqa: C416 - rows are no pairs to mypy
    )


# --- within ----------------------------------------------------------------------------------------

_STATED = (
    "kind",
    "level",
    "name",
    "counterpart",
    "outcome",
    "amount_fen",
    "occurred_on",
    "ended_on",
    "known_on",
)


def _line(row: Any) -> dict[str, Any]:
    return {**row, "standing": bool(row["standing"]), "by_hand": bool(row["by_hand"])}


def _standing(on: date) -> ColumnElement[bool]:
    return and_(FirmActivity.occurred_on <= on, or_(FirmActivity.ended_on.is_(None), FirmActivity.ended_on >= on))


def _known(statement: Select, person: Person, on: date, chosen: ActivityConditions, action: Action) -> Select:
    statement = (
        statement.select_from(FirmActivity)
        .join(Firm, Firm.id == FirmActivity.firm_id)
        .where(FirmActivity.in_force, FirmActivity.known_on <= on, people.visible_firms(person, action))
    )
    if chosen.firm is not None:
        statement = statement.where(FirmActivity.firm_id == chosen.firm)
    else:
        statement = statement.where(Firm.cohort == CITY)
    if (kinds := chosen.kinds()) is not None:
        statement = statement.where(FirmActivity.kind.in_(kinds))
    if chosen.level is not None:
        statement = statement.where(FirmActivity.level == chosen.level)
    if chosen.district is not None:
        statement = statement.where(Firm.district_code == chosen.district)
    if chosen.state == STANDING:
        statement = statement.where(_standing(on))
    elif chosen.state == ENDED:
        statement = statement.where(FirmActivity.ended_on < on)
    return statement
