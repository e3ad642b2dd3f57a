"""Below `goldseed pools`: the papers of a review, the report of changes, who was in on a day, the pools over time."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.pools.reviews import pools
from commands.shared import (
    FILE,
    NEW_FILE,
    Day,
    as_json_option,
    command,
    console,
    database,
    exported,
    settings,
    show,
    today,
)
from pipeline.language import N_
from pipeline.language import gettext as _

_PAPERS = ("decision", "list", "notice", "opinion")


@command(
    pools,
    "paper",
    N_(
        "Write a paper of a review: the decision, the list (also .xlsx), the public notice, the letter to a department."
    ),
    "goldseed pools paper decision 3 --out decision.docx",
)
@click.argument("kind", type=click.Choice(_PAPERS))
@click.argument("review", type=int)
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("The file to write, .docx or .xlsx."))
@click.option("--department", metavar="NAME", help=N_("Whose letter it is, e.g. tax; of `opinion` alone."))
@click.option(
    "--template",
    type=FILE,
    metavar="FILE.docx",
    help=N_("A template of your own; unless given that in GOLDSEED_TEMPLATES, or else the one supplied."),
)
def paper(kind: str, review: int, out: Path, department: str | None, template: Path | None) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import pool_papers
    from pipeline import demo_data

    form = _form(out, (".docx", ".xlsx") if kind == "list" else (".docx",))
    if form == ".xlsx" and template is not None:
        raise click.UsageError(_("A workbook has no template: leave --template out, or name a .docx file."))
    person = console()
    with Session(database()) as session:
        what = pool_papers.told(session, kind, review, department, person)
        made_up = demo_data.holds_demo_firms(session)
    if form == ".xlsx":
        from dashboard.reports.pool_workbooks import list_workbook

        content = list_workbook(what, made_up)  # type: ignore[arg-type]
    else:
        content = pool_papers.paper(kind, what, _office(), made_up, person, template)
    out.write_bytes(content)
    exported("pool_paper", out, rows=len(what.firms))
    click.echo(_("%(file)s: %(count)s firms.", file=out, count=len(what.firms)))


@command(
    pools,
    "papers",
    N_("Write every paper that there is of a review into a folder."),
    "goldseed pools papers 3 --out papers",
)
@click.argument("review", type=int)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=N_("The folder; made where there is none."),
)
def papers(review: int, out: Path) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import review_papers

    with Session(database()) as session:
        files = review_papers.every_paper(session, review, console(), _office())
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        (out / file.name).write_bytes(file.content)
        exported("pool_paper", out / file.name, rows=file.firms)
        click.echo(_("%(file)s: %(count)s firms.", file=out / file.name, count=file.firms))


@command(
    pools,
    "report",
    N_(
        "What changed in the pools between two days, with reasons; the half year that ended last unless days are given."
    ),
    "goldseed pools report --from 2026-01-01 --to 2026-06-30 --out changes.docx",
)
@click.option("--from", "first", type=Day(), metavar="DAY", help=N_("The first day, counted."))
@click.option("--to", "last", type=Day(), metavar="DAY", help=N_("The last day, counted."))
@click.option("--out", required=True, type=NEW_FILE, metavar="FILE", help=N_("The file to write, .docx or .xlsx."))
@click.option(
    "--template",
    type=FILE,
    metavar="FILE.docx",
    help=N_("A template of your own; unless given that in GOLDSEED_TEMPLATES, or else the one supplied."),
)
def report(first: date | None, last: date | None, out: Path, template: Path | None) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import pool_papers
    from pipeline import demo_data
    from pipeline.pool_history import published

    form = _form(out, (".docx", ".xlsx"))
    if form == ".xlsx" and template is not None:
        raise click.UsageError(_("A workbook has no template: leave --template out, or name a .docx file."))
    if (first is None) != (last is None):
        raise click.UsageError(_("Give both days, --from and --to, or neither."))
    if first is None or last is None:
        first, last = published.half_year_before(today())
    if last < first:
        raise click.UsageError(_("--to %(last)s is before --from %(first)s.", first=first, last=last))
    person = console()
    with Session(database()) as session:
        what = published.changes_between(session, first, last, person)
        made_up = demo_data.holds_demo_firms(session)
    if form == ".xlsx":
        from dashboard.reports.pool_workbooks import changes_workbook

        content = changes_workbook(what, made_up)
    else:
        content = pool_papers.paper("changes", what, _office(), made_up, person, template)
    out.write_bytes(content)
    exported("pool_report", out, rows=len(what.changes))
    click.echo(
        _(
            "%(file)s: %(count)s changes from %(first)s to %(last)s.",
            file=out,
            count=len(what.changes),
            first=first,
            last=last,
        )
    )


@command(pools, "members", N_("Who was in which pool on a day."), "goldseed pools members --on 2026-06-30 --json")
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day; who left on it is out. Today unless given."))
@as_json_option
def members(on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.pools import reviews

    with Session(database()) as session:
        found = [asdict(each) for each in reviews.members(session, on or today())]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['pool']:<8} {each['firm_id']:<20} {each['entered_on']}  {each['firm_name']}" for each in entries
        ] or [_("No firm was in a pool.")]

    show(found, as_json, lines)


@command(
    pools,
    "over-time",
    N_("Entries and exits a year, how long firms stay, and what became of them beside firms that were not chosen."),
    "goldseed pools over-time --json",
)
@click.option(
    "--on", type=Day(), metavar="DAY", help=N_("Only what was known on this day is read; today unless given.")
)
@as_json_option
def over_time(on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from dashboard.components import over_time_text
    from pipeline.pool_history import members_over_time

    with Session(database()) as session:
        found = members_over_time.over_time(session, on or today(), console())
    if as_json:
        show(found.as_json() | {"warning": _(members_over_time.NO_PROOF)}, True, str)
    else:
        show(found, False, over_time_text.lines)


def _office() -> Any:
    from dashboard.reports.pool_papers import Office

    return Office(settings().bureau, settings().templates)


def _form(out: Path, allowed: tuple[str, ...]) -> str:
    form = out.suffix.lower()
    if form not in allowed:
        raise click.UsageError(
            _("%(file)s: name a file that ends in %(forms)s.", file=out.name, forms=" / ".join(allowed))
        )
    return form
