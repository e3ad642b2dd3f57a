"""What still stands against confirming that a firm enters the golden-seed pool: departments, then the public."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.language import N_, Message
from pipeline.opinions.words import CANNOT_SAY, CLEAN
from pipeline.reference.departments import DEPARTMENTS
from pipeline.store.pool_tables import (
    NoticeFirm,
    NoticeObjection,
    Opinion,
    OpinionRequest,
    PoolProposal,
    PublicNotice,
)


def gate(session: Session, proposal_id: int, on: date, *, opinions: Sequence[str], notice: bool) -> list[Message]:
    """A sentence for each thing that is missing on the day; none: the proposal can be confirmed.

    `opinions`: the departments that have to have answered clean; `notice`: whether a public notice has to have ended
    without an objection that is open or upheld.
    """
    proposal = session.get_one(PoolProposal, proposal_id)
    missing = _of_departments(session, proposal, on, opinions)
    return [*missing, *(_of_the_public(session, proposal, on) if notice else [])]


def _of_departments(session: Session, proposal: PoolProposal, on: date, departments: Sequence[str]) -> list[Message]:
    if not departments:
        return []
    statement = (
        select(OpinionRequest.department, OpinionRequest.due_on, Opinion.answer, Opinion.note, Opinion.answered_on)
        .join(Opinion, Opinion.request_id == OpinionRequest.id)
        .where(OpinionRequest.review_id == proposal.review_id, Opinion.firm_id == proposal.firm_id)
    )
    answered = {row.department: row for row in session.execute(statement)}
    missing = []
    for name in departments:
        row = answered.get(name)
        who = {"department": DEPARTMENTS[name]}
        if row is None:
            missing.append(Message(N_("%(department)s has not been asked."), who))
        elif row.answer is None or row.answered_on > on:
            due = {**who, "day": row.due_on.isoformat()}
            late = on > row.due_on
            text = N_("%(department)s has not answered, due on %(day)s: overdue.")
            missing.append(Message(text if late else N_("%(department)s has not answered, due on %(day)s."), due))
        elif row.answer == CANNOT_SAY:
            missing.append(Message(N_("%(department)s cannot say: %(note)s"), {**who, "note": row.note or ""}))
        elif row.answer != CLEAN:
            missing.append(Message(N_("%(department)s objects: %(note)s"), {**who, "note": row.note or ""}))
    return missing


def _of_the_public(session: Session, proposal: PoolProposal, on: date) -> list[Message]:
    statement = (
        select(PublicNotice)
        .join(NoticeFirm, NoticeFirm.notice_id == PublicNotice.id)
        .where(NoticeFirm.proposal_id == proposal.id)
    )
    notice = session.scalar(statement)
    if notice is None:
        return [Message(N_("It has not been made public yet."))]
    missing = []
    if on <= notice.ends_on:
        missing.append(Message(N_("The public notice lasts until %(day)s."), {"day": notice.ends_on.isoformat()}))
    objections = session.scalars(
        select(NoticeObjection).where(
            NoticeObjection.notice_id == notice.id, NoticeObjection.firm_id == proposal.firm_id
        )
    ).all()
    if any(one.upheld is None or (one.answered_on is not None and one.answered_on > on) for one in objections):
        missing.append(Message(N_("An objection has not been answered yet.")))
    if any(one.upheld for one in objections):
        missing.append(Message(N_("An objection to it was upheld.")))
    return missing
