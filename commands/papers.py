"""Papers and files to take along: one page about a firm, the city's report of a day, sheets for visits, and cases and
visits as tables."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.shared import (
    FILE,
    NEW_FILE,
    as_of_or_today,
    command,
    console,
    database,
    exported,
    model_option,
    settings,
    today,
)
from commands.tutoring import cases
from commands.tutoring.visits import visit_conditions
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.visit_list.conditions import VisitConditions
from scoring.engine.lightgbm_alone import take_lightgbm_alone

_FIRM = "firm"
_out = click.option("--out", type=NEW_FILE, required=True, metavar="FILE", help=N_("The file to write, .pdf or .docx."))
_template = click.option(
    "--template",
    type=FILE,
    metavar="FILE.docx",
    help=N_("A template of your own; unless given that in GOLDSEED_TEMPLATES, or else the one supplied."),
)
_table_out = click.option(
    "--out", type=NEW_FILE, required=True, metavar="FILE", help=N_("The file to write, .xlsx or .csv.")
)


class _FirmUnlessNamed(click.Group):
    """A group whose first word may be a firm instead of a command: `goldseed report FIRM` is `report firm FIRM`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_FIRM, *args]
        return super().parse_args(ctx, args)


@click.group(
    "report",
    cls=_FirmUnlessNamed,
    help=N_("Papers as PDF or DOCX: about firms (`goldseed report FIRM --out firm.pdf`), the city, for visits."),
    epilog="goldseed report city --out report.pdf",
)
def report() -> None:
    pass


@command(
    report,
    _FIRM,
    N_("One page about a firm as PDF: score, reasons, what the boards ask, figures; of several one after the other."),
    "goldseed report neeq:430025 --as-of 2024-05-01 --out firm.pdf",
)
@click.argument("firms", nargs=-1, required=True, metavar="FIRM...")
@as_of_or_today
@model_option
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE.pdf", help=N_("The file to write."))
def firm_report(firms: tuple[str, ...], as_of: date | None, model_id: str | None, out: Path) -> None:
    take_lightgbm_alone()
    from dashboard.reports.firm_pdf import reports_pdf

    wanted = list(dict.fromkeys(firms))
    out.write_bytes(reports_pdf(database(), settings().models, wanted, as_of, today(), model_id))
    for firm in wanted:
        exported("report", out, firm=firm)
    click.echo(_("%(file)s is written.", file=out))


@command(
    report,
    "city",
    N_("The city's special report of a day on one page: pools, stages, changes since a month before, whom to watch."),
    "goldseed report city --as-of 2026-06-30 --out report.pdf",
)
@as_of_or_today
@_out
@_template
def city_report(as_of: date | None, out: Path, template: Path | None) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import special_report_papers
    from dashboard.reports.special_report import special_report
    from pipeline import demo_data

    form = _form(out, template)
    day = as_of or today()
    if day > today():
        raise click.UsageError(_("--as-of %(day)s has not come yet.", day=day))
    with Session(database()) as session:
        told = special_report(session, console(), day)
        made_up = demo_data.holds_demo_firms(session)
    if form == ".pdf":
        content = special_report_papers.report_pdf(told, _office(), made_up)
    else:
        content = special_report_papers.report_docx(told, _office(), made_up, template)
    out.write_bytes(content)
    exported("special_report", out)
    click.echo(_("%(file)s is written.", file=out))


@command(
    report,
    "visits",
    N_("A sheet a firm for a visit: where it stands, why go there, what was agreed, and room to write."),
    "goldseed report visits 91XXXXXXMA5CA1L08E 91XXXXXXMA5CA1B04D --out sheets.pdf",
)
@click.argument("firms", nargs=-1, required=True, metavar="FIRM...")
@_out
@_template
def visit_sheets(firms: tuple[str, ...], out: Path, template: Path | None) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import visit_sheet_papers, visit_sheets
    from pipeline import demo_data
    from scoring.firm_list.keeper import make_current

    form = _form(out, template)
    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        sheets = visit_sheets.visit_sheets(session, console(), firms, today())
        made_up = demo_data.holds_demo_firms(session)
    if form == ".pdf":
        content = visit_sheet_papers.sheets_pdf(sheets, made_up)
    else:
        content = visit_sheet_papers.sheets_docx(sheets, _office(), made_up, template)
    out.write_bytes(content)
    exported("visit_sheet", out, rows=len(sheets))
    click.echo(_("%(file)s: %(count)s firms.", file=out, count=len(sheets)))


# --- below `goldseed cases` ------------------------------------------------------------------------------------


@command(cases, "export", N_("The open cases as a table, a row each."), "goldseed cases export --out cases.xlsx")
@_table_out
def export_cases(out: Path) -> None:
    _export("cases", out)


@command(
    cases,
    "export-visits",
    N_("Every visit as a table, a row each, the latest first; or those that fit some conditions."),
    "goldseed cases export-visits --out visits.csv --step overdue",
)
@_table_out
@visit_conditions
def export_visits(out: Path, chosen: VisitConditions) -> None:
    _export("visits", out, chosen)


# --- within ----------------------------------------------------------------------------------------------------


def _export(kind: str, out: Path, chosen: VisitConditions | None = None) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports import case_tables
    from pipeline import demo_data
    from scoring.firm_list.keeper import make_current

    form = _of_form(out, tuple(f".{form}" for form in case_tables.FORMS))
    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        table = case_tables.exported_table(session, console(), kind, today(), *([chosen] if chosen else []))
        made_up = demo_data.holds_demo_firms(session)
    _title, _heads, rows = table
    out.write_bytes(case_tables.as_file(table, form.removeprefix("."), made_up))
    exported(kind, out, rows=len(rows))
    click.echo(_("%(file)s: %(count)s rows.", file=out, count=len(rows)))


def _form(out: Path, template: Path | None) -> str:
    form = _of_form(out, (".pdf", ".docx"))
    if form == ".pdf" and template is not None:
        raise click.UsageError(_("A PDF has no template: leave --template out, or name a .docx file."))
    return form


def _of_form(out: Path, allowed: tuple[str, ...]) -> str:
    form = out.suffix.lower()
    if form not in allowed:
        raise click.UsageError(
            _("%(file)s: name a file that ends in %(forms)s.", file=out.name, forms=" / ".join(allowed))
        )
    return form


def _office() -> Any:
    from dashboard.reports.pool_papers import Office

    return Office(settings().bureau, settings().templates)
