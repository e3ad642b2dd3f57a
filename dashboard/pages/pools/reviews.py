"""The reviews that were made: `/pools/reviews` lists them, `/pools/reviews?review=12` shows what one proposed, what was
decided, whom it found waiting, near or unknown, and whether it still comes out to the letter."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, facts_list, link, page_head, table, warning
from dashboard.components.grids import Row, day_column, grid, link_column, number_column, text_column
from dashboard.pages.pools.proposal_grid import (
    points_column,
    proposal_columns,
    proposal_rows,
    since_cells,
    since_columns,
    since_reviews,
)
from dashboard.web import request
from dashboard.web.callbacks import fits, guarded_callback
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Label
from pipeline.language import gettext as _
from pipeline.pools import reviews
from pipeline.pools.reasons import STANDINGS

#: Of what a replay finds changed, so many lines are shown.
_CHANGES_SHOWN = 30
_SETTLED = {
    reviews.OVERRULED: N_("overruled before on the same figures"),
    reviews.DEFERRED: N_("deferred"),
}


def layout(view: View) -> Component:
    """Every review, the newest first; or the one that is asked for."""
    chosen = view.query.get("review", "")
    return _one_review(view, chosen) if chosen else _every_review(view)


def _every_review(view: View) -> Component:
    with request.database() as session:
        made = reviews.reviews_made(session, view.person)
        rows: list[list[Any]] = [
            [
                link(_("Review %(number)s", number=review.id), f"/pools/reviews?review={review.id}"),
                html.Span(amounts.day(review.as_of), className="day"),
                html.Span(review.made_at.isoformat(" ", "minutes"), className="day"),
                review.made_by,
                *(str(review.counts.get(action, 0)) for action in terms.ACTIONS),
                str(review.counts.get("waiting", 0)),
            ]
            for review in made
        ]
    headings = [
        _("Review"),
        _("As of"),
        _("Made at"),
        _("By"),
        *(_(name) for name in terms.ACTIONS.values()),
        _("Waiting"),
    ]
    body = table(headings, rows, frozenset(range(4, len(headings)))) if rows else empty(_("No review was made yet."))
    return html.Div([page_head(_("Reviews"), _("What was proposed and decided, review by review")), card("", body)])


def _one_review(view: View, review_id: str) -> Component:
    number = int(review_id) if review_id.isdecimal() else 0
    with request.database() as session:
        try:
            review = reviews.review_of(session, view.person, number)
        except NotFound as error:
            return empty(str(error))
        decided = reviews.decisions_of(session, view.person, number)
        beside = reviews.found_in(session, view.person, number)
        since = since_reviews([(number, firm.id) for _row, firm in (*decided, *beside)])
        proposals = proposal_rows(decided, since)
        found = [_found(one, firm, since.get(number)) for one, firm in beside]
        facts = [
            (_("As of"), amounts.day(review.as_of)),
            (_("Made at"), review.made_at.isoformat(" ", "minutes")),
            (_("By"), review.made_by),
            (_("Model"), review.model_id or "—"),
            (_("Run"), str(review.run_id or "—")),
            (_("policy of the pools"), review.policy_fingerprint[:12]),
            (_("Rules"), review.rules_fingerprint[:12]),
            (_("Data"), review.data_fingerprint[:12]),
        ]
    again = [
        facts_list(facts),
        dmc.Button(_("Work it out again"), id="review-replay", variant="default", mt="sm"),
        dcc.Loading(html.Div(id="review-replayed", role="status", **aria(live="polite")), type="dot", color="#17957b"),
        dcc.Store(id="review-shown", data=number),
    ]
    policy = html.Details(
        [html.Summary(_("The policy as it was in force"), className="text-link"), html.Pre(review.policy)]
    )
    return html.Div(
        [
            page_head(_("Review %(number)s", number=number), _("of %(day)s", day=amounts.day(review.as_of))),
            dmc.Stack(
                [
                    card(_("What it rests on"), [*again, policy]),
                    card(_("Proposals and decisions"), _proposals_grid(proposals)),
                    card(_("Found beside them"), _found_grid(found) if found else empty(_("Nothing."))),
                ]
            ),
        ]
    )


def _proposals_grid(rows: list[Row]) -> Component:
    columns = [
        *proposal_columns(),
        text_column("state", _("State")),
        day_column("decided_on", _("Decided on")),
        text_column("by", _("By")),
        text_column("why", _("Why"), minWidth=200, wrapText=True, autoHeight=True),
    ]
    shown = grid("review-proposals", columns, rows, key="id", height="420px", persistence=False)
    return html.Div(shown, className="grid-frame")


def _found(one: Any, firm: Any, since: Any) -> Row:
    standing = language.pick(STANDINGS[one.standing]) if one.standing in STANDINGS else _(_SETTLED[one.standing])
    conditions = [Label(**label) for label in one.details.get("conditions", [])]
    return {
        "id": one.id,
        "name": firm.name or firm.id,
        "address": f"/firm/{firm.id}",
        "pool": terms.pool(one.pool),
        "standing": standing,
        "place": one.place,
        "points": one.points,
        **since_cells(since, firm.id),
        "conditions": language.listed([language.pick(label) for label in conditions]),
    }


def _found_grid(rows: list[Row]) -> Component:
    columns = [
        link_column("name", _("Firm")),
        text_column("pool", _("Pool")),
        text_column("standing", _("Standing"), minWidth=200),
        number_column("place", _("Place")),
        points_column(),
        *since_columns(),
        text_column("conditions", _("Conditions behind it"), flex=3, minWidth=280, wrapText=True, autoHeight=True),
    ]
    shown = grid("review-found", columns, rows, key="id", height="420px", persistence=False)
    return html.Div(shown, className="grid-frame")


@guarded_callback(
    Output("review-replayed", "children"),
    Input("review-replay", "n_clicks"),
    State("review-shown", "data"),
    may=Action.SEE_PROPOSALS,
    prevent_initial_call=True,
)
def work_it_out_again(_clicks: int | None, number: int | None) -> Any:
    """The review again, from what it kept; and what is known otherwise of its day now."""
    from pipeline.pools.replay import replay

    if not fits(number, int):
        return warning(_("There is no such review."))
    try:
        with request.database() as session:
            again = replay(session, int(str(number)), request.person())
    except ShownToPeople as error:
        return warning(error)
    said = html.P(str(again.message), className="raises" if again.holds else "overdue")
    if not again.changed:
        return said
    rows: list[list[Any]] = [
        [one["firm_id"], one["year"], one["name"], one["then"] or "—", one["now"] or "—"]
        for one in again.changed[:_CHANGES_SHOWN]
    ]
    left = len(again.changed) - len(rows)
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    headings = [_("Firm"), _("Year"), _("Figure"), _("Then"), _("Now")]
    return html.Div([said, table(headings, rows), *more])


PAGES = (Page("/pools/reviews", layout, Action.SEE_PROPOSALS, N_("Reviews")),)
