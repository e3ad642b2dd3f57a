"""A firm objects to a figure, a finding or a decision, and takes the objection back.

Of one thing at most one objection of a firm is open. A figure's right value goes through the checker of the city's form
before it is kept, so that what is accepted later can be stored.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.catalog import catalog
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.objections import corrections
from pipeline.objections.corrections import Correction, ObjectionNotPossible, Seen
from pipeline.objections.stated_figures import stated_figures
from pipeline.objections.subject import DECISION, FIGURE, FINDING, Subject
from pipeline.opinions.working_days import working_day_after
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import CITY, Firm, ImportFinding
from pipeline.store.tutoring_tables import FirmObjection
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.attachments import MOST_FILES, sha256_of
from pipeline.tutoring.attachments.file_checks import CheckedFile
from pipeline.tutoring.gates import working_days_to_answer
from pipeline.tutoring.visits import checked_note

LONGEST_VALUE, LONGEST_SIGNATURE = 200, 80
#: Decisions that a firm may object to; what nobody decided is none.
DECIDED = ("confirmed", "overruled")


def object_to(
    engine: Engine,
    person: Person,
    firm_id: str,
    subject: Subject,
    why: str,
    asked: str | None = None,
    files: Sequence[CheckedFile] = (),
    *,
    today: date,
    now: datetime,
    raised_for: str | None = None,
) -> int:
    """Take in an objection; gives its number. It is answered within the working days that hold on this day.

    `asked`: the right value of a figure, as the city's form asks for it; `files`: looked through before anybody had to
    wait for them, of a figure one at least, which shows the value; `raised_for`: who signed the paper that somebody of
    the bureau enters. Raises ObjectionNotPossible where something is lacking, the value cannot be read or stands there
    already, or the same is objected to already; NotFound where there is no such thing of this firm.
    """
    people.require(person, Action.OBJECT)
    with Session(engine) as session:
        people.require(person, Action.OBJECT, firm_id, session=session)
        _check_subject(session, firm_id, subject)
    signature = _signature(person, raised_for)
    reason = checked_note(why, refused=ObjectionNotPossible)
    each = {sha256_of(file.content): file for file in files}
    _check_files(subject, len(each))
    value, source, found = None, None, None
    if subject.about == FIGURE:
        value = checked_note(asked or "", LONGEST_VALUE, _NoValue)
        correction = correction_of(engine, person, firm_id, subject, value, today)
        source, found = correction.source, corrections.seen(engine, correction, today=today, now=now)
    with Session(engine) as session, session.begin():
        lock_writes(session)
        people.require(person, Action.OBJECT, firm_id, session=session)
        _check_subject(session, firm_id, subject)
        _check_not_open(session, firm_id, subject)
        days = working_days_to_answer("objection_working_days", today)
        made = FirmObjection(
            firm_id=firm_id,
            about=subject.about,
            fact=subject.fact,
            year=subject.year,
            source=source,
            finding_id=subject.finding_id,
            proposal_id=subject.proposal_id,
            shown=None if found is None else found.old,
            asked=value,
            why=reason,
            raised_by=person.name,
            raised_for=signature,
            raised_on=today,
            raised_at=audit.utc(now),
            due_on=None if days is None else working_day_after(today, days).day,
        )
        session.add(made)
        session.flush()
        for file in each.values():
            attachments.keep(session, person, file, attachments.OBJECTION, made.id, now=now)
        details = {"firm_id": firm_id, **_told(made), "due_on": made.due_on, "signed_by": signature}
        details |= {"why": reason, "file_hashes": sorted(each)}
        known = {name: value for name, value in details.items() if value not in (None, [])}
        audit.record(session, person, "raise_objection", f"firm_objection:{made.id}", known, now)
        return made.id


def withdraw(session: Session, person: Person, number: int, why: str, *, today: date, now: datetime) -> FirmObjection:
    """The firm, or who entered its paper, takes an objection back before it is answered, with a reason."""
    made = open_objection(session, person, number, Action.OBJECT)
    reason = checked_note(why, refused=ObjectionNotPossible)
    made.withdrawn_by, made.withdrawn_on, made.withdrawn_why = person.name, today, reason
    session.flush()
    details = {"firm_id": made.firm_id, **_told(made), "why": reason}
    audit.record(session, person, "withdraw_objection", f"firm_objection:{made.id}", details, now)
    return made


def correction_of(engine: Engine, person: Person, firm_id: str, subject: Subject, said: str, today: date) -> Correction:
    """The correction that an objection to a figure asks for: of the source whose figure is in use, or of the firm's own
    return where nobody stated one."""
    assert subject.fact is not None
    assert subject.year is not None
    with Session(engine) as session:
        firm = session.get_one(Firm, firm_id)
        stated = stated_figures(session, person, firm_id, today)
        source = next(
            (one.source for one in stated if (one.fact, one.year) == (subject.fact, subject.year)),
            corrections.own_source(),
        )
        return Correction(firm_id, firm.name or firm_id, subject.fact, subject.year, source, said)


def check_value(
    engine: Engine, person: Person, firm_id: str, subject: Subject, said: str, *, today: date, now: datetime
) -> Seen:
    """What the checker says of a value before an objection is sent; nothing is stored."""
    people.require(person, Action.OBJECT)
    with Session(engine) as session:
        people.require(person, Action.OBJECT, firm_id, session=session)
        _check_subject(session, firm_id, subject)
    value = checked_note(said, LONGEST_VALUE, _NoValue)
    return corrections.seen(engine, correction_of(engine, person, firm_id, subject, value, today), today=today, now=now)


def open_objection(session: Session, person: Person, number: int, action: Action) -> FirmObjection:
    """An objection that can still be answered or taken back, locked. Raises NotFound for one that this person does not
    reach, ObjectionNotPossible for one that is closed."""
    people.require(person, action)
    lock_writes(session)
    made = session.get(FirmObjection, number, populate_existing=True)
    if made is None or not reaches(session, person, made.firm_id, action):
        raise NotFound(Message(N_("There is no objection %(objection)s."), {"objection": number}))
    if made.withdrawn_on is not None:
        raise ObjectionNotPossible(
            Message(
                N_("This objection was withdrawn by %(who)s on %(day)s."),
                {"who": made.withdrawn_by, "day": f"{made.withdrawn_on}"},
            )
        )
    if made.accepted is not None:
        raise ObjectionNotPossible(
            Message(
                N_("This objection was answered by %(who)s on %(day)s."),
                {"who": made.answered_by, "day": f"{made.answered_on}"},
            )
        )
    return made


def reaches(session: Session, person: Person, firm_id: str, action: Action) -> bool:
    """Whether this person may do this for this firm."""
    wanted = select(Firm.id).where(Firm.id == firm_id, people.visible_firms(person, action))
    return session.scalar(wanted) is not None


# --- within ----------------------------------------------------------------------------------------


class _NoValue(ObjectionNotPossible):
    """Said with the field that lacks it."""

    def __init__(self, message: Message) -> None:
        super().__init__(Message(N_("The right value: %(why)s"), {"why": message}))


def _told(made: FirmObjection) -> dict[str, object]:
    told = {
        "about": made.about,
        "fact": made.fact,
        "year": made.year,
        "finding": made.finding_id,
        "proposal": made.proposal_id,
        "before": made.shown,
        "after": made.asked,
    }
    return {name: value for name, value in told.items() if value is not None}


def _check_subject(session: Session, firm_id: str, subject: Subject) -> None:
    firm = session.get_one(Firm, firm_id)
    if firm.cohort != CITY:
        raise ObjectionNotPossible(Message(N_("Only firms of the city object here.")))
    if subject.about == FIGURE:
        if subject.fact not in catalog() or corrections.field_of(subject.fact) is None or subject.year is None:
            raise ObjectionNotPossible(
                Message(N_("The city's form does not ask for this figure: write a message to the bureau instead."))
            )
    elif subject.about == FINDING:
        finding = session.get(ImportFinding, subject.finding_id or 0)
        if finding is None or finding.firm_id != firm_id:
            raise NotFound(Message(N_("There is no finding %(id)s."), {"id": subject.finding_id}))
        if finding.state != "open":
            raise ObjectionNotPossible(Message(N_("This finding is settled already.")))
    elif subject.about == DECISION:
        proposal = session.get(PoolProposal, subject.proposal_id or 0)
        if proposal is None or proposal.firm_id != firm_id or proposal.state not in DECIDED:
            raise NotFound(Message(N_("There is no decision %(id)s."), {"id": subject.proposal_id}))
    else:
        raise ObjectionNotPossible(Message(N_("One objects to a figure, a finding or a decision.")))


def _check_not_open(session: Session, firm_id: str, subject: Subject) -> None:
    of = FirmObjection
    same = session.scalar(
        select(of.id)
        .where(
            of.firm_id == firm_id,
            of.about == subject.about,
            of.fact.is_not_distinct_from(subject.fact),
            of.year.is_not_distinct_from(subject.year),
            of.finding_id.is_not_distinct_from(subject.finding_id),
            of.proposal_id.is_not_distinct_from(subject.proposal_id),
            of.accepted.is_(None),
            of.withdrawn_on.is_(None),
        )
        .limit(1)
    )
    if same is not None:
        text = N_("Objection %(number)s about this is open already; nothing was stored a second time.")
        raise ObjectionNotPossible(Message(text, {"number": same}))


def _check_files(subject: Subject, count: int) -> None:
    if count > MOST_FILES:
        text = N_("An objection has at most %(most)s files; there are %(found)s.")
        raise ObjectionNotPossible(Message(text, {"most": MOST_FILES, "found": count}))
    if subject.about == FIGURE and not count:
        raise ObjectionNotPossible(Message(N_("Attach a file that shows the right value.")))


def _signature(person: Person, raised_for: str | None) -> str | None:
    """Who signed the paper that somebody else enters; of the firm's own account nobody."""
    if person.policy.speaks_for_one_firm:
        if raised_for:
            raise ObjectionNotPossible(Message(N_("Only a paper is signed by somebody else.")))
        return None
    if not (raised_for or "").strip() and not person.policy.acts_alone:
        raise ObjectionNotPossible(Message(N_("It is the firm that objects: say who signed its paper.")))
    return None if not (raised_for or "").strip() else checked_note(raised_for or "", LONGEST_SIGNATURE)
