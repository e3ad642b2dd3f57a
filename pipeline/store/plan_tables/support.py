"""Support that firms claim: the claims, what was done about each, and what was paid and clawed back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word


class SupportClaim(Base):
    """A claim of a firm to support under a rule of data/rules/support.yaml, for one thing (`occasion`:
    certificate:2023-12-18, year:2023, event:tutoring_filed, activity:12).

    `once`: of all rules with this word one alone is claimed for the same thing; `live`: True while the claim stands,
    None once it was withdrawn, rejected or refused, so that the constraint lets nothing be claimed twice. `pot`,
    `pot_from`: out of which money, None: none is set aside. `claimed_fen`: what was asked, and since the review what
    was accepted, at most what the rule gave on that day; `allotted_fen`: what is reserved of the pot, None: nothing
    yet. `basis`: of what the amount was worked out. `claimed_for`: who signed the firm's paper, where somebody of the
    bureau entered it.
    """

    __tablename__ = "support_claim"
    __table_args__ = (
        UniqueConstraint("firm_id", "once", "occasion", "live", name="uq_support_claim_live"),
        Index("ix_support_claim_pot_pot_from", "pot", "pot_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    rule_id: Mapped[Word]
    once: Mapped[Word]
    occasion: Mapped[str] = mapped_column(String(60))
    occasion_on: Mapped[date]
    live: Mapped[bool | None]
    pot: Mapped[Word | None]
    pot_from: Mapped[date | None]
    claimed_fen: Mapped[int] = mapped_column(BigInteger)
    allotted_fen: Mapped[int | None] = mapped_column(BigInteger)
    basis: Mapped[dict[str, Any]]
    evidence: Mapped[str] = mapped_column(Text)
    state: Mapped[Word] = mapped_column(index=True)
    rank: Mapped[int | None]
    claimed_on: Mapped[date]
    claimed_by: Mapped[str] = mapped_column(String(80))
    claimed_for: Mapped[str | None] = mapped_column(String(80))
    claimed_at: Mapped[datetime]
    reviewed_by: Mapped[str | None] = mapped_column(String(80))
    reviewed_on: Mapped[date | None]
    first_signed_by: Mapped[str | None] = mapped_column(String(80))
    second_signed_by: Mapped[str | None] = mapped_column(String(80))
    granted_on: Mapped[date | None]


class SupportClaimEntry(Base):
    """One step of a claim, in the order in which they were taken: claimed, accepted, allotted, signed, granted …"""

    __tablename__ = "support_claim_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("support_claim.id"), index=True)
    step: Mapped[Word]
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(Text)
    on: Mapped[date]
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class SupportPayment(Base):
    """Money that was paid on a claim (`kind` paid) or that the bureau has clawed back (clawed_back, with the
    reason)."""

    __tablename__ = "support_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("support_claim.id"), index=True)
    kind: Mapped[Word]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    on: Mapped[date] = mapped_column(index=True)
    voucher: Mapped[str | None] = mapped_column(String(80))
    why: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
