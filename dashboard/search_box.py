"""The search in the head of every page: what a person types, and what goes by it, a heading for each kind.

"/" (where a page has no search of its own) and Ctrl+K lead to it, the arrows through what was found, Enter to the first
of it (assets/search.js).
"""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.cards import aria, icon
from dashboard.queries.search.everywhere import MOST_SIGNS, Found, Group, Hit, found
from dashboard.queries.search.pages_and_papers import titled
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import routes
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import gettext as _

#: While somebody types, a question is asked after so many milliseconds of rest.
_REST_MS = 150


def search_box(person: Person) -> Component | None:
    """The field with the place for what it finds; None for who may see no firm, and would find nothing."""
    if not people.may(person, Action.SEE_FIRMS):
        return None
    words = _("Search firms, problems, pages …")
    return html.Div(
        [
            dmc.TextInput(
                id="everywhere",
                placeholder=words,
                leftSection=icon("search"),
                value="",
                debounce=_REST_MS,
                persistence=False,
                autoComplete="off",
                inputProps={"maxLength": MOST_SIGNS},
                **aria(label=words),
            ),
            html.Div(id="everywhere-found", className="everywhere-found"),
        ],
        className="everywhere no-print",
        role="search",
    )


@guarded_callback(Output("everywhere-found", "children"), Input("everywhere", "value"), may=Action.SEE_FIRMS)
def show_found(text: str | None) -> list[Component]:
    """What goes by the words in the field."""
    if not (text or "").strip():
        return []
    person = request.person()
    with request.database() as session:
        answer = found(session, person, text or "", request.today(), titled(routes().open_to(person)))
    return shown(answer)


def shown(answer: Found) -> list[Component]:
    """The hits as links, under a heading for each kind."""
    if not answer.groups:
        return [html.P(answer.of_nothing, className="card-note", role="status")]
    return [_group(group) for group in answer.groups]


def _group(group: Group) -> Component:
    more: Sequence[Component] = []
    if group.more:
        words = _("… more")
        inside = dcc.Link(words, href=group.more_at, className="text-link") if group.more_at else html.Span(words)
        more = [html.Li(inside, className="everywhere-more")]
    heading = f"everywhere-{group.kind}"
    return html.Section(
        [
            html.H2(group.heading, id=heading, className="everywhere-kind"),
            html.Ul([*(html.Li(_hit(hit)) for hit in group.hits), *more]),
        ],
        **aria(labelledby=heading),
    )


def _hit(hit: Hit) -> Component:
    words = [html.Span(hit.title, className="everywhere-title"), html.Span(hit.note, className="card-note")]
    if hit.address.startswith("/download/") or "/report." in hit.address:  # a file, which the browser fetches itself
        return html.A(words, href=hit.address)
    return dcc.Link(words, href=hit.address)
