"""Threads as people read them: the messages of one firm, every thread that a person reaches, a file of a message.

read_marks.py ──► threads.py

What was withdrawn says by whom, when and why; its words are for its writer alone, and its files for nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.messages.read_marks import is_new, with_marks
from pipeline.store.attachment_tables import Attachment
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import WrittenMessage
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.visits import Withdrawn


@dataclass(frozen=True)
class MessageFile:
    """A file of a message, without its bytes."""

    id: int
    file_name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class MessageSeen:
    """A message as this person may read it. `text` None: it was withdrawn, and somebody else wrote it. `role`,
    `district_code`: as whom it was written then; `mine`: this person wrote it; `new`: they had not read it."""

    id: int
    firm_id: str
    text: str | None
    written_by: str
    role: str
    district_code: str | None
    written_at: datetime
    mine: bool
    new: bool
    files: Sequence[MessageFile] = ()
    withdrawn: Withdrawn | None = None


@dataclass(frozen=True)
class Thread:
    """The messages of a firm in the order in which they were written; `earlier`: there are more before them, `new`: how
    many of the thread the person had not read."""

    firm_id: str
    messages: Sequence[MessageSeen]
    earlier: bool = False
    new: int = 0

    @property
    def last(self) -> int:
        """The number of the last message; 0 where nobody has written."""
        return self.messages[-1].id if self.messages else 0


@dataclass(frozen=True)
class ThreadLine:
    """A thread in the list of all. `unread`: how many of its messages the person has not read; `last_text`: of the last
    message that stands, None where none does."""

    firm_id: str
    firm_name: str | None
    district_code: str | None
    messages: int
    unread: int
    last_text: str | None
    last_by: str | None
    last_role: str | None
    last_at: datetime


@dataclass(frozen=True)
class Unread:
    """How many threads a person reaches, in how many there is something new to them, and how many messages that is."""

    threads: int
    new_threads: int
    new_messages: int


def thread_of(session: Session, person: Person, firm_id: str, *, latest: int | None = None) -> Thread:
    """The thread of a firm, or so many of its latest messages. Raises NotAllowed."""
    people.require(person, Action.SEE_MESSAGES, firm_id, session=session)
    asked = {"firms": [firm_id], "most": _most(None if latest is None else latest + 1)}
    rows = session.execute(_messages(person), asked).all()
    shown, earlier = rows[:latest], latest is not None and len(rows) > latest
    files = _files_of(session, person, firm_id) if any(row.files for row in shown) else {}
    messages = [_seen(person, row.WrittenMessage, bool(row.new), files) for row in reversed(shown)]
    new = sum(one.new for one in messages)
    if earlier:
        new = session.scalar(_count_of_new(person), {"firms": [firm_id]}) or 0
    return Thread(firm_id, messages, earlier, new)


def threads(session: Session, person: Person, *, limit: int | None = None, offset: int = 0) -> list[ThreadLine]:
    """Every thread that this person reaches: those with something new first, of them the one written in last. Raises
    NotAllowed for who reads no messages."""
    people.require(person, Action.SEE_MESSAGES)
    return [ThreadLine(*row) for row in session.execute(_threads(person), {"most": _most(limit), "after": offset})]


def unread(session: Session, person: Person) -> Unread:
    """What waits to be read; nothing for who reads no messages."""
    if not people.may(person, Action.SEE_MESSAGES):
        return Unread(0, 0, 0)
    return Unread(*session.execute(_counts(person)).one())


def file_of(session: Session, person: Person, number: int) -> tuple[MessageFile, bytes]:
    """A file of a message with its bytes, for who may read the message.

    Raises NotFound where there is none, its message was withdrawn or is not theirs to read; WrongAttachment where the
    bytes are not those that were attached.
    """
    wanted = _attached(person).where(Attachment.id == number)
    row = session.scalars(wanted).first()
    if row is None:
        raise NotFound(Message(N_("There is no attachment %(number)s."), {"number": number}))
    return _file(row), attachments.bytes_of(session, row)


# --- within ----------------------------------------------------------------------------------------


def _reaching(statement: Any, person: Person) -> Any:
    """A statement over messages, of those whose thread this person reads."""
    return statement.join(Firm, Firm.id == WrittenMessage.firm_id).where(
        people.visible_firms(person, Action.SEE_MESSAGES)
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def _messages(person: Person) -> Select[Any]:
    """The messages of a firm, the latest first, each with whether it is new and has files."""
    attached = select(Attachment.id).where(Attachment.message_id == WrittenMessage.id)
    columns: Any = (WrittenMessage, is_new(person).label("new"), attached.exists().label("files"))
    found: Select[Any] = (
        with_marks(_reaching(select(*columns), person), person)
        .where(one_of_those(WrittenMessage.firm_id, "firms"))
        .order_by(WrittenMessage.id.desc())
        .limit(bindparam("most"))
    )
    return found


@lru_cache(maxsize=KEPT_STATEMENTS)
def _count_of_new(person: Person) -> Select[Any]:
    counted = with_marks(_reaching(select(func.count(WrittenMessage.id)), person), person)
    found: Select[Any] = counted.where(one_of_those(WrittenMessage.firm_id, "firms"), is_new(person))
    return found


def _attached(person: Person) -> Any:
    """The files of messages that stand."""
    return _reaching(select(Attachment).join(WrittenMessage, WrittenMessage.id == Attachment.message_id), person).where(
        WrittenMessage.withdrawn_at.is_(None), Attachment.withdrawn_at.is_(None)
    )


def _files_of(session: Session, person: Person, firm_id: str) -> dict[int, list[MessageFile]]:
    found: dict[int, list[MessageFile]] = {}
    wanted = _attached(person).where(WrittenMessage.firm_id == firm_id).order_by(Attachment.id)
    for row in session.scalars(wanted):
        found.setdefault(row.message_id, []).append(_file(row))
    return found


def _file(row: Attachment) -> MessageFile:
    return MessageFile(row.id, row.file_name, row.media_type, row.size, row.sha256)


def _is_mine(person: Person, message: WrittenMessage) -> bool:
    return message.writer_id == (person.id or None) and message.written_by == person.name


def _seen(person: Person, message: WrittenMessage, new: bool, files: dict[int, list[MessageFile]]) -> MessageSeen:
    withdrawn, mine = None, _is_mine(person, message)
    if message.withdrawn_at is not None:
        withdrawn = Withdrawn(message.withdrawn_by or "?", message.withdrawn_at, message.withdrawn_why or "")
    return MessageSeen(
        message.id,
        message.firm_id,
        message.text if mine or withdrawn is None else None,
        message.written_by,
        message.role,
        message.district_code,
        message.written_at,
        mine,
        new,
        tuple(files.get(message.id, ())),
        withdrawn,
    )


@lru_cache(maxsize=KEPT_STATEMENTS)
def _threads(person: Person) -> Select[Any]:
    stands = WrittenMessage.withdrawn_at.is_(None)
    counted = (
        with_marks(
            _reaching(
                select(
                    WrittenMessage.firm_id.label("firm_id"),
                    func.count(WrittenMessage.id).label("messages"),
                    _sum_of(is_new(person)).label("unread"),
                    func.max(case((stands, WrittenMessage.id))).label("last"),
                    func.max(WrittenMessage.id).label("last_of_all"),
                ),
                person,
            ),
            person,
        )
        .group_by(WrittenMessage.firm_id)
        .subquery("counted")
    )
    last = func.coalesce(counted.c.last, counted.c.last_of_all)
    told: Any = (WrittenMessage.text, WrittenMessage.written_by, WrittenMessage.role)
    found: Select[Any] = (
        select(
            Firm.id,
            Firm.name,
            Firm.district_code,
            counted.c.messages,
            counted.c.unread,
            *(case((stands, column)) for column in told),
            WrittenMessage.written_at,
        )
        .select_from(counted)
        .join(WrittenMessage, WrittenMessage.id == last)
        .join(Firm, Firm.id == counted.c.firm_id)
        .order_by(case((counted.c.unread > 0, 0), else_=1), counted.c.last_of_all.desc())
        .limit(bindparam("most"))
        .offset(bindparam("after"))
    )
    return found


@lru_cache(maxsize=KEPT_STATEMENTS)
def _counts(person: Person) -> Select[Any]:
    new = is_new(person)
    counted: Select[Any] = with_marks(
        _reaching(
            select(
                func.count(WrittenMessage.firm_id.distinct()),
                func.count(case((new, WrittenMessage.firm_id)).distinct()),
                _sum_of(new),
            ),
            person,
        ),
        person,
    )
    return counted


def _sum_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _most(limit: int | None) -> int:
    """More rows than there are threads, where all are asked for."""
    return 2**31 - 1 if limit is None else limit
