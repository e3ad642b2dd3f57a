"""Files of firms' own returns: the form with what is known, and what was handed in, for who may see it."""

from flask import Response, abort

from dashboard.web import request
from dashboard.web.exports import only_saved
from dashboard.web.routes import Download
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.own_returns.deciding import form_of
from pipeline.own_returns.form_of_firm import known_form, years
from pipeline.own_returns.return_lists import return_of

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def form_file(firm_id: str, year: str) -> Response:
    """The form of a firm and year: for the firm itself, and for who hands it on to the firm."""
    if not year.isdigit() or int(year) not in years(request.today()):
        abort(404)
    with request.database() as session:
        content = known_form(session, request.person(), firm_id, int(year), language.language(), request.today())
    return only_saved(content, _XLSX, f"goldseed-{firm_id}-{year}.xlsx")


def return_file(number: str) -> Response:
    """What was handed in; a draft for its firm alone."""
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        abort(404)
    with request.looking_up() as session:
        try:
            form = form_of(session, return_of(session, request.person(), int(number)))
        except NotFound:
            abort(404)
    return only_saved(form.content, "application/octet-stream", form.name)


PAGES = ()
DOWNLOADS = (
    Download("/download/own-return/form/<firm_id>/<year>.xlsx", form_file, Action.SEE_RETURNS, exports="own_form"),
    Download("/download/own-return/<number>", return_file, Action.SEE_RETURNS, exports="own_return"),
)
