"""Files that people attach to what they record, and their bytes.

Read by pipeline.tutoring.attachments, pipeline.messages, pipeline.objections and pipeline.support. The bytes stand
apart, under their own hash: who lists files reads none of them, and the same file attached twice is kept once.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Word


class AttachedFile(Base):
    """The bytes of attached files, by their SHA-256."""

    __tablename__ = "attached_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Attachment(Base):
    """A file attached to something, under the name that people see.

    `kind`: what it belongs to, "visit", "message", "objection" or "support_claim", and the column of that name says
    which one. What was attached by mistake is withdrawn: it stays on record and is given out no more; a file of a
    message goes with its message.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Word]
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    objection_id: Mapped[int | None] = mapped_column(ForeignKey("firm_objection.id"), index=True)
    support_claim_id: Mapped[int | None] = mapped_column(ForeignKey("support_claim.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(ForeignKey("attached_file.sha256"))
    added_by: Mapped[str] = mapped_column(String(80))
    added_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(Text)
