"""The progress of returns as a file, narrowed as the page is (`/download/returns-progress.xlsx?year=…`).

progress_table.py ──► files.py
"""

from flask import Response, abort
from flask import request as http_request

from dashboard.pages.returns_progress.page import conditions
from dashboard.pages.returns_progress.progress_table import as_file
from dashboard.web import request
from dashboard.web.routes import Download
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def progress_file(form: str) -> Response:
    """The list that the address narrows."""
    if form not in _TYPES:
        abort(404)
    chosen, person = conditions(http_request.args, request.today()), request.person()
    with request.database() as session:
        try:
            content = as_file(session, person, chosen, form)
        except NotAllowed:
            abort(403)
        made_up = demo_data.holds_demo_firms(session)
    file = f"goldseed-returns-{chosen.year}{'-demo' if made_up else ''}.{form}"
    return Response(content, mimetype=_TYPES[form], headers={"Content-Disposition": f"attachment; filename={file}"})


PAGES = ()
DOWNLOADS = (Download("/download/returns-progress.<form>", progress_file, Action.IMPORT, exports="returns_progress"),)
