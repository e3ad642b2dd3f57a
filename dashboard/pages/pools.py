"""The two pools: who is in, and what a review proposes; an officer confirms or overrules with a reason."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, page_head
from dashboard.components.grids import Row, day_column, grid, link_column, number_column, pill_column, text_column
from dashboard.queries.pools import Member, pool_members
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.pools import reviews


def layout(view: View) -> Component:
    with request.database() as session:
        members = [_member(member) for member in pool_members(session, view.person, view.today)]
        proposed = proposal_rows(view)
    seed = sum(1 for row in members if row["pool_key"] == "seed")
    note = _(
        "%(seed)s firms in the seed pool, %(golden)s in the golden-seed pool", seed=seed, golden=len(members) - seed
    )
    review = (
        dmc.Button(_("Start a review"), id="pools-review", variant="default")
        if view.may(Action.PROPOSE_POOLS)
        else None
    )
    parts: list[Any] = [page_head(_("Pools"), note, review)]
    if view.may(Action.SEE_PROPOSALS):
        parts.append(_proposals_card(view, proposed))
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    columns = [
        link_column("name", _("Firm")),
        pill_column("pool", _("Pool"), tones),
        text_column("district", _("District")),
        number_column("points", _("Points"), cellRenderer="PointsBar", minWidth=150, type=None),
        text_column("stage", _("Stage")),
        day_column("since", _("In since")),
    ]
    body = (
        html.Div(grid("pools-members", columns, members, key="firm_id", height="560px"), className="grid-frame")
        if members
        else card(None, empty(_("No firm is in a pool yet.")))
    )
    parts.append(html.Div(body, style={"marginTop": "1rem"}))
    return html.Div(parts)


def proposal_rows(view: View) -> list[Row]:
    """Open proposals as rows of the grid, in the order to decide them."""
    if not view.may(Action.SEE_PROPOSALS):
        return []
    with request.database() as session:
        proposals = reviews.open_proposals(session, view.person)
        return [
            {
                "id": proposal.id,
                "name": firm.name or firm.id,
                "address": f"/firm/{firm.id}",
                "action": _(terms.ACTIONS.get(proposal.action, proposal.action)),
                "to": terms.pool(proposal.to_pool) or terms.pool(proposal.from_pool),
                "points": proposal.points,
                "reason": str(reviews.reason_of(proposal)),
                "as_of": amounts.day(proposal.as_of),
            }
            for proposal, firm in proposals
        ]


def _proposals_card(view: View, rows: list[Row]) -> Component:
    tones = {_(terms.ACTIONS[name]): tone for name, tone in terms.ACTION_TONES.items()}
    columns = [
        link_column("name", _("Firm")),
        pill_column("action", _("Proposal"), tones),
        text_column("to", _("To")),
        number_column("points", _("Points"), valueFormatter={"function": "oneDecimal(params.value)"}),
        text_column("reason", _("Reason"), flex=3, minWidth=280, tooltipField="reason"),
        day_column("as_of", _("Review of")),
    ]
    decide = [
        dmc.Group(
            [
                dmc.TextInput(
                    id="pools-why",
                    placeholder=_("Reason of the decision (kept with it)"),
                    style={"flex": 1},
                    miw=240,
                    **aria(label=_("Reason of the decision (kept with it)")),
                ),
                dmc.Button(_("Confirm"), id="pools-confirm"),
                dmc.Button(_("Overrule"), id="pools-overrule", variant="default"),
            ],
            mt="sm",
        ),
        dcc.Loading(
            html.Div(id="pools-decided", role="status", style={"marginTop": ".5rem"}, **aria(live="polite")),
            type="dot",
            color="#17957b",
            delay_show=300,
        ),
    ]
    shown = grid(
        "pools-proposals",
        columns,
        rows,
        key="id",
        height="360px",
        dashGridOptions={"rowSelection": {"mode": "multiRow", "headerCheckbox": True, "selectAll": "filtered"}},
        persistence=False,
    )
    return card(
        _("Proposals to decide"),
        [html.Div(shown, className="grid-frame"), *(decide if view.may(Action.DECIDE_POOLS) else [])],
        _("A review proposes, an officer decides: mark the firms, give the reason, confirm or overrule"),
    )


def _member(member: Member) -> Row:
    return {
        "firm_id": member.firm_id,
        "name": member.name or member.firm_id,
        "address": f"/firm/{member.firm_id}",
        "pool": terms.pool(member.pool),
        "pool_key": member.pool,
        "district": terms.district(member.district_code),
        "points": member.points,
        "stage": terms.stage(member.stage),
        "since": amounts.day(member.entered_on),
    }


@guarded_callback(
    Output("pools-decided", "children"),
    Output("pools-proposals", "rowData"),
    Output("pools-proposals", "selectedRows"),
    Input("pools-confirm", "n_clicks"),
    Input("pools-overrule", "n_clicks"),
    State("pools-proposals", "selectedRows"),
    State("pools-why", "value"),
    may=Action.DECIDE_POOLS,
    prevent_initial_call=True,
)
def decide(
    _confirm: int | None, _overrule: int | None, chosen: list[dict[str, Any]] | None, why: str | None
) -> tuple[Any, Any, Any]:
    if not chosen:
        return _("Mark one or more proposals first."), no_update, no_update
    confirm = ctx.triggered_id == "pools-confirm"
    person, today = request.person(), request.today()
    try:
        with request.database() as session, session.begin():
            batch = reviews.decide_all(
                session,
                [row["id"] for row in chosen if fits(row.get("id"), int)],
                confirm,
                why or "",
                person,
                today,
                request.now(),
            )
            done = len(batch.decided)
            left = [str(error) for _id, error in batch.left]
    except ShownToPeople as error:
        return str(error), no_update, no_update
    messages = [html.Div(message, className="overdue") for message in dict.fromkeys(left)]
    if not done:
        return messages, no_update, no_update
    said = _("%(count)s confirmed.", count=done) if confirm else _("%(count)s overruled.", count=done)
    return [said, *messages], proposal_rows(View(person, today)), []


@guarded_callback(
    Output("pools-decided", "children", allow_duplicate=True),
    Output("pools-proposals", "rowData", allow_duplicate=True),
    Input("pools-review", "n_clicks"),
    may=Action.PROPOSE_POOLS,
    prevent_initial_call=True,
)
def review(_clicks: int | None) -> tuple[Any, Any]:
    person, today = request.person(), request.today()
    try:
        with request.database() as session, session.begin():
            count = len(reviews.propose(session, today, request.now(), person))
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue"), no_update
    return _("The review of %(day)s proposes %(count)s changes.", day=amounts.day(today), count=count), proposal_rows(
        View(person, today)
    )


PAGES = (Page("/pools", layout, Action.SEE_PROPOSALS, N_("Pools"), "seedling"),)
