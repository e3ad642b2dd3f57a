"""Files that somebody hands in with a form: where they are dropped, what the form sends, a link to one that is kept."""

import base64
import binascii

from dash.development.base_component import Component
from flask import abort

from dashboard.checked_once import dcc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, icon
from pipeline.language import gettext as _
from pipeline.tutoring.attachments.attachments import MOST_FILES
from pipeline.tutoring.attachments.file_checks import ACCEPTED, LARGEST, CheckedFile, checked
from pipeline.wording.number_format import rounded


def drop_zone(name: str, *, wait: bool) -> Component:
    """Where files are dropped. Those of a new visit or message `wait` for it; others are attached at once."""
    words = _("Attachments: drop files here, or choose them")
    limits = _(
        "PDF, DOCX, XLSX, JPG or PNG; up to %(size)s MB each, %(most)s files",
        size=LARGEST // 2**20,
        most=MOST_FILES,
    )
    inside = html.Div(
        [icon("file-upload"), html.Strong(words), html.Span(limits)],
        className="drop-zone narrow",
    )
    zone = dcc.Upload(inside, id=name, multiple=True, accept=ACCEPTED)
    if not wait:
        return zone
    return html.Div([zone, html.Div(id=f"{name}-chosen", className="card-note", **aria(live="polite"))])


def sent_files(contents: list[str] | None, names: list[str] | None) -> list[CheckedFile]:
    """The files that a drop zone holds; 400 for what no browser sends. Raises AttachmentRefused."""
    if len(contents or []) != len(names or []):
        abort(400)
    try:
        read = [base64.b64decode(content.partition(",")[2], validate=True) for content in contents or []]
    except (binascii.Error, ValueError, AttributeError):
        abort(400)
    return [checked(name, content) for name, content in zip(names or [], read, strict=True)]


def link_to(name: str, size: int, address: str) -> Component:
    """The link that downloads a file, with its size in bytes as people read it."""
    words = _("%(size)s KB", size=amounts.count(max(1, rounded(size / 1024, 0))))
    return html.A(
        [icon("download"), " ", name, html.Span(f" {words}", className="card-note")],
        href=address,
        className="text-link",
    )
