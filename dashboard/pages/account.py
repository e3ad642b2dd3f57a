"""One's own account: name, role and rights, a new password, the second step of the sign-in, e-mails of reminders, the
address of one's calendar."""

from typing import Any

import dash_mantine_components as dmc
import segno
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
from dashboard.web.sign_in import begin_second_step, change_password, confirm_second_step, turn_off_second_step
from pipeline import language
from pipeline.accounts import people, second_step
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
                    *([] if person.must_change_password else [_second_step_card(person)]),
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


def _second_step_card(person: people.Person) -> Component:
    note = _(
        "With it the sign-in asks for a code that your phone shows, new every thirty seconds: a password alone opens "
        "nothing. Any program for such codes (TOTP) will do; it needs no network."
    )
    form = [
        html.Div(_step_form(person), id="account-step"),
        html.Div(id="account-step-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
    ]
    return card(_("Second step of the sign-in"), form, note)


def _step_form(person: people.Person) -> list[Component]:
    with request.looking_up() as session:
        on, left = second_step.is_on(session, person.id), second_step.codes_left(session, person.id)
    if not on:
        said = html.P(_("It is off."), className="card-note")
        begin = dmc.Button(_("Set it up"), id="account-step-begin", variant="default")
        return [said, begin, *_step_hidden("account-step-begin")]
    said = html.P(_("It is on; %(left)s recovery codes are left.", left=left), className="card-note")
    return [
        said,
        dmc.PasswordInput(id="account-step-password", label=_("Password"), maw=420),
        _code_field(),
        dmc.Button(_("Turn it off"), id="account-step-off", variant="default", color="red", mt="md"),
        *_step_hidden("account-step-password", "account-step-code", "account-step-off"),
    ]


def _code_field() -> Component:
    return dmc.TextInput(
        id="account-step-code",
        label=_("Code of the phone"),
        autoComplete="one-time-code",
        maw=420,
        mt="sm",
    )


def _step_hidden(*shown: str) -> list[Component]:
    """What the callback reads and this state of the card does not show."""
    fields = {"account-step-password": dmc.PasswordInput, "account-step-code": dmc.TextInput}
    buttons = ("account-step-begin", "account-step-confirm", "account-step-off")
    left = [kind(id=name) for name, kind in fields.items() if name not in shown]
    left += [dmc.Button(id=name) for name in buttons if name not in shown]
    return [html.Div(left, hidden=True)]


def _step_begun() -> list[Component]:
    begun = begin_second_step()
    picture = segno.make(begun.address, error="m").svg_data_uri(scale=4, border=4, light="#ffffff", dark="#000000")
    return [
        html.P(_("Let your phone read the picture, or type the key; both are shown this once."), className="card-note"),
        html.Img(src=picture, alt=_("The key as a picture for the phone"), width=220, height=220),
        html.P(html.Code(_in_fours(begun.secret), className="one-time"), style={"overflowWrap": "anywhere"}),
        _code_field(),
        dmc.Button(_("Turn it on"), id="account-step-confirm", mt="md"),
        *_step_hidden("account-step-code", "account-step-confirm"),
    ]


def _step_done(codes: list[str]) -> list[Component]:
    told = _(
        "Your recovery codes, shown this once: each opens once in place of the phone. Keep them on paper, away from "
        "the phone."
    )
    return [
        html.Strong(_("The second step is on; your sessions in other browsers have ended."), className="raises"),
        html.P(told, className="card-note"),
        html.Ul([html.Li(html.Code(code, className="one-time")) for code in codes]),
        *_step_hidden(),
    ]


def _in_fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


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
    Output("account-step", "children"),
    Output("account-step-said", "children"),
    Input("account-step-begin", "n_clicks"),
    Input("account-step-confirm", "n_clicks"),
    Input("account-step-off", "n_clicks"),
    State("account-step-password", "value"),
    State("account-step-code", "value"),
    may=None,
    prevent_initial_call=True,
)
def change_second_step(
    begin: int | None, confirm: int | None, off: int | None, password: str | None, code: str | None
) -> tuple[Any, Any]:
    """Set up the second step, turn it on by a code, or turn it off."""
    if not (begin or confirm or off):
        return no_update, no_update
    _may_not_yet()
    try:
        if ctx.triggered_id == "account-step-begin":
            return _step_begun(), None
        if ctx.triggered_id == "account-step-confirm":
            return _step_done(confirm_second_step(code)), None
        turn_off_second_step(password, code)
    except ShownToPeople as error:
        return no_update, warning(error)
    return _step_form(request.person()), html.Span(_("The second step is off."), className="raises")


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
