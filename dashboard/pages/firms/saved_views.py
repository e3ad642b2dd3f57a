"""The views of the list of firms that a person keeps or is offered: choose one, keep what is shown, forget one.

Ids begin with `firms-view`. A view is an address of the list (pipeline/accounts/saved_views.py).
"""

from typing import Any
from urllib.parse import urlsplit

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.components.cards import aria, warning
from dashboard.web import request
from dashboard.web.callbacks import browser_callback, guarded_callback
from dashboard.web.routes import View, view_of
from pipeline import language
from pipeline.accounts import saved_views
from pipeline.accounts.people import Action
from pipeline.accounts.roles import ROLES, account_roles
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import gettext as _


def controls(view: View) -> list[Component]:
    """The list of views, and what keeps or forgets one."""
    own = str(view.person.role)
    roles = [role for role in account_roles() if Action.SEE_FIRMS in ROLES[role].may]
    offered = [role for role in roles if role == own or view.person.policy.may_approve]
    shares = [{"value": role, "label": language.pick(ROLES[role].name)} for role in offered]
    return [
        dmc.Select(
            id="firms-view",
            data=options(view),
            placeholder=_("Views"),
            searchable=True,
            size="xs",
            w=220,
            className="phone-wide",
            **aria(label=_("Views")),
        ),
        html.Details(
            [
                html.Summary(_("Keep this view"), className="text-link"),
                dmc.Group(
                    [
                        dmc.TextInput(id="firms-view-name", label=_("Name"), size="xs", w=180),
                        dmc.Select(
                            id="firms-view-role",
                            label=_("Offer it to the role"),
                            data=shares,
                            clearable=True,
                            size="xs",
                            w=160,
                        ),
                        dmc.Button(_("Keep"), id="firms-view-save", size="xs"),
                        dmc.Button(_("Forget the chosen view"), id="firms-view-delete", size="xs", variant="default"),
                    ],
                    gap="xs",
                    align="end",
                    mt="xs",
                ),
            ],
            className="no-print",
        ),
        html.Div(id="firms-view-said", role="status", **aria(live="polite")),
    ]


def options(view: View) -> list[dict[str, str]]:
    """The views to choose from; the value carries number and address."""
    with request.database() as session:
        found = saved_views.views_of(session, view.person)
    return [
        {
            "value": f"{each.id}?{each.query}",
            "label": each.name if each.mine else language.in_brackets(each.name, each.owner),
        }
        for each in found
    ]


browser_callback(
    "firms",
    "openView",
    Output("firms-view-said", "children"),
    Input("firms-view", "value"),
    prevent_initial_call=True,
)


@guarded_callback(
    Output("firms-view", "data"),
    Output("firms-view-said", "children", allow_duplicate=True),
    Input("firms-view-save", "n_clicks"),
    Input("firms-view-delete", "n_clicks"),
    State("firms-view-name", "value"),
    State("firms-view-role", "value"),
    State("firms-view", "value"),
    State("firms-csv", "href"),
    may=Action.SEE_FIRMS,
    prevent_initial_call=True,
)
def change(
    save: int | None, delete: int | None, name: str | None, role: str | None, chosen: str | None, shown: str | None
) -> tuple[Any, Any]:
    """Keep what the list shows now, which the address of its download says, or forget the view that is chosen."""
    if not (save or delete):
        return no_update, no_update
    person, now = request.person(), request.now()
    try:
        with request.database() as session, session.begin():
            if ctx.triggered_id == "firms-view-delete":
                number = (chosen or "").partition("?")[0]
                if not number.isdecimal():
                    return no_update, warning(_("Choose a view of yours first."))
                saved_views.delete_view(session, person, int(number), now=now)
                said = _("The view is forgotten.")
            else:
                query = urlsplit(shown or "").query
                kept = saved_views.save_view(session, person, name or "", query, now=now, shared_with=role or None)
                said = _("The view %(name)s is kept.", name=kept.name)
    except (ShownToPeople, NotAllowed) as error:
        return no_update, warning(error)
    return options(view_of("")), said
