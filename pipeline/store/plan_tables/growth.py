"""Who stands by a fast grower that has no case, and what leaders of each level did for a fast grower."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, FirmId, Word, only_one


class FirmLeader(Base):
    """A leader of the city, the county or the town who stands by a firm that has no open case; CaseLeader has those of
    cases.

    `level`: pipeline.tutoring.mentors.leaders names them. `ended_at` None: stands by it still; of a firm there is one
    of each level at a time.
    """

    __tablename__ = "firm_leader"
    __table_args__ = (only_one("uq_firm_leader_stands", "firm_id", "ended_at IS NULL", "level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    level: Mapped[Word]
    name: Mapped[str] = mapped_column(String(80))
    post: Mapped[str | None] = mapped_column(String(80))
    named_by: Mapped[str] = mapped_column(String(80))
    named_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)


class LeaderContact(Base):
    """A leader of a level was in touch with a firm on a day. One recorded by mistake is withdrawn with a reason, stays
    on record and counts nowhere."""

    __tablename__ = "leader_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    level: Mapped[Word]
    leader: Mapped[str] = mapped_column(String(80))
    contacted_on: Mapped[date]
    note: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
