"""Two models on the same firms: paired metrics, and the firms whose rank moves most and why."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import card, link, table, tile
from dashboard.pages.models.evaluation import interval
from dashboard.pages.models.job_panel import About, JobPanel, cache_of, cohorts_known, failed, text_in
from dashboard.queries.model_cache import cached
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.store.tables import CITY
from pipeline.wording import number_format
from scoring.registry import registry


def compare_card(models: list[registry.ModelSummary], view: View) -> Component:
    names = [model.id for model in models]
    champion = next((model.id for model in models if model.champion), names[0] if names else None)
    challenger = next((name for name in names if name != champion), None)
    about = {
        "model": view.query.get("a", challenger),
        "other": view.query.get("b", champion),
        "day": view.today.isoformat(),
    }
    form = dmc.Group(
        [
            dmc.Select(id="models-a", label=_("Model"), data=names, value=about["model"], searchable=True, w=280),
            dmc.Select(id="models-b", label=_("against"), data=names, value=about["other"], searchable=True, w=280),
            dmc.Button(_("Compare"), id="models-compare", variant="default"),
        ],
        align="end",
        mb="md",
    )
    return card(
        _("Compare two models"),
        [form, COMPARED.place(about, at_once="a" in view.query)],
        _("On the same firms of the same day, with paired intervals where outcomes are known"),
    )


def _arguments(about: About) -> dict[str, str]:
    app, model, other = request.app(), text_in(about, "model"), text_in(about, "other")
    day = day_of(text_in(about, "day"))
    first = registry.load(app.engine, app.settings.models, model)
    registry.load(app.engine, app.settings.models, other)
    cohort = CITY if CITY in first.cohorts or CITY in cohorts_known() else first.cohorts[0]
    return {"model": model, "other": other, "cohort": cohort, "day": day.isoformat() if day else ""}


def _compared(about: About) -> Component | None:
    if about.get("model") == about.get("other"):
        return failed(_("Choose two different models."))
    arguments = _arguments(about)
    path = cache_of(arguments["model"]).result_path(
        "compare", arguments["other"], arguments["cohort"], arguments["day"]
    )
    result = cached(path)
    return None if result is None else compared(result)


def compared(result: dict[str, Any]) -> Component:
    """A comparison, as scoring.scores.compare_models returns it."""
    tiles = [
        tile(_("Firms"), amounts.count(result["firms"]), _("of %(day)s", day=result["day"])),
        tile(_("Agreement of ranks (Spearman)"), f"{result['rank_agreement']:.3f}", _("1 is the same order")),
    ]
    parts: list[Any] = []
    if result["judged"]:
        gap = result["auc"]["difference"]
        tiles.append(
            tile(
                _("Difference of AUC"),
                "—" if gap["value"] is None else number_format.decimal(gap["value"], 3, signed=True),
                _meaning(gap),
            )
        )
        rows = [
            [name, *(interval(result[key][side]) for side in ("model", "other", "difference"))]
            for key, name in (("auc", "AUC"), ("average_precision", _("Average precision")))
        ]
        parts.append(table(["", result["model"], result["other"], _("Difference")], rows, frozenset({1, 2, 3})))
    else:
        note = _("Not judged: no outcome is known yet on a day that neither model had seen.")
        parts.append(html.P(note, className="card-note"))
    label = language.short()
    comma = ", " if label == "en" else "，"
    moved = [
        [
            link(firm["name"] or firm["firm_id"], f"/firm/{firm['firm_id']}"),
            firm["rank"],
            firm["other_rank"],
            comma.join(f"{cause[label]} {amounts.signed_points(cause['points'])}" for cause in firm["because"]),
        ]
        for firm in result["moved"]
    ]
    heading = html.H3(_("Firms whose rank moves most"), className="card-title", style={"margin": "1rem 0 .4rem"})
    ranks = table([_("Firm"), result["model"], result["other"], _("Because, in points")], moved, frozenset({1, 2}))
    return html.Div([html.Div(tiles, className="models-tiles"), *parts, heading, ranks])


def _meaning(gap: dict[str, Any]) -> str:
    """The meaning of a paired interval."""
    if gap["low"] is None:
        return ""
    if gap["low"] > 0:
        return _("the first is better, beyond chance")
    if gap["high"] < 0:
        return _("the second is better, beyond chance")
    return _("within chance")


COMPARED = JobPanel("compare", _arguments, _compared).declare()


@guarded_callback(
    Output("models-compare-shown", "children", allow_duplicate=True),
    Output("models-compare-tick", "max_intervals", allow_duplicate=True),
    Output("models-compare-job", "data", allow_duplicate=True),
    Output("models-compare-about", "data"),
    Input("models-compare", "n_clicks"),
    State("models-a", "value"),
    State("models-b", "value"),
    State("models-compare-about", "data"),
    State("models-compare-tick", "n_intervals"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def compare(
    clicks: int | None, model: str | None, other: str | None, about: dict[str, Any] | None, ticks: int | None
) -> tuple[Any, Any, Any, Any]:
    """Show the comparison, or begin its job."""
    if not clicks or not about:
        return no_update, no_update, no_update, no_update
    if not model or not other:
        return failed(_("Choose two different models.")), no_update, None, no_update
    chosen = {**about, "model": model, "other": other}
    return (*COMPARED.step(None, chosen, ticks), chosen)
