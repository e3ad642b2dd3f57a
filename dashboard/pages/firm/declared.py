"""Nomination and application of one firm on its page: what is declared, and the forms by which it is declared.

The callbacks only carry values: pipeline.declarations checks who may declare what of which firm, and writes the audit
log. After a change the card and the form it came from are drawn anew; what is typed in another form stays.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dash import Input, Output, State, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.checked_once import html
from dashboard.components.cards import aria, card
from dashboard.pages.firm import declaration_forms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_of
from pipeline.accounts.people import Action
from pipeline.declarations import declarations
from pipeline.declarations.content import ADVISER_ROLES, Adviser, Application
from pipeline.declarations.declarations import APPLICATION
from pipeline.errors import NotAllowed, NotFound, ShownToPeople, WrongFile
from pipeline.language import gettext as _
from pipeline.store.pool_tables import Declaration
from pipeline.store.tables import Firm

#: Where the links of the list of declarations lead.
ANCHOR = "declarations"
_SAID, _SHOWN = "firm-declared-said", "firm-declared"


def card_of(session: Session, view: View, firm_id: str) -> Component | None:
    """None where this person may not see declarations, and of a firm of which nobody can declare anything."""
    firm = session.get(Firm, firm_id)
    if firm is None or not view.may(Action.SEE_DECLARATIONS):
        return None
    made, closed = declarations.declarations_of(session, view.person, firm_id), declarations.why_closed(session, firm)
    if closed is not None and not made:
        return None
    parts: list[Component] = [html.Div(declaration_forms.shown(view, made), id=_SHOWN)]
    if closed is not None:
        parts.append(html.P(str(closed), className="card-note"))
    else:
        if view.may(Action.NOMINATE):
            parts.append(html.Div(declaration_forms.nominate_form(view), id="firm-nominate-form"))
        if view.may(Action.APPLY):
            parts.append(html.Div(declaration_forms.apply_form(view, _standing(made)), id="firm-apply-form"))
    # Below the forms, near the button that was pressed: on a phone the head of the card is out of sight by then.
    parts.append(html.Div(id=_SAID, role="status", style={"marginTop": ".6rem"}, **aria(live="polite")))
    return card(_("Nomination and application"), parts, id=ANCHOR)


_AFTER = (
    Output(_SAID, "children", allow_duplicate=True),
    Output(_SHOWN, "children", allow_duplicate=True),
)


@guarded_callback(
    *_AFTER,
    Output("firm-nominate-form", "children", allow_duplicate=True),
    Input("firm-nominate-save", "n_clicks"),
    State("firm-shown", "data"),
    State("firm-nominate-on", "value"),
    State("firm-nominate-by", "value"),
    State("firm-nominate-why", "value"),
    may=Action.NOMINATE,
    prevent_initial_call=True,
)
def nominate(_clicks: int | None, firm_id: str, on: str | None, signed_by: str | None, why: str | None) -> Any:
    person, signed = request.person(), (signed_by or "").strip()
    day = day_of(on) or request.today()
    paper = bool(signed) or not person.district_code

    def change(session: Session) -> str:
        declarations.nominate(
            session, person, firm_id, why or "", day, request.now(), declared_by=signed or None, on_paper=paper
        )
        return _("The nomination is on record.")

    return _changed(firm_id, change, lambda view, _made: declaration_forms.nominate_form(view))


@guarded_callback(
    *_AFTER,
    Output("firm-apply-form", "children", allow_duplicate=True),
    Input("firm-apply-save", "n_clicks"),
    State("firm-shown", "data"),
    State("firm-apply-on", "value"),
    State("firm-apply-by", "value"),
    State("firm-apply-intends", "checked"),
    State("firm-apply-board", "value"),
    State("firm-apply-reform", "value"),
    State("firm-apply-filing", "value"),
    State("firm-apply-broker", "value"),
    State("firm-apply-broker-signed", "value"),
    State("firm-apply-law-firm", "value"),
    State("firm-apply-law-firm-signed", "value"),
    State("firm-apply-auditor", "value"),
    State("firm-apply-auditor-signed", "value"),
    State("firm-apply-contact", "value"),
    State("firm-apply-phone", "value"),
    State("firm-apply-truth", "checked"),
    may=Action.APPLY,
    prevent_initial_call=True,
)
def apply(
    _clicks: int | None,
    firm_id: str,
    on: str | None,
    signed_by: str | None,
    intends: bool | None,
    board: str | None,
    reform: str | None,
    filing: str | None,
    broker: str | None,
    broker_signed: str | None,
    law_firm: str | None,
    law_firm_signed: str | None,
    auditor: str | None,
    auditor_signed: str | None,
    contact: str | None,
    phone: str | None,
    truth: bool | None,
) -> Any:
    person = request.person()
    own = person.policy.speaks_for_one_firm
    day = request.today() if own else day_of(on) or request.today()
    named = zip(
        ADVISER_ROLES,
        ((broker, broker_signed), (law_firm, law_firm_signed), (auditor, auditor_signed)),
        strict=True,
    )
    application = Application(
        bool(intends),
        board or None,
        day_of(reform),
        day_of(filing),
        [Adviser(role, name or "", day_of(signed)) for role, (name, signed) in named if name or signed],
        contact or "",
        phone or "",
        bool(truth),
    )

    def change(session: Session) -> str:
        declarations.apply(
            session,
            person,
            firm_id,
            application,
            day,
            request.now(),
            declared_by=None if own else signed_by or "",
            on_paper=not own,
        )
        return _("The application is on record.")

    return _changed(firm_id, change, lambda view, made: declaration_forms.apply_form(view, _standing(made)))


@guarded_callback(
    *_AFTER,
    Input("firm-declared-nomination-withdraw", "n_clicks"),
    State("firm-shown", "data"),
    State("firm-declared-nomination", "data"),
    State("firm-declared-nomination-why", "value"),
    may=Action.NOMINATE,
    prevent_initial_call=True,
)
def withdraw_nomination(_clicks: int | None, firm_id: str, number: int, why: str | None) -> Any:
    return _withdrawn(firm_id, number, why)


@guarded_callback(
    *_AFTER,
    Input("firm-declared-application-withdraw", "n_clicks"),
    State("firm-shown", "data"),
    State("firm-declared-application", "data"),
    State("firm-declared-application-why", "value"),
    may=Action.APPLY,
    prevent_initial_call=True,
)
def withdraw_application(_clicks: int | None, firm_id: str, number: int, why: str | None) -> Any:
    return _withdrawn(firm_id, number, why)


# --- within ----------------------------------------------------------------------------------------


def _withdrawn(firm_id: str, number: int, why: str | None) -> Any:
    def change(session: Session) -> str:
        declarations.withdraw(session, request.person(), number_of(number), why or "", request.today(), request.now())
        return _("Withdrawn; it stays on record.")

    return _changed(firm_id, change)[:2]


def _changed(
    firm_id: str,
    change: Callable[[Session], str],
    form: Callable[[View, Sequence[Declaration]], Component] | None = None,
) -> tuple[Any, Any, Any]:
    """Make a change in its own transaction; what to say, the declarations after it, and the form anew. What was refused
    leaves all as it is."""
    try:
        with request.database() as session, session.begin():
            said = change(session)
    except (NotAllowed, NotFound):
        raise
    except ShownToPeople as error:
        return _letter(error), no_update, no_update
    view = View(request.person(), request.today())
    with request.database() as session:
        made = declarations.declarations_of(session, view.person, firm_id)
        return said, declaration_forms.shown(view, made), form(view, made) if form is not None else None


def _letter(error: ShownToPeople) -> Component:
    problems = [html.Li(str(problem)) for problem in error.problems] if isinstance(error, WrongFile) else []
    return html.Div([html.Span(str(error.message)), html.Ul(problems) if problems else None], className="overdue")


def _standing(made: Sequence[Declaration]) -> Declaration | None:
    return next((one for one in made if one.kind == APPLICATION and one.withdrawn_on is None), None)
