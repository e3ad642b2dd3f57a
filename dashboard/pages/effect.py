"""What came before a firm reached its next stage, or its points rose, beside firms to which it had not come; that none
of it is a cause stands first. `/effect?as_of=2026-05-01`."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components import amounts, charts, terms
from dashboard.components.cards import card, empty, page_head, table, text_table
from dashboard.kept_answers.panel import Panel
from dashboard.queries.questions import EFFECT
from dashboard.web.routes import Page, View
from dashboard.web.sent import day_of
from pipeline.accounts.people import Action
from pipeline.effect import in_words
from pipeline.effect.compared import Comparison
from pipeline.effect.effect import WARNING, Effect, OutcomeFound
from pipeline.language import N_, joined, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format


def layout(view: View) -> Component:
    day = min(day_of(view.query.get("as_of")) or view.today, view.today)
    whose = in_words.whose(Effect(day, view.person.district_code, ()))
    note = joined([_("As known on %(day)s", day=amounts.day(day)), whose])
    return html.Div(
        [
            page_head(_("What came before success"), note),
            dmc.Alert(_(WARNING), color="yellow", variant="light", id="effect-warning"),
            PANEL.place(view, {"on": day}),
        ]
    )


def _drawn(found: Effect, view: View) -> Component:
    return dmc.Stack([*[_outcome(each, view.dark) for each in found.outcomes], _how(found)])


def _how(found: Effect) -> Component:
    return card(_("How it is counted"), html.Ul([html.Li(said) for said in in_words.how(found)]))


def _outcome(found: OutcomeFound, dark: bool) -> Component:
    title = pick(found.label)
    if found.unknown is not None:
        return card(title, empty(str(found.unknown)))
    said = [html.P(each, className="card-note") for each in in_words.runs(found)]
    body: list[Any] = [*said, *_plot(found, dark)]
    if found.told:
        body += [_table(found), _stages(found)]
    if found.never_before:
        body.append(html.P(in_words.never_before(found), className="card-note"))
    return card(title, body, in_words.population(found))


def _table(found: OutcomeFound) -> Component:
    heads = [_("What came before"), *(_(each) for each in _COLUMNS)]
    return table(heads, [_row(each) for each in found.told])


_COLUMNS = (
    in_words.WITH_IT,
    in_words.WITHOUT_IT,
    in_words.NOT_KNOWN,
    in_words.OVERALL,
    in_words.WITHIN,
)


def _row(each: Comparison) -> list[Any]:
    counts, overall = each.overall.counts, each.overall
    return [
        in_words.name(each),
        in_words.group(counts, True, overall.with_it),
        in_words.group(counts, False, overall.without_it),
        number_format.decimal(each.unknown) if each.unknown else "",
        in_words.difference(overall),
        html.B(in_words.difference(each.within)),
    ]


def _plot(found: OutcomeFound, dark: bool) -> list[Component]:
    shown = [each for each in found.comparisons if each.within.difference is not None]
    if not shown:
        return [empty(_("Too few firms for any comparison yet."))]
    words = _(
        "Difference within the same stage and day, in percentage points, with its 95% interval; the table has it too"
    )
    return [
        html.P(words, className="card-note"),
        charts.graph(intervals(shown, dark), 70 + 46 * len(shown), words),
    ]


def intervals(shown: list[Comparison], dark: bool) -> charts.Figure:
    """A dot with its interval a line, against nought; grey where the interval reaches over nought."""
    tone = charts.colours(dark)
    found = [each.within.difference for each in shown]
    middle, low, high = (
        [100 * float(getattr(one, name) or 0.0) for one in found] for name in ("difference", "low", "high")
    )
    paint = [tone["soft"] if down <= 0 <= up else tone["main"] for down, up in zip(low, high, strict=True)]
    labels = [charts.wrapped(pick(each.label)) for each in shown]
    bars = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [down, up],
            "y": [label, label],
            "line": {"color": colour, "width": 3},
            "hoverinfo": "skip",
        }
        for label, down, up, colour in zip(labels, low, high, paint, strict=True)
    ]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": middle,
        "y": labels,
        "customdata": [in_words.difference(each.within) for each in shown],
        "marker": {"size": 11, "color": paint},
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }
    room = 0.08 * max(max(high) - min(low), 5.0)
    return {
        "data": [*bars, dots],
        "layout": charts.layout(
            dark,
            yaxis={
                "autorange": False,
                "range": [len(shown) - 0.4, -0.6],
                "showgrid": False,
                "ticklen": 6,
                "tickcolor": "rgba(0,0,0,0)",
                "tickfont": {"color": tone["ink"], "size": 12},
            },
            xaxis={"side": "top", "range": [min(0.0, *low) - room, max(0.0, *high) + room], "nticks": 7},
            margin={"t": 30},
            shapes=[
                {
                    "type": "line",
                    "x0": 0,
                    "x1": 0,
                    "yref": "paper",
                    "y0": 0,
                    "y1": 1,
                    "layer": "below",
                    "line": {"color": tone["gold"], "width": 2, "dash": "dash"},
                }
            ],
        ),
    }


def _stages(found: OutcomeFound) -> Component:
    """The same stage by stage, folded away."""
    rows = [
        [
            pick(each.label),
            terms.stage(part.stage),
            in_words.group(part.found.counts, True, part.found.with_it),
            in_words.group(part.found.counts, False, part.found.without_it),
            in_words.difference(part.found),
        ]
        for each in found.told
        for part in each.by_stage
        if part.found.counts.with_firms
    ]
    heads = [
        _("What came before"),
        _("Stage"),
        _(in_words.WITH_IT),
        _(in_words.WITHOUT_IT),
        _("Difference"),
    ]
    return html.Details([html.Summary(_("Stage by stage")), text_table(heads, rows)], className="folded")


PANEL = Panel("effect-found", EFFECT, _drawn).declare()
PAGES = (Page("/effect", layout, Action.EXPORT, N_("What came before success")),)
