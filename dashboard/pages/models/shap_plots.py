"""What a model looks at: importance, beeswarm, dependence on one feature, and pairs of features that interact.

All from one inspection of the model's own firms (jobs.model_tasks.inspect), cached beside the model.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts, charts, model_charts
from dashboard.components.reasons import label_of
from dashboard.pages.models.evaluation import plot, titled
from dashboard.pages.models.job_panel import About, JobPanel, cache_of, text_in
from dashboard.queries.model_cache import Inspection
from dashboard.queries.plot_tables import TableQuery
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from scoring.evaluation import plot_data

_BARS, _SWARM_ROWS, _PAIRS = 15, 12, 12


def _inspected(about: About) -> Component | None:
    model_id = text_in(about, "model")
    inspection = cache_of(model_id).inspection()
    if inspection is None:
        return None
    dark = request.dark()
    weight = plot_data.importance_of(inspection.reasons)
    swarm = plot_data.beeswarm_of(inspection.reasons, inspection.features, _SWARM_ROWS)
    bars = charts.graph(
        model_charts.importance(weight.head(_BARS), dark), 34 * min(_BARS, len(weight)) + 40, _("Importance")
    )
    dots = charts.graph(model_charts.beeswarm(swarm, dark), 44 * min(_SWARM_ROWS, len(weight)) + 50, _("Beeswarm"))
    drawn = _("Of %(count)s firms, those the model was centred on", count=amounts.count(inspection.firms))
    options = [{"value": name, "label": label_of(name)} for name in weight["feature"]]
    pairs = inspection.pairs.head(_PAIRS)
    picks = [
        {"value": f"{first} {other}", "label": f"{label_of(first)} × {label_of(other)}"}
        for first, other in zip(inspection.pairs["feature"], inspection.pairs["other"], strict=True)
    ]
    return html.Div(
        [
            html.P(drawn, className="card-note", style={"margin": 0}),
            html.Div(
                [
                    plot(_("Importance: mean size of each reason, in points"), "importance", model_id, bars),
                    plot(
                        _("Every firm's reasons (beeswarm)"),
                        "beeswarm",
                        model_id,
                        dots,
                        _(
                            "right raises, left lowers; the colour is the value, grey unknown; %(dots)s firms a row, "
                            "both ends among them, every firm in the CSV",
                            dots=plot_data.SWARM_DOTS,
                        ),
                    ),
                ],
                className="models-pair",
            ),
            html.H3(_("Dependence"), className="card-title", style={"margin": "1.6rem 0 .5rem"}),
            dmc.Group(
                [
                    dmc.Select(
                        id="model-feature",
                        label=_("Feature"),
                        data=options,
                        value=options[0]["value"],
                        searchable=True,
                        allowDeselect=False,
                        w=300,
                    ),
                    dmc.Select(
                        id="model-colour", label=_("coloured by"), data=options, clearable=True, searchable=True, w=300
                    ),
                ]
            ),
            html.Div(_dependence(model_id, inspection, options[0]["value"], None, dark), id="model-dependence"),
            html.H3(_("Pairs that act together"), className="card-title", style={"margin": "1.6rem 0 .5rem"}),
            *([_pairs(model_id, inspection, pairs, picks, dark)] if picks else []),
        ]
    )


def _pairs(model_id: str, inspection: Inspection, pairs: Any, picks: list[dict[str, str]], dark: bool) -> Component:
    bars = charts.graph(model_charts.pairs(pairs, dark), 40 * len(pairs) + 40, _("Pairs that act together"))
    first, other = picks[0]["value"].split(" ")
    return html.Div(
        [
            plot(
                _("Mean size of the joint effect, in points"),
                "interactions",
                model_id,
                bars,
                _("what two features add together beyond what each adds alone (shap interaction values)"),
            ),
            html.Div(
                [
                    dmc.Select(
                        id="model-pair",
                        label=_("Pair"),
                        data=picks,
                        value=picks[0]["value"],
                        searchable=True,
                        allowDeselect=False,
                        style={"maxWidth": "26rem", "marginTop": "1.2rem"},
                    ),
                    html.Div(_pair(model_id, inspection, first, other, dark), id="model-pair-shown"),
                ],
                style={"minWidth": 0},
            ),
        ],
        className="models-pair",
    )


def _dependence(model_id: str, inspection: Inspection, feature: str, other: str | None, dark: bool) -> Component:
    rows = plot_data.dependence_of(inspection.reasons, inspection.features, feature, other)
    figure = model_charts.dependence(feature, rows, plot_data.trend_of(rows), dark, other)
    note = _("a dot a firm: its value across, the points it adds or takes up; the line is the median")
    parameters = {"feature": feature, **({"other": other} if other else {})}
    return html.Div(
        [
            titled(label_of(feature), "dependence", model_id, note, **parameters),
            charts.graph(figure, 400, _("How the reason goes with the value")),
        ]
    )


def _pair(model_id: str, inspection: Inspection, feature: str, other: str, dark: bool) -> Component:
    values = inspection.pair_values
    rows = values[(values["feature"] == feature) & (values["other"] == other)]
    note = _("colour: %(other)s; %(count)s firms drawn", other=label_of(other), count=len(rows))
    return html.Div(
        [
            titled(f"{label_of(feature)} × {label_of(other)}", "pair", model_id, note, feature=feature, other=other),
            charts.graph(model_charts.pair(feature, other, rows, dark), 400, _("Joint effect")),
        ]
    )


INSPECTED = JobPanel("inspect", lambda about: {"model": text_in(about, "model")}, _inspected).declare()


@guarded_callback(
    Output("model-dependence", "children"),
    Input("model-feature", "value"),
    Input("model-colour", "value"),
    State("model-id", "data"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def dependence(feature: str | None, colour: str | None, model_id: str) -> Any:
    if not feature:
        return no_update
    query = TableQuery(cache_of(model_id), feature, colour or None)
    inspection = query.inspection()
    name, other = query.features(inspection)
    return _dependence(model_id, inspection, name, other, request.dark())


@guarded_callback(
    Output("model-pair-shown", "children"),
    Input("model-pair", "value"),
    State("model-id", "data"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def pair(chosen: str | None, model_id: str) -> Any:
    if not chosen or chosen.count(" ") != 1:
        return no_update
    inspection = TableQuery(cache_of(model_id)).inspection()
    feature, other = chosen.split(" ")
    if not ((inspection.pairs["feature"] == feature) & (inspection.pairs["other"] == other)).any():
        return no_update
    return _pair(model_id, inspection, feature, other, request.dark())
