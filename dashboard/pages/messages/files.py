"""The download of a file that came with a message; one that is not this reader's to read is not there."""

from flask import Response

from dashboard.web.exports import attached_file
from dashboard.web.routes import Download
from pipeline.accounts.people import Action
from pipeline.messages import threads


def message_file(number: str) -> Response:
    return attached_file(number, threads.file_of)


PAGES = ()
DOWNLOADS = (Download("/download/message-file/<number>", message_file, Action.SEE_MESSAGES, exports="message_file"),)
