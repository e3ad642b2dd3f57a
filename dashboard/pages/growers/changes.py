"""What the buttons on the page of one fast grower do; after each the page is drawn as it stands then."""

from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components.cards import warning
from dashboard.pages.growers.one_firm import body
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_of, written_beside
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.growth import contacts
from pipeline.language import gettext as _

_AFTER = (
    Output("growers-body", "children", allow_duplicate=True),
    Output("growers-said", "children", allow_duplicate=True),
)
_FIRM = State("growers-firm", "data")


@guarded_callback(
    *_AFTER,
    Input("growers-leader-save", "n_clicks"),
    _FIRM,
    State("growers-leader-level", "value"),
    State("growers-leader-name", "value"),
    State("growers-leader-post", "value"),
    State("growers-leader-why", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def name_leader(
    _clicks: int | None, firm_id: str | None, level: str | None, name: str | None, post: str | None, why: str | None
) -> tuple[Any, Any]:
    def act(session: Session, firm: str) -> None:
        person, now = request.person(), request.now()
        contacts.name_contact(session, person, firm, level or "", now=now, name=name, post=post, why=why)

    return _done(firm_id, act)


@guarded_callback(
    *_AFTER,
    Input("growers-contact-save", "n_clicks"),
    _FIRM,
    State("growers-contact-level", "value"),
    State("growers-contact-on", "value"),
    State("growers-contact-note", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def record_contact(
    _clicks: int | None, firm_id: str | None, level: str | None, on: str | None, note: str | None
) -> tuple[Any, Any]:
    def act(session: Session, firm: str) -> None:
        day = day_of(on) or request.today()
        contacts.record_contact(session, request.person(), firm, level or "", day, note or "", now=request.now())

    return _done(firm_id, act)


@guarded_callback(
    *_AFTER,
    Input({"type": "growers-withdraw", "contact": ALL}, "n_clicks"),
    _FIRM,
    State({"type": "growers-why", "contact": ALL}, "value"),
    State({"type": "growers-why", "contact": ALL}, "id"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def withdraw_contact(
    _clicks: list[int | None], firm_id: str | None, whys: list[str | None], fields: list[dict[str, Any]]
) -> tuple[Any, Any]:
    pressed = ctx.triggered_id
    number = number_of(pressed.get("contact") if isinstance(pressed, dict) else None)
    why = written_beside(number, "contact", whys, fields)

    def act(session: Session, _firm: str) -> None:
        contacts.withdraw_contact(session, request.person(), number, why, now=request.now())

    return _done(firm_id, act)


def _done(firm_id: str | None, act: Callable[[Session, str], None]) -> tuple[Any, Any]:
    """Do it and draw the page anew; what is refused is said, and what was filled in stays."""
    if not firm_id:
        abort(400)
    try:
        with request.database() as session, session.begin():
            act(session, firm_id)
    except ShownToPeople as error:
        return no_update, warning(error)
    view = View(request.person(), request.today(), request.dark(), {"firm": firm_id})
    return body(view, firm_id, _("Saved.")), no_update


PAGES = ()
