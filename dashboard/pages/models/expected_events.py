"""The expected number of events, which sets the level of all probabilities; changed by those who may score.

A page of its own, and a card on the page of models. Points and ranks do not depend on it.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, facts_list, icon, page_head
from dashboard.pages.models.job_panel import failed
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from scoring.scores import expected_events
from scoring.scores.expected_events import Level


def layout(view: View) -> Component:
    title = _("The level of the probabilities")
    return html.Div([page_head(title, _("Points compare firms; probabilities rest on one more figure")), level_card()])


def level_card() -> Component:
    """The figure, who set it, and the form that sets it."""
    app = request.app()
    level = expected_events.level_of(app.engine, app.settings.models)
    if level is None:
        return card(_("How many are expected?"), empty(_("The city has no scores yet.")))
    form = dmc.Group(
        [
            dmc.NumberInput(
                id="expected-events",
                label=_("Expected number"),
                value=round(level.expected, 1),
                min=0.1,
                max=level.firms - 1,
                step=1,
                decimalScale=1,
                w=150,
            ),
            dmc.TextInput(id="expected-why", label=_("What it rests on (kept for good)"), style={"flex": 1}, miw=220),
            dmc.Button(_("Set"), id="expected-do", leftSection=icon("refresh"), variant="default"),
        ],
        align="end",
        mt="sm",
    )
    return card(
        _("How many are expected?"),
        [
            dcc.Store(id="expected-run", data=level.run),
            html.Div(_level_text(level), id="expected-told"),
            form,
            html.Div(id="expected-said", role="status", style={"marginTop": ".6rem"}, **aria(live="polite")),
        ],
        _("Sets the level of every probability of the last scoring; points, ranks and reasons stay as they are"),
    )


def condition(event: str, count: float, months: int | None) -> str:
    """The condition shown beside every probability."""
    return _(
        "The probability expects “%(event)s” of %(count)s firms within %(months)s months.",
        event=terms.event(event),
        count=f"{count:.1f}",
        months=months,
    )


def _level_text(level: Level) -> Component:
    usual = "—" if level.usual is None else f"{level.usual:.1f}"
    mean = f"{level.expected / level.firms:.1%}"
    pairs: list[tuple[str, Any]] = [
        (
            _("Expected now"),
            _(
                "%(count)s of %(firms)s firms (%(mean)s on average)",
                count=f"{level.expected:.1f}",
                firms=amounts.count(level.firms),
                mean=mean,
            ),
        ),
        (_("Unless somebody sets it"), _("%(count)s: the mean of the last two known rates", count=usual)),
        (_("Scored as of"), _("%(day)s with %(model)s", day=amounts.day(level.as_of), model=level.model)),
    ]
    if level.set_by:
        at = amounts.moment(level.set_at and request.local(level.set_at))
        said = _("%(name)s, %(at)s: %(why)s", name=level.set_by, at=at, why=level.why)
        pairs.insert(1, (_("Set by"), said))
    return html.Div(
        [html.P(condition(level.event, level.expected, level.within_months), className="card-note"), facts_list(pairs)]
    )


@guarded_callback(
    Output("expected-told", "children"),
    Output("expected-said", "children"),
    Output("expected-why", "value"),
    Input("expected-do", "n_clicks"),
    State("expected-run", "data"),
    State("expected-events", "value"),
    State("expected-why", "value"),
    may=Action.SCORE,
    prevent_initial_call=True,
)
def set_level(clicks: int | None, run: int | None, events: float | str | None, why: str | None) -> tuple[Any, Any, Any]:
    if not clicks or run is None:
        return no_update, no_update, no_update
    app = request.app()
    try:
        count = float(events or 0)
    except ValueError:
        count = 0.0
    try:
        before = expected_events.set_expected(
            app.engine, run, count, why=why or "", by=request.person(), now=request.now()
        )
        level = expected_events.level_of(app.engine, app.settings.models)
    except NotAllowed:
        raise
    except ShownToPeople as error:
        return no_update, failed(str(error)), no_update
    assert level is not None  # it was just set
    said = _(
        "Every probability now adds up to %(after)s (before: %(before)s). Points stay.",
        after=f"{level.expected:.1f}",
        before=f"{before:.1f}",
    )
    return _level_text(level), html.Span(said, className="raises"), ""


PAGES = (Page("/expected", layout, Action.SCORE, N_("The level of the probabilities")),)
