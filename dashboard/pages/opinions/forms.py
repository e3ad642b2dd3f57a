"""The officers' forms: ask departments, enter a paper, publish a notice, record an objection, answer it.

officers.py has their callbacks; ids begin with `opinions-`.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import terms
from dashboard.components.cards import card, icon
from dashboard.web.routes import View
from pipeline.accounts.departments import DEPARTMENTS, department_name
from pipeline.language import gettext as _
from pipeline.opinions.notices import Notice
from pipeline.opinions.requests import MOST_WORKING_DAYS, OpinionState

_DAY: dict[str, Any] = {"valueFormat": "YYYY-MM-DD"}
_HIDDEN, _SHOWN = {"display": "none"}, {"display": "block"}
Choices = list[dict[str, str]]


def shown_if(wanted: object) -> dict[str, str]:
    return _SHOWN if wanted else _HIDDEN


def to_ask(state: OpinionState) -> Choices:
    """The departments that were not asked yet."""
    asked = {one.department for one in state.asked}
    return [{"value": name, "label": department_name(name)} for name in DEPARTMENTS if name not in asked]


def lists(state: OpinionState) -> Choices:
    return [{"value": f"{one.request_id}", "label": department_name(one.department)} for one in state.asked]


def named_firms(notice: Notice | None) -> Choices:
    found = [] if notice is None else notice.firms
    return [{"value": one.firm_id, "label": f"{one.name} · {one.firm_id}"} for one in found]


def objections(notice: Notice | None) -> Choices:
    found = [] if notice is None else notice.objections
    return [{"value": f"{one.id}", "label": f"{one.id} · {one.from_whom} · {one.received_on}"} for one in found]


def ask_form(state: OpinionState) -> Component:
    return card(
        _("Ask departments"),
        [
            dmc.SimpleGrid(
                [
                    dmc.MultiSelect(
                        id="opinions-ask-departments", label=_("Departments"), data=to_ask(state), searchable=True
                    ),
                    _working_days("opinions-ask-days", 10, _("Working days to answer")),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Button(_("Ask"), id="opinions-ask", leftSection=icon("plus"), mt="md"),
        ],
        _("About every firm whose entry or promotion is still open; a department sees their names and codes alone"),
    )


def paper_form(view: View, state: OpinionState) -> Component:
    return card(
        _("An answer on paper"),
        [
            dmc.SimpleGrid(
                [
                    dmc.Select(id="opinions-paper-list", label=_("Department"), data=lists(state), clearable=True),
                    dmc.TextInput(id="opinions-paper-signed", label=_("Signed by")),
                    _day("opinions-paper-on", _("Day of the paper"), view),
                ],
                cols={"base": 1, "sm": 3},
            ),
            html.Div(id="opinions-paper-rows", style={"marginTop": ".75rem"}),
            dmc.Button(_("Save the paper's answers"), id="opinions-paper-save", leftSection=icon("check"), mt="md"),
            dcc.Store(id="opinions-paper-shown"),
        ],
    )


def publish_form() -> Component:
    return card(
        _("Public notice"),
        [
            html.Div(_working_days("opinions-notice-days", 5, _("Working days after today")), style={"maxWidth": 240}),
            dmc.Button(_("Publish"), id="opinions-publish", leftSection=icon("check"), mt="md"),
        ],
        _("Of every firm whose entry or promotion is still open"),
    )


def objection_form(view: View, notice: Notice | None) -> Component:
    return card(
        _("Record an objection"),
        [
            dmc.SimpleGrid(
                [
                    dmc.Select(id="opinions-object-firm", label=_("Firm"), data=named_firms(notice), searchable=True),
                    dmc.TextInput(id="opinions-object-from", label=_("Who objects")),
                    _day("opinions-object-on", _("Received on"), view),
                ],
                cols={"base": 1, "sm": 3},
            ),
            dmc.Textarea(id="opinions-object-content", label=_("What is objected"), autosize=True, minRows=2, mt="sm"),
            dmc.Button(_("Record the objection"), id="opinions-object", leftSection=icon("plus"), mt="md"),
        ],
    )


def reply_form(notice: Notice | None) -> Component:
    return card(
        _("Answer an objection"),
        [
            dmc.SimpleGrid(
                [
                    dmc.Select(id="opinions-reply-to", label=_("Objection"), data=objections(notice)),
                    dmc.Select(
                        id="opinions-reply-upheld",
                        label=_("Decision"),
                        data=[{"value": "no", "label": _("not upheld")}, {"value": "yes", "label": _("upheld")}],
                    ),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Textarea(id="opinions-reply-text", label=_("Answer"), autosize=True, minRows=2, mt="sm"),
            dmc.Button(_("Save the answer"), id="opinions-reply", leftSection=icon("check"), mt="md"),
        ],
    )


def firm_label(name: str, action: str) -> str:
    return f"{name} · {_(terms.ACTIONS[action]) if action in terms.ACTIONS else action}"


def _working_days(name: str, days: int, label: str) -> Component:
    return dmc.NumberInput(
        id=name, label=label, value=days, min=1, max=MOST_WORKING_DAYS, allowDecimal=False, allowNegative=False
    )


def _day(name: str, label: str, view: View) -> Component:
    today = view.today.isoformat()
    return dmc.DateInput(id=name, label=label, value=today, maxDate=today, **_DAY)
