"""Files of visits as the tutoring card shows them: links to download them, the place to drop new ones, and the list of
one visit from which each can be withdrawn. visit_changes.py has their callbacks.
"""

import base64
import binascii
from collections.abc import Sequence

from dash.development.base_component import Component
from flask import abort

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, icon
from dashboard.web import request
from pipeline.language import gettext as _
from pipeline.tutoring.attachments.attachments import MOST_FILES, AttachmentSeen
from pipeline.tutoring.attachments.file_checks import ACCEPTED, LARGEST, CheckedFile, checked
from pipeline.wording.number_format import rounded


def file_links(files: Sequence[AttachmentSeen]) -> Component | None:
    """The files that count, each a link that downloads it."""
    links = [html.Li(_link(file)) for file in files if file.withdrawn is None]
    return html.Ul(links, className="attached") if links else None


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


def files_of_visit(files: Sequence[AttachmentSeen]) -> Component | None:
    """Every file of one visit with who attached it; the reason to withdraw one stands in the field below."""
    if not files:
        return None
    return html.Ul([html.Li(_line(file)) for file in files], className="attached")


def sent_files(contents: list[str] | None, names: list[str] | None) -> list[CheckedFile]:
    """The files that a drop zone holds; 400 for what no browser sends. Raises AttachmentRefused."""
    if len(contents or []) != len(names or []):
        abort(400)
    try:
        read = [base64.b64decode(content.partition(",")[2], validate=True) for content in contents or []]
    except (binascii.Error, ValueError, AttributeError):
        abort(400)
    return [checked(name, content) for name, content in zip(names or [], read, strict=True)]


def _line(file: AttachmentSeen) -> list[Component | str]:
    day = amounts.day(request.local(file.added_at).date())
    about = html.Span(_("%(who)s, %(day)s", who=file.added_by, day=day), className="card-note")
    if file.withdrawn is not None:
        gone = _(
            "withdrawn by %(who)s on %(day)s: %(why)s",
            who=file.withdrawn.by,
            day=amounts.day(request.local(file.withdrawn.at).date()),
            why=file.withdrawn.why,
        )
        return [html.S(file.file_name), " ", about, html.Div(gone, className="withdrawn")]
    withdraw = dmc.Button(
        _("Withdraw"),
        id={"type": "firm-attachment-withdraw", "file": file.id},
        size="compact-xs",
        variant="subtle",
        ml="xs",
        **aria(label=_("Withdraw %(file)s", file=file.file_name)),
    )
    return [_link(file), " ", about, withdraw]


def _link(file: AttachmentSeen) -> Component:
    return link_to(file.file_name, file.size, f"/download/attachment/{file.id}")


def link_to(name: str, size: int, address: str) -> Component:
    """The link that downloads a file, with its size in bytes as people read it."""
    words = _("%(size)s KB", size=amounts.count(max(1, rounded(size / 1024, 0))))
    return html.A(
        [icon("download"), " ", name, html.Span(f" {words}", className="card-note")],
        href=address,
        className="text-link",
    )
