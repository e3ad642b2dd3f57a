"""The visits of all firms, and the files attached to them, on the command line; all that the board can do."""

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
    now,
    run_first,
    show,
    today,
    why_option,
)
from commands.tutoring.visits import visit_conditions
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.visit_list.conditions import VisitConditions

if TYPE_CHECKING:
    from pipeline.tutoring.attachments.attachments import AttachmentSeen
    from pipeline.tutoring.visit_list.visit_list import VisitLine

_attachment = click.argument("attachment", type=int, metavar="ATTACHMENT")


@group_of(
    "visits", N_("The visits of all firms, and the files attached to them."), "goldseed visits list --step overdue"
)
@as_json_option
@click.pass_context
def visits(context: click.Context, as_json: bool) -> None:
    run_first(context, list_all, as_json=as_json)


@command(
    visits,
    "list",
    N_("The visits of all firms, the latest first, narrowed to some of them."),
    "goldseed visits list --district CODE --from 2024-01-01 --step overdue --json",
)
@visit_conditions
@click.option("--limit", type=click.IntRange(1), metavar="COUNT", help=N_("At most so many."))
@as_json_option
def list_all(chosen: VisitConditions, limit: int | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.visit_list.visit_list import visit_lines

    with Session(database()) as session:
        lines = visit_lines(session, console(), today(), chosen, limit=limit)
    show([_told(line) for line in lines], as_json, lambda rows: [_text(each) for each in rows] or [_("No visit fits.")])


@command(
    visits,
    "attach",
    N_("Attach files to a visit: PDF, DOCX, XLSX, JPG or PNG; all of them or none."),
    "goldseed visits attach 12 minutes.pdf photo.jpg",
)
@click.argument("visit", type=int, metavar="VISIT")
@click.argument("files", nargs=-1, required=True, type=FILE)
@as_json_option
def attach(visit: int, files: tuple[Path, ...], as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.attachments import attachments

    good = files_to_attach(files)
    with Session(database()) as session, session.begin():
        kept = [attachments.attach(session, console(), visit, each, now=now()) for each in good]
    show(kept, as_json, lambda rows: [_file_text(each) for each in rows])


@command(
    visits,
    "attachments",
    N_("The files attached to the visits of a firm, or to one visit."),
    "goldseed visits attachments 91XXXXXXMA5CA1L08E --json",
)
@click.argument("firm", metavar="FIRM", required=False)
@click.option("--visit", type=int, metavar="VISIT", help=N_("Only those of this visit."))
@as_json_option
def list_attachments(firm: str | None, visit: int | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.attachments import attachments

    if (firm is None) == (visit is None):
        raise click.UsageError(_("Name a firm, or a visit with --visit."))
    with Session(database()) as session:
        if visit is not None:
            listed = attachments.attachments_of_visit(session, console(), visit)
        else:
            listed = attachments.attachments_of(session, console(), firm or "")
    show(listed, as_json, lambda rows: [_file_text(each) for each in rows] or [_("No file is attached.")])


@command(
    visits,
    "fetch",
    N_("Write an attached file to a place of your own; it is held against what was attached."),
    "goldseed visits fetch 3 --out minutes.pdf",
)
@_attachment
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("Where it is written."))
def fetch(attachment: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.attachments import attachments

    with Session(database()) as session:
        seen, content = attachments.content_of(session, console(), attachment)
    hand_out(out, content, seen.file_name, "attachment")


@command(
    visits,
    "withdraw-attachment",
    N_("A file was attached by mistake; it stays on record and is given out no more."),
    'goldseed visits withdraw-attachment 3 --why "wrong file"',
)
@_attachment
@why_option
@as_json_option
def withdraw_attachment(attachment: int, why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.attachments import attachments

    with Session(database()) as session, session.begin():
        gone = attachments.withdraw(session, console(), attachment, why, now=now())
    show(gone, as_json, _file_text)


# --- within ----------------------------------------------------------------------------------------------------


def _told(line: "VisitLine") -> dict[str, Any]:
    gone = line.withdrawn
    return {
        "visit": line.id,
        "firm_id": line.firm_id,
        "firm": line.firm_name,
        "district": line.district_code,
        "stage": line.stage,
        "mentor": line.mentor,
        "visited_on": line.visited_on,
        "visited_by": line.visited_by,
        "findings": line.findings,
        "next_step": line.next_step,
        "due_on": line.due_on,
        "owner": line.owner,
        "done_on": line.done_on,
        "days_late": line.days_late,
        "attachments": line.files,
        "withdrawn": None if gone is None else {"by": gone.by, "at": gone.at, "why": gone.why},
    }


def _text(each: dict[str, Any]) -> str:
    files = f"  +{each['attachments']}" if each["attachments"] else ""
    step = f" → {each['next_step']} ({each['due_on']})" if each["next_step"] else ""
    gone = f"  ✗ {each['withdrawn']['by']}: {each['withdrawn']['why']}" if each["withdrawn"] else ""
    who = each["firm"] or each["firm_id"]
    text = f"{each['visit']:>5}  {each['visited_on']}  {who}  {each['visited_by']}: {each['findings']}"
    return f"{text}{step}{files}{gone}"


def _file_text(each: "AttachmentSeen") -> str:
    gone = f"  ✗ {each.withdrawn.by}: {each.withdrawn.why}" if each.withdrawn else ""
    return f"{each.id:>5}  {each.visit_id:>5}  {each.file_name}  {each.size}  {each.added_by}{gone}"
