"""Downloads about visits: the list that an address narrows (`/download/visits.xlsx?district=…`), and one attached
file."""

from flask import Response, abort
from flask import request as http_request

from dashboard.reports import case_tables
from dashboard.web import request
from dashboard.web.exports import attached_file
from dashboard.web.routes import Download
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.visit_list.conditions import WrongCondition, from_address

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def visits_file(form: str) -> Response:
    """The visits that fit the address, as a table."""
    if form not in case_tables.FORMS:
        abort(404)
    with request.database() as session:
        try:
            chosen = from_address(http_request.args)
            table = case_tables.visit_table(session, request.person(), request.today(), chosen)
        except NotAllowed:
            abort(403)
        except WrongCondition:
            abort(400)
        made_up = demo_data.holds_demo_firms(session)
    file = f"goldseed-visits{'-demo' if made_up else ''}.{form}"
    content = case_tables.as_file(table, form, made_up)
    return Response(content, mimetype=_TYPES[form], headers={"Content-Disposition": f"attachment; filename={file}"})


def visit_file(number: str) -> Response:
    return attached_file(number, attachments.content_of)


PAGES = ()
DOWNLOADS = (
    Download("/download/visits.<form>", visits_file, Action.SEE_FINDINGS, exports="visits"),
    Download("/download/attachment/<number>", visit_file, Action.SEE_FINDINGS, exports="attachment"),
)
