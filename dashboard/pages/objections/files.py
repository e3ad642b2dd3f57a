"""The download of a file that proves an objection; one that is not this reader's to read is not there."""

from flask import Response

from dashboard.web.exports import attached_file
from dashboard.web.routes import Download
from pipeline.accounts.people import Action
from pipeline.objections.objection_lists import file_of


def objection_file(number: str) -> Response:
    return attached_file(number, file_of)


PAGES = ()
DOWNLOADS = (
    Download("/download/objection-file/<number>", objection_file, Action.SEE_OBJECTIONS, exports="objection_file"),
)
