"""Agencies that are to go on the negative list: the proposal, and each step until it is decided, and appealed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Word


class ListingProposal(Base):
    """An agency that was told that it is to go on the negative list, until before `ends_on`. `staff`: people of it who
    are to be named with it, None: nobody. `reply_until`: the last day on which it may be heard; `entry_id`: of the
    negative list, once two have signed."""

    __tablename__ = "listing_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    staff: Mapped[str | None] = mapped_column(Text)
    ends_on: Mapped[date]
    noticed_on: Mapped[date]
    reply_until: Mapped[date]
    state: Mapped[Word]
    first_signed_by: Mapped[str | None] = mapped_column(String(80))
    second_signed_by: Mapped[str | None] = mapped_column(String(80))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("negative_entry.id"))


class ListingStep(Base):
    """One step of a proposal, in the order in which they were taken: noticed, heard, signed, listed, dropped, appealed,
    upheld, lifted. `text`: what was said, or why."""

    __tablename__ = "listing_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("listing_proposal.id"), index=True)
    step: Mapped[Word]
    text: Mapped[str | None] = mapped_column(Text)
    on: Mapped[date]
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
