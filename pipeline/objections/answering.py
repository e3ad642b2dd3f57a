"""The bureau answers an objection: what is right is corrected, what is not gets a reason.

A figure is corrected by an import of the source that stated it, a finding is settled. A decision that was objected to
rightly is taken anew by whoever decides: the answer says so.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.intake.storing.findings import settle_finding
from pipeline.language import N_, Message
from pipeline.objections import corrections
from pipeline.objections.corrections import Correction, ObjectionNotPossible
from pipeline.objections.objecting import correction_of, open_objection, reaches
from pipeline.objections.subject import FIGURE, FINDING, Subject
from pipeline.store.tables import Firm, ImportFinding
from pipeline.store.tutoring_tables import FirmObjection
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.visits import checked_note


@dataclass(frozen=True)
class Answered:
    """`import_id`: what corrected the figure; None where nothing had to be."""

    id: int
    firm_id: str
    accepted: bool
    import_id: int | None


def answer(
    engine: Engine, person: Person, number: int, accepted: bool, why: str, *, today: date, now: datetime
) -> Answered:
    """Accept an objection or refuse it, with a reason; scores follow in scoring.explain.answered_objections.

    Accepting one about a figure stores its correction, known from today. Should the program end between the two, the
    same call stores the correction that is still lacking. Raises ObjectionNotPossible where it is closed, the reason is
    blank, or the value is no longer one that can be stored; NotFound where this person does not reach it.
    """
    people.require(person, Action.ANSWER_OBJECTIONS)
    reason = checked_note(why, refused=ObjectionNotPossible)
    correction, unfinished = (_to_store(engine, person, number) if accepted else None) or (None, False)
    if not unfinished:
        if correction is not None:
            _check_still_storable(engine, person, correction, today, now)
        with Session(engine) as session, session.begin():
            made = open_objection(session, person, number, Action.ANSWER_OBJECTIONS)
            made.accepted, made.answer, made.answered_by = accepted, reason, person.name
            made.answered_on, made.answered_at = today, audit.utc(now)
            session.flush()
            if accepted and made.about == FINDING:
                _settle(session, made, person, reason, now)
            done = "accept_objection" if accepted else "refuse_objection"
            details = {"firm_id": made.firm_id, "about": made.about, "on": today, "why": reason}
            audit.record(session, person, done, f"firm_objection:{made.id}", details, now)
            if correction is None:
                return Answered(made.id, made.firm_id, accepted, None)
    assert correction is not None
    import_id = corrections.stored(engine, correction, number, person, today=today, now=now)
    with Session(engine) as session, session.begin():
        lock_writes(session)
        made = session.get_one(FirmObjection, number, populate_existing=True)
        made.import_id = import_id
        session.flush()
        details = {"firm_id": made.firm_id, "import": import_id}
        audit.record(session, person, "correct_by_objection", f"firm_objection:{number}", details, now)
        return Answered(number, made.firm_id, True, import_id)


# --- within ----------------------------------------------------------------------------------------


def _to_store(engine: Engine, person: Person, number: int) -> tuple[Correction, bool] | None:
    """The correction of an objection to a figure that this person reaches, and whether an earlier call accepted it and
    did not come to store it; None where there is nothing to store, which is said where the objection is locked."""
    with Session(engine) as session:
        made = session.get(FirmObjection, number)
        if made is None or made.about != FIGURE or made.withdrawn_on is not None or made.import_id is not None:
            return None
        if made.accepted is False or not reaches(session, person, made.firm_id, Action.ANSWER_OBJECTIONS):
            return None
        return _correction(session, made), made.accepted is True


def _check_still_storable(engine: Engine, person: Person, correction: Correction, today: date, now: datetime) -> None:
    """What was good when the firm wrote it may have been stated by somebody else since."""
    subject = Subject(FIGURE, correction.fact, correction.year)
    in_use = correction_of(engine, person, correction.firm_id, subject, correction.said, today)
    if in_use.source != correction.source:
        text = N_(
            "Another source states this figure since. Refuse the objection with that reason, or ask the firm to object "
            "to the figure in use."
        )
        raise ObjectionNotPossible(Message(text))
    corrections.seen(engine, correction, today=today, now=now)


def _correction(session: Session, made: FirmObjection) -> Correction:
    firm = session.get_one(Firm, made.firm_id)
    assert made.fact is not None
    assert made.year is not None
    source = made.source or corrections.own_source()
    return Correction(made.firm_id, firm.name or made.firm_id, made.fact, made.year, source, made.asked or "")


def _settle(session: Session, made: FirmObjection, person: Person, reason: str, now: datetime) -> None:
    finding = session.get(ImportFinding, made.finding_id)
    if finding is not None and finding.state == "open":
        settle_finding(session, finding.id, "explained", reason, by=person, now=now)
