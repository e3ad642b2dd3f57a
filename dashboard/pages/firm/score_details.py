"""More about one firm's score, worked out when it is asked for: beside its peers, what would raise it, what changed.

The numbers come from scoring; whoever asks must be allowed to see this firm's score, whatever the page said.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, reasons
from dashboard.components.cards import card, empty, facts_list
from dashboard.components.reasons import Reason
from dashboard.queries.scores import scored_on
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import gettext as _


def words_card(why: list[Reason], firm_id: str) -> Component:
    """The reasons in words; the comparison with the other firms comes a moment later."""
    return card(
        _("Reasons in words"),
        [dcc.Store(id="firm-scored", data=firm_id), html.Div(reasons.sentences(why), id="firm-words")],
    )


def more_card() -> Component:
    return card(
        _("What would raise it, and why it moved"),
        [
            dmc.Group(
                [
                    dmc.Button(_("What would raise the score?"), id="firm-raise-do", variant="light", size="sm"),
                    dmc.Button(_("Why did it move since last year?"), id="firm-moved-do", variant="light", size="sm"),
                ]
            ),
            dcc.Loading(html.Div(id="firm-raise"), type="dot", color="#17957b"),
            dcc.Loading(html.Div(id="firm-moved"), type="dot", color="#17957b"),
        ],
        _("Worked out by the model itself; takes some seconds"),
    )


@guarded_callback(Output("firm-words", "children"), Input("firm-scored", "data"), may=Action.SEE_SCORES)
def beside_peers(firm_id: str | None) -> Any:
    """The reasons again, each beside the other firms of the day."""
    from scoring.explain.explanation import explain_firm

    if not firm_id:
        return no_update
    day = _admitted(firm_id)
    if day is None:
        return no_update
    app = request.app()
    try:
        told = explain_firm(app.engine, app.settings.models, firm_id, day, suggestions=False)
    except NotAllowed:
        raise
    except ShownToPeople:
        return no_update
    short = "en" if language.language() == language.ENGLISH else "zh"
    why = [
        Reason(
            one["feature"], one[short], one["points"], one[f"shown_{short}"], _beside(one, short), bool(one["missing"])
        )
        for one in told["reasons"]
    ]
    notes = [html.P(warning, className="card-note") for warning in told["warnings"][short]]
    return [reasons.sentences(why), *notes]


def _beside(one: Mapping[str, Any], short: str) -> str:
    if one["missing"] or one.get("rank") is None or one["rank"] != one["rank"]:
        return ""
    return _(
        "higher than %(share)s of firms, median %(median)s",
        share=f"{one['rank']:.0%}",
        median=one[f"peer_median_{short}"],
    )


@guarded_callback(
    Output("firm-raise", "children"),
    Input("firm-raise-do", "n_clicks"),
    State("firm-scored", "data"),
    may=Action.SEE_SCORES,
    prevent_initial_call=True,
)
def what_would_raise(clicks: int | None, firm_id: str | None) -> Any:
    from scoring.explain import counterfactuals

    if not clicks or not firm_id or (day := _admitted(firm_id)) is None:
        return no_update
    app = request.app()
    try:
        found = counterfactuals.what_would_raise(app.engine, app.settings.models, firm_id, day)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue")
    if not found["suggestions"]:
        return empty(_("Nothing that firms of this size reached within two years would raise it."))
    short = "en" if language.language() == language.ENGLISH else "zh"
    lines = [
        html.Div(
            [
                html.Div(amounts.signed_points(one["gain"]), className="reason-points raises"),
                html.Div(one["in_words"][short]),
            ],
            className="reason",
        )
        for one in found["suggestions"]
    ]
    reach = _(
        "Bounded to what %(count)s firms of its size did within one to two years; each was scored again to make sure.",
        count=amounts.count(found["firms_of_its_size"]),
    )
    return html.Div([*lines, html.P(reach, className="card-note")], style={"marginTop": "1rem"})


@guarded_callback(
    Output("firm-moved", "children"),
    Input("firm-moved-do", "n_clicks"),
    State("firm-scored", "data"),
    may=Action.SEE_SCORES,
    prevent_initial_call=True,
)
def why_it_moved(clicks: int | None, firm_id: str | None) -> Any:
    from scoring.explain.explanation import change_since

    if not clicks or not firm_id or (day := _admitted(firm_id)) is None:
        return no_update
    app = request.app()
    before = date(day.year - 1, day.month, min(day.day, 28))
    try:
        found = change_since(app.engine, app.settings.models, firm_id, before, day)
    except ShownToPeople as error:
        return html.Span(str(error), className="overdue")
    english = language.language() == language.ENGLISH
    parts = [
        (
            _("%(before)s to %(now)s", before=before.isoformat(), now=day.isoformat()),
            f"{amounts.points(found['points_before'])} → {amounts.points(found['points_now'])}",
        ),
        (_("its own new figures"), amounts.signed_points(found["new_data"])),
        (_("the other firms' ranks"), amounts.signed_points(found["moved_field"])),
        (_("another model"), amounts.signed_points(found["new_model"])),
    ]
    weighty = [
        (one["en" if english else "zh"], amounts.signed_points(one["points"])) for one in found["by_feature"][:5]
    ]
    note = html.P(_("Its own new figures, the weightiest:"), className="card-note", style={"marginTop": ".8rem"})
    return html.Div([facts_list(parts), note, facts_list(weighty)], style={"marginTop": "1rem"})


def _admitted(firm_id: str) -> date | None:
    """The day of the score shown, for one who may see this firm's score; None without a score. Raises NotAllowed."""
    with request.database() as session:
        people.require(request.person(), Action.SEE_SCORES, firm_id, session=session)
        return scored_on(session, firm_id)
