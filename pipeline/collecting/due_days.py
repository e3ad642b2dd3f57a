"""By when the city wants the returns of a year: set by the city, seen by the districts, told before it comes.

due_days.py ──► asking.py
"""

from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tutoring_tables import ReturnDue
from pipeline.store.write_lock import lock_writes

_FIRST_YEAR = 2000
_YEARS_LATER = 3
_LATEST = (
    select(ReturnDue)
    .where(ReturnDue.year == bindparam("year"), ReturnDue.set_at < bindparam("end"))
    .order_by(ReturnDue.id.desc())
    .limit(1)
)


class NoDueDay(ShownToPeople):
    """A due day that cannot be meant; nothing was changed."""


def may_set_due(person: Person) -> bool:
    """Whether this person says by when: whoever imports for the whole city."""
    return people.may(person, Action.IMPORT) and person.district_code is None


def due_of(session: Session, year: int, on: date) -> ReturnDue | None:
    """The due day of a year's returns as it was set by this day; None where nobody had set one."""
    return session.scalars(_LATEST, {"year": year, "end": audit.end_of(on)}).first()


def set_due(session: Session, person: Person, year: int, due_on: date, *, now: datetime) -> ReturnDue:
    """Say by when the returns of a year are wanted; an earlier word stays on record. Raises NotAllowed, NoDueDay."""
    people.require(person, Action.IMPORT)
    if not may_set_due(person):
        raise NotAllowed(Message(N_("By when returns are due is said by the city, for all districts alike.")))
    if not _FIRST_YEAR <= year <= now.year:
        what = N_("%(year)s is no year whose returns come in: write one from %(first)s to %(last)s.")
        raise NoDueDay(Message(what, {"year": year, "first": _FIRST_YEAR, "last": now.year}))
    if not date(year, 12, 31) < due_on <= date(year + _YEARS_LATER, 12, 31):
        what = N_("Returns of %(year)s are due after the year is over, and by %(last)s at the latest.")
        raise NoDueDay(Message(what, {"year": year, "last": date(year + _YEARS_LATER, 12, 31)}))
    lock_writes(session)
    made = ReturnDue(year=year, due_on=due_on, set_by=person.name[:80], set_at=audit.utc(now))
    session.add(made)
    session.flush()
    audit.record(session, person, "set_return_due", f"returns:{year}", {"year": year, "due_on": due_on}, now)
    return made
