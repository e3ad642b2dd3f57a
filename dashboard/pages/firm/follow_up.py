"""The tutoring of one firm on its page: stage, mentor, next steps, visits, and the forms to go on.

The callbacks only carry values: pipeline.tutoring checks who may do it for which firm, and writes the audit log.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, facts_list, icon, table
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.dates import day_of
from dashboard.web.plain_values import number_of
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.store.tables import Case
from pipeline.tutoring import cases, visits
from pipeline.tutoring.visits import VisitSeen

_SAID = "firm-tutoring-said"


def card_of(session: Session, view: View, firm_id: str) -> Component | None:
    """None where this person may not see cases."""
    if not view.may(Action.SEE_CASES):
        return None
    return card(
        _("Tutoring"),
        [
            dcc.Store(id="firm-id", data=firm_id),
            html.Div(_body(session, view, firm_id), id="firm-tutoring"),
            html.Div(id=_SAID, role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
            _visit_form(view) if view.may(Action.RECORD_VISITS) else None,
        ],
        id="tutoring",
    )


def _body(session: Session, view: View, firm_id: str) -> list[Component]:
    lines = cases.cases_of(session, view.person, firm_id, view.today)
    open_line = next((line for line in lines if line.case.closed_on is None), None)
    parts: list[Component] = []
    if open_line is None:
        parts.append(empty(_("No case is open. A firm's case opens when it enters a pool.")))
    else:
        about = [
            (_("Stage"), terms.stage(open_line.case.stage)),
            (_("In this stage since"), amounts.day(open_line.case.stage_since)),
            (_("Mentor"), open_line.mentor or _("nobody yet")),
            (_("Case opened"), amounts.day(open_line.case.opened_on)),
        ]
        manages = view.may(Action.KEEP_CASES)
        parts.append(
            dmc.SimpleGrid(
                [facts_list(about), _case_form(session, view, open_line.case) if manages else None],
                cols={"base": 1, "md": 2},
            )
        )
    ended = [
        (amounts.day(line.case.closed_on), language.pick(cases.outcome_label(line.case.outcome)))
        for line in lines
        if line.case.closed_on is not None
    ]
    if ended:
        parts.append(html.Div([html.P(_("Earlier cases"), className="card-note"), facts_list(ended)]))
    parts.append(html.Div(_visits(visits.visits_of(session, view.person, firm_id), view), style={"marginTop": "1rem"}))
    return parts


def _visits(visits_seen: list[VisitSeen], view: View) -> Component:
    if not visits_seen:
        return empty(_("No visit yet."))
    reads = view.may(Action.SEE_FINDINGS)
    headings = [_("Visited"), _("Visited by"), *([_("Findings")] if reads else []), _("Next step"), _("Due")]
    rows = [
        [
            amounts.day(visit.visited_on),
            visit.visited_by,
            *([visit.findings or ""] if reads else []),
            visit.next_step or "",
            _due(visit, view),
        ]
        for visit in visits_seen
    ]
    return table(headings, rows)


def _due(visit: VisitSeen, view: View) -> Any:
    if not visit.next_step or visit.due_on is None:
        return ""
    if visit.done_on is not None:
        return _("done %(day)s", day=amounts.day(visit.done_on))
    due = html.Span(amounts.day(visit.due_on), className="overdue" if visit.due_on < view.today else "")
    if not view.may(Action.RECORD_VISITS):
        return due
    done = dmc.Button(
        _("Done"), id={"type": "firm-step-done", "visit": visit.id}, size="compact-xs", variant="light", ml="xs"
    )
    return html.Div([due, done], style={"whiteSpace": "nowrap"})


def _case_form(session: Session, view: View, case: Case) -> Component:
    """What an officer changes about a case: its stage, and its mentor."""
    following = [{"value": stage.id, "label": terms.stage(stage.id)} for stage in cases.possible_stages(session, case)]
    mentors = [
        {"value": str(account.id), "label": account.name}
        for account in cases.mentors(session)
        if cases.can_mentor(session, account, case.firm_id)
    ]
    return dmc.Stack(
        [
            dmc.Group(
                [
                    dmc.Select(id="firm-stage", label=_("Reached stage"), data=following, w=170, size="sm"),
                    dmc.DateInput(
                        id="firm-stage-on",
                        label=_("On"),
                        value=view.today.isoformat(),
                        valueFormat="YYYY-MM-DD",
                        maxDate=view.today.isoformat(),
                        w=130,
                        size="sm",
                    ),
                    dmc.Button(_("Save"), id="firm-stage-save", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            ),
            dmc.Group(
                [
                    dmc.Select(
                        id="firm-mentor",
                        label=_("Mentor"),
                        data=mentors,
                        w=170,
                        size="sm",
                        searchable=True,
                        clearable=True,
                        value=str(case.mentor_id) if case.mentor_id else None,
                    ),
                    dmc.Button(_("Save"), id="firm-mentor-save", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            ),
            dcc.Store(id="firm-case", data=case.id),
        ],
        gap="xs",
    )


def _visit_form(view: View) -> Component:
    day = {"valueFormat": "YYYY-MM-DD"}
    return html.Div(
        [
            dmc.Divider(my="md"),
            html.H3(_("Record a visit"), className="card-title", style={"marginBottom": ".6rem"}),
            dmc.SimpleGrid(
                [
                    dmc.DateInput(
                        id="firm-visit-on",
                        label=_("Visited on"),
                        value=view.today.isoformat(),
                        maxDate=view.today.isoformat(),
                        **day,
                    ),
                    dmc.DateInput(id="firm-visit-due", label=_("Next step due on"), clearable=True, **day),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Textarea(id="firm-visit-findings", label=_("Findings"), autosize=True, minRows=3, mt="sm"),
            dmc.TextInput(id="firm-visit-step", label=_("Next step"), mt="sm"),
            dmc.Button(_("Record the visit"), id="firm-visit-save", leftSection=icon("check"), mt="md"),
        ],
        className="no-print",
    )


_OUTPUTS = (Output(_SAID, "children", allow_duplicate=True), Output("firm-tutoring", "children", allow_duplicate=True))


@guarded_callback(
    *_OUTPUTS,
    Input("firm-visit-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-visit-on", "value"),
    State("firm-visit-findings", "value"),
    State("firm-visit-step", "value"),
    State("firm-visit-due", "value"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def save_visit(
    _clicks: int | None, firm_id: str, visited_on: str | None, findings: str | None, step: str | None, due: str | None
) -> tuple[Any, Any]:
    def record(session: Session) -> str:
        visit = visits.record_visit(
            session,
            request.person(),
            firm_id,
            day_of(visited_on) or request.today(),
            findings or "",
            step,
            day_of(due),
            now=request.now(),
        )
        return _("Visit of %(day)s recorded.", day=amounts.day(visit.visited_on))

    return _said(firm_id, record)


@guarded_callback(
    *_OUTPUTS,
    Input({"type": "firm-step-done", "visit": ALL}, "n_clicks"),
    State("firm-id", "data"),
    may=Action.RECORD_VISITS,
    prevent_initial_call=True,
)
def finish_step(clicks: list[int | None], firm_id: str) -> tuple[Any, Any]:
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update, no_update
    visit_id = number_of(ctx.triggered_id.get("visit"))

    def finish(session: Session) -> str:
        visits.finish_step(session, request.person(), visit_id, request.today(), now=request.now())
        return _("The step is done.")

    return _said(firm_id, finish)


@guarded_callback(
    *_OUTPUTS,
    Input("firm-stage-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-stage", "value"),
    State("firm-stage-on", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save_stage(_clicks: int | None, firm_id: str, case_id: int, stage: str | None, on: str | None) -> tuple[Any, Any]:
    if not stage:
        return _("Choose the stage that was reached."), no_update

    def change(session: Session) -> str:
        cases.change_stage(session, request.person(), case_id, stage, day_of(on) or request.today(), now=request.now())
        return _("Stage saved: %(stage)s.", stage=terms.stage(stage))

    return _said(firm_id, change)


@guarded_callback(
    *_OUTPUTS,
    Input("firm-mentor-save", "n_clicks"),
    State("firm-id", "data"),
    State("firm-case", "data"),
    State("firm-mentor", "value"),
    may=Action.KEEP_CASES,
    prevent_initial_call=True,
)
def save_mentor(_clicks: int | None, firm_id: str, case_id: int, mentor: str | None) -> tuple[Any, Any]:
    def assign(session: Session) -> str:
        cases.assign_mentor(
            session, request.person(), case_id, number_of(mentor) if mentor else None, now=request.now()
        )
        return _("Mentor saved.")

    return _said(firm_id, assign)


def _said(firm_id: str, change: Callable[[Session], str]) -> tuple[Any, Any]:
    """Make a change in its own transaction; what to say, and the tutoring after it."""
    try:
        with request.database() as session, session.begin():
            said = change(session)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue"), no_update
    with request.database() as session:
        return said, _body(session, View(request.person(), request.today()), firm_id)
