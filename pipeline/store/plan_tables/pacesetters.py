"""The yearly choice of pacesetters: its rounds, who was nominated, what was objected, who was named."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word, only_one


class PacesetterRound(Base):
    """The choice of one year, from a ranking as known on a day.

    `ranking`: [firm, stage, place, total] of every ranked firm, as it was on that day, `ranked`: how many;
    `ranking_hash`: of it, so that the ranking worked out anew can be held against it. `begins_on` None: not made public
    yet. A round begun by mistake is withdrawn with a reason; of a year one stands.
    """

    __tablename__ = "pacesetter_round"
    __table_args__ = (only_one("uq_pacesetter_round_stands", "year", "withdrawn_at IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    as_of: Mapped[date]
    ranking: Mapped[list[Any]] = mapped_column(JSON, deferred=True)
    ranked: Mapped[int]
    ranking_hash: Mapped[str] = mapped_column(String(64))
    begun_by: Mapped[str] = mapped_column(String(80))
    begun_at: Mapped[datetime]
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    working_days: Mapped[int | None]
    published_by: Mapped[str | None] = mapped_column(String(80))
    published_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)


class PacesetterNomination(Base):
    """A firm nominated in a round. `state`: nominated, withdrawn, named, not_named, revoked; `stage`, `place`, `total`:
    where it stood in the ranking of the round."""

    __tablename__ = "pacesetter_nomination"
    __table_args__ = (only_one("uq_pacesetter_nomination_stands", "round_id", "state <> 'withdrawn'", "firm_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("pacesetter_round.id"))
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    stage: Mapped[Word]
    place: Mapped[int]
    total: Mapped[float] = mapped_column(Float)
    why: Mapped[str] = mapped_column(Text)
    nominated_by: Mapped[str] = mapped_column(String(80))
    nominated_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default="nominated")
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    decided_why: Mapped[str | None] = mapped_column(Text)
    seconded_by: Mapped[str | None] = mapped_column(String(80))
    revoked_on: Mapped[date | None]
    revoked_by: Mapped[str | None] = mapped_column(String(80))
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None] = mapped_column(Text)


class PacesetterObjection(Base):
    """What somebody objected to a firm of the notice. `upheld` None: not answered yet."""

    __tablename__ = "pacesetter_objection"

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("pacesetter_nomination.id"), index=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    received_on: Mapped[date]
    from_whom: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    upheld: Mapped[bool | None] = mapped_column(Boolean)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))
