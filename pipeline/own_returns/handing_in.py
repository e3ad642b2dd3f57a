"""A firm keeps a draft of its return, sends it, and takes it back while nobody has accepted it.

A draft is kept only when the checker finds nothing wrong; a newer draft takes the place of an older one, which stays on
record. Of a year at most one return of a firm is open.
"""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, select, true
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.intake.reading.problems import Problem
from pipeline.language import N_, Message
from pipeline.own_returns.form_of_firm import OwnForm, ReturnNotPossible, check, firm_of_the_city
from pipeline.own_returns.state import OPEN, STATES
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import OwnReturn
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.attachments.attachments import keep_bytes
from pipeline.tutoring.attachments.file_names import shown_name
from pipeline.tutoring.visits import checked_note

REPLACED = "replaced"


class ReturnRefused(ReturnNotPossible):
    """A form in which the checker finds something wrong. `problems`: all of it; `marked`: the workbook with each of
    them at its cell, None where the file cannot be read at all."""

    def __init__(self, message: Message, problems: list[Problem], marked: bytes | None) -> None:
        super().__init__(message)
        self.problems, self.marked = problems, marked


def keep_draft(engine: Engine, person: Person, form: OwnForm, *, today: date, now: datetime) -> int:
    """Keep a form as the firm's draft of its year; gives its number. An open draft is replaced.

    Raises ReturnRefused with every problem, ReturnNotPossible where the year's return is on its way, NotAllowed.
    """
    people.require(person, Action.HAND_IN)
    with Session(engine) as session:
        firm_of_the_city(session, person, Action.HAND_IN, form.firm_id)
    look = check(engine, form, today=today, now=now)
    if look.report is None:
        raise ReturnRefused(_message(look.message), look.problems, look.annotated())
    with Session(engine) as session, session.begin():
        lock_writes(session)
        firm_of_the_city(session, person, Action.HAND_IN, form.firm_id)
        of = OwnReturn
        earlier = session.scalars(
            select(of).where(of.firm_id == form.firm_id, of.year == form.year, of.state.in_(OPEN)),
            execution_options={"populate_existing": True},
        ).first()
        digest = keep_bytes(session, form.content)
        if earlier is not None and earlier.state != "draft":
            about = {"number": earlier.id, "state": STATES[earlier.state], "year": form.year}
            text = N_("Return %(number)s of %(year)s is on its way already (%(state)s): withdraw it first.")
            raise ReturnNotPossible(Message(text, about))
        if earlier is not None and earlier.sha256 == digest:
            return earlier.id
        if earlier is not None:
            earlier.state, earlier.note = "withdrawn", REPLACED
            earlier.closed_by, earlier.closed_at = person.name, audit.utc(now)
        made = OwnReturn(
            firm_id=form.firm_id,
            year=form.year,
            state="draft",
            file_name=shown_name(form.name),
            sha256=digest,
            made_by=person.name,
            made_at=audit.utc(now),
        )
        session.add(made)
        session.flush()
        details = {"firm_id": made.firm_id, "year": made.year, "file": made.file_name, "content": digest}
        audit.record(session, person, "draft_return", f"own_return:{made.id}", details, now)
        return made.id


def send(session: Session, person: Person, number: int, *, now: datetime) -> OwnReturn:
    """The draft goes to the firm's district. Raises ReturnNotPossible for what is no draft."""
    made = changing(session, person, number, Action.HAND_IN, "draft")
    made.state, made.sent_by, made.sent_at = "sent", person.name, audit.utc(now)
    return record(session, person, made, "send_return", {}, now)


def withdraw(session: Session, person: Person, number: int, why: str, *, now: datetime) -> OwnReturn:
    """The firm takes it back before it is accepted, with a reason; it stays on record."""
    made = changing(session, person, number, Action.HAND_IN, *OPEN)
    made.state, made.note = "withdrawn", checked_note(why, refused=ReturnNotPossible)
    made.closed_by, made.closed_at = person.name, audit.utc(now)
    return record(session, person, made, "withdraw_return", {"why": made.note}, now)


def shown_to(person: Person) -> ColumnElement[bool]:
    """The condition on `OwnReturn` that this person may know of it: what was never sent, a draft or one that was
    withdrawn or replaced as a draft, is its firm's alone."""
    if person.policy.speaks_for_one_firm or person.policy.acts_alone:
        return true()
    return OwnReturn.sent_at.is_not(None)


def changing(session: Session, person: Person, number: int, action: Action, *states: str) -> OwnReturn:
    """A return that this person may change, locked. Raises NotFound for one that they do not reach, ReturnNotPossible
    for one that is in none of these states."""
    people.require(person, action)
    lock_writes(session)
    reached = select(OwnReturn).join(Firm, Firm.id == OwnReturn.firm_id)
    made = session.scalars(
        reached.where(OwnReturn.id == number, people.visible_firms(person, action), shown_to(person)),
        execution_options={"populate_existing": True},
    ).first()
    if made is None:
        raise none_there(number)
    if made.state not in states:
        text = N_("Return %(number)s is %(state)s: this cannot be done any more.")
        raise ReturnNotPossible(Message(text, {"number": number, "state": STATES[made.state]}))
    return made


def record(
    session: Session, person: Person, made: OwnReturn, done: str, details: dict[str, object], now: datetime
) -> OwnReturn:
    session.flush()
    about = {"firm_id": made.firm_id, "year": made.year, **details}
    audit.record(session, person, done, f"own_return:{made.id}", about, now)
    return made


def none_there(number: int) -> NotFound:
    return NotFound(Message(N_("There is no return %(number)s."), {"number": number}))


def _message(said: Message | str) -> Message:
    return said if isinstance(said, Message) else Message(N_("%(what)s"), {"what": said})
