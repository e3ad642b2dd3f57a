"""What firms did and were given outside the way to the market: platforms, projects, rounds, loans, recognitions."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, BigNumber, FirmId, Word


class FirmActivity(Base):
    """One dated activity of a firm, of a kind of data/activities.yaml.

    `import_id` None: an officer entered it, `entered_by`. `ended_on`: the last day on which it holds; None: no end is
    known. Not in force: its import was undone, or it was withdrawn, which then says by whom and why.
    """

    __tablename__ = "firm_activity"
    __table_args__ = (Index("ix_firm_activity_kind_occurred_on", "kind", "occurred_on"),)

    id: Mapped[int] = mapped_column(BigNumber, primary_key=True)
    firm_id: Mapped[FirmId] = mapped_column(ForeignKey("firm.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("import.id"), index=True)
    kind: Mapped[Word]
    level: Mapped[Word | None]
    name: Mapped[str | None] = mapped_column(String(200))
    counterpart: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[str | None] = mapped_column(String(200))
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    occurred_on: Mapped[date]
    ended_on: Mapped[date | None]
    known_on: Mapped[date]
    in_force: Mapped[bool] = mapped_column(default=True)
    entered_by: Mapped[str | None] = mapped_column(String(80))
    entered_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
