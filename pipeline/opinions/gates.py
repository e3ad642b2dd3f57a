"""What still stands against confirming a proposal: departments that are waited for or object, the public notice."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts.departments import DEPARTMENTS
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.opinions.requests import CANNOT_SAY, NOT_CLEAN
from pipeline.store.pool_tables import (
    NoticeFirm,
    NoticeObjection,
    Opinion,
    OpinionRequest,
    PoolProposal,
    PublicNotice,
)


def gate(session: Session, proposal_id: int, on: date, *, opinions: tuple[str, ...], notice: bool) -> list[Message]:
    """What stands against confirming this proposal on a day, a sentence each; empty: nothing.

    `opinions`: the departments that the policy asks for; `notice`: whether it asks for a public notice. A firm that a
    notice names is bound by it, whether the policy asks for one or not. "Cannot say" settles nothing: what is not known
    confirms nobody, so somebody has to find out, and the department answers anew. Changes nothing. Raises NotFound for
    a proposal that there is not.
    """
    proposal = session.get(PoolProposal, proposal_id)
    if proposal is None:
        raise NotFound(Message(N_("There is no proposal %(proposal)s."), {"proposal": proposal_id}))
    return [*_opinions(session, proposal, on, opinions), *_notice(session, proposal, on, notice)]


def _opinions(session: Session, proposal: PoolProposal, on: date, departments: tuple[str, ...]) -> list[Message]:
    if not departments:
        return []
    rows = session.execute(
        select(OpinionRequest.department, OpinionRequest.due_on, Opinion)
        .join(Opinion, Opinion.request_id == OpinionRequest.id)
        .where(
            OpinionRequest.review_id == proposal.review_id,
            OpinionRequest.asked_on <= on,
            Opinion.firm_id == proposal.firm_id,
        )
    )
    asked = {department: (due, one) for department, due, one in rows}
    found = []
    for department in dict.fromkeys(departments):
        about: dict[str, object] = {"department": DEPARTMENTS.get(department, department)}
        if department not in asked:
            found.append(Message(N_("%(department)s has not been asked about this firm."), about))
            continue
        due, one = asked[department]
        if one.answer is None or (one.answered_on is not None and one.answered_on > on):
            text = N_("%(department)s has not answered; the answer is due on %(day)s.")
            text = N_("%(department)s has not answered; the answer was due on %(day)s.") if due < on else text
            found.append(Message(text, about | {"day": f"{due}"}))
        elif one.answer == NOT_CLEAN:
            found.append(Message(N_('%(department)s answered "not clean": %(note)s'), about | {"note": one.note or ""}))
        elif one.answer == CANNOT_SAY:
            text = N_(
                '%(department)s answered "cannot say": %(note)s Have it found out, and enter the new answer (on paper '
                "too) before the firm is confirmed."
            )
            found.append(Message(text, about | {"note": one.note or ""}))
    return found


def _notice(session: Session, proposal: PoolProposal, on: date, wanted: bool) -> list[Message]:
    named = session.scalar(
        select(PublicNotice)
        .join(NoticeFirm, NoticeFirm.notice_id == PublicNotice.id)
        .where(NoticeFirm.proposal_id == proposal.id, PublicNotice.begins_on <= on)
    )
    if named is None:
        return [Message(N_("No public notice has named this firm."))] if wanted else []
    found = []
    if on <= named.ends_on:
        found.append(Message(N_("The public notice runs until the end of %(day)s."), {"day": f"{named.ends_on}"}))
    objections = session.scalars(
        select(NoticeObjection)
        .where(NoticeObjection.notice_id == named.id, NoticeObjection.firm_id == proposal.firm_id)
        .order_by(NoticeObjection.id)
    )
    for one in objections:
        about: dict[str, object] = {"number": one.id, "who": one.from_whom, "day": f"{one.received_on}"}
        if one.upheld is None:
            text = N_("Objection no. %(number)s (%(who)s, %(day)s) is not answered.")
            found.append(Message(text, about))
        elif one.upheld:
            text = N_("Objection no. %(number)s (%(who)s, %(day)s) was upheld: %(answer)s")
            found.append(Message(text, about | {"answer": one.answer or ""}))
    return found
