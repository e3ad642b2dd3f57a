"""One's own account: name, role and rights, a new password, e-mails of reminders, the address of one's calendar."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import abort
from flask import request as http_request

from dashboard.components import terms
from dashboard.components.cards import aria, card, facts_list, icon, page_head, warning
from dashboard.components.forms.account_form import CONTACT, contact_fields, states
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sign_in import change_password
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.contacts import Contact, contact_of
from pipeline.accounts.departments import department_name
from pipeline.accounts.roles import ACTION_NAMES
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.reminders.calendar_address import has_address, make_token, revoke
from pipeline.reminders.choices import OFTEN, choice_of, choose

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
                [
                    card(_("Signed in as"), facts_list(pairs)),
                    *([] if person.must_change_password else [_contact_card(person)]),
                    card(_("Change password"), form),
                    *([] if person.must_change_password else [_digest_card(person), _calendar_card(person)]),
                ],
                cols={"base": 1, "md": 2},
            ),
        ]
    )


def _contact_card(person: people.Person) -> Component:
    with request.looking_up() as session:
        account = people.named(session, person.name)
        said = Contact() if account is None else contact_of(account)
    form = [
        *contact_fields("account", said),
        dmc.Button(_("Save"), id="account-contact-save", variant="default", mt="md"),
        html.Div(id="account-contact-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    note = _("Whoever works with you on a firm sees it: the bureau, and the firms that you look after.")
    return card(_("How you can be reached"), form, note)


def _digest_card(person: people.Person) -> Component:
    with request.looking_up() as session:
        chosen = choice_of(session, person)
    form = [
        dmc.Select(
            id="account-often",
            label=_("How often"),
            data=[{"value": often, "label": language.pick(label)} for often, label in OFTEN.items()],
            value=chosen.often,
            allowDeselect=False,
            maw=420,
        ),
        dmc.TextInput(
            id="account-address",
            label=_("To this address"),
            description=_("Nobody else sees it."),
            value=chosen.address or "",
            maw=420,
            mt="sm",
        ),
        dmc.Button(_("Save"), id="account-digest-save", variant="default", mt="md"),
        html.Div(id="account-digest-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    note = _(
        "How many there are of what, and the firms' names; no figures, no scores. Nothing comes when nothing waits."
    )
    return card(_("Reminders by e-mail"), form, note)


def _calendar_card(person: people.Person) -> Component:
    with request.looking_up() as session:
        since = has_address(session, person)
    note = _(
        "An address that your calendar program reads by itself: the visits you have chosen this week and the steps "
        "that are due. Whoever has the address reads them, so give it to nobody; it ends when you revoke it, when your "
        "rights change, and when the account is closed."
    )
    return card(_("Your calendar"), html.Div(_calendar_form(since is not None), id="account-calendar"), note)


def _calendar_form(there: bool, address: str | None = None) -> list[Component]:
    said = _("There is an address.") if there else _("There is no address.")
    shown: list[Component] = [html.P(said, className="card-note")]
    if address is not None:
        shown = [
            dmc.TextInput(
                label=_("Your address, shown this once"), value=address, readOnly=True, id="account-calendar-address"
            )
        ]
    buttons = [
        dmc.Button(_("Make a new address"), id="account-calendar-make", variant="default"),
        dmc.Button(_("Revoke it"), id="account-calendar-revoke", variant="subtle", color="red", disabled=not there),
    ]
    return [*shown, dmc.Group(buttons, gap="xs", mt="md")]


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
        return warning(_("The two new passwords differ.")), no_update, "", ""
    try:
        change_password(old, new)
    except ShownToPeople as error:
        return warning(error), "", no_update, no_update
    done = _("Your password is changed; your sessions in other browsers have ended. The change is in the trail.")
    return html.Span(done, className="raises"), "", "", ""


@guarded_callback(
    Output("account-contact-said", "children"),
    Input("account-contact-save", "n_clicks"),
    *states("account", CONTACT),
    may=None,
    prevent_initial_call=True,
)
def save_contact(_clicks: int | None, person_name: str | None, unit: str | None, phone: str | None) -> Component:
    """Keep who the person is and how they can be reached."""
    try:
        _may_not_yet()
        with request.database() as session, session.begin():
            mine = request.person()
            said = Contact(person_name, unit, phone)
            account = people.set_contact(session, mine.name, said, by=mine, now=request.now())
            kept = contact_of(account).beside(account.name)
    except ShownToPeople as error:
        return warning(error)
    return html.Span(language.headed(_("Kept"), kept), className="raises")


@guarded_callback(
    Output("account-digest-said", "children"),
    Input("account-digest-save", "n_clicks"),
    State("account-often", "value"),
    State("account-address", "value"),
    may=None,
    prevent_initial_call=True,
)
def save_digest(_clicks: int | None, often: str | None, address: str | None) -> Component:
    """Keep how often the person is written to, and where to."""
    try:
        _may_not_yet()
        with request.database() as session, session.begin():
            kept = choose(session, request.person(), often or "", address, now=request.now())
    except ShownToPeople as error:
        return warning(error)
    return html.Span(language.headed(_("Kept"), language.pick(OFTEN[kept.often])), className="raises")


@guarded_callback(
    Output("account-calendar", "children"),
    Input("account-calendar-make", "n_clicks"),
    Input("account-calendar-revoke", "n_clicks"),
    may=None,
    prevent_initial_call=True,
)
def change_calendar(_make: int | None, _revoke: int | None) -> list[Component]:
    """Make the address of the person's calendar, or end it."""
    person = request.person()
    _may_not_yet()
    with request.database() as session, session.begin():
        if ctx.triggered_id == "account-calendar-revoke":
            revoke(session, person.name, by=person, now=request.now())
            return _calendar_form(False)
        token = make_token(session, person.name, by=person, now=request.now())
    board = request.app().settings.address or http_request.host_url.rstrip("/")
    return _calendar_form(True, f"{board}/calendar/{token}.ics")


def _may_not_yet() -> None:
    """Refuse whoever has to set a password of their own first."""
    if request.person().must_change_password:
        abort(403)


PAGES = (Page("/account", layout, None, N_("My account")),)
