"""Every open tutoring case: what is late, who stands where, and since when."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import board_data
from dashboard import request as asked
from dashboard.components import amounts, words
from dashboard.components.cards import card, empty, link, page_head, table
from dashboard.components.grids import day_column, grid, link_column, number_column, text_column
from dashboard.routes import Page, View
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action


def layout(view: View) -> Component:
    with asked.database() as session:
        steps = [
            (row.Visit.next_step, row.Visit.due_on, row.Visit.visited_by, row.firm_id, row.name)
            for row in board_data.open_steps(session, view.person)
        ]
        rows = [_case_row(row, view) for row in board_data.cases(session, view.person)]
    late = [step for step in steps if step[1] is not None and step[1] < view.today]
    coming = [step for step in steps if step not in late]
    grid_columns = [
        link_column("name", _("Firm")),
        text_column("district", _("District")),
        text_column("stage", _("Stage")),
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
                            card(_("Overdue"), _steps(late, view, late=True), _("%(count)s steps", count=len(late))),
                            card(_("Coming"), _steps(coming[:10], view, late=False), _("%(count)s steps", count=len(coming))),
                        ],
                        cols={"base": 1, "lg": 2},
                    ),
                    html.Div(grid("cases-grid", grid_columns, rows, key="case_id", height="520px"), className="grid-frame")
                    if rows
                    else card(None, empty(_("No case is open."))),
                ]
            ),
        ]
    )


def _case_row(row: Any, view: View) -> dict[str, Any]:
    case = row.Case
    return {
        "case_id": case.id,
        "name": row.name or case.firm_id,
        "address": f"/firm/{case.firm_id}",
        "district": words.district(row.district_code),
        "stage": words.stage(case.stage),
        "since": amounts.day(case.stage_since),
        "days": (view.today - case.stage_since).days,
        "mentor": row.mentor or "",
    }


def _steps(steps: list[Any], view: View, *, late: bool) -> Component:
    if not steps:
        return empty(_("Nothing is overdue.") if late else _("Nothing is coming."))
    return table(
        [_("Firm"), _("Next step"), _("Due")],
        [
            [
                link(name or firm_id, f"/firm/{firm_id}"),
                step,
                html.Span(amounts.day(due), className="overdue" if late else ""),
            ]
            for step, due, _who, firm_id, name in steps
        ],
    )


PAGES = (Page("/cases", layout, Action.SEE_FINDINGS, N_("Cases"), "clipboard-list"),)
