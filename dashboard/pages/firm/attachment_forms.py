"""Files of visits as the tutoring card shows them: links to download them, and the list of one visit from which each
can be withdrawn. visit_changes.py has their callbacks.
"""

from collections.abc import Sequence

from dash.development.base_component import Component

from dashboard.checked_once import dmc, html
from dashboard.components import amounts
from dashboard.components.cards import aria
from dashboard.components.forms.attached import link_to
from dashboard.web import request
from pipeline.language import gettext as _
from pipeline.tutoring.attachments.attachments import AttachmentSeen


def file_links(files: Sequence[AttachmentSeen]) -> Component | None:
    """The files that count, each a link that downloads it."""
    links = [html.Li(_link(file)) for file in files if file.withdrawn is None]
    return html.Ul(links, className="attached") if links else None


def files_of_visit(files: Sequence[AttachmentSeen]) -> Component | None:
    """Every file of one visit with who attached it; the reason to withdraw one stands in the field below."""
    if not files:
        return None
    return html.Ul([html.Li(_line(file)) for file in files], className="attached")


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
