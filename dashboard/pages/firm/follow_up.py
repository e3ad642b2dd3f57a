"""The tutoring of one firm on its page: where its case stands, visits and next steps, and what an officer does with
them.

The callbacks only carry values: pipeline.tutoring checks who may do it for which firm, compares what the page showed
with what is on record now, and writes the audit log. After a change the card is drawn anew and the form it came from
is empty.
"""

from collections.abc import Callable
from typing import Any

from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import abort
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, html
from dashboard.components import terms
from dashboard.components.cards import aria, card, warning
from dashboard.components.forms import stage_form
from dashboard.pages.firm import case_forms, visit_forms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_and_version, number_chosen
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.store.tables import Case
from pipeline.tutoring import cases, visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.attachments import AttachmentSeen
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.gates import ADVISER_KINDS
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.mentoring import FirmAccounts, accounts_of
from pipeline.tutoring.mentors import leaders
from pipeline.tutoring.stages import STAGES

SAID = "firm-tutoring-said"
#: Where the links of overdue steps lead.
ANCHOR = "tutoring"


def card_of(
    session: Session, view: View, firm_id: str, accounts: FirmAccounts, lines: list[CaseLine]
) -> Component | None:
    """None where this person may not see cases. `lines`: every case of the firm."""
    if not view.may(Action.SEE_CASES):
        return None
    body, new_visit = _body(session, view, firm_id, accounts, lines)
    parts: list[Component] = [
        dcc.Store(id="firm-id", data=firm_id),
        html.Div(body, id="firm-tutoring"),
        html.Div(id=SAID, role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    if view.may(Action.RECORD_VISITS):
        visitors = case_forms.choices(accounts.visitors)
        parts += [
            html.Div(id="firm-visit-editing"),
            html.Div(visit_forms.new_visit(view, visitors), id="firm-visit-new", style=new_visit),
        ]
    return card(_("Tutoring"), parts, id=ANCHOR)


def _body(
    session: Session, view: View, firm_id: str, accounts: FirmAccounts, lines: list[CaseLine]
) -> tuple[list[Component], dict[str, str]]:
    """The case and the visits, and whether a new visit has a case to belong to, as a style."""
    line = next((line for line in lines if line.case.closed_on is None), None)
    ended = [line for line in lines if line.case.closed_on is not None]
    seen = visits.visits_of(session, view.person, firm_id)
    files = files_by_visit(session, view, firm_id)
    parts = [
        *(case_forms.open_case(session, view, line, accounts.mentors) if line else case_forms.no_case(view, ended)),
        case_forms.earlier(session, view, ended),
        html.Div(
            visit_forms.visits_table(seen, view, line.case.id if line else None, files), style={"marginTop": "1rem"}
        ),
    ]
    return [part for part in parts if part is not None], {} if line else {"display": "none"}


def files_by_visit(session: Session, view: View, firm_id: str) -> dict[int, list[AttachmentSeen]]:
    """The files of each of the firm's visits."""
    found: dict[int, list[AttachmentSeen]] = {}
    for file in attachments.attachments_of(session, view.person, firm_id):
        found.setdefault(file.visit_id, []).append(file)
    return found


AFTER = (
    Output(SAID, "children", allow_duplicate=True),
    Output("firm-tutoring", "children", allow_duplicate=True),
)
#: What a person who may record visits has on the page beside the card's body.
FORMS = (
    Output("firm-visit-new", "style", allow_duplicate=True),
    Output("firm-visit-editing", "children", allow_duplicate=True),
)


# --- the case --------------------------------------------------------------------------------------


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-stage-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    *stage_form.fields("firm"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save_stage(
    _clicks: int | None,
    firm_id: str,
    case: list[int],
    stage: str | None,
    on: str | None,
    broker: str | None,
    law_firm: str | None,
    auditor: str | None,
    waive: str | None,
) -> Any:
    if not stage:
        return refused(_("Choose the stage that was reached."))

    def change(session: Session) -> str:
        number, seen = number_and_version(case)
        day = day_of(on) or request.today()
        named = dict(zip(stage_form.KINDS, (broker, law_firm, auditor), strict=True))
        cases.change_stage(
            session, request.person(), number, stage, day, now=request.now(), seen=seen, advisers=named, waive=waive
        )
        return _("Stage saved: %(stage)s.", stage=terms.stage(stage))

    return changed(firm_id, change)


@guarded_callback(
    *stage_form.needs_outputs("firm"),
    *stage_form.choices("firm"),
    State("firm-case", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def show_needs(stage: str | None, on: str | None, shown: list[int]) -> Any:
    """What the stage needs, as soon as it is chosen."""
    with request.database() as session:
        case = session.get(Case, number_and_version(shown)[0])
        if case is None:
            abort(404)
        people.require(request.person(), Action.KEEP_CASES, case.firm_id, session=session)
        day = day_of(on) or request.today()
        lacks = cases.needs_of(session, case, stage, day, now=request.now()) if stage and stage in STAGES else []
    return stage_form.needs_shown(stage, lacks)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-signed-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    *(State(f"firm-signed-{kind}", "value") for kind in ADVISER_KINDS),
    State("firm-signed-on", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def name_advisers(_clicks: int | None, firm_id: str, case: list[int], *named: str | None) -> Any:
    *names, on = named

    def change(session: Session) -> str:
        number, seen = number_and_version(case)
        given = dict(zip(ADVISER_KINDS, names, strict=True))
        day = day_of(on) or request.today()
        cases.name_advisers(session, request.person(), number, given, day, now=request.now(), seen=seen)
        return _("The advisers are saved.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-case-follow", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def follow_events(_clicks: int | None, firm_id: str, case: list[int]) -> Any:
    def change(session: Session) -> str:
        number, _seen = number_and_version(case)
        moved = cases.catch_up(session, request.person(), request.today(), now=request.now(), case_id=number)
        if not moved:
            return _("The events move this case no further: what they say was taken back here, or ends the case.")
        return _("The case stands where the events say: %(stage)s.", stage=terms.stage(moved[0].stage))

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-mentor-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-mentor", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save_mentor(_clicks: int | None, firm_id: str, case: list[int], mentor: str | None) -> Any:
    def change(session: Session) -> str:
        number, seen = number_and_version(case)
        cases.assign_mentor(session, request.person(), number, number_chosen(mentor), now=request.now(), seen=seen)
        return _("Mentor saved.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-leader-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-level", "value"),
    State("firm-leader", "value"),
    State("firm-leader-name", "value"),
    State("firm-leader-post", "value"),
    State("firm-leader-why", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save_leader(
    _clicks: int | None,
    firm_id: str,
    case: list[int],
    level: str | None,
    account: str | None,
    name: str | None,
    post: str | None,
    why: str | None,
) -> Any:
    if not level:
        return refused(_("Choose the level."))

    def change(session: Session) -> str:
        person, now, (number, seen) = request.person(), request.now(), number_and_version(case)
        stands = leaders.name_leader(
            session,
            person,
            number,
            level,
            account_id=number_chosen(account),
            name=name,
            post=post,
            why=why,
            now=now,
            seen=seen,
        )
        if stands is None:
            return _("Nobody stands there now.")
        return _("%(name)s stands by the firm.", name=stands.name)

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-case-correct", "n_clicks"),
    Input("firm-case-take-back", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-case-right-stage", "value"),
    State("firm-case-right-on", "value"),
    State("firm-case-right-why", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def correct_stage(
    _correct: int | None,
    _take_back: int | None,
    firm_id: str,
    case: list[int],
    stage: str | None,
    on: str | None,
    why: str | None,
) -> Any:
    take_back = ctx.triggered_id == "firm-case-take-back"
    if not take_back and not stage:
        return refused(_("Choose the stage that was reached."))

    def change(session: Session) -> str:
        person, now, (number, seen) = request.person(), request.now(), number_and_version(case)
        if take_back:
            back = cases.take_back(session, person, number, why or "", now=now, seen=seen)
            return _("Taken back; the stage is %(stage)s again.", stage=terms.stage(back.stage))
        day = day_of(on) or request.today()
        cases.correct_stage(session, person, number, stage or "", day, why or "", now=now, seen=seen)
        return _("Corrected: %(stage)s.", stage=terms.stage(stage))

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-case-close", "n_clicks"),
    Input("firm-case-back", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-case-outcome", "value"),
    State("firm-case-closed-on", "value"),
    State("firm-case-close-why", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def close_case(
    _close: int | None,
    _back: int | None,
    firm_id: str,
    case: list[int],
    outcome: str | None,
    on: str | None,
    why: str | None,
) -> Any:
    stays = ctx.triggered_id == "firm-case-back"
    if not outcome:
        return refused(_("Choose how the case ends."))

    def change(session: Session) -> str:
        number, seen = number_and_version(case)
        person, now, day = request.person(), request.now(), day_of(on) or request.today()
        if stays:
            back = cases.go_back(session, person, number, outcome, why or "", day, now=now, seen=seen)
            return _("The case went back; the stage is %(stage)s.", stage=terms.stage(back.stage))
        cases.close_case(session, person, number, outcome, why or "", day, now=now, seen=seen)
        return _("The case is closed.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-case-open", "n_clicks"),
    State("firm-id", "data"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def open_case(_clicks: int | None, firm_id: str) -> Any:
    def change(session: Session) -> str:
        cases.open_case(session, request.person(), firm_id, request.today(), now=request.now())
        return _("The case is open.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-case-reopen", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case-ended", "data"),
    State("firm-case-reopen-why", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def reopen_case(_clicks: int | None, firm_id: str, case: list[int], why: str | None) -> Any:
    def change(session: Session) -> str:
        number, seen = number_and_version(case)
        cases.take_back(session, request.person(), number, why or "", now=request.now(), seen=seen)
        return _("The case is open again.")

    return changed(firm_id, change)


# --- within ----------------------------------------------------------------------------------------


def changed(firm_id: str, change: Callable[[Session], str]) -> tuple[Any, ...]:
    """Make a change in its own transaction; what to say, and the tutoring after it.

    What was refused leaves the card and its forms as they are, but where somebody else was faster it is drawn anew.
    """
    try:
        with request.database() as session, session.begin():
            said = change(session)
    except ChangedMeanwhile as error:
        return warning(error), *_drawn(firm_id)
    except ShownToPeople as error:
        return refused(error)
    return said, *_drawn(firm_id)


def _drawn(firm_id: str) -> tuple[Any, ...]:
    with request.database() as session:
        view, accounts = View(request.person(), request.today()), accounts_of(session, firm_id)
        lines = cases.cases_of(session, view.person, firm_id, view.today)
        body, new_visit = _body(session, view, firm_id, accounts, lines)
    return body, new_visit, None


def refused(why: object) -> tuple[Any, ...]:
    return warning(why), no_update, no_update, no_update
