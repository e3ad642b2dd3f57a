"""Objections as lists show them, and how many there are, how long they take, and how many were right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.catalog import catalog
from pipeline.errors import NotFound
from pipeline.intake.reading.problems import finding_message
from pipeline.language import N_, Label, Message
from pipeline.objections.corrections import as_asked
from pipeline.objections.subject import DECISION, FIGURE, STATES
from pipeline.opinions.working_days import working_days_between
from pipeline.store.attachment_tables import Attachment
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import Firm, ImportFinding
from pipeline.store.tutoring_tables import FirmObjection
from pipeline.tutoring.attachments import attachments

#: What was decided, as the firm reads it.
_DECISIONS = {
    "enter": Label("入库", "admitted"),
    "promote": Label("升入金种子库", "raised to the golden-seed pool"),
    "demote": Label("退回种子库", "put back to the seed pool"),
    "exit": Label("出库", "left the pool"),
    "renew": Label("续期", "renewed"),
}


@dataclass(frozen=True)
class ObjectionFile:
    id: int
    file_name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class ObjectionSeen:
    """An objection. `what`: what it is about, in words; `state`: one of STATES; `days_late`: of an open one, after its
    due day; `asked`: with the form's unit; `import_id`: what corrected the figure."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    about: str
    what: Message
    fact: str | None
    year: int | None
    finding_id: int | None
    proposal_id: int | None
    shown: str | None
    asked: str | None
    why: str
    raised_by: str
    raised_for: str | None
    raised_on: date
    due_on: date | None
    days_late: int
    state: str
    answer: str | None
    answered_by: str | None
    answered_on: date | None
    withdrawn_why: str | None
    import_id: int | None
    files: Sequence[ObjectionFile]


@dataclass(frozen=True)
class ObjectionCounts:
    """`late`: open ones after their due day, `answered_late`: answered after it; `median_working_days`: from the
    day one came to its answer; `right_share`: of the answered ones, those that were accepted, None where none was."""

    raised: int
    open: int
    late: int
    accepted: int
    refused: int
    withdrawn: int
    answered_late: int
    median_working_days: float | None
    right_share: float | None


@dataclass(frozen=True)
class Decision:
    """A decision about the pools that a firm may object to."""

    id: int
    what: Message
    decided_on: date | None
    overruled: bool


def objections(
    session: Session, person: Person, on: date, *, firm_id: str | None = None, state: str | None = None
) -> list[ObjectionSeen]:
    """The objections that this person reaches: open ones first, the one due soonest on top, then the latest closed."""
    people.require(person, Action.SEE_OBJECTIONS)
    statement = _reaching(select(FirmObjection, Firm.name, Firm.district_code, ImportFinding, PoolProposal), person)
    statement = statement.outerjoin(ImportFinding, ImportFinding.id == FirmObjection.finding_id)
    statement = statement.outerjoin(PoolProposal, PoolProposal.id == FirmObjection.proposal_id)
    statement = statement.where(FirmObjection.raised_on <= on)
    if firm_id is not None:
        statement = statement.where(FirmObjection.firm_id == firm_id)
    if state is not None:
        statement = statement.where(_STATE.is_not_distinct_from(state))
    rows = session.execute(statement).all()
    files = _files(session, person, [row[0].id for row in rows])
    found = [_seen(row, on, files) for row in rows]
    return sorted(found, key=_first)


def objection(session: Session, person: Person, number: int, on: date) -> ObjectionSeen:
    """One objection. Raises NotFound where this person does not reach it."""
    firm = session.scalar(_reaching(select(FirmObjection.firm_id), person).where(FirmObjection.id == number))
    found = [] if firm is None else objections(session, person, on, firm_id=firm)
    for one in found:
        if one.id == number:
            return one
    raise NotFound(Message(N_("There is no objection %(objection)s."), {"objection": number}))


def waiting(session: Session, person: Person, on: date) -> tuple[int, int]:
    """How many objections wait for this person's answer, and how many of these are late."""
    if not people.may(person, Action.ANSWER_OBJECTIONS):
        return 0, 0
    late = func.coalesce(func.sum(case((FirmObjection.due_on < on, 1), else_=0)), 0)
    counted = _reaching(select(func.count(FirmObjection.id), late), person, Action.ANSWER_OBJECTIONS)
    row = session.execute(counted.where(_STATE == "open", FirmObjection.raised_on <= on)).one()
    return int(row[0]), int(row[1])


def counts(session: Session, person: Person, on: date) -> ObjectionCounts:
    """How many objections came, how they ended, and how long they took, of those that this person reaches."""
    people.require(person, Action.SEE_OBJECTIONS)
    of = FirmObjection
    rows = session.execute(
        _reaching(select(_STATE, of.raised_on, of.due_on, of.answered_on), person).where(of.raised_on <= on)
    ).all()
    by_state = {name: sum(row[0] == name for row in rows) for name in STATES}
    answered = [row for row in rows if row[0] in ("accepted", "refused")]
    took = sorted(working_days_between(row.raised_on, row.answered_on).days for row in answered)
    middle = len(took) // 2
    median = None if not took else float(took[middle]) if len(took) % 2 else (took[middle - 1] + took[middle]) / 2
    return ObjectionCounts(
        raised=len(rows),
        open=by_state["open"],
        late=sum(row[0] == "open" and row.due_on is not None and row.due_on < on for row in rows),
        accepted=by_state["accepted"],
        refused=by_state["refused"],
        withdrawn=by_state["withdrawn"],
        answered_late=sum(row.due_on is not None and row.answered_on > row.due_on for row in answered),
        median_working_days=median,
        right_share=by_state["accepted"] / len(answered) if answered else None,
    )


def decisions_of(session: Session, person: Person, firm_id: str, on: date) -> list[Decision]:
    """What was decided about a firm's place in the pools by a day, the latest first."""
    people.require(person, Action.SEE_POOLS, firm_id, session=session)
    of = PoolProposal
    decided = select(of).where(of.firm_id == firm_id, of.state.in_(("confirmed", "overruled")), of.decided_on <= on)
    rows = session.scalars(decided.order_by(of.decided_on.desc(), of.id.desc()))
    return [Decision(row.id, _decision(row), row.decided_on, row.state == "overruled") for row in rows]


def file_of(session: Session, person: Person, number: int) -> tuple[ObjectionFile, bytes]:
    """A file of an objection with its bytes. Raises NotFound where there is none or it is not theirs to read,
    WrongAttachment where the bytes are not those that were attached."""
    wanted = _reaching(select(Attachment), person, join_from=Attachment).where(Attachment.id == number)
    row = session.scalars(wanted).first()
    if row is None:
        raise attachments.none_there(number)
    return ObjectionFile(row.id, row.file_name, row.media_type, row.size), attachments.bytes_of(session, row)


# --- within ----------------------------------------------------------------------------------------

_STATE = case(
    (FirmObjection.withdrawn_on.is_not(None), "withdrawn"),
    (FirmObjection.accepted.is_(True), "accepted"),
    (FirmObjection.accepted.is_(False), "refused"),
    else_="open",
)


def _reaching(
    statement: Any, person: Person, action: Action = Action.SEE_OBJECTIONS, join_from: Any = None
) -> Select[Any]:
    """A statement over objections (or their files), of the firms that this person reaches."""
    if join_from is not None:
        statement = statement.join(FirmObjection, FirmObjection.id == join_from.objection_id)
    else:
        statement = statement.select_from(FirmObjection)
    joined: Select[Any] = statement.join(Firm, Firm.id == FirmObjection.firm_id)
    return joined.where(people.visible_firms(person, action))


def _files(session: Session, person: Person, numbers: Sequence[int]) -> dict[int, list[ObjectionFile]]:
    found: dict[int, list[ObjectionFile]] = {}
    if numbers:
        wanted = _reaching(select(Attachment), person, join_from=Attachment).order_by(Attachment.id)
        wanted = wanted.where(Attachment.objection_id.in_(numbers))
        for row in session.scalars(wanted):
            found.setdefault(row.objection_id, []).append(
                ObjectionFile(row.id, row.file_name, row.media_type, row.size)
            )
    return found


def _seen(found: Row[Any], on: date, files: dict[int, list[ObjectionFile]]) -> ObjectionSeen:
    row, name, district, finding, proposal = tuple(found)
    state = {None: "open", True: "accepted", False: "refused"}[row.accepted]
    state = "withdrawn" if row.withdrawn_on is not None else state
    late = (on - row.due_on).days if state == "open" and row.due_on is not None and row.due_on < on else 0
    return ObjectionSeen(
        id=row.id,
        firm_id=row.firm_id,
        firm_name=name,
        district_code=district,
        about=row.about,
        what=_what(row, finding, proposal),
        fact=row.fact,
        year=row.year,
        finding_id=row.finding_id,
        proposal_id=row.proposal_id,
        shown=row.shown,
        asked=None if row.asked is None or row.fact is None else as_asked(row.fact, row.asked),
        why=row.why,
        raised_by=row.raised_by,
        raised_for=row.raised_for,
        raised_on=row.raised_on,
        due_on=row.due_on,
        days_late=late,
        state=state,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_on=row.answered_on,
        withdrawn_why=row.withdrawn_why,
        import_id=row.import_id,
        files=tuple(files.get(row.id, ())),
    )


def _what(row: FirmObjection, finding: ImportFinding | None, proposal: PoolProposal | None) -> Message:
    if row.about == FIGURE:
        fact = catalog().get(row.fact or "")
        named = Label(row.fact or "", row.fact or "") if fact is None else Label(fact.zh, fact.en)
        return Message(N_("%(fact)s of %(year)s"), {"fact": named, "year": row.year})
    if row.about == DECISION and proposal is not None:
        return _decision(proposal)
    if finding is not None:
        return finding_message(finding.msgid, finding.params)
    return Message(N_("%(what)s"), {"what": row.about})


def _decision(proposal: PoolProposal) -> Message:
    params = {"decision": _DECISIONS[proposal.action], "day": f"{proposal.decided_on}"}
    if proposal.state == "overruled":
        return Message(N_("Not taken over on %(day)s: %(decision)s"), params)
    return Message(N_("%(decision)s on %(day)s"), params)


def _first(one: ObjectionSeen) -> tuple[Any, ...]:
    if one.state == "open":
        return 0, one.due_on or date.max, one.id
    closed = one.answered_on or one.raised_on
    return 1, -closed.toordinal(), -one.id
