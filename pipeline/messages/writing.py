"""What is written in the thread of a firm, and withdrawn by its writer.

A message is never changed. Its words stand in its row alone: the trail says who wrote how much about which firm, and
the hashes of the files that came with it.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.attachment_tables import Attachment
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import WrittenMessage
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.attachments import MOST_FILES, sha256_of
from pipeline.tutoring.attachments.file_checks import CheckedFile
from pipeline.tutoring.visits import checked_note

LONGEST = 4_000
#: The same words once more, with nobody's between: within this time a second click, later a reminder.
SECOND_CLICK = timedelta(minutes=10)


class MessageNotPossible(ShownToPeople):
    """A message that cannot be written or withdrawn as asked for; nothing of it is kept."""


def write(
    session: Session, person: Person, firm_id: str, text: str, files: Sequence[CheckedFile] = (), *, now: datetime
) -> WrittenMessage:
    """Add a message, with its files, to the thread of a firm.

    `files` were looked through before anybody had to wait for them; the same one twice is kept once. Raises
    MessageNotPossible for words that are none or too many, too many files, or the very message that the same person has
    just written.
    """
    people.require(person, Action.WRITE_MESSAGES)
    kept = checked_note(tidy(text), LONGEST, MessageNotPossible)
    each: dict[str, CheckedFile] = {}
    for file in files:
        each.setdefault(sha256_of(file.content), file)
    if len(each) > MOST_FILES:
        raise MessageNotPossible(
            Message(
                N_("A message has at most %(most)s files; there are %(found)s."),
                {"most": MOST_FILES, "found": len(each)},
            )
        )
    lock_writes(session)
    people.require(person, Action.WRITE_MESSAGES, firm_id, session=session)
    written_at = audit.utc(now)
    _check_not_written(session, person, firm_id, kept, set(each), written_at)
    message = WrittenMessage(
        firm_id=firm_id,
        text=kept,
        writer_id=person.id or None,
        written_by=person.name,
        role=str(person.role),
        district_code=person.district_code,
        written_at=written_at,
    )
    session.add(message)
    session.flush()
    for file in each.values():
        attachments.keep(session, person, file, attachments.MESSAGE, message.id, now=now)
    details: dict[str, object] = {"firm_id": firm_id, "letters": len(kept)}
    if each:
        details["file_hashes"] = sorted(each)
    audit.record(session, person, "write_message", f"message:{message.id}", details, now)
    return message


def write_to_each(
    session: Session, person: Person, firm_ids: Sequence[str], text: str, *, now: datetime
) -> list[WrittenMessage]:
    """The same words in the thread of each of these firms, all or none; the caller says in the trail what for.

    Raises MessageNotPossible for words that are none or too many, NotAllowed where one of the threads is not theirs.
    """
    people.require(person, Action.WRITE_MESSAGES)
    kept = checked_note(tidy(text), LONGEST, MessageNotPossible)
    lock_writes(session)
    reached = select(Firm.id).where(one_of(Firm.id, firm_ids), people.visible_firms(person, Action.WRITE_MESSAGES))
    if set(session.scalars(reached)) != set(firm_ids):
        raise NotAllowed(
            Message(N_("Some of these firms are not among those to which %(name)s writes."), {"name": person.name})
        )
    written: dict[str, object] = {"text": kept, "written_by": person.name, "role": str(person.role)}
    written |= {"writer_id": person.id or None, "district_code": person.district_code, "written_at": audit.utc(now)}
    messages = [WrittenMessage(firm_id=firm, **written) for firm in dict.fromkeys(firm_ids)]
    session.add_all(messages)
    session.flush()
    return messages


def withdraw(session: Session, person: Person, message_id: int, why: str, *, now: datetime) -> WrittenMessage:
    """The message should not have been written: nobody else reads its words or its files any more; it stays on record.

    Raises NotFound for a message that this person does not reach, NotAllowed for somebody else's, MessageNotPossible
    where it was withdrawn before, or without a reason.
    """
    people.require(person, Action.WRITE_MESSAGES)
    lock_writes(session)
    reached = select(WrittenMessage).join(Firm, Firm.id == WrittenMessage.firm_id)
    message = session.scalars(
        reached.where(WrittenMessage.id == message_id, people.visible_firms(person, Action.WRITE_MESSAGES)),
        execution_options={"populate_existing": True},
    ).first()
    if message is None:
        raise none_there(message_id)
    if message.writer_id != (person.id or None) or message.written_by != person.name:
        raise NotAllowed(Message(N_("Only who wrote a message withdraws it: %(name)s."), {"name": message.written_by}))
    if message.withdrawn_at is not None:
        raise MessageNotPossible(Message(N_("This message was withdrawn before.")))
    if not why.strip():
        raise MessageNotPossible(Message(N_("Write the reason in a few words.")))
    message.withdrawn_why = checked_note(tidy(why), refused=MessageNotPossible)
    message.withdrawn_by, message.withdrawn_at = person.name, audit.utc(now)
    session.flush()
    details = {"firm_id": message.firm_id, "why": message.withdrawn_why}
    audit.record(session, person, "withdraw_message", f"message:{message.id}", details, now)
    return message


def none_there(message_id: int) -> NotFound:
    return NotFound(Message(N_("There is no message %(number)s."), {"number": message_id}))


def tidy(text: str) -> str:
    """The same letters written one way, and one kind of line end."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")


def _check_not_written(
    session: Session, person: Person, firm_id: str, text: str, hashes: set[str], written_at: datetime
) -> None:
    """A second click, or the same request sent again, stores nothing twice."""
    last = session.scalars(
        select(WrittenMessage).where(WrittenMessage.firm_id == firm_id).order_by(WrittenMessage.id.desc()).limit(1),
        execution_options={"populate_existing": True},
    ).first()
    if last is None or last.withdrawn_at is not None or last.text != text or last.written_by != person.name:
        return
    if written_at - last.written_at > SECOND_CLICK:
        return
    if set(session.scalars(select(Attachment.sha256).where(Attachment.message_id == last.id))) == hashes:
        words = N_("You have just written this very message, as message %(message)s; nothing was stored a second time.")
        raise MessageNotPossible(Message(words, {"message": last.id}))
