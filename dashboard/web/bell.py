"""The bell in the head of every page: how many reminders its reader has not read, counted by one statement.

Counted anew when another page is shown or reminders are marked (`reminders-changed`).
"""

from typing import Any

from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.cards import icon
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Person
from pipeline.language import gettext as _
from pipeline.reminders.notices import unread

#: More than so many are not told apart.
_MOST = 99


def bell(person: Person) -> Component:
    """The link to the reminders, with their number."""
    words = _("Reminders")
    return html.Span(
        [
            dcc.Link(_inside(person), id="bell", href="/reminders", className="head-button plain bell", title=words),
            dcc.Store(id="reminders-changed"),
        ]
    )


@guarded_callback(
    Output("bell", "children"),
    Input("address", "pathname"),
    Input("reminders-changed", "data"),
    may=None,
    prevent_initial_call=True,
)
def count_again(_path: str | None, _changed: int | None) -> Any:
    return _inside(request.person())


def _inside(person: Person) -> list[Component]:
    with request.looking_up() as session:
        count = unread(session, person, request.today())
    words = _("%(count)s reminders not read", count=count)
    shown = f"{_MOST}+" if count > _MOST else str(count)
    number = [html.Span(shown, className="bell-count")] if count else []
    return [icon("bell"), *number, html.Span(words, className="only-read-aloud")]
