"""Out-of-time metrics of a model: beside the baselines, by day, lift and precision, reliability, subgroups.

Metrics come from the model's folder. Lift and precision need every firm's score at every date: a backtest that an
analyst starts here, over dates of her choice, and may cancel.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, charts, metric_charts, terms
from dashboard.components.cards import aria, empty, facts_list, icon, table
from dashboard.components.metric_charts import model_name
from dashboard.jobs import process
from dashboard.jobs.ticks import first_tick
from dashboard.pages.models.job_panel import About, JobPanel, bar, cache_of, failed, start_or_join, text_in
from dashboard.queries import plot_tables
from dashboard.queries.plot_tables import TableQuery
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label
from pipeline.language import gettext as _
from scoring.registry.registry import ModelDetails

_METRICS = (
    ("auc", "AUC"),
    ("average_precision", N_("Average precision")),
    ("precision_50", N_("Precision at 50")),
    ("recall_50", N_("Recall at 50")),
    ("recall_100", N_("Recall at 100")),
    ("top_decile_lift", N_("Lift of the top tenth")),
    ("auc_among_rule", N_("AUC among firms that meet the rule")),
)
_MOST_DATES = 12
_GROUPS_DRAWN = 12


def metrics_tab(shown: ModelDetails, view: View) -> Component:
    """The metrics in the model's folder, then the backtest."""
    metrics, model_id = shown.measures, shown.id
    backtest = BACKTEST.place({"model": model_id}, at_once=True, below=True)
    again = _again(shown) if view.may(Action.TRAIN) else None
    if not metrics.get("models"):
        inner = metrics.get("inner_validation") or {}
        held_out = [(_("AUC on firms held out"), f"{inner['inner_auc']:.3f}")] if inner.get("inner_auc") else []
        baselines = inner.get("baselines") or {}
        held_out += [
            (_("the same of: %(name)s", name=model_name(name)), "—" if auc is None else f"{auc:.3f}")
            for name, auc in baselines.items()
        ]
        note = _("No day before this model's own has outcomes enough to judge it out of time.")
        return html.Div([empty(note), facts_list(held_out), again, backtest])
    note = _("Out of time: at each day it saw only what was known; intervals hold 95 % of draws over firms")
    return html.Div(
        [
            html.P(note, className="card-note", style={"margin": "0 0 .8rem"}),
            *_judged(metrics, model_id, view.dark),
            again,
            backtest,
        ]
    )


def _judged(metrics: Mapping[str, Any], model_id: str, dark: bool) -> list[Any]:
    """Plots and tables of the metrics."""
    models, days = metrics["models"], metrics["dates"]
    beside = [(model_name(name), models[name]["auc"]) for name in sorted(models, key=_place)]
    first = plot(
        _("AUC beside the baselines"),
        "comparison",
        model_id,
        charts.graph(metric_charts.intervals(beside, dark), 54 * len(beside) + 60, _("AUC beside the baselines")),
    )
    second = (
        plot(
            _("Reliability: expected against observed"),
            "reliability",
            model_id,
            charts.graph(metric_charts.reliability(metrics["reliability"], dark), 330, _("Expected against observed")),
        )
        if metrics.get("reliability")
        else None
    )
    by_day = []
    if len(days) > 1:  # a single day is shown by the tiles
        auc = charts.graph(metric_charts.by_day(days, dark), 300, _("AUC by day"))
        events = charts.graph(metric_charts.expected_and_observed(days, dark), 300, _("Events: expected and observed"))
        by_day = [
            plot(_("AUC by day"), "days", model_id, auc),
            plot(_("Events: expected and observed"), "days", model_id, events),
        ]
    rows = [
        [model_name(name), *(interval(models[name].get(key)) for key, _label in _METRICS)]
        for name in sorted(models, key=_place)
    ]
    return [
        html.Div([first, second], className="models-pair"),
        html.Div(by_day, className="models-pair"),
        titled(_("Every measure"), "comparison", model_id),
        table(["", *(_(label) for _key, label in _METRICS)], rows, frozenset(range(1, 8))),
        *(html.P(note, className="card-note") for note in metrics.get("notes", [])),
    ]


def _place(name: str) -> int:
    order = list(metric_charts.NAMES)
    return order.index(name) if name in order else len(order)


def interval(metric: dict[str, Any] | None) -> str:
    """0.912 [0.880, 0.940]; "—" where it could not be measured."""
    if not metric or metric.get("value") is None:
        return "—"
    text = f"{metric['value']:.3f}"
    return text if metric.get("low") is None else f"{text} [{metric['low']:.3f}, {metric['high']:.3f}]"


def span(metric: dict[str, Any]) -> str:
    """The interval alone, said in words."""
    if metric.get("low") is None:
        return ""
    return _("95 %%: %(low)s to %(high)s", low=f"{metric['low']:.3f}", high=f"{metric['high']:.3f}")


# --- subgroups -------------------------------------------------------------------------------------


def subgroups(shown: ModelDetails, dark: bool) -> Component:
    """Is it as good for small firms, in each district, in each industry?"""
    all_groups = shown.measures.get("subgroups") or []
    if not all_groups:
        return empty(_("None large enough."))
    kinds = {"size": _("Size"), "district_code": _("District"), "industry": _("Industry")}
    plots = []
    for kind, label in kinds.items():
        groups = [group for group in all_groups if group["kind"] == kind and group["auc"]["value"] is not None]
        order = list(_SIZES)
        groups.sort(key=lambda group: order.index(group["group"]) if group["group"] in order else -group["rows"])
        groups = groups[:_GROUPS_DRAWN]
        if groups:
            named = [(group_name(group), group["auc"]) for group in groups]
            drawn = charts.graph(metric_charts.intervals(named, dark, first=False), 46 * len(named) + 60, label)
            plots.append(plot(f"AUC · {label}", "subgroups", shown.id, drawn))
    rows = [
        [
            kinds.get(group["kind"], group["kind"]),
            group_name(group),
            amounts.count(group["rows"]),
            group["events"],
            f"{group['expected']:.1f}",
            amounts.share(group["selected"]),
            interval(group["auc"]),
        ]
        for group in all_groups
    ]
    headings = [_("Kind"), _("Group"), _("Firm-days"), _("Happened"), _("Expected"), _("Share selected"), "AUC"]
    note = _(
        "Share selected: of the group's firms, how many are among the highest tenth of their day. "
        "A group with fewer than 3 events has no AUC."
    )
    return html.Div(
        [
            html.Div(plots, className="models-pair"),
            titled(_("Every group"), "subgroups", shown.id),
            html.P(note, className="card-note"),
            table(headings, rows, frozenset(range(2, 7))),
        ]
    )


def group_name(group: dict[str, Any]) -> str:
    name = str(group["group"])
    if group["kind"] == "district_code":
        return terms.district(name)
    if group["kind"] == "industry":
        return _("Industry %(code)s", code=name)
    return language.pick(_SIZES[name]) if name in _SIZES else name


#: Size classes are stored under their Chinese names.
_SIZES = {
    zh: Label(zh, en)
    for zh, en in (
        ("< 2000 万元", "< ¥20 m"),
        ("2000 万–1 亿元", "¥20–100 m"),
        ("1–4 亿元", "¥100–400 m"),
        ("> 4 亿元", "> ¥400 m"),
    )
}


# --- titles with their CSV -------------------------------------------------------------------------


def titled(title: str, name: str, model_id: str, note: str = "", **query: str) -> Component:
    """A plot's title, with its data as CSV on the right."""
    parameters = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    address = f"/download/model/{quote(model_id)}/{name}.csv{'?' + parameters if parameters else ''}"
    link = html.A([icon("download"), "CSV"], href=address, className="head-button", title=_("The plot's data"))
    heading = [html.H3(title, className="card-title"), html.P(note, className="card-note") if note else None]
    return html.Div([html.Div(heading), link], className="card-head", style={"margin": "1.2rem 0 .3rem"})


def plot(title: str, name: str, model_id: str, drawn: Component, note: str = "", **query: str) -> Component:
    return html.Div([titled(title, name, model_id, note, **query), drawn], style={"minWidth": 0})


# --- the backtest ----------------------------------------------------------------------------------


def _again(shown: ModelDetails) -> Component:
    """The form that begins a backtest over dates."""
    days = [day["as_of"] for day in shown.measures.get("dates") or []]
    return html.Div(
        [
            html.H3(_("Lift and precision: a backtest over dates"), className="card-title"),
            html.P(
                _("At each date it is trained anew on what was known, scores every firm, and is judged by what came."),
                className="card-note",
            ),
            dmc.Group(
                [
                    dmc.TextInput(
                        id="backtest-dates",
                        label=_("Scoring dates"),
                        value=", ".join(days),
                        style={"flex": 1},
                        miw=240,
                        placeholder="2023-05-01, 2024-05-01",
                    ),
                    dmc.Button(_("Judge"), id="backtest-do", variant="default", leftSection=icon("refresh")),
                    dmc.Button(_("Cancel"), id="backtest-cancel", variant="subtle", color="gray"),
                ],
                align="end",
                mt="sm",
                mb="md",
            ),
        ],
        style={"marginTop": "2rem"},
    )


def _backtested(about: About) -> Component | None:
    model_id, dark = text_in(about, "model"), request.dark()
    cache = cache_of(model_id)
    if cache.backtest_scores() is None:
        return None
    query, metrics = TableQuery(cache), cache.backtest_metrics()
    lift = charts.graph(metric_charts.lift(plot_tables.lift(query), dark), 360, _("Lift"))
    precision = charts.graph(metric_charts.precision(plot_tables.precision(query), dark), 360, _("Precision at K"))
    days = [
        [
            day["as_of"],
            amounts.count(day["firms"]),
            day["positives"],
            f"{day['expected']:.1f}",
            *("—" if value is None else f"{value:.3f}" for value in day["auc"].values()),
        ]
        for day in metrics.get("dates", [])
    ]
    models = [model_name(name) for name in metrics.get("models", {})]
    headings = [_("Day"), _("Firms"), _("Happened"), _("Expected"), *(f"AUC · {name}" for name in models)]
    return html.Div(
        [
            html.Div(
                [
                    plot(
                        _("Lift: events found among the highest firms"),
                        "lift",
                        model_id,
                        lift,
                        _("across: share of firms, from the highest; up: share of events found"),
                    ),
                    plot(
                        _("Precision at K"),
                        "precision",
                        model_id,
                        precision,
                        _("of the K highest firms of a day the share that had the event, mean over the dates"),
                    ),
                ],
                className="models-pair",
            ),
            titled(_("Backtest by date"), "backtest", model_id),
            table(headings, days, frozenset(range(1, 4 + len(models)))),
        ]
    )


BACKTEST = JobPanel("backtest", None, _backtested).declare()


@guarded_callback(
    Output("models-backtest-shown", "children", allow_duplicate=True),
    Output("models-backtest-tick", "max_intervals", allow_duplicate=True),
    Output("models-backtest-job", "data", allow_duplicate=True),
    Input("backtest-do", "n_clicks"),
    State("backtest-dates", "value"),
    State("models-backtest-about", "data"),
    State("models-backtest-tick", "n_intervals"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def begin(
    clicks: int | None, dates: str | None, about: dict[str, Any] | None, ticks: int | None
) -> tuple[Any, Any, Any]:
    """Begin a backtest over the dates written down."""
    if not clicks or not about:
        return no_update, no_update, no_update
    model_id = text_in(about, "model")
    cache_of(model_id).artifact_dir()  # 404 for a model that is not there
    try:
        days = sorted({date.fromisoformat(part) for part in (dates or "").replace("，", ",").replace(",", " ").split()})
    except ValueError:
        return failed(_("Write days as 2024-05-01, with commas between them.")), no_update, None
    if not 1 <= len(days) <= _MOST_DATES:
        return failed(_("Write one to %(most)s dates.", most=_MOST_DATES)), no_update, None
    try:
        job = start_or_join("backtest", model=model_id, dates=[day.isoformat() for day in days])
    except ShownToPeople as error:
        return failed(str(error)), no_update, None
    return bar(0.02, _("Working …")), first_tick(ticks), job


@guarded_callback(
    Output("models-backtest-shown", "children", allow_duplicate=True),
    Input("backtest-cancel", "n_clicks"),
    State("models-backtest-job", "data"),
    may=Action.TRAIN,
    prevent_initial_call=True,
)
def cancel(clicks: int | None, job: str | None) -> Any:
    if not clicks or not job:
        return no_update
    try:
        if not process.cancel(request.app().engine, request.person().id, job):
            return no_update  # its result is there in a moment
    except ShownToPeople as error:
        return failed(str(error))
    return html.Span(_("Cancelled; nothing was stored."), **aria(live="polite"))
