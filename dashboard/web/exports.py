"""Downloads of data leave an entry in the audit log: who took what, when. What people attached is only ever saved."""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any, Protocol

from flask import Response, abort, make_response, send_file
from flask import request as http_request
from sqlalchemy.orm import Session

from dashboard.web import request
from dashboard.web.routes import Download
from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.errors import NotFound


def recorded(download: Download) -> Callable[..., Any]:
    """The view of a download; where it holds data, an entry is written before it is sent."""
    if not download.exports:
        return download.view

    @wraps(download.view)
    def view(**parts: str) -> Any:
        answer = make_response(download.view(**parts))
        if answer.status_code in (200, 206) and http_request.method == "GET":  # 206: a part of it, or all in parts
            asked = http_request.full_path.rstrip("?")[:200]
            with request.database() as session, session.begin():
                audit.record_export(session, request.person(), download.exports, request.now(), file=asked)
        return answer

    return view


class Kept(Protocol):
    """What is known of a file that somebody attached."""

    @property
    def file_name(self) -> str: ...

    @property
    def media_type(self) -> str: ...


def attached_file(number: str, read: Callable[[Session, Person, int], tuple[Kept, bytes]]) -> Response:
    """The file of this number, only to be saved; one that is not this reader's to read is not there."""
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        abort(404)
    with request.looking_up() as session:
        try:
            seen, content = read(session, request.person(), int(number))
        except NotFound:
            abort(404)
    return only_saved(content, seen.media_type, seen.file_name)


def only_saved(content: bytes, media_type: str, name: str) -> Response:
    """A file that somebody attached: it never opens within the board, and even if a browser opened it, nothing in it
    could run or reach us."""
    answer = send_file(BytesIO(content), media_type, as_attachment=True, download_name=name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
