"""Tasks as the card of a firm shows them: the table, the form for a new one, the form that changes one, the plan.

Ids begin with `firm-task` or `firm-plan`; tasks.py has their callbacks.
"""

from collections.abc import Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, terms
from dashboard.components.cards import aria, empty, pill, table
from dashboard.web import request
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.plans.firm_plan import ProposedPlan
from pipeline.tutoring.event_boards import BOARDS
from pipeline.tutoring.tasks.task_lists import TaskSeen, Written
from pipeline.tutoring.tasks.tasks import REPEATS

_DAY: dict[str, Any] = {"valueFormat": "YYYY-MM-DD"}
Accounts = Sequence[dict[str, str]]


def tasks_table(seen: Sequence[TaskSeen], view: View) -> Component:
    """A firm's tasks, the open ones first; each with a button that opens the form which changes it."""
    if not seen:
        return empty(_("No task yet."))
    records = view.may(Action.RECORD_VISITS)
    heads = [_("Due"), _("What is to be done"), _("Who does it"), _("State"), *([""] if records else [])]
    rows = [
        [
            _due(task, view),
            _what(task),
            task.owner or _("nobody yet"),
            _state(task),
            *([_button(task)] if records else []),
        ]
        for task in seen
    ]
    return table(heads, rows)


def _due(task: TaskSeen, view: View) -> Component:
    late = task.open and task.due_on < view.today
    parts: list[Any] = [html.Span(amounts.day(task.due_on), className="overdue" if late else "day")]
    if task.slipped_days and task.withdrawn is None:
        parts.append(html.Div(_("%(count)s days behind", count=task.slipped_days), className="card-note"))
    return html.Div(parts)


def _what(task: TaskSeen) -> Component:
    text: Any = html.S(task.what) if task.withdrawn else task.what
    pills = [
        *([pill(terms.stage_short(task.stage), "seed")] if task.stage else []),
        *([pill(_("the firm sees it"))] if task.for_firm else []),
        *([pill(_("every %(count)s months", count=task.repeats_months))] if task.repeats_months else []),
    ]
    notes = [html.Div(_written(one), className="card-note") for one in task.written]
    if task.done_note:
        notes.append(html.Div(task.done_note, className="card-note"))
    return html.Div([text, html.Div(pills, className="card-pills"), *notes])


def _written(one: Written) -> str:
    said = language.headed(f"{one.by} {amounts.day(request.local(one.at).date())}", one.text)
    if one.kind == "postponed":
        moved = _("from %(before)s to %(after)s", before=amounts.day(one.before), after=amounts.day(one.after))
        return language.in_brackets(said, moved)
    return said


def _state(task: TaskSeen) -> Any:
    if task.withdrawn is not None:
        why = task.withdrawn
        words = _(
            "withdrawn by %(who)s on %(day)s: %(why)s",
            who=why.by,
            day=amounts.day(request.local(why.at).date()),
            why=why.why,
        )
        return html.Span(words, className="withdrawn")
    if task.done_on is not None:
        return language.joined([_("done %(day)s", day=amounts.day(task.done_on)), task.done_by or ""])
    return _("to be done")


def _button(task: TaskSeen) -> Component | None:
    if task.withdrawn is not None:
        return None
    named = aria(label=_("Change the task: %(what)s", what=task.what[:40]))
    return dmc.Button(
        _("Change this"), id={"type": "firm-task-edit", "task": task.id}, variant="subtle", size="xs", **named
    )


def new_task(view: View, accounts: Accounts) -> Component:
    """The form for a new task."""
    repeats = [{"value": str(months), "label": _("every %(count)s months", count=months)} for months in REPEATS]
    return html.Details(
        [
            html.Summary(_("Set a task")),
            dmc.Group(
                [
                    dmc.TextInput(
                        id="firm-task-what", label=_("What is to be done"), size="sm", style={"flex": 1}, miw=240
                    ),
                    dmc.DateInput(
                        id="firm-task-due", label=_("Due"), minDate=view.today.isoformat(), w=130, size="sm", **_DAY
                    ),
                    _owner("firm-task-owner", accounts),
                    dmc.Select(
                        id="firm-task-repeats", label=_("Repeats"), data=repeats, clearable=True, w=140, size="sm"
                    ),
                    dmc.Checkbox(id="firm-task-for-firm", label=_("The firm sees it"), mb="xs"),
                    dmc.Button(_("Set the task"), id="firm-task-add", variant="default", size="sm"),
                ],
                align="end",
                gap="xs",
            ),
        ],
        className="folded no-print",
    )


def _owner(name: str, accounts: Accounts, value: str | None = None) -> Component:
    return dmc.Select(
        id=name,
        label=_("Who does it (unless chosen, the mentor)"),
        data=list(accounts),
        value=value,
        clearable=True,
        searchable=True,
        w=230,
        size="sm",
    )


def edit_task(task: TaskSeen, view: View, accounts: Accounts) -> Component:
    """The form that changes a task; what cannot be done to it now is not shown."""
    hidden = {"display": "none"}
    shown = {} if task.open else hidden
    today = view.today.isoformat()

    def button(words: str, name: str, style: dict[str, str]) -> Component:
        return dmc.Button(words, id=f"firm-task-{name}", variant="default", size="sm", style=style)

    return html.Div(
        [
            dcc.Store(id="firm-task-edited", data=[task.id, task.version]),
            html.H3(_("Task: %(what)s", what=task.what), className="card-title"),
            dmc.Group(
                [
                    dmc.TextInput(
                        id="firm-task-note",
                        label=_("Note or reason (kept with it)"),
                        size="sm",
                        style={"flex": 1},
                        miw=240,
                    ),
                    button(_("Comment"), "comment", {}),
                    button(_("Withdraw the task"), "withdraw", {}),
                    button(_("Reopen"), "reopen", {} if task.done_on else hidden),
                ],
                align="end",
                gap="xs",
            ),
            html.Div(
                dmc.Group(
                    [
                        dmc.DateInput(
                            id="firm-task-done-on",
                            label=_("Done on"),
                            value=today,
                            maxDate=today,
                            w=130,
                            size="sm",
                            **_DAY,
                        ),
                        button(_("Done"), "finish", {}),
                        dmc.DateInput(
                            id="firm-task-new-due",
                            label=_("New due day"),
                            value=amounts.day(task.due_on),
                            w=130,
                            size="sm",
                            **_DAY,
                        ),
                        button(_("Postpone"), "postpone", {}),
                        _owner("firm-task-new-owner", accounts, str(task.owner_id) if task.owner_id else None),
                        button(_("Hand over"), "hand-over", {}),
                    ],
                    align="end",
                    gap="xs",
                ),
                style=shown,
            ),
            dmc.Button(_("Leave it as it is"), id="firm-task-leave", variant="subtle", size="xs"),
        ],
        className="editing no-print",
    )


def proposal(plan: ProposedPlan) -> Component:
    """The proposed milestones to tick, and the button that takes them over."""
    if not plan.milestones:
        return empty(_("Nothing is left to plan."))
    board = BOARDS.get(plan.board or "")
    to = _("To the board: %(board)s", board=language.pick(board)) if board else ""
    ticks = [
        dmc.Checkbox(value=str(one.what), label=language.headed(amounts.day(one.due_on), one.what))
        for one in plan.milestones
    ]
    return html.Div(
        [
            html.P([to, " ", _("Days follow typical stays and the day of the next accounts; change them afterwards.")]),
            dmc.CheckboxGroup(
                dmc.Stack(ticks, gap="xs"), id="firm-plan-ticked", value=[str(one.what) for one in plan.milestones]
            ),
            dmc.Button(_("Take over as tasks"), id="firm-plan-adopt", variant="light", size="sm", mt="sm"),
        ]
    )
