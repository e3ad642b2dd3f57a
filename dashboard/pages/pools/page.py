"""The two pools: who is in, how full they are, who waits, and what a review proposes; an officer decides with a reason.

After a review or a decision everything on the page that rests on it is drawn anew: counts, members, proposals, waiting
list.
"""

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, pool_conditions, terms
from dashboard.components.cards import aria, card, empty, link, page_head, table, warning
from dashboard.components.forms.fields import second_code_field
from dashboard.components.grids import Row, day_column, grid, link_column, number_column, pill_column, text_column
from dashboard.kept_answers.asking import look
from dashboard.kept_answers.panel import Panel
from dashboard.pages.pools.kept_list import kept_list_card
from dashboard.pages.pools.papers_card import papers_card
from dashboard.pages.pools.proposal_grid import proposal_columns, proposal_rows, since_reviews, stands_columns
from dashboard.queries.pools import Member, listed_rows, papers, pool_members
from dashboard.queries.questions import OUTLOOK
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from dashboard.web.sign_in import second_person
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.pool_history import published
from pipeline.pools import deciding, reviews
from pipeline.pools.model import CONDITIONS, PolicyLine
from pipeline.pools.reviews import Outlook


def layout(view: View) -> Component:
    """Proposals, capacity, waiting list and members; `?pool=golden`: the members of one pool."""
    which = view.query.get("pool", "")
    which = which if which in terms.POOLS else ""
    counts, members = _members(view, which)
    buttons: list[Any] = []
    if view.may(Action.SEE_PROPOSALS):
        buttons.append(link(_("Past reviews"), "/pools/reviews"))
    if view.may(Action.PROPOSE_POOLS):
        buttons.append(link(_("Try a policy"), "/pools/policy"))
        buttons.append(dmc.Button(_("Start a review"), id="pools-review", variant="default"))
    head = page_head(_("Pools"), html.Span(counts, id="pools-counts"), dmc.Group(buttons) if buttons else None)
    parts: list[Any] = [head]
    if view.may(Action.SEE_PROPOSALS):
        parts.append(_proposals_card(view, open_rows(view, told=False)))
        parts.append(PANEL.place(view, None, card(_("Places and lines"), html.Div(style={"height": "8rem"}))))
    parts.append(html.Div(_members_card(members, which), style={"marginTop": "1rem"}))
    if view.may(Action.DECIDE_POOLS):
        parts.append(html.Div(kept_list_card(bool(members) or bool(which)), style={"marginTop": "1rem"}))
    if view.may(Action.EXPORT):
        parts.append(html.Div(_papers_card(view), style={"marginTop": "1rem"}))
    parts.append(dcc.Store(id="pools-shown", data=which))
    return html.Div(parts)


def _papers_card(view: View) -> Component:
    with request.database() as session:
        return papers_card(papers(session, view.person), published.half_year_before(view.today))


def _members(view: View, which: str) -> tuple[str, list[Row]]:
    """How many are in each pool, and the members as rows: of both pools, or of the one asked for."""
    with request.database() as session:
        members = [_member(member) for member in pool_members(session, view.person, view.today)]
    seed = sum(1 for row in members if row["pool_key"] == "seed")
    counts = _(
        "%(seed)s firms in the seed pool, %(golden)s in the golden-seed pool", seed=seed, golden=len(members) - seed
    )
    return counts, [row for row in members if which in ("", row["pool_key"])]


def _members_card(members: list[Row], which: str) -> Component:
    tones = {terms.pool(name): tone for name, tone in terms.POOL_TONES.items()}
    columns = [
        link_column("name", _("Firm")),
        pill_column("pool", _("Pool"), tones),
        text_column("district", _("District")),
        number_column("points", _("Points"), cellRenderer="PointsBar", minWidth=150, type=None),
        text_column("stage", _("Stage")),
        day_column("since", _("In since")),
        day_column("until", _("To be renewed by")),
    ]
    choices = [("", _("Both pools"), "/pools"), *((key, terms.pool(key), f"/pools?pool={key}") for key in terms.POOLS)]
    chips = [
        dcc.Link(words, href=href, className="chip chosen" if key == which else "chip") for key, words, href in choices
    ]
    shown = grid("pools-members", columns, members, key="firm_id", height="560px", persistence=False)
    return html.Div(
        [html.Div(chips, className="chips", id="members"), html.Div(shown, className="grid-frame")],
    )


def open_rows(view: View, told: bool = True) -> list[Row]:
    """Open proposals as rows of the grid, in the order to decide them; `told`: with what moved the points."""
    if not view.may(Action.SEE_PROPOSALS):
        return []
    with request.database() as session:
        proposals = reviews.open_proposals(session, view.person)
        listed = listed_rows(session, [firm.id for _proposal, firm in proposals])
        since = since_reviews([(proposal.review_id, firm.id) for proposal, firm in proposals]) if told else {}
        return proposal_rows(proposals, since, listed)


@guarded_callback(
    Output("pools-proposals", "rowTransaction"),
    Input("pools-shown", "data"),
    may=Action.SEE_PROPOSALS,
)
def show_changes(_which: str | None) -> Any:
    """Loaded after the page: what moved the points is worked out by the models. Rows are changed and none is put back:
    one that was decided meanwhile stays away."""
    return {"update": open_rows(View(request.person(), request.today()))}


def _proposals_card(view: View, rows: list[Row]) -> Component:
    columns = [
        *proposal_columns(),
        *stands_columns(),
        day_column("as_of", _("Review of")),
        day_column("deferred", _("Deferred until")),
    ]
    decides = view.may(Action.DECIDE_POOLS)
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
        html.Details(
            [
                html.Summary(_("Second person, for entry to the golden-seed pool"), className="text-link"),
                dmc.Group(
                    [
                        dmc.TextInput(id="pools-second", label=_("Second person: account name")),
                        dmc.PasswordInput(id="pools-second-password", label=_("Second person: password")),
                        second_code_field("pools-second-code"),
                    ],
                    mt="xs",
                ),
            ],
            style={"marginTop": ".6rem"},
        ),
        html.Details(
            [
                html.Summary(_("Defer instead"), className="text-link"),
                dmc.Group(
                    [
                        dmc.DateInput(id="pools-defer-until", label=_("Until"), valueFormat="YYYY-MM-DD"),
                        dmc.Button(_("Defer"), id="pools-defer", variant="default", mt="lg"),
                    ],
                    mt="xs",
                ),
            ],
            style={"marginTop": ".6rem"},
        ),
    ]
    said = dcc.Loading(
        html.Div(id="pools-decided", role="status", style={"marginTop": ".5rem"}, **aria(live="polite")),
        type="dot",
        color="#17957b",
        delay_show=300,
    )
    marking: dict[str, Any] = {"rowSelection": {"mode": "multiRow", "headerCheckbox": True, "selectAll": "filtered"}}
    shown = grid(
        "pools-proposals",
        columns,
        rows,
        key="id",
        height="360px",
        persistence=False,
        dashGridOptions=marking if decides else {},
    )
    return card(
        _("Proposals to decide"),
        [html.Div(shown, className="grid-frame"), *(decide if decides else []), said],
        _("A review proposes, an officer decides: mark the firms, give the reason, confirm or overrule"),
        id="proposals",
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
        "until": amounts.day(member.valid_until) if member.valid_until else "",
    }


# --- how full the pools are, and who waits ---------------------------------------------------------


def _refused(why: Message) -> Component:
    """There is no policy of the day."""
    return card(_("Places and lines"), empty(str(why)))


def _outlook_cards(outlook: Outlook, _view: View) -> Component:
    return dmc.Stack(
        [
            dmc.SimpleGrid([_lines_card(outlook), _waiting_card(outlook)], cols={"base": 1, "lg": 2}),
            pool_conditions.counts_card(outlook.counts),
        ]
    )


PANEL = Panel("pools-outlook", OUTLOOK, _outlook_cards, _refused).declare()


@guarded_callback(
    *PANEL.outputs(),
    Input("pools-shown", "data"),
    State("pools-outlook-tick", "n_intervals"),
    may=Action.SEE_PROPOSALS,
)
def show_outlook(_which: str | None, ticks: int | None) -> tuple[Any, ...]:
    """Loaded after the page: who waits is worked out from the scores and facts of all firms."""
    view = View(request.person(), request.today())
    return PANEL.contents(view, _days(view), ticks)


def _days(view: View) -> dict[str, date]:
    return {"on": view.today}


def _lines_card(outlook: Outlook) -> Component:
    taken: list[list[Any]] = [
        [
            terms.pool(name),
            html.Span(f"{places.taken} / {places.cap}", className="overdue" if places.full else ""),
            _("full") if places.full else _("%(count)s free", count=places.cap - places.taken),
        ]
        for name, places in outlook.places.items()
    ]
    single = [line for line in outlook.policy.lines if line.name not in CONDITIONS and line.unit != "firms"]
    conditions = [line for line in outlook.policy.lines if line.name in CONDITIONS]
    headings = [_("Policy"), _("Value"), _("Since"), _("Source")]
    return card(
        _("Places and lines"),
        [
            table([_("Pool"), _("Places taken"), ""], taken),
            *[html.P(words, className="card-note") for words in _on_which_scale(outlook)],
            html.Div(table(headings, [_line_of(line) for line in single]), style={"marginTop": ".75rem"}),
            html.Details(
                [
                    html.Summary(_("Every condition of the policy: %(count)s", count=len(conditions))),
                    table(headings, [_line_of(line) for line in conditions]),
                ],
                style={"marginTop": ".75rem"},
            ),
        ],
        _("As the policy of the pools says today"),
    )


def _on_which_scale(outlook: Outlook) -> list[str]:
    """What the lines in points mean here: nothing yet without a model, another cohort's scale, and who is nearest."""
    return [str(words) for words in outlook.told()]


def _line_of(line: PolicyLine) -> list[Any]:
    return [
        _named(line),
        pool_conditions.line_value(line),
        html.Span(amounts.day(line.begins), className="day"),
        line.source,
    ]


def _named(line: PolicyLine) -> str:
    what = language.pick(line)
    return language.headed(language.pick(CONDITIONS[line.name]), what) if line.name in CONDITIONS else what


def _waiting_card(outlook: Outlook) -> Component:
    if outlook.why_no_review is not None:
        return card(_("Waiting list"), empty(str(outlook.why_no_review)))
    rows: list[list[Any]] = [
        [
            one.place,
            link(one.name or one.firm_id, f"/firm/{one.firm_id}"),
            terms.district(one.district_code),
            amounts.points(one.points),
        ]
        for one in outlook.waiting
    ]
    left = outlook.waits_here - len(rows)
    note = _("Firms that meet the entry conditions of the seed pool and find no place, by points")
    body: list[Any] = [
        table([_("Place"), _("Firm"), _("District"), _("Points")], rows, frozenset({0, 3}))
        if rows
        else empty(_("Nobody waits for a place."))
    ]
    if left > 0:
        body.append(html.P(_("… and %(count)s more", count=left), className="card-note"))
    return card(
        _("Waiting list: %(count)s", count=outlook.waits),
        html.Div(body, style={"maxHeight": "26rem", "overflowY": "auto"}),
        note,
    )


def _why_no_more(view: View) -> list[Component]:
    """What a review found and did not propose, in sentences; none until that is worked out."""
    answer = look(OUTLOOK, _days(view), begin=False).answer
    if answer is None or not answer.is_current or isinstance(answer.found, Message):
        return []
    outlook = answer.found
    if outlook.why_no_review is not None:
        return []
    seed = outlook.places["seed"]
    said = []
    if outlook.waits:
        said.append(
            _(
                "%(count)s more firms meet the entry conditions of the seed pool and wait for a place: %(taken)s of "
                "%(cap)s places are taken.",
                count=outlook.waits,
                taken=seed.taken,
                cap=seed.cap,
            )
        )
    if outlook.overruled:
        said.append(
            _(
                "%(count)s changes are not proposed again: they were overruled on the same scores and policy.",
                count=outlook.overruled,
            )
        )
    if not said:
        said.append(_("No other firm meets the conditions of a pool that it is not in."))
    return [html.Div(words) for words in said]


# --- what is decided -------------------------------------------------------------------------------

#: Everything on the page that rests on decisions.
_AFTER = (
    Output("pools-decided", "children", allow_duplicate=True),
    Output("pools-proposals", "rowData", allow_duplicate=True),
    Output("pools-members", "rowData", allow_duplicate=True),
    Output("pools-counts", "children", allow_duplicate=True),
    *PANEL.outputs(allow_duplicate=True),
)


@guarded_callback(
    *_AFTER,
    Output("pools-proposals", "selectedRows"),
    Output("pools-why", "value"),
    Output("pools-second-password", "value"),
    Input("pools-confirm", "n_clicks"),
    Input("pools-overrule", "n_clicks"),
    Input("pools-defer", "n_clicks"),
    State("pools-proposals", "selectedRows"),
    State("pools-why", "value"),
    State("pools-defer-until", "value"),
    State("pools-second", "value"),
    State("pools-second-password", "value"),
    State("pools-second-code", "value"),
    State("pools-shown", "data"),
    State("pools-outlook-tick", "n_intervals"),
    may=Action.DECIDE_POOLS,
    prevent_initial_call=True,
)
def decide(
    _confirm: int | None,
    _overrule: int | None,
    _defer: int | None,
    chosen: list[dict[str, Any]] | None,
    why: str | None,
    until: str | None,
    second: str | None,
    password: str | None,
    code: str | None,
    which: str | None,
    ticks: int | None,
) -> tuple[Any, ...]:
    if not chosen:
        return _("Mark one or more proposals first."), *[no_update] * 10
    view = View(request.person(), request.today())
    how = {"pools-confirm": "confirmed", "pools-overrule": "overruled"}.get(str(ctx.triggered_id), "deferred")
    marked_ids = [row["id"] for row in chosen if fits(row.get("id"), int)]
    try:
        signed_by = second_person(second, password, code) if how == "confirmed" and (second or password) else None
        day = _day(until) if how == "deferred" else None
        with request.database() as session, session.begin():
            shared = (view.person, view.today, request.now())
            if day is not None:
                batch = deciding.defer_all(session, marked_ids, day, why or "", *shared)
            else:
                batch = deciding.decide_all(session, marked_ids, how == "confirmed", why or "", *shared, signed_by)
            done = len(batch.decided)
            left = [str(error) for _id, error in batch.left]
    except ShownToPeople as error:
        return warning(error), *[no_update] * 9, ""
    messages = [html.Div(warning(message)) for message in dict.fromkeys(left)]
    said: list[Any] = []
    if done:
        said = [_(_DONE[how], count=done)]
    marked, reason = ([], "") if done else (no_update, no_update)
    return [*said, *messages], *_drawn(view, which, ticks), marked, reason, ""


_DONE = {
    "confirmed": N_("%(count)s confirmed."),
    "overruled": N_("%(count)s overruled."),
    "deferred": N_("%(count)s deferred."),
}


def _day(written: str | None) -> date:
    """The day of a field. Raises DecisionNotPossible where there is none."""
    try:
        return date.fromisoformat(str(written)[:10])
    except ValueError:
        raise deciding.DecisionNotPossible(Message(N_("Choose the day until which it is deferred."))) from None


@guarded_callback(
    *_AFTER,
    Input("pools-review", "n_clicks"),
    State("pools-shown", "data"),
    State("pools-outlook-tick", "n_intervals"),
    may=Action.PROPOSE_POOLS,
    prevent_initial_call=True,
)
def review(_clicks: int | None, which: str | None, ticks: int | None) -> tuple[Any, ...]:
    view = View(request.person(), request.today())
    try:
        with request.database() as session, session.begin():
            if reviews.just_proposed(session, view.person, request.now()):
                return warning(_("You have started this review already; nothing has changed since.")), *[no_update] * 7
            count = len(reviews.propose(session, view.today, request.now(), view.person))
    except ShownToPeople as error:
        return warning(error), *[no_update] * 7
    said = _("The review of %(day)s proposes %(count)s changes.", day=amounts.day(view.today), count=count)
    drawn = _drawn(view, which, ticks)
    return [html.Div(said), *_why_no_more(view)], *drawn


def _drawn(view: View, which: str | None, ticks: int | None) -> tuple[Any, ...]:
    counts, members = _members(view, which or "")
    return open_rows(view), members, counts, *PANEL.contents(view, _days(view), ticks)


PAGES = (Page("/pools", layout, Action.SEE_PROPOSALS, N_("Pools"), "seedling"),)
