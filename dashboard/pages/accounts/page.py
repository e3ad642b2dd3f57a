"""Accounts: who may sign in and as what; open one, close it, open it again, give a new password.

pipeline.accounts.people has the rules: nobody changes their own account, and an officer's or analyst's needs a second
person, who signs in the same form. A password is shown once, in the answer to the click that made it.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from flask import request as http_request
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, icon, page_head, warning
from dashboard.components.forms.account_form import (
    CONTACT,
    NEW,
    OTHER,
    PLACE,
    contact_fields,
    place_fields,
    states,
)
from dashboard.components.forms.fields import second_code_field
from dashboard.components.forms.first_steps import first_steps_card
from dashboard.components.grids import Row, day_column, grid, pill_column, text_column
from dashboard.queries.firm import search_firms
from dashboard.queries.first_steps import first_steps
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sign_in import second_person
from pipeline import language
from pipeline.accounts import outside_accounts, people, second_step
from pipeline.accounts.contacts import Contact, contact_of
from pipeline.accounts.departments import department_name
from pipeline.accounts.invitations import invite
from pipeline.accounts.people import Action
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.tables import Account, Firm
from pipeline.tutoring.mentoring import mentors
from pipeline.tutoring.mentors import handover

_DOT = " · "
_OPEN, _CLOSED = N_("open"), N_("closed")


def layout(view: View) -> Component:
    tones = {_(_OPEN): "good", _(_CLOSED): "plain"}
    columns = [
        text_column("name", _("Account name"), minWidth=140, flex=2),
        text_column("role", _("Role"), minWidth=130, wrapText=True, autoHeight=True),
        text_column("place", _("Firm, district or department"), minWidth=200, flex=3),
        text_column("contact", _("Person"), minWidth=160, flex=3),
        pill_column("state", _("State"), tones, minWidth=90),
        text_column("step", _("Second step"), minWidth=110),
        text_column("bound", _("City's account"), minWidth=115),
        day_column("since", _("Since")),
    ]
    shown = grid(
        "accounts-grid",
        columns,
        account_rows(),
        key="name",
        height="420px",
        dashGridOptions={"rowSelection": {"mode": "singleRow"}},
    )
    acts = dmc.Group(
        [
            dmc.Button(_("New password"), id="accounts-password", variant="default"),
            dmc.Button(_("Invitation"), id="accounts-invite", variant="default"),
            dmc.Button(_("No second step"), id="accounts-no-step", variant="default"),
            dmc.Button(_("Close account"), id="accounts-disable", variant="default"),
            dmc.Select(
                id="accounts-heir",
                data=_heirs(),
                placeholder=_("Its cases and tasks go to"),
                searchable=True,
                clearable=True,
                w=240,
                **aria(label=_("Its cases and tasks go to")),
            ),
            dmc.Button(_("Open again"), id="accounts-enable", variant="default"),
        ],
        mt="sm",
    )
    return html.Div(
        [
            page_head(_("Accounts"), _("Who may sign in, and as what; every change stands in the trail")),
            *_first_steps(view),
            dmc.Stack(
                [
                    html.Div(id="accounts-said", className="said-first", role="status", **aria(live="assertive")),
                    card(
                        _("All accounts"),
                        [html.Div(shown, className="grid-frame"), acts, _other_card(), _city_card()],
                        _("Mark one, then choose"),
                    ),
                    dmc.SimpleGrid([_new_card(), _second_card()], cols={"base": 1, "lg": 2}),
                ]
            ),
        ]
    )


def _first_steps(view: View) -> list[Component]:
    """Of whoever keeps accounts alone; an officer finds theirs on the overview."""
    if view.may(Action.SEE_FIRMS):
        return []
    with request.database() as session:
        return first_steps_card(first_steps(session, view.person, view.today))


def _new_card() -> Component:
    return card(
        _("A new account"),
        [
            dmc.SimpleGrid(
                [
                    dmc.TextInput(id="accounts-name", label=_("Account name")),
                    *place_fields(NEW),
                    *contact_fields(NEW),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Group(
                [
                    dmc.Button(_("Open account"), id="accounts-add", leftSection=icon("plus")),
                    dmc.Checkbox(
                        id="accounts-by-link", label=_("by an invitation: a link that opens once"), checked=False
                    ),
                ],
                mt="md",
            ),
        ],
    )


def _other_card() -> Component:
    """What the marked account becomes, and who stands behind it; folded up until somebody needs it."""
    return html.Details(
        [
            html.Summary(_("Another role or district, name and phone")),
            dmc.SimpleGrid([*place_fields(OTHER), *contact_fields(OTHER)], cols={"base": 1, "sm": 2}),
            dmc.Group(
                [
                    dmc.Button(_("Give it this role"), id="accounts-move", variant="default"),
                    dmc.Button(_("Save name and phone"), id="accounts-contact", variant="default"),
                ],
                mt="sm",
            ),
        ],
        className="folded",
    )


def _city_card() -> Component:
    """Who waits for an account, having signed in at a provider of the city; folded up until somebody needs it."""
    return html.Details(
        [
            html.Summary(_("Accounts of the city")),
            html.P(
                _(
                    "Whoever has signed in with an account of the city and has none here waits under a number that "
                    "they were told. Make sure that it is they who tell it: from then on they open the marked account."
                ),
                className="card-note",
            ),
            dmc.Group(
                [
                    dmc.Select(
                        id="accounts-waiting",
                        data=_waiting(),
                        placeholder=_("Who waits"),
                        nothingFoundMessage=_("Nobody waits."),
                        searchable=True,
                        clearable=True,
                        w=320,
                        **aria(label=_("Who waits")),
                    ),
                    dmc.Button(_("Bind to the marked account"), id="accounts-bind", variant="default"),
                    dmc.Button(_("Unbind"), id="accounts-unbind", variant="default"),
                ],
                mt="sm",
            ),
        ],
        className="folded",
    )


def _waiting() -> list[dict[str, str]]:
    with request.database() as session:
        found = outside_accounts.waiting(session)
    listed = []
    for each in found:
        policy = ROLES.get((each.asked_role or "").partition(":")[0])
        about = (str(each.id), each.shown_name, each.issuer, language.pick(policy.name) if policy else None)
        listed.append({"value": str(each.id), "label": _DOT.join(filter(None, (*about, amounts.day(each.first_at))))})
    return listed


def _second_card() -> Component:
    return card(
        _("Second person"),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="accounts-second", label=_("Second person: account name")),
                dmc.PasswordInput(id="accounts-second-password", label=_("Second person: password")),
                second_code_field("accounts-second-code"),
            ],
            cols={"base": 1, "sm": 3},
        ),
        _(
            "For the accounts of officers, analysts, auditors and administrators: another officer or analyst signs "
            "here too"
        ),
    )


def account_rows() -> list[Row]:
    with request.database() as session:
        accounts = people.list_people(session)
        ids = {account.firm_id for account in accounts if account.firm_id}
        firms = session.execute(select(Firm.id, Firm.name).where(Firm.id.in_(ids)))
        names: dict[str, str | None] = {row.id: row.name for row in firms}
        with_code, bound = second_step.on_for(session), outside_accounts.bound(session)
        return [_row(account, names, with_code, bound) for account in accounts]


def _heirs() -> list[dict[str, str]]:
    """To whom the work of an account can go when it closes."""
    with request.database() as session:
        names = [account.name for account in mentors(session)]
    return [
        {"value": handover.BY_LOAD, "label": _("somebody for each case, by load and district")},
        {"value": handover.NOBODY, "label": _("nobody for the present")},
        *({"value": name, "label": name} for name in names),
    ]


def _went(handed: handover.HandedOver) -> str:
    nobody = sum(heir is None for heir in handed.cases.values())
    return _(
        "Handed over: %(cases)s cases (%(nobody)s of them to nobody), %(steps)s steps and tasks.",
        cases=len(handed.cases),
        nobody=nobody,
        steps=handed.steps + handed.tasks,
    )


def _row(account: Account, firms: dict[str, str | None], with_code: set[int], bound: set[int]) -> Row:
    place = terms.district(account.district_code) or department_name(account.department)
    if account.firm_id:
        place = _DOT.join(filter(None, (firms.get(account.firm_id), account.firm_id)))
    return {
        "name": account.name,
        "role": language.pick(ROLES[account.role].name),
        "place": place,
        "contact": language.joined(filter(None, (account.person_name, account.unit, account.phone))),
        "state": _(_CLOSED) if account.disabled else _(_OPEN),
        "step": _("turned on") if account.id in with_code else "",
        "bound": _("bound") if account.id in bound else "",
        "since": amounts.day(account.created_at),
    }


def _firms_named(search: str | None, chosen: str | None) -> list[dict[str, str]]:
    """A few firms whose name or code holds these words; the chosen one stays among them, or the field loses it."""
    with request.database() as session:
        # A chosen firm's own label comes back as the search: its code is the part behind the dot.
        words = (search or "").rpartition(_DOT)[2]
        firms = dict(search_firms(session, request.person(), words, action=Action.MANAGE_PEOPLE))
        if chosen and chosen not in firms:
            firms[chosen] = _firm_name(session, chosen)
    return [{"value": code, "label": f"{name}{_DOT}{code}"} for code, name in firms.items()]


def _firm_name(session: Session, code: str) -> str:
    firm = session.get(Firm, code)
    return code if firm is None or firm.name is None else firm.name


for _form in (NEW, OTHER):
    guarded_callback(
        Output(f"{_form}-firm", "data"),
        Input(f"{_form}-firm", "searchValue"),
        State(f"{_form}-firm", "value"),
        may=Action.MANAGE_PEOPLE,
        prevent_initial_call=True,
    )(_firms_named)

_SAID = (
    Output("accounts-said", "children", allow_duplicate=True),
    Output("accounts-grid", "rowData", allow_duplicate=True),
    Output("accounts-second-password", "value", allow_duplicate=True),
)
_SECOND = (
    State("accounts-second", "value"),
    State("accounts-second-password", "value"),
    State("accounts-second-code", "value"),
)


@guarded_callback(
    *_SAID,
    Output("accounts-name", "value"),
    Input("accounts-add", "n_clicks"),
    State("accounts-name", "value"),
    *states(NEW, PLACE),
    *states(NEW, CONTACT),
    State("accounts-by-link", "checked"),
    *_SECOND,
    may=Action.MANAGE_PEOPLE,
    prevent_initial_call=True,
)
def add(
    clicks: int | None,
    name: str | None,
    role: str,
    firm: str | None,
    district: str | None,
    department: str | None,
    person_name: str | None,
    unit: str | None,
    phone: str | None,
    by_link: bool | None,
    second: str | None,
    second_password: str | None,
    second_code: str | None,
) -> tuple[Any, Any, Any, Any]:
    if not clicks:
        return no_update, no_update, no_update, no_update

    def change(session: Session, seconded: str | None) -> Component:
        account, password = people.add(
            session,
            name or "",
            role,
            firm_id=firm or None,
            district_code=district or None,
            by=request.person(),
            now=request.now(),
            approved_by=seconded,
            department=department or None,
            contact=Contact(person_name, unit, phone),
        )
        said = _("The account %(name)s is open.", name=account.name)
        if by_link:
            token = invite(session, account.name, by=request.person(), now=request.now(), approved_by=seconded)
            return _link_shown_once(said, token)
        return _shown_once(said, password)

    said, listed, emptied = _changed(change, second, second_password, second_code)
    return said, listed, emptied, no_update if listed is no_update else ""


@guarded_callback(
    *_SAID,
    Input("accounts-password", "n_clicks"),
    Input("accounts-disable", "n_clicks"),
    Input("accounts-enable", "n_clicks"),
    Input("accounts-invite", "n_clicks"),
    Input("accounts-move", "n_clicks"),
    Input("accounts-contact", "n_clicks"),
    Input("accounts-no-step", "n_clicks"),
    Input("accounts-bind", "n_clicks"),
    Input("accounts-unbind", "n_clicks"),
    State("accounts-waiting", "value"),
    State("accounts-grid", "selectedRows"),
    State("accounts-heir", "value"),
    *states(OTHER, PLACE),
    *states(OTHER, CONTACT),
    *_SECOND,
    may=Action.MANAGE_PEOPLE,
    prevent_initial_call=True,
)
def change_marked(
    password: int | None,
    disable: int | None,
    enable: int | None,
    invited: int | None,
    moved: int | None,
    reached: int | None,
    no_step: int | None,
    bind: int | None,
    unbind: int | None,
    waiting: str | None,
    chosen: list[dict[str, Any]] | None,
    heir: str | None,
    role: str | None,
    firm: str | None,
    district: str | None,
    department: str | None,
    person_name: str | None,
    unit: str | None,
    phone: str | None,
    second: str | None,
    second_password: str | None,
    second_code: str | None,
) -> tuple[Any, Any, Any]:
    if not (password or disable or enable or invited or moved or reached or no_step or bind or unbind):
        return no_update, no_update, no_update
    if not chosen or not isinstance(chosen[0].get("name"), str):
        return _("Mark an account first."), no_update, no_update
    name, button = chosen[0]["name"], ctx.triggered_id

    def change(session: Session, seconded: str | None) -> Component:
        by, now = request.person(), request.now()
        if button == "accounts-disable":
            _account, handed = handover.close_account(session, name, by=by, now=now, to=heir, approved_by=seconded)
            return _handed_over(_("%(name)s can no longer sign in.", name=name), handed)
        if button == "accounts-move":
            account, handed = handover.move_account(
                session,
                name,
                role or "",
                firm or None,
                district or None,
                department=department or None,
                by=by,
                now=now,
                to=heir,
                approved_by=seconded,
            )
            now_is = language.pick(ROLES[account.role].name)
            return _handed_over(_("%(name)s is now: %(role)s.", name=name, role=now_is), handed)
        if button == "accounts-contact":
            account = people.set_contact(session, name, Contact(person_name, unit, phone), by=by, now=now)
            return html.Span(language.headed(_("Kept"), contact_of(account).beside(account.name)))
        if button == "accounts-invite":
            token = invite(session, name, by=by, now=now, approved_by=seconded)
            return _link_shown_once(_("%(name)s is invited; the password of before has ended.", name=name), token)
        if button == "accounts-no-step":
            account = second_step.turn_off(session, name, by=by, now=now, approved_by=seconded)
            return html.Span(_("%(name)s signs in without a code again; open sessions have ended.", name=account.name))
        if button == "accounts-bind":
            number = int(waiting) if waiting and waiting.isdecimal() else 0
            outside_accounts.bind(session, name, number, by=by, now=now, approved_by=seconded)
            return html.Span(_("%(name)s is opened with the city's account from now on.", name=name))
        if button == "accounts-unbind":
            outside_accounts.unbind(session, name, by=by, now=now, approved_by=seconded)
            return html.Span(_("No account of the city opens %(name)s any more.", name=name))
        if button == "accounts-enable":
            people.enable(session, name, by=by, now=now, approved_by=seconded)
            return html.Span(_("%(name)s can sign in again, with the password of before.", name=name))
        made = people.set_password(session, name, by=by, now=now, approved_by=seconded)[1]
        return _shown_once(_("%(name)s has a new password; open sessions have ended.", name=name), made)

    return _changed(change, second, second_password, second_code)


def _changed(
    change: Callable[[Session, str | None], Component], second: str | None, password: str | None, code: str | None
) -> tuple[Any, Any, Any]:
    """Make a change in its own transaction, signed by a second person where one has; what to say, and the new list."""
    try:
        seconded = second_person(second, password, code) if second or password else None
        with request.database() as session, session.begin():
            said = change(session, seconded)
    except (ShownToPeople, NotAllowed) as error:
        return card(None, warning(error)), no_update, ""
    return card(None, said), account_rows(), ""


def _handed_over(said: str, handed: handover.HandedOver) -> Component:
    return html.Span([said, *([" ", _went(handed)] if handed.cases or handed.tasks or handed.steps else [])])


@guarded_callback(
    *(Output(f"{OTHER}-{name}", "value") for name in (*PLACE, *CONTACT)),
    Output(f"{OTHER}-firm", "data", allow_duplicate=True),
    Input("accounts-grid", "selectedRows"),
    may=Action.MANAGE_PEOPLE,
    prevent_initial_call=True,
)
def show_marked(chosen: list[dict[str, Any]] | None) -> tuple[Any, ...]:
    """What the marked account is, in the fields in which it can become something else."""
    name = chosen[0].get("name") if chosen else None
    with request.database() as session:
        account = people.named(session, name) if isinstance(name, str) else None
        if account is None:
            return (no_update,) * 8
        code = account.firm_id
        firm = [{"value": code, "label": f"{_firm_name(session, code)}{_DOT}{code}"}] if code else []
        place = (account.role, account.firm_id, account.district_code, account.department)
        contact = contact_of(account)
        return *place, contact.person_name or "", contact.unit or "", contact.phone or "", firm


def _link_shown_once(said: str, token: str) -> Component:
    board = request.app().settings.address or http_request.host_url.rstrip("/")
    return html.Div(
        [
            html.Strong(said, className="raises"),
            html.P(
                html.Code(f"{board}/invitation/{token}", className="one-time"),
                style={"margin": ".5rem 0", "overflowWrap": "anywhere"},
            ),
            html.P(
                _(
                    "The link is shown this once, opens once and lasts a week: send it to its owner alone, who sets "
                    "the password there."
                ),
                className="card-note",
            ),
        ]
    )


def _shown_once(said: str, password: str) -> Component:
    return html.Div(
        [
            html.Strong(said, className="raises"),
            html.P(html.Code(password, className="one-time"), style={"margin": ".5rem 0"}),
            html.P(
                _("The password is shown this once and kept nowhere: hand it over now. Its owner can change it."),
                className="card-note",
            ),
        ]
    )


PAGES = (Page("/accounts", layout, Action.MANAGE_PEOPLE, N_("Accounts"), "users"),)
