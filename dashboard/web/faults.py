"""What a visitor reads when a request fails in a way that its page did not foresee: a full disk, a letter, junk, or a
fault of ours.

A fault of ours is answered with 500 and a number, under which the log has its traceback.
"""

import logging
import secrets

from dash.exceptions import DependencyException
from flask import Flask, Response
from flask import request as http_request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.wrappers import Response as AnyResponse

from dashboard.web.auth_guard import SECRET_PATHS
from dashboard.web.sign_in import plain_page, refused
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.store.engines.full_disk import disk_trouble

_log = logging.getLogger(__name__)
#: "Insufficient Storage".
NO_ROOM = 507


def add_faults(server: Flask) -> None:
    """Answer for what no route or callback has caught."""
    server.register_error_handler(DataError, _junk)
    server.register_error_handler(DependencyException, lambda _error: refused(NotFound()))  # no such script
    server.register_error_handler(Exception, _fault)


def _junk(error: DataError) -> AnyResponse | HTTPException:
    """A value that the database cannot hold, such as a number beyond its column: nobody is shown one to send."""
    _log.warning("a request was refused, %s %s: %s", http_request.method, _path(), error.orig)
    return refused(BadRequest())


def _fault(error: Exception) -> AnyResponse:
    if (trouble := disk_trouble(error)) is not None:
        _log.error("%s %s: %s", http_request.method, _path(), error)
        return _said(_("The disk takes nothing more"), str(trouble), NO_ROOM)
    if isinstance(
        error, ShownToPeople
    ):  # a letter that no page foresaw, such as a model whose stored files were changed
        _log.error("%s %s: %s", http_request.method, _path(), error)
        return _said(_("That did not work"), str(error), 500)
    number = secrets.token_hex(4)
    _log.error("fault %s in %s %s", number, http_request.method, _path(), exc_info=error)
    words = _("The fault is on our side; it has been written down under the number %(number)s.", number=number)
    return _said(_("That did not work"), words, 500)


def _path() -> str:
    """The address for the log, without what is a secret in it."""
    secret = next((path for path in SECRET_PATHS if http_request.path.startswith(path)), None)
    return http_request.path if secret is None else f"{secret}…"


def _said(title: str, words: str, status: int) -> AnyResponse:
    if http_request.path.startswith("/_dash"):
        return Response(words, status=status, mimetype="text/plain")
    return plain_page(title, words, status=status)
