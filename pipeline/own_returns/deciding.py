"""The district looks at a firm's return and passes it on or gives it back; the city accepts it or gives it back.

Where a district has nobody, the city decides about what was sent. What is accepted becomes an import of the source that
a firm's return is, known from that day.
"""

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.intake.importing import import_returns
from pipeline.intake.storing.reports import Preview
from pipeline.language import N_, Message
from pipeline.own_returns.form_of_firm import OwnForm, ReturnNotPossible, check, request_of
from pipeline.own_returns.handing_in import changing, none_there, record, shown_to
from pipeline.own_returns.return_lists import return_of
from pipeline.store.attachment_tables import AttachedFile
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import OwnReturn
from pipeline.tutoring.attachments.attachments import WrongAttachment, sha256_of
from pipeline.tutoring.visits import checked_note


def look_at(engine: Engine, person: Person, number: int, *, today: date, now: datetime) -> Preview:
    """What the import of a return would do on this day: which figures it corrects and adds, and what looks odd.

    Raises NotFound for one that this person does not reach.
    """
    with Session(engine) as session:
        form = form_of(session, return_of(session, person, number))
    return check(engine, form, today=today, now=now)


def pass_on(session: Session, person: Person, number: int, note: str, *, now: datetime) -> OwnReturn:
    """The district has looked at it, and has this to say; it goes on to the city."""
    made = changing(session, person, number, Action.PASS_RETURNS, "sent")
    made.state, made.note = "passed", checked_note(note, refused=ReturnNotPossible)
    made.passed_by, made.passed_at = person.name, audit.utc(now)
    return record(session, person, made, "pass_return", {"note": made.note}, now)


def give_back(session: Session, person: Person, number: int, note: str, *, now: datetime) -> OwnReturn:
    """The firm has to mend it: the note says what. A new draft can be kept at once."""
    made = changing(session, person, number, Action.PASS_RETURNS, "sent", "passed")
    made.state, made.note = "returned", checked_note(note, refused=ReturnNotPossible)
    made.closed_by, made.closed_at = person.name, audit.utc(now)
    return record(session, person, made, "give_back_return", {"note": made.note}, now)


def accept(engine: Engine, person: Person, number: int, *, today: date, now: datetime) -> int:
    """Store what was handed in; gives the number of the import. Scores follow in scoring.

    Should the program end between the decision and the import, the same call goes on from there: the file that is
    stored already is found. Raises ReturnNotPossible where it is closed or the checker finds something wrong by now.
    """
    people.require(person, Action.ACCEPT_RETURNS)
    with Session(engine) as session:
        form, unfinished = _form(session, person, number)
    if not unfinished:
        look = check(engine, form, today=today, now=now)
        if look.report is None:
            text = N_("It cannot be stored any more; give it back with this: %(why)s")
            raise ReturnNotPossible(Message(text, {"why": "; ".join(str(each.text) for each in look.problems[:3])}))
        with Session(engine) as session, session.begin():
            made = changing(session, person, number, Action.ACCEPT_RETURNS, "sent", "passed")
            made.state, made.closed_by, made.closed_at = "accepted", person.name, audit.utc(now)
            record(session, person, made, "accept_return", {}, now)
    with TemporaryDirectory() as folder:
        report = import_returns(engine, request_of(form, Path(folder), person, today, now))
    with Session(engine) as session, session.begin():
        made = changing(session, person, number, Action.ACCEPT_RETURNS, "accepted")
        made.import_id = report.import_id
        record(session, person, made, "store_return", {"import": report.import_id}, now)
    assert report.import_id is not None
    return report.import_id


def form_of(session: Session, made: OwnReturn) -> OwnForm:
    """The file of a return. Raises WrongAttachment where its bytes are not those that came in."""
    content = session.get(AttachedFile, made.sha256)
    if content is None or sha256_of(content.content) != made.sha256:
        text = N_("The file of return %(number)s is not the one that came in: its bytes were changed or are gone.")
        raise WrongAttachment(Message(text, {"number": made.id}))
    return OwnForm(made.firm_id, made.year, made.file_name, content.content)


# --- within ----------------------------------------------------------------------------------------


def _form(session: Session, person: Person, number: int) -> tuple[OwnForm, bool]:
    """The form, and whether it was accepted and not stored yet."""
    reached = select(OwnReturn).join(Firm, Firm.id == OwnReturn.firm_id).where(OwnReturn.id == number)
    reached = reached.where(people.visible_firms(person, Action.ACCEPT_RETURNS), shown_to(person))
    made = session.scalars(reached).first()
    if made is None:
        raise none_there(number)
    return form_of(session, made), made.state == "accepted" and made.import_id is None
