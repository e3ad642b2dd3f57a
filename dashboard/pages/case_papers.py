"""Downloads about tutoring: the city's report of a day (`/download/special-report.pdf?as_of=…`), sheets for visits
(`/download/visit-sheet.pdf?firms=a,b`), cases as a table, one page about each of several firms.

Nothing here is a page: others link here.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort
from flask import request as http_request
from sqlalchemy.orm import Session

from dashboard.reports import case_tables, special_report_papers, visit_sheet_papers
from dashboard.reports.pool_papers import Office
from dashboard.reports.special_report import special_report
from dashboard.reports.visit_sheets import MOST, visit_sheets
from dashboard.web import request
from dashboard.web.routes import Download
from dashboard.web.sent import day_of
from pipeline import demo_data
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed, ShownToPeople

_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


def special_report_file(form: str) -> Response:
    """The report of a day, today unless the address names one, of the firms that its reader reaches."""
    if form not in ("pdf", "docx"):
        abort(404)
    today = request.today()
    as_of = day_of(http_request.args.get("as_of")) or today
    if as_of > today:
        abort(400)
    with request.database() as session:
        try:
            report = special_report(session, request.person(), as_of)
        except NotAllowed:
            abort(403)
        made_up = demo_data.holds_demo_firms(session)
    make = special_report_papers.report_pdf if form == "pdf" else special_report_papers.report_docx
    return _sent(lambda: make(report, _office(), made_up), f"special-report-{as_of}", form, made_up)


def visit_sheet_file(form: str) -> Response:
    """A sheet for each of the firms that the address names."""
    if form not in ("pdf", "docx"):
        abort(404)
    with request.database() as session:
        try:
            sheets = visit_sheets(session, request.person(), _firms(), request.today())
        except NotAllowed:
            abort(403)
        made_up = demo_data.holds_demo_firms(session)

    def content() -> bytes:
        if form == "pdf":
            return visit_sheet_papers.sheets_pdf(sheets, made_up)
        return visit_sheet_papers.sheets_docx(sheets, _office(), made_up)

    return _sent(content, f"visit-sheets-{request.today()}", form, made_up)


def cases_file(form: str) -> Response:
    if form not in case_tables.FORMS:
        abort(404)
    with request.database() as session:
        try:
            table = case_tables.case_table(session, request.person(), request.today())
        except NotAllowed:
            abort(403)
        made_up = demo_data.holds_demo_firms(session)
    return _sent(lambda: case_tables.as_file(table, form, made_up), "goldseed-cases", form, made_up)


def firms_file() -> Response:
    """The page of paper about each firm that the address names, as their pages on the dashboard show them."""
    from dashboard.reports.firm_pdf import reports_pdf

    app, firms = request.app(), _firms()
    with request.database() as session:
        _require_each(session, firms)
        made_up = demo_data.holds_demo_firms(session)
    settings, today = app.settings, request.today()
    return _sent(lambda: reports_pdf(app.engine, settings.models, firms, None, today), f"firms-{today}", "pdf", made_up)


# --- within ----------------------------------------------------------------------------------------


def _firms() -> list[str]:
    """The firms that the address names, each once; 400 for none or too many."""
    named = [part for part in http_request.args.get("firms", "").split(",") if part]
    if not 1 <= len(set(named)) <= MOST:
        abort(400)
    return list(dict.fromkeys(named))


def _require_each(session: Session, firms: Sequence[str]) -> None:
    for firm in firms:
        try:
            people.require(request.person(), Action.SEE_SCORES, firm, session=session)
        except NotAllowed:
            abort(403)


def _office() -> Office:
    settings = request.app().settings
    return Office(settings.bureau, settings.templates)


def _sent(make: Any, name: str, form: str, made_up: bool) -> Response:
    """The file; what cannot be made is said in words."""
    try:
        content = make()
    except ShownToPeople as error:
        return Response(str(error), status=404, mimetype="text/plain")
    file = f"{name}{'-demo' if made_up else ''}.{form}"
    return Response(content, mimetype=_TYPES[form], headers={"Content-Disposition": f"attachment; filename={file}"})


PAGES = ()
DOWNLOADS = (
    Download("/download/special-report.<form>", special_report_file, Action.SEE_FINDINGS, exports="special_report"),
    Download("/download/visit-sheet.<form>", visit_sheet_file, Action.SEE_FINDINGS, exports="visit_sheet"),
    Download("/download/cases.<form>", cases_file, Action.SEE_FINDINGS, exports="cases"),
    Download("/download/firm.pdf", firms_file, Action.SEE_SCORES, exports="report"),
)
