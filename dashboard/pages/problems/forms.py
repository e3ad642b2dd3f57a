"""The fields of a new problem, and those of the dialog in which one is followed; changes.py reads them."""

from collections.abc import Mapping, Sequence
from datetime import date

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.forms.fields import day_field
from pipeline import language
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.language import gettext as _
from pipeline.tutoring.problems.kinds import (
    BUREAU,
    ENTRY_KINDS,
    OPEN,
    PROBLEM_KINDS,
    STEP,
    WITHDRAWN,
    WRITTEN,
    kind_name,
    owner_name,
)
from pipeline.tutoring.problems.problem_lists import ProblemSeen

#: Between the name and the code of a firm in a list of them.
DOT = " · "


def choices(firms: Mapping[str, str]) -> list[dict[str, str]]:
    """Firms (id -> name) to choose from."""
    return [{"value": code, "label": f"{name}{DOT}{code}"} for code, name in firms.items()]


def new_problem(firms: Mapping[str, str], today: date) -> Component:
    """The fields of a new problem, for one or several firms; folded until somebody wants them."""
    day = today.isoformat()
    fields = dmc.Stack(
        [
            dmc.MultiSelect(
                id="problems-firms",
                label=_("Firms that it hinders"),
                data=choices(firms),
                searchable=True,
                nothingFoundMessage=_("Write a part of the name or code"),
                maw=720,
            ),
            dmc.Group(
                [
                    dmc.Select(
                        id="problems-kind",
                        label=_("Kind of problem"),
                        data=[{"value": kind, "label": kind_name(kind)} for kind in PROBLEM_KINDS],
                        w=220,
                        size="sm",
                    ),
                    _owner("problems-department", _("Department that is to solve it"), BUREAU),
                    day_field("problems-on", _("Since"), value=day, maxDate=day),
                    day_field("problems-due", _("To be solved by")),
                ],
                align="end",
                gap="xs",
            ),
            dmc.Textarea(id="problems-text", label=_("What hinders them"), autosize=True, minRows=2, maw=720),
            dmc.Group(dmc.Button(_("Record the problem"), id="problems-record", size="sm")),
        ],
        gap="xs",
        mt="xs",
    )
    return html.Details([html.Summary(_("Record a problem"), className="text-link"), fields], className="no-print")


def change_forms(seen: ProblemSeen, today: date) -> Component:
    """What can be done about a problem; what does not fit it as it stands is hidden."""
    line, day = seen.line, today.isoformat()
    is_open = line.state == OPEN
    since = line.opened_on.isoformat()
    ways = {"minDate": since, "maxDate": day}
    entry = dmc.Stack(
        [
            dmc.Group(
                [
                    dmc.Select(
                        id="problems-entry-kind",
                        label=_("What to add"),
                        data=[{"value": kind, "label": language.pick(ENTRY_KINDS[kind])} for kind in WRITTEN],
                        value=STEP,
                        w=180,
                        size="sm",
                    ),
                    day_field("problems-entry-on", _("On"), value=day, **ways),
                ],
                align="end",
                gap="xs",
            ),
            dmc.Textarea(id="problems-entry-text", label=_("What was done or said"), autosize=True, minRows=2),
            dmc.Group(dmc.Button(_("Add"), id="problems-entry-save", size="sm")),
        ],
        gap="xs",
    )
    changes = dmc.Stack(
        [
            dmc.Group(
                [
                    day_field("problems-change-on", _("On"), value=day, **ways),
                    dmc.TextInput(id="problems-why", label=_("Reason, or how it was solved"), size="sm", miw=320),
                ],
                align="end",
                gap="xs",
            ),
            _shown(
                is_open,
                [
                    _button(_("Resolved"), "problems-resolve", variant="filled"),
                    day_field(
                        "problems-later",
                        _("New due day"),
                        minDate=line.due_on.isoformat(),
                    ),
                    _button(_("Postpone"), "problems-postpone"),
                    _owner("problems-owner", _("Another department"), line.department or BUREAU),
                    _button(_("Hand over"), "problems-hand"),
                ],
            ),
            _shown(
                is_open,
                [
                    dmc.Select(
                        id="problems-other",
                        label=_("Another firm"),
                        data=[],
                        searchable=True,
                        nothingFoundMessage=_("Write a part of the name or code"),
                        size="sm",
                        w=280,
                    ),
                    _button(_("Add the firm"), "problems-join"),
                    dmc.Select(
                        id="problems-leaving",
                        label=_("Firm that it hinders no more"),
                        data=choices({firm: name or firm for firm, name in line.firms.items()}),
                        size="sm",
                        w=280,
                    ),
                    _button(_("Take the firm off"), "problems-leave"),
                ],
            ),
            _shown(
                line.state != WITHDRAWN,
                [
                    _shown(not is_open, [_button(_("Reopen the problem"), "problems-reopen")]),
                    _button(_("Withdraw: recorded by mistake"), "problems-withdraw", variant="subtle"),
                ],
            ),
        ],
        gap="xs",
    )
    shown = dcc.Store(id="problems-shown", data=[line.id, line.version])
    ended = {} if line.state != WITHDRAWN else {"display": "none"}
    return html.Div([shown, entry, dmc.Divider(my="sm"), html.Div(changes, style=ended)], className="no-print")


def owners() -> list[dict[str, str]]:
    """Whose a problem can be: the bureau's, or a department's."""
    return [{"value": owner, "label": owner_name(owner)} for owner in (BUREAU, *DEPARTMENTS)]


def _owner(name: str, label: str, value: str) -> Component:
    return dmc.Select(id=name, label=label, data=owners(), value=value, searchable=True, w=240, size="sm")


def _button(words: str, name: str, variant: str = "default") -> Component:
    return dmc.Button(words, id=name, variant=variant, size="sm")


def _shown(shown: bool, parts: Sequence[Component]) -> Component:
    return dmc.Group(list(parts), align="end", gap="xs", style={} if shown else {"display": "none"})
