"""What was paid as a table, and the files of claims.

paid_table.py ──► files.py
"""

from flask import Response, abort

from dashboard.pages.support.paid_table import FORMS, as_file
from dashboard.web import request
from dashboard.web.routes import Download
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.support import claim_lists

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def paid_file(form: str) -> Response:
    if form not in FORMS:
        abort(404)
    with request.database() as session:
        content = as_file(claim_lists.paid_list(session, request.person()), form)
    headers = {"Content-Disposition": f"attachment; filename=goldseed-support-paid.{form}"}
    return Response(content, mimetype=_TYPES[form], headers=headers)


PAGES = ()
DOWNLOADS = (Download("/download/support-paid.<form>", paid_file, Action.REVIEW_SUPPORT, exports="support_paid"),)
