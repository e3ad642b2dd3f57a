"""The tables of the two pools: reviews, proposals, memberships; what a firm and its district declare, what departments
say, what the public objects, and which policies were adopted.

A declaration, an answer, an objection that was wrong is withdrawn or answered, never deleted.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word, only_one


class PoolReview(Base):
    """One review of the pools and all that it rested on, so that it can be worked out again.

    `policy`: the text of the policy's file as it was in force; `found_hash`: of the proposals and of those who were
    found waiting, warned, near or unknown, as replay works them out again.
    """

    __tablename__ = "pool_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("score_run.id"), index=True)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("model.id"))
    policy: Mapped[str] = mapped_column(Text)
    policy_fingerprint: Mapped[str] = mapped_column(String(64))
    rules_fingerprint: Mapped[str] = mapped_column(String(64))  # of the rule books
    data_fingerprint: Mapped[str] = mapped_column(String(64))
    audit_id: Mapped[int]  # the last entry of the log before it; 0: none
    counts: Mapped[dict[str, Any]]
    found_hash: Mapped[str] = mapped_column(String(64))


class PoolReviewInputs(Base):
    """What a review looked at (pipeline/pools/inputs.py, as_bytes); `sha256` stands for the content, and whoever reads
    it holds it against that."""

    __tablename__ = "pool_review_inputs"

    review_id: Mapped[int] = mapped_column(ForeignKey("pool_review.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes]


class PoolProposal(Base):
    """What a review proposes for one firm, and what an officer decided. Proposals are never deleted."""

    __tablename__ = "pool_proposal"
    __table_args__ = (
        only_one("uq_pool_proposal_open", "firm_id", "state = 'open'"),
        Index("ix_pool_proposal_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    action: Mapped[Word]  # enter, promote, demote, exit, renew
    from_pool: Mapped[str | None] = mapped_column(String(12))
    to_pool: Mapped[str | None] = mapped_column(String(12))
    points: Mapped[float | None]
    line_points: Mapped[float | None]
    reason_msgid: Mapped[str] = mapped_column(Text)
    reason_params: Mapped[dict[str, Any]]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("score_run.id"), index=True)
    model_id: Mapped[str | None] = mapped_column(ForeignKey("model.id"))
    rules_fingerprint: Mapped[str] = mapped_column(String(64))
    data_fingerprint: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default="open")  # open, confirmed, overruled, lapsed
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]
    why: Mapped[str | None] = mapped_column(Text)
    review_id: Mapped[int | None] = mapped_column(index=True)  # of pool_review; older programs kept none
    signed_by: Mapped[str | None] = mapped_column(String(80))  # the second person, of what two have to sign
    deferred_until: Mapped[date | None]  # still open, not to be decided before
    deferred_why: Mapped[str | None] = mapped_column(Text)


class PoolMembership(Base):
    """A firm's time in a pool. `left_on` None: it is in; a firm is never in two pools at once.

    `valid_until`: the day on which it has to be renewed; None: without end, or older than this program.
    """

    __tablename__ = "pool_membership"
    __table_args__ = (only_one("uq_pool_membership_in", "firm_id", "left_on IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    pool: Mapped[str] = mapped_column(String(12))  # seed, golden
    entered_on: Mapped[date]
    left_on: Mapped[date | None]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("pool_proposal.id"))
    left_by_id: Mapped[int | None] = mapped_column(ForeignKey("pool_proposal.id"))
    valid_until: Mapped[date | None]


class PoolReviewFirm(Base):
    """What a review found of a firm that it did not propose to move.

    `standing`: one of reasons.STANDINGS, or overruled, deferred: what it asks for and an officer has settled already.
    `details`: the conditions behind it in both languages, how often a firm was warned, the action that was settled.
    """

    __tablename__ = "pool_review_firm"
    __table_args__ = (UniqueConstraint("review_id", "firm_id", "pool"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("pool_review.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    pool: Mapped[str] = mapped_column(String(12))  # the pool that it is about
    standing: Mapped[Word]
    place: Mapped[int | None]
    points: Mapped[float | None]
    details: Mapped[dict[str, Any]]


class Declaration(Base):
    """What somebody declares of a firm with its name under it: a district nominates, a firm applies.

    `content` of an application: pipeline/declarations/content.py; of a nomination nothing but the reason.
    """

    __tablename__ = "declaration"

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    kind: Mapped[Word]  # nomination, application
    declared_on: Mapped[date]
    declared_by: Mapped[str] = mapped_column(String(80))  # the account, or who signed the paper
    district_code: Mapped[str | None] = mapped_column(String(12))  # of a nomination
    content: Mapped[dict[str, Any]]
    why: Mapped[str | None] = mapped_column(Text)
    on_paper: Mapped[bool] = mapped_column(default=False)  # entered by an officer from a paper
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class OpinionRequest(Base):
    """One department is asked about the candidates of a review."""

    __tablename__ = "opinion_request"
    __table_args__ = (UniqueConstraint("review_id", "department"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("pool_review.id"), index=True)
    department: Mapped[Word]
    asked_on: Mapped[date]
    due_on: Mapped[date]
    asked_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class Opinion(Base):
    """A department about one firm. `answer` None: it has not answered yet."""

    __tablename__ = "opinion"
    __table_args__ = (UniqueConstraint("request_id", "firm_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("opinion_request.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    answer: Mapped[str | None] = mapped_column(String(40))  # clean, not_clean, cannot_say
    note: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))
    on_paper: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime | None]


class PublicNotice(Base):
    """The candidates of a review are made public for some working days, within which anybody may object."""

    __tablename__ = "public_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("pool_review.id"), unique=True)
    begins_on: Mapped[date]
    ends_on: Mapped[date]  # the last day on which an objection is received
    working_days: Mapped[int]
    published_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]


class NoticeFirm(Base):
    """A firm of a public notice, by the proposal that it is about."""

    __tablename__ = "notice_firm"
    __table_args__ = (UniqueConstraint("notice_id", "proposal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("public_notice.id"), index=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("pool_proposal.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)


class NoticeObjection(Base):
    """What somebody objects to a firm of a notice, and what the bureau answered. `upheld` None: not answered yet."""

    __tablename__ = "notice_objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("public_notice.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    received_on: Mapped[date]
    from_whom: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    upheld: Mapped[bool | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))


class AdoptedPolicy(Base):
    """A policy of the pools that was adopted on the board: the whole text of its file, from its first day on."""

    __tablename__ = "adopted_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    begins_on: Mapped[date] = mapped_column(index=True)
    content: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    why: Mapped[str] = mapped_column(Text)
    adopted_by: Mapped[str] = mapped_column(String(80))
    signed_by: Mapped[str] = mapped_column(String(80))
    adopted_at: Mapped[datetime]
