"""The tasks of one firm on its page, and its plan: one firm, one plan.

The callbacks only carry values: pipeline.tutoring.tasks checks who may do it and compares what the page showed with
what is on record now. After a change the card is drawn anew.
"""

from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from flask import abort
from sqlalchemy.orm import Session

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import aria, card, warning
from dashboard.pages.firm import task_forms
from dashboard.pages.firm.case_forms import choices
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of, number_and_version, number_chosen
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.plans.firm_plan import proposed_plan
from pipeline.store.tables import Account
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.mentoring import visitors_of
from pipeline.tutoring.tasks import tasks as doing
from pipeline.tutoring.tasks.task_lists import tasks_of

ANCHOR = "tasks"
_CHANGES = ("finish", "postpone", "hand-over", "comment", "reopen", "withdraw")


def card_of(session: Session, view: View, firm_id: str, visitors: list[Account], in_tutoring: bool) -> Component | None:
    """None where this person may not see cases. `in_tutoring`: a case of the firm is open."""
    if not view.may(Action.SEE_CASES):
        return None
    seen = tasks_of(session, view.person, firm_id, view.today)
    parts: list[Component] = [
        html.Div(task_forms.tasks_table(seen, view), id="firm-tasks"),
        html.Div(id="firm-task-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    if view.may(Action.RECORD_VISITS):
        parts += [dcc.Store(id="firm-tasks-of", data=firm_id), html.Div(id="firm-task-editing")]
        if in_tutoring:
            parts += [
                task_forms.new_task(view, choices(visitors)),
                dmc.Button(
                    _("Propose a plan"),
                    id="firm-plan-propose",
                    variant="default",
                    size="sm",
                    mt="sm",
                    className="no-print",
                ),
                html.Div(id="firm-plan", style={"marginTop": ".6rem"}),
            ]
    drawn = card(_("Plan and tasks"), parts, id=ANCHOR)
    return drawn if seen else html.Div(drawn, className="no-print")  # an empty card is no use on paper


def _body(session: Session, view: View, firm_id: str) -> Component:
    return task_forms.tasks_table(tasks_of(session, view.person, firm_id, view.today), view)


_AFTER = (
    Output("firm-task-said", "children", allow_duplicate=True),
    Output("firm-tasks", "children", allow_duplicate=True),
    Output("firm-task-editing", "children", allow_duplicate=True),
)


@guarded_callback(
    *_AFTER,
    Output("firm-task-what", "value"),
    Input("firm-task-add", "n_clicks"),
    State("firm-tasks-of", "data"),
    State("firm-task-what", "value"),
    State("firm-task-due", "value"),
    State("firm-task-owner", "value"),
    State("firm-task-repeats", "value"),
    State("firm-task-for-firm", "checked"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def add(
    _clicks: int | None,
    firm_id: str,
    what: str | None,
    due: str | None,
    owner: str | None,
    repeats: str | None,
    for_firm: bool | None,
) -> Any:
    def change(session: Session) -> str:
        day = day_of(due)
        if day is None:
            raise doing.TaskNotPossible(_("Give the day by which it is to be done."))
        task = doing.add_task(
            session,
            request.person(),
            firm_id,
            what or "",
            day,
            now=request.now(),
            owner_id=number_chosen(owner),
            for_firm=bool(for_firm),
            repeats_months=number_chosen(repeats),
        )
        return _("The task is set, due on %(day)s.", day=amounts.day(task.due_on))

    said, body, editing = _changed(firm_id, change)
    return said, body, editing, no_update if body is no_update else ""


@guarded_callback(
    Output("firm-task-said", "children", allow_duplicate=True),
    Output("firm-task-editing", "children", allow_duplicate=True),
    Input({"type": "firm-task-edit", "task": ALL}, "n_clicks"),
    State("firm-tasks-of", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def edit(_clicks: list[int | None], firm_id: str) -> Any:
    """The form that changes the task, as it is on record."""
    number = ctx.triggered_id.get("task") if isinstance(ctx.triggered_id, dict) else None
    view = View(request.person(), request.today())
    with request.database() as session:
        people.require(view.person, Action.RECORD_VISITS, firm_id, session=session)
        found = next((one for one in tasks_of(session, view.person, firm_id, view.today) if one.id == number), None)
        if found is None or found.withdrawn is not None:
            abort(404)
        accounts = choices(visitors_of(session, firm_id))
    return "", task_forms.edit_task(found, view, accounts)


@guarded_callback(
    Output("firm-task-editing", "children", allow_duplicate=True),
    Input("firm-task-leave", "n_clicks"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def leave(_clicks: int | None) -> Any:
    return None


@guarded_callback(
    *_AFTER,
    *(Input(f"firm-task-{each}", "n_clicks") for each in _CHANGES),
    State("firm-tasks-of", "data"),
    State("firm-task-edited", "data"),
    State("firm-task-note", "value"),
    State("firm-task-done-on", "value"),
    State("firm-task-new-due", "value"),
    State("firm-task-new-owner", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def change(*values: Any) -> Any:
    """What the pressed button does to the task that is being changed."""
    firm_id, edited, note, done_on, due, owner = values[len(_CHANGES) :]
    pressed = str(ctx.triggered_id).removeprefix("firm-task-")

    def apply(session: Session) -> str:
        number, seen = number_and_version(edited)
        person, now, text = request.person(), request.now(), note or ""
        if pressed == "finish":
            day = day_of(done_on) or request.today()
            doing.finish(session, person, number, day, now=now, note=text, seen=seen)
            return _("The task is done.")
        if pressed == "postpone":
            task = doing.postpone(session, person, number, day_of(due) or request.today(), text, now=now, seen=seen)
            return _("The task is due on %(day)s now.", day=amounts.day(task.due_on))
        if pressed == "hand-over":
            doing.hand_over(session, person, number, number_chosen(owner), now=now, seen=seen)
            return _("Somebody else does it now.")
        if pressed == "comment":
            doing.comment(session, person, number, text, now=now, seen=seen)
            return _("Written down.")
        if pressed == "reopen":
            doing.reopen(session, person, number, text, now=now, seen=seen)
            return _("The task is open again.")
        doing.withdraw(session, person, number, text, now=now, seen=seen)
        return _("The task is withdrawn; it stays on record.")

    return _changed(firm_id, apply)


# --- the plan ---------------------------------------------------------------------------------------


@guarded_callback(
    Output("firm-plan", "children", allow_duplicate=True),
    Input("firm-plan-propose", "n_clicks"),
    State("firm-tasks-of", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def propose(_clicks: int | None, firm_id: str) -> Any:
    """What would lead the firm to its board; nothing is changed."""
    try:
        with request.database() as session:
            return task_forms.proposal(proposed_plan(session, request.person(), firm_id, request.today()))
    except ShownToPeople as error:
        return warning(error)


@guarded_callback(
    *_AFTER,
    Output("firm-plan", "children", allow_duplicate=True),
    Input("firm-plan-adopt", "n_clicks"),
    State("firm-tasks-of", "data"),
    State("firm-plan-ticked", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def adopt(_clicks: int | None, firm_id: str, ticked: list[str] | None) -> Any:
    """The ticked milestones become tasks, as they are proposed now."""

    def take_over(session: Session) -> str:
        plan = proposed_plan(session, request.person(), firm_id, request.today())
        chosen = [one for one in plan.milestones if str(one.what) in (ticked or [])]
        if not chosen:
            raise doing.TaskNotPossible(_("Tick one or more milestones."))
        for one in chosen:
            what, now = str(one.what), request.now()
            doing.add_task(
                session,
                request.person(),
                firm_id,
                what,
                one.due_on,
                now=now,
                stage=one.stage,
                for_firm=one.for_firm,
            )
        return _("%(count)s tasks are set.", count=len(chosen))

    said, body, editing = _changed(firm_id, take_over)
    return said, body, editing, no_update if body is no_update else None


# --- within -----------------------------------------------------------------------------------------


def _changed(firm_id: str, change: Callable[[Session], str]) -> tuple[Any, Any, Any]:
    """Make a change in its own transaction; what to say, the tasks after it, and an empty form; what was refused leaves
    them as they are, but where somebody else was faster they are drawn anew."""
    try:
        with request.database() as session, session.begin():
            said: Any = change(session)
    except ChangedMeanwhile as error:
        said = warning(error)
    except ShownToPeople as error:
        return warning(error), no_update, no_update
    with request.database() as session:
        return said, _body(session, View(request.person(), request.today()), firm_id), None
