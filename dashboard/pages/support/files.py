"""What was paid as a table, and the files of claims.

paid_table.py ──► files.py
"""

from flask import Response, abort

from dashboard.pages.support.paid_table import FORMS, paid_file
from dashboard.web import request
from dashboard.web.exports import attached_file
from dashboard.web.routes import Download
from pipeline import demo_data
from pipeline.accounts.people import Action
from pipeline.support.claim_lists import file_of, paid_list

_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def paid(form: str) -> Response:
    if form not in FORMS:
        abort(404)
    with request.looking_up() as session:
        lines, made_up = paid_list(session, request.person()), demo_data.holds_demo_firms(session)
    headers = {"Content-Disposition": f"attachment; filename=goldseed-support-paid.{form}"}
    return Response(paid_file(lines, form, made_up), mimetype=_TYPES[form], headers=headers)


def claim_file(number: str) -> Response:
    return attached_file(number, file_of)


PAGES = ()
DOWNLOADS = (
    Download("/download/support-paid.<form>", paid, Action.SEE_SUPPORT, exports="support_paid"),
    Download("/download/support-file/<number>", claim_file, Action.SEE_SUPPORT, exports="support_file"),
)
