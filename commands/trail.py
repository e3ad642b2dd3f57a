"""The audit log: whether it is whole and true, its head for a safe, and a new seal after a backup was put back."""

from pathlib import Path

import click

from commands.shared import (
    NEW_FILE,
    as_json_option,
    command,
    database,
    group_of,
    now,
    run_first,
    show,
    somebody,
    why_option,
)
from pipeline.language import N_
from pipeline.language import gettext as _


@group_of("audit", N_("The trail of what was done, which is never deleted."), "goldseed audit verify")
@click.pass_context
def audit(context: click.Context) -> None:
    run_first(context, verify)


@command(
    audit,
    "verify",
    N_(
        "Check that the trail is whole, holds a head noted earlier, and that records and attached files are as it says."
    ),
    "goldseed audit verify",
)
@click.option("--head", "known_head", metavar="HASH", help=N_("A head printed earlier: it must still be in the chain."))
@as_json_option
def verify(known_head: str | None = None, as_json: bool = False) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import audit as audit_log
    from pipeline.tutoring.attachments.attachments import check_contents

    with Session(database()) as session:
        checked = {"entries": audit_log.verify_all(session, known_head), "head": audit_log.head(session)}
        checked["attached_files"] = check_contents(session)
    whole = N_("The trail is whole, and the records are as it says: %(entries)d entries, the last one %(head)s.")
    show(checked, as_json, lambda each: _(whole, **each))


@command(
    audit,
    "head",
    N_("Print the last seal of the trail, to be kept in a safe: audit verify --head holds the trail against it."),
    "goldseed audit head --out head.txt",
)
@click.option("--out", type=NEW_FILE, metavar="FILE", help=N_("Write it to this file, with the day and the number."))
@as_json_option
def head(out: Path | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import audit as audit_log

    with Session(database()) as session:
        last = {"entries": audit_log.count(session, audit_log.AuditFilter()), "head": audit_log.head(session)}
    if out:
        out.write_text(f"{last['head']}\n{now():%Y-%m-%d %H:%M:%S} UTC, {last['entries']}\n", encoding="utf-8")
    show(last, as_json, lambda each: str(each["head"]))


@command(
    audit,
    "seal",
    N_("Vouch for the trail and the records as they stand, after a backup was put back or where the key is lost."),
    'goldseed audit seal --why "backup of 1 May put back after the disk failed"',
)
@why_option
@as_json_option
def seal(why: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import audit as audit_log
    from pipeline.accounts import people

    with Session(database()) as session, session.begin():
        entry = audit_log.seal_trail(session, people.console(somebody()), why, now())
        sealed = {"entry": entry.id, "head": entry.hash}
    show(sealed, as_json, lambda each: _("Sealed anew with entry %(entry)d: %(head)s.", **each))
