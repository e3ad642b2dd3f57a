"""An officer enters an activity of a firm, or withdraws one with a reason; what was withdrawn stays on record."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.activities import stated
from pipeline.activities.kinds import activity_kinds
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.write_lock import lock_writes

_FEN = Decimal(100)


class WrongActivity(ShownToPeople):
    """An activity that cannot be entered or withdrawn as asked for."""


@dataclass(frozen=True)
class Entered:
    """What somebody enters; texts that are blank are not stated. `amount`: in yuan. `known_on` None: from the day on
    which it is entered."""

    kind: str
    occurred_on: date | None
    level: str | None = None
    name: str | None = None
    counterpart: str | None = None
    outcome: str | None = None
    amount: Decimal | None = None
    ended_on: date | None = None
    known_on: date | None = None


def add(
    session: Session, person: Person, firm_id: str, entered: Entered, *, today: date, now: datetime
) -> FirmActivity:
    """Keep an activity of a firm. Raises WrongActivity with everything that cannot be meant, and where it is on record
    already; NotAllowed where the firm is out of reach."""
    lock_writes(session)
    people.require(person, Action.KEEP_ACTIVITIES, firm_id, session=session)
    row = _checked(firm_id, entered, today)
    there = select(FirmActivity.id).where(
        FirmActivity.in_force,
        *(
            getattr(FirmActivity, name).is_not_distinct_from(getattr(row, name))
            for name in ("firm_id", "kind", "level", "name", "counterpart", "amount_fen", "occurred_on")
        ),
    )
    if (number := session.scalar(there.limit(1))) is not None:
        raise WrongActivity(Message(N_("This is on record already, as no. %(number)s."), {"number": number}))
    row.entered_by, row.entered_at = person.name[:80], audit.utc(now)
    session.add(row)
    session.flush()
    about = {
        "firm": firm_id,
        "activity": row.kind,
        "activity_level": row.level,
        "activity_name": row.name,
        "amount_cny": None if entered.amount is None else str(entered.amount),
        "on": row.occurred_on.isoformat(),
    }
    audit.record(session, person, "add_activity", f"activity:{row.id}", about, now)
    return row


def withdraw(session: Session, person: Person, number: int, why: str, *, now: datetime) -> FirmActivity:
    """Put an activity out of force for good, with the reason; also one that a file brought.

    Raises WrongActivity without a reason or where it is out of force already, NotFound for one that is not there.
    """
    lock_writes(session)
    row = session.get(FirmActivity, number)
    none_there = NotFound(Message(N_("There is no activity %(number)s."), {"number": number}))
    firm_id = None if row is None else row.firm_id
    people.require_there(session, person, Action.KEEP_ACTIVITIES, firm_id, none_there)
    assert row is not None
    if not row.in_force:
        raise WrongActivity(Message(N_("Activity %(number)s is out of force already."), {"number": number}))
    if not why.strip():
        raise WrongActivity(Message(N_("Give the reason: it is kept in the trail.")))
    row.in_force = False
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = person.name[:80], audit.utc(now), why.strip()
    session.flush()
    about = {"firm": row.firm_id, "activity": row.kind, "on": row.occurred_on.isoformat(), "why": row.withdrawn_why}
    audit.record(session, person, "withdraw_activity", f"activity:{row.id}", about, now)
    return row


def amount_of(text: str | None) -> Decimal | None:
    """What somebody writes as an amount, in the unit that was asked for; None for a blank. Raises WrongActivity."""
    written = (text or "").strip().replace(",", "").replace("，", "")
    if not written:
        return None
    try:
        found = Decimal(written)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise WrongActivity(
            Message(N_("Write the amount with digits, for example %(example)s."), {"example": "1250.5"})
        )
    return found


# --- within ----------------------------------------------------------------------------------------


class _Lines:
    """Several messages as one parameter, in whichever language that is written."""

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages

    def __str__(self) -> str:
        return " ".join(map(str, self.messages))


def _checked(firm_id: str, entered: Entered, today: date) -> FirmActivity:
    """The row to keep. Raises WrongActivity with every fault."""
    import pandas as pd

    if entered.kind not in activity_kinds().kinds:
        raise WrongActivity(Message(N_("%(found)s is no kind of activity."), {"found": entered.kind}))
    texts = {
        name: (getattr(entered, name) or "").strip() or None for name in ("level", "name", "counterpart", "outcome")
    }
    problems = []
    if entered.occurred_on is None:
        problems.append(Message(N_("Say on which day it happened.")))
    days = {"occurred_on": entered.occurred_on, "ended_on": entered.ended_on, "known_on": entered.known_on or today}
    for day in (days["occurred_on"], days["known_on"]):
        if day is not None and day > today:
            problems.append(Message(N_("%(found)s has not come yet."), {"found": day.isoformat()}))
    for text in texts.values():
        if text is not None and len(text) > stated.LONGEST:
            problems.append(Message(N_("Write at most %(most)s letters."), {"most": stated.LONGEST}))
    fen = None if entered.amount is None else entered.amount * _FEN
    if fen is not None and fen != fen.to_integral_value():
        problems.append(Message(N_("%(found)s is no whole number of fen."), {"found": str(entered.amount)}))
    one = {
        "kind": entered.kind,
        "level": texts["level"],
        "title": texts["name"],
        "counterpart": texts["counterpart"],
        "outcome": texts["outcome"],
        "amount_fen": None if fen is None else float(fen),
    }
    frame = pd.DataFrame([one | {name: pd.NaT if day is None else pd.Timestamp(day) for name, day in days.items()}])
    for fault in stated.faults(frame):
        problems.append(fault.what)
        if fault.kind == "other_level":
            problems.append(fault.instead)
    if problems or entered.occurred_on is None:
        words = N_("The activity was not stored. %(problems)s")
        raise WrongActivity(Message(words, {"problems": _Lines(problems)}))
    return FirmActivity(
        firm_id=firm_id,
        kind=entered.kind,
        **texts,
        amount_fen=None if fen is None else int(fen),
        occurred_on=entered.occurred_on,
        ended_on=entered.ended_on,
        known_on=entered.known_on or today,
        in_force=True,
    )
