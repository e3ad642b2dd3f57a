"""The download of a file that proves an objection; one that is not this reader's to read is not there."""

from flask import Response, abort

from dashboard.web import request
from dashboard.web.exports import only_saved
from dashboard.web.routes import Download
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.objections.objection_lists import file_of


def objection_file(number: str) -> Response:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        abort(404)
    with request.looking_up() as session:
        try:
            seen, content = file_of(session, request.person(), int(number))
        except NotFound:
            abort(404)
    return only_saved(content, seen.media_type, seen.file_name)


PAGES = ()
DOWNLOADS = (
    Download("/download/objection-file/<number>", objection_file, Action.SEE_OBJECTIONS, exports="objection_file"),
)
