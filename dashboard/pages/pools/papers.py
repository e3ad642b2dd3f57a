"""Downloads of the pools' papers: `/pools/paper/3/decision.docx`, `/pools/papers/3.zip`, and
`/pools/report.xlsx?from=…&to=…`."""

from flask import Response, abort
from flask import request as http_request

from dashboard.reports import pool_papers, pool_workbooks, review_papers
from dashboard.reports.pool_papers import Office
from dashboard.web import request
from dashboard.web.routes import Download
from dashboard.web.sent import day_of
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.pool_history import published

_FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_PAPERS = {("decision", "docx"), ("list", "docx"), ("list", "xlsx"), ("notice", "docx"), ("opinion", "docx")}


def paper_file(review: str, kind: str, form: str) -> Response:
    """A paper of a review, of the firms that its reader may export."""
    if (kind, form) not in _PAPERS or not _is_number(review):
        abort(404)
    person = request.person()
    with request.database() as session:
        try:
            what = pool_papers.told(session, kind, int(review), http_request.args.get("department"), person)
        except NotFound:
            abort(404)
        made_up = demo_data.holds_demo_firms(session)
    if form == "xlsx":
        return _sent(pool_workbooks.list_workbook(what, made_up), f"pools-{review}-{kind}", form, made_up)  # type: ignore[arg-type]
    content = pool_papers.paper(kind, what, _office(), made_up, person)
    return _sent(content, f"pools-{review}-{kind}", form, made_up)


def every_paper(review: str) -> Response:
    """All papers of a review in one archive."""
    if not _is_number(review):
        abort(404)
    with request.database() as session:
        try:
            files = review_papers.every_paper(session, int(review), request.person(), _office())
        except NotFound:
            abort(404)
        made_up = demo_data.holds_demo_firms(session)
    return _sent(review_papers.zipped(files), f"pools-{review}-papers", "zip", made_up)


def report_file(form: str) -> Response:
    """What changed between two days; the half year that ended last where the address names none."""
    if form not in ("docx", "xlsx"):
        abort(404)
    first, last = day_of(http_request.args.get("from")), day_of(http_request.args.get("to"))
    if first is None or last is None:
        first, last = published.half_year_before(request.today())
    if last < first:
        abort(400)
    person = request.person()
    with request.database() as session:
        what = published.changes_between(session, first, last, person)
        made_up = demo_data.holds_demo_firms(session)
    if form == "xlsx":
        content = pool_workbooks.changes_workbook(what, made_up)
    else:
        content = pool_papers.paper("changes", what, _office(), made_up, person)
    return _sent(content, f"pools-changes-{first}-{last}", form, made_up)


def _is_number(review: str) -> bool:
    return review.isascii() and review.isdecimal() and len(review) < 10


def _office() -> Office:
    settings = request.app().settings
    return Office(settings.bureau, settings.templates)


def _sent(content: bytes, name: str, form: str, made_up: bool) -> Response:
    file = f"{name}{'-demo' if made_up else ''}.{form}"
    return Response(content, mimetype=_FORMS[form], headers={"Content-Disposition": f"attachment; filename={file}"})


PAGES = ()
DOWNLOADS = (
    Download("/pools/paper/<review>/<kind>.<form>", paper_file, Action.SEE_PROPOSALS, exports="pool_paper"),
    Download("/pools/papers/<review>.zip", every_paper, Action.SEE_PROPOSALS, exports="pool_paper"),
    Download("/pools/report.<form>", report_file, Action.SEE_PROPOSALS, exports="pool_report"),
)
