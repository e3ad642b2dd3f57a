"""What goes out of the pools on paper: what a review has decided, whom a department is asked about, who stands in a
public notice, and what changed between two days.

    reviews ──► published.py

Every function takes who asks, and gives the firms that this person may export; an officer of a district gets those of
the district. Nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.pools import deciding, reviews
from pipeline.pools.model import GOLDEN, SEED
from pipeline.store.current import review_of
from pipeline.store.pool_tables import (
    NoticeFirm,
    Opinion,
    OpinionRequest,
    PoolProposal,
    PoolReview,
    PublicNotice,
)
from pipeline.store.tables import Firm

#: What a confirmed proposal can have changed, in the order in which papers tell it.
CHANGES = ("enter", "promote", "renew", "demote", "exit")


@dataclass(frozen=True)
class Listed:
    """A firm on a paper, and what becomes of it. `to_pool` None: it leaves the pools. `on` None: not decided yet."""

    firm_id: str
    name: str
    district_code: str | None
    action: str
    from_pool: str | None
    to_pool: str | None
    on: date | None
    reason: Message
    why: str


@dataclass(frozen=True)
class Decided:
    """What was confirmed of a review. `on`: the last day on which anything was; `asked`, `noticed`: departments were
    asked, and the candidates made public, before."""

    review: int
    as_of: date
    on: date
    asked: bool
    noticed: bool
    firms: Sequence[Listed]


@dataclass(frozen=True)
class Asked:
    """Whom one department is asked about, by when it is to answer."""

    review: int
    as_of: date
    department: str
    asked_on: date
    due_on: date
    firms: Sequence[Listed]


@dataclass(frozen=True)
class Noticed:
    """Who stands in a public notice, and for how long."""

    review: int
    as_of: date
    begins_on: date
    ends_on: date
    working_days: int
    firms: Sequence[Listed]


@dataclass(frozen=True)
class ReviewPapers:
    """What can be printed of a review. `decided`: anything of it is confirmed of the firms that the reader may export;
    `departments`: those that it asks."""

    review: int
    as_of: date
    decided: bool
    noticed: bool
    departments: Sequence[str]


@dataclass(frozen=True)
class ChangesBetween:
    """What changed from the first day to the last, both counted.

    `before`: who was in when the first day began, `after`: when the last one ended; `stayed`: who was in at both ends,
    as it stood at the end.
    """

    first: date
    last: date
    changes: Sequence[Listed]
    before: Sequence[reviews.Member]
    after: Sequence[reviews.Member]

    @property
    def stayed(self) -> list[reviews.Member]:
        were_in = {member.firm_id for member in self.before}
        return [member for member in self.after if member.firm_id in were_in]


def half_year_before(day: date) -> tuple[date, date]:
    """The first and the last day of the half year that had ended last; 30 June and 31 December end one themselves."""
    if (day.month, day.day) == (12, 31):
        return date(day.year, 7, 1), day
    if (day.month, day.day) >= (6, 30):
        return date(day.year, 1, 1), date(day.year, 6, 30)
    return date(day.year - 1, 7, 1), date(day.year - 1, 12, 31)


def decided(session: Session, review: int, person: Person) -> Decided:
    """What has been confirmed of a review. Raises NotFound where there is none, or nothing of it is confirmed."""
    kept = _review(session, review, person)
    where = and_(PoolProposal.review_id == review, PoolProposal.state == "confirmed")
    firms = _listed(session, person, where)
    if not firms:
        raise NotFound(
            Message(
                N_("Nothing of review %(review)s is confirmed yet: decide its proposals first."), {"review": review}
            )
        )
    last = max(firm.on for firm in firms if firm.on is not None)
    asked_of = session.scalar(select(OpinionRequest.id).where(OpinionRequest.review_id == review).limit(1))
    notice = session.scalar(select(PublicNotice.id).where(PublicNotice.review_id == review))
    return Decided(review, kept.as_of, last, asked_of is not None, notice is not None, firms)


def asked(session: Session, review: int, department: str | None, person: Person) -> Asked:
    """Whom a department is asked about. Raises NotFound where it is not asked, with those that are."""
    kept = _review(session, review, person)
    requests = {
        request.department: request
        for request in session.scalars(select(OpinionRequest).where(OpinionRequest.review_id == review))
    }
    if department is None or department not in requests:
        text = (
            N_("Say which department with --department: review %(review)s asks %(departments)s.")
            if requests
            else N_("Review %(review)s asks no department yet.")
        )
        raise NotFound(Message(text, {"review": review, "departments": sorted(requests)}))
    request = requests[department]
    about = select(Opinion.firm_id).where(Opinion.request_id == request.id)
    firms = _listed(session, person, and_(PoolProposal.review_id == review, PoolProposal.firm_id.in_(about)))
    return Asked(review, kept.as_of, department, request.asked_on, request.due_on, firms)


def noticed(session: Session, review: int, person: Person) -> Noticed:
    """Who stands in the public notice of a review. Raises NotFound where it has none."""
    kept = _review(session, review, person)
    notice = session.scalar(select(PublicNotice).where(PublicNotice.review_id == review))
    if notice is None:
        raise NotFound(Message(N_("Review %(review)s has no public notice yet."), {"review": review}))
    within = select(NoticeFirm.proposal_id).where(NoticeFirm.notice_id == notice.id)
    firms = _listed(session, person, PoolProposal.id.in_(within))
    return Noticed(review, kept.as_of, notice.begins_on, notice.ends_on, notice.working_days, firms)


def changes_between(session: Session, first: date, last: date, person: Person) -> ChangesBetween:
    """What was confirmed from the first day to the last, both counted. Raises ValueError where they are the wrong way
    round."""
    _require(person)
    if last < first:
        raise ValueError(f"{last} is before {first}")
    where = and_(PoolProposal.state == "confirmed", PoolProposal.decided_on.between(first, last))
    return ChangesBetween(
        first,
        last,
        _listed(session, person, where),
        reviews.members(session, first - timedelta(days=1), person),
        reviews.members(session, last, person),
    )


def papers_of(session: Session, person: Person, *, review: int | None = None, most: int = 6) -> list[ReviewPapers]:
    """Which papers there are of one review, or of the latest so many, the newest first."""
    _require(person)
    which = select(PoolReview).order_by(PoolReview.id.desc())
    found = [_review(session, review, person)] if review is not None else session.scalars(which.limit(most)).all()
    ids = [one.id for one in found]
    departments: dict[int, list[str]] = {}
    wanted = select(OpinionRequest.review_id, OpinionRequest.department).where(OpinionRequest.review_id.in_(ids))
    for number, department in session.execute(wanted.order_by(OpinionRequest.id)):
        departments.setdefault(number, []).append(department)
    notices = set(session.scalars(select(PublicNotice.review_id).where(PublicNotice.review_id.in_(ids))))
    confirmed = (
        select(PoolProposal.review_id)
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(PoolProposal.review_id.in_(ids), PoolProposal.state == "confirmed")
        .where(people.visible_firms(person, Action.EXPORT))
    )
    decided = set(session.scalars(confirmed.distinct()))
    return [
        ReviewPapers(one.id, one.as_of, one.id in decided, one.id in notices, departments.get(one.id, []))
        for one in found
    ]


# --- within ----------------------------------------------------------------------------------------


def _require(person: Person) -> None:
    people.require(person, Action.SEE_PROPOSALS)
    people.require(person, Action.EXPORT)


def _review(session: Session, review: int, person: Person) -> PoolReview:
    _require(person)
    return review_of(session, review)


def _listed(session: Session, person: Person, where: ColumnElement[bool]) -> list[Listed]:
    """The firms of proposals, golden-seed pool first and those that leave last, then by district and id."""
    statement = (
        select(PoolProposal, Firm)
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(where, people.visible_firms(person, Action.EXPORT))
    )
    rows = [
        Listed(
            firm.id,
            firm.name or firm.id,
            firm.district_code,
            proposal.action,
            proposal.from_pool,
            proposal.to_pool,
            proposal.decided_on,
            deciding.reason_of(proposal),
            proposal.why or "",
        )
        for proposal, firm in session.execute(statement)
    ]
    pools = (GOLDEN, SEED, None)

    def order(one: Listed) -> tuple[int, int, str, str]:
        return pools.index(one.to_pool), CHANGES.index(one.action), one.district_code or "~", one.firm_id

    return sorted(rows, key=order)
