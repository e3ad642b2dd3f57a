"""Returns that firms sent: an officer of the district passes them on, the city accepts them, either gives them back;
whoever may only see them, an auditor, reads the list.

Ids begin with `handed-in`. What is accepted is imported at once, and the scores follow.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, file_link, link, page_head, pill, state_links, table, warning
from dashboard.components.forms.changed_values import changed_values
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
from pipeline.own_returns import deciding
from pipeline.own_returns.return_lists import ReturnLine, returns
from pipeline.own_returns.state import STATES
from scoring.scores.touched_scores import bring_up_to_date, in_words

_MOST = 100
_PROBLEMS = 5
_WAYS = ("pass", "accept", "back")


def layout(view: View) -> Component:
    """?state=accepted shows those of one state; all of them unless it is said."""
    state = view.query.get("state")
    state = state if state in STATES else None
    shown = {name: language.pick(label) for name, label in STATES.items() if name != "draft"}
    return html.Div(
        [
            page_head(
                _("Returns of firms"),
                _("What firms hand in themselves: looked at by the district, accepted by the city"),
            ),
            state_links("/handed-in", shown, state, whole=_("All")),
            html.Div(id="handed-in-said", role="status", **aria(live="polite")),
            card(None, html.Div(_listed(view, state), id="handed-in-shown")),
        ]
    )


def _listed(view: View, state: str | None) -> Component:
    with request.database() as session:
        lines = returns(session, view.person, state=state, most=_MOST)
    if not lines:
        return empty(_("Nothing was handed in yet."))
    heads = [_("Firm"), _("Year"), _("State"), _("File"), _("Note")]
    if not view.may(Action.PASS_RETURNS):
        return table(heads, [_row(one) for one in lines])
    return table([*heads, ""], [[*_row(one), _doing(view, one)] for one in lines])


def _row(one: ReturnLine) -> list[Any]:
    firm = html.Div(
        [
            link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}"),
            html.Div(terms.district(one.district_code), className="card-note"),
        ]
    )
    when = amounts.moment(request.local(one.sent_at or one.made_at))
    state = html.Div([pill(language.pick(STATES[one.state])), html.Div(when, className="card-note")])
    note = language.joined(
        part for part in (one.note, _("import %(id)s", id=one.import_id) if one.import_id is not None else None) if part
    )
    file = html.Div([file_link(one.file_name, f"/download/own-return/{one.id}"), *_look_at(one)])
    return [firm, str(one.year), state, file, note]


def _look_at(one: ReturnLine) -> list[Component]:
    """What the import would change, asked for by a button; of what is decided there is nothing to look at."""
    if one.state not in ("sent", "passed"):
        return []
    words = _("What it changes")
    button = dmc.Button(
        words,
        id={"type": "handed-in-look", "return": one.id},
        size="compact-xs",
        variant="subtle",
        **aria(label=language.headed(words, _("return %(number)s", number=one.id))),
    )
    return [button, html.Div(id={"type": "handed-in-seen", "return": one.id}, **aria(live="polite"))]


def _doing(view: View, one: ReturnLine) -> Component | None:
    passes = view.may(Action.PASS_RETURNS) and one.state == "sent"
    accepts = view.may(Action.ACCEPT_RETURNS) and (one.state in ("sent", "passed") or _unfinished(one))
    if not passes and not accepts:
        return None
    about = _("return %(number)s", number=one.id)
    words = {"pass": _("Pass it on"), "accept": _("Accept"), "back": _("Give it back")}
    offered = [
        *(["pass"] if passes else []),
        *(["accept"] if accepts else []),
        *(["back"] if view.may(Action.PASS_RETURNS) and one.state in ("sent", "passed") else []),
    ]
    field = dmc.TextInput(
        id={"type": "handed-in-note", "return": one.id},
        placeholder=_("Note"),
        size="xs",
        w=180,
        **aria(label=language.headed(_("Note"), about)),
    )
    buttons = [
        dmc.Button(
            words[way],
            id={"type": f"handed-in-{way}", "return": one.id},
            size="xs",
            variant="filled" if way == "accept" else "default",
            **aria(label=language.headed(words[way], about)),
        )
        for way in offered
    ]
    return dmc.Group([field, *buttons], gap="xs")


def _unfinished(one: ReturnLine) -> bool:
    return one.state == "accepted" and one.import_id is None


@guarded_callback(
    Output({"type": "handed-in-seen", "return": MATCH}, "children"),
    Input({"type": "handed-in-look", "return": MATCH}, "n_clicks"),
    may=Action.SEE_RETURNS,
    prevent_initial_call=True,
)
def look(clicks: int | None) -> Any:
    """What the import of one return would correct and add, and what looks odd."""
    if not clicks:
        return no_update
    number = number_of(ctx.triggered_id["return"])
    try:
        seen = deciding.look_at(
            request.app().engine, request.person(), number, today=request.today(), now=request.now()
        )
    except ShownToPeople as error:
        return warning(error)
    if seen.report is None:
        return warning(" ".join(str(one.text) for one in seen.problems[:_PROBLEMS]) or seen.message)
    told = [*seen.report.restated.messages, *(each.message for each in seen.warnings[:_PROBLEMS])]
    lines = [html.P(str(message), className="card-note") for message in told]
    restated = seen.report.restated.as_json()
    return [*(lines or [html.P(_("Nothing was stated of this year before."))]), changed_values(restated)]


@guarded_callback(
    Output("handed-in-said", "children"),
    Output("handed-in-shown", "children"),
    *(Input({"type": f"handed-in-{way}", "return": ALL}, "n_clicks") for way in _WAYS),
    State({"type": "handed-in-note", "return": ALL}, "value"),
    State({"type": "handed-in-note", "return": ALL}, "id"),
    may=Action.PASS_RETURNS,
    prevent_initial_call=True,
)
def decide(
    passes: list[int | None],
    accepts: list[int | None],
    backs: list[int | None],
    notes: list[str | None],
    ids: list[dict[str, Any]],
) -> Any:
    """What the pressed button does to its return."""
    pressed = ctx.triggered_id
    if not isinstance(pressed, dict) or not any([*passes, *accepts, *backs]):
        return no_update, no_update
    number, way = number_of(pressed.get("return")), str(pressed.get("type")).removeprefix("handed-in-")
    note = written_beside(number, "return", notes, ids)
    try:
        said = _decided(way, number, note)
    except ShownToPeople as error:
        return warning(error), no_update
    return said, _listed(View(request.person(), request.today()), None)


def _decided(way: str, number: int, note: str) -> str:
    app, person, now = request.app(), request.person(), audit.utc(request.now())
    if way == "accept":
        stored = deciding.accept(app.engine, person, number, today=request.today(), now=now)
        scores = in_words(bring_up_to_date(app.engine, app.settings.models, now=now, by=person.name))
        said = _("Return %(number)s is stored as import %(id)s.", number=number, id=stored)
        return " ".join([said, *map(str, scores)])
    if way not in _WAYS:
        abort(400)
    with request.database() as session, session.begin():
        if way == "pass":
            deciding.pass_on(session, person, number, note, now=now)
            return _("Return %(number)s is passed on to the city.", number=number)
        deciding.give_back(session, person, number, note, now=now)
        return _("Return %(number)s is given back to the firm.", number=number)


PAGES = (Page("/handed-in", layout, Action.SEE_RETURNS, N_("Returns of firms"), "file-upload", speaks_for_firm=False),)
