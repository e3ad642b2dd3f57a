"""The monitoring report of the city and its districts, of the month, the quarter and the year that a day lies in."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.shared import NEW_FILE, as_json_option, as_of_or_today, console, database, exported, show, today
from pipeline import language
from pipeline.atomic_files import write_atomically
from pipeline.language import N_
from pipeline.language import gettext as _

_FORMS = ("pdf", "docx", "xlsx")


@click.command(
    "monitor",
    help=N_(
        "The monitoring report of a day. Month, quarter and year up to it, of the city and each district: targets, "
        "rungs and pools, what happened, money, districts side by side, who came and left and why. With --out as PDF, "
        "DOCX or XLSX."
    ),
    epilog="goldseed monitor --as-of 2026-06-30 --out monitoring.xlsx",
)
@as_of_or_today
@click.option("--out", type=NEW_FILE, metavar="OUT.pdf", help=N_("Write it to this file: PDF, DOCX or XLSX."))
@as_json_option
def monitor(as_of: date | None, out: Path | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline import demo_data
    from pipeline.monitoring.report import report
    from pipeline.monitoring.tables import tables, title_of, whose

    day = as_of or today()
    if day > today():
        raise click.UsageError(_("--as-of %(day)s has not come yet.", day=day))
    form = None if out is None else out.suffix.removeprefix(".").lower()
    if form is not None and form not in _FORMS:
        raise click.UsageError(_("Name a file that ends in .pdf, .docx or .xlsx."))
    with Session(database()) as session:
        found = report(session, console(), day)
        made_up = demo_data.holds_demo_firms(session)
    if out is not None and form is not None:
        from dashboard.reports.monitoring.papers import paper

        content = paper(found, form, made_up)
        write_atomically(out, lambda unfinished: unfinished.write_bytes(content))
        exported("monitoring", out)
        click.echo(_("%(file)s is written.", file=out), err=as_json)
        if not as_json:
            return

    def lines(_found: Any) -> Iterator[str]:
        yield language.headed(title_of(found), whose(found))
        for table in tables(found):
            yield ""
            yield table.title
            yield "  " + " | ".join(table.heads)
            yield from ("  " + " | ".join(row) for row in table.rows)
            if table.note:
                yield f"  {table.note}"

    show(found, as_json, lines)
