"""Which advisers are on the negative list on a day, and which firms they advise.

An entry is in force from its first day until before its end day. What became known later than the day asked for is not
read: neither the entry, nor that its end was moved, nor an agreement.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Message
from pipeline.store.many_ids import one_of
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
    end = audit.end_of(known_on or on)
    ends_on = end_day(end)
    entries = (
        select(NegativeEntry, RIGHT, ends_on)
        .join(Adviser, Adviser.id == NegativeEntry.adviser_id)
        .join(RIGHT, RIGHT.id == right_id(end))
        .where(NegativeEntry.recorded_at < end, NegativeEntry.begins_on <= on, ends_on > on)
        .order_by(RIGHT.kind, RIGHT.name, NegativeEntry.id)
    )
    return [
        Listed(entry.id, adviser.id, adviser.kind, adviser.name, entry.reason, entry.begins_on, until)
        for entry, adviser, until in session.execute(entries)
    ]


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
    end = audit.end_of(on)
    whose = right_id(end)
    statement = (
        select(Engagement.firm_id, whose)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(Firm, Firm.id == Engagement.firm_id)
        .join(Case, Case.firm_id == Firm.id)
        .where(
            whose.in_(listed),
            holding(on, end),
            Case.opened_on <= on,
            or_(Case.closed_on.is_(None), Case.closed_on > on),
            people.visible_firms(person, Action.SEE_FINDINGS),
        )
        .distinct()
    )
    if firm_ids is not None:
        statement = statement.where(one_of(Engagement.firm_id, list(firm_ids)))
    found: dict[str, list[Listed]] = {}
    for firm, adviser in sorted(tuple(row) for row in session.execute(statement)):
        found.setdefault(firm, []).extend(listed[adviser])
    return found


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
