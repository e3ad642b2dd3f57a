"""The objections of a firm on its own page: the list, and the form that opens beside what is objected to.

Ids begin with `mine-object`. The callbacks only carry values: pipeline.objections checks who may object to what, and
the checker of the city's form what is typed as the right value.
"""

from collections.abc import Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import abort
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components.cards import aria, card, element, empty, icon, warning
from dashboard.components.forms.attached import drop_zone, sent_files
from dashboard.components.forms.fields import withdrawal
from dashboard.components.forms.objection_text import described
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import number_of, written_beside
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.catalog import catalog
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.objections.corrections import field_of
from pipeline.objections.objecting import check_value, object_to, withdraw
from pipeline.objections.objection_lists import ObjectionSeen, objections
from pipeline.objections.subject import ABOUT, DECISION, FIGURE, Subject
from pipeline.tutoring.attachments.file_names import shown_name

ANCHOR = "mine-objections-card"
_SAID = Output("mine-object-said", "children", allow_duplicate=True)
_OPENED = Output("mine-object-modal", "opened", allow_duplicate=True)
_LIST = Output("mine-objections", "children", allow_duplicate=True)


def button_for(about: str, key: str, what: str, words: str | None = None) -> Any:
    """The button beside something that opens the form about it. `key`: "fact:year", or the number of a record."""
    name = {"type": "mine-object", "about": about, "key": key}
    shown = words or _("I object")
    return element(
        "Button", shown, id=name, n_clicks=0, className="text-link", **aria(label=language.headed(shown, what))
    )


def card_of(session: Session, view: View, firm_id: str) -> Component | None:
    """The form, which is empty at first, and every objection; None for who may not see them."""
    if not view.may(Action.SEE_OBJECTIONS):
        return None
    parts: list[Component] = [
        dcc.Store(id="mine-objections-of", data=firm_id),
        dmc.Modal(
            html.Div(id="mine-object-form"),
            id="mine-object-modal",
            title=_("I object"),
            size="lg",
            keepMounted=True,
            closeButtonProps=aria(label=_("Close")),
        ),
        html.Div(id="mine-object-said", role="status", **aria(live="polite")),
        html.Div(_listed(session, view, firm_id), id="mine-objections", style={"marginTop": ".6rem"}),
    ]
    note = _(
        "What is wrong is said beside the figure, the finding or the decision above; the bureau answers in writing"
    )
    return card(_("Objections"), parts, note, id=ANCHOR, className="card no-print")


def _listed(session: Session, view: View, firm_id: str) -> Component:
    seen = objections(session, view.person, view.today, firm_id=firm_id)
    if not seen:
        return empty(_("No objection yet."))
    return html.Ol([html.Li(_one(one, view)) for one in seen], className="thread")


def _one(one: ObjectionSeen, view: View) -> list[Any]:
    parts = described(one)
    if one.state == "open" and view.may(Action.OBJECT):
        parts.append(_withdrawal(one))
    return parts


def _withdrawal(one: ObjectionSeen) -> Component:
    about = _("objection %(number)s", number=one.id)
    return withdrawal("mine-objection", "objection", one.id, about, _("Reason"))


def _form(view: View, subject: Subject, what: str) -> Component:
    figure = subject.about == FIGURE
    hidden = {"display": "none"}
    rule = field_of(subject.fact) if subject.fact else None
    unit = rule.unit if rule is not None and rule.unit else ""
    words: Sequence[str] = tuple(rule.words) if rule is not None else ()
    hint = (
        language.listed(words)
        if words
        else _("yes or no")
        if figure and catalog()[str(subject.fact)].type == "yes_no"
        else ""
    )
    label = language.in_brackets(_("The right value"), unit) if unit else _("The right value")
    own = view.person.policy.speaks_for_one_firm
    key = f"{subject.fact}:{subject.year}" if figure else str(subject.finding_id or subject.proposal_id)
    return html.Div(
        [
            html.P(html.Strong(what)),
            dcc.Store(id="mine-object-about", data={"about": subject.about, "key": key}),
            dmc.TextInput(
                id="mine-object-value",
                label=label,
                description=hint or None,
                debounce=200,
                maw=360,
                style=None if figure else hidden,
            ),
            html.Div(id="mine-object-checked", role="status", className="card-note", **aria(live="polite")),
            dmc.Textarea(
                id="mine-object-why", label=_("Why it is wrong"), autosize=True, minRows=2, maxRows=12, mt="sm"
            ),
            dmc.TextInput(
                id="mine-object-signed",
                label=_("Signed by (the firm's paper)"),
                maw=360,
                mt="sm",
                style=hidden if own else None,
            ),
            drop_zone("mine-object-files", wait=True),
            dmc.Group(
                [
                    dmc.Button(_("Send the objection"), id="mine-object-send", leftSection=icon("check")),
                    dmc.Button(_("Cancel"), id="mine-object-cancel", variant="default"),
                ],
                mt="sm",
            ),
            html.Div(id="mine-object-refused", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ]
    )


# --- callbacks -------------------------------------------------------------------------------------


@guarded_callback(
    Output("mine-object-form", "children"),
    _OPENED,
    Input({"type": "mine-object", "about": ALL, "key": ALL}, "n_clicks"),
    State("mine-objections-of", "data"),
    may=Action.OBJECT,
    prevent_initial_call=True,
)
def open_form(clicks: list[int | None], firm_id: str | None) -> Any:
    """The form about what stands beside the pressed button."""
    pressed = ctx.triggered_id
    if not firm_id or not any(clicks) or not isinstance(pressed, dict):
        return no_update, no_update
    subject = _subject({"about": pressed.get("about"), "key": pressed.get("key")})
    view = View(request.person(), request.today())
    return _form(view, subject, _named(subject)), True


@guarded_callback(_OPENED, Input("mine-object-cancel", "n_clicks"), may=Action.OBJECT, prevent_initial_call=True)
def cancel(clicks: int | None) -> Any:
    return False if clicks else no_update


@guarded_callback(
    Output("mine-object-checked", "children"),
    Input("mine-object-value", "value"),
    State("mine-objections-of", "data"),
    State("mine-object-about", "data"),
    may=Action.OBJECT,
    prevent_initial_call=True,
)
def check(said: str | None, firm_id: str | None, about: dict[str, str] | None) -> Any:
    """What the checker of the city's form says of the value as it is typed."""
    if not firm_id or not (said or "").strip():
        return ""
    subject = _subject(about)
    if subject.about != FIGURE:
        return ""
    now = request.now()
    try:
        seen = check_value(
            request.app().engine, request.person(), firm_id, subject, said or "", today=request.today(), now=now
        )
    except ShownToPeople as error:
        return warning(error)
    change = _("%(old)s → %(new)s", old=seen.old or _("nothing stated"), new=seen.new)
    return [change, *(html.Div(str(each)) for each in seen.warnings)]


@guarded_callback(
    Output("mine-object-files-chosen", "children"),
    Input("mine-object-files", "filename"),
    may=Action.OBJECT,
    prevent_initial_call=True,
)
def show_chosen(names: list[str] | None) -> str:
    """Which files wait for the objection to be sent."""
    return language.joined(map(shown_name, names or []))


@guarded_callback(
    Output("mine-object-refused", "children"),
    _SAID,
    _OPENED,
    _LIST,
    Input("mine-object-send", "n_clicks"),
    State("mine-objections-of", "data"),
    State("mine-object-about", "data"),
    State("mine-object-value", "value"),
    State("mine-object-why", "value"),
    State("mine-object-signed", "value"),
    State("mine-object-files", "contents"),
    State("mine-object-files", "filename"),
    may=Action.OBJECT,
    prevent_initial_call=True,
)
def send(
    clicks: int | None,
    firm_id: str | None,
    about: dict[str, str] | None,
    said: str | None,
    why: str | None,
    signed: str | None,
    contents: list[str] | None,
    names: list[str] | None,
) -> Any:
    """Keep the objection with its files, or neither; what was refused leaves the form as it is."""
    if not clicks or not firm_id:
        return no_update, no_update, no_update, no_update
    subject, today = _subject(about), request.today()
    try:
        number = object_to(
            request.app().engine,
            request.person(),
            firm_id,
            subject,
            why or "",
            said if subject.about == FIGURE else None,
            sent_files(contents, names),
            today=today,
            now=request.now(),
            raised_for=(signed or "").strip() or None,
        )
    except ShownToPeople as error:
        return warning(error), no_update, no_update, no_update
    return None, _("Objection %(number)s is on record.", number=number), False, _drawn(firm_id)


@guarded_callback(
    _SAID,
    _LIST,
    Input({"type": "mine-objection-withdraw", "objection": ALL}, "n_clicks"),
    State("mine-objections-of", "data"),
    State({"type": "mine-objection-why", "objection": ALL}, "value"),
    State({"type": "mine-objection-why", "objection": ALL}, "id"),
    may=Action.OBJECT,
    prevent_initial_call=True,
)
def take_back(
    clicks: list[int | None], firm_id: str | None, reasons: list[str | None], fields: list[dict[str, Any]]
) -> Any:
    if not firm_id or not any(clicks):
        return no_update, no_update
    number = number_of(ctx.triggered_id["objection"])
    why = written_beside(number, "objection", reasons, fields)
    try:
        with request.database() as session, session.begin():
            withdraw(session, request.person(), number, why, today=request.today(), now=request.now())
    except ShownToPeople as error:
        return warning(error), no_update
    return _("The objection is withdrawn; it stays on record."), _drawn(firm_id)


# --- within ----------------------------------------------------------------------------------------


def _drawn(firm_id: str) -> Component:
    with request.database() as session:
        return _listed(session, View(request.person(), request.today()), firm_id)


def _subject(about: Any) -> Subject:
    """What a button or a form of ours is about; 400 for anything else."""
    kind, key = (about.get("about"), about.get("key")) if isinstance(about, dict) else (None, None)
    if kind not in ABOUT or not isinstance(key, str):
        abort(400)
    if kind == FIGURE:
        fact, _colon, year = key.partition(":")
        if fact not in catalog() or not (year.isascii() and year.isdigit() and len(year) == 4):
            abort(400)
        return Subject(FIGURE, fact, int(year))
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        abort(400)
    return Subject(kind, proposal_id=int(key)) if kind == DECISION else Subject(kind, finding_id=int(key))


def _named(subject: Subject) -> str:
    if subject.about == FIGURE:
        return _("%(fact)s of %(year)s", fact=language.pick(catalog()[str(subject.fact)]), year=subject.year)
    number = subject.proposal_id or subject.finding_id
    return (
        _("decision %(number)s", number=number)
        if subject.about == DECISION
        else _("question %(number)s", number=number)
    )
