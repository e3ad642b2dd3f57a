"""The tutoring of one firm on its page: stage, mentor, next steps, visits, and the form for a new visit."""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import board_data
from dashboard import request as asked
from dashboard.callbacks import board_callback
from dashboard.components import amounts, words
from dashboard.components.cards import card, empty, facts_list, icon, table
from dashboard.routes import View
from pipeline.errors import ShownToPeople
from pipeline.language import gettext as _
from pipeline.people import Action
from pipeline.store.tables import Account, Case, Visit


def card_of(session: Session, view: View, firm_id: str) -> Component | None:
    """None where this person may not see cases."""
    if not view.may(Action.SEE_CASES):
        return None
    return card(
        _("Tutoring"),
        [
            dcc.Store(id="firm-id", data=firm_id),
            html.Div(_case(session, view, firm_id), id="firm-tutoring"),
            _visit_form(view) if view.may(Action.RECORD_VISITS) else None,
        ],
        id="tutoring",
    )


def _case(session: Session, view: View, firm_id: str) -> list[Component]:
    case = board_data.case_of(session, view.person, firm_id)
    if case is None:
        return [empty(_("No case is open. A firm's case opens when it enters a pool, or with its first visit."))]
    mentor = session.get(Account, case.mentor_id) if case.mentor_id else None
    about = facts_list(
        [
            (_("Stage"), words.stage(case.stage)),
            (_("In this stage since"), amounts.day(case.stage_since)),
            (_("Mentor"), mentor.name if mentor else _("nobody yet")),
            (_("Case opened"), amounts.day(case.opened_on)),
        ]
    )
    return [about, html.Div(_visits(session, view, case), style={"marginTop": "1rem"})]


def _visits(session: Session, view: View, case: Case) -> Component:
    if not view.may(Action.SEE_FINDINGS):
        return html.Div()
    found = board_data.visits_of(session, view.person, case.id)
    if not found:
        return empty(_("No visit yet."))
    return table(
        [_("Visited"), _("By"), _("Findings"), _("Next step"), _("Due")],
        [
            [amounts.day(visit.visited_on), visit.visited_by, visit.findings, visit.next_step or "", _due(visit, view.today)]
            for visit in found
        ],
    )


def _due(visit: Visit, today: date) -> Any:
    if not visit.next_step:
        return ""
    if visit.done_on is not None:
        return _("done %(day)s", day=amounts.day(visit.done_on))
    if visit.due_on is not None and visit.due_on < today:
        return html.Span(amounts.day(visit.due_on), className="overdue")
    return amounts.day(visit.due_on)


def _visit_form(view: View) -> Component:
    return html.Div(
        [
            dmc.Divider(my="md"),
            html.H3(_("Record a visit"), className="card-title", style={"marginBottom": ".6rem"}),
            dmc.SimpleGrid(
                [
                    dmc.DateInput(id="firm-visit-on", label=_("Visited on"), value=view.today.isoformat(),
                                  maxDate=view.today.isoformat(), valueFormat="YYYY-MM-DD"),
                    dmc.DateInput(id="firm-visit-due", label=_("Next step due on"), valueFormat="YYYY-MM-DD", clearable=True),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Textarea(id="firm-visit-findings", label=_("Findings"), autosize=True, minRows=3, mt="sm"),
            dmc.TextInput(id="firm-visit-step", label=_("Next step"), mt="sm"),
            dmc.Group(
                [
                    dmc.Button(_("Record the visit"), id="firm-visit-save", leftSection=icon("check")),
                    html.Div(id="firm-visit-saved", role="status", **{"aria-live": "polite"}),
                ],
                mt="md",
            ),
        ]
    )  # fmt: skip


@board_callback(
    Output("firm-visit-saved", "children"),
    Output("firm-tutoring", "children"),
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
) -> tuple[str, Any]:
    from pipeline.tutoring import visits

    person, today = asked.person(), date.today()
    try:
        with asked.database() as session, session.begin():
            visit = visits.record_visit(
                session, person, firm_id, day_of(visited_on), findings or "", step or None, day_of(due), now=asked.now()
            )
            saved = _("Visit of %(day)s recorded.", day=amounts.day(visit.visited_on))
    except ShownToPeople as error:
        from dash import no_update

        return str(error), no_update
    with asked.database() as session:
        return saved, _case(session, View(person, today), firm_id)


def day_of(text: str | None) -> date | None:
    """The day a date field holds; None for none. Raises ValueError for what is no day."""
    return date.fromisoformat(text[:10]) if text else None
