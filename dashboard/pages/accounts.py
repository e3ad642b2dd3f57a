"""Accounts: who may sign in and as what; open one, close it, open it again, give a new password.

pipeline.accounts.people has the rules: nobody changes their own account, and an officer's or analyst's needs a second
person, who signs in the same form. A password is shown once, in the answer to the click that made it.
"""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, icon, page_head, warning
from dashboard.components.grids import Row, day_column, grid, pill_column, text_column
from dashboard.queries.firm import search_firms
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sign_in import second_person
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.departments import DEPARTMENTS, department_name
from pipeline.accounts.people import Action
from pipeline.accounts.roles import ROLES, account_roles
from pipeline.districts import DISTRICTS
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
        text_column("role", _("Role"), minWidth=110),
        text_column("place", _("Firm, district or department"), minWidth=200, flex=3),
        pill_column("state", _("State"), tones, minWidth=90),
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
            dmc.Stack(
                [
                    html.Div(id="accounts-said", className="said-first", role="status", **aria(live="assertive")),
                    card(
                        _("All accounts"), [html.Div(shown, className="grid-frame"), acts], _("Mark one, then choose")
                    ),
                    dmc.SimpleGrid([_new_card(), _second_card()], cols={"base": 1, "lg": 2}),
                ]
            ),
        ]
    )


def _new_card() -> Component:
    roles = [{"value": role, "label": language.pick(ROLES[role].name)} for role in account_roles()]
    districts = [{"value": code, "label": terms.district(code)} for code in DISTRICTS]
    return card(
        _("A new account"),
        [
            dmc.SimpleGrid(
                [
                    dmc.TextInput(id="accounts-name", label=_("Account name")),
                    dmc.Select(
                        id="accounts-role",
                        label=_("Role"),
                        data=roles,
                        value=next((role for role in account_roles() if not ROLES[role].opened_by_two), None),
                        allowDeselect=False,
                    ),
                    dmc.Select(
                        id="accounts-firm",
                        label=_("Firm"),
                        description=_("of an enterprise"),
                        searchable=True,
                        clearable=True,
                        data=[],
                        nothingFoundMessage=_("Write a part of the name or code"),
                    ),
                    dmc.Select(
                        id="accounts-district",
                        label=_("District"),
                        data=districts,
                        clearable=True,
                        description=_("of an officer or a mentor; empty: the whole city"),
                    ),
                    dmc.Select(
                        id="accounts-department",
                        label=_("Department"),
                        data=[{"value": name, "label": department_name(name)} for name in DEPARTMENTS],
                        clearable=True,
                        description=_('of an account of the role "department"'),
                    ),
                ],
                cols={"base": 1, "sm": 2},
            ),
            dmc.Button(_("Open account"), id="accounts-add", leftSection=icon("plus"), mt="md"),
        ],
    )


def _second_card() -> Component:
    return card(
        _("Second person"),
        dmc.SimpleGrid(
            [
                dmc.TextInput(id="accounts-second", label=_("Second person: account name")),
                dmc.PasswordInput(id="accounts-second-password", label=_("Second person: password")),
            ],
            cols={"base": 1, "sm": 2},
        ),
        _("Only for the accounts of officers and analysts: another officer or analyst signs here too"),
    )


def account_rows() -> list[Row]:
    with request.database() as session:
        accounts = people.list_people(session)
        ids = {account.firm_id for account in accounts if account.firm_id}
        firms = session.execute(select(Firm.id, Firm.name).where(Firm.id.in_(ids)))
        names: dict[str, str | None] = {row.id: row.name for row in firms}
        return [_row(account, names) for account in accounts]


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


def _row(account: Account, firms: dict[str, str | None]) -> Row:
    place = terms.district(account.district_code) or department_name(account.department)
    if account.firm_id:
        place = _DOT.join(filter(None, (firms.get(account.firm_id), account.firm_id)))
    return {
        "name": account.name,
        "role": language.pick(ROLES[account.role].name),
        "place": place,
        "state": _(_CLOSED) if account.disabled else _(_OPEN),
        "since": amounts.day(account.created_at),
    }


@guarded_callback(
    Output("accounts-firm", "data"),
    Input("accounts-firm", "searchValue"),
    State("accounts-firm", "value"),
    may=Action.MANAGE_PEOPLE,
    prevent_initial_call=True,
)
def firms_named(search: str | None, chosen: str | None) -> list[dict[str, str]]:
    """A few firms whose name or code holds these words; the chosen one stays among them, or the field loses it."""
    with request.database() as session:
        # A chosen firm's own label comes back as the search: its code is the part behind the dot.
        firms = dict(search_firms(session, request.person(), (search or "").rpartition(_DOT)[2]))
        if chosen and chosen not in firms and (firm := session.get(Firm, chosen)) is not None:
            firms[chosen] = firm.name or chosen
    return [{"value": code, "label": f"{name}{_DOT}{code}"} for code, name in firms.items()]


_SAID = (
    Output("accounts-said", "children", allow_duplicate=True),
    Output("accounts-grid", "rowData", allow_duplicate=True),
    Output("accounts-second-password", "value", allow_duplicate=True),
)
_SECOND = (State("accounts-second", "value"), State("accounts-second-password", "value"))


@guarded_callback(
    *_SAID,
    Output("accounts-name", "value"),
    Input("accounts-add", "n_clicks"),
    State("accounts-name", "value"),
    State("accounts-role", "value"),
    State("accounts-firm", "value"),
    State("accounts-district", "value"),
    State("accounts-department", "value"),
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
    second: str | None,
    second_password: str | None,
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
        )
        return _shown_once(_("The account %(name)s is open.", name=account.name), password)

    said, listed, emptied = _changed(change, second, second_password)
    return said, listed, emptied, no_update if listed is no_update else ""


@guarded_callback(
    *_SAID,
    Input("accounts-password", "n_clicks"),
    Input("accounts-disable", "n_clicks"),
    Input("accounts-enable", "n_clicks"),
    State("accounts-grid", "selectedRows"),
    State("accounts-heir", "value"),
    *_SECOND,
    may=Action.MANAGE_PEOPLE,
    prevent_initial_call=True,
)
def change_marked(
    password: int | None,
    disable: int | None,
    enable: int | None,
    chosen: list[dict[str, Any]] | None,
    heir: str | None,
    second: str | None,
    second_password: str | None,
) -> tuple[Any, Any, Any]:
    if not (password or disable or enable):
        return no_update, no_update, no_update
    if not chosen or not isinstance(chosen[0].get("name"), str):
        return _("Mark an account first."), no_update, no_update
    name, button = chosen[0]["name"], ctx.triggered_id

    def change(session: Session, seconded: str | None) -> Component:
        by, now = request.person(), request.now()
        if button == "accounts-disable":
            _account, handed = handover.close_account(session, name, by=by, now=now, to=heir, approved_by=seconded)
            said = _("%(name)s can no longer sign in.", name=name)
            return html.Span([said, *([" ", _went(handed)] if handed.cases or handed.tasks or handed.steps else [])])
        if button == "accounts-enable":
            people.enable(session, name, by=by, now=now, approved_by=seconded)
            return html.Span(_("%(name)s can sign in again, with the password of before.", name=name))
        made = people.set_password(session, name, by=by, now=now, approved_by=seconded)[1]
        return _shown_once(_("%(name)s has a new password; open sessions have ended.", name=name), made)

    return _changed(change, second, second_password)


def _changed(
    change: Callable[[Session, str | None], Component], second: str | None, password: str | None
) -> tuple[Any, Any, Any]:
    """Make a change in its own transaction, signed by a second person where one has; what to say, and the new list."""
    try:
        seconded = second_person(second, password) if second or password else None
        with request.database() as session, session.begin():
            said = change(session, seconded)
    except (ShownToPeople, NotAllowed) as error:
        return card(None, warning(error)), no_update, ""
    return card(None, said), account_rows(), ""


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
