"""Objections of firms: the open ones with the day by which each is to be answered, and how all of them ended.

The callbacks only carry values: pipeline.objections corrects what is accepted. Scores follow at once.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, link, page_head, state_links, tile, warning
from dashboard.components.forms.objection_text import described
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sent import number_of, written_beside
from pipeline import language
from pipeline.accounts import audit
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.objections.objection_lists import ObjectionCounts, ObjectionSeen, counts, objections
from pipeline.objections.subject import STATES
from scoring.explain.answered_objections import answer

#: Objections shown at once.
_MOST = 50
_SHOWN = Output("objections-shown", "children", allow_duplicate=True)


def layout(view: View) -> Component:
    """?state=accepted shows those of another state; the open ones unless it is said."""
    state = view.query.get("state", "open")
    state = state if state in STATES else "open"
    with request.database() as session:
        counted = counts(session, view.person, view.today)
    names = {name: language.pick(label) for name, label in STATES.items()}
    return html.Div(
        [
            page_head(
                _("Objections of firms"), _("Each is answered in writing by its due day; what is right is corrected")
            ),
            _tiles(counted),
            state_links("/objections", names, state),
            html.Div(id="objections-said", role="status", **aria(live="polite")),
            html.Div(_listed(view, state), id="objections-shown"),
        ]
    )


def _tiles(counted: ObjectionCounts) -> Component:
    right = "—" if counted.right_share is None else amounts.share(counted.right_share)
    median = counted.median_working_days
    took = "—" if median is None else f"{median:g}"
    tiles = [
        tile(_("Open"), amounts.count(counted.open), _("%(count)s late", count=counted.late)),
        tile(
            _("Answered"),
            amounts.count(counted.accepted + counted.refused),
            _("%(count)s late", count=counted.answered_late),
        ),
        tile(_("How long, in the middle"), took, _("working days")),
        tile(_("Of the answered ones right"), right, _("%(count)s accepted", count=counted.accepted)),
    ]
    return dmc.SimpleGrid(tiles, cols={"base": 2, "md": 4}, mb="md")


def _listed(view: View, state: str) -> Component:
    with request.database() as session:
        seen = objections(session, view.person, view.today, state=state)
    if not seen:
        return card(None, empty(_("None.")))
    more = (
        [html.P(_("… and %(count)s more", count=len(seen) - _MOST), className="card-note")] if len(seen) > _MOST else []
    )
    return card(None, [html.Ol([html.Li(_one(one, view)) for one in seen[:_MOST]], className="thread"), *more])


def _one(one: ObjectionSeen, view: View) -> list[Any]:
    firm = html.Div(
        [
            link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}/mine#mine-data"),
            " ",
            terms.district(one.district_code),
        ]
    )
    parts = [firm, *described(one)]
    if one.state == "open" and view.may(Action.ANSWER_OBJECTIONS):
        parts.append(_answering(one))
    return parts


def _answering(one: ObjectionSeen) -> Component:
    about = _("objection %(number)s", number=one.id)
    return html.Details(
        [
            html.Summary(_("Answer"), className="text-link", **aria(label=language.headed(_("Answer"), about))),
            dmc.Textarea(
                id={"type": "objection-answer", "objection": one.id},
                label=_("The answer, as the firm reads it"),
                autosize=True,
                minRows=2,
                maxRows=10,
                mb="sm",
            ),
            dmc.Group(
                [
                    dmc.Button(
                        _("Accept and correct") if one.about == "figure" else _("Accept"),
                        id={"type": "objection-accept", "objection": one.id},
                        size="xs",
                        **aria(label=language.headed(_("Accept"), about)),
                    ),
                    dmc.Button(
                        _("Refuse"),
                        id={"type": "objection-refuse", "objection": one.id},
                        variant="default",
                        size="xs",
                        **aria(label=language.headed(_("Refuse"), about)),
                    ),
                ]
            ),
        ]
    )


@guarded_callback(
    Output("objections-said", "children"),
    _SHOWN,
    Input({"type": "objection-accept", "objection": ALL}, "n_clicks"),
    Input({"type": "objection-refuse", "objection": ALL}, "n_clicks"),
    State({"type": "objection-answer", "objection": ALL}, "value"),
    State({"type": "objection-answer", "objection": ALL}, "id"),
    may=Action.ANSWER_OBJECTIONS,
    prevent_initial_call=True,
)
def give_answer(
    accepts: list[int | None], refuses: list[int | None], written: list[str | None], fields: list[dict[str, Any]]
) -> Any:
    """Accept or refuse the objection of the pressed button; an accepted figure is corrected and scored at once."""
    pressed = ctx.triggered_id
    if not isinstance(pressed, dict) or not any([*accepts, *refuses]):
        return no_update, no_update
    number, accepted = number_of(pressed.get("objection")), pressed.get("type") == "objection-accept"
    why = written_beside(number, "objection", written, fields)
    app, person, today, now = request.app(), request.person(), request.today(), audit.utc(request.now())
    try:
        done = answer(app.engine, app.settings.models, person, number, accepted, why, today=today, now=now)
    except ShownToPeople as error:
        return warning(error), no_update
    said = [
        _("Objection %(number)s is accepted.", number=number)
        if accepted
        else _("Objection %(number)s is refused.", number=number)
    ]
    if done.answered.import_id is not None:
        said.append(_("Corrected by import %(id)s.", id=done.answered.import_id))
    said += map(str, done.said)
    return " ".join(said), _listed(View(person, today), "open")


PAGES = (Page("/objections", layout, Action.ANSWER_OBJECTIONS, N_("Objections of firms"), "note"),)
