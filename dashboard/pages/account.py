"""One's own account: name, role and rights, and a new password."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import terms
from dashboard.components.cards import aria, card, facts_list, icon, page_head
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sign_in import change_password
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.departments import department_name
from pipeline.accounts.roles import ACTION_NAMES
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _

MUST_CHANGE = N_(
    "Somebody else has seen your password: set one of your own first. Until then nothing else is open to you, and you "
    "cannot sign as the second person."
)


def layout(view: View) -> Component:
    person = view.person
    rights = [language.pick(ACTION_NAMES[action]) for action in person.policy.may if people.may(person, action)]
    pairs: list[tuple[str, Any]] = [
        (_("Account name"), person.name),
        (_("Role"), language.pick(person.policy.name)),
    ]
    if person.firm_id:
        pairs.append((_("Firm"), person.firm_id))
    if person.district_code:
        pairs.append((_("District"), terms.district(person.district_code)))
    if person.department:
        pairs.append((_("Department"), department_name(person.department)))
    pairs.append((_("May"), language.listed(rights)))
    lengths = _("%(shortest)s letters or more", shortest=people.SHORTEST_PASSWORD)
    form = [
        dmc.PasswordInput(id="account-old", label=_("Old password"), maw=420),
        dmc.PasswordInput(id="account-new", label=_("New password"), description=lengths, maw=420, mt="sm"),
        dmc.PasswordInput(id="account-again", label=_("New password, once more"), maw=420, mt="sm"),
        dmc.Button(_("Change password"), id="account-save", leftSection=icon("check"), mt="md"),
        html.Div(id="account-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    first = [html.Div([icon("alert-triangle"), html.Span(_(MUST_CHANGE))], className="fault", role="alert")]
    return html.Div(
        [
            page_head(_("My account")),
            *(first if person.must_change_password else []),
            dmc.SimpleGrid(
                [card(_("Signed in as"), facts_list(pairs)), card(_("Change password"), form)],
                cols={"base": 1, "md": 2},
            ),
        ]
    )


@guarded_callback(
    Output("account-said", "children"),
    Output("account-old", "value"),
    Output("account-new", "value"),
    Output("account-again", "value"),
    Input("account-save", "n_clicks"),
    State("account-old", "value"),
    State("account-new", "value"),
    State("account-again", "value"),
    may=None,
    prevent_initial_call=True,
)
def save(clicks: int | None, old: str | None, new: str | None, again: str | None) -> tuple[Any, Any, Any, Any]:
    if not clicks:
        return no_update, no_update, no_update, no_update
    if new != again:
        return html.Span(_("The two new passwords differ."), className="overdue"), no_update, "", ""
    try:
        change_password(old, new)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue"), "", no_update, no_update
    done = _("Your password is changed; your sessions in other browsers have ended. The change is in the trail.")
    return html.Span(done, className="raises"), "", "", ""


PAGES = (Page("/account", layout, None, N_("My account")),)
