"""A department's page: the firms about which it is asked, and its answers, all saved at once."""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components.cards import aria, card, empty, icon, page_head
from dashboard.components.forms.first_steps import first_steps_card
from dashboard.pages.opinions.answer_rows import Typed, answer_rows, done, due_text, said, shown_in, typed
from dashboard.queries.first_steps import first_steps
from dashboard.web import request
from dashboard.web.callbacks import browser_callback, guarded_callback
from dashboard.web.routes import View
from pipeline.accounts.departments import department_name
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.opinions import requests
from pipeline.opinions.requests import WrongAnswers

_ANSWER = {"type": "opinions-answer", "request": ALL, "firm": ALL}
_NOTE = {"type": "opinions-note", "request": ALL, "firm": ALL}


def layout(view: View) -> Component:
    """The department's lists that are not decided yet, the one due first at the top."""
    with request.database() as session:
        first = first_steps(session, view.person, view.today)
    return html.Div(
        [
            page_head(
                _("Opinions"),
                _("%(department)s: is anything known against these firms?", department=department_name(_of(view))),
            ),
            *first_steps_card(first),
            html.Div(id="opinions-said", className="said-first", role="status", **aria(live="assertive")),
            html.Div(_lists(view), id="opinions-lists"),
        ]
    )


def _of(view: View) -> str | None:
    return view.person.department


def _lists(view: View) -> list[Any]:
    with request.database() as session:
        lists = requests.lists_of(session, view.person)
    if not lists:
        return [card(None, empty(_("Nothing is asked of your department at present.")))]
    cards: list[Any] = []
    for listed in lists:
        body: list[Any] = [html.P(str(listed.caution), className="card-note")] if listed.caution else []
        body.append(answer_rows("opinions", listed, view.person.name))
        title = _("%(count)s firms, %(open)s without an answer", count=len(listed.firms), open=listed.open)
        cards.append(card(title, body, due_text(listed, view.today)))
    buttons = dmc.Group(
        [
            dmc.Button(_("Save all answers"), id="opinions-save", leftSection=icon("check")),
            dmc.Button(_("Clean: all without an answer"), id="opinions-rest", variant="default"),
        ],
        mt="md",
    )
    return [dmc.Stack(cards), buttons, dcc.Store(id="opinions-shown", data=shown_in(lists))]


browser_callback(
    "opinions",
    "restClean",
    Output(_ANSWER, "value"),
    Input("opinions-rest", "n_clicks"),
    State(_ANSWER, "value"),
    prevent_initial_call=True,
)


@guarded_callback(
    Output("opinions-said", "children", allow_duplicate=True),
    Output("opinions-lists", "children"),
    Input("opinions-save", "n_clicks"),
    State(_ANSWER, "id"),
    State(_ANSWER, "value"),
    State(_NOTE, "value"),
    State("opinions-shown", "data"),
    may=Action.ANSWER_OPINIONS,
    prevent_initial_call=True,
)
def save(
    _clicks: int | None,
    ids: list[dict[str, Any]],
    answers: list[str | None],
    notes: list[str | None],
    shown: dict[str, Any] | None,
) -> tuple[Any, Any]:
    """All or none; what cannot be stored stays on the page as it was typed."""
    view = View(request.person(), request.today())
    try:
        with request.database() as session, session.begin():
            count = _store(session, view, typed(ids, answers, notes, shown))
    except NotAllowed:
        raise
    except ShownToPeople as error:
        return said(error), no_update
    return done(_("%(count)s answers were stored.", count=count)), _lists(view)


def _store(session: Session, view: View, lists: Typed) -> int:
    """Every list's answers in one transaction. Raises WrongAnswers with the faults of all of them."""
    if not lists:
        raise requests.OpinionNotPossible(Message(N_("There is nothing to store: no answer is new or changed.")))
    count, letter = 0, None
    faults: list[object] = []
    for number, given in lists.items():
        try:
            count += len(requests.answer(session, view.person, number, given, view.today, request.now()))
        except WrongAnswers as error:
            letter, faults = error.message, [*faults, *error.problems]
    if letter is not None:
        raise WrongAnswers(letter, faults)
    return count
