"""The public notice of a review's candidates: published for some working days, objections received and answered.

An objection that comes after the last day is recorded too, and marked late. An answer may be changed until the proposal
is decided; the trail keeps what it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.opinions import working_days as calendar
from pipeline.opinions.requests import (
    CANDIDATES,
    OpinionNotPossible,
    begin,
    checked_text,
    checked_working_days,
)
from pipeline.store.pool_tables import NoticeFirm, NoticeObjection, PoolProposal, PublicNotice
from pipeline.store.tables import Firm
from pipeline.store.write_lock import lock_writes

LONGEST_NAME, LONGEST_TEXT = 200, 5_000


@dataclass(frozen=True)
class Objection:
    """What somebody objected to a firm. `upheld` None: not answered yet; `late`: received after the last day."""

    id: int
    firm_id: str
    received_on: date
    from_whom: str
    content: str
    late: bool
    upheld: bool | None
    answer: str | None
    answered_on: date | None
    answered_by: str | None


@dataclass(frozen=True)
class NoticedFirm:
    """A firm of a notice, by the proposal that it is about. `state`: open, or how that was decided."""

    firm_id: str
    name: str
    proposal_id: int
    action: str
    state: str


@dataclass(frozen=True)
class Notice:
    """A public notice with its firms and objections. `caution`: what to say of the last day, where it is uncertain."""

    id: int
    review_id: int
    begins_on: date
    ends_on: date
    working_days: int
    published_by: str
    firms: Sequence[NoticedFirm]
    objections: Sequence[Objection]
    caution: Message | None = None

    def over(self, on: date) -> bool:
        """Whether the last day has passed."""
        return on > self.ends_on


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
    """A notice of the review's candidates begins on a day; its last day is so many working days after that.

    `proposal_ids`: open proposals of the review; None: all of entry and promotion. Raises OpinionNotPossible where the
    review has a notice already, there is no such proposal, or the day is before the review's.
    """
    begin(session, person, review_id, on, now)
    before = session.scalar(select(PublicNotice).where(PublicNotice.review_id == review_id))
    if before is not None:
        raise OpinionNotPossible(
            Message(
                N_("This review has a notice already: no. %(notice)s, from %(begins)s to %(ends)s."),
                {"notice": before.id, "begins": f"{before.begins_on}", "ends": f"{before.ends_on}"},
            )
        )
    proposals = _proposals(session, review_id, proposal_ids)
    ends = calendar.working_day_after(on, checked_working_days(working_days)).day
    notice = PublicNotice(
        review_id=review_id,
        begins_on=on,
        ends_on=ends,
        working_days=working_days,
        published_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(notice)
    session.flush()
    session.add_all(NoticeFirm(notice_id=notice.id, proposal_id=one.id, firm_id=one.firm_id) for one in proposals)
    session.flush()
    details = {
        "review": review_id,
        "on": on,
        "ends_on": ends,
        "working_days": working_days,
        "firms": [one.firm_id for one in proposals],
    }
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
    """Record an objection to a firm of a notice. Raises OpinionNotPossible for a firm that is not in the notice, a day
    before it was published, blank texts, or the very same objection a second time."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(received_on, now)
    lock_writes(session)
    notice = session.get(PublicNotice, notice_id, populate_existing=True)
    if notice is None:
        raise NotFound(Message(N_("There is no public notice %(notice)s."), {"notice": notice_id}))
    named = select(NoticeFirm.id).where(NoticeFirm.notice_id == notice_id, NoticeFirm.firm_id == firm_id).limit(1)
    if session.scalar(named) is None:
        raise OpinionNotPossible(Message(N_("The notice does not name the firm %(firm)s."), {"firm": firm_id}))
    if received_on < notice.begins_on:
        raise OpinionNotPossible(
            Message(N_("The notice began on %(day)s; nobody objected before."), {"day": f"{notice.begins_on}"})
        )
    objection = NoticeObjection(
        notice_id=notice_id,
        firm_id=firm_id,
        received_on=received_on,
        from_whom=checked_text(from_whom, N_("Write who objects: 1 to %(longest)s letters."), LONGEST_NAME),
        content=checked_text(content, N_("Write what is objected: 1 to %(longest)s letters."), LONGEST_TEXT),
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    _check_not_recorded(session, objection)
    session.add(objection)
    session.flush()
    late = received_on > notice.ends_on
    details = {"firm_id": firm_id, "notice": notice_id, "on": received_on, "from_whom": objection.from_whom}
    details |= {"content_text": objection.content, "late": late}
    audit.record(session, person, "record_objection", f"objection:{objection.id}", details, now)
    return objection


def answer_objection(
    session: Session, person: Person, objection_id: int, upheld: bool, answer: str, on: date, now: datetime
) -> NoticeObjection:
    """What the bureau answers: the objection is upheld, or it is not. Raises OpinionNotPossible before the day on which
    it came, without a text, or once the firm's proposal is decided."""
    people.require(person, Action.KEEP_REVIEWS)
    audit.check_day(on, now)
    lock_writes(session)
    objection = session.get(NoticeObjection, objection_id, populate_existing=True)
    if objection is None:
        raise NotFound(Message(N_("There is no objection %(objection)s."), {"objection": objection_id}))
    if on < objection.received_on:
        raise OpinionNotPossible(
            Message(N_("The objection came on %(day)s; it was not answered before."), {"day": objection.received_on})
        )
    text = checked_text(answer, N_("Write the answer: 1 to %(longest)s letters."), LONGEST_TEXT)
    if objection.upheld is not None:
        _check_undecided(session, objection)
        if (objection.upheld, objection.answer) == (upheld, text):
            raise OpinionNotPossible(Message(N_("The objection is answered just so already.")))
    before = None
    if objection.upheld is not None:
        before = {
            "upheld": "yes" if objection.upheld else "no",
            "answer_text": objection.answer,
            "on": objection.answered_on,
        }
    objection.upheld, objection.answer, objection.answered_on, objection.answered_by = upheld, text, on, person.name
    session.flush()
    details = {"firm_id": objection.firm_id, "on": on, "upheld": "yes" if upheld else "no", "answer_text": text}
    details |= {} if before is None else {"was": before}
    audit.record(session, person, "answer_objection", f"objection:{objection.id}", details, now)
    return objection


def notice_of(session: Session, review_id: int) -> Notice | None:
    """The notice of a review with its firms and objections; None where there is none."""
    notice = session.scalar(select(PublicNotice).where(PublicNotice.review_id == review_id))
    if notice is None:
        return None
    firms = session.execute(
        select(NoticeFirm.firm_id, Firm.name, PoolProposal.id, PoolProposal.action, PoolProposal.state)
        .join(Firm, Firm.id == NoticeFirm.firm_id)
        .join(PoolProposal, PoolProposal.id == NoticeFirm.proposal_id)
        .where(NoticeFirm.notice_id == notice.id)
        .order_by(NoticeFirm.id)
    )
    objections = session.scalars(
        select(NoticeObjection).where(NoticeObjection.notice_id == notice.id).order_by(NoticeObjection.id)
    )
    return Notice(
        notice.id,
        review_id,
        notice.begins_on,
        notice.ends_on,
        notice.working_days,
        notice.published_by,
        [NoticedFirm(firm, name or firm, number, action, state) for firm, name, number, action, state in firms],
        [
            Objection(
                one.id,
                one.firm_id,
                one.received_on,
                one.from_whom,
                one.content,
                one.received_on > notice.ends_on,
                one.upheld,
                one.answer,
                one.answered_on,
                one.answered_by,
            )
            for one in objections
        ],
        calendar.caution(notice.begins_on, notice.ends_on),
    )


def _proposals(session: Session, review_id: int, proposal_ids: Sequence[int] | None) -> list[PoolProposal]:
    statement = select(PoolProposal).where(PoolProposal.review_id == review_id, PoolProposal.state == "open")
    if proposal_ids is None:
        statement = statement.where(PoolProposal.action.in_(CANDIDATES))
    found = session.scalars(statement.order_by(PoolProposal.id)).all()
    if proposal_ids is not None:
        wanted = set(proposal_ids)
        found = [one for one in found if one.id in wanted]
        if missing := sorted(wanted - {one.id for one in found}):
            raise OpinionNotPossible(
                Message(N_("No open proposal of this review: %(proposals)s."), {"proposals": missing})
            )
    if not found:
        raise OpinionNotPossible(Message(N_("No entry or promotion of this review is open.")))
    return list(found)


def _check_undecided(session: Session, objection: NoticeObjection) -> None:
    still_open = (
        select(PoolProposal.id)
        .join(NoticeFirm, NoticeFirm.proposal_id == PoolProposal.id)
        .where(
            NoticeFirm.notice_id == objection.notice_id,
            NoticeFirm.firm_id == objection.firm_id,
            PoolProposal.state == "open",
        )
    )
    if session.scalar(still_open.limit(1)) is None:
        raise OpinionNotPossible(
            Message(N_("The proposal about this firm is decided; the answer can no longer be changed."))
        )


def _check_not_recorded(session: Session, objection: NoticeObjection) -> None:
    """A second click, or the same request sent again, stores nothing twice."""
    same = select(NoticeObjection.id).where(
        NoticeObjection.notice_id == objection.notice_id,
        NoticeObjection.firm_id == objection.firm_id,
        NoticeObjection.from_whom == objection.from_whom,
        NoticeObjection.content == objection.content,
        NoticeObjection.received_on == objection.received_on,
    )
    if (number := session.scalar(same.limit(1))) is not None:
        text = N_("This very objection is recorded already, as no. %(objection)s; nothing was stored a second time.")
        raise OpinionNotPossible(Message(text, {"objection": number}))
