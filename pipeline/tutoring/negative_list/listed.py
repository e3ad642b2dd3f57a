"""Which advisers are on the negative list on a day, and which firms they advise.

An entry is in force from its first day until before its end day. What became known later than the day asked for is not
read: neither the entry, nor that its end was moved, nor an agreement.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import Case, Firm
from pipeline.store.tutoring_tables import Adviser, Engagement, NegativeEntry, NegativeNote
from pipeline.tutoring.advisers import RIGHT, holding, right_id
from pipeline.tutoring.gates import LISTED, Lack, kind_name


@dataclass(frozen=True)
class Listed:
    """An adviser on the negative list. `ends_on`: the first day on which it is on it no more."""

    entry_id: int
    adviser_id: int
    kind: str
    name: str
    reason: str
    begins_on: date
    ends_on: date

    @property
    def message(self) -> Message:
        text = N_("%(kind)s %(name)s is on the negative list until before %(day)s: %(reason)s")
        about = {"kind": kind_name(self.kind), "name": self.name, "day": self.ends_on.isoformat()}
        return Message(text, about | {"reason": self.reason})


def on_list(session: Session, on: date, known_on: date | None = None) -> list[Listed]:
    """The advisers that are on the list on the day, as known at its end, or at that of `known_on`."""
    return [Listed(*row) for row in session.execute(_on_list(on, known_on or on))]


@lru_cache(maxsize=KEPT_STATEMENTS)
def _on_list(on: date, known_on: date) -> Select[int, int, str, str, str, date, date]:
    """What a Listed is made of, in its order."""
    end = audit.end_of(known_on)
    ends_on = end_day(end)
    of = NegativeEntry
    return (
        select(of.id, RIGHT.id, RIGHT.kind, RIGHT.name, of.reason, of.begins_on, ends_on)
        .join(Adviser, Adviser.id == of.adviser_id)
        .join(RIGHT, RIGHT.id == right_id(end))
        .where(of.recorded_at < end, of.begins_on <= on, ends_on > on)
        .order_by(RIGHT.kind, RIGHT.name, of.id)
    )


def flagged(
    session: Session, person: Person, on: date, firm_ids: Collection[str] | None = None
) -> dict[str, list[Listed]]:
    """The firms in tutoring on the day, of those whose findings this person may read, that an adviser on the negative
    list advises: firm -> those advisers. `firm_ids`: only these."""
    listed: dict[int, list[Listed]] = {}
    for each in on_list(session, on):
        listed.setdefault(each.adviser_id, []).append(each)
    if not listed:
        return {}
    given: dict[str, object] = {"listed": list(listed)}
    if firm_ids is not None:
        given["firms"] = list(firm_ids)
    found: dict[str, list[Listed]] = {}
    advised = session.execute(_advised(person, on, firm_ids is not None), given)
    for firm, adviser in sorted((row[0], row[1]) for row in advised):
        found.setdefault(firm, []).extend(listed[adviser])
    return found


@lru_cache(maxsize=KEPT_STATEMENTS)
def _advised(person: Person, on: date, some: bool) -> Select[str, int]:
    """The firms in tutoring on the day that those of the advisers `listed` advise, with the adviser; of the `firms`
    alone where it is asked of some."""
    end = audit.end_of(on)
    whose = right_id(end)
    statement = (
        select(Engagement.firm_id, whose)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(Firm, Firm.id == Engagement.firm_id)
        .join(Case, Case.firm_id == Firm.id)
        .where(
            whose.in_(bindparam("listed", expanding=True)),
            holding(on, end),
            Case.opened_on <= on,
            or_(Case.closed_on.is_(None), Case.closed_on > on),
            people.visible_firms(person, Action.SEE_FINDINGS),
        )
        .distinct()
    )
    return statement.where(one_of_those(Engagement.firm_id, "firms")) if some else statement


def lacking(session: Session, names: Mapping[str, str], on: date, known_on: date) -> list[Lack]:
    """What stands against advisers of these names (kind -> name): each that is on the list on the day, as known by
    another. A name that is another spelling of a listed one counts as that."""
    if not names:
        return []
    listed: dict[int, Listed] = {each.adviser_id: each for each in on_list(session, on, known_on)}
    if not listed:
        return []
    end = audit.end_of(known_on)
    named_so = or_(*(and_(Adviser.kind == kind, Adviser.name == name) for kind, name in names.items()))
    found = session.execute(select(Adviser.kind, right_id(end)).where(named_so).order_by(Adviser.kind)).all()
    return [Lack(f"{LISTED}{kind}", listed[adviser].message) for kind, adviser in found if adviser in listed]


def end_day(end: datetime) -> ScalarSelect[Any]:
    """The end day of an entry as known at this moment."""
    return (
        select(NegativeNote.ends_on)
        .where(NegativeNote.entry_id == NegativeEntry.id, NegativeNote.ends_on.is_not(None), NegativeNote.at < end)
        .order_by(NegativeNote.id.desc())
        .limit(1)
        .scalar_subquery()
    )
