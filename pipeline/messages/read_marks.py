"""How far an account has read the thread of a firm, and so what in it is new to them.

Messages are written one after the other and have their numbers in that order, so the number of the last one that was
shown says it all; what came while somebody was reading is still new.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, select, true
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person, Scope
from pipeline.store.tables import Account, Firm
from pipeline.store.tutoring_tables import MessageRead, WrittenMessage
from pipeline.store.write_lock import lock_writes


def is_new(person: Person) -> ColumnElement[bool]:
    """The condition on `WrittenMessage`, in a statement `with_marks` of the person, that they have not read it: it
    stands, somebody else wrote it, and it came after what they have read, and not before they had an account. To who
    reads every thread of every cohort (an auditor, the command line) none is addressed, and nothing is new."""
    if person.policy.may.get(Action.SEE_MESSAGES) is Scope.EVERY_COHORT:
        return false()
    return and_(
        WrittenMessage.withdrawn_at.is_(None),
        WrittenMessage.writer_id.is_distinct_from(person.id),
        WrittenMessage.id > func.coalesce(MessageRead.message_id, 0),
        WrittenMessage.written_at >= select(Account.created_at).where(Account.id == person.id).scalar_subquery(),
    )


def goes_on(person: Person) -> ColumnElement[bool]:
    """The condition on `WrittenMessage` that its thread goes on after what the person has read, told from the last
    numbers alone: most threads of a city do not. It follows from `is_new`, and is asked before it."""
    if person.policy.may.get(Action.SEE_MESSAGES) in (Scope.OWN_FIRM, Scope.OWN_CASES):
        return true()
    last = (
        select(WrittenMessage.firm_id, func.max(WrittenMessage.id).label("last"))
        .group_by(WrittenMessage.firm_id)
        .subquery("last")
    )
    theirs = and_(MessageRead.firm_id == last.c.firm_id, MessageRead.account_id == person.id)
    further = select(last.c.firm_id).outerjoin(MessageRead, theirs)
    return WrittenMessage.firm_id.in_(further.where(last.c.last > func.coalesce(MessageRead.message_id, 0)))


def with_marks(statement: Any, person: Person) -> Any:
    """A statement over `WrittenMessage` with how far the person has read each thread."""
    theirs = and_(MessageRead.firm_id == WrittenMessage.firm_id, MessageRead.account_id == person.id)
    return statement.outerjoin(MessageRead, theirs)


def mark_read(session: Session, person: Person, firm_id: str, until: int, *, now: datetime) -> bool:
    """The person was shown the thread of a firm up to this message. Says whether that is further than before.

    Raises NotAllowed for a firm whose thread is not theirs to read.
    """
    people.require(person, Action.SEE_MESSAGES)
    lock_writes(session)
    people.require(person, Action.SEE_MESSAGES, firm_id, session=session)
    last = session.scalar(
        select(func.max(WrittenMessage.id))
        .join(Firm, Firm.id == WrittenMessage.firm_id)
        .where(
            WrittenMessage.firm_id == firm_id,
            WrittenMessage.id <= until,
            people.visible_firms(person, Action.SEE_MESSAGES),
        )
    )
    if last is None or session.get(Account, person.id) is None:
        return False
    mine = select(MessageRead).where(MessageRead.account_id == person.id, MessageRead.firm_id == firm_id)
    mark = session.scalars(mine, execution_options={"populate_existing": True}).first()
    if mark is not None and mark.message_id >= last:
        return False
    if mark is None:
        mark = MessageRead(account_id=person.id, firm_id=firm_id)
        session.add(mark)
    mark.message_id, mark.read_at = last, audit.utc(now)
    session.flush()
    return True
