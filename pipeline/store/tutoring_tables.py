"""Tables of tutoring beside the case itself: who advises a firm, and since when.

Read by pipeline.tutoring; case, stage and visit stand in tables.py.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word


class Adviser(Base):
    """A firm that advises others on their way to an exchange. `kind`: broker, law_firm, auditor, valuer."""

    __tablename__ = "adviser"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]


class Engagement(Base):
    """An adviser that a firm has signed with, from a day on. `stage_id`: the entry of a stage that it was named with,
    with which it is taken back. `ended_on` None: it still holds."""

    __tablename__ = "engagement"
    __table_args__ = (Index("ix_engagement_firm_id_ended_on", "firm_id", "ended_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"))
    adviser_id: Mapped[int] = mapped_column(ForeignKey("adviser.id"), index=True)
    agreed_on: Mapped[date]
    ended_on: Mapped[date | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("case_stage.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    taken_back_by: Mapped[str | None] = mapped_column(String(80))
    taken_back_at: Mapped[datetime | None]
    taken_back_why: Mapped[str | None] = mapped_column(Text)
