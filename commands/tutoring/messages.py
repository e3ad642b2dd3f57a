"""The threads of firms on the command line; what is written here is written by whoever sits at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    FILE,
    NEW_FILE,
    as_json_option,
    command,
    console,
    database,
    files_to_attach,
    group_of,
    hand_out,
    known_to_json,
    now,
    run_first,
    settings,
    show,
    why_option,
)
from commands.tutoring.names import account_id
from pipeline import language
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.accounts.people import Person

_firm = click.argument("firm", metavar="FIRM")
_person = click.option(
    "--person", "name", metavar="NAME", help=N_("As this account sees it; looking here marks nothing as read.")
)


@group_of(
    "messages",
    N_("Messages between the bureau, who stands by a firm, and the firm itself: one thread a firm."),
    "goldseed messages list",
)
@as_json_option
@click.pass_context
def messages(context: click.Context, as_json: bool) -> None:
    run_first(context, list_threads, as_json=as_json)


@command(
    messages,
    "list",
    N_("Every thread with its last words, those with something new first."),
    'goldseed messages list --person "Li Lei" --json',
)
@_person
@click.option("--unread", "only_unread", is_flag=True, help=N_("Only threads with something new."))
@as_json_option
def list_threads(as_json: bool, name: str | None = None, only_unread: bool = False) -> None:
    from pipeline.messages.threads import threads

    with _seen_by(name) as (session, person):
        found = [known_to_json(each) for each in threads(session, person) if each.unread or not only_unread]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['unread']:>4} / {each['messages']:<4}  {each['firm_id']:<20} {each['firm_name'] or ''}  "
            f"{each['last_by'] or ''}: {_one_line(each['last_text'])}"
            for each in entries
        ] or [_("There is no such thread.") if only_unread else _("Nobody has written yet.")]

    show(found, as_json, lines)


@command(
    messages,
    "read",
    N_("The thread of a firm, the latest message last."),
    "goldseed messages read 91XXXXXXMA5CA1L08E --latest 20",
)
@_firm
@_person
@click.option("--latest", type=click.IntRange(1, 100_000), metavar="COUNT", help=N_("At most so many, the latest."))
@as_json_option
def read(firm: str, name: str | None, latest: int | None, as_json: bool) -> None:
    from pipeline.messages.threads import thread_of

    with _seen_by(name) as (session, person):
        found = known_to_json(thread_of(session, person, firm, latest=latest))

    def lines(thread: dict[str, Any]) -> list[str]:
        told = [line for each in thread["messages"] for line in _lines(each)]
        return told or [_("Nobody has written yet.")]

    show(found, as_json, lines)


@command(
    messages,
    "write",
    N_("Write in the thread of a firm, with files where there are some; all of it is kept or nothing."),
    'goldseed messages write 91XXXXXXMA5CA1L08E --text "please send the charter" --file form.docx',
)
@_firm
@click.option("--text", required=True, metavar="TEXT", help=N_("What is written."))
@click.option("--file", "files", type=FILE, multiple=True, metavar="FILE", help=N_("PDF, DOCX, XLSX, JPG or PNG."))
@as_json_option
def write(firm: str, text: str, files: tuple[Path, ...], as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.messages import threads, writing

    good = files_to_attach(files)
    with Session(database()) as session, session.begin():
        writing.write(session, console(), firm, text, good, now=now())
        kept = known_to_json(threads.thread_of(session, console(), firm, latest=1).messages[0])
    show(kept, as_json, _lines)


@command(
    messages,
    "withdraw",
    N_("A message of one's own should not have been written; nobody else reads it any more, it stays on record."),
    'goldseed messages withdraw 12 --why "wrong firm"',
)
@click.argument("message", type=int, metavar="MESSAGE")
@why_option
@as_json_option
def withdraw(message: int, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.messages import threads, writing

    with Session(database()) as session, session.begin():
        firm = writing.withdraw(session, console(), message, why, now=now()).firm_id
        thread = threads.thread_of(session, console(), firm)
        gone = known_to_json(next(each for each in thread.messages if each.id == message))
    show(gone, as_json, _lines)


@command(
    messages,
    "fetch",
    N_("Write a file of a message to a place of your own; it is held against what was attached."),
    "goldseed messages fetch 3 --out charter.pdf",
)
@click.argument("attachment", type=int, metavar="ATTACHMENT")
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("Where it is written."))
def fetch(attachment: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from pipeline.messages import threads

    with Session(database()) as session:
        seen, content = threads.file_of(session, console(), attachment)
    hand_out(out, content, seen.file_name, "message_file")


# --- within ----------------------------------------------------------------------------------------------------


@contextmanager
def _seen_by(name: str | None) -> "Iterator[tuple[Session, Person]]":
    """A session, and the account of this name, or whoever sits here."""
    from sqlalchemy.orm import Session

    from pipeline.accounts import people

    with Session(database()) as session:
        number = account_id(session, name)
        person = console() if number is None else people.person_of(session, number)
        if person is None:
            raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
        yield session, person


def _one_line(text: str | None) -> str:
    return _("withdrawn") if text is None else " ".join(text.split())


def _lines(each: dict[str, Any]) -> list[str]:
    at = settings().local(datetime.fromisoformat(each["written_at"]))
    role = language.pick(ROLES[each["role"]].name) if each["role"] in ROLES else each["role"]
    new = " *" if each["new"] else ""
    head = f"{each['id']:>5}  {at:%Y-%m-%d %H:%M}  {each['written_by']} ({role}){new}"
    words = [] if each["text"] is None else [f"       {line}" for line in each["text"].split("\n")]
    files = [f"       + {file['id']}  {file['file_name']}  {file['size']}" for file in each["files"]]
    gone = each["withdrawn"]
    return [head, *words, *files, *([f"       ✗ {gone['by']}: {gone['why']}"] if gone else [])]
