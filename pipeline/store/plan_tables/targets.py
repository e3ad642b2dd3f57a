"""Baselines of targets that somebody entered, where no fact tells them."""

from datetime import date, datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Word, only_one


class TargetBaseline(Base):
    """A count on the baseline's day as a document states it; `district_code` empty: of the city. It is withdrawn with a
    reason, never deleted."""

    __tablename__ = "target_baseline"
    __table_args__ = (only_one("uq_target_baseline_stands", "plan", "withdrawn_at IS NULL", "target", "district_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[Word]
    target: Mapped[Word]
    district_code: Mapped[str] = mapped_column(String(12), default="")
    value: Mapped[int]
    day: Mapped[date]
    source: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
