"""One model: its card, its measures beside the baselines, what it looks at, and whether it still holds.

Every plot has its data as CSV. What takes seconds is worked out when its tab is opened.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Response, abort, request

from dashboard import model_data
from dashboard import request as asked
from dashboard.callbacks import board_callback
from dashboard.components import amounts, charts, model_charts
from dashboard.components.cards import aria, card, empty, facts_list, icon, page_head, pill, table
from dashboard.components.reasons import label_of
from dashboard.routes import Download, Page, View
from pipeline import language
from pipeline.errors import NotFound, ShownToPeople
from pipeline.intake.findings import safe_cell
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.people import Action
from pipeline.store.tables import CITY
from scoring import model_store

if TYPE_CHECKING:
    import pandas as pd

#: What the baselines are called on the page.
NAMES = {"goldseed": N_("this model"), "net_profit": N_("net profit alone"), "points_rule": N_("points rule"),
         "logistic": N_("logistic regression"), "lightgbm_default": N_("LightGBM as it comes")}  # fmt: skip
_MEASURES = (("auc", "AUC"), ("average_precision", N_("Average precision")), ("recall_50", N_("Recall at 50")),
             ("recall_100", N_("Recall at 100")), ("top_decile_lift", N_("Lift of the top tenth")),
             ("auc_among_rule", N_("AUC among firms that meet the rule")))  # fmt: skip
VERDICTS = {"no": N_("Retrain: no"), "look": N_("Retrain: look"), "yes": N_("Retrain: yes")}
_TONES = {"no": "good", "look": "warn", "yes": "bad"}


def layout(view: View, model_id: str) -> Component:
    board = asked.board()
    shown = model_store.show(board.engine, board.settings.models, model_id)
    tabs = {
        "measures": (_("Measures"), _measures(shown, view.dark)),
        "looks": (_("What it looks at"), _empty_tab("looks")),
        "dependence": (_("Dependence"), _dependence_tab(shown)),
        "watch": (_("Watch"), _empty_tab("watch")),
        "card": (_("Model card"), _card_tab(shown)),
    }
    return html.Div(
        [
            page_head(
                model_id, _about(shown), dmc.Group([pill(_("champion"), "gold")] if shown["champion"] else [], gap="xs")
            ),
            dcc.Store(id="model-id", data=model_id),
            card(
                None,
                dmc.Tabs(
                    [
                        dmc.TabsList([dmc.TabsTab(label, value=name) for name, (label, _body) in tabs.items()]),
                        *(dmc.TabsPanel(body, value=name, pt="md") for name, (_label, body) in tabs.items()),
                    ],
                    id="model-tabs", value="measures",
                ),
            ),
        ]
    )  # fmt: skip


def _about(shown: dict[str, Any]) -> str:
    about = shown["about"]
    return _(
        "Trained as of %(day)s on %(cohorts)s; predicts %(event)s within %(months)s months",
        day=about.get("as_of", "—"),
        cohorts="、".join(about.get("cohorts", [])),
        event=_event(about.get("event", "")),
        months=about.get("within_months", "—"),
    )


def _event(kind: str) -> str:
    from dashboard.components import words

    return words.event(kind)


def _empty_tab(name: str) -> Component:
    return dcc.Loading(html.Div(id=f"model-{name}", style={"minHeight": "12rem"}), type="dot", color="#17957b")


# --- measures --------------------------------------------------------------------------------------


def _measures(shown: dict[str, Any], dark: bool) -> Component:
    measures = shown["measures"]
    if not measures.get("models"):
        inner = measures.get("inner_validation") or {}
        told = [(_("AUC on firms held out"), f"{inner['inner_auc']:.3f}")] if inner.get("inner_auc") else []
        note = _("No day before this model's own has outcomes enough to judge it out of time.")
        return html.Div([empty(note), facts_list(told)])
    rows = [
        [_(NAMES.get(name, name)), *(interval(found.get(key)) for key, _label in _MEASURES)]
        for name, found in measures["models"].items()
    ]
    headings = ["", *(_(label) for _key, label in _MEASURES)]
    days = [
        [day["as_of"], amounts.count(day["firms"]), day["positives"], f"{day['expected']:.1f}",
         *(f"{value:.3f}" if value is not None else "—" for value in day["auc"].values())]
        for day in measures["dates"]
    ]  # fmt: skip
    models = [_(NAMES.get(name, name)) for name in measures["models"]]
    parts: list[Any] = [
        html.P(_("Out of time: at each day it saw only what was known; intervals hold 95 % of draws over firms"),
               className="card-note"),
        table(headings, rows, frozenset(range(1, 7))),
        _title(_("By day"), "days"),
        table([_("Day"), _("Firms"), _("Happened"), _("Expected"), *(f"AUC · {name}" for name in models)], days,
              frozenset(range(1, 4 + len(models)))),
    ]  # fmt: skip
    if measures.get("reliability"):
        drawn = charts.graph(
            model_charts.reliability(measures["reliability"], dark), 320, _("Expected against observed")
        )
        parts += [_title(_("Reliability: expected against observed"), "reliability", shown["id"]), drawn]
    if measures.get("subgroups"):
        parts += [_title(_("Subgroups"), "subgroups", shown["id"]), _subgroups(measures["subgroups"])]
    return html.Div(parts + [html.P(note, className="card-note") for note in measures.get("notes", [])])


def interval(found: dict[str, Any] | None) -> str:
    """0.912 [0.88, 0.94]; "—" where it could not be measured."""
    if not found or found.get("value") is None:
        return "—"
    text = f"{found['value']:.3f}"
    return text if found.get("low") is None else f"{text} [{found['low']:.3f}, {found['high']:.3f}]"


def _subgroups(found: list[dict[str, Any]]) -> Component:
    from dashboard.components import words

    kinds = {"size": _("Size"), "district_code": _("District"), "industry": _("Industry")}
    rows = [
        [kinds.get(one["kind"], one["kind"]), words.district(one["group"]) if one["kind"] == "district_code" else one["group"],
         amounts.count(one["rows"]), one["events"], f"{one['expected']:.1f}", amounts.share(one["selected"]), interval(one["auc"])]
        for one in found
    ]  # fmt: skip
    headings = [_("Kind"), _("Group"), _("Firm-days"), _("Happened"), _("Expected"), _("Share selected"), "AUC"]
    return table(headings, rows, frozenset(range(2, 7)))


def _title(words: str, name: str, model_id: str = "") -> Component:
    link = (
        html.A([icon("download"), "CSV"], href=f"/download/model/{model_id}/{name}.csv", className="head-button")
        if model_id
        else None
    )
    return html.Div(
        [html.H3(words, className="card-title"), link], className="card-head", style={"margin": "1.4rem 0 .4rem"}
    )


def _card_tab(shown: dict[str, Any]) -> Component:
    english = language.language() == language.ENGLISH
    return dcc.Markdown(
        shown["card_en" if english else "card_zh"] or _("This model has no card."), className="model-card"
    )


# --- what it looks at, worked out when asked for ---------------------------------------------------


@board_callback(
    Output("model-looks", "children"),
    Output("model-watch", "children"),
    Input("model-tabs", "value"),
    State("model-id", "data"),
    State("model-looks", "children"),
    State("model-watch", "children"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def open_tab(tab: str | None, model_id: str, looks: Any, watch: Any) -> tuple[Any, Any]:
    """Fill a tab the first time it is opened."""
    try:
        if tab == "looks" and not looks:
            return _looks(model_id, asked.dark()), no_update
        if tab == "watch" and not watch:
            return no_update, _watch(model_id)
    except NotFound:
        raise
    except ShownToPeople as error:
        said = html.Span(str(error), className="overdue")
        return (said, no_update) if tab == "looks" else (no_update, said)
    return no_update, no_update


def _looks(model_id: str, dark: bool) -> Component:
    board = asked.board()
    given = (board.engine, board.settings.models, model_id)
    importance = model_data.importance(*given)
    swarm = model_data.beeswarm(*given)
    top = list(importance["feature"].head(15))
    return html.Div(
        [
            _title(_("Importance: mean size of each reason, in points"), "importance", model_id),
            charts.graph(model_charts.importance(importance.head(15), dark), 34 * min(15, len(importance)) + 40, _("Importance")),
            _title(_("Every firm's reasons (beeswarm): right raises, left lowers; colour is the value"), "beeswarm", model_id),
            charts.graph(model_charts.beeswarm(swarm, top, dark), 40 * len(top) + 60, _("Beeswarm")),
            _title(_("Pairs that act together"), "interactions", model_id),
            html.Div(
                [dmc.Button(_("Work them out"), id="model-pairs-do", variant="default", size="sm"),
                 dcc.Loading(html.Div(id="model-pairs"), type="dot", color="#17957b")]
            ),
        ]
    )  # fmt: skip


@board_callback(
    Output("model-pairs", "children"),
    Input("model-pairs-do", "n_clicks"),
    State("model-id", "data"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def pairs(clicks: int | None, model_id: str) -> Any:
    if not clicks:
        return no_update
    board = asked.board()
    found = model_data.interactions(board.engine, board.settings.models, model_id).head(12)
    rows = [
        [label_of(row["feature"]), label_of(row["other"]), f"{row['mean_points']:.2f}"]
        for row in found.to_dict("records")
    ]
    return table([_("Feature"), _("with"), _("Points")], rows, frozenset({2}))


def _dependence_tab(shown: dict[str, Any]) -> Component:
    options = [{"value": name, "label": label_of(name)} for name in shown["features"]]
    return html.Div(
        [
            dmc.Select(id="model-feature", label=_("Feature"), data=options, searchable=True, w=320,
                       value=options[0]["value"] if options else None, allowDeselect=False),
            dcc.Loading(html.Div(id="model-dependence", style={"minHeight": "22rem", "marginTop": "1rem"}), type="dot",
                        color="#17957b"),
        ]
    )  # fmt: skip


@board_callback(
    Output("model-dependence", "children"),
    Input("model-feature", "value"),
    Input("model-tabs", "value"),
    State("model-id", "data"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def dependence(feature: str | None, tab: str | None, model_id: str) -> Any:
    if tab != "dependence" or not feature:
        return no_update
    board = asked.board()
    found: pd.DataFrame = model_data.dependence(board.engine, board.settings.models, model_id, feature)
    title = html.Div(
        [html.H3(label_of(feature), className="card-title"),
         html.A([icon("download"), "CSV"], href=f"/download/model/{model_id}/dependence.csv?feature={feature}",
                className="head-button")],
        className="card-head",
    )  # fmt: skip
    figure = model_charts.dependence(feature, found, asked.dark())
    return html.Div([title, charts.graph(figure, 380, _("How the reason goes with the value"))])


# --- watch -----------------------------------------------------------------------------------------


def _watch(model_id: str) -> Component:
    from scoring.watch import watch

    board = asked.board()
    found = watch(board.engine, board.settings.models, date.today(), cohort=CITY, model_id=model_id)
    because = found["because"]["en" if language.language() == language.ENGLISH else "zh"]
    english = language.language() == language.ENGLISH
    rows = [
        [one["en" if english else "zh"], _number(one["psi"]), _number(one["line"]),
         pill(_("moved"), "warn") if one["moved"] else "", amounts.share(one["missing_before"]), amounts.share(one["missing_now"]),
         pill(_("moved"), "warn") if one["missing_moved"] else "", amounts.share(one["out_of_range"])]
        for one in found["features"]
    ]  # fmt: skip
    headings = [
        _("Feature"),
        "PSI",
        _("noise reaches"),
        "",
        _("missing before"),
        _("missing now"),
        "",
        _("out of range"),
    ]
    facts = facts_list(
        [
            (_("Months since training"), str(found["months_old"])),
            (_("Firms then and now"), f"{amounts.count(found['firms_before'])} → {amounts.count(found['firms_now'])}"),
            (_("AUC expected before outcomes"), _number(found["expected_auc"])),
            (_("AUC when trained"), _number(found["trained_auc"])),
        ]
    )
    return html.Div(
        [
            dmc.Group(
                [pill(_(VERDICTS[found["verdict"]]), _TONES[found["verdict"]]), html.Span("；".join(because))], mb="md"
            ),
            facts,
            html.Div(table(headings, rows, frozenset({1, 2, 4, 5, 7})), style={"marginTop": "1rem"}),
        ],
        **aria(label=_("Watch")),
    )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


# --- data of the plots -----------------------------------------------------------------------------


def data_csv(model_id: str, name: str) -> Response:
    """The table behind a plot."""
    if name not in model_data.TABLES:
        abort(404)
    board = asked.board()
    try:
        found = model_data.TABLES[name](board.engine, board.settings.models, model_id, request.args.get("feature"))
    except ShownToPeople:
        abort(404)
    found = found.map(safe_cell)
    return Response(
        "\ufeff" + found.to_csv(index=False),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=goldseed-{name}.csv"},
    )


PAGES = (Page("/model/<model_id>", layout, Action.SEE_MODELS, N_("Model")),)
DOWNLOADS = (Download("/download/model/<model_id>/<name>.csv", data_csv, Action.SEE_MODELS),)
