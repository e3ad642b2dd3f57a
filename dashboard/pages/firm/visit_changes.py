"""What is done to the visits of a firm, their files and their next steps, on the card of its tutoring.

As in follow_up.py the callbacks only carry values, and after a change the card is drawn anew.
"""

from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from flask import abort
from sqlalchemy.orm import Session

from dashboard.components import amounts
from dashboard.components.forms.attached import sent_files
from dashboard.pages.firm import case_forms, visit_forms
from dashboard.pages.firm.follow_up import AFTER, FORMS, SAID, changed, files_by_visit, refused
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_and_version, number_chosen, number_of
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.tutoring import cases, corrections, visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import AttachmentRefused, CheckedFile
from pipeline.tutoring.attachments.file_names import shown_name
from pipeline.tutoring.mentoring import visitors_of


@guarded_callback(
    *AFTER,
    *FORMS,
    Output("firm-visit-findings", "value"),
    Output("firm-visit-step", "value"),
    Output("firm-visit-due", "value"),
    Output("firm-visit-owner", "value"),
    Output("firm-visit-files", "contents"),
    Output("firm-visit-files", "filename"),
    Output("firm-visit-files-chosen", "children", allow_duplicate=True),
    Input("firm-visit-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-on", "value"),
    State("firm-visit-findings", "value"),
    State("firm-visit-step", "value"),
    State("firm-visit-due", "value"),
    State("firm-visit-owner", "value"),
    State("firm-visit-files", "contents"),
    State("firm-visit-files", "filename"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def save_visit(
    _clicks: int | None,
    firm_id: str,
    visited_on: str | None,
    findings: str | None,
    step: str | None,
    due: str | None,
    owner: str | None,
    contents: list[str] | None,
    names: list[str] | None,
) -> Any:
    """Keep the visit with its files, or neither."""
    try:
        files = sent_files(contents, names)
    except AttachmentRefused as error:
        return *refused(error), *[no_update] * 7

    def change(session: Session) -> str:
        visit = visits.record_visit(
            session,
            request.person(),
            firm_id,
            day_of(visited_on) or request.today(),
            findings or "",
            step,
            day_of(due),
            now=request.now(),
            owner_id=number_chosen(owner),
        )
        _attach(session, visit.id, files)
        return _("Visit of %(day)s recorded.", day=amounts.day(visit.visited_on))

    said, body, *forms = changed(firm_id, change)
    emptied = [no_update] * 7 if body is no_update else ["", "", None, None, None, None, ""]
    return said, body, *forms, *emptied


@guarded_callback(
    Output("firm-visit-files-chosen", "children"),
    Input("firm-visit-files", "filename"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def show_chosen(names: list[str] | None) -> str:
    """Which files wait for the visit to be recorded."""
    return language.joined(map(shown_name, names or []))


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-visit-attach", "contents"),
    State("firm-visit-attach", "filename"),
    State("firm-id", "data"),
    State("firm-visit-edited", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def attach_files(contents: list[str] | None, names: list[str] | None, firm_id: str, edited: list[int]) -> Any:
    visit, _seen = number_and_version(edited)
    try:
        files = sent_files(contents, names)
    except AttachmentRefused as error:
        return refused(error)
    if not files:
        return (no_update,) * 4

    def change(session: Session) -> str:
        _attach(session, visit, files)
        return _("%(count)s files attached.", count=len(files))

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input({"type": "firm-attachment-withdraw", "file": ALL}, "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def withdraw_file(_clicks: list[int | None], firm_id: str, why: str | None) -> Any:
    number = number_of(_of_button("file"))

    def change(session: Session) -> str:
        gone = attachments.withdraw(session, request.person(), number, why or "", now=request.now())
        return _("%(file)s is withdrawn; it stays on record and is given out no more.", file=gone.file_name)

    return changed(firm_id, change)


def _attach(session: Session, visit: int, files: list[CheckedFile]) -> None:
    for file in files:
        attachments.attach(session, request.person(), visit, file, now=request.now())


@guarded_callback(
    *AFTER,
    *FORMS,
    Input({"type": "firm-step-done", "visit": ALL, "seen": ALL}, "n_clicks"),
    State("firm-id", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def finish_step(_clicks: list[int | None], firm_id: str) -> Any:
    visit, seen = number_and_version([_of_button("visit"), _of_button("seen")])

    def change(session: Session) -> str:
        visits.finish_step(session, request.person(), visit, request.today(), now=request.now(), seen=seen)
        return _("The step is done.")

    return changed(firm_id, change)


@guarded_callback(
    Output(SAID, "children", allow_duplicate=True),
    Output("firm-visit-editing", "children", allow_duplicate=True),
    Input({"type": "firm-visit-edit", "visit": ALL}, "n_clicks"),
    State("firm-id", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def edit_visit(_clicks: list[int | None], firm_id: str) -> Any:
    """The form that corrects the visit, filled with what is on record."""
    number, view = _of_button("visit"), View(request.person(), request.today())
    with request.database() as session:
        people.require(view.person, Action.RECORD_VISITS, firm_id, session=session)
        visit = next((one for one in visits.visits_of(session, view.person, firm_id) if one.id == number), None)
        if visit is None or visit.withdrawn is not None:
            abort(404)
        case = cases.case_of(session, firm_id)
        accounts = case_forms.choices(visitors_of(session, firm_id))
        files = files_by_visit(session, view, firm_id).get(number, [])
    is_open = case is not None and case.id == visit.case_id
    return "", visit_forms.edit_visit(visit, view, accounts, is_open, files)


@guarded_callback(
    Output("firm-visit-editing", "children", allow_duplicate=True),
    Input("firm-visit-leave", "n_clicks"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def leave_visit(_clicks: int | None) -> Any:
    return None


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-visit-correct", "n_clicks"),
    Input("firm-visit-withdraw", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-edited", "data"),
    State("firm-visit-right-on", "value"),
    State("firm-visit-right-findings", "value"),
    State("firm-visit-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def correct_visit(
    _correct: int | None,
    _withdraw: int | None,
    firm_id: str,
    edited: list[int],
    on: str | None,
    findings: str | None,
    why: str | None,
) -> Any:
    withdraw = ctx.triggered_id == "firm-visit-withdraw"

    def change(session: Session) -> str:
        person, now, (visit, seen) = request.person(), request.now(), number_and_version(edited)
        if withdraw:
            corrections.withdraw_visit(session, person, visit, why or "", now=now, seen=seen)
            return _("The visit is withdrawn; it stays on record and counts nowhere.")
        day = day_of(on) or request.today()
        corrections.correct_visit(session, person, visit, day, findings or "", why or "", now=now, seen=seen)
        return _("The visit is corrected.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-step-change", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-edited", "data"),
    State("firm-step-text", "value"),
    State("firm-step-due", "value"),
    State("firm-step-owner", "value"),
    State("firm-visit-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def change_step(
    _clicks: int | None,
    firm_id: str,
    edited: list[int],
    step: str | None,
    due: str | None,
    owner: str | None,
    why: str | None,
) -> Any:
    def change(session: Session) -> str:
        person, now, (visit, seen) = request.person(), request.now(), number_and_version(edited)
        corrections.change_step(
            session, person, visit, step, day_of(due), number_chosen(owner), why or "", now=now, seen=seen
        )
        return _("The next step is changed.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-step-withdraw", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-edited", "data"),
    State("firm-visit-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def withdraw_step(_clicks: int | None, firm_id: str, edited: list[int], why: str | None) -> Any:
    def change(session: Session) -> str:
        visit, seen = number_and_version(edited)
        corrections.withdraw_step(session, request.person(), visit, why or "", now=request.now(), seen=seen)
        return _("The next step is withdrawn; the visit stays.")

    return changed(firm_id, change)


@guarded_callback(
    *AFTER,
    *FORMS,
    Input("firm-step-reopen", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-edited", "data"),
    State("firm-visit-why", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def reopen_step(_clicks: int | None, firm_id: str, edited: list[int], why: str | None) -> Any:
    def change(session: Session) -> str:
        visit, seen = number_and_version(edited)
        corrections.reopen_step(session, request.person(), visit, why or "", now=request.now(), seen=seen)
        return _("The step is open again.")

    return changed(firm_id, change)


def _of_button(name: str) -> Any:
    """A part of the id of the button that was clicked, among many of its kind."""
    return ctx.triggered_id.get(name) if isinstance(ctx.triggered_id, dict) else None


PAGES = ()
