"""Objections to a firm of the notice, and the decision about it: named with a second signature, not named, revoked."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.pacesetters.choosing import (
    NAMED,
    NOMINATED,
    NOT_NAMED,
    REVOKED,
    ChoiceNotPossible,
    check_state,
    no_nomination,
    reason,
    round_there,
)
from pipeline.store.plan_tables.pacesetters import PacesetterNomination, PacesetterObjection, PacesetterRound
from pipeline.store.write_lock import lock_writes

LONGEST_NAME = 200


def object_to(
    session: Session,
    person: Person,
    nomination_id: int,
    from_whom: str,
    content: str,
    received_on: date,
    *,
    now: datetime,
) -> PacesetterObjection:
    """Record an objection to a firm of the notice; one after the last day is recorded too. Raises ChoiceNotPossible
    before the notice, without texts, once the firm is decided, or for the very same objection again."""
    nomination, round_ = _opened(session, person, nomination_id, received_on, now)
    check_state(nomination, NOMINATED)
    if round_.begins_on is None or received_on < round_.begins_on:
        raise ChoiceNotPossible(Message(N_("The firm was not public on this day; nobody objected before.")))
    whom = from_whom.strip()
    if not 0 < len(whom) <= LONGEST_NAME:
        words = N_("Write who objects: 1 to %(longest)s letters.")
        raise ChoiceNotPossible(Message(words, {"longest": LONGEST_NAME}))
    given = {"nomination_id": nomination_id, "from_whom": whom, "content": reason(content), "received_on": received_on}
    same = select(PacesetterObjection.id).where(
        *(getattr(PacesetterObjection, name) == value for name, value in given.items())
    )
    if (number := session.scalar(same.limit(1))) is not None:
        words = N_("This very objection is recorded already, as no. %(objection)s; nothing was stored a second time.")
        raise ChoiceNotPossible(Message(words, {"objection": number}))
    objection = PacesetterObjection(
        **given, firm_id=nomination.firm_id, recorded_by=person.name, recorded_at=audit.utc(now)
    )
    session.add(objection)
    session.flush()
    late = round_.ends_on is not None and received_on > round_.ends_on
    details = {"firm_id": nomination.firm_id, "on": received_on, "from_whom": whom}
    details |= {"content_text": objection.content, "late": late}
    audit.record(session, person, "object_pacesetter", f"pacesetter_objection:{objection.id}", details, now)
    return objection


def answer_objection(
    session: Session, person: Person, objection_id: int, upheld: bool, answer: str, on: date, *, now: datetime
) -> PacesetterObjection:
    """What the bureau answers; it may be changed until the firm is decided. Raises ChoiceNotPossible before the day on
    which it came, without a text, or once the firm is decided."""
    people.require(person, Action.KEEP_PACESETTERS)
    audit.check_day(on, now)
    lock_writes(session)
    objection = session.get(PacesetterObjection, objection_id, populate_existing=True)
    if objection is None:
        raise NotFound(Message(N_("There is no objection %(objection)s."), {"objection": objection_id}))
    nomination, _round = _opened(session, person, objection.nomination_id, on, now)
    check_state(nomination, NOMINATED)
    if on < objection.received_on:
        words = N_("The objection came on %(day)s; it was not answered before.")
        raise ChoiceNotPossible(Message(words, {"day": objection.received_on.isoformat()}))
    objection.upheld, objection.answer = upheld, reason(answer)
    objection.answered_on, objection.answered_by = on, person.name
    session.flush()
    details = {"firm_id": objection.firm_id, "on": on, "upheld": "yes" if upheld else "no"}
    details |= {"answer_text": objection.answer}
    audit.record(session, person, "answer_pacesetter", f"pacesetter_objection:{objection.id}", details, now)
    return objection


def decide(
    session: Session,
    person: Person,
    nomination_id: int,
    named: bool,
    why: str,
    on: date,
    *,
    now: datetime,
    signed_by: str | None = None,
) -> PacesetterNomination:
    """Name a firm pacesetter of the year, or not. `signed_by`: the account of the second person, whom naming needs; the
    caller has checked its password.

    Raises ChoiceNotPossible until the notice is over, where an objection is open or (to name it) upheld, without a
    reason, or where it is decided already; NotAllowed without the second person.
    """
    nomination, round_ = _opened(session, person, nomination_id, on, now)
    if named:
        people.require_second(session, person, signed_by)
    check_state(nomination, NOMINATED)
    if round_.ends_on is None:
        raise ChoiceNotPossible(Message(N_("The firms of this choice were not made public yet.")))
    if on <= round_.ends_on:
        words = N_("The notice ends on %(day)s; it is decided after that day.")
        raise ChoiceNotPossible(Message(words, {"day": round_.ends_on.isoformat()}))
    answers = list(
        session.scalars(select(PacesetterObjection.upheld).where(PacesetterObjection.nomination_id == nomination_id))
    )
    if None in answers:
        raise ChoiceNotPossible(Message(N_("An objection to this firm is not answered yet. Answer it first.")))
    if named and True in answers:
        raise ChoiceNotPossible(Message(N_("An objection to this firm was upheld; it cannot be named.")))
    text = reason(why)
    nomination.state = NAMED if named else NOT_NAMED
    nomination.decided_on, nomination.decided_by, nomination.decided_at = on, person.name, audit.utc(now)
    nomination.decided_why, nomination.seconded_by = text, signed_by if named else None
    session.flush()
    details = {"firm_id": nomination.firm_id, "year": str(round_.year), "decision": nomination.state, "on": on}
    details |= {"why": nomination.decided_why, **people.approval(nomination.seconded_by)}
    audit.record(session, person, "decide_pacesetter", f"nomination:{nomination.id}", details, now)
    return nomination


def revoke(
    session: Session,
    person: Person,
    nomination_id: int,
    why: str,
    on: date,
    *,
    now: datetime,
    signed_by: str | None = None,
) -> PacesetterNomination:
    """A firm is pacesetter no more. Raises ChoiceNotPossible where it is none, without a reason, or for a day before it
    was named; NotAllowed without a second person."""
    nomination, round_ = _opened(session, person, nomination_id, on, now)
    people.require_second(session, person, signed_by)
    check_state(nomination, NAMED)
    assert nomination.decided_on is not None
    if on < nomination.decided_on:
        words = N_("The firm was named on %(day)s; that was not revoked before.")
        raise ChoiceNotPossible(Message(words, {"day": nomination.decided_on.isoformat()}))
    nomination.revoked_why, nomination.state = reason(why), REVOKED
    nomination.revoked_on, nomination.revoked_by, nomination.revoked_at = on, person.name, audit.utc(now)
    session.flush()
    details = {"firm_id": nomination.firm_id, "year": str(round_.year), "on": on, "why": nomination.revoked_why}
    details |= people.approval(signed_by)
    audit.record(session, person, "revoke_pacesetter", f"nomination:{nomination.id}", details, now)
    return nomination


def _opened(
    session: Session, person: Person, nomination_id: int, on: date, now: datetime
) -> tuple[PacesetterNomination, PacesetterRound]:
    """The nomination and its round, while nobody else writes."""
    people.require(person, Action.KEEP_PACESETTERS)
    audit.check_day(on, now)
    lock_writes(session)
    nomination = session.get(PacesetterNomination, nomination_id, populate_existing=True)
    firm = None if nomination is None else nomination.firm_id
    people.require_there(session, person, Action.KEEP_PACESETTERS, firm, no_nomination(nomination_id))
    assert nomination is not None
    return nomination, round_there(session, nomination.round_id)
