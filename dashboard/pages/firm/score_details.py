"""More about one firm's score, computed on demand: compared with its peers, what would raise it, why it changed.

The numbers come from scoring. The firm is authorised here again: the browser only says what it wants to see.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from dash import Input, Output, State, no_update
from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from dashboard.components import amounts, reasons
from dashboard.components.cards import card, empty, facts_list, warning
from dashboard.components.reasons import ReasonLine
from dashboard.queries.scores import scored_on
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import gettext as _
from pipeline.wording import number_format

if TYPE_CHECKING:
    from scoring.explain.explanation import FirmExplanation, Reason
    from scoring.explain.suggestion import Suggestion


def words_card(why: list[ReasonLine], firm_id: str) -> Component:
    """The reasons in words; the comparison with the other firms comes a moment later."""
    return card(
        _("Reasons in words"),
        [dcc.Store(id="firm-scored", data=firm_id), html.Div(reasons.sentences(why), id="firm-words")],
    )


def more_card() -> Component:
    return card(
        _("What to do next, what would raise it, and why it moved"),
        [
            dmc.Group(
                [
                    dmc.Button(
                        _("What to do, and what would raise the score?"), id="firm-raise-do", variant="light", size="sm"
                    ),
                    dmc.Button(_("Why did it move since last year?"), id="firm-moved-do", variant="light", size="sm"),
                ]
            ),
            dcc.Loading(html.Div(id="firm-raise"), type="dot", color="#17957b"),
            dcc.Loading(html.Div(id="firm-moved"), type="dot", color="#17957b"),
        ],
        _("Worked out by the model itself; takes some seconds"),
        className="card no-print",
    )


@guarded_callback(Output("firm-words", "children"), Input("firm-scored", "data"), may=Action.SEE_SCORES)
def beside_peers(firm_id: str | None) -> Any:
    """The reasons again, each beside the other firms of the day."""
    from scoring.explain.explanation import explain_firm
    from scoring.explain.firm_snapshot import firm_snapshot

    if not firm_id:
        return no_update
    day = _admitted(firm_id)
    if day is None:
        return no_update
    app = request.app()
    try:
        firm = firm_snapshot(app.engine, firm_id, day)
        explanation = explain_firm(app.settings.models, firm, suggestions=False, as_stored=True)
    except NotAllowed:
        raise
    except ShownToPeople:
        return no_update
    # What is in doubt today stands in the banner above; what was in doubt on the day of the score alone, here.
    notes = [html.P(str(warning), className="card-note") for warning in explanation.other_warnings]
    if since := _settled_since(firm_id, explanation):
        notes.append(html.P(since, className="card-note"))
    return [reasons.sentences([_beside_peers(reason) for reason in explanation.reasons]), *notes]


def _settled_since(firm_id: str, explanation: "FirmExplanation") -> str | None:
    """The figures that were in doubt on the day of the score and are no longer: the score still rests on them."""
    from scoring.explain.explanation import doubted_figures_of
    from scoring.explain.firm_snapshot import firm_snapshot

    if not explanation.figures_in_doubt:
        return None
    now = set(doubted_figures_of(firm_snapshot(request.app().engine, firm_id, request.today())))
    settled = [language.pick(figure.label) for figure in explanation.figures_in_doubt if figure not in now]
    if not settled:
        return None
    return _("In doubt on the day of this score and settled since: %(figures)s.", figures=language.listed(settled))


def _beside_peers(reason: "Reason") -> ReasonLine:
    beside = ""
    if reason.rank is not None and reason.rank == reason.rank:
        beside = _(
            "higher than %(share)s of firms, median %(median)s",
            share=number_format.share_below(reason.rank),
            median=language.pick(reason.shown_median),
        )
    value = language.pick(reason.shown_value)
    return ReasonLine(reason.feature, language.pick(reason.label), reason.points, value, beside, reason.missing)


@guarded_callback(
    Output("firm-raise", "children"),
    Input("firm-raise-do", "n_clicks"),
    State("firm-scored", "data"),
    may=Action.SEE_SCORES,
    prevent_initial_call=True,
)
def what_would_raise(clicks: int | None, firm_id: str | None) -> Any:
    from scoring.explain import counterfactuals
    from scoring.explain.explanation import doubted_figures_of
    from scoring.explain.firm_snapshot import firm_snapshot
    from scoring.explain.next_steps import next_steps

    if not clicks or not firm_id or (day := _admitted(firm_id)) is None:
        return no_update
    app = request.app()
    try:
        recourse = counterfactuals.what_would_raise(app.engine, app.settings.models, firm_id, day)
        today = firm_snapshot(app.engine, firm_id, request.today())
        steps = next_steps(today, [figure.label for figure in doubted_figures_of(today)])
    except ShownToPeople as error:
        return warning(error)
    first = [
        html.H3(_("To be done first"), className="card-title"),
        html.Ul([html.Li(str(step.message)) for step in steps]),
    ]
    nothing = _("No single action that firms of this size took within two years would raise the score without harm.")
    if not recourse.suggestions:
        return html.Div([*(first if steps else []), empty(nothing)], style={"marginTop": "1rem"})
    lines: list[Component] = [
        *(first if steps else []),
        html.H3(_("What would raise the score, each by itself"), className="card-title"),
        *(_advice(suggestion, f"{number}. ") for number, suggestion in enumerate(recourse.singles, start=1)),
    ]
    if recourse.combinations:
        lines += [
            html.H3(_("Combinations of these"), className="card-title"),
            *(_advice(suggestion, "") for suggestion in recourse.combinations),
        ]
    bounds = _(
        "Bounded to what %(count)s firms of its size did within one to two years; each was scored again to make sure.",
        count=amounts.count(recourse.firms_of_its_size),
    )
    return html.Div([*lines, html.P(bounds, className="card-note")], style={"marginTop": "1rem"})


def _advice(suggestion: "Suggestion", number: str) -> Component:
    return html.Div(
        [
            html.Div(amounts.signed_points(suggestion.gain), className="reason-points raises"),
            html.Div(number + suggestion.in_language(language.language())),
        ],
        className="reason",
    )


@guarded_callback(
    Output("firm-moved", "children"),
    Input("firm-moved-do", "n_clicks"),
    State("firm-scored", "data"),
    may=Action.SEE_SCORES,
    prevent_initial_call=True,
)
def why_it_moved(clicks: int | None, firm_id: str | None) -> Any:
    from scoring.explain.firm_snapshot import firm_snapshot
    from scoring.explain.score_changes import change_since

    if not clicks or not firm_id or (day := _admitted(firm_id)) is None:
        return no_update
    app = request.app()
    before = date(day.year - 1, day.month, min(day.day, 28))
    try:
        then, now = (firm_snapshot(app.engine, firm_id, known_on) for known_on in (before, day))
        change = change_since(app.settings.models, then, now)
    except ShownToPeople as error:
        return warning(error)
    parts = [
        (
            _("%(before)s to %(now)s", before=before.isoformat(), now=day.isoformat()),
            f"{amounts.points(change.points_before)} → {amounts.points(change.points_now)}",
        ),
        (_("its own new figures"), amounts.signed_points(change.new_data)),
        (_("the other firms' ranks"), amounts.signed_points(change.moved_field)),
        (_("other lines of the listing rules"), amounts.signed_points(change.rules)),
        (_("another model"), amounts.signed_points(change.new_model)),
    ]
    weighty = [
        (f"{language.pick(move.label)} {language.pick(move.values)}", amounts.signed_points(move.points))
        for move in change.moves[:5]
    ]
    note = html.P(_("Its own new figures, the weightiest:"), className="card-note", style={"marginTop": ".8rem"})
    return html.Div([facts_list(parts), note, facts_list(weighty)], style={"marginTop": "1rem"})


def _admitted(firm_id: str) -> date | None:
    """The day of the score shown, for one who may see this firm's score; None without a score. Raises NotAllowed."""
    with request.database() as session:
        people.require(request.person(), Action.SEE_SCORES, firm_id, session=session)
        return scored_on(session, firm_id)
