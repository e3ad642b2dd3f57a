"""Two models on the same firms: paired measures, and the firms whose rank moves most and why."""

from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import card, link, table, tile
from dashboard.pages.models.evaluation import interval
from dashboard.pages.models.job_panel import About, Piece, cache_of, cohorts_known, failed, word
from dashboard.queries.model_cache import cached
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.dates import day_of
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.store.tables import CITY
from scoring.registry import registry


def compare_card(found: list[dict[str, Any]], view: View) -> Component:
    names = [one["id"] for one in found]
    champion = next((one["id"] for one in found if one["champion"]), names[0] if names else None)
    challenger = next((name for name in names if name != champion), None)
    asks = {
        "model": view.query.get("a", challenger),
        "other": view.query.get("b", champion),
        "day": view.today.isoformat(),
    }
    form = dmc.Group(
        [
            dmc.Select(id="models-a", label=_("Model"), data=names, value=asks["model"], searchable=True, w=280),
            dmc.Select(id="models-b", label=_("against"), data=names, value=asks["other"], searchable=True, w=280),
            dmc.Button(_("Compare"), id="models-compare", variant="default"),
        ],
        align="end",
        mb="md",
    )
    return card(
        _("Compare two models"),
        [form, COMPARED.place(asks, at_once="a" in view.query)],
        _("On the same firms of the same day, with paired intervals where outcomes are known"),
    )


def _arguments(about: About) -> dict[str, Any]:
    app, model, other = request.app(), word(about, "model"), word(about, "other")
    day = day_of(word(about, "day"))
    first = registry.load(app.engine, app.settings.models, model)
    registry.load(app.engine, app.settings.models, other)
    cohort = CITY if CITY in first.cohorts or CITY in cohorts_known() else first.cohorts[0]
    return {"model": model, "other": other, "cohort": cohort, "day": day.isoformat() if day else ""}


def _compared(about: About) -> Component | None:
    if about.get("model") == about.get("other"):
        return failed(_("Choose two different models."))
    given = _arguments(about)
    path = cache_of(given["model"]).result_path("compare", given["other"], given["cohort"], given["day"])
    result = cached(path)
    return None if result is None else compared(result)


def compared(found: dict[str, Any]) -> Component:
    """What a comparison tells, as model_compare.compare gives it."""
    tiles = [
        tile(_("Firms"), amounts.count(found["firms"]), _("of %(day)s", day=found["day"])),
        tile(_("Agreement of ranks (Spearman)"), f"{found['rank_agreement']:.3f}", _("1 is the same order")),
    ]
    parts: list[Any] = []
    if found["judged"]:
        gap = found["auc"]["difference"]
        tiles.append(
            tile(_("Difference of AUC"), "—" if gap["value"] is None else f"{gap['value']:+.3f}", _meaning(gap))
        )
        rows = [
            [name, *(interval(found[key][side]) for side in ("model", "other", "difference"))]
            for key, name in (("auc", "AUC"), ("average_precision", _("Average precision")))
        ]
        parts.append(table(["", found["model"], found["other"], _("Difference")], rows, frozenset({1, 2, 3})))
    else:
        said = _("Not judged: no outcome is known yet on a day that neither model had seen.")
        parts.append(html.P(said, className="card-note"))
    label = "en" if language.language() == language.ENGLISH else "zh"
    mark = ", " if label == "en" else "，"
    moved = [
        [
            link(one["name"] or one["firm_id"], f"/firm/{one['firm_id']}"),
            one["rank"],
            one["other_rank"],
            mark.join(f"{cause[label]} {amounts.signed_points(cause['points'])}" for cause in one["because"]),
        ]
        for one in found["moved"]
    ]
    heading = html.H3(_("Firms whose rank moves most"), className="card-title", style={"margin": "1rem 0 .4rem"})
    ranks = table([_("Firm"), found["model"], found["other"], _("Because, in points")], moved, frozenset({1, 2}))
    return html.Div([html.Div(tiles, className="models-tiles"), *parts, heading, ranks])


def _meaning(gap: dict[str, Any]) -> str:
    """What a paired interval says in words."""
    if gap["low"] is None:
        return ""
    if gap["low"] > 0:
        return _("the first is better, beyond chance")
    if gap["high"] < 0:
        return _("the second is better, beyond chance")
    return _("within chance")


COMPARED = Piece("compare", _arguments, _compared).declare()


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
    clicks: int | None, one: str | None, other: str | None, about: dict[str, Any] | None, ticks: int | None
) -> tuple[Any, Any, Any, Any]:
    """Show the comparison, or begin it."""
    if not clicks or not about:
        return no_update, no_update, no_update, no_update
    if not one or not other:
        return failed(_("Choose two different models.")), no_update, None, no_update
    asks = {**about, "model": one, "other": other}
    return (*COMPARED.step(None, asks, ticks), asks)
