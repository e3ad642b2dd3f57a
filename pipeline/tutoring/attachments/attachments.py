"""The files of visits: attached, listed, read and withdrawn; whether each still is what was attached.

Who may read what was found at a visit may read its files. Bytes and row are written in one transaction: either both are
there afterwards or nothing is. The files of messages, objections and claims (pipeline.messages, pipeline.objections,
pipeline.support) are kept and read by the same `keep` and `bytes_of`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.attachment_tables import AttachedFile, Attachment
from pipeline.store.many_ids import KEPT_STATEMENTS
from pipeline.store.tables import Case, Firm, Visit
from pipeline.tutoring.attachments.file_checks import AttachmentRefused, CheckedFile
from pipeline.tutoring.visits import VisitNotPossible, Withdrawn, changing, checked_note

VISIT, MESSAGE, OBJECTION, SUPPORT_CLAIM = "visit", "message", "objection", "support_claim"
#: Files of one visit that count, or of one message, objection or claim.
MOST_FILES = 10


class WrongAttachment(ShownToPeople):
    """A kept file whose bytes are not those that were attached: it is not given out."""

    exit_code = 1


@dataclass(frozen=True)
class AttachmentSeen:
    """A file as a list shows it, without its bytes."""

    id: int
    visit_id: int
    file_name: str
    media_type: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime
    withdrawn: Withdrawn | None = None


def attach(session: Session, person: Person, visit_id: int, file: CheckedFile, *, now: datetime) -> AttachmentSeen:
    """Attach a file, which was looked through before anybody had to wait for it, to a visit that counts.

    Raises AttachmentRefused for one file too many or the same file once more, VisitNotPossible where the visit was
    withdrawn.
    """
    visit, case = changing(session, person, visit_id)
    if visit.withdrawn_at is not None:
        raise VisitNotPossible(Message(N_("This was withdrawn; it cannot be changed any more. Record it anew.")))
    there = session.scalars(
        select(Attachment).where(Attachment.visit_id == visit.id, Attachment.withdrawn_at.is_(None))
    ).all()
    _check_room(file.name, sha256_of(file.content), there)
    row = keep(session, person, file, VISIT, visit.id, now=now)
    details = {"firm_id": case.firm_id, "attachment": row.id, "file": row.file_name, "content": row.sha256}
    audit.record(session, person, "attach_file", f"visit:{visit.id}", details, now)
    return _seen(row)


def keep(session: Session, person: Person, file: CheckedFile, kind: str, of: int, *, now: datetime) -> Attachment:
    """Keep the bytes once, and the row that says to which visit, message, objection or claim (`kind`) of which number
    they belong; the caller has asked whether this person may."""
    digest = keep_bytes(session, file.content)
    row = Attachment(
        kind=kind,
        visit_id=of if kind == VISIT else None,
        message_id=of if kind == MESSAGE else None,
        objection_id=of if kind == OBJECTION else None,
        support_claim_id=of if kind == SUPPORT_CLAIM else None,
        file_name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        sha256=digest,
        added_by=person.name,
        added_at=audit.utc(now),
    )
    session.add(row)
    session.flush()
    return row


def keep_bytes(session: Session, content: bytes) -> str:
    """Keep the bytes of a file once; gives their SHA-256, under which they stand."""
    digest = sha256_of(content)
    kept = session.get(AttachedFile, digest)
    if kept is None:
        session.add(AttachedFile(sha256=digest, content=content))
    elif kept.content != content:  # changed past the program: what comes in anew mends it
        kept.content = content
    session.flush()
    return digest


def withdraw(session: Session, person: Person, attachment_id: int, why: str, *, now: datetime) -> AttachmentSeen:
    """The file was attached by mistake: it stays on record and is given out no more.

    Raises AttachmentRefused where that has happened already, VisitNotPossible without a reason.
    """
    found = session.get(Attachment, attachment_id)
    visit_id = None if found is None else found.visit_id
    if found is None or visit_id is None:
        raise none_there(attachment_id)
    try:
        visit, case = changing(session, person, visit_id)
    except NotFound:
        raise none_there(attachment_id) from None
    session.refresh(found)
    if found.withdrawn_at is not None:
        raise AttachmentRefused(Message(N_("%(file)s was withdrawn before."), {"file": found.file_name}))
    if not why.strip():
        raise VisitNotPossible(Message(N_("Write the reason in a few words.")))
    found.withdrawn_by, found.withdrawn_at, found.withdrawn_why = person.name, audit.utc(now), checked_note(why)
    session.flush()
    details = {"firm_id": case.firm_id, "attachment": found.id, "file": found.file_name, "why": found.withdrawn_why}
    audit.record(session, person, "withdraw_attachment", f"visit:{visit.id}", details, now)
    return _seen(found)


# --- what is known of files --------------------------------------------------------------------------


def attachments_of(session: Session, person: Person, firm_id: str) -> list[AttachmentSeen]:
    """The files of a firm's visits in the order in which they came, withdrawn ones too; none where what visits found is
    not theirs to read."""
    people.require(person, Action.SEE_CASES, firm_id, session=session)
    return [_seen(row) for row in session.scalars(_files(person, Case.firm_id), {"of": firm_id})]


def attachments_of_visit(session: Session, person: Person, visit_id: int) -> list[AttachmentSeen]:
    """The files of one visit. Raises NotFound for a visit that this person may not read."""
    wanted = select(Visit.id).join(Case, Case.id == Visit.case_id).join(Firm, Firm.id == Case.firm_id)
    if session.scalar(wanted.where(Visit.id == visit_id, people.visible_firms(person, Action.SEE_FINDINGS))) is None:
        raise NotFound(Message(N_("There is no visit %(visit)s."), {"visit": visit_id}))
    return [_seen(row) for row in session.scalars(_files(person, Visit.id), {"of": visit_id})]


@lru_cache(maxsize=KEPT_STATEMENTS)
def _files(person: Person, which: InstrumentedAttribute[Any]) -> Select[Attachment]:
    """The files of the visits of which this column has the value `of`."""
    return (
        select(Attachment)
        .join(Visit, Visit.id == Attachment.visit_id)
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(which == bindparam("of"), people.visible_firms(person, Action.SEE_FINDINGS))
        .order_by(Attachment.visit_id, Attachment.id)
    )


def attached_to_visit() -> ColumnElement[bool]:
    """The condition on `Visit` that it has a file that counts."""
    return exists().where(Attachment.visit_id == Visit.id, Attachment.withdrawn_at.is_(None))


def files_of_visit() -> ColumnElement[int]:
    """How many files that count a `Visit` has, as a column."""
    counted = select(func.count(Attachment.id)).where(
        Attachment.visit_id == Visit.id, Attachment.withdrawn_at.is_(None)
    )
    return counted.correlate(Visit).scalar_subquery()


def content_of(session: Session, person: Person, attachment_id: int) -> tuple[AttachmentSeen, bytes]:
    """A file with its bytes, for one who may read what was found at its visit.

    Raises NotFound where there is none, it was withdrawn or is not theirs to read; WrongAttachment where the bytes are
    not those that were attached.
    """
    row = session.get(Attachment, attachment_id)
    mine = _files(person, Attachment.id)
    if row is None or row.withdrawn_at is not None or session.scalar(mine, {"of": attachment_id}) is None:
        raise none_there(attachment_id)
    return _seen(row), bytes_of(session, row)


def bytes_of(session: Session, row: Attachment) -> bytes:
    """The bytes of a kept file. Raises WrongAttachment where they are not those that were attached."""
    content = session.scalar(select(AttachedFile.content).where(AttachedFile.sha256 == row.sha256))
    if content is None or sha256_of(content) != row.sha256:
        raise _wrong(row)
    return content


def check_contents(session: Session) -> int:
    """How many kept files are, byte for byte, what was attached. Raises WrongAttachment for the first that is not."""
    good = 0
    named = select(Attachment.sha256).union(select(AttachedFile.sha256))
    for digest in session.scalars(named).all():
        content = session.scalar(select(AttachedFile.content).where(AttachedFile.sha256 == digest))
        if content is None or sha256_of(content) != digest:
            row = session.scalars(select(Attachment).where(Attachment.sha256 == digest).limit(1)).first()
            if row is not None:
                raise _wrong(row)
            raise WrongAttachment(Message(_WRONG, {"file": digest, "number": "?", "visit": "?"}))
        good += 1
    return good


_WRONG = N_(
    "The attachment %(file)s (no. %(number)s, of visit %(visit)s) is not the file that was attached: its bytes were "
    "changed or are gone. It is not given out. Put a backup back, or withdraw it and attach it anew."
)


_WRONG_IN_MESSAGE = N_(
    "The attachment %(file)s (no. %(number)s, of message %(message)s) is not the file that was attached: its bytes "
    "were changed or are gone. It is not given out. Put a backup back, or withdraw the message and write it anew."
)


_WRONG_IN_OBJECTION = N_(
    "The attachment %(file)s (no. %(number)s, of objection %(objection)s) is not the file that was attached: its bytes "
    "were changed or are gone. It is not given out. Put a backup back, or ask the firm for the file once more."
)
_WRONG_IN_CLAIM = N_(
    "The attachment %(file)s (no. %(number)s, of claim %(support_claim)s) is not the file that was attached: its bytes "
    "were changed or are gone. It is not given out. Put a backup back, or ask the firm for the file once more."
)
_WRONG_IN = {
    VISIT: _WRONG,
    MESSAGE: _WRONG_IN_MESSAGE,
    OBJECTION: _WRONG_IN_OBJECTION,
    SUPPORT_CLAIM: _WRONG_IN_CLAIM,
}


def _wrong(row: Attachment) -> WrongAttachment:
    about = {"file": row.file_name, "number": row.id}
    about |= {"visit": row.visit_id, "message": row.message_id, "objection": row.objection_id}
    about |= {"support_claim": row.support_claim_id}
    return WrongAttachment(Message(_WRONG_IN.get(row.kind, _WRONG), about))


def _check_room(name: str, digest: str, there: Sequence[Attachment]) -> None:
    if same := next((row for row in there if row.sha256 == digest), None):
        text = N_("%(file)s is attached to this visit already, as %(other)s; nothing was stored a second time.")
        raise AttachmentRefused(Message(text, {"file": name, "other": same.file_name}))
    if len(there) >= MOST_FILES:
        text = N_("%(file)s is not attached: a visit has at most %(most)s files. Withdraw one that is not needed.")
        raise AttachmentRefused(Message(text, {"file": name, "most": MOST_FILES}))


def _seen(row: Attachment) -> AttachmentSeen:
    withdrawn = None
    if row.withdrawn_at is not None:
        withdrawn = Withdrawn(row.withdrawn_by or "?", row.withdrawn_at, row.withdrawn_why or "")
    return AttachmentSeen(
        row.id,
        row.visit_id or 0,
        row.file_name,
        row.media_type,
        row.size,
        row.sha256,
        row.added_by,
        row.added_at,
        withdrawn,
    )


def none_there(attachment_id: int) -> NotFound:
    return NotFound(Message(N_("There is no attachment %(number)s."), {"number": attachment_id}))


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
