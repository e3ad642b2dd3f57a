"""Every open tutoring case: overdue steps, each firm's stage, and since when."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, link, page_head, table
from dashboard.components.grids import Row, day_column, grid, link_column, number_column, text_column
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring import cases, visits
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.visits import Step

#: So many coming steps are shown beside the overdue ones.
_COMING = 10


def layout(view: View) -> Component:
    with request.database() as session:
        steps = visits.open_steps(session, view.today, view.person)
        rows = [_case_row(line) for line in cases.open_cases(session, view.person, view.today)]
    late = [step for step in steps if step.days_late > 0]
    coming = [step for step in steps if step.days_late <= 0]
    grid_columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        text_column("stage", _("Stage"), minWidth=150),
        day_column("since", _("Since")),
        number_column("days", _("Days in the stage")),
        text_column("mentor", _("Mentor")),
    ]
    return html.Div(
        [
            page_head(_("Cases"), _("%(count)s firms in tutoring", count=amounts.count(len(rows)))),
            dmc.Stack(
                [
                    dmc.SimpleGrid(
                        [
                            card(_("Overdue"), _steps(late, late=True), _("%(count)s steps", count=len(late))),
                            card(
                                _("Coming"),
                                _steps(coming[:_COMING], late=False),
                                _("%(count)s steps", count=len(coming)),
                            ),
                        ],
                        cols={"base": 1, "lg": 2},
                    ),
                    html.Div(
                        grid("cases-grid", grid_columns, rows, key="case_id", height="520px"), className="grid-frame"
                    )
                    if rows
                    else card(None, empty(_("No case is open."))),
                ]
            ),
        ]
    )


def _case_row(line: CaseLine) -> Row:
    return {
        "case_id": line.case.id,
        "name": line.firm_name or line.firm_id,
        "address": f"/firm/{line.firm_id}",
        "district": terms.district(line.district_code),
        "stage": terms.stage(line.case.stage),
        "since": amounts.day(line.case.stage_since),
        "days": line.days_in_stage,
        "mentor": line.mentor or "",
    }


def _steps(steps: list[Step], *, late: bool) -> Component:
    if not steps:
        return empty(_("Nothing is overdue.") if late else _("Nothing is coming."))
    return table(
        [_("Firm"), _("Next step"), _("Due")],
        [
            [
                link(step.firm_name or step.firm_id, f"/firm/{step.firm_id}"),
                step.next_step,
                html.Span(amounts.day(step.due_on), className="overdue" if late else "day"),
            ]
            for step in steps
        ],
    )


PAGES = (Page("/cases", layout, Action.SEE_FINDINGS, N_("Cases"), "clipboard-list"),)
