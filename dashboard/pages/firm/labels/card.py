"""The labels of one firm under its name, each leading to the firms that have it, and a folded form for who may put
them.

Ids begin with `firm-label`. What was saved is held against what the page showed, so that a label which somebody else
has put meanwhile stays.
"""

import json
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components.cards import aria, warning
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.labels import firm_labels
from pipeline.language import gettext as _

#: What somebody may write between labels besides pressing Enter.
_PARTS = [",", "，", "、", ";", "；"]


def strip_of(session: Session, view: View, firm_id: str) -> Component | None:
    """None where this person may not read labels, or there are none and this person may put none."""
    if not view.may(Action.SEE_FINDINGS):
        return None
    changes = view.may(Action.KEEP_CASES)
    standing = firm_labels.labels_of(session, view.person, [firm_id])[firm_id]
    if not standing and not changes:
        return None
    parts: list[Component] = [html.Div(_pills(standing), id="firm-label-pills", className="firm-label-pills")]
    if changes:
        parts.append(_form(session, view, firm_id, standing))
    return html.Div(parts, className="firm-label-strip")


def _pills(standing: list[str]) -> list[Component]:
    return [dcc.Link(label, href=_list_of(label), className="pill pill-plain") for label in standing]


def _list_of(label: str) -> str:
    """The list of the firms that have it, with the column that says so."""
    wanted = {"labels": {"filterType": "text", "type": "equals", "filter": label}}
    return f"/firms?{urlencode({'filter': json.dumps(wanted, ensure_ascii=False), 'columns': 'labels'})}"


def _form(session: Session, view: View, firm_id: str, standing: list[str]) -> Component:
    known = [one.label for one in firm_labels.known_labels(session, view.person)]
    return html.Details(
        [
            html.Summary(_("Change labels"), className="text-link"),
            dcc.Store(id="firm-label-of", data=firm_id),
            dcc.Store(id="firm-label-seen", data=standing),
            dmc.Group(
                [
                    dmc.TagsInput(
                        id="firm-label-wanted",
                        data=known,
                        value=standing,
                        splitChars=_PARTS,
                        placeholder=_("A word, then Enter"),
                        size="sm",
                        w=360,
                        className="phone-wide",
                        **aria(label=_("Labels")),
                    ),
                    dmc.Button(_("Save"), id="firm-label-save", variant="default", size="sm"),
                ],
                gap="xs",
                align="end",
                mt="xs",
            ),
            html.Div(id="firm-label-said", role="status", **aria(live="polite")),
        ],
        className="no-print",
    )


@guarded_callback(
    Output("firm-label-said", "children"),
    Output("firm-label-pills", "children"),
    Output("firm-label-seen", "data"),
    Output("firm-label-wanted", "value"),
    Output("firm-label-wanted", "data"),
    Input("firm-label-save", "n_clicks"),
    State("firm-label-of", "data"),
    State("firm-label-seen", "data"),
    State("firm-label-wanted", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save(_clicks: int | None, firm_id: str, seen: list[str] | None, wanted: list[str] | None) -> Any:
    """Put what was added to the labels that the page showed, take away what was removed."""
    person, now = request.person(), request.now()
    before, after = seen or [], wanted or []
    added, removed = [one for one in after if one not in before], [one for one in before if one not in after]
    try:
        with request.database() as session, session.begin():
            people.require(person, Action.KEEP_CASES, firm_id, session=session)
            for label in added:
                firm_labels.put(session, person, [firm_id], label, now)
            standing = firm_labels.labels_of(session, person, [firm_id])[firm_id]
            for label in removed:
                if label in standing:  # else somebody else was faster
                    firm_labels.take(session, person, [firm_id], label, now)
    except ShownToPeople as error:
        return warning(error), no_update, no_update, no_update, no_update
    with request.database() as session:
        standing = firm_labels.labels_of(session, person, [firm_id])[firm_id]
        known = [one.label for one in firm_labels.known_labels(session, person)]
    return _("Labels saved."), _pills(standing), standing, standing, known
