"""One model: its metrics beside the baselines, what it looks at, whether it still fits, its card.

The metrics are in the model's own folder and shown at once; what takes seconds is computed when its tab is opened.
"""

from typing import Any
from urllib.parse import quote, unquote

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Response, abort
from flask import request as http_request

from dashboard.components import amounts, terms
from dashboard.components.cards import card, empty, icon, page_head, pill, table, tile
from dashboard.pages.models import evaluation, monitoring, shap_plots
from dashboard.pages.models.job_panel import cache_of
from dashboard.queries import plot_tables
from dashboard.queries.plot_tables import TableQuery
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import Download, Page, View, view_of
from pipeline import demo_data, language
from pipeline.accounts.people import Action
from pipeline.errors import NotFound
from pipeline.intake.storing.findings import safe_cell
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.wording.cohorts import cohorts_label
from scoring.evaluation import baselines_ahead
from scoring.registry import registry

TABS = ("measures", "reasons", "subgroups", "watch", "card")


def layout(view: View, model_id: str) -> Component:
    model_id = unquote(model_id)
    app = request.app()
    shown = registry.show(app.engine, app.settings.models, model_id)
    about_monitoring = monitoring.about(model_id, shown.about.get("cohorts") or [], view.today)
    opened = view.query.get("tab", "measures")
    opened = opened if opened in TABS else "measures"
    tabs = {
        "measures": (_("Measures"), _later("measures", shown, view, opened)),
        "reasons": (
            _("What it looks at"),
            shap_plots.INSPECTED.place({"model": model_id}, at_once=opened == "reasons"),
        ),
        "subgroups": (_("Subgroups"), _later("subgroups", shown, view, opened)),
        "watch": (
            _("Watch"),
            monitoring.WATCHED.place(about_monitoring, at_once=opened == "watch"),
        ),
        "card": (_("Model card"), _later("card", shown, view, opened)),
    }
    return html.Div(
        [
            page_head(model_id, _about(shown), _champion_mark(shown)),
            dcc.Store(id="model-id", data=model_id),
            dcc.Store(id="model-filled", data=[opened]),
            *_warnings(shown),
            html.Div(_tiles(shown), className="models-tiles"),
            card(
                None,
                dmc.Tabs(
                    [
                        dmc.TabsList(
                            [dmc.TabsTab(label, value=name) for name, (label, _body) in tabs.items()], mb="md"
                        ),
                        *(dmc.TabsPanel(body, value=name) for name, (_label, body) in tabs.items()),
                    ],
                    id="model-tabs",
                    value=opened,
                ),
            ),
        ]
    )


def _later(name: str, shown: registry.ModelDetails, view: View, opened: str) -> Component:
    """A tab that is drawn when it is opened: a hidden tab would delay the first plot, and a plot drawn while hidden
    does not know its width."""
    return html.Div(_drawn(name, shown, view) if name == opened else None, id=f"model-{name}")


def _drawn(name: str, shown: registry.ModelDetails, view: View) -> Component:
    if name == "card":
        return _card_tab(shown)
    return evaluation.metrics_tab(shown, view) if name == "measures" else evaluation.subgroups(shown, view.dark)


def _about(shown: registry.ModelDetails) -> str:
    about = shown.about
    return _(
        "Trained as of %(day)s on %(cohorts)s; predicts %(event)s within %(months)s months",
        day=about.get("as_of", "—"),
        cohorts=language.pick(cohorts_label(about.get("cohorts", []))),
        event=terms.event(about.get("event", "")),
        months=about.get("within_months", "—"),
    )


def _champion_mark(shown: registry.ModelDetails) -> Component:
    return dmc.Group([pill(_("champion"), "gold")] if shown.champion else [pill(_("challenger"))], gap="xs")


def _warnings(shown: registry.ModelDetails) -> list[Component]:
    messages = [Message(warning["msgid"], warning["params"]) for warning in shown.about.get("warnings", [])]
    if told := baselines_ahead.warning(shown.measures):
        messages.insert(0, told)
    return [
        html.Div([icon("alert-triangle"), html.Span(str(message))], className="made-up", role="note")
        for message in messages
    ]


def _tiles(shown: registry.ModelDetails) -> list[Component]:
    """The figures that a reader asks for first."""
    about, measures = shown.about, shown.measures
    ours = (measures.get("models") or {}).get("goldseed")
    learned = tile(
        _("Learned from"),
        amounts.count(about["rows"]),
        _("firm-days, %(events)s of them with the event", events=amounts.count(about["positives"])),
    )
    if not ours:
        inner = (measures.get("inner_validation") or {}).get("inner_auc")
        held_out = tile(_("AUC on firms held out"), "—" if inner is None else f"{inner:.3f}", _("not out of time"))
        return [held_out, learned]
    days = measures["dates"]
    observed, expected = sum(day["positives"] for day in days), sum(day["expected"] for day in days)
    return [
        tile(_("AUC out of time"), f"{ours['auc']['value']:.3f}", evaluation.span(ours["auc"])),
        tile(
            _("Precision at 50"),
            amounts.share(ours["precision_50"]["value"], 0),
            _("of the 50 highest firms of a day had the event"),
        ),
        tile(_("Observed / expected"), f"{observed:,} / {expected:.1f}", _("events over the days it was judged on")),
        learned,
    ]


# --- the card --------------------------------------------------------------------------------------


def _card_tab(shown: registry.ModelDetails) -> Component:
    address = f"/download/model/{quote(shown.id)}/card"
    links = [
        html.A([icon("download"), words_of], href=f"{address}.{tongue}.{form}", className="head-button")
        for tongue, form, words_of in (
            ("zh", "pdf", "PDF 中文"),
            ("en", "pdf", "PDF English"),
            ("zh", "md", "Markdown 中文"),
            ("en", "md", "Markdown English"),
        )
    ]
    decisions = [
        [
            decision.at.isoformat(" ", "seconds"),
            _("promoted") if decision.action == "promote" else _("gone back to"),
            decision.why,
            decision.by,
            decision.approved_by or "—",
        ]
        for decision in shown.decisions
    ]
    headings = [_("At"), _("Decision"), _("Reason"), _("By"), _("Second person")]
    text = (shown.card_zh if language.short() == "zh" else shown.card_en) or _("This model has no card.")
    # Escaped: an interval such as [0.81, 0.91] is no link.
    return html.Div(
        [
            dmc.Group(links, gap="xs", mb="md"),
            dcc.Markdown(text.replace("[", "\\["), className="model-card"),
            html.H3(_("Decisions about this model"), className="card-title", style={"margin": "1.4rem 0 .4rem"}),
            table(headings, decisions) if decisions else empty(_("It was never in office.")),
        ]
    )


def card_file(model_id: str, tongue: str, form: str) -> Response:
    """The card in Chinese or English, as PDF to sign or as Markdown."""
    if tongue not in ("zh", "en") or form not in ("pdf", "md"):
        abort(404)
    app = request.app()
    try:
        shown = registry.show(app.engine, app.settings.models, model_id)
    except NotFound:
        abort(404)
    name = f"{model_id}-{tongue}.{form}"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    if form == "md":
        return Response(shown.card_zh if tongue == "zh" else shown.card_en, mimetype="text/markdown", headers=headers)
    from scoring.registry.model_card import card_pdf

    stored = registry.load(app.engine, app.settings.models, model_id)
    written = card_pdf(model_id, stored.model, shown.measures, "zh_CN" if tongue == "zh" else "en")
    return Response(written, mimetype="application/pdf", headers=headers)


# --- tabs that work when they are opened -----------------------------------------------------------


@guarded_callback(
    Output("models-inspect-shown", "children", allow_duplicate=True),
    Output("models-inspect-tick", "max_intervals", allow_duplicate=True),
    Output("models-inspect-job", "data", allow_duplicate=True),
    Output("models-watch-shown", "children", allow_duplicate=True),
    Output("models-watch-tick", "max_intervals", allow_duplicate=True),
    Output("models-watch-job", "data", allow_duplicate=True),
    Input("model-tabs", "value"),
    State("models-inspect-shown", "children"),
    State("models-inspect-about", "data"),
    State("models-inspect-tick", "n_intervals"),
    State("models-watch-shown", "children"),
    State("models-watch-about", "data"),
    State("models-watch-tick", "n_intervals"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def open_tab(
    tab: str | None,
    inspected: Any,
    inspect: dict[str, Any] | None,
    inspect_ticks: int | None,
    watched: Any,
    watch: dict[str, Any] | None,
    watch_ticks: int | None,
) -> tuple[Any, ...]:
    """Fill a tab the first time it is opened."""
    same = (no_update, no_update, no_update)
    reasons = shap_plots.INSPECTED.step(None, inspect, inspect_ticks) if tab == "reasons" and not inspected else same
    watch_panel = monitoring.WATCHED.step(None, watch, watch_ticks) if tab == "watch" and not watched else same
    return (*reasons, *watch_panel)


_DRAWN_LATER = ("measures", "subgroups", "card")


@guarded_callback(
    *(Output(f"model-{name}", "children") for name in _DRAWN_LATER),
    Output("model-filled", "data"),
    Input("model-tabs", "value"),
    State("model-id", "data"),
    State("model-filled", "data"),
    may=Action.SEE_MODELS,
    prevent_initial_call=True,
)
def draw_tab(tab: str | None, model_id: str | None, filled: list[str] | None) -> tuple[Any, ...]:
    """Draw a tab that needs no work the first time it is opened."""
    if tab not in _DRAWN_LATER or not model_id or tab in (filled or []):
        return (no_update,) * (len(_DRAWN_LATER) + 1)
    app = request.app()
    drawn = _drawn(tab, registry.show(app.engine, app.settings.models, model_id), view_of(""))
    return (*(drawn if name == tab else no_update for name in _DRAWN_LATER), [*(filled or []), tab])


# --- data of the plots -----------------------------------------------------------------------------


def data_csv(model_id: str, name: str) -> Response:
    """The table behind a plot, as CSV that Excel opens in Chinese; cells that look like formulas are defused."""
    if name not in plot_tables.TABLES:
        abort(404)
    query = TableQuery(cache_of(model_id), http_request.args.get("feature"), http_request.args.get("other"))
    try:
        table = plot_tables.TABLES[name](query)
    except NotFound:
        abort(404)
    with request.database() as session:
        made_up = demo_data.holds_demo_firms(session)
    notice = _(demo_data.NOTICE) + "\n" if made_up else ""
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{column: table[column].map(safe_cell) for column in texts})
    return Response(
        "\ufeff" + notice + safe.to_csv(index=False, float_format="%.7g"),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=goldseed-{name}.csv"},
    )


PAGES = (Page("/model/<model_id>", layout, Action.SEE_MODELS, N_("Model")),)
DOWNLOADS = (
    Download("/download/model/<model_id>/<name>.csv", data_csv, Action.SEE_MODELS, exports="model_data"),
    Download("/download/model/<model_id>/card.<tongue>.<form>", card_file, Action.SEE_MODELS, exports="model_card"),
)
