"""The pools over time: entries and exits a year, how long firms stay, and what became of them beside firms that scored
alike and were not chosen; that none of it proves a cause stands first."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, charts, over_time_text
from dashboard.components.cards import card, empty, link, page_head, table
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.pool_history import members_over_time
from pipeline.pool_history.members_over_time import NO_PROOF, Outcome, OverTime, Stay


def layout(view: View) -> Component:
    with request.database() as session:
        found = members_over_time.over_time(session, view.today, view.person)
    note = _("As known on %(day)s", day=amounts.day(view.today))
    return html.Div(
        [
            page_head(_("Members over time"), note, link(_("Pools"), "/pools")),
            dmc.Alert(_(NO_PROOF), color="yellow", variant="light", id="over-time-warning"),
            html.Div(_years_card(found), style={"marginTop": "1rem"}),
            html.Div(_stays_card(found, view.dark), style={"marginTop": "1rem"}),
            html.Div(_outcomes_card(found), style={"marginTop": "1rem"}),
        ]
    )


def _years_card(found: OverTime) -> Component:
    rows: list[list[Any]] = [
        [str(one.year), one.entries, one.promotions, one.demotions, one.exits, one.seed, one.golden]
        for one in found.years
    ]
    heads = [
        _("Year"),
        _("Entries"),
        _("Promotions"),
        _("Demotions"),
        _("Exits"),
        _("In the seed pool at the end"),
        _("In the golden-seed pool at the end"),
    ]
    shown = table(heads, rows, frozenset(range(1, 7))) if rows else empty(_("No firm was in a pool."))
    return card(_("By year"), shown, _("The year that has begun is counted until today"))


def _stays_card(found: OverTime, dark: bool) -> Component:
    known = [stay for stay in found.stays if stay.stays]
    words: list[Any] = [
        html.Li(
            [
                html.Strong(over_time_text.pool(stay.pool)),
                " ",
                *_few(stay.few),
                over_time_text.stay(stay),
            ]
        )
        for stay in known
    ]
    name = _("How many of the firms that entered are still in, by months since they entered")
    body: list[Any] = (
        [html.Ul(words), charts.graph(stay_curves(known, dark), 320, name)]
        if known
        else [empty(_("No firm was in a pool."))]
    )
    note = _("Kaplan–Meier: firms still in count as having stayed at least so long; shaded: 95 % interval")
    return card(_("How long firms stay"), body, note)


def stay_curves(stays: list[Stay], dark: bool) -> charts.Figure:
    """A falling step line a pool, with the band of the two together."""
    tone = charts.colours(dark)
    paint = {"any": tone["main"], "seed": tone["soft"], "golden": tone["gold"]}
    data: list[dict[str, Any]] = []
    for stay in stays:
        months = [step[0] for step in stay.curve]
        if stay.pool == members_over_time.ANY:
            known = [step for step in stay.curve if step[2] is not None and step[3] is not None]
            edge = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
            edge |= {"line": {"width": 0, "shape": "hv"}, "x": [step[0] for step in known]}
            data.append({**edge, "y": [step[2] for step in known]})
            shade = {"fill": "tonexty", "fillcolor": f"{paint['any']}33"}
            data.append({**edge, "y": [step[3] for step in known], **shade})
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": over_time_text.pool(stay.pool),
                "x": months,
                "y": [step[1] for step in stay.curve],
                "line": {"shape": "hv", "width": 2.5, "color": paint[stay.pool]},
                "hovertemplate": "%{x:.1f}: %{y:.1%}<extra></extra>",
            }
        )
    return {
        "data": data,
        "layout": charts.layout(
            dark,
            xaxis={"title": {"text": _("Months since the entry"), "font": {"size": 12}}, "rangemode": "tozero"},
            yaxis={"range": [0, 1.02], "tickformat": ".0%"},
            showlegend=True,
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
            margin={"t": 34},
        ),
    }


def _outcomes_card(found: OverTime) -> Component:
    shown = [outcome for outcome in found.outcomes if outcome.all_chosen.firms]
    early = [outcome for outcome in found.outcomes if not outcome.all_chosen.firms]
    heads = [
        _("Went on to"),
        _("All that entered"),
        _("Matched firms that entered"),
        _("Scored alike, not chosen"),
        _("Difference"),
    ]
    body: list[Any] = [html.P(over_time_text.pairs(found), className="card-note")]
    body.append(
        table(heads, [_row(one) for one in shown])
        if shown
        else empty(_("Too early to say: no firm entered a year ago."))
    )
    if early and shown:
        names = [over_time_text.step(one) for one in early]
        body.append(html.P([_("Too early to say:"), " ", language.listed(names)], className="card-note"))
    note = _("Of the firms whose years are over and that had not come so far before; 95 % intervals (Wilson, Newcombe)")
    return card(_("What became of them"), body, note)


def _row(one: Outcome) -> list[Any]:
    return [
        html.Div([*_few(one.few), over_time_text.step(one)]),
        over_time_text.share(one.all_chosen),
        over_time_text.share(one.chosen),
        over_time_text.share(one.others),
        over_time_text.difference(one.difference),
    ]


def _few(few: bool) -> list[Any]:
    return [html.Span(over_time_text.few(), className="overdue"), " "] if few else []


PAGES = (Page("/pools/over-time", layout, Action.SEE_PROPOSALS, N_("Members over time")),)
