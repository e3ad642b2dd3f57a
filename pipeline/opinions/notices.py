"""The public notice: the candidates of a review are made known for some working days, and anybody may object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.opinions.requests import candidates
from pipeline.opinions.working_days import MOST_DAYS, working_day_after
from pipeline.store.pool_tables import NoticeFirm, NoticeObjection, PoolReview, PublicNotice
from pipeline.store.tables import Firm
from pipeline.store.write_lock import lock_writes

_LONGEST = 5_000


class NotPublished(ShownToPeople):
    """A notice, an objection or an answer that cannot be recorded as asked."""


@dataclass(frozen=True)
class Notice:
    """A notice with its firms (id, name) and what was objected, the oldest first."""

    notice: PublicNotice
    firms: list[tuple[str, str | None]]
    objections: list[NoticeObjection]


def publish(
    session: Session,
    person: Person,
    review_id: int,
    on: date,
    now: datetime,
    *,
    working_days: int = 5,
    proposal_ids: Sequence[int] | None = None,
) -> PublicNotice:
    """Make the candidates of a review public for so many working days from the next one on (None: who is to enter the
    golden-seed pool; where nobody is, every candidate). Raises NotPublished where there are none, or it was done."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    if session.get(PoolReview, review_id) is None:
        raise NotFound(Message(N_("There is no review %(review)s."), {"review": review_id}))
    if not 1 <= working_days <= MOST_DAYS:
        raise NotPublished(Message(N_("A notice lasts between 1 and %(most)s working days."), {"most": MOST_DAYS}))
    if session.scalar(select(PublicNotice.id).where(PublicNotice.review_id == review_id)) is not None:
        raise NotPublished(Message(N_("The candidates of this review were made public already.")))
    open_ones = candidates(session, review_id)
    golden = [one for one in open_ones if one.to_pool == "golden"]
    chosen = [one for one in (golden or open_ones) if proposal_ids is None or one.id in proposal_ids]
    if not chosen:
        raise NotPublished(Message(N_("This review has no candidate left to make public.")))
    notice = PublicNotice(
        review_id=review_id,
        begins_on=on,
        ends_on=working_day_after(on, working_days).day,
        working_days=working_days,
        published_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(notice)
    session.flush()
    session.add_all(NoticeFirm(notice_id=notice.id, proposal_id=one.id, firm_id=one.firm_id) for one in chosen)
    session.flush()
    details = {"review": review_id, "begins_on": on, "ends_on": notice.ends_on, "firms": len(chosen)}
    audit.record(session, person, "publish_notice", f"notice:{notice.id}", details, now)
    return notice


def object_to(
    session: Session,
    person: Person,
    notice_id: int,
    firm_id: str,
    from_whom: str,
    content: str,
    received_on: date,
    now: datetime,
) -> NoticeObjection:
    """Record what somebody objects to a firm of a notice. One that came after the last day is taken as well, and shown
    as late: the bureau says what it is worth."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(received_on, now)
    lock_writes(session)
    notice = session.get(PublicNotice, notice_id)
    if notice is None:
        raise NotFound(Message(N_("There is no notice %(notice)s."), {"notice": notice_id}))
    named = select(NoticeFirm.id).where(NoticeFirm.notice_id == notice_id, NoticeFirm.firm_id == firm_id)
    if session.scalar(named) is None:
        raise NotPublished(Message(N_("%(firm)s does not stand in this notice."), {"firm": firm_id}))
    if received_on < notice.begins_on:
        raise NotPublished(
            Message(N_("The notice began on %(day)s: nobody objected before."), {"day": f"{notice.begins_on}"})
        )
    if not from_whom.strip() or not content.strip():
        raise NotPublished(Message(N_("Write who objects, and what.")))
    if len(content) > _LONGEST or len(from_whom) > 200:
        raise NotPublished(Message(N_("The text is longer than %(most)s characters."), {"most": _LONGEST}))
    objection = NoticeObjection(
        notice_id=notice_id,
        firm_id=firm_id,
        received_on=received_on,
        from_whom=from_whom.strip(),
        content=content.strip(),
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(objection)
    session.flush()
    details = {"firm_id": firm_id, "on": received_on, "late": received_on > notice.ends_on}
    audit.record(session, person, "record_objection", f"objection:{objection.id}", details, now)
    return objection


def answer_objection(
    session: Session, person: Person, objection_id: int, upheld: bool, answer: str, on: date, now: datetime
) -> NoticeObjection:
    """Say whether an objection is right, and why; one that is upheld keeps the firm out of the pool."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    objection = session.get(NoticeObjection, objection_id, populate_existing=True)
    if objection is None:
        raise NotFound(Message(N_("There is no objection %(objection)s."), {"objection": objection_id}))
    if objection.upheld is not None:
        raise NotPublished(Message(N_("It was answered on %(day)s already."), {"day": f"{objection.answered_on}"}))
    if not answer.strip():
        raise NotPublished(Message(N_("Write what is answered, and why.")))
    if on < objection.received_on:
        raise NotPublished(
            Message(N_("It was received on %(day)s: nobody answered before."), {"day": f"{objection.received_on}"})
        )
    objection.upheld, objection.answer = upheld, answer.strip()[:_LONGEST]
    objection.answered_on, objection.answered_by = on, person.name
    session.flush()
    details = {"firm_id": objection.firm_id, "upheld": upheld, "on": on, "why": objection.answer}
    audit.record(session, person, "answer_objection", f"objection:{objection.id}", details, now)
    return objection


def notice_of(session: Session, review_id: int) -> Notice | None:
    """The notice of a review, None where there is none."""
    notice = session.scalar(select(PublicNotice).where(PublicNotice.review_id == review_id))
    if notice is None:
        return None
    firms = (
        select(NoticeFirm.firm_id, Firm.name)
        .join(Firm, Firm.id == NoticeFirm.firm_id)
        .where(NoticeFirm.notice_id == notice.id)
        .order_by(NoticeFirm.id)
    )
    objections = select(NoticeObjection).where(NoticeObjection.notice_id == notice.id).order_by(NoticeObjection.id)
    return Notice(notice, [(row[0], row[1]) for row in session.execute(firms)], list(session.scalars(objections)))
