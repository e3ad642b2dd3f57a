"""Visits as the tutoring card shows them: the table, the form for a new one, and the form that corrects one.

Ids begin with `firm-visit` or `firm-step`; visit_changes.py has their callbacks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts
from dashboard.components.cards import empty, icon, table
from dashboard.components.forms.attached import drop_zone
from dashboard.pages.firm.attachment_forms import file_links, files_of_visit
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.tutoring.attachments.attachments import AttachmentSeen
from pipeline.tutoring.visits import VisitSeen, Withdrawn

_DAY: dict[str, Any] = {"valueFormat": "YYYY-MM-DD"}


def visits_table(
    seen: list[VisitSeen], view: View, open_case: int | None, files: Mapping[int, list[AttachmentSeen]]
) -> Component:
    """A firm's visits with their files; steps of the open case have a button that marks them as done."""
    if not seen:
        return empty(_("No visit yet."))
    reads, records = view.may(Action.SEE_FINDINGS), view.may(Action.RECORD_VISITS)
    headings = [
        _("Visited"),
        _("Visited by"),
        *([_("Findings")] if reads else []),
        _("Next step"),
        _("Due"),
        *([""] if records else []),
    ]
    rows = []
    for visit in seen:
        row: list[Any] = [amounts.day(visit.visited_on), visit.visited_by]
        if reads:
            row.append(html.Div([_findings(visit), file_links(files.get(visit.id, []))]))
        row += [_step(visit), _due(visit, view, records and visit.case_id == open_case)]
        if records:
            row.append(None if visit.withdrawn else _edit_button(visit))
        rows.append(row)
    return table(headings, rows)


def _findings(visit: VisitSeen) -> Any:
    if visit.withdrawn is None:
        return visit.findings or ""
    return html.Div([html.S(visit.findings), _gone(visit.withdrawn)])


def _step(visit: VisitSeen) -> Any:
    if not visit.next_step:
        return ""
    if visit.withdrawn is not None:
        return html.S(visit.next_step)
    if visit.step_withdrawn is not None:
        return html.Div([html.S(visit.next_step), _gone(visit.step_withdrawn)])
    if visit.owner:
        return html.Div([visit.next_step, html.Div(visit.owner, className="card-note")])
    return visit.next_step


def _gone(withdrawn: Withdrawn) -> Component:
    words = _(
        "withdrawn by %(who)s on %(day)s: %(why)s",
        who=withdrawn.by,
        day=amounts.day(request.local(withdrawn.at).date()),
        why=withdrawn.why,
    )
    return html.Div(words, className="withdrawn")


def _due(visit: VisitSeen, view: View, can_finish: bool) -> Any:
    if not visit.next_step or visit.due_on is None or visit.withdrawn or visit.step_withdrawn:
        return ""
    if visit.done_on is not None:
        done = _("done %(day)s", day=amounts.day(visit.done_on))
        return html.Div([done, html.Div(visit.done_note, className="card-note")]) if visit.done_note else done
    due = html.Span(amounts.day(visit.due_on), className="overdue" if visit.due_on < view.today else "")
    if not can_finish:
        return due
    finish = dmc.Button(
        _("Done"),
        id={"type": "firm-step-done", "visit": visit.id, "seen": visit.version},
        size="compact-xs",
        variant="light",
        ml="xs",
    )
    return html.Div([due, finish], style={"whiteSpace": "nowrap"})


def _edit_button(visit: VisitSeen) -> Component:
    return dmc.Button(
        _("Correct"), id={"type": "firm-visit-edit", "visit": visit.id}, size="compact-xs", variant="subtle"
    )


def new_visit(view: View, accounts: list[dict[str, str]]) -> Component:
    """The form for a visit of today or before."""
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
                        **_DAY,
                    ),
                    dmc.DateInput(id="firm-visit-due", label=_("Next step due on"), clearable=True, **_DAY),
                    _owner("firm-visit-owner", accounts, None),
                ],
                cols={"base": 1, "sm": 3},
            ),
            dmc.Textarea(id="firm-visit-findings", label=_("Findings"), autosize=True, minRows=3, mt="sm"),
            dmc.TextInput(id="firm-visit-step", label=_("Next step"), mt="sm"),
            drop_zone("firm-visit-files", wait=True),
            dmc.Button(_("Record the visit"), id="firm-visit-save", leftSection=icon("check"), mt="md"),
        ],
        className="no-print",
    )


def edit_visit(
    visit: VisitSeen,
    view: View,
    accounts: list[dict[str, str]],
    case_open: bool,
    files: Sequence[AttachmentSeen],
) -> Component:
    """The form that corrects a visit or its next step, withdraws either, opens a step again, and takes files."""
    step_stands = visit.next_step is not None and visit.step_withdrawn is None
    can_change_step = case_open and visit.done_on is None
    step = [
        dmc.SimpleGrid(
            [
                dmc.TextInput(
                    id="firm-step-text", label=_("Next step"), value=visit.next_step if step_stands else "", size="sm"
                ),
                dmc.DateInput(
                    id="firm-step-due",
                    label=_("Next step due on"),
                    value=visit.due_on.isoformat() if step_stands and visit.due_on else None,
                    size="sm",
                    **_DAY,
                ),
                _owner("firm-step-owner", accounts, visit.owner_id if step_stands else None, size="sm"),
            ],
            cols={"base": 1, "sm": 3},
            mt="sm",
        )
    ]
    buttons = [
        dmc.Button(_("Save the visit"), id="firm-visit-correct", size="sm"),
        dmc.Button(_("Withdraw the visit"), id="firm-visit-withdraw", variant="default", size="sm"),
        dmc.Button(_("Save the next step"), id="firm-step-change", size="sm") if can_change_step else None,
        dmc.Button(_("Withdraw the next step"), id="firm-step-withdraw", variant="default", size="sm")
        if step_stands and case_open
        else None,
        dmc.Button(_("Not done after all"), id="firm-step-reopen", variant="default", size="sm")
        if step_stands and case_open and visit.done_on is not None
        else None,
        dmc.Button(_("Leave it as it is"), id="firm-visit-leave", variant="subtle", size="sm"),
    ]
    return html.Div(
        [
            dmc.Divider(my="md"),
            html.H3(
                _("Correct the visit of %(day)s", day=amounts.day(visit.visited_on)),
                className="card-title",
                style={"marginBottom": ".6rem"},
            ),
            dcc.Store(id="firm-visit-edited", data=[visit.id, visit.version]),
            dmc.DateInput(
                id="firm-visit-right-on",
                label=_("Visited on"),
                value=visit.visited_on.isoformat(),
                maxDate=view.today.isoformat(),
                size="sm",
                w=200,
                **_DAY,
            ),
            dmc.Textarea(
                id="firm-visit-right-findings",
                label=_("Findings"),
                value=visit.findings or "",
                autosize=True,
                minRows=2,
                size="sm",
                mt="sm",
            ),
            *(step if can_change_step else []),
            drop_zone("firm-visit-attach", wait=False),
            files_of_visit(files),
            dmc.TextInput(id="firm-visit-why", label=_("Reason (kept with it)"), size="sm", mt="sm"),
            dmc.Group([button for button in buttons if button is not None], gap="xs", mt="md"),
        ],
        className="edit-visit",
    )


def _owner(name: str, accounts: list[dict[str, str]], owner_id: int | None, size: str = "sm") -> Component:
    return dmc.Select(
        id=name,
        label=_("Who does it"),
        placeholder=_("the mentor"),
        data=accounts,
        value=str(owner_id) if owner_id else None,
        searchable=True,
        clearable=True,
        size=size,
    )
